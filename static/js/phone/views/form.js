/** The form of one visit: what it asks, what it says on its button, and what it sends. */

import { add, el, field, fill, fold, pastDay, pick, picks } from "../dom.js";
import * as format from "../format.js";
import { may } from "../store.js";
import { KEPT, PROMISES } from "../words.js";
import { findings, foundIn } from "./findings.js";

const HOW = [
  ["met", "见到人"],
  ["phone", "打电话"],
  ["none", "没见到"],
];
const HINTS = {
  phone: "全家在外务工的，打通电话算走到；别的家还要上门。",
  none: "没见到人不算走到，改天再来。",
};

/**
 * Everything between the card's head and the save bar. `places`: the nodes that are filled when the card has come.
 * `known`: the list's row or the card; only what it already says is drawn.
 */
export function visitForm(known, household) {
  const places = {
    promise: el("div", {}),
    card: el("div", {}),
    fault: el("div", {}),
    company: el("div", {}),
    work: el("div", {}),
    deeds: el("div", {}),
  };
  const button = el("button", { class: "btn btn-main" }, "没有新情况，保存");
  const hint = el("p", { class: "field-hint how-hint", role: "status" });
  const inside = el("div", {});
  const form = el("form", { novalidate: true, "data-household": household });
  const retitle = () => (button.textContent = wording(form));
  const how = (event) => {
    hint.textContent = HINTS[event.target.value] || "";
    inside.hidden = event.target.value === "none";
    retitle();
  };
  const found = findings(retitle);
  fill(inside, found.block, promising(), changed(retitle, household), places.work, places.deeds, besides(household));
  const main = [
    places.promise,
    el(
      "section",
      { class: "block" },
      el("h2", { class: "block-title" }, "这次怎么走的"),
      picks("radio", "how", HOW, { title: "这次怎么走的", chosen: "met", onchange: how }),
      hint,
    ),
    inside,
    more(places.company),
    places.card,
    places.fault,
  ];
  if (known && known.promise) drawPromise(places.promise, known.promise);
  const stored = el("p", { class: "bar-note", hidden: true }, "写的已存在手机上，关了也不丢");
  const bar = el("div", { class: "bar bar-noted" }, stored, button);
  add(form, [main, bar]); // before it is drawn, so that a draft finds its fields
  return { form, main, places, button, bar, stored, retitle, whose: found.whose };
}

/** What was promised last time, so that the visit begins with an answer. */
export function drawPromise(place, promise) {
  if (!promise || place.firstChild) return;
  fill(
    place,
    el(
      "section",
      { class: "block", "data-field": "last_promise" },
      el("h2", { class: "block-title" }, "上次答应的事 ", el("span", {}, format.day(promise.day))),
      el("p", { class: "promise" }, promise.text || promise.kind_title),
      picks("radio", "last_promise", KEPT, { title: "上次答应的事办了没有", narrow: true }),
    ),
  );
}

function promising() {
  return fold(
    "这次答应的事",
    el(
      "div",
      { "data-field": "promise_kind" },
      picks("radio", "promise_kind", PROMISES, { title: "答应哪样事" }),
    ),
    field("答应了什么（可以不填）", "promise_text", { maxlength: 200, placeholder: "可以用语音输入" }),
    field("哪天以前办（可以不填）", "promise_until", { type: "date" }),
  );
}

function changed(retitle, household) {
  return fold(
    "家里有变动",
    el(
      "div",
      { class: "picks picks-1" },
      pick("checkbox", "changed", "yes", "这家有变动", { onchange: retitle }),
    ),
    may("register.propose") &&
      el(
        "p",
        { class: "fold-line" },
        el(
          "a",
          { class: "btn btn-line wide", href: `#/h/${household}/change` },
          "报出生、去世、迁出、外出务工……",
        ),
      ),
  );
}

/** A quarrel settled at the door and a good deed have screens of their own; what is written here stays. */
const besides = (household) =>
  el(
    "div",
    { class: "acts middle" },
    may("points.claim") && other(household, "deed", "报一件好事"),
    may("disputes.report") && other(household, "settled", "就地化解了一件纠纷"),
  );

