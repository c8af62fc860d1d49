/** 家里有变动: simple forms for births, deaths, work away and the like; what each asks is declared by the server. */

import { add, el, field, fill, icon, pastDay, picks } from "../dom.js";
import { clearFaults, showFaults } from "../faults.js";
import { draw, loading, note, refused, SIGN_IN } from "../frame.js";
import { go } from "../router.js";
import * as store from "../store.js";
import { toast } from "../toast.js";
import { uuid } from "../uuid.js";
import { CATEGORIES, CHANGES, RELATIONS, SEXES } from "../words.js";

const WHOLE = ["", "全家"];

/** The list of what can be reported of a household. */
export async function changes(page) {
  const card = await cardOf(page, "家里有变动");
  if (!card) return;
  draw(page, {
    title: "家里有变动",
    sub: `${card.head_name} 家`,
    back: `/h/${page.id}`,
    main: [
      el(
        "div",
        { class: "rows" },
        CHANGES.map(([kind, title]) =>
          el(
            "a",
            { class: "row row-one", href: `#/h/${page.id}/change/${kind}` },
            el("span", { class: "row-line" }, el("span", { class: "row-name" }, title)),
            icon("right"),
          ),
        ),
      ),
      el("p", { class: "middle quiet" }, "分户、并户、新来一户，在电脑页办。"),
    ],
  });
}

async function cardOf(page, title) {
  const me = await store.me();
  if (page.current() && me.kind === "ok") draw(page, { title, back: `/h/${page.id}`, main: loading() });
  const answer = me.kind === "ok" ? await store.household(page.id) : me;
  if (!page.current()) return null;
  if (answer.kind === "ok") return answer.data;
  draw(page, { title, back: `/h/${page.id}`, main: refused(answer) });
  return null;
}

/** One form: of whom, which day, and the facts of its kind. */
export async function change(page) {
  const declared = CHANGES.find(([kind]) => kind === page.kind);
  if (!declared) return go(`/h/${page.id}/change`);
  const [kind, title, whom, facts] = declared;
  const card = await cardOf(page, title);
  if (!card) return;
  const form = el("form", { novalidate: true });
  const place = el("div", {});
  const button = el("button", { class: "btn btn-main" }, "保存");
  const writing = {
    form,
    place,
    button,
    card,
    kind,
    title,
    facts,
    household: page.id,
    uuid: uuid(),
    busy: false,
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save(writing);
  });
  draw(page, {
    title,
    sub: `${card.head_name} 家`,
    back: `/h/${page.id}/change`,
    form,
    main: [
      el(
        "div",
        { class: "block" },
        person(card, whom),
        pastDay("哪天的事", "happened_on", { proposed: true }),
        facts.map((fact) => asked(fact, card, kind)),
      ),
      place,
    ],
    bar: el("div", { class: "bar" }, button),
  });
}

function person(card, whom) {
  if (whom === "household") return null;
  const people = (card.people || []).map((each) => [String(each.id), each.name]);
  const options = whom === "either" ? [WHOLE, ...people] : people;
  return el(
    "div",
    { class: "field", "data-field": "person" },
    el("span", { class: "field-label" }, "谁"),
    picks("radio", "person", options, { title: "谁", chosen: whom === "either" ? "" : null, narrow: true }),
  );
}

/** The field for one fact: pills where there are few choices, a list where there are many, else words. */
function asked({ name, title, shape, required, longest, hint }, card, kind) {
  const label = required ? title : `${title}（可以不填）`;
  const key = `fact-${name}`;
  if (shape === "sex") return choose(label, name, key, SEXES, hint);
  if (shape === "person")
    return choose(
      label,
      name,
      key,
      (card.people || []).map((each) => [String(each.id), each.name]),
      hint,
    );
  if (shape === "category")
    return choose(label, name, key, kind === "category_end" ? held(card) : CATEGORIES, hint);
  if (shape === "relation") return listed(label, name, key, hint);
  if (shape === "date")
    return under(pastDay(label, key, { hint }), name);
  const attributes =
    shape === "id_number" ? { maxlength: 18, autocapitalize: "characters" } : { maxlength: longest };
  if (shape === "phone") attributes.inputmode = "tel";
  return under(field(label, key, attributes, hint), name);
}

