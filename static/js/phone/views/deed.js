/** 报一件好事: which deed, how many, one sentence, who; for points, and one save, with or without a signal. */

import * as drafts from "../drafts.js";
import { add, el, field, fill, pastDay, picks } from "../dom.js";
import { draw, empty, loading, refused } from "../frame.js";
import * as outbox from "../outbox.js";
import * as store from "../store.js";
import { standing, toast } from "../toast.js";
import { uuid as newUuid } from "../uuid.js";
import { fillIn, valuesOf } from "../values.js";
import * as once from "./once.js";

const TITLE = "报一件好事";
let latest = ""; // the record whose toast stands, or stood last

outbox.listenArrivals((uuid, receipt) => {
  if (uuid === latest && standing()) toast(told(receipt));
});

const told = ({ number }) => ["这件好事送达。", `编号 ${number}，等组长、网格长初审。`];

export async function deed(page) {
  const me = await store.me();
  if (!page.current()) return;
  const back = `/h/${page.id}`;
  const main = draw(page, { title: TITLE, back, main: loading() });
  if (me.kind !== "ok") return fill(main, refused(me));
  if (!store.may("points.claim")) return fill(main, empty("这件事不归您报", "告诉网格员或者村里。"));
  const again = await once.toCorrect();
  const answer = await store.household(page.id);
  if (!page.current()) return;
  if (answer.kind !== "ok") return fill(main, refused(answer));
  const { deeds = [] } = answer.data;
  if (!deeds.length) return fill(main, empty("这一户现在没有能报的", "村里还没定积分办法，或者是您自己家的，请别人来报。"));
  const draft = again ? null : await drafts.take(drafts.nameOfDeed(page.id));
  if (!page.current()) return;
  const made = begin(page.id, answer.data, again, draft);
  draw(page, { title: TITLE, back, form: made.form, main: made.main, bar: made.bar });
}

/** The form, being filled in. */
function begin(id, card, again, draft) {
  const form = el("form", { novalidate: true });
  const made = { form, id, card, uuid: (again || draft || {}).uuid || newUuid(), before: again && again.record, busy: false };
  made.fault = el("div", {});
  const many = el("section", { class: "block", hidden: true });
  made.main = [
    el("div", { class: "who" }, el("div", {}, el("h2", {}, `${card.head_name} 家`))),
    el(
      "section",
      { class: "block" },
      el("h2", { class: "block-title" }, "做了什么好事"),
      el("div", { "data-field": "item" }, items(made, many)),
    ),
    many,
    el(
      "section",
      { class: "block" },
      field("说一句怎么做的", "words", { rows: 2, maxlength: 300, placeholder: "可以用语音输入" }),
    ),
    who(card.people),
    el("section", { class: "block" }, pastDay("哪天做的", "day", { hint: "就是今天的，不用填。" })),
    made.fault,
  ];
  made.bar = el("div", { class: "bar" }, el("button", { class: "btn btn-main" }, "报上去"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save(made);
  });
  form.addEventListener("input", () => keepDraft(made));
  add(form, [made.main, made.bar]); // before it is drawn, so that a draft finds its fields
  fillIn(form, (again && again.record.values) || (draft && draft.values) || {});
  if (again) setTimeout(() => once.failed(made, again.record.answer || { kind: "invalid", data: null, says: "" }));
  return made;
}

/** A pill for each; of what counts in hours or people it is asked how many. */
function items({ card, form }, many) {
  const options = card.deeds.map(([key, title, points, unit, most]) => [
    String(key),
    `${title} ${points} 分${most > 1 ? `／${unit}` : ""}`,
  ]);
  const onchange = () => {
    const [, , , unit, most] = chosen(card, form);
    const asks = { type: "number", inputmode: "numeric", min: 1, max: most, value: 1 };
    many.hidden = most < 2;
    fill(many, most > 1 && field(`几${unit}（最多 ${most}）`, "number", asks));
  };
  return picks("radio", "item", options, { title: "做了什么好事", narrow: true, onchange });
}

const chosen = (card, form) => card.deeds.find(([key]) => String(key) === new FormData(form).get("item"));

function who(people) {
  if (!people || !people.length) return null;
  const options = people.map(({ id, name }) => [String(id), name]);
  return el(
    "section",
    { class: "block", "data-field": "person" },
    el("h2", { class: "block-title" }, "谁做的（可以不选）"),
    picks("radio", "person", options, { title: "谁做的" }),
  );
}

function keepDraft({ form, id, card, uuid, before }) {
  if (!store.keeps() || before) return;
  const row = { title: `${card.head_name}家的好事` };
  drafts.keep(drafts.nameOfDeed(id), { uuid, row, values: valuesOf(form) });
}

/** The form as the API wants it. */
function contentOf({ form, id }) {
  const data = new FormData(form);
  const content = {
    ...{ household: Number(id), item: Number(data.get("item")), number: Number(data.get("number") || 1) },
    ...{ words: (data.get("words") || "").trim(), person: Number(data.get("person")) || null },
  };
  return data.get("day") ? { ...content, day: data.get("day") } : content;
}

function lacking({ item, number, words }, most) {
  const faults = {};
  if (!item) faults.item = ["点是哪一件好事。"];
  if (!(number >= 1 && number <= most)) faults.number = [`填 1 到 ${most}。`];
  if (!words) faults.words = ["写一句做了什么。"];
  return faults;
}

function save(made) {
  const { form, id, card } = made;
  const content = contentOf(made);
  const [, title, , , most] = chosen(card, form) || [0, TITLE, 0, "", 1];
  const record = {
    ...{ kind: "award", household: Number(id), name: card.head_name, short: title },
    ...{ title: `${card.head_name}家`, content, values: valuesOf(form) },
  };
  return once.save(made, lacking(content, most), {
    ...{ record, draft: drafts.nameOfDeed(id), told },
    kept: () => (latest = made.uuid),
  });
}
