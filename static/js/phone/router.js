/** Turns the address after # into a page; remembers the place in a list while a household is open. */

const routes = [];
const places = new Map();
const LISTS = ["/", "/find", "/all", "/log", "/todo", "/outbox"];
let shown = "";
let list = "/";
let turn = 0;

/** `pattern` like "/h/:id"; the view gets its values, `current()` to ask after waiting, and the old `place`. */
export function route(pattern, view) {
  const names = [];
  const source = pattern.replace(/:(\w+)/g, (_, name) => {
    names.push(name);
    return "([^/]+)";
  });
  routes.push({ regex: new RegExp(`^${source}$`), names, view });
}

export const path = () => location.hash.replace(/^#/, "").split("?")[0] || "/";
export const argument = (name) => new URLSearchParams(location.hash.split("?")[1] || "").get(name) || "";

/** The list one came from: where a form returns to. */
export const lastList = () => list;

export function go(to) {
  if (location.hash === `#${to}`) show();
  else location.hash = to;
}

/** A part of the address in plain letters; one cut in the middle of a letter stays as it is, and is not found. */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function start() {
  if ("scrollRestoration" in history) history.scrollRestoration = "manual";
  addEventListener("hashchange", show);
  show();
}

/** Draw the page of the present address. */
export function show() {
  const here = path();
  if (shown) places.set(shown, scrollY);
  const found = routes.find(({ regex }) => regex.test(here)) || routes[0];
  const values = (found.regex.exec(here) || []).slice(1).map(decoded);
  const named = Object.fromEntries(found.names.map((name, at) => [name, values[at]]));
  const mine = (turn += 1);
  const place = LISTS.includes(here) ? places.get(here) || 0 : 0;
  const first = !shown;
  shown = here;
  if (LISTS.includes(here)) list = location.hash.replace(/^#/, "") || "/";
  found.view({ ...named, current: () => mine === turn, first, place });
}
