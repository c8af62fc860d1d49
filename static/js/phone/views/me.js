/** 我的: who is signed in, with which posts; the way out; where to complain; the keys. */

import { el } from "../dom.js";
import * as api from "../api.js";
import { draw, refused } from "../frame.js";
import * as store from "../store.js";

const KEYS = [
  ["/", "找人找户"],
  ["↑ ↓", "在名单里上下走"],
  ["回车", "打开这一户；写好以后保存"],
  ["空格", "选上或取消"],
  ["Esc", "返回"],
];

export async function mine(page) {
  const me = await store.me();
  if (!page.current()) return;
  if (me.kind !== "ok") return draw(page, { title: "我的", tab: "/me", main: refused(me) });
  draw(page, { title: "我的", tab: "/me", main: [posts(me.data), ways(), large(), keys(), out()] });
}

function posts(me) {
  const lines = me.duties.map((duty) =>
    el("li", {}, duty.title, el("span", { class: "quiet" }, ` ${duty.territory_name || ""}`)),
  );
  return el(
    "section",
    { class: "block" },
    el("h2", { class: "block-title big" }, me.name),
    lines.length
      ? el("ul", { class: "lines" }, lines)
      : el("p", {}, "还没有岗位，找村党组织书记或镇办公室。"),
  );
}

function ways() {
  return el(
    "nav",
    { class: "rows ways", "aria-label": "别的页" },
    way("/words/", "意见建议", "哪里不好用、哪里是多余的，写给镇办公室"),
    way("/me/", "密码、设备和第二道验证", "换密码，停掉丢了的手机"),
    way("/desk/", "到电脑页", "台账、统计、花名册"),
  );
}

function way(href, title, more) {
  return el(
    "a",
    { class: "row", href },
    el("span", { class: "row-line" }, el("span", { class: "row-name" }, title)),
    el("span", { class: "row-more" }, more),
  );
}

function large() {
  return el(
    "section",
    { class: "block" },
    el("h2", { class: "block-title" }, "字太小"),
    el("p", {}, "在手机的“显示和字号”里把字调大，这里跟着变大，按钮不会缺。"),
  );
}

function keys() {
  return el(
    "section",
    { class: "block" },
    el("h2", { class: "block-title" }, "用电脑时的键"),
    el(
      "dl",
      { class: "facts keys" },
      KEYS.map(([key, what]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, what)]),
    ),
  );
}

/** Leaving is a form of the server's own, so that it also works when the page is old. */
function out() {
  return el(
    "form",
    { class: "block", method: "post", action: "/logout/" },
    el("input", { type: "hidden", name: "csrfmiddlewaretoken", value: api.currentToken() }),
    el("button", { class: "btn wide" }, "退出"),
    el("p", { class: "field-hint" }, "换人用这台手机，先退出。"),
  );
}