const other = (household, page, words) => el("a", { class: "btn btn-line", href: `#/h/${household}/${page}` }, words);

function more(company) {
  return fold(
    "补记别的日子、同去的人、照片",
    pastDay("走访的日子", "day", { hint: "就是今天的，不用填。" }),
    company,
    field("备注（可以不填）", "note", { rows: 2, maxlength: 500 }),
    photo(),
  );
}

/** The browser's own file field speaks the browser's language; this one says in our words what was chosen. */
function photo() {
  const said = el("span", {}, "拍一张，或从相册选");
  const input = el("input", {
    type: "file",
    name: "photo",
    accept: "image/*",
    "aria-label": "照片（可以不拍）",
  });
  input.addEventListener(
    "change",
    () => (said.textContent = input.files.length ? "选好 1 张，点这里换" : "拍一张，或从相册选"),
  );
  return el(
    "div",
    { class: "field", "data-field": "photo" },
    el("span", { class: "field-label" }, "照片（可以不拍）"),
    el("label", { class: "pick" }, input, said),
  );
}

/** Who may have come along; drawn when the card has said who works here. */
export function drawCompany(place, officers) {
  if (!officers || !officers.length || place.firstChild) return;
  const pills = officers.map((officer) => pick("checkbox", "companions", officer.id, officer.name));
  fill(
    place,
    el(
      "div",
      { class: "field", "data-field": "companions" },
      el("span", { class: "field-label" }, "谁同去（可以不选）"),
      el("div", { class: "picks", role: "group", "aria-label": "谁同去" }, pills),
    ),
  );
}

function wording(form) {
  const data = new FormData(form);
  if (data.get("how") === "none") return "没见到人，保存";
  const told = data.getAll("finding").length + data.getAll("deed").length + workOf(data).length;
  const news = told + (data.get("changed") ? 1 : 0);
  return news ? `保存（${news} 件新情况）` : "没有新情况，保存";
}

/** Of each person whose work was tapped, what is so; its fields are work.js's. */
function workOf(data) {
  const tapped = [...data].filter(([name, value]) => name.startsWith("work-") && value);
  return tapped.map(([name, value]) => {
    const [status, wish] = value.split(":");
    return { person: Number(name.slice(5)), status, wish };
  });
}

/** The form as the API wants it; times are added at the moment of sending. */
export function contentOf(form) {
  const data = new FormData(form);
  const text = (name) => (data.get(name) || "").trim();
  const how = data.get("how");
  const nobody = how === "none";
  const content = {
    household: Number(form.dataset.household),
    manner: how === "phone" ? "phone" : "door",
    met: !nobody,
    changed: !nobody && Boolean(data.get("changed")),
    note: text("note"),
    companions: data.getAll("companions").map(Number),
    last_promise: text("last_promise"),
    promise_kind: nobody ? "" : text("promise_kind"),
    promise_text: nobody ? "" : text("promise_text"),
    promise_until: (!nobody && text("promise_until")) || null,
    findings: nobody ? [] : foundIn(form),
  };
  const deeds = data.getAll("deed").map((item) => {
    const number = Number(data.get(`many-${item}`)) || 1;
    return { item: Number(item), number, words: text(`deed-${item}`) };
  });
  if (deeds.length && !nobody) content.deeds = deeds;
  const labour = workOf(data);
  if (labour.length && !nobody) content.labour = labour;
  if (text("day")) content.day = text("day");
  return content;
}

/** Whether this visit surely counts; of a phone call only the server knows. */
export const atTheDoor = ({ met, manner }) => met && manner === "door";

/** “无事”, “没见到人” or how many new things: what the toast calls this visit, as the button did. */
export function shortly(content) {
  if (!content.met) return "没见到人";
  const told = [content.findings, content.deeds, content.labour].flatMap((list) => list || []);
  const news = told.length + (content.changed ? 1 : 0);
  return news ? `${news} 件新情况` : "无事";
}
