/** 诉求 on the phone: how one stands, and its steps, taken with one tap or a short form, with or without a signal. */

import { add, el, field, fill, icon, picks } from "../dom.js";
import { clearFaults, showFaults } from "../faults.js";
import * as format from "../format.js";
import { note } from "../frame.js";
import { today } from "../moment.js";
import * as outbox from "../outbox.js";
import { packed } from "../photo.js";
import { show } from "../router.js";
import * as store from "../store.js";
import { toast } from "../toast.js";
import { uuid as newUuid } from "../uuid.js";
import { fillIn, valuesOf } from "../values.js";
import { RATINGS, STEPS } from "../words.js";

// What may follow a step that waits on this phone; the server says what really may.
const AFTER = {
  accept: ["settle", "answer", "note", "give_back", "escalate"],
  take: ["settle", "answer", "note", "give_back", "escalate"],
  settle: ["answer", "note"],
  answer: ["rate"],
};
const FORM = ["words", "due_on", "to", "rating"]; // what somebody has to fill in; the rest follows from today
const LIKELY = 2; // buttons that stand open, the others one tap away

/** The steps this person may take now, those on their way counted as taken. */
export function stepsOf(row, waiting = []) {
  const codes = row.steps.map(({ code }) => code);
  return waiting.reduce((left, { content: { step } }) => AFTER[step] || (step === "note" ? left : []), codes);
}

/** 超 1 个工作日, 今天到期, 11月25日前; nothing where it has an answer. */
export function due(row) {
  const open = ["collected", "dispatched", "in_hand", "done"].includes(row.state);
  if (!open) return el("span", { class: "state state-ok end" }, icon("check"), row.state_title);
  if (row.days_over > 0) return mark("late", "alert", `超 ${row.days_over} 个工作日`);
  if (row.due_on === today()) return mark("soon", "clock", "今天到期");
  if (row.due_on < today()) return mark("soon", "clock", "到期了"); // on days of rest it is not late yet
  return mark("wait", "clock", `${format.day(row.due_on, today())}前`);
}

const mark = (look, sign, words) => el("span", { class: `state state-${look} end` }, icon(sign), words);

/** What is on its way, in words. */
export const onItsWay = (waiting) =>
  waiting.length > 0 &&
  el("p", { class: "row-more" }, `记下了“${waiting.map(({ short }) => short).join("”“")}”，等着送。`);

/** After something has arrived; not while somebody is writing on the page. */
export const drawAnew = () => document.querySelector("#page form") || show();

/** The buttons of the steps; a form takes their place. `open`: all of them at once. */
export function acts(row, waiting, { open = false } = {}) {
  const codes = stepsOf(row, waiting).filter((code) => STEPS.has(code) && (code !== "dispatch" || row.people));
  if (!codes.length) return null;
  const place = el("div", {});
  const settled = row.state === "done" || waiting.some(({ content }) => content.step === "settle");
  const shown = open ? codes.length : LIKELY;
  const rest = codes.slice(shown);
  const buttons = el(
    "div",
    { class: "acts" },
    codes.slice(0, shown).map((code, at) => button(row, code, place, at ? "btn" : "btn btn-line", settled)),
    rest.length > 0 && el("a", { class: "btn btn-more", href: `#/m/${row.uuid}` }, "别的"),
  );
  return fill(place, buttons);
}

function button(row, code, place, look, settled) {
  const { button: words } = STEPS.get(code);
  const uuid = newUuid(); // pressed again after a lost answer it is the same step
  const press = () => (asks(code) ? fill(place, form(row, code, null, settled)) : take(place, row, code, {}, { uuid }));
  return el("button", { class: look, type: "button", onclick: press }, words);
}

const asks = (code) => STEPS.get(code).fields.some((name) => FORM.includes(name));

/**
 * The form of a step; `again`: {uuid, record} of one that was refused and is to be corrected; `settled`: it was said
 * already what came of the matter, so that an answer needs no words.
 */
export function form(row, code, again = null, settled = false) {
  const { button: words, fields, ask } = STEPS.get(code);
  const step = again ? { uuid: again.uuid, before: again.record } : { uuid: newUuid() };
  const made = el("form", { class: "follow", novalidate: true });
  const has = (name) => fields.includes(name);
  add(made, [
    el("h3", { class: "follow-title" }, words),
    has("to") && people(row),
    has("words") && field(ask || "说一句", "words", { rows: 2, maxlength: 500, placeholder: "可以用语音输入" }),
    has("due_on") && field("哪天办好", "due_on", { type: "date", min: today() }),
    has("rating") && rating(code),
    code === "note" || code === "settle" ? photo() : null,
    el(
      "div",
      { class: "acts" },
      el("button", { class: "btn btn-main" }, words),
      el("button", { class: "btn", type: "button", onclick: show }, "先不"),
    ),
  ]);
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    const said = Object.fromEntries(Object.entries(valuesOf(made)).map(([name, [value]]) => [name, value.trim()]));
    const faults = lacking(code, said, settled);
    return Object.keys(faults).length ? showFaults(made, faults) : take(made, row, code, said, step);
  });
  made.addEventListener("input", () => again || store.keepStepDraft(row, code, step.uuid, valuesOf(made)));
  if (again) {
    fillIn(made, again.record.values || {});
    setTimeout(() => refusedBefore(made, again.record.answer));
  } else {
    store.stepDraft(row.uuid, code).then((draft) => draft && ((step.uuid = draft.uuid), fillIn(made, draft.values)));
    setTimeout(() => (made.querySelector("textarea") || made.querySelector("input, select, button")).focus());
  }
  return made;
}

