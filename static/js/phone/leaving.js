/** 退出: takes away what can be read, at once and without a signal too; the server is told as soon as it can be. */

import * as api from "./api.js";
import { el, fill } from "./dom.js";
import { hasLeft } from "./first.js";
import { LEAVING, mark, unmark } from "./hands.js";
import * as vault from "./vault.js";

const app = document.getElementById("app");
const SIGN_IN = `/login/?next=${encodeURIComponent("/v/")}`;

/** The key and all that it opens go; the mark stays until the server knows. */
export async function leave() {
  await mark(LEAVING);
  await vault.wipe();
  vault.tell("left");
  location.replace("/v/");
}

/** Before any page is drawn. True: somebody has left, and nothing else may be shown. */
export async function left() {
  if (!(await hasLeft)) return false;
  if (vault.able()) await vault.wipe().catch(() => {});
  await finish();
  return true;
}

async function finish() {
  draw("正在退出……", "");
  if (await api.signOut()) {
    await unmark(LEAVING);
    location.replace(SIGN_IN);
    return;
  }
  draw("退出了", "名单和记了一半的都从手机里拿掉了。没送的封着，谁也看不到，下次有人登录就送出，还算您的。有信号才能再登录。", true);
  addEventListener("online", finish, { once: true });
}

function draw(head, words, again = false) {
  fill(
    app,
    el("header", { class: "top" }, el("h1", {}, "走访")),
    el(
      "main",
      { id: "page" },
      el(
        "div",
        { class: "empty", role: "status" },
        el("b", {}, head),
        words && el("p", {}, words),
        again && el("button", { class: "btn btn-main", type: "button", onclick: finish }, "去登录"),
      ),
    ),
  );
}
