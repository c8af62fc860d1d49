/** Where the pages get their JSON and put what was written: the network, or what the phone keeps where there is none. */

import * as api from "./api.js";
import * as archive from "./archive.js";
import * as drafted from "./drafts.js";
import * as first from "./first.js";
import { isStep } from "./kinds.js";
import * as moment from "./moment.js";
import * as outbox from "./outbox.js";
import * as pack from "./pack.js";
import { valuesOf } from "./values.js";
import * as vault from "./vault.js";

const QUICK = 3000; // milliseconds: after these, what the phone keeps is shown and the net may go on trying
const FAR = ["offline", "broken"];
const SECTIONS = ["overdue", "due", "ordinary", "secretary"];
const FRESH = 5000; // milliseconds: so long the list that came with `me` is as good as one asked for now
const MATTERS = ["matters.work", "matters.handle", "matters.open", "matters.see"];
const kept = { me: null, due: null };
let early = null; // {data, at}: that list
const rows = new Map(); // household id → its row in the list, so that a form opens without waiting
const drafts = new Map(); // household id → the form somebody has begun, exactly as it stands

/** Who is signed in and what the posts allow; asked once, and behind the page again when the answer is old. */
export async function me() {
  const answer = !kept.me || moment.isOld() ? ask() : null;
  // A page that comes while that is going on would else think that nothing is kept here.
  if (learning) await asking;
  return kept.me ? { kind: "ok", data: kept.me } : answer;
}

/** Somebody has signed in on another page: unless it is the same person again, this tab opens anew. */
export async function whose() {
  const answer = await api.whoami();
  if (answer.kind === "ok") await learn(answer);
  else location.reload();
}

let asking = null;
let learning = false; // the server has said who one is, and what the phone keeps of her is being opened

/** Asked once, however many want to know. */
function ask() {
  asking = asking || known().finally(() => (asking = null));
  return asking;
}

async function known() {
  const asked = Promise.resolve(first.answer()).then((answer) => answer || api.whoami());
  // Who has just been told and is still being unlocked keeps nothing yet: that is waited for.
  return quick(asked.then(learn), async () => (learning ? null : kept.me || meFromPhone()));
}

/** The answer of the server, or after a while what the phone has of it; `far`: why it is that. */
async function quick(asked, own) {
  const answer = await Promise.race([asked, new Promise((done) => setTimeout(done, QUICK))]);
  if (answer && !FAR.includes(answer.kind)) return answer;
  const found = await own();
  return found ? { kind: "ok", data: found, far: answer ? answer.kind : "offline" } : asked;
}

async function learn(answer) {
  if (answer.kind !== "ok") return answer;
  const other = kept.me && kept.me.id !== answer.data.id;
  const { due, ...person } = answer.data;
  kept.me = person;
  if (due) early = { data: due, at: performance.now() };
  moment.learn(person.now);
  if (vault.able() && person.sealing) {
    learning = true;
    try {
      await vault.unlock(person.id);
      await begin(person);
      // Nothing waits for it; and a full phone keeps no newer one, and sends what waits all the same.
      vault.keep("kept", "me", { ...person, csrf: "", unread: 0, learned: Date.now() }).catch(() => {});
    } catch {
      // A browser that keeps nothing (a private window, a full phone) works as long as there is a signal.
    } finally {
      learning = false;
    }
    if (other) location.reload();
    if (!keeps()) return answer;
    archive
      .check()
      .catch(() => {})
      .then(outbox.send)
      .then(() => may("visits.record") && pack.refresh())
      .then(() => hasMatters() && matters());
  }
  return answer;
}

/** Without a signal: who was signed in here, as long as her key lives and nobody has signed in after her. */
async function meFromPhone() {
  if ((await vault.reopen().catch(() => null)) === null) return null;
  const found = await vault.kept("kept", "me");
  if (!found || kept.me) return kept.me;
  kept.me = found;
  const wall = Date.parse(`${String(found.now).slice(0, 19)}Z`) + Math.max(0, Date.now() - found.learned);
  if (!Number.isNaN(wall)) moment.learn(new Date(wall).toISOString());
  await begin(found);
  return found;
}

async function begin(person) {
  outbox.begin(person);
  await drafted.begin();
}

/** Whether this phone keeps anything: names, drafts, an outbox. */
export const keeps = () => Boolean(kept.me && kept.me.sealing && vault.able() && vault.owner() !== null);
/** Why it does not, where the address is the reason. */
export const whyNothingIsKept = () =>
  globalThis.isSecureContext ? "" : "这个网址不是 https，手机上什么也不存：没有信号就打不开，写好要等送到再离开那一页。";

