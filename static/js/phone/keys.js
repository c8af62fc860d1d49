/** Keys for those who use these pages at a desk: / finds, ↑ ↓ walk the rows, Esc goes back. */

import { go } from "./router.js";

const typing = (target) => target.matches("input:not([type=radio]):not([type=checkbox]), textarea, select");

export function listen() {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") leave(event);
    else if (typing(event.target)) return;
    else if (event.key === "/") {
      event.preventDefault();
      go("/find");
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") walk(event);
  });
}

function leave(event) {
  const way = document.querySelector(".top-back .square");
  if (way && !typing(event.target)) way.click();
}

function walk(event) {
  if (event.target.matches("input")) return; // the arrows of a radio group are its own
  const rows = [...document.querySelectorAll("a.row")];
  if (!rows.length) return;
  const at = rows.indexOf(document.activeElement);
  const next = rows[event.key === "ArrowDown" ? at + 1 : at - 1] || (at < 0 && rows[0]);
  if (!next) return;
  event.preventDefault();
  next.focus();
}
