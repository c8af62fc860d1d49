/** Pages beyond the list: their modules come behind it, so that its first drawing waits for none of them. */

import { el } from "./dom.js";
import { draw, loading } from "./frame.js";

const rest = new Set();

/**
 * The view `name` of the module that `load` brings; until it has come, the page says that it is being opened. What is
 * `rare` comes only when it is tapped: the service worker keeps it all the same.
 */
export function later(load, name, { rare = false } = {}) {
  let module = null;
  const come = async () => (module = module || (await load().catch(() => null)));
  if (!rare) rest.add(come);
  return async (page) => {
    if (!module) {
      draw(page, { title: "走访", main: loading() });
      await come();
      if (!page.current()) return;
    }
    if (module) module[name](page);
    else draw(page, { title: "走访", main: lost() });
  };
}

/** One after the other, for the first of them may be wanted soon. */
export async function fetchRest() {
  for (const come of rest) await come();
}

/** Some browsers never ask again for a module that did not come: the page begins anew, and keeps its address. */
function lost() {
  const again = el("button", { class: "btn btn-main", type: "button", onclick: () => location.reload() }, "再试一次");
  return el("div", { class: "empty", role: "alert" }, el("b", {}, "没有加载完，信号可能断了"), el("p", {}, again));
}
