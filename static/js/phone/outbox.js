/**
 * 发件箱: every record (kinds.js) is kept here before it is sent, and leaves only with the server's final answer.
 *
 * @typedef {"waiting"|"refused"|"conflict"|"stuck"} State
 * waiting: not answered finally; refused: the author must correct it (422, 404); conflict: the server has other words
 * under the same uuid; stuck: sealed, and the server cannot take it (a file of it can be saved).
 * @typedef {{uuid: string, owner: number, order: number, made_at: string, state: State, tries: number, cancel: boolean,
 *   number: string, kid: string, data: string, view: object|null, about: string}} Entry
 * `data` is sealed to the server; `view` is encrypted for the author: {household, name, content, values, short,
 * happened_at, corrects, photo, answer}. `number`: the record has arrived, its photo has not. `cancel`: undone while
 * nobody knew whether it had arrived. `about`: the matter of a step; one's steps arrive in their order.
 */

import * as api from "./api.js";
import * as archive from "./archive.js";
import { fromBase64 } from "./bytes.js";
import { now } from "./format.js";
import { kindOf } from "./kinds.js";
import * as moment from "./moment.js";
import { seal } from "./seal.js";
import * as vault from "./vault.js";

const SOON = 100; // milliseconds
const REST = 1000; // between two tellings at least, and nine times as long as the last one took
const hearers = new Set();
const arrivals = new Set();
const tried = new Set(); // sent from this tab, known also where the phone is too full to mark it
let full = false;
let soon = 0;
let telling = false;
let missed = false; // something changed while it was being told
let rested = 0; // from when on it may be told again, by performance.now()
let me = null;
let sending = "";
let running = false;
let wanted = false;

/** From now on records are kept for this person; `null`: nobody is known. */
export function begin(person) {
  me = person;
}

/** `hear()`: something changed. Whoever hears it reads everything anew, so it is said once for many changes. */
export function listen(hear) {
  hearers.add(hear);
}

/** `hear(uuid, receipt)`: this record has just arrived. Said for each, at once. */
export function listenArrivals(hear) {
  arrivals.add(hear);
}

function announce(uuid = "", receipt = null) {
  if (receipt) for (const each of arrivals) each(uuid, receipt);
  if (telling) missed = true;
  else soon = soon || setTimeout(tellAll, Math.max(SOON, rested - performance.now()));
}

/** However many records there are, most of the time is left for sending them. */
async function tellAll() {
  const began = performance.now();
  [soon, telling, missed] = [0, true, false];
  vault.tell("changed");
  await Promise.allSettled([...hearers].map((each) => each()));
  const ended = performance.now();
  rested = ended + Math.max(REST - SOON, 9 * (ended - began));
  telling = false;
  if (missed) announce();
}

/** Another tab has changed something. */
export function hear() {
  wanted = wanted || running;
  for (const each of hearers) each();
}

/** Whether the phone had no room the last time something was to be kept. */
export const isFull = () => full;
export const isSending = (uuid) => sending === uuid;

// --- what is kept ----------------------------------------------------------------------------------------------------

/**
 * Keep one record: encrypted for its author, and sealed to the server. Throws when the phone is full.
 * `record`: {household, name, content, values, short, corrects, photo}, photo a JPEG in base64; a step's as in kinds.js.
 */
export async function add(uuid, record) {
  // A record that is corrected happened when it happened.
  const view = { ...record, happened_at: record.happened_at || now(), ahead: moment.ahead() };
  const { kid } = me.sealing;
  const data = await sealed(uuid, view, record.photo ? { photo: record.photo } : {});
  const closed = await vault.close(view);
  const db = await vault.database();
  const order = Date.now();
  await db.put("outbox", {
    ...{ uuid, owner: me.id, order, made_at: view.happened_at, state: "waiting", tries: 0, cancel: false },
    ...{ number: "", kid, data, view: closed, about: view.matter || "" },
  });
  full = false;
  wanted = true;
  announce();
  askToStay().catch(() => {}); // it is the record that counts
}

/** For the server alone; `ahead` says how wrong this phone's clock was when the visit was saved. */
const sealed = (uuid, view, more) =>
  seal(me.sealing, uuid, {
    ...kindOf(view).letter(view, view.happened_at),
    ...{ ahead: Math.round(view.ahead || 0), ...more },
  });

/** Ask the browser once not to throw this away when space runs short. */
async function askToStay() {
  if (!navigator.storage || !navigator.storage.persist || (await vault.flag("asked"))) return;
  await vault.setFlag("asked", true);
  await navigator.storage.persist();
}

