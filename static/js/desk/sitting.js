// The writing down of a sitting. Each sentence is kept in this browser (IndexedDB) before anything else, then sent in its
// order under a number of its own: without a network for an hour none is lost, and none is there twice.

import { able, database, keepPage, knownAgain, openKeys, seal } from "./kept.js";

const page = document.getElementById("sitting");
const form = document.getElementById("say");
const box = document.getElementById("words");
const list = document.getElementById("words-list");
const bad = document.getElementById("bad");
const kept = document.getElementById("kept");
const undo = document.getElementById("uncorrect");
const user = Number(page.dataset.user);
const sitting = Number(page.dataset.sitting);
const steps = [...form.querySelectorAll('[name="step"]')].map((each) => ({ code: each.value, title: each.dataset.title }));
const SPEAKS = { state: ["party", "当事人"], add: ["friends", "亲友团"], policy: ["cadres", "镇村干部"] };
const AGAIN = 5000; // milliseconds between two tries while the server is not there
const clock = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", hour: "numeric", minute: "2-digit", hourCycle: "h23" });
const HURRIED = 400; // … after the last key, before what is half written is kept

const OFF = "没有网络，照常记";
const SIGNED_OUT = "登录过期了。另开一页登录，回来自己会送";
const STRANGER = "这台电脑上换了人登录，要用您自己的号登录才能送";
const FORGETS = "这个浏览器存不住东西（网址不是 https），送到以前不要关这一页";

let csrf = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
let saved = Number(page.dataset.reached); // the furthest step in which the server has a sentence
let correcting = null; // the uuid of the sentence that the next one corrects
let half = ""; // what stood half written in the box when she began to correct another one
let waiting = []; // what is not stored yet, in its order: {uuid, order, user, sitting, body, told}
let why = "";
let leaving = false; // the page makes room for another person

// --- what this browser keeps, under a key that the server gives to this person's pages (kept.js) ----------------------

const asKept = "kept" in page.dataset;
const given = document.getElementById("keys");
const shell = ownPage(); // this page as it opens where the server is not there
const keys = openKeys(JSON.parse(given.textContent), user, asKept);
given.remove();

/** A copy without the keys; null for a page that a refusal brought, which is no page of its own address. */
function ownPage() {
  if (!location.pathname.endsWith(`/sittings/${sitting}/`)) return null;
  const copy = document.documentElement.cloneNode(true);
  copy.querySelector("#keys").textContent = "{}";
  copy.querySelector("#sitting").dataset.kept = "";
  copy.querySelectorAll(".says[role=status]").forEach((each) => each.remove());
  return copy;
}

/** With all that the server has by now: what waits is kept by itself. */
async function keepShell() {
  if (!shell || !able) return;
  const rows = [...list.children].filter((row) => !waiting.some(({ uuid }) => uuid === row.dataset.uuid));
  shell.querySelector("#sitting").dataset.reached = saved;
  shell.querySelector("#words-list").replaceChildren(...rows.map((row) => row.cloneNode(true)));
  await keepPage({ user, sitting, keys: await keys, html: `<!doctype html>${shell.outerHTML}` });
}

async function keep(item) {
  if (!able) return;
  const sealed = await seal(await keys, JSON.stringify(item));
  await (await database()).put("words", { uuid: item.uuid, user, sitting, order: item.order, ...sealed });
}

async function forget(uuid) {
  if (able) await (await database()).delete("words", uuid);
}

async function left() {
  if (!able) return [];
  const rows = await (await database()).getAll("words");
  const mine = rows.filter((row) => row.user === user && row.sitting === sitting);
  const found = await Promise.all(mine.map(async ({ kid, iv, data }) => {
    const key = (await keys).get(kid);
    const plain = key && (await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, data).catch(() => null));
    return plain && JSON.parse(new TextDecoder().decode(plain));
  }));
  return found.filter(Boolean).sort((one, other) => one.order - other.order);
}

function newUuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

// --- the order of the plan: the same as the server's, said before anything is sent -----------------------------------

const at = (code) => steps.findIndex((step) => step.code === code);
/** The furthest step so far, with what is still on its way there; -1 before the first sentence. */
const reached = () =>
  Math.max(saved, ...waiting.filter(({ body, told }) => !told && !body.late && !body.corrects).map(({ body }) => at(body.step)));
