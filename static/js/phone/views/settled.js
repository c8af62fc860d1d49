/** 就地化解: 谁和谁, what about, how it was settled; one screen and one save, with or without a signal. */

import * as drafts from "../drafts.js";
import { add, el, field, fill, picks } from "../dom.js";
import { clearFaults, showFaults } from "../faults.js";
import * as format from "../format.js";
import { draw, empty, loading, note, refused } from "../frame.js";
import * as outbox from "../outbox.js";
import * as opponents from "../opponent.js";
import { argument, go, lastList } from "../router.js";
import * as store from "../store.js";
import { standing, toast } from "../toast.js";
import { uuid as newUuid } from "../uuid.js";
import { fillIn, valuesOf } from "../values.js";
import { QUARRELS, SETTLINGS } from "../words.js";

const TITLE = "就地化解";
let latest = ""; // the record whose toast stands, or stood last

outbox.listenArrivals((uuid, { number, late = "" }) => {
  if (uuid === latest && standing()) toast([`“${TITLE}”送达。`, `编号 ${number}，记进台账了。${late}`]);
});

/** Of one household, or of two people by name where one comes from 待办. */
export async function settled(page) {
  const me = await store.me();
  if (!page.current()) return;
  const back = page.id ? `/h/${page.id}` : "/todo";
  const main = draw(page, { title: TITLE, back, main: loading() });
  if (me.kind !== "ok") return fill(main, refused(me));
  if (!store.may("disputes.report")) return fill(main, empty("这件事不归您记", "告诉网格员或者村里。"));
  const again = await toCorrect();
  const home = page.id ? await homeOf(page.id, again) : { kind: "ok", data: null };
  if (!page.current()) return;
  if (home.kind !== "ok") return fill(main, refused(home));
  const draft = again ? null : await drafts.take(drafts.nameOfSettled(page.id));
  if (!page.current()) return;
  show(page, back, begin(page.id, home.data, again, draft));
}

/** One that was refused and is opened to be corrected; it keeps its uuid, for the server has nothing under it. */
async function toCorrect() {
  const wanted = argument("fix");
  return wanted ? (await outbox.look()).own.find(({ uuid }) => uuid === wanted) || null : null;
}

/** {id, name, number, group} of the household; of a corrected record where there is no signal at least the name. */
async function homeOf(id, again) {
  const row = store.row(id);
  if (row) return { kind: "ok", data: { id, name: row.name, number: row.number, group: row.group } };
  const answer = await store.household(id);
  if (answer.kind === "ok") {
    const { head_name: name, number, group } = answer.data;
    return { kind: "ok", data: { id, name, number, group } };
  }
  return again && answer.kind !== "missing" ? { kind: "ok", data: { id, name: again.record.name } } : answer;
}

function show(page, back, made) {
  draw(page, { title: TITLE, back, form: made.form, main: made.main, bar: made.bar });
}

/** The form, being filled in. */
function begin(id, home, again, draft) {
  const name = home && home.name;
  const form = el("form", { novalidate: true });
  const made = { form, id, name, uuid: (again || draft || {}).uuid || newUuid(), before: again && again.record, busy: false };
  made.fault = el("div", {});
  made.other = opponents.opponent(name ? "和谁闹的" : "和谁（另一方）", home);
  made.main = [
    name && el("div", { class: "who" }, el("div", {}, el("h2", {}, `${name} 家`))),
    el(
      "section",
      { class: "block" },
      !name && field("谁（一方的姓名）", "one", { maxlength: 40 }),
      made.other.node,
    ),
    el(
      "section",
      { class: "block" },
      el("h2", { class: "block-title" }, "什么纠纷"),
      el("div", { "data-field": "kind" }, picks("radio", "kind", QUARRELS, { title: "什么纠纷" })),
      field("为什么闹的（可以不填）", "about", { maxlength: 300, placeholder: "可以用语音输入" }),
    ),
    el(
      "section",
      { class: "block" },
      el("h2", { class: "block-title" }, "怎么化解的"),
      picks("radio", "how", SETTLINGS.map((words) => [words, words]), { title: "怎么化解的" }),
      field("说一句（点了上面的可以不填）", "words", { rows: 2, maxlength: 400, placeholder: "可以用语音输入" }),
    ),
    made.fault,
  ];
  made.bar = el("div", { class: "bar" }, el("button", { class: "btn btn-main" }, "化解了"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save(made);
  });
  form.addEventListener("input", () => keepDraft(made));
  add(form, [made.main, made.bar]); // before it is drawn, so that a draft finds its fields
  fillIn(form, (again && again.record.values) || (draft && draft.values) || {});
  opponents.draw(made.other);
  if (again) setTimeout(() => failed(made, again.record.answer || { kind: "invalid", data: null, says: "" }));
  return made;
}