export const may = (verb) => Boolean(kept.me && (kept.me.verbs || []).includes(verb));
/** Whether anything can ever wait for her in 待办; before the server has answered, nothing is hidden. */
export const hasTodo = () => !kept.me || ["visits.see", "visits.record", "register.propose", ...MATTERS].some(may);
/** Whether matters can wait for her. */
export const hasMatters = () => MATTERS.some(may);
/** Whether she has to do with visits at all: makes them or oversees them. */
export const hasVisits = () => may("visits.record") || may("visits.manage");
export const myTerritory = () => (kept.me && kept.me.territory_title) || "";
/** How many reminders she has not read, by the server's last word; what the phone keeps of her does not say. */
export const unread = () => (kept.me && kept.me.unread) || 0;
export const isDemo = () => Boolean(kept.me && kept.me.demo);

/** The list as it was last seen, or null; drawn at once while the fresh one is on its way. */
export const lastDue = (list) => (kept.due && kept.due.list === list ? kept.due.data : null);

/** Today's list; `list` is one of 三门 (lonely, special, quarrel) or empty. */
export async function due(list = "") {
  const asked = fresh(list) || api.get(`/api/due/${query({ list })}`);
  const answer = await quick(asked, async () => (list ? null : pack.due()));
  if (answer.kind === "ok") {
    kept.due = { list, data: answer.data };
    remember(answer.data);
    const made = keeps() ? [...(await outbox.visited())] : [];
    // The phone's list is older than what has arrived since.
    if (answer.data.packed) made.push(...(await archive.visited(answer.data.packed)));
    for (const [household, brings] of made) seen(household, brings);
  }
  return answer;
}

/** The list that came with `me`, once and as long as it is new. */
function fresh(list) {
  const found = early;
  early = null;
  const good = found && !list && performance.now() - found.at < FRESH;
  return good ? Promise.resolve({ kind: "ok", data: found.data }) : null;
}

/** The rows after those that are here, joined to them section by section. */
export async function moreDue(list = "") {
  const data = kept.due.data;
  const answer = await api.get(`/api/due/${query({ list, page_key: data.next })}`);
  if (answer.kind !== "ok") return answer;
  remember(answer.data);
  for (const section of SECTIONS) data[section] = [...(data[section] || []), ...(answer.data[section] || [])];
  data.next = answer.data.next;
  return { ...answer, data };
}

function remember(data) {
  for (const section of SECTIONS) for (const row of data[section] || []) rows.set(String(row.household), row);
}

/** A household just seen leaves the kept list, and 无事板 counts it; the fresh list that follows is what counts. */
export function seen(household, brings) {
  const data = kept.due && kept.due.data;
  if (!data) return;
  const same = (row) => String(row.household) === String(household);
  const gone = SECTIONS.flatMap((section) => (data[section] || []).filter(same));
  for (const section of SECTIONS) data[section] = (data[section] || []).filter((row) => !same(row));
  const counts = data.board && data.board.waiting && gone.some(({ who }) => who === "category");
  if (!counts) return;
  const side = brings || pack.troubled(household) ? "busy" : "calm";
  data.board = { ...data.board, waiting: data.board.waiting - 1, [side]: data.board[side] + 1 };
}

export const row = (household) => rows.get(String(household)) || null;
export const household = (id) =>
  quick(api.get(`/api/households/${encodeURIComponent(id)}/`), () => pack.card(id));
export const find = (text) => api.post("/api/households/find/", { text });

/** The households that are here without asking: [{id, name, number, group, people: [name]}]. */
export async function homes() {
  const found = new Map();
  for (const [id, { name, number, group }] of rows) found.set(id, { id: Number(id), name, number, group, people: [] });
  const whole = keeps() && (await pack.current());
  for (const { id, head_name: name, number, group, people = [] } of Object.values((whole && whole.cards) || {}))
    found.set(String(id), { id, name, number, group, people: people.map((each) => each.name) });
  return [...found.values()];
}

/** Those of one villager group, from the server or of what is here. */
export async function neighbours(group) {
  const here = async () => (await homes()).filter((home) => home.group && home.group.id === group);
  if (!may("households.see")) return here();
  const answer = await quick(api.get(`/api/households/${query({ group })}`), async () => ({ here: await here() }));
  return answer.kind === "ok" ? answer.data.here || asHomes(answer.data.results) : here();
}

/** Found by the server as in 找人找户; null where it cannot be asked. */
export async function findHomes(text) {
  const answer = may("households.see") && (await find(text));
  return answer && answer.kind === "ok" ? asHomes(answer.data.results) : null;
}

const asHomes = (results = []) =>
  results.map(({ id, head_name: name, number, group, person }) => {
    const other = person && person.name !== name ? person.name : "";
    return { id, name, number, group, person: other, people: [] };
  });

export const households = (after = "") => api.get(`/api/households/${query({ after })}`);
export const visits = (after = "") => api.get(`/api/visits/${query({ after })}`);

export const draft = (household) => drafts.get(String(household)) || null;
export const hasDraft = (household) => drafts.has(String(household)) || drafted.has(household);
/** What was written in a tab that is gone: {uuid, values, row}, or null. */
export const takeDraft = (household) => drafted.take(household);