/** @returns {Promise<Entry[]>} all of this phone, oldest first */
export async function entries() {
  if (!vault.able()) return [];
  const all = await (await vault.database()).getAll("outbox");
  return all.sort((a, b) => a.order - b.order);
}

const readable = ({ owner, view }) => Boolean(view) && owner === vault.owner();

/**
 * One's own with what is in them, of those that wait and of those in trouble the first `most` of each; `waiting` and
 * `trouble` say how many there are. Of what nobody here can read only how many wait, and how many are stuck.
 */
export async function look(most = Infinity) {
  const found = { own: [], waiting: 0, trouble: 0, others: 0, stuck: 0 };
  for (const entry of await entries()) {
    const part = readable(entry) ? (entry.state === "waiting" ? "waiting" : "trouble") : null;
    const record = part && found[part] < most ? await vault.open(entry.view) : null;
    if (record) found.own.push({ ...entry, record });
    if (part && (record || found[part] >= most)) found[part] += 1;
    else if (entry.state === "stuck") found.stuck += 1;
    else found.others += 1;
  }
  return found;
}

/** How many wait, and how many the author must look at. */
export async function counts() {
  const all = (await entries()).filter(({ state }) => state !== "stuck");
  const trouble = all.filter(({ state, owner, view }) => state !== "waiting" && view && owner === vault.owner());
  return { waiting: all.length - trouble.length, trouble: trouble.length };
}

const atTheDoor = ({ content }) => Boolean(content.met && content.manner === "door");
const brings = ({ content }) => Boolean(content.findings && content.findings.length);

/** Households whose visit waits here, and whether it found something: they need not be visited again. */
export async function visited() {
  const { own } = await look();
  const met = own.filter(
    ({ state, cancel, record: { content } }) =>
      state === "waiting" && !cancel && atTheDoor({ content }),
  );
  return new Map(met.map(({ record }) => [String(record.household), brings(record)]));
}

/** Change one entry in one step; `change` returns the new one, or null to delete it. */
async function alter(uuid, change) {
  const work = (await vault.database()).transaction("outbox", "readwrite");
  const entry = await work.store.get(uuid);
  const next = entry && change(entry);
  if (entry && next) await work.store.put(next);
  else if (entry) await work.store.delete(uuid);
  await work.done;
  return next || null;
}

/** As alter; where there is no room for it, this tab alone knows: what is to be sent goes all the same. */
async function remark(uuid, change) {
  try {
    return await alter(uuid, change);
  } catch {
    full = true;
    const entry = await (await vault.database()).get("outbox", uuid);
    return entry ? change(entry) : null;
  }
}

/** Give up a record for good: the person said so. */
export async function drop(uuid) {
  await alter(uuid, () => null);
  announce();
}

/** 撤销 before it is known to have arrived. False: it has arrived, and the server must be asked. */
export async function undo(uuid) {
  const entry = await (await vault.database()).get("outbox", uuid);
  if (!entry) return false;
  const record = await vault.open(entry.view);
  // Whoever sends it after her takes it back in her name.
  const taken = record && { kid: me.sealing.kid, data: await sealed(uuid, record, { undo: true }) };
  let known = false;
  try {
    await alter(uuid, (found) => {
      known = true;
      return found.tries || tried.has(uuid) ? { ...found, ...taken, cancel: true, state: "waiting" } : null;
    });
  } catch {
    known = false; // no room for the mark: the server is asked at once, or the person is told that it was not done
  }
  announce();
  return known;
}

/** Try a refused one again as it is. */
export async function again(uuid) {
  await alter(uuid, (entry) => ({ ...entry, state: "waiting" }));
  announce();
  return send();
}

// --- sending ---------------------------------------------------------------------------------------------------------

/** Send what waits; one tab at a time, and once more if something was added meanwhile. */
export async function send() {
  // A phone that knows it has no signal does not try: what was never tried is simply deleted when it is undone.
  if (!me || !vault.able() || navigator.onLine === false) return;
  wanted = true;
  if (running) return;
  running = true;
  try {
    while (wanted) {
      wanted = false;
      await navigator.locks.request("hongji-outbox", { ifAvailable: true }, (lock) => lock && round());
    }
  } finally {
    running = false;
    announce();
  }
}

const putOff = new Set(); // what broke the server lately, or was not allowed: the others go first

/** Visits before photos: one photo takes as long as a hundred of them, and an arrived visit has its number. */
async function round() {
  if (!(await knowsTheTime())) return;
  if (!(await each(({ number }) => !number))) return;
  await sendSealed();
  await each(({ number }) => number);
}

