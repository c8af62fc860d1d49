/** Where the pages get their JSON and put what was written; the only module that knows it is the network. */

import * as api from "./api.js";

const SECTIONS = ["overdue", "due", "ordinary", "secretary"];
const kept = { me: null, due: null };
const rows = new Map(); // household id → its row in the list, so that a form opens without waiting
const drafts = new Map(); // household id → the form somebody has begun, exactly as it stands

/** Who is signed in and what the posts allow; asked once. */
export async function me() {
  if (kept.me) return { kind: "ok", data: kept.me };
  const answer = await api.whoami();
  if (answer.kind === "ok") kept.me = answer.data;
  return answer;
}

export const may = (verb) => Boolean(kept.me && (kept.me.verbs || []).includes(verb));
export const today = () => (kept.me ? kept.me.today : "");
export const myTerritory = () => (kept.me && kept.me.territory_title) || "";
export const isDemo = () => Boolean(kept.me && kept.me.demo);

/** The list as it was last seen, or null; drawn at once while the fresh one is on its way. */
export const lastDue = (list) => (kept.due && kept.due.list === list ? kept.due.data : null);

/** Today's list; `list` is one of 三门 (lonely, special) or empty. */
export async function due(list = "") {
  const answer = await api.get(`/api/due/${query({ list })}`);
  if (answer.kind === "ok") {
    kept.due = { list, data: answer.data };
    if (kept.me && answer.data.today) kept.me.today = answer.data.today;
    remember(answer.data);
  }
  return answer;
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

/** A household just seen leaves the kept list; the fresh list that follows is what counts. */
export function seen(household) {
  const data = kept.due && kept.due.data;
  if (!data) return;
  for (const section of SECTIONS)
    data[section] = (data[section] || []).filter((row) => String(row.household) !== String(household));
}

export const row = (household) => rows.get(String(household)) || null;
export const household = (id) => api.get(`/api/households/${id}/`);
export const find = (text) => api.post("/api/households/find/", { text });
export const households = (after = "") => api.get(`/api/households/${query({ after })}`);
export const visits = (after = "") => api.get(`/api/visits/${query({ after })}`);

export const draft = (household) => drafts.get(String(household)) || null;
export const keepDraft = (household, form) => drafts.set(String(household), form);
export const dropDraft = (household) => drafts.delete(String(household));

/** Send one visit under the name its form was born with; the same name again is the same visit. */
export const saveVisit = (uuid, content) => api.put(`/api/visits/${uuid}/`, content);
export const undoVisit = (uuid) => api.post(`/api/visits/${uuid}/undo/`);

export function addPhoto(uuid, file) {
  const body = new FormData();
  body.append("photo", file, "photo.jpg");
  return api.post(`/api/visits/${uuid}/photo/`, body);
}

/** What visits found and nobody has settled. */
export const findings = () => api.get(`/api/findings/${query({ state: "open" })}`);
export const settle = (id, outcome) => api.post(`/api/findings/${id}/settle/`, outcome);

export const changes = (state) => api.get(`/api/changes/${query({ state })}`);
export const saveChange = (uuid, content) => api.put(`/api/changes/${uuid}/`, content);
export const decide = (uuid, verb, body) => api.post(`/api/changes/${uuid}/${verb}/`, body);

function query(values) {
  const given = Object.entries(values).filter(([, value]) => value);
  return given.length ? `?${new URLSearchParams(given)}` : "";
}
