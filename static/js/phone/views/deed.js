/** 报一件好事: which deed, how many, one sentence, who; for points, and one save, with or without a signal. */

import * as drafts from "../drafts.js";
import { add, el, field, fill, pastDay, picks } from "../dom.js";
import * as format from "../format.js";
import { draw, empty, loading, refused } from "../frame.js";
import * as outbox from "../outbox.js";
import { packed } from "../photo.js";
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
  const proof = el("section", { class: "block", hidden: true });
  made.main = [
    el("div", { class: "who" }, el("div", {}, el("h2", {}, `${card.head_name} 家`))),
    el(
      "section",
      { class: "block" },
      el("h2", { class: "block-title" }, "做了什么好事"),
      el("div", { "data-field": "item" }, items(made, many, proof)),
    ),
    many,
    el(
      "section",
      { class: "block" },
      field("说一句怎么做的", "words", { rows: 2, maxlength: 300, placeholder: "可以用语音输入" }),
    ),
    proof,
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
function items({ card, form, before }, many, proof) {
  const options = card.deeds.map((deed) => [String(deed[0]), format.deed(deed)]);
  add(proof, proving(before));
  const onchange = () => {
    const [, , , unit, most, demands] = chosen(card, form);
    proof.hidden = !demands;
    const asks = { type: "number", inputmode: "numeric", min: 1, max: most, value: 1 };
    many.hidden = most < 2;
    fill(many, most > 1 && field(`几${unit}（最多 ${most}）`, "number", asks));
  };
  return picks("radio", "item", options, { title: "做了什么好事", narrow: true, onchange });
}

/** 佐证: a photo or a sentence, where the item demands it. A record that is opened again has its photo with it. */
function proving(before) {
  const kept = before && before.photo ? "照片还在，不用再拍" : "拍一张，或从相册选";
  const said = el("span", {}, kept);
  const input = el("input", { type: "file", name: "photo", accept: "image/*", "aria-label": "佐证的照片" });
  input.addEventListener("change", () => (said.textContent = input.files.length ? "选好 1 张，点这里换" : kept));
  return [
    el("h2", { class: "block-title" }, "佐证 ", el("span", {}, "照片、说明，有一样就行")),
    el("div", { class: "field", "data-field": "photo" }, el("label", { class: "pick" }, input, said)),
    field("凭什么（什么证、几号，谁能证明）", "proof", { maxlength: 100 }),
  ];
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
function contentOf({ form, id, card, before }) {
  const data = new FormData(form);
  const shown = ((chosen(card, form) || [])[5] && data) || new FormData();
  const proof = (shown.get("proof") || "").trim();
  const photo = Boolean((shown.get("photo") || {}).size || (shown.has("photo") && before && before.photo));
  const content = {
    ...(proof ? { proof } : {}),
    ...(photo ? { photo } : {}),
    ...{ household: Number(id), item: Number(data.get("item")), number: Number(data.get("number") || 1) },
    ...{ words: (data.get("words") || "").trim(), person: Number(data.get("person")) || null },
  };
  return data.get("day") ? { ...content, day: data.get("day") } : content;
}

function lacking({ item, number, words, proof, photo }, most, demands) {
  const faults = {};
  if (demands && !proof && !photo) faults.proof = ["要有佐证：拍一张照片，或者写清凭什么。"];
  if (!item) faults.item = ["点是哪一件好事。"];
  if (!(number >= 1 && number <= most)) faults.number = [`填 1 到 ${most}。`];
  if (!words) faults.words = ["写一句做了什么。"];
  return faults;
}

async function save(made) {
  if (made.busy) return;
  const { form, id, card, before } = made;
  const content = contentOf(made);
  const [, title, , , most, demands] = chosen(card, form) || [0, TITLE, 0, "", 1];
  const faults = lacking(content, most, demands);
  const photo = content.photo ? (await packed(form.elements.photo.files[0])) || (before && before.photo) : "";
  if (content.photo && !photo) faults.photo = ["这张照片太大，换一张。"];
  const record = {
    ...{ kind: "award", household: Number(id), name: card.head_name, short: title },
    ...{ title: `${card.head_name}家`, content, values: valuesOf(form), photo: photo || "" },
  };
  return once.save(made, faults, {
    ...{ record, draft: drafts.nameOfDeed(id), told },
    kept: () => (latest = made.uuid),
  });
}
