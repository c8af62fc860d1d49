/**
 * What the phone keeps, in IndexedDB. Everything readable is encrypted with one key that cannot be taken out of the
 * browser and that goes at sign-out, or 12 hours after the server last knew its owner.
 *
 * Stores: `keys` the one key {key, owner, until}; `kept` encrypted by name (me, pack); `drafts` encrypted, per
 * household; `outbox` and `archive` records by uuid, sealed to the server, with an encrypted `view` for their author;
 * `flags` plain words without a person in them (epoch, receipt, asked).
 */

import { openDB } from "../../npm/idb.js";
import { read, utf8 } from "./bytes.js";
import { HANDED, LEAVING, marked, unmark } from "./hands.js";

const LIFE = 12 * 60 * 60 * 1000;
const STORES = { keys: null, kept: null, drafts: null, flags: null, outbox: "uuid", archive: "uuid" };
const readable = ["keys", "kept", "drafts"];
const news = "BroadcastChannel" in globalThis ? new BroadcastChannel("hongji") : null;
let opening = null;
let failed = false; // a private window, a disk that is full: nothing can be kept here
let held = null; // the key in use: {key, owner, until}

/** Whether this address may keep anything: HTTPS or localhost, and a browser that can. */
export const able = () =>
  !failed && Boolean(globalThis.isSecureContext && globalThis.indexedDB && globalThis.crypto?.subtle && navigator.locks);

export function database() {
  opening = opening || begin();
  return opening;
}

async function begin() {
  try {
    return await openDB("hongji", 1, {
      upgrade(db) {
        for (const [name, keyPath] of Object.entries(STORES))
          db.createObjectStore(name, keyPath ? { keyPath } : {});
      },
      blocking: () => location.reload(),
      terminated: () => (opening = null),
    });
  } catch (fault) {
    failed = true;
    throw fault;
  }
}

/** Whose key is in use in this tab, or null; whether it is still kept is asked by `still`. */
export const owner = () => (held && held.until > Date.now() ? held.owner : null);

/** Until what is readable here goes, unless the server is heard from before. */
export const minutesLeft = () => (held ? Math.ceil((held.until - Date.now()) / 60000) : 0);

/** Without the server's word: the key that is here, if it is still good and nobody else has signed in meanwhile. */
export async function reopen() {
  if (!able() || (await marked(HANDED)) || (await marked(LEAVING))) return null;
  const found = await (await database()).get("keys", "key");
  if (!found) return null;
  if (found.until <= Date.now()) return wipe();
  held = found;
  watch();
  return held.owner;
}

/** The server has just known this person: her key lives on, or a new one begins and what others could read goes. */
export function unlock(person) {
  // Two tabs that open at once must not each begin with a key of their own.
  return navigator.locks.request("hongji-key", () => unlocked(person));
}

async function unlocked(person) {
  const [gone, db] = await Promise.all([marked(LEAVING), database()]);
  if (gone) throw new Error("leaving");
  const found = await db.get("keys", "key");
  const mine = found && found.owner === person && found.until > Date.now();
  if (!mine) await wipe();
  if (found && !mine) tell("left");
  held = mine ? { ...found, until: Date.now() + LIFE } : await begun(person);
  const kept = db.put("keys", held, "key");
  // On a full phone the key that is here goes on as it is.
  await Promise.all([mine ? kept.catch(() => {}) : kept, unmark(HANDED)]);
  watch();
}

/** A key of its own life: the same person who signs in again has another one. */
async function begun(person) {
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  return { key, owner: person, until: Date.now() + LIFE, id: crypto.randomUUID() };
}

let checking = null;

/** Whether the key of this tab is the kept one. Where another page has signed out, this tab lets go and opens anew. */
export function still() {
  // Asked once for many that come together: thirty records are opened at a time.
  checking = checking || looked().finally(() => (checking = null));
  return checking;
}

async function looked() {
  if (owner() === null) return false;
  const { id } = held;
  const found = await (await database()).get("keys", "key");
  if (!held || held.id !== id) return owner() !== null; // it has changed in this tab itself meanwhile
  if (found && found.id === id) return true;
  held = null;
  location.reload();
  return false;
}

let timer = 0;
function watch() {
  clearTimeout(timer);
  if (!held) return;
  timer = setTimeout(async () => {
    const found = await (await database()).get("keys", "key");
    if (found && found.until > Date.now()) return (held = found), watch(); // another tab has heard from the server
    await wipe();
    location.reload();
  }, Math.max(1000, held.until - Date.now()));
}

/** Take away everything readable. Records stay: sealed, and without the part that only their author reads. */
export async function wipe() {
  held = null;
  const db = await database();
  const work = db.transaction([...readable, "outbox", "archive"], "readwrite");
  for (const name of readable) work.objectStore(name).clear();
  for (const name of ["outbox", "archive"])
    for await (const at of work.objectStore(name)) if (at.value.view) at.update({ ...at.value, view: null });
  await work.done;
  return null;
}

/** To other tabs: "left" makes them open anew, "handed" ask whose the phone is now, "changed" count anew. */
export const tell = (word) => news && news.postMessage(word);
export const listen = (hear) => news && news.addEventListener("message", ({ data }) => hear(data));

// --- encrypted values ------------------------------------------------------------------------------------------------

/** @returns {Promise<{iv: Uint8Array, data: ArrayBuffer}>} */
export async function close(value) {
  if (!(await still())) throw new Error("no key");
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, held.key, utf8(JSON.stringify(value))) };
}

/** The value, or null where there is none or the key that closed it is gone. */
export async function open(closed) {
  if (!closed || !(await still())) return null;
  try {
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: closed.iv }, held.key, closed.data);
    return JSON.parse(read(plain));
  } catch {
    return null;
  }
}

/** Keep one value in `kept` or `drafts`. */
export async function keep(store, name, value) {
  const closed = await close(value);
  return (await database()).put(store, closed, name);
}

export async function kept(store, name) {
  return open(await (await database()).get(store, name));
}

export const drop = async (store, name) => (await database()).delete(store, name);
export const names = async (store) => (await database()).getAllKeys(store);

export const flag = async (name) => (await database()).get("flags", name);
export const setFlag = async (name, value) => (await database()).put("flags", value, name);
