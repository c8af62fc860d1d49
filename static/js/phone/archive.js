/**
 * What has arrived, sealed, for 60 days: a server set back in time is offered it again. `view` (encrypted, for the
 * author) says of whom it was: {household, name, short, reason, twin}. `undone`: its author has taken it back; it stays
 * for as long, for on a server set back in time it may stand again.
 */

import * as api from "./api.js";
import { now } from "./format.js";
import * as vault from "./vault.js";

const DAY = 24 * 60 * 60 * 1000;
const KEPT = 60 * DAY;
const MOST = 50; // records in one sending
const LARGEST = 2000000; // letters in one sending; a record with a photo may be larger, and then goes alone

/**
 * The record leaves the outbox with its number; both in one step, so that it is always in one of them. Where there is
 * no room for that, it leaves first: it has arrived, and its copy for a server set back in time is what may be missing.
 */
export async function file(entry, { number, outcome = "accepted" }, view, undone = false) {
  const { uuid, owner, kid, data } = entry;
  const closed = view && (await vault.close(view));
  const row = { uuid, owner, number, outcome, made_at: entry.made_at, sent_at: now(), kid, data, undone, view: closed };
  try {
    await moved(row);
  } catch {
    await (await vault.database()).delete("outbox", uuid);
    await moved(row).catch(() => {});
  }
}

async function moved(row) {
  const work = (await vault.database()).transaction(["outbox", "archive", "flags"], "readwrite");
  const { number, uuid } = row;
  await Promise.all([
    work.objectStore("archive").put(row),
    work.objectStore("outbox").delete(uuid),
    work.objectStore("flags").put({ number, uuid }, "receipt"),
    work.done,
  ]);
}

/** One's own of the last days, newest first; of each outcome the first `most` with what they were. */
export async function sent(days, most) {
  const since = Date.now() - days * DAY;
  const all = await (await vault.database()).getAll("archive");
  const own = all.filter(
    ({ owner, sent_at, undone }) => !undone && owner === vault.owner() && Date.parse(sent_at) > since,
  );
  own.sort((a, b) => (a.sent_at < b.sent_at ? 1 : -1));
  const many = {};
  const open = ({ outcome, view }) => (many[outcome] = (many[outcome] || 0) + 1) <= most && vault.open(view);
  return Promise.all(own.map(async (each) => ({ ...each, record: (await open(each)) || null })));
}

/** Households that were met at their door and whose visit has arrived since that moment; whether it found something. */
export async function visited(since) {
  const all = await (await vault.database()).getAll("archive");
  const late = all.filter(
    ({ owner, sent_at, undone, outcome }) =>
      owner === vault.owner() && !undone && outcome !== "refused" && Date.parse(sent_at) >= since,
  );
  const opened = await Promise.all(late.map(({ view }) => vault.open(view)));
  return new Map(opened.filter((each) => each && each.met).map((each) => [String(each.household), each.brings]));
}

/** Change what is known of one: the village has decided, or its author has read it. */
export async function mark(uuid, change) {
  const db = await vault.database();
  const found = await db.get("archive", uuid);
  if (found) await db.put("archive", { ...found, ...change });
}

/** The village has decided about a record that it held: {state: held|accepted|refused, reason, number}. */
export async function decided(uuid, { state, reason, number }) {
  const db = await vault.database();
  const found = await db.get("archive", uuid);
  if (!found || found.outcome === state) return;
  const record = await vault.open(found.view);
  const view = record && (await vault.close({ ...record, reason: reason || record.reason }));
  await db.put("archive", { ...found, outcome: state, number: number || found.number, view });
}

/** Taken back by its author, and the server knows it. */
export const undone = (uuid) => mark(uuid, { undone: true });

/**
 * Offer sealed records, a number at a time. `settle(entry, answer, whole)` is called for each that the server answered
 * finally, `whole` as long as none before was left out; true when all have been. What does not get through in its time
 * does not hold up the rest.
 */
export async function offer(entries, settle) {
  let whole = true;
  for (const batch of batches(entries)) {
    const sealed = batch.map(({ uuid, kid, data }) => ({ uuid, kid, data }));
    const answer = await api.post("/api/sealed/", { sealed, sent_at: now() });
    if (answer.kind !== "ok" || !answer.data || !answer.data.answers) {
      whole = false;
      if (answer.late) continue;
      return false;
    }
    const known = new Map(answer.data.answers.map((each) => [each.uuid, each]));
    for (const entry of batch) if (known.has(entry.uuid)) await settle(entry, known.get(entry.uuid), whole);
  }
  return whole;
}

function batches(entries) {
  const found = [];
  let size = 0;
  for (const entry of entries) {
    const last = found[found.length - 1];
    size += entry.data.length;
    if (last && last.length < MOST && size < LARGEST) last.push(entry);
    else {
      found.push([entry]);
      size = entry.data.length;
    }
  }
  return found;
}

let asked = false; // whether the server was asked after the highest receipt since this page was opened

/** Whether the server is still the one that gave our receipts; if not, it is offered the last 60 days again. */
export async function check() {
  const epoch = api.heardEpoch();
  if (!epoch || !vault.able()) return;
  await navigator.locks.request("hongji-archive", { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    await clear();
    await undoAgain();
    const known = await vault.flag("epoch");
    const lost = (known && known !== epoch) || !(await remembered());
    if (lost && !(await offerAgain())) return; // not all of it yet: the next opening goes on
    await vault.setFlag("epoch", epoch);
    asked = true;
  });
}

/** Restored by whatever tool: did this server ever give our highest receipt? */
async function remembered() {
  const receipt = await vault.flag("receipt");
  if (asked || !receipt) return true;
  const answer = await api.post("/api/receipts/", receipt);
  return answer.kind !== "ok" || answer.data.known !== false;
}

async function offerAgain() {
  const all = await (await vault.database()).getAll("archive");
  // As they were sent: the last of them is asked after next time, and is lost whenever any is.
  all.sort((a, b) => Date.parse(a.sent_at) - Date.parse(b.sent_at));
  return offer(all, async (entry, { outcome, number }, whole) => {
    if (!number) return;
    await mark(entry.uuid, { number, outcome, ...(entry.undone ? { stands: true } : {}) });
    // After a gap the receipt stays the lost one, so that the next opening asks again.
    if (whole) await vault.setFlag("receipt", { number, uuid: entry.uuid });
  }).then(async (whole) => (await undoAgain()) && whole);
}

/**
 * What was taken back and was offered again: taken back again, as soon as its author is here; nobody else may. One that
 * the server does not take back any more is among the delivered, with the reason. False: not all were answered.
 */
async function undoAgain() {
  const all = await (await vault.database()).getAll("archive");
  for (const { uuid, owner, undone, stands } of all) {
    if (!undone || !stands || owner !== vault.owner()) continue;
    const answer = await api.post(`/api/visits/${uuid}/undo/`);
    if (answer.kind === "ok" || answer.kind === "missing") await mark(uuid, { stands: false });
    else if (answer.kind === "invalid" || answer.kind === "denied")
      await mark(uuid, { undone: false, stands: false, kept: answer.says });
    else return false;
  }
  return true;
}

async function clear() {
  const db = await vault.database();
  for (const { uuid, sent_at } of await db.getAll("archive"))
    if (Date.now() - Date.parse(sent_at) > KEPT) await db.delete("archive", uuid);
}