/** What the server would refuse, said before it is written down: without a signal it would be said too late. */
function lacking(code, said, settled) {
  const { fields, need } = STEPS.get(code);
  const faults = {};
  if (need && !said.words && !(code === "answer" && settled)) faults.words = [need];
  if (fields.includes("due_on") && !said.due_on) faults.due_on = ["填哪天办好。"];
  if (fields.includes("to") && !said.to) faults.to = ["选交给谁。"];
  if (code === "rate" && !said.rating) faults.rating = ["选一样：满意、基本满意、不满意、没有评价。"];
  return faults;
}

function refusedBefore(made, answer) {
  const rest = showFaults(made, answer && answer.data);
  if (rest.length) made.append(note("no", el("p", {}, rest.join(""))));
}

const people = ({ people: known = [] }) =>
  el(
    "div",
    { class: "field", "data-field": "to" },
    el("label", { class: "field-label", for: "step-to" }, "交给谁"),
    el(
      "select",
      { class: "input", id: "step-to", name: "to" },
      el("option", { value: "" }, known.length ? "选一个人" : "没有信号选不了人，有信号再选"),
      known.map(({ id, name, posts }) => el("option", { value: id }, posts ? `${name}，${posts}` : name)),
    ),
  );

const rating = (code) =>
  el(
    "div",
    { class: "field", "data-field": "rating" },
    el("span", { class: "field-label" }, code === "rate" ? "群众怎么评" : "群众当时怎么评（没问可以不选）"),
    picks("radio", "rating", RATINGS, { title: "满意度", narrow: true }),
  );

const photo = () =>
  el(
    "div",
    { class: "field", "data-field": "photo" },
    el("label", { class: "field-label", for: "step-photo" }, "照片（可以不拍）"),
    el("input", { class: "input", id: "step-photo", type: "file", accept: "image/*", "aria-label": "照片" }),
  );

/** Keep it for the server, or send it at once where nothing is kept; what goes wrong stands where it was pressed. */
async function take(place, row, code, said, step) {
  if (place.dataset.busy) return;
  place.dataset.busy = "yes";
  clearFaults(place);
  place.querySelectorAll(".note").forEach((old) => old.remove());
  // What is corrected was done when it was done.
  const day = (step.before && step.before.content.answered_on) || today();
  const dated = STEPS.get(code).fields.includes("answered_on") ? { answered_on: day } : {};
  const told = await (store.keeps() ? keep : sendNow)(place, row, { step: code, ...dated, ...said }, step);
  delete place.dataset.busy;
  if (told) place.append(note("no", el("p", {}, told)));
}

/** `before`: the record of the same step that was refused. @returns {Promise<string>} what went wrong, or "" */
async function keep(place, row, content, { uuid, before = {} }) {
  const { button: short } = STEPS.get(content.step);
  const file = place.querySelector("[type=file]");
  const record = {
    ...{ kind: "step", matter: row.uuid, number: row.number, title: `诉求 ${row.number}`, name: row.words },
    ...{ content, short, values: place.elements ? valuesOf(place) : {}, happened_at: before.happened_at },
  };
  try {
    record.photo = await packed(file && file.files[0]);
    if (record.photo === null) return "这张照片太大，换一张，或者不要照片。";
    record.photo = record.photo || before.photo || "";
    await outbox.add(uuid, record);
    await store.dropStepDraft(row.uuid, content.step);
  } catch {
    return "手机存满了，这一步没存进手机。写的还在这一页，有信号再按一次。";
  }
  toast([`“${short}”记下了。`, "有信号时自动送。"]);
  show();
  outbox.send();
  return "";
}

async function sendNow(place, row, content, { uuid }) {
  const answer = await store.takeStep(uuid, row.uuid, content);
  if (answer.kind !== "ok") return answer.kind === "invalid" ? showFaults(place, answer.data).join("") : answer.says;
  toast(`“${STEPS.get(content.step).button}”送达。`);
  show();
  return "";
}
