/** Speaks to /api/: one request in, one plain answer out; nothing is ever thrown at the page. */

/**
 * @typedef {"ok"|"signin"|"stranger"|"denied"|"missing"|"conflict"|"invalid"|"offline"|"broken"} Kind
 * @typedef {{kind: Kind, status: number, data: any, says: string, late?: boolean}} Answer
 * `late`: what was to be written did not get through in its time, while something smaller still may.
 * `says` is the sentence for the reader; "stranger": somebody else has signed in on this phone meanwhile.
 */

const PATIENCE = 20000; // milliseconds: on a slow net a record must not hang for ever
const SLOWEST = 10; // bytes in a millisecond: what is large gets its time on top
const KINDS = {
  401: "signin",
  403: "denied",
  404: "missing",
  409: "conflict",
  400: "invalid",
  413: "invalid",
  422: "invalid",
};
const SAYS = {
  signin: "登录过期了。",
  stranger: "这台手机上换了人登录。要用您自己的号登录，才能送这一条。",
  denied: "您的岗位不能做这件事，问村党组织书记。",
  missing: "没有找到，或者不归您看。",
  conflict: "这一条已经收到过，写的不一样。",
  invalid: "有的地方要改一下。",
  offline: "没有信号，再试一次。",
  broken: "服务器出了毛病，没有记上。过一会再试。",
};

const EPOCH = "X-Server-Epoch";

let token = "";
let person = null;
let epoch = "";
let last = "ok";
const hearers = new Set();

/** `hear(kind, before)`: what the latest answer was, when it is another kind than the one before. */
export const listen = (hear) => hearers.add(hear);
/** Whether the latest question got an answer: "ok", or "offline", "slow", "signin", "broken". */
export const lastKind = () => last;
/** The number of the server's life, as its latest answer told it. */
export const heardEpoch = () => epoch;

function note(kind) {
  const now = ["offline", "slow", "signin", "broken"].includes(kind) ? kind : "ok";
  if (now === last) return;
  const before = last;
  last = now;
  for (const hear of hearers) hear(now, before);
}

/** Who is signed in; sets the token that every write carries. `withDue`: and, in the same answer, whom to visit. */
export async function whoami(withDue = false) {
  const answer = await send("GET", withDue ? "/api/me/?with=due" : "/api/me/");
  if (answer.kind === "ok") {
    token = answer.data.csrf || "";
    if (person === null) person = answer.data.id;
    else if (person !== answer.data.id) return { ...answer, kind: "stranger", says: SAYS.stranger };
  }
  return answer;
}

/** For the form that also works without scripts: leaving. */
export const currentToken = () => token;

/** Tell the server that this person has left; true when it knows. */
export async function signOut() {
  const me = await whoami();
  if (me.kind === "signin") return true;
  if (me.kind !== "ok") return false;
  try {
    const response = await fetch("/logout/", dressed("POST"));
    return response.type === "opaqueredirect" || response.ok;
  } catch {
    return false;
  }
}

export const get = (path) => send("GET", path);
export const post = (path, body = {}) => write("POST", path, body);
export const put = (path, body) => write("PUT", path, body);

/** A write. The token may have changed with a new sign-in: a refusal is asked once more with a fresh one. */
async function write(method, path, body) {
  const answer = await send(method, path, body);
  if (answer.kind !== "denied" && answer.kind !== "signin") return answer;
  const me = await whoami();
  if (me.kind !== "ok") return me;
  return send(method, path, body);
}

async function send(method, path, body) {
  const answer = await ask(method, path, body);
  note(answer.late ? "slow" : answer.kind);
  return answer;
}

async function ask(method, path, body) {
  const patience = new AbortController();
  const request = dressed(method, body);
  const timer = setTimeout(() => patience.abort(), PATIENCE + sizeOf(request.body) / SLOWEST);
  try {
    const response = await fetch(path, { ...request, signal: patience.signal });
    return await understood(response);
  } catch {
    const late = method !== "GET" && patience.signal.aborted;
    return { kind: "offline", status: 0, data: null, says: SAYS.offline, late };
  } finally {
    clearTimeout(timer);
  }
}

/** Bytes of a body, about: letters of JSON, or the files of a form. */
function sizeOf(body) {
  if (body instanceof FormData) return [...body.values()].reduce((sum, each) => sum + (each.size || 0), 0);
  return body ? body.length : 0;
}

function dressed(method, body) {
  const headers = { Accept: "application/json" };
  // A redirect is the sign-in page: it must not look like an answer.
  const request = { method, headers, credentials: "same-origin", redirect: "manual", cache: "no-store" };
  if (method !== "GET") headers["X-CSRFToken"] = token;
  if (body instanceof FormData) request.body = body;
  else if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    request.body = JSON.stringify(body);
  }
  return request;
}

async function understood(response) {
  const status = response.status;
  epoch = response.headers.get(EPOCH) || epoch;
  if (response.type === "opaqueredirect")
    return { kind: "signin", status: 401, data: null, says: SAYS.signin };
  const text = await response.text();
  let data = null;
  try {
    data = text ? JSON.parse(text) : null;
  } catch {
    // An address that nothing is at, like a household "abc", is answered with a page.
    if (status === 404) return { kind: "missing", status, data: null, says: SAYS.missing };
    // A page instead of JSON: somebody between us and the server answered.
    return { kind: "broken", status, data: null, says: SAYS.broken };
  }
  if (response.ok) return { kind: "ok", status, data, says: "" };
  const kind = KINDS[status] || "broken";
  const own = data && typeof data.detail === "string" && kind !== "signin" ? data.detail : "";
  return { kind, status, data, says: own || SAYS[kind] };
}
