/** 找人找户: by name, pinyin, initials, household number, identity number or phone; always asked by POST. */

import { el, fill, icon } from "../dom.js";
import * as format from "../format.js";
import { draw, empty, refused } from "../frame.js";
import { today } from "../moment.js";
import { path } from "../router.js";
import * as store from "../store.js";

let last = { text: "", results: null };

export async function find(page) {
  const me = await store.me();
  if (!page.current()) return;
  if (me.kind !== "ok") return draw(page, { title: "找人找户", main: refused(me) });
  const results = el("div", { id: "results", role: "status" });
  const input = el("input", {
    class: "input",
    id: "find-text",
    type: "search",
    name: "text",
    enterkeyhint: "search",
    autocomplete: "off",
    autocapitalize: "off",
    "aria-describedby": "find-hint",
  });
  input.value = last.text;
  const form = el(
    "form",
    { class: "block find", role: "search", novalidate: true },
    el("label", { class: "field-label", for: "find-text" }, "姓名、户编号、身份证号或电话"),
    el("span", { class: "field-hint", id: "find-hint" }, "姓名可以只打首字母，王秀安打 wxa。"),
    el("div", { class: "find-line" }, input, el("button", { class: "btn btn-main" }, "找")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    look(page, input.value.trim(), results);
  });
  const everyone = el("p", { class: "middle" }, el("a", { class: "btn", href: "#/all" }, "看全部户"));
  draw(page, { title: "找人找户", main: [form, results, everyone] });
  if (last.results) fill(results, found(last.results));
  else input.focus();
}

async function look(page, text, results) {
  if (!text) return fill(results, el("p", { class: "empty" }, "写一个名字再找。"));
  fill(results, el("p", { class: "empty" }, "正在找……"));
  last = { text, results: null };
  const answer = await store.find(text);
  if (!page.current() || last.text !== text) return;
  if (answer.kind === "ok") {
    last.results = answer.data.results || [];
    fill(results, found(last.results));
  } else if (answer.kind === "invalid") fill(results, el("p", { class: "empty" }, said(answer)));
  else fill(results, refused(answer));
}

function said(answer) {
  const errors = (answer.data && answer.data.errors) || {};
  return Object.values(errors).flat().join("") || answer.says;
}

function found(results) {
  if (!results.length) return empty("没有找到", "换个写法再找。不归您看的户，这里也找不到。");
  return el("div", { class: "rows" }, results.map(line));
}

function line(result) {
  const household = result.household || result.id;
  const group = result.group ? result.group.name || result.group : "";
  const where = [group, result.number && `${result.number} 号`, result.size && `${result.size} 口人`].filter(
    Boolean,
  );
  const head = result.head_name || result.name;
  const person = result.person && result.person !== head ? result.person.name || result.person : "";
  return el(
    "a",
    { class: "row", href: `#/h/${household}` },
    el("span", { class: "row-line" }, el("span", { class: "row-name" }, person || head), tags(result)),
    el(
      "span",
      { class: "row-more row-clip" },
      person && el("span", { class: "said" }, `${head}家 · `),
      where.join(" · "),
    ),
    icon("right"),
  );
}

const tags = (result) =>
  (result.categories || []).map((each) => [" ", el("span", { class: "tag" }, each.short || each)]);

/** 全部户: every household within reach, group by group, by the page. */
export function all(page) {
  return pages(page, "全部户", store.households, line, "这里还没有户");
}

/** 走访记录: the latest visits, by the page. */
export function log(page) {
  return pages(page, "走访记录", store.visits, visitLine, "还没有走访记录");
}

function visitLine(visit) {
  const clerk = visit.entered_by && `${visit.entered_by}代录`;
  const said = [format.day(visit.day, today()), visit.visitor, clerk, visit.undone ? "撤销了" : visit.summary];
  return el(
    "a",
    { class: "row", href: `#/h/${visit.household}` },
    el("span", { class: "row-line" }, el("span", { class: "row-name" }, visit.head_name)),
    el("span", { class: "row-more row-clip" }, said.filter(Boolean).join(" · ")),
    icon("right"),
  );
}

async function pages(page, title, ask, drawn, none) {
  const here = path();
  const box = el("div", { class: "rows" });
  const more = el("div", { class: "middle" });
  draw(page, { title, main: [box, more] });
  const next = async (key) => {
    fill(more, el("p", { class: "empty", role: "status" }, "正在打开……"));
    const answer = await ask(key);
    if (!page.current() || path() !== here) return;
    if (answer.kind !== "ok") return fill(more, refused(answer));
    const results = answer.data.results || [];
    box.append(...results.map(drawn));
    if (!box.firstChild) return fill(more, empty(none));
    fill(
      more,
      answer.data.next &&
        el("button", { class: "btn", type: "button", onclick: () => next(answer.data.next) }, "再看后面的"),
    );
  };
  await next("");
}