const chosen = (name) => form.querySelector(`[name="${name}"]:checked`);

function fault() {
  const step = chosen("step");
  const speaker = chosen("speaker");
  const late = form.elements.late.checked;
  if (!box.value.trim()) return "写一句说了什么。";
  if (correcting) return "";
  if (!speaker) return "选是谁说的。";
  const place = at(step.value);
  const who = SPEAKS[step.value];
  if (who && speaker.closest("[data-group]").dataset.group !== who[0])
    return `“${step.dataset.title}”这一步，由${who[1]}来说。`;
  if (page.dataset.over) return late ? "" : "议事已经结束。漏记的话，选“补记”再存。";
  if (place > reached() + 1) return `还没到“${step.dataset.title}”，先“${steps[reached() + 1].title}”。顺序是方案里定的。`;
  if (late && place > reached()) return `“${step.dataset.title}”还没开始，不用补记。`;
  if (!late && place < reached())
    return `“${step.dataset.title}”已经过了，现在是“${steps[reached()].title}”。要补，选“补记”。`;
  return "";
}

function complain(sentence) {
  bad.hidden = !sentence;
  bad.querySelector("span").textContent = sentence;
  if (sentence) box.setAttribute("aria-describedby", "bad");
  else box.removeAttribute("aria-describedby");
}

// --- writing down ----------------------------------------------------------------------------------------------------

async function record(event) {
  event.preventDefault();
  event.stopPropagation();
  const wrong = fault();
  complain(wrong);
  if (wrong) return box.focus();
  const old = correcting && list.querySelector(`[data-uuid="${correcting}"]`);
  const speaker = chosen("speaker");
  const body = {
    step: old ? old.dataset.step : chosen("step").value,
    speaker: speaker ? speaker.value : "",
    words: box.value.trim(),
    said_at: new Date().toISOString(),
    late: form.elements.late.checked,
    corrects: correcting,
  };
  if (old) Object.assign(body, { speaker: "seat-0", late: false }); // it is said by whom it was said before
  const said = old ? old.querySelector("b").textContent : speaker.parentElement.textContent.trim();
  const item = { uuid: newUuid(), order: Date.now(), user, sitting, body, said, told: "" };
  box.value = half;
  letGo();
  box.focus();
  await keep(item).catch(() => (item.loose = able)); // no room, or a browser that refuses
  waiting.push(item);
  draw(item);
  if (!old) form.elements.late.checked = Boolean(page.dataset.over);
  await keepDraft();
  send();
}

const DRAFT = `draft-${sitting}-${user}`;
const ends = ["conclude", "refuse"].map((id) => document.getElementById(id)).filter(Boolean); // none once it is over
let hurried = 0;

/** What is half written is kept too: a page that is closed by mistake opens with it. */
function draft() {
  clearTimeout(hurried);
  hurried = setTimeout(keepDraft, HURRIED);
}

/** {conclude: {conclusion, party-3: "yes"}, refuse: {…}}: what is typed and ticked for the end of the sitting. */
function typed() {
  const filled = (own) => [...new FormData(own)].filter(([name, value]) => name !== "csrfmiddlewaretoken" && value.trim());
  const found = ends.map((own) => [own.id, Object.fromEntries(filled(own))]);
  return Object.fromEntries(found.filter(([, fields]) => Object.keys(fields).length));
}

async function keepDraft() {
  clearTimeout(hurried);
  hurried = 0;
  const correction = correcting && { of: correcting, words: box.value };
  const item = { uuid: DRAFT, order: 0, words: correcting ? half : box.value, correction, typed: typed() };
  const any = item.words.trim() || correction || Object.keys(item.typed).length;
  await (any ? keep(item) : forget(DRAFT)).catch(() => {});
}

