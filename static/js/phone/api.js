/** Speaks to /api/: one request in, one plain answer out; nothing is ever thrown at the page. */

/**
 * @typedef {"ok"|"signin"|"stranger"|"denied"|"missing"|"conflict"|"invalid"|"offline"|"broken"} Kind
 * @typedef {{kind: Kind, status: number, data: any, says: string}} Answer
 * `says` is the sentence for the reader; "stranger": somebody else has signed in on this phone meanwhile.
 */

const PATIENCE = 20000; // milliseconds: on a slow net a record must not hang for ever
const KINDS = {
  401: "signin",
  403: "denied",
  404: "missing",
  409: "conflict",
  400: "invalid",
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

let token = "";
let person = null;

/** Who is signed in; sets the token that every write carries. */
export async function whoami() {
  const answer = await send("GET", "/api/me/");
  if (answer.kind === "ok") {
    token = answer.data.csrf || "";
    if (person === null) person = answer.data.id;
    else if (person !== answer.data.id) return { ...answer, kind: "stranger", says: SAYS.stranger };
  }
  return answer;
}

/** For the one form that does not go through here: leaving. */
export const currentToken = () => token;

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
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE);
  try {
    const response = await fetch(path, { ...dressed(method, body), signal: patience.signal });
    return await understood(response);
  } catch {
    return { kind: "offline", status: 0, data: null, says: SAYS.offline };
  } finally {
    clearTimeout(timer);
  }
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
  if (response.type === "opaqueredirect")
    return { kind: "signin", status: 401, data: null, says: SAYS.signin };
  const text = await response.text();
  let data = null;
  try {
    data = text ? JSON.parse(text) : null;
  } catch {
    // A page instead of JSON: somebody between us and the server answered.
    return { kind: "broken", status, data: null, says: SAYS.broken };
  }
  if (response.ok) return { kind: "ok", status, data, says: "" };
  const kind = KINDS[status] || "broken";
  const own = data && typeof data.detail === "string" && kind !== "signin" ? data.detail : "";
  return { kind, status, data, says: own || SAYS[kind] };
}
