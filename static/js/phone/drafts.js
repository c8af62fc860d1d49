/** Half-written visits, steps, settlements and deeds, kept encrypted as they are typed: a tab that is killed loses nothing. */

import * as vault from "./vault.js";

const writing = new Map(); // household → the newest values while older ones are being written
const known = new Set();

/** Which households have a draft here; asked when the pages begin. */
export async function begin() {
  known.clear();
  if (vault.owner() === null) return;
  const db = await vault.database();
  for (const name of await vault.names("drafts")) {
    const draft = await vault.kept("drafts", name);
    // The tab was killed between keeping the record and dropping its draft.
    const done = draft && ((await db.getKey("outbox", draft.uuid)) || (await db.getKey("archive", draft.uuid)));
    if (draft && (!done || draft.fixing)) known.add(String(name));
    else await vault.drop("drafts", name);
  }
}

/** Under what name a half-written step of a matter is kept, and the matter of such a name ("" of a household's). */
export const nameOfStep = (matter, code) => `m-${matter}-${code}`;
export const matterOf = (name) => (String(name).startsWith("m-") ? String(name).slice(2, 38) : "");

/** The same of a dispute settled on the spot, of a household or (from 待办) of none, and of a household's good deed. */
export const nameOfSettled = (household) => `s-${household || ""}`;
export const nameOfDeed = (household) => `d-${household}`;

const PAGES = { "s-": "settled", "d-": "deed" };

/** The page on which one goes on with what is kept under this name. */
export function addressOf(name) {
  if (matterOf(name)) return `/m/${matterOf(name)}`;
  const page = PAGES[String(name).slice(0, 2)];
  if (!page) return `/h/${name}`;
  const household = String(name).slice(2);
  return household ? `/h/${household}/${page}` : `/${page}`;
}

export const has = (household) => known.has(String(household));
export const count = () => known.size;
export const households = () => [...known];

/** @returns {Promise<{uuid: string, values: object, row: object}|null>} */
export async function take(household) {
  return has(household) ? vault.kept("drafts", String(household)) : null;
}

/**
 * Write the newest state; one writing at a time, and the last word always gets in.
 * @returns {Promise<boolean>} whether what was last handed in is now written: of several at once only the one that
 * wrote it says so.
 */
export async function keep(household, draft) {
  const name = String(household);
  known.add(name);
  const busy = writing.has(name);
  writing.set(name, draft);
  if (busy) return false;
  let written = false;
  try {
    while (writing.get(name)) {
      const next = writing.get(name);
      await vault.keep("drafts", name, next);
      if (writing.get(name) === next) break;
    }
    written = true;
  } catch {
    // A full phone, or the key has just gone: the form itself still stands on the page.
  } finally {
    writing.delete(name);
  }
  if (!known.has(name)) await vault.drop("drafts", name);
  return written;
}

export async function drop(household) {
  known.delete(String(household));
  if (vault.able()) await vault.drop("drafts", String(household));
}

/** All of them, by the names of their households. */
export async function all() {
  const found = await Promise.all([...known].map((name) => vault.kept("drafts", name)));
  return found.filter(Boolean);
}

export async function dropAll() {
  for (const name of [...known]) await drop(name);
}
