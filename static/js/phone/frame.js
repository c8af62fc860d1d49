/** What stands around every page: the top bar, the tabs, and the sentences said when there is nothing to show. */

import { band } from "./band.js";
import { freshen } from "./days.js";
import { el, fill, icon } from "./dom.js";
import * as outbox from "./outbox.js";
import { show } from "./router.js";
import * as store from "./store.js";
import * as vault from "./vault.js";

const app = document.getElementById("app");
const TABS = [
  ["/", "door", "走访"],
  ["/todo", "list", "待办", store.hasTodo],
  ["/outbox", "up", "发件箱", () => store.keeps() && (store.may("visits.record") || store.may("matters.work") || counts["/outbox"] > 0)],
  ["/me", "user", "我的"],
];
export const SIGN_IN = `/login/?next=${encodeURIComponent("/v/")}`;

const counts = { "/todo": 0, "/outbox": 0 };

/** How many things wait for this person, shown beside 待办; how many are not sent, beside 发件箱. */
export function setWaiting(count, tab = "/todo") {
  counts[tab] = count;
  const badge = document.querySelector(`.count[data-tab="${tab}"]`);
  if (!badge) return;
  badge.hidden = !count;
  badge.textContent = count;
  badge.setAttribute("aria-label", said(tab));
}

const said = (tab) => `${counts[tab]} ${tab === "/todo" ? "件" : "条"}`;

/**
 * Draw one page. `tab`: the path of the tab that is lit; without it the page has a way back and no tabs.
 * `wrap` puts main and bar into one form.
 */
export function draw(
  page,
  { title, sub = "", tab = "", back = "/", end = null, main, bar = null, form = null },
) {
  document.title = `${title} · 洪集镇网格治理`;
  const heading = el(
    "h1",
    { tabindex: "-1" },
    title,
    demoMark(),
    sub && el("span", { class: "top-sub" }, sub),
  );
  const top = el(
    "header",
    { class: tab ? "top" : "top top-back" },
    !tab && el("a", { class: "square", href: `#${back}`, "aria-label": "返回" }, icon("left")),
    heading,
    el("div", { class: "top-end" }, end),
  );
  const body = el("main", { id: "page" }, main);
  if (form) fill(app, top, band(true), fill(form, body, bar));
  else fill(app, top, tab && band(), body, bar);
  if (tab) app.append(tabs(tab));
  freshen(app);
  document.body.classList.toggle("has-bar", Boolean(bar));
  scrollTo(0, page.place);
  if (!page.first) heading.focus({ preventScroll: true });
  return body;
}

function demoMark() {
  return store.isDemo() && [" ", el("span", { class: "tag" }, "演示数据")];
}

function tabs(lit) {
  const hers = TABS.filter(([, , , offered]) => !offered || offered());
  return el(
    "nav",
    { class: `tabs-bottom tabs-${hers.length}`, "aria-label": "主菜单" },
    hers.map(([to, image, word]) =>
      el(
        "a",
        { href: `#${to}`, "aria-current": to === lit ? "page" : null },
        icon(image),
        word,
        to in counts &&
          el(
            "span",
            { class: "count", "data-tab": to, hidden: !counts[to], "aria-label": said(to) },
            counts[to],
          ),
      ),
    ),
  );
}

export const find = () =>
  el("a", { class: "square", href: "#/find", "aria-label": "找人找户" }, icon("search"));

/** Good news, or none: two words, then what comes next. */
export function empty(head, ...more) {
  return el(
    "div",
    { class: "empty" },
    el("b", {}, head),
    more.map((line) => el("p", {}, line)),
  );
}

export const loading = () => el("p", { class: "empty", role: "status" }, "正在打开…");

/** What stands in a page's place when the server did not give what was asked. */
export function refused(answer) {
  if (answer.kind === "signin")
    return el(
      "div",
      { class: "empty" },
      el("b", {}, answer.says),
      el("a", { class: "btn btn-main", href: SIGN_IN }, "登录"),
    );
  if (answer.kind === "stranger")
    return el(
      "div",
      { class: "empty" },
      el("b", {}, "换了人登录"),
      el("a", { class: "btn btn-main", href: "/v/" }, "重新打开"),
    );
  if (answer.kind === "missing")
    return el(
      "div",
      { class: "empty" },
      el("b", {}, "没有找到这一户"),
      el("p", {}, "这一户不在了，或者不归您看。地址也可能写错了。"),
      backToList(),
    );
  const again = answer.kind === "offline" || answer.kind === "broken";
  return el(
    "div",
    { class: "empty" },
    el("b", {}, answer.kind === "offline" ? "没有信号" : "打不开"),
    el("p", {}, answer.kind === "offline" ? "到有信号的地方再打开。" : answer.says),
    answer.kind === "offline" && safe(),
    again
      ? el("button", { class: "btn btn-main", type: "button", onclick: show }, "再试一次")
      : backToList(),
  );
}

/** Nothing can be read here now: why, how many records are safe all the same, and what to do. */
function safe() {
  const place = el("div", {});
  if (vault.able() && vault.owner() === null)
    outbox.entries().then(({ length }) =>
      fill(
        place,
        el("p", {}, "12 小时没联上网，手机里的名单就收起来了，要重新登录。"),
        length > 0 && el("p", {}, `没送的 ${length} 条封在手机里，不会丢。有信号时登录，自动送出，还算您的。`),
      ),
    );
  return place;
}

const backToList = () => el("a", { class: "btn btn-main", href: "#/" }, "回名单");

/** A sentence about what could not be done, at the place where it was tried. */
export function note(kind, ...children) {
  const sign = { no: "alert", hold: "pause", off: "off" }[kind] || "alert";
  return el(
    "div",
    { class: `block note note-${kind}`, role: "alert", tabindex: "-1" },
    icon(sign),
    el("div", {}, children),
  );
}
