/** The band under the title: one sentence about the signal, what waits, or a new release. It never blocks. */

import * as api from "./api.js";
import { el, fill, icon } from "./dom.js";
import { WHY } from "./far.js";
import * as outbox from "./outbox.js";
import * as release from "./release.js";
import { path } from "./router.js";
import * as store from "./store.js";
import * as vault from "./vault.js";

const SIGN_IN = `/login/?next=${encodeURIComponent("/v/")}`;
let counts = { waiting: 0, trouble: 0 };

export function tell(found) {
  counts = found;
  redraw();
}

export const waits = () => counts.waiting > 0;

/** The place of the band on a page that is drawn now; above a form it says only what cannot wait. */
export function band(form = false) {
  return fill(el("div", { id: "band", role: "status", "data-form": form ? "yes" : null }), sentence(form));
}

export function redraw() {
  const place = document.getElementById("band");
  if (place) fill(place, sentence("form" in place.dataset));
}

const NOTICE = 60; // minutes

function sentence(form) {
  if (!store.keeps()) return null;
  const left = vault.minutesLeft();
  if (left <= NOTICE && api.lastKind() !== "ok")
    return line("alert", `登录还有 ${left} 分钟到期，到时名单和没存的都收走。写了一半的先存好，存好的不会丢。`);
  if (form) return null;
  const { waiting, trouble } = counts;
  const more = waiting ? `${waiting} 条等着送。` : "";
  const now = waiting > 0 && button("现在送", outbox.send);
  const kind = navigator.onLine === false ? "offline" : api.lastKind();
  if (trouble && path() !== "/outbox")
    return line("alert", `${trouble} 条没收，要您看一下。`, el("a", { href: "#/outbox" }, "去看"));
  if (outbox.isFull()) return line("alert", `手机存满了，删几张照片腾点地方再记。${more}`, now);
  const end = kind === "signin" ? el("a", { href: SIGN_IN }, "登录") : now;
  if (kind in WHY) return line("off", `${WHY[kind]}，照常记。${more}`, end);
  if (release.isWaiting()) return line("go", "有新版本。", button("点这里换上", release.takeOver));
  return null;
}

const line = (sign, words, end) => el("p", { class: "band" }, icon(sign), el("span", {}, words), end);
const button = (words, act) => el("button", { type: "button", onclick: () => act() }, words);