/** The categories that can end: those that hold here today. */
const held = (card) => [...new Map((card.categories || []).map(({ code, name }) => [code, name]))];

function under(node, name) {
  node.dataset.field = name;
  return node;
}

function choose(label, name, key, options, hint) {
  return el(
    "div",
    { class: "field", "data-field": name },
    el("span", { class: "field-label" }, label),
    hint && el("span", { class: "field-hint" }, hint),
    picks("radio", key, options, { title: label, narrow: true }),
  );
}

function listed(label, name, key, hint) {
  const options = RELATIONS.map((word) => el("option", { value: word }, word));
  return el(
    "div",
    { class: "field", "data-field": name },
    el("label", { class: "field-label", for: key }, label),
    hint && el("span", { class: "field-hint" }, hint),
    el("select", { class: "input", id: key, name: key }, el("option", { value: "" }, "选一个"), options),
  );
}

function contentOf({ form, kind, facts, household }) {
  const data = new FormData(form);
  const told = facts
    .map(({ name }) => [name, (data.get(`fact-${name}`) || "").trim()])
    .filter(([, value]) => value);
  const content = {
    kind,
    household: Number(household),
    happened_on: data.get("happened_on"),
    facts: nested(told),
  };
  const chosen = data.get("person");
  return chosen ? { ...content, person: Number(chosen) } : content;
}

/** people.0.name → {people: [{name}]} */
function nested(told) {
  const facts = {};
  for (const [path, value] of told) {
    const [name, , part] = path.split(".");
    if (!part) facts[name] = value;
    else (facts[name] = facts[name] || [{}])[0][part] = value;
  }
  return facts;
}

async function save(writing) {
  if (writing.busy) return;
  writing.busy = true;
  writing.button.textContent = "正在送……";
  clearFaults(writing.form);
  fill(writing.place);
  const answer = await store.saveChange(writing.uuid, contentOf(writing));
  writing.busy = false;
  writing.button.textContent = "保存";
  if (answer.kind === "ok") return kept(writing, answer.data);
  const rest = answer.kind === "invalid" ? showFaults(writing.form, answer.data) : [];
  if (answer.kind === "invalid" && !rest.length && writing.form.querySelector("[aria-invalid]")) return;
  const sentence = note("no", said(answer, rest));
  fill(writing.place, sentence);
  sentence.scrollIntoView({ block: "nearest" });
  sentence.focus({ preventScroll: true });
}

function said(answer, rest) {
  if (answer.kind === "offline") return el("p", {}, "没有信号，写的还在这一页，有信号再按保存。");
  const words = el("p", {}, rest.join("") || answer.says);
  if (answer.kind !== "signin") return words;
  return add(words, [
    " 写的还在这一页。",
    el("a", { href: SIGN_IN, target: "_blank", rel: "noopener" }, "去登录"),
    "，再回来保存。",
  ]);
}

function kept(writing, data) {
  const waits = data && data.state === "proposed";
  const words = `${writing.card.head_name}家“${writing.title}”`;
  go(`/h/${writing.household}`);
  toast(waits ? [`${words}报上去了。`, "等村里定。"] : `${words}记进户口册了。`, () => undo(writing));
}

async function undo(writing) {
  const answer = await store.decide(writing.uuid, "undo", {});
  if (answer.kind === "ok") {
    toast(`“${writing.title}”撤销了。`);
    go(`/h/${writing.household}`);
  } else {
    const page = document.getElementById("page");
    if (page) page.prepend(note("no", el("p", {}, `没撤销成：${answer.says}`)));
  }
}
