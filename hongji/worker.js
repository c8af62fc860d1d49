/**
 * The service worker: keeps the shell of the phone's pages for places without a signal, and never an answer of /api/;
 * opens the page of a sitting that its own page has kept, sealed, at a desk whose network is gone (js/desk/kept.js).
 *
 * `SHELL` stands before these lines (hongji/phone.py): {version, page, files, styles, sittings, policy}. A new release is a new version,
 * which waits until the page says that it may take over.
 */

const CACHE = `shell-${SHELL.version}`;
const FILES = new Set(SHELL.files);
// Known before any page is drawn, and by page and worker alike; js/phone/hands.js has the same names.
const FLAGS = "flags";
const LEAVING = "/-/leaving";
const HANDED = "/-/handed";
const SITTING = new RegExp(SHELL.sittings);
const SITTING_FILES = "sitting-files";
// The channel of js/phone/vault.js: every open tab hears it.
const news = new BroadcastChannel("hongji");

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(begin()));
self.addEventListener("message", (event) => event.data === "take over" && self.skipWaiting());
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin || pathname.startsWith("/api/")) return;
  if (request.mode === "navigate") event.respondWith(navigated(request, pathname));
  else if (request.method === "GET" && FILES.has(pathname)) event.respondWith(kept(request, pathname));
  else if (["script", "style", "image"].includes(request.destination)) event.respondWith(drawn(request));
});

/** All or nothing; asked with "no-cache", so that what the page has just loaded is not sent again. */
async function keep() {
  const cache = await caches.open(CACHE);
  await cache.addAll(SHELL.files.map((file) => new Request(file, { cache: "no-cache" })));
}

async function begin() {
  for (const name of await caches.keys())
    if (name.startsWith("shell-") && name !== CACHE) await caches.delete(name);
  await self.clients.claim();
}

async function kept(request, path) {
  const cache = await caches.open(CACHE);
  return (await cache.match(path, { ignoreVary: true })) || fetch(request);
}

async function navigated(request, path) {
  // Who left without a signal is still signed in at the server: until it has been told, no page but ours may open.
  if (await flagged(LEAVING)) return forgetSittings().then(() => kept(SHELL.page, SHELL.page));
  if (request.method === "POST" && path === "/logout/") return signOut(request);
  if (request.method === "POST" && path.startsWith("/login/")) return signIn(request);
  if (request.method === "GET" && path === SHELL.page) return kept(request, path);
  try {
    return await fetch(request);
  } catch {
    return (request.method === "GET" && (await sitting(path).catch(() => null))) || away();
  }
}

/** Sheets and scripts come from the server as long as it is there. */
async function drawn(request) {
  try {
    return await fetch(request);
  } catch (fault) {
    const found = await (await caches.open(SITTING_FILES)).match(request, { ignoreVary: true });
    if (!found) throw fault;
    return found;
  }
}

/** Signing out on any page of the site takes what can be read off the phone first, and out of every open tab. */
async function signOut(request) {
  // The mark stands until the server knows: a tab that opens anew meanwhile must not find itself signed in.
  await flag(LEAVING);
  await Promise.all([forget("hongji", ["keys", "kept", "drafts"]), forgetSittings()]);
  news.postMessage("left");
  const answer = await fetch(request).catch(() => null);
  if (!answer || !(answer.ok || answer.type === "opaqueredirect")) return Response.redirect(SHELL.page, 303);
  await unflag(LEAVING);
  return answer;
}

/** Until the server has said whose the phone is now, nothing kept is shown; open tabs ask at once. */
async function signIn(request) {
  const before = await flagged(HANDED);
  await flag(HANDED);
  await forgetSittings();
  const answer = await fetch(request).catch(() => null);
  const came = answer && answer.type === "opaqueredirect";
  if (came) news.postMessage("handed");
  // No answer, or the form again: nobody has come in, and who was here before may go on.
  else if (!before) await unflag(HANDED);
  return answer || away();
}

const flagged = async (name) => Boolean(await (await caches.open(FLAGS)).match(name));
const flag = async (name) => (await caches.open(FLAGS)).put(name, new Response("yes"));
const unflag = async (name) => (await caches.open(FLAGS)).delete(name);

/** The key goes, and with it all that it opens. What is unsent stays, sealed (js/phone/vault.js, js/desk/kept.js). */
function forget(database, names) {
  return within(database, names, "readwrite", (work) => names.forEach((name) => work.objectStore(name).clear()));
}

async function forgetSittings() {
  await forget("hongji-sitting", ["opener", "pages"]);
  await caches.delete(SITTING_FILES);
}

/** `use(work)` in one transaction, and what it returned once that is over; undefined where there is no such thing. */
function within(database, names, mode, use) {
  return new Promise((done) => {
    const asked = indexedDB.open(database);
    asked.onupgradeneeded = () => asked.transaction.abort(); // there is nothing yet, and nothing is made here
    asked.onerror = () => done();
    asked.onsuccess = () => {
      const opened = asked.result;
      const end = (found) => done(found, opened.close());
      try {
        const work = opened.transaction(names, mode);
        const found = use(work);
        work.oncomplete = () => end(found);
        work.onerror = work.onabort = () => end();
      } catch {
        end();
      }
    };
  });
}

/** The page of a sitting as it was kept, while whoever kept it is signed in here; null for any other. */
async function sitting(path) {
  const number = SITTING.exec(path)?.[1];
  if (!number) return null;
  const asked = await within("hongji-sitting", ["opener", "pages"], "readonly", (work) => [
    work.objectStore("opener").get("opener"),
    work.objectStore("pages").get(Number(number)),
  ]);
  const [opener, page] = (asked || []).map(({ result }) => result);
  if (opener && opener.until <= Date.now()) await forgetSittings();
  if (!opener || !page || opener.user !== page.user || opener.until <= Date.now()) return null;
  const { kid, iv, data } = page;
  const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, opener.keys.get(kid), data);
  const headers = { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": SHELL.policy };
  return new Response(plain, { headers: { ...headers, "Cache-Control": "no-store" } });
}

function away() {
  const sheets = SHELL.styles.map((sheet) => `<link rel="stylesheet" href="${sheet}">`).join("");
  const page = `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>没有信号 · 洪集镇网格治理</title>${sheets}</head>
<body class="phone"><main class="empty"><h1>没有信号</h1><p>这一页要有信号才能打开。走访照常能记。</p>
<p class="acts"><a class="btn btn-main" href="${SHELL.page}">去走访</a></p></main></body></html>`;
  return new Response(page, { headers: { "Content-Type": "text/html; charset=utf-8" } });
}
