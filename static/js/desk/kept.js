// What this browser keeps of sittings (IndexedDB "hongji-sitting"), so that the page of one opens and goes on writing
// where the server is not there. Stores: `words` what is not sent yet, `pages` the page by its sitting, both sealed;
// `opener` {user, keys, until} the keys of who is signed in, which open both and cannot be taken out of the browser.
// Page and opener go when she signs out or anybody signs in (hongji/worker.js), when a page of somebody else is opened
// (unsent.js), and count for nothing twelve hours after the server last knew her. The words stay, sealed.

import { openDB } from "../../npm/idb.js";

export const able = Boolean(globalThis.isSecureContext && globalThis.indexedDB && crypto.subtle);
const LIFE = 12 * 60 * 60 * 1000; // as on the phone (js/phone/vault.js)
const FILES = "sitting-files"; // the same name stands in hongji/worker.js
const STATIC = new URL("../../", import.meta.url).href;
let opening = null;
let gone = false; // somebody has signed out or in on another page: nothing more is kept from here

if ("BroadcastChannel" in globalThis)
  new BroadcastChannel("hongji").addEventListener("message", ({ data }) => {
    if (data === "left" || data === "handed") gone = true;
  });

export function database() {
  opening = opening || openDB("hongji-sitting", 3, {
    upgrade(db, before) {
      if (before < 2) for (const name of [...db.objectStoreNames]) db.deleteObjectStore(name);
      if (before < 2) db.createObjectStore("words", { keyPath: "uuid" });
      db.createObjectStore("opener", { keyPath: "id" });
      db.createObjectStore("pages", { keyPath: "sitting" });
    },
  });
  return opening;
}

/** Map of key id → key, the newest first; `here`: the page brought none, for it was kept itself. */
export async function openKeys(texts, user, here) {
  if (!able) return new Map();
  if (here) {
    const found = await (await database()).get("opener", "opener");
    return found && found.user === user && found.until > Date.now() ? found.keys : new Map();
  }
  const opened = Object.entries(texts).map(async ([kid, text]) => {
    const raw = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return [kid, await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"])];
  });
  return new Map(await Promise.all(opened));
}

/** @returns {Promise<{kid: string, iv: Uint8Array, data: ArrayBuffer}>} */
export async function seal(keys, text) {
  const [kid, key] = keys.entries().next().value;
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return { kid, iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new TextEncoder().encode(text)) };
}

let beginning = null;

/** The server says that it is still she: whoever signed in on another page was herself, and what went with it comes back. */
export function knownAgain() {
  if (gone) beginning = null;
  gone = false;
}

/** Whoever answers for the page, and takes it away at sign-out, has to be there first. */
function ready() {
  beginning = beginning || begin();
  return beginning;
}

async function begin() {
  await navigator.serviceWorker.register("/sw.js");
  await navigator.serviceWorker.ready;
  await keepFiles();
}

/** The server has just known this person: keep the page as it stands, and what opens it. */
export async function keepPage({ user, sitting, keys, html }) {
  if (!able || !("serviceWorker" in navigator) || !keys.size) return;
  await ready();
  const sealed = await seal(keys, html);
  const db = await database();
  if (gone) return;
  const until = Date.now() + LIFE;
  const work = db.transaction(["opener", "pages"], "readwrite");
  work.objectStore("opener").put({ id: "opener", user, keys, until });
  work.objectStore("pages").put({ sitting, user, ...sealed });
  await work.done;
}

/** Sheets and scripts of this page; nothing of them is about a person. */
async function keepFiles() {
  const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
  await (await caches.open(FILES)).addAll([...new Set(loaded.filter((name) => name.startsWith(STATIC)))]);
}
