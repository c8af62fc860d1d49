/** Says for ten seconds what was kept, and offers the way back. Never used for errors. */

import { el, fill, icon } from "./dom.js";

const STAYS = 10000;
const place = document.getElementById("toast");
let timer = 0;

/** `lines` are what is now so; `undo` is called by 撤销 and may be left out. */
export function toast(lines, undo = null) {
  clearTimeout(timer);
  const words = el("span", {});
  [lines].flat().forEach((line, at) => {
    if (at) words.append(el("br"));
    words.append(line);
  });
  const button = undo && el("button", { class: "btn", type: "button" }, "撤销");
  if (button)
    button.addEventListener("click", () => {
      hush();
      undo();
    });
  fill(place, el("div", { class: "toast" }, icon("check"), words, button));
  wait();
}

/** Whether something is being said now. */
export const standing = () => Boolean(place.firstChild);

export function hush() {
  clearTimeout(timer);
  place.replaceChildren();
}

// Whoever is about to press 撤销, or is being read to, is not hurried.
function wait() {
  clearTimeout(timer);
  timer = setTimeout(() => (place.matches(":focus-within") ? wait() : hush()), STAYS);
}
