/** 随身名单: the due households with their cards, as the phone keeps them for places without a signal; 7 days long. */

import * as api from "./api.js";
import * as vault from "./vault.js";

const SECTIONS = ["overdue", "due", "ordinary", "secretary"];
const HOUR = 60 * 60 * 1000;
const LIFE = 7 * 24 * HOUR;
let pack = null; // {today, month, board, sections …, cards, companions, fetched}
let fetching = null;

/** The pack in hand, or null; read from the phone once. */
export async function current() {
  if (!pack && vault.owner() !== null) pack = await vault.kept("kept", "pack");
  if (pack && Math.abs(Date.now() - pack.fetched) > LIFE) {
    pack = null;
    await vault.drop("kept", "pack");
  }
  return pack;
}

/** The list as /api/due/ would have answered, from the phone. */
export async function due() {
  const found = await current();
  return found && { ...found, cards: null, next: null, packed: found.fetched };
}

export async function card(household) {
  const found = await current();
  const own = found && found.cards[household];
  // Who may come along, and what can be claimed, is told once for each grid.
  const of = (name) => (found[name] || {})[own.grid_id] || [];
  return own ? { deeds: of("deeds"), ...own, companions: of("companions") } : null;
}

/** Whether something that an earlier visit found there was still open when the pack was made. */
export function troubled(household) {
  const own = pack && pack.cards[household];
  return Boolean(own && own.open_findings && own.open_findings.length);
}

export const forget = () => (pack = null);

/** Fetch it anew if it is an hour old, behind the page; all pages or none. */
export function refresh() {
  fetching = fetching || fetchAll().finally(() => (fetching = null));
  return fetching;
}

async function fetchAll() {
  if (vault.owner() === null) return;
  const old = await current();
  if (old && Date.now() - old.fetched < HOUR) return;
  let whole = null;
  for (let key = ""; key !== null; ) {
    const answer = await api.get(`/api/pack/${key ? `?${new URLSearchParams({ page_key: key })}` : ""}`);
    if (answer.kind !== "ok" || !answer.data) return;
    whole = whole ? joined(whole, answer.data) : answer.data;
    key = answer.data.next || null;
  }
  if (vault.owner() === null) return;
  pack = { ...whole, next: null, fetched: Date.now() };
  try {
    await vault.keep("kept", "pack", pack);
  } catch {
    // A full phone still works with a signal, and the records go first.
  }
}

function joined(whole, page) {
  const sections = SECTIONS.map((name) => [name, [...(whole[name] || []), ...(page[name] || [])]]);
  const [cards, companions, deeds] = ["cards", "companions", "deeds"].map((name) => ({ ...whole[name], ...page[name] }));
  return { ...whole, ...Object.fromEntries(sections), cards, companions, deeds };
}
