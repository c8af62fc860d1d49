/** 记一次走访: the household's card with the form of this visit on it; two taps when there is nothing new. */

import { el, fill, icon } from "../dom.js";
import * as format from "../format.js";
import { draw, loading, note, refused, SIGN_IN } from "../frame.js";
import { clearFaults, showFaults } from "../faults.js";
import { today } from "../moment.js";
import * as outbox from "../outbox.js";
import { packed, smaller } from "../photo.js";
import { argument, go, lastList, path } from "../router.js";
import * as store from "../store.js";
import { hush, standing, toast } from "../toast.js";
import { uuid } from "../uuid.js";
import { fillIn, valuesOf } from "../values.js";
import { fold } from "./card.js";
import { conflict, twinWords } from "./conflict.js";
import { following, pointTo } from "./due.js";
import { lacking } from "./findings.js";
import { atTheDoor, contentOf, drawCompany, drawPromise, shortly, visitForm } from "./form.js";

export async function visit(page) {
  const me = await store.me();
  if (!page.current()) return;
  if (me.kind !== "ok") return draw(page, { title: "记一次走访", main: refused(me) });
  if (!store.may("visits.record")) return look(page);
  const row = store.row(page.id);
  let form = (await again(page)) || store.draft(page.id) || (await left(page, row)) || (row && begin(page.id, row));
  if (!page.current()) return;
  if (form) show(page, form);
  else draw(page, { title: "记一次走访", back: lastList(), main: loading() });
  if (form && form.complete) return;
  const answer = await store.household(page.id);
  if (!page.current()) return;
  if (answer.kind !== "ok") {
    // What is on the screen already suffices to record; only a household that is not ours is taken away.
    if (!form || answer.kind === "missing" || answer.kind === "denied")
      draw(page, { title: "记一次走访", back: lastList(), main: refused(answer) });
    return;
  }
  if (!form) show(page, (form = begin(page.id, cardAsRow(answer.data))));
  form.arrive(answer.data);
}

/** A record that was refused, opened to be corrected; it keeps its uuid, for the server has nothing under it. */
async function again(page) {
  const wanted = argument("fix");
  const found = wanted && (await outbox.look()).own.find(({ uuid }) => uuid === wanted);
  if (!found) return null;
  const { record } = found;
  const visit = begin(page.id, store.row(page.id) || { name: record.name }, found.uuid);
  visit.refill(record.values);
  Object.assign(visit, { happened: record.happened_at, corrects: record.corrects, photo: record.photo });
  setTimeout(() => failed(visit, record.content, record.answer || { kind: "invalid", data: null, says: "" }));
  return visit;
}

/** What somebody had begun in a tab that is gone. */
async function left(page, row) {
  const draft = await store.takeDraft(page.id);
  if (!draft) return null;
  const visit = begin(page.id, row || draft.row, draft.uuid);
  visit.refill(draft.values);
  return visit;
}

/** The card alone, for who oversees and does not visit. */
async function look(page) {
  draw(page, { title: "一户的卡片", back: lastList(), main: loading() });
  const answer = await store.household(page.id);
  if (!page.current()) return;
  if (answer.kind !== "ok")
    return draw(page, { title: "一户的卡片", back: lastList(), main: refused(answer) });
  const card = fold(answer.data);
  card.open = true;
  draw(page, {
    title: "一户的卡片",
    back: lastList(),
    main: [head(cardAsRow(answer.data), answer.data), card],
  });
}

/** What the list would have said of a household that was found in another way. */
function cardAsRow(card) {
  return {
    name: card.head_name,
    number: card.number,
    group: card.group,
    size: card.size,
    promise: card.last_promise,
    lately: card.lately,
  };
}

/** So that nobody knocks unknowing where somebody was a few days ago. */
function lately({ lately: visit }) {
  if (!visit) return null;
  return el("p", { class: "lately" }, `${format.ago(visit.day, today())} ${visit.visitor || "有人"}走访过这一户。`);
}

function show(page, visit) {
  draw(page, {
    title: "记一次走访",
    back: lastList(),
    form: visit.form,
    main: [visit.who, visit.main],
    bar: visit.bar,
  });
}