/** The page opens with what was half written; what it brings itself, after a refusal, is newer. */
function putBack(item) {
  const loose = [item.words];
  for (const [id, fields] of Object.entries(item.typed || {})) {
    const own = ends.find((each) => each.id === id);
    if (!own) loose.push(unsaid(fields.conclusion || fields.words || ""));
    else Object.entries(fields).forEach(([name, value]) => fill(own, name, value));
  }
  const row = item.correction && list.querySelector(`[data-uuid="${item.correction.of}"]:not(.word-gone)`);
  if (item.correction && !row) loose.push(item.correction.words);
  if (!box.value) box.value = loose.filter((words) => words.trim()).join("\n");
  if (!row) return;
  correct(row);
  box.value = item.correction.words;
}

/** What she wrote for the end of a sitting that is over, unless that is what was stored. */
function unsaid(words) {
  const stored = [...document.querySelectorAll("[data-conclusion], .word-said")];
  return stored.some((each) => each.textContent.trim() === words.trim()) ? "" : words;
}

function fill(own, name, value) {
  const field = own.elements[name];
  if (!field || field.value) return;
  field.value = value;
  own.querySelector("details")?.setAttribute("open", "");
}

// --- sending: one after the other, in their order --------------------------------------------------------------------

let sending = Promise.resolve();
let timer = 0;

function send() {
  sending = sending.then(deliver).catch(() => stop(OFF));
  return sending;
}

async function deliver() {
  clearTimeout(timer);
  for (const item of waiting.filter((each) => !each.told)) {
    const answer = await put(item);
    if (answer.type === "opaqueredirect" || answer.status === 401) return stop(SIGNED_OUT);
    if (answer.status >= 500 || answer.status === 429) return stop(OFF);
    if (answer.status === 403 && !(await sameUser())) return giveWay();
    if (answer.ok) await stored(item, await answer.json());
    else await refused(item, answer);
  }
  why = able ? "" : FORGETS;
  count();
}

/** Somebody else has signed in at this computer: what is written here is not hers to read, and waits for its writer. */
async function giveWay() {
  await keepDraft();
  if (!able || waiting.some(({ loose }) => loose)) return stop(STRANGER);
  leaving = true;
  location.reload();
}

async function put(item) {
  const address = page.dataset.url.replace(/[0-9a-f-]{36}/, item.uuid);
  const ask = () => {
    const body = JSON.stringify({ ...item.body, sent_at: new Date().toISOString() });
    const headers = { "Content-Type": "application/json", "X-CSRFToken": csrf };
    return fetch(address, { method: "PUT", headers, body, redirect: "manual", credentials: "same-origin" });
  };
  const answer = await ask();
  if (answer.status !== 403 || !(await sameUser())) return answer;
  return ask(); // signed in anew on another page: the token is another one since
}

async function sameUser() {
  const me = await fetch("/api/me/", { redirect: "manual", cache: "no-store" });
  if (!me.ok) return false;
  const person = await me.json();
  if (person.id !== user) return false;
  csrf = person.csrf;
  knownAgain();
  return true;
}

async function stored(item, found) {
  await forget(item.uuid).catch(() => {});
  waiting = waiting.filter((each) => each !== item);
  if (!item.body.late && !item.body.corrects) saved = Math.max(saved, at(item.body.step));
  const row = list.querySelector(`[data-uuid="${item.uuid}"]`);
  mark(row, "ok");
  row.title = `${found.at} 存的`;
  row.querySelector("[data-correct]").hidden = false;
  count();
  keepShell().catch(() => {}); // no room, or no worker: the page opens with the server alone
}

async function refused(item, answer) {
  const json = (answer.headers.get("Content-Type") || "").includes("json");
  const said = json ? await answer.json() : {};
  item.told = said.detail || `服务器没有收（${answer.status}）。`;
  item.now = said.now || null; // what somebody else has made of the same sentence
  await keep(item).catch(() => {});
  draw(item);
}

function stop(reason) {
  why = reason;
  count();
  timer = setTimeout(send, AGAIN);
}

// --- what one sees ---------------------------------------------------------------------------------------------------

function mark(row, kind) {
  row.querySelector("[data-state]").replaceChildren(document.getElementById(`state-${kind}`).content.cloneNode(true));
}