/** The clock may have been set since a visit was saved: before sending, the server is asked what it shows. */
async function knowsTheTime() {
  if (moment.isSure() || !(await entries()).length) return true;
  const { kind, data } = await api.whoami();
  if (kind === "ok") moment.learn(data.now);
  return kind === "ok" || kind === "broken";
}

/** What this phone's clock would show now, were it still as wrong as when the record was saved. */
const thenClock = ({ ahead }) =>
  ahead === undefined ? now() : new Date(Date.now() - moment.ahead() + ahead).toISOString();

/** One's own that wait and are of this kind; false when it is no use to go on. */
async function each(which) {
  let broken = 0;
  const all = (await entries()).filter(which);
  const last = ({ uuid }) => Number(putOff.has(uuid));
  for (const entry of all.sort((a, b) => last(a) - last(b))) {
    const record = entry.state === "waiting" && entry.owner === vault.owner() && (await vault.open(entry.view));
    if (!record || (await isAhead(entry, record))) continue;
    const kind = await sendOwn(entry, record);
    if (kind === "offline" || kind === "signin" || kind === "stranger") return false;
    // One record that breaks the server, or is not allowed now, must not hold up the others; a server that is down need
    // not be asked 30 times.
    if (["broken", "denied", "late"].includes(kind)) putOff.add(entry.uuid);
    broken = ["broken", "late"].includes(kind) ? broken + 1 : 0;
    if (broken > 2) return false;
  }
  return true;
}

/** Whether one that must arrive before it still waits: what it corrects, or an earlier step of the same matter. */
async function isAhead({ uuid, owner, order, about }, { corrects }) {
  const waits = (other) => Boolean(other && other.state === "waiting" && !other.number);
  if (corrects) return waits(await (await vault.database()).get("outbox", corrects));
  const before = (other) => other.owner === owner && other.about === about && other.order < order && other.uuid !== uuid;
  return Boolean(about) && (await entries()).some((other) => before(other) && waits(other));
}

/** One record under its author's name; returns the kind of the answer. */
async function sendOwn({ uuid, number }, record) {
  tried.add(uuid);
  const entry = await remark(uuid, (known) => ({ ...known, tries: known.tries + 1 }));
  if (!entry) return "ok"; // undone a moment ago
  sending = uuid;
  announce();
  try {
    const times = { happened_at: record.happened_at, sent_at: thenClock(record) };
    const { address, body } = kindOf(record);
    // What is on hold is asked about again: the village may have decided meanwhile.
    const answer = /^(ZF|SQ)/.test(number)
      ? { kind: "ok", data: { number, outcome: "accepted" } }
      : await api.put(address(uuid, record), body(record, times));
    return await answered(uuid, record, answer, !number);
  } finally {
    sending = "";
  }
}

const outcomeOf = ({ kind, late }) => (late ? "late" : kind);

async function answered(uuid, record, answer, first) {
  if (answer.kind === "ok") return arrived(uuid, record, answer, first);
  const state = { invalid: "refused", missing: "refused", conflict: "conflict" }[answer.kind];
  // Not final: kept as it is; but who may not send it now is told why.
  if (!state && (answer.kind !== "denied" || why(answer) === why(record.answer))) return outcomeOf(answer);
  const view = await vault.close({ ...record, answer: { ...answer } });
  await remark(uuid, (entry) => (state === "refused" && entry.cancel ? null : { ...entry, state: state || entry.state, view }));
  announce();
  return answer.kind;
}

/** The sentences about a record, as the server said them. */
export function why(answer) {
  const told = (answer && answer.data && answer.data.errors) || {};
  return Object.values(told).flat(Infinity).join("") || (answer && answer.says) || "";
}

/** The server has it. Its undoing follows, and its photo after all visits; then it leaves the list, with its number. */
async function arrived(uuid, record, answer, first) {
  const data = kindOf(record).receipt(answer.data);
  if (!data || !data.number) return "broken"; // somebody between us and the server answered
  const entry = await remark(uuid, (known) => ({ ...known, number: data.number }));
  if (!entry) return "ok";
  const view = {
    ...{ household: record.household, name: record.name, short: record.short },
    ...{ kind: record.kind || "visit", title: record.title || "" },
    ...{ reason: data.reason || "", twin: data.twin || null, late: data.late || "" },
    ...{ met: atTheDoor(record), brings: brings(record) },
  };
  if (entry.cancel) {
    const undone = await api.post(`/api/visits/${uuid}/undo/`);
    if (undone.kind === "ok") return archive.file(entry, data, view, true).then(() => (announce(), "ok"));
    if (undone.kind !== "invalid" && undone.kind !== "missing") return outcomeOf(undone);
    return stands(uuid, record, undone);
  } else if (record.photo && data.outcome !== "refused") {
    if (first && !full) return "ok";
    const kind = await photo(uuid, record);
    if (kind !== "ok") return kind;
  }
  await archive.file(entry, data, view);
  announce(uuid, data);
  return "ok";
}