/** One visit being written: its name, its form, and how it is sent. Lives until it is kept or the server has it. */
function begin(household, known, name = uuid()) {
  const parts = visitForm(known, household);
  const visit = { ...parts, household, row: known, name: known.name, uuid: name, busy: false, complete: false };
  let lacking = {};
  visit.refill = (values) => {
    visit.lacking = lacking = fillIn(visit.form, values);
    visit.retitle();
  };
  visit.who = el("div", {}, head(known, null));
  visit.arrive = (card) => {
    visit.complete = true;
    fill(visit.who, head(cardAsRow(card), card));
    drawPromise(visit.places.promise, card.last_promise);
    drawCompany(visit.places.company, card.companions);
    visit.whose(card.people);
    fill(visit.places.card, fold(card));
    visit.refill(lacking); // the promise, the people and who came along have their fields only now
    const drawn = (list) => ({ offer }) => (offer(visit, list), visit.refill(lacking));
    if (card.labour && card.labour.length && store.may("labour.note")) import("./work.js").then(drawn(card.labour));
    if (card.deeds && card.deeds.length) import("./seen.js").then(drawn(card.deeds));
  };
  visit.form.addEventListener("submit", (event) => {
    event.preventDefault();
    save(visit);
  });
  visit.form.addEventListener("input", async () => {
    visit.stored.dataset.now = "no";
    if (!(await store.keepDraft(household, visit))) return;
    Object.assign(visit.stored, { hidden: false }).dataset.now = "yes";
  });
  return visit;
}

/** Name, group, number, how many: never a category, for somebody looks over the shoulder. */
function head(known, card) {
  const facts = [
    known.group && known.group.name,
    known.number && `${known.number} 号`,
    known.size && `${known.size} 口人`,
  ];
  return el(
    "div",
    { class: "who" },
    el(
      "div",
      {},
      el("h2", {}, `${known.name} 家`),
      el("p", {}, facts.filter(Boolean).join(" · "), card && card.away && " · 在外务工"),
      lately(known),
    ),
    card &&
      card.phone &&
      el(
        "a",
        { class: "square square-line", href: `tel:${card.phone}`, "aria-label": `打电话给${known.name}` },
        icon("phone"),
      ),
  );
}

async function save(visit) {
  if (visit.busy) return;
  visit.busy = true;
  busy(visit, true);
  clearFaults(visit.form);
  fill(visit.places.fault);
  store.keepDraft(visit.household, visit);
  const content = contentOf(visit.form);
  const missing = lacking(content.findings || []);
  if (missing) {
    say(visit, note("no", el("p", {}, missing)));
    busy(visit, false);
    visit.busy = false;
    return;
  }
  // A repeated sending of the same words must be the same record, its time included.
  visit.happened = visit.happened || format.now();
  const full = store.keeps() && !(await keptHere(visit, content));
  if (!store.keeps() || full) await sendNow(visit, content, full);
  busy(visit, false);
  visit.busy = false;
}

/** On the phone first, then on its way; false when the phone has no room for it. */
async function keptHere(visit, content) {
  const { household, name, corrects, happened, form } = visit;
  const short = shortly(content);
  const record = { household, name, content, short, corrects, values: valuesOf(form), happened_at: happened };
  try {
    const photo = await packed(photoOf(visit));
    if (photo === null) {
      say(visit, note("no", el("p", {}, "这张照片太大，换一张，或者不要照片。")));
      return true;
    }
    record.photo = photo || visit.photo || "";
    await outbox.add(visit.uuid, record);
  } catch {
    return false;
  }
  latest = { visit, content };
  leaveForm(visit, content);
  toast([`${name}家“${short}”记下了。`, "有信号时自动送。"], () => undo(visit));
  outbox.send();
  return true;
}

let latest = null; // the record whose toast stands, or stood last

outbox.listenArrivals((sent, receipt) => {
  if (latest && latest.visit.uuid === sent && standing()) told(latest.visit, latest.content, receipt);
});

/** What is now so, with the number: before it nothing is called 送达. */
function told(visit, content, receipt) {
  const words =
    receipt.outcome === "held"
      ? "村里先收着，等村里定。您不用再记。"
      : receipt.outcome === "refused"
        ? "村里没收，到发件箱看为什么。"
        : after(content, receipt);
  const number = receipt.number ? `回执 ${receipt.number}，` : "";
  toast([`${visit.name}家“${shortly(content)}”送达。`, number + words], () => undo(visit));
}

/** Without a place to keep it: straight to the server, and the form stays until it has answered. */
async function sendNow(visit, content, full) {
  const times = { happened_at: visit.happened, sent_at: format.now() };
  const sent = { ...content, ...times, ...(visit.corrects ? { corrects: visit.corrects } : {}) };
  const answer = await store.saveVisit(visit.uuid, sent);
  if (answer.kind === "ok") await kept(visit, content, answer.data);
  else failed(visit, content, answer);
  if (full && answer.kind !== "ok") visit.places.fault.prepend(note("no", el("p", {}, FULL)));
}

const FULL = "手机存满了，这一条没存进手机。写的还在这一页，别关，有信号再按保存；或者先删几张照片腾点地方。";