function draw(item) {
  let row = list.querySelector(`[data-uuid="${item.uuid}"]`);
  if (!row) {
    row = document.getElementById("word").content.firstElementChild.cloneNode(true);
    row.dataset.uuid = item.uuid;
    row.dataset.step = item.body.step;
    row.dataset.at = item.body.said_at;
    row.querySelector("[data-speaker]").textContent = item.said;
    row.querySelector("time").textContent = clock.format(new Date(item.body.said_at));
    row.querySelector(".word-said").textContent = item.body.words;
    list.prepend(row);
  }
  const marks = [steps[at(item.body.step)].title, item.body.late ? "补记" : "", item.body.corrects ? "更正" : ""];
  row.querySelector("[data-step-said]").textContent = marks.filter(Boolean).join("，");
  if (item.now) drawStanding(item);
  mark(row, item.told ? "no" : "wait");
  const told = row.querySelector(".word-told");
  told.hidden = !item.told;
  told.querySelector("span").textContent = item.told;
  told.querySelector("[data-late]").hidden = Boolean(item.now);
  told.querySelector("[data-anew]").hidden = !item.now;
  row.querySelector("[data-correct]").hidden = true;
  const old = item.body.corrects && list.querySelector(`[data-uuid="${item.body.corrects}"]`);
  if (old) {
    old.classList.toggle("word-gone", !item.told || Boolean(item.now));
    old.querySelector("[data-correct]")?.toggleAttribute("hidden", !item.told);
  }
  count();
}

/** The sentence that somebody else has put in the place of the one that this corrects: it stands below what he wrote. */
function drawStanding({ uuid, now, body }) {
  if (list.querySelector(`[data-uuid="${now.uuid}"]`)) return;
  const row = document.getElementById("word").content.firstElementChild.cloneNode(true);
  Object.assign(row.dataset, { uuid: now.uuid, step: now.step, at: now.said_at });
  row.querySelector("[data-speaker]").textContent = now.speaker;
  row.querySelector("[data-step-said]").textContent = `${steps[at(now.step)].title}，更正`;
  row.querySelector("time").textContent = clock.format(new Date(now.said_at));
  row.querySelector(".word-said").textContent = now.words;
  mark(row, "ok");
  list.querySelector(`[data-uuid="${uuid}"]`).after(row);
  const old = list.querySelector(`[data-uuid="${body.corrects}"]`);
  old?.classList.add("word-gone");
  old?.querySelector("[data-correct]")?.remove();
}

function count() {
  const held = waiting.filter((each) => !each.told).length;
  const no = waiting.length - held;
  const loose = waiting.filter((each) => each.loose).length;
  const parts = [
    held ? `${held} 句等着送` : "都存好了",
    loose ? `${loose} 句没存进这台电脑，送到以前不要关这一页` : "",
    no ? `${no} 句没收，看下面` : "",
    held ? why : "",
  ];
  kept.textContent = parts.filter(Boolean).join("，") + (!held && why === FORGETS ? `。${FORGETS}` : "");
  timeline();
}

/** How long each step took: from its first sentence to the first of the next, or to the end of the sitting. */
function timeline() {
  const rows = [...list.children].reverse();
  const first = steps.map(({ code }) => rows.find((row) => row.dataset.step === code)?.dataset.at);
  const far = reached();
  steps.forEach(({ code }, number) => {
    const dot = document.querySelector(`[data-timeline="${code}"]`);
    dot.classList.toggle("done", number <= far);
    dot.classList.toggle("now", number === Math.max(far, 0));
    const end = first.slice(number + 1).find(Boolean) || page.dataset.over || new Date().toISOString();
    const took = first[number] && Math.max(1, Math.round((Date.parse(end) - Date.parse(first[number])) / 60000));
    dot.querySelector("[data-took]").textContent = took ? `${took} 分钟` : page.dataset.over ? "没有记" : "还没到";
  });
}

/** Only who may speak in the chosen step is offered. */
function offer() {
  const step = chosen("step");
  const who = SPEAKS[step.value];
  document.getElementById("how").textContent = step.dataset.how;
  for (const each of form.querySelectorAll("[data-group]")) {
    each.hidden = Boolean(who && each.dataset.group !== who[0]);
    if (each.hidden) each.querySelector("input").checked = false;
  }
}

const button = form.querySelector(".btn-main");

