// A plan by keyboard: Enter goes to the same box of the next household, the arrows up and down, and nothing that was
// typed is lost unasked.
"use strict";

const form = document.querySelector(".plan-row")?.closest("form");
const boxes = (name) => [...form.querySelectorAll(`.${name}`)];
const column = (box) => ["plan-date", "plan-reason"].find((name) => box.classList.contains(name));

form?.addEventListener("keydown", (event) => {
  const name = column(event.target);
  const step = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!name || !step || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const all = boxes(name);
  const next = all[all.indexOf(event.target) + step];
  if (next) {
    next.focus();
    next.select();
  } else if (event.key === "Enter") {
    form.querySelector(".plan-save button").focus();
  }
});

let typed = false;
form?.addEventListener("input", () => {
  typed = true;
});
form?.addEventListener("submit", () => {
  typed = false;
});
window.addEventListener("beforeunload", (event) => {
  if (typed) event.preventDefault();
});