/** It could not be taken back: its author is told at the record, until she has read it. */
async function stands(uuid, record, undone) {
  const says = `没撤成，这一条还算数。${why(undone)}`;
  const view = await vault.close({ ...record, photo: "", stands: true, answer: { ...undone, data: null, says } });
  await remark(uuid, (entry) => ({ ...entry, cancel: false, state: "refused", view }));
  announce();
  return undone.kind;
}

/** Its author has read that it stands. */
export async function read({ uuid, number, ...entry }, { household, name, short }) {
  const view = { household, name, short, reason: "" };
  await archive.file({ uuid, ...entry }, { number, outcome: "accepted" }, view);
  announce();
}

/** The server's answer to a record's photo. */
export function post(uuid, record) {
  const body = new FormData();
  body.append("photo", new Blob([fromBase64(record.photo)], { type: "image/jpeg" }), "photo.jpg");
  return api.post(kindOf(record).photoAddress(uuid, record), body);
}

async function photo(uuid, record) {
  const answer = await post(uuid, record);
  if (!["invalid", "missing", "denied"].includes(answer.kind)) return outcomeOf(answer);
  const says = `记录收到了，照片没收：${why(answer)}`;
  const view = await vault.close({ ...record, answer: { ...answer, data: null, says } });
  await remark(uuid, (entry) => ({ ...entry, state: "refused", view }));
  return "invalid";
}

/** The visit has arrived and its photo is not wanted any more. */
export async function withoutPhoto(uuid, record) {
  const view = await vault.close({ ...record, photo: "", answer: null });
  await alter(uuid, (entry) => ({ ...entry, state: "waiting", view }));
  return send();
}

/** What others left on this phone, and one's own from before the last sign-out: sealed, and credited by the ticket. */
async function sendSealed() {
  const rest = [];
  for (const entry of await entries()) {
    const own = entry.owner === vault.owner() && (await vault.open(entry.view));
    if (own || entry.state === "stuck") continue;
    // What its author took back before she left is taken back; what she was to mend is sent, and the village mends it.
    rest.push(entry);
  }
  await archive.offer(lightFirst(rest), async (entry, answer) => {
    const { outcome } = answer;
    if (outcome === "later") return; // not final
    if (["accepted", "held", "refused"].includes(outcome)) await archive.file(entry, answer, null);
    else if (outcome === "undone" || (entry.cancel && outcome !== "unreadable")) await alter(entry.uuid, () => null);
    else await remark(entry.uuid, (known) => ({ ...known, state: "stuck" }));
  });
}

const LIGHT = 20000; // letters: more is a photo

/** Those with photos last, and behind them what must follow them: the later steps of the same matter. */
function lightFirst(rest) {
  const heavy = new Set();
  const behind = [];
  const ahead = [];
  for (const entry of rest) {
    const late = entry.data.length > LIGHT || (entry.about && heavy.has(entry.about));
    if (late && entry.about) heavy.add(entry.about);
    (late ? behind : ahead).push(entry);
  }
  return [...ahead, ...behind];
}

// --- as a file -------------------------------------------------------------------------------------------------------

/** All that has not arrived, sealed, as the text of a file. */
export async function asFile() {
  const sealed = (await entries()).map(({ uuid, kid, data, made_at, about }) => ({ uuid, kid, data, made_at, about }));
  return { count: sealed.length, text: JSON.stringify({ hongji: 1, made_at: now(), sealed }) };
}

/** Take in such a file; returns how many were new here, or null when it is none. */
export async function fromFile(text) {
  const sealed = rowsOf(text);
  if (!sealed) return null;
  const db = await vault.database();
  let added = 0;
  for (const { uuid, kid, data, made_at, about } of sealed) {
    if ((await db.get("outbox", uuid)) || (await db.get("archive", uuid))) continue;
    await db.put("outbox", {
      ...{ uuid, owner: 0, order: Date.now() + added, made_at: made_at || now(), state: "waiting", tries: 0 },
      ...{ cancel: false, number: "", kid, data, view: null, about: typeof about === "string" ? about : "" },
    });
    added += 1;
  }
  announce();
  return added;
}

function rowsOf(text) {
  const whole = (row) => [row.uuid, row.kid, row.data].every((part) => typeof part === "string" && part);
  try {
    const { hongji, sealed } = JSON.parse(text);
    return hongji === 1 && sealed.every(whole) ? sealed : null;
  } catch {
    return null;
  }
}