function correct(row) {
  if (correcting && correcting !== row.dataset.uuid) return complain("先更正完这一句，或者点“不更正了”。");
  if (!correcting) half = box.value;
  button.textContent = "更正";
  correcting = row.dataset.uuid;
  box.value = row.querySelector(".word-said").textContent;
  undo.hidden = false;
  form.querySelectorAll("fieldset").forEach((each) => (each.disabled = true));
  complain("");
  box.focus();
}

function letGo() {
  button.textContent = "记下";
  correcting = null;
  half = "";
  undo.hidden = true;
  form.querySelectorAll("fieldset").forEach((each) => (each.disabled = false));
}

async function onRow(event) {
  const row = event.target.closest(".word");
  if (!row) return;
  if (event.target.closest("[data-correct]")) return correct(row);
  const item = waiting.find((each) => each.uuid === row.dataset.uuid);
  if (!item) return;
  if (event.target.closest("[data-late]")) {
    item.body.late = true;
    item.told = "";
    await keep(item).catch(() => {});
    draw(item);
    return send();
  }
  if (event.target.closest("[data-anew]")) {
    item.body.corrects = item.now.uuid;
    Object.assign(item, { told: "", now: null });
    await keep(item).catch(() => {});
    draw(item);
    return send();
  }
  if (event.target.closest("[data-take]")) {
    // Into the box first: only then does it go from where it is kept.
    box.value = [box.value.trim(), item.body.words].filter(Boolean).join("\n");
    await keepDraft();
    await forget(item.uuid).catch(() => {});
    waiting = waiting.filter((each) => each !== item);
    row.remove();
    count();
    box.focus();
  }
}

// A form that needs the server waits until all that was said is there.
function needsNet(event) {
  const own = event.target.closest("[data-needs-net]");
  if (!own) return;
  const held = own.hasAttribute("data-needs-all") ? waiting.length : 0;
  const reason = held ? `还有 ${held} 句没有存好，存好了再点。` : navigator.onLine ? "" : "没有网络，连上了再点。";
  let told = own.querySelector("[data-reason]");
  if (!told) {
    told = bad.cloneNode(true);
    told.removeAttribute("id");
    told.dataset.reason = "";
    own.querySelector(".panel-body").prepend(told);
  }
  told.hidden = !reason;
  told.querySelector("span").textContent = reason;
  if (!reason && !hurried) return;
  event.preventDefault();
  event.stopPropagation();
  if (!reason) keepDraft().then(() => own.requestSubmit(event.submitter)); // what was typed a moment ago is kept first
}

async function begin() {
  form.addEventListener("submit", record);
  form.addEventListener("change", (event) => event.target.name === "step" && offer());
  box.addEventListener("input", draft);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) form.requestSubmit();
  });
  undo.addEventListener("click", () => {
    box.value = half;
    letGo();
    complain("");
    draft();
  });
  for (const own of ends) for (const kind of ["input", "change"]) own.addEventListener(kind, draft);
  list.addEventListener("click", onRow);
  document.addEventListener("submit", needsNet, true);
  window.addEventListener("online", send);
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && (waiting.length || (!able && box.value.trim()))) event.preventDefault();
  });
  offer();
  let halfWritten = null;
  for (const item of await left().catch(() => [])) {
    if (item.uuid === DRAFT) {
      halfWritten = item;
      continue;
    }
    if (list.querySelector(`[data-uuid="${item.uuid}"]`)) {
      await forget(item.uuid).catch(() => {}); // it had arrived, and the answer was lost with the page
      continue;
    }
    waiting.push(item);
    draw(item);
  }
  if (halfWritten) putBack(halfWritten); // after the sentences, of which it may correct one
  const now = form.querySelector(`[name="step"][value="${steps[Math.max(reached(), 0)].code}"]`);
  if (now && (waiting.length || asKept)) now.checked = true;
  offer();
  if (!able) why = FORGETS;
  else navigator.storage?.persist?.(); // a full disk takes other sites' things first
  document.getElementById("as-kept").hidden = !asKept;
  if (!asKept) keepShell().catch(() => {});
  page.dataset.ready = "";
  count();
  setInterval(timeline, 30000);
  send();
}

begin();