function keepDraft({ form, id, name, uuid, before }) {
  if (!store.keeps() || before) return;
  const row = { title: name ? `${name}家的${TITLE}` : TITLE };
  drafts.keep(drafts.nameOfSettled(id), { uuid, row, values: valuesOf(form) });
}

/** The form as the API wants it. */
function contentOf({ form, id }) {
  const data = new FormData(form);
  const text = (name) => (data.get(name) || "").trim();
  const other = Number(text("other_household")) || null; // who is tapped needs no name
  return {
    ...{ household: id ? Number(id) : null, one: text("one"), kind: text("kind") },
    ...{ other_household: other, other: other ? "" : text("other") },
    ...{ about: text("about"), words: [text("how"), text("words")].filter(Boolean).join("，") },
  };
}

/** What the server would refuse, said before it is written down: without a signal it would be said too late. */
function lacking({ household, one, other, other_household: tapped, kind, words }) {
  const faults = {};
  if (!household && !one) faults.one = ["写是谁家。"];
  if (!other && !tapped) faults.other = ["写和谁闹的。"];
  if (!kind) faults.kind = ["选是什么纠纷。"];
  if (!words) faults.words = ["点一样或者写一句怎么化解的。"];
  return faults;
}

async function save(made) {
  if (made.busy) return;
  const content = contentOf(made);
  fill(made.fault);
  clearFaults(made.form);
  const faults = lacking(content);
  if (Object.keys(faults).length) return showFaults(made.form, faults);
  made.busy = true;
  // Sent again after a lost answer it is the same record, its time included.
  made.happened = made.happened || (made.before && made.before.happened_at) || format.now();
  await (store.keeps() ? keep : sendNow)(made, content);
  made.busy = false;
}

async function keep(made, content) {
  const { form, id, name, uuid, happened } = made;
  const record = {
    ...{ kind: "settled", household: content.household, name: name || content.one, short: TITLE },
    ...{ title: `${name || content.one}和${made.other.name.value || content.other}`, content, values: valuesOf(form), happened_at: happened },
  };
  try {
    await outbox.add(uuid, record);
  } catch {
    return say(made, "手机存满了，这一条没存进手机。写的还在这一页，有信号再按一次。");
  }
  await drafts.drop(drafts.nameOfSettled(id));
  latest = uuid;
  toast([`${record.title}“${TITLE}”记下了。`, "有信号时自动送。"]);
  go(lastList());
  outbox.send();
}

/** Straight to the server, where the phone keeps nothing; the form stays until it has answered. */
async function sendNow(made, content) {
  const answer = await store.saveSettled(made.uuid, { ...content, happened_at: made.happened, sent_at: format.now() });
  if (answer.kind !== "ok") return failed(made, answer);
  toast([`“${TITLE}”送达。`, `编号 ${answer.data.number}，记进台账了。${answer.data.late || ""}`]);
  go(lastList());
}

function failed(made, answer) {
  if (answer.kind !== "invalid") return say(made, answer.says);
  if (answer.data && (answer.data.errors || answer.data).other) opponents.untap(made.other);
  const rest = showFaults(made.form, answer.data);
  if (rest.length || !made.form.querySelector("[aria-invalid]")) say(made, rest.join("") || answer.says);
}

function say(made, sentence) {
  if (!sentence) return;
  const told = note("no", el("p", {}, sentence));
  fill(made.fault, told);
  told.focus({ preventScroll: true });
  told.scrollIntoView({ block: "nearest" });
}