function busy(visit, on) {
  visit.button.setAttribute("aria-disabled", on ? "true" : "false");
  if (on) visit.button.textContent = "正在送……";
  else visit.retitle();
}

/** The server has it: the photo follows, then back to the list with what is now so. */
async function kept(visit, content, receipt) {
  if (!(await photoKept(visit))) return;
  leaveForm(visit, content);
  told(visit, content, receipt);
}

/** Back to the list; the household after this one is where the eye goes next. */
function leaveForm(visit, content) {
  store.dropDraft(visit.household);
  pointTo(following(visit.household));
  if (atTheDoor(content)) store.seen(visit.household, Boolean((content.findings || []).length));
  if (path() === `/h/${visit.household}`) go(lastList());
}

function after(content, receipt) {
  const { twin } = receipt;
  const double = twin ? twinWords(twin) : "";
  return counted(content, receipt) + (receipt.proposed ? "认定对象的事报给村里了。" : "") + double + (receipt.deeds || "") + (receipt.labour || "") + (receipt.late || "");
}

function counted(content, receipt) {
  const year = `${receipt.day || ""}`.slice(0, 4);
  const periods = (receipt.discharged || []).map((each) =>
    (each.period_title || "").replace(`${year}年`, ""),
  );
  const told = [...new Set(periods.map((title) => title || "今年"))];
  if (told.length) return `${told.join("、")}算走到了。`;
  if (content.met && receipt.counts === false) return "没有外出的户，电话不算走到，还要上门。";
  return content.met ? "记进走访记录了。" : "改天再来，名单里还留着。";
}

/** True when there is no photo, or it has arrived. Otherwise the form stays, saying that only the photo is missing. */
async function photoKept(visit) {
  const file = photoOf(visit);
  if (!file) return true;
  const answer = await store.addPhoto(visit.uuid, await smaller(file));
  if (answer.kind === "ok") return true;
  const skip = el("button", { class: "btn", type: "button" }, "不要照片了");
  skip.addEventListener("click", () => {
    visit.form.elements.photo.value = "";
    save(visit);
  });
  say(
    visit,
    note(
      "no",
      el("p", {}, `走访记下了，照片没送到：${answer.says}再按保存，只补送照片。`),
      el("div", { class: "acts" }, skip),
    ),
  );
  return false;
}

function photoOf(visit) {
  const input = visit.form.elements.photo;
  return (input && input.files[0]) || null;
}

async function undo(visit) {
  const answer = await store.undoVisit(visit.uuid);
  const done = answer.kind === "ok" ? `撤销了，${visit.name}家的这次走访不算。` : `没撤销成：${answer.says}`;
  if (answer.kind === "ok") {
    pointTo(visit.household);
    toast(done);
    go(lastList());
  } else failedUndo(visit, done);
}

// A fault is no toast: the household is opened again and says there what happened.
function failedUndo(visit, sentence) {
  go(`/h/${visit.household}`);
  const place = document.getElementById("page");
  if (place) place.prepend(note("no", el("p", {}, sentence, "打开“走访记录”，还可以再撤。")));
}

/** Nothing is lost: the form stays as it is, with one sentence saying what to do. */
function failed(visit, content, answer) {
  if (answer.kind === "conflict")
    return say(visit, conflict(content, answer, { keep: () => leave(visit), replace: () => replace(visit) }));
  if (answer.kind === "invalid") {
    const rest = showFaults(visit.form, answer.data);
    if (rest.length || !visit.form.querySelector("[aria-invalid]"))
      say(visit, note("no", el("p", {}, rest.join("") || answer.says)));
    return;
  }
  say(visit, note(answer.kind === "offline" ? "off" : "no", sentences(answer)));
}

function sentences(answer) {
  if (answer.kind === "offline") return el("p", {}, "没有信号，记的还在这一页，有信号再按保存。");
  if (answer.kind === "signin")
    return [
      el("p", {}, "登录过期了，记的还在这一页。先登录，再回这一页按保存。"),
      el(
        "div",
        { class: "acts" },
        el("a", { class: "btn btn-line", href: SIGN_IN, target: "_blank", rel: "noopener" }, "登录"),
      ),
    ];
  return el("p", {}, answer.says, answer.kind === "broken" ? "记的还在这一页。" : "");
}

function say(visit, sentence) {
  fill(visit.places.fault, sentence);
  sentence.scrollIntoView({ block: "nearest" });
  sentence.focus({ preventScroll: true });
}

function leave(visit) {
  store.dropDraft(visit.household);
  hush();
  go(lastList());
}

/** What is on the screen is sent under a new name, as a correction of the stored one. */
function replace(visit) {
  visit.corrects = visit.uuid;
  visit.uuid = uuid();
  visit.happened = null;
  save(visit);
}
