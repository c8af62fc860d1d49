/** Two marks that page and service worker share, readable before any page is drawn: this phone has changed hands. */

// The same names stand in hongji/worker.js.
const CACHE = "flags";
/** Somebody signed out without a signal: the server has not been told yet. */
export const LEAVING = "/-/leaving";
/** A sign-in was sent from this phone: until the server has said whose it is, nothing kept may be shown. */
export const HANDED = "/-/handed";

const here = () => "caches" in globalThis;

/** A browser that keeps nothing, as in a private window, has no mark either. */
export async function marked(name) {
  try {
    return here() && Boolean(await (await caches.open(CACHE)).match(name));
  } catch {
    return false;
  }
}

export async function mark(name) {
  if (here()) await (await caches.open(CACHE)).put(name, new Response("yes"));
}

export async function unmark(name) {
  if (here()) await (await caches.open(CACHE)).delete(name);
}