/** @returns {Promise<boolean>} whether the phone now holds it as it stands, so that a closed tab loses nothing */
export async function keepDraft(household, visit) {
  drafts.set(String(household), visit);
  const { uuid, row } = visit;
  if (!keeps()) return false;
  return drafted.keep(household, { uuid, row, values: { ...visit.lacking, ...valuesOf(visit.form) } });
}

export function dropDraft(household) {
  drafts.delete(String(household));
  return drafted.drop(household);
}

/** Send one visit under the name its form was born with; the same name again is the same visit. */
export const saveVisit = (uuid, content) => api.put(`/api/visits/${uuid}/`, content);

/** Taken back on the phone first, if nobody knows of it yet; else at the server. */
export async function undoVisit(uuid) {
  if (keeps() && (await outbox.undo(uuid))) {
    outbox.send();
    return { kind: "ok" };
  }
  const answer = await api.post(`/api/visits/${uuid}/undo/`);
  if (answer.kind === "ok" && keeps()) await archive.undone(uuid);
  return answer;
}

/** What the village has decided meanwhile about records it held. */
export async function heldAnew() {
  const answer = await api.get("/api/held/");
  if (answer.kind !== "ok") return;
  for (const { uuid, state, words, reason, visit_number } of answer.data.results || [])
    await archive.decided(uuid, { state, reason: words || reason, number: visit_number });
}

export function addPhoto(uuid, file) {
  const body = new FormData();
  body.append("photo", file, "photo.jpg");
  return api.post(`/api/visits/${uuid}/photo/`, body);
}

// --- matters ---------------------------------------------------------------------------------------------------------

const WEEK = 7 * 24 * 60 * 60 * 1000; // milliseconds: how long the phone keeps what waits for her

/** 该我办: from the server, or as the phone last had it; `after`: what follows, from the server alone. */
export async function matters(after = "") {
  if (after) return api.get(`/api/matters/${query({ after })}`);
  const asked = api.get("/api/matters/").then((answer) => {
    const keep = answer.kind === "ok" && keeps();
    // Nothing waits for it; a full phone keeps no newer one.
    if (keep) vault.keep("kept", "matters", { ...answer.data, fetched: Date.now() }).catch(() => {});
    return answer;
  });
  return quick(asked, keptMatters);
}

async function keptMatters() {
  const found = keeps() && (await vault.kept("kept", "matters"));
  return found && Math.abs(Date.now() - found.fetched) < WEEK ? found : null;
}

/** 等别人 (open), 办完的 (done). */
export const otherMatters = (list, after = "") => api.get(`/api/matters/${query({ list, after })}`);

/** 无事板: how many things wait for her in all, and those that are neither matters, changes nor findings. */
export const waitingBoard = () => api.get("/api/waiting/");

/** One with its story; without a signal what the list said of it. */
export const matter = (uuid) =>
  quick(api.get(`/api/matters/${encodeURIComponent(uuid)}/`), async () => {
    const { results = [] } = (await keptMatters()) || {};
    return results.find((row) => row.uuid === uuid) || null;
  });

/** The steps of each matter that wait on this phone, the first first: matter → [record]. */
export async function stepsWaiting() {
  const found = new Map();
  if (!keeps()) return found;
  for (const { record, state } of (await outbox.look()).own)
    if (isStep(record) && state === "waiting") found.set(record.matter, [...(found.get(record.matter) || []), record]);
  return found;
}

/** A half-written step: {uuid, values}, or null. */
export const stepDraft = (matter, code) => drafted.take(drafted.nameOfStep(matter, code));
export const dropStepDraft = (matter, code) => drafted.drop(drafted.nameOfStep(matter, code));
export async function keepStepDraft(row, code, uuid, values) {
  if (!keeps()) return;
  await drafted.keep(drafted.nameOfStep(row.uuid, code), { uuid, values, row: { title: `诉求 ${row.number}` } });
}

/** Straight to the server, where the phone keeps nothing. */
export const takeStep = (uuid, matter, content) => api.put(`/api/matters/${matter}/steps/${uuid}/`, content);

/** What visits found and nobody has settled. */
export const findings = (after = "") => api.get(`/api/findings/${query({ state: "open", after })}`);
export const settle = (id, outcome) => api.post(`/api/findings/${id}/settle/`, outcome);

export const changes = (state, after = "") => api.get(`/api/changes/${query({ state, after })}`);
export const saveChange = (uuid, content) => api.put(`/api/changes/${uuid}/`, content);
export const decide = (uuid, verb, body) => api.post(`/api/changes/${uuid}/${verb}/`, body);

function query(values) {
  const given = Object.entries(values).filter(([, value]) => value);
  return given.length ? `?${new URLSearchParams(given)}` : "";
}
