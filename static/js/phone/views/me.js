/** 我的: who is signed in, with which posts; how large the type is; the way out; where to complain; the keys. */

import { el, fill, picks } from "../dom.js";
import * as api from "../api.js";
import * as drafts from "../drafts.js";
import { draw, refused } from "../frame.js";
import { leave } from "../leaving.js";
import * as outbox from "../outbox.js";
import * as release from "../release.js";
import { go } from "../router.js";
import * as store from "../store.js";
import { choose, size, SIZES } from "../type.js";

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
  draw(page, { title: "我的", tab: "/me", main: [posts(me.data), large(), home(), ways(), keys(), out()] });
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
    way(
      "/me/notices/",
      store.unread() ? `提醒，${store.unread()} 条没看` : "提醒",
      "到了日子还没办完的事",
    ),
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
    el("h2", { class: "block-title" }, "字的大小"),
    picks("radio", "type", SIZES, {
      title: "字的大小",
      chosen: size(),
      onchange: (event) => choose(event.target.value),
    }),
    el("p", { class: "how-hint" }, "点一下就变，只管这台手机。"),
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

/** On the home screen it opens with one tap, also without a signal; or why nothing is kept here. */
function home() {
  const why = store.whyNothingIsKept();
  if (!why && (!store.keeps() || release.isInstalled())) return null;
  const put = el("button", { class: "btn btn-line wide", type: "button" }, "加到桌面");
  put.addEventListener("click", () => release.install());
  return el(
    "section",
    { class: "block" },
    el("h2", { class: "block-title" }, why ? "没有信号时" : "放到手机桌面"),
    why
      ? el("p", {}, why)
      : release.canInstall()
        ? put
        : el("p", {}, "在浏览器的菜单里点“添加到主屏幕”，以后点一下就开。不加也一样用。"),
  );
}

const PATIENCE = 5000; // milliseconds: leaving does not wait longer for a slow net

/** Leaving is a form of the server's own, so that it also works where nothing is kept and when the page is old. */
function out() {
  const unsent = el("p", { class: "field-hint" });
  if (store.keeps())
    outbox.counts().then(({ waiting, trouble }) => {
      if (waiting + trouble) fill(unsent, `没送的 ${waiting + trouble} 条封好留着，下次有人登录就送出，还算您的。`);
    });
  const form = el(
    "form",
    { class: "block", method: "post", action: "/logout/" },
    el("input", { type: "hidden", name: "csrfmiddlewaretoken", value: api.currentToken() }),
    el("button", { class: "btn wide", type: "submit" }, "退出"),
    el("p", { class: "field-hint" }, "换人用这台手机，先退出。"),
    unsent,
  );
  form.addEventListener("submit", (event) => {
    if (!store.keeps()) return;
    event.preventDefault();
    if (drafts.count()) ask(form);
    else goAway(form);
  });
  return form;
}

/** What is half written goes with its writer: she is asked, by the names of the households. */
async function ask(form) {
  const named = (await drafts.all()).map(({ row }) => row && (row.title || (row.name && `${row.name}家`)));
  const names = named.filter(Boolean);
  const [first] = drafts.households();
  const to = drafts.addressOf(first);
  const keep = el("button", { class: "btn btn-main", type: "button", onclick: () => go(to) }, "先存好");
  const lose = el("button", { class: "btn btn-bad", type: "button" }, "不要了，退出");
  lose.addEventListener("click", () => goAway(form));
  fill(
    form,
    el("p", { role: "alert" }, `${names.join("、")}记了一半，还没保存。退出就没有了。`),
    el("div", { class: "acts" }, keep, lose),
  );
  keep.focus();
}

async function goAway(form) {
  fill(form, el("p", { role: "status" }, "正在退出……"));
  // Whose own sign-in still stands sends at once what would else wait, sealed, for the next one's.
  await Promise.race([outbox.send(), new Promise((done) => setTimeout(done, PATIENCE))]);
  await leave();
}
