// The desk's few manners: the menu opens where one is, "/" goes to the search, a form is sent once, a table's twists
// open the rows below them, and a choice names what the button does.
"use strict";

// The menu is longer than the window is high: it opens where one is.
const side = document.querySelector(".d-side");
const here = side?.querySelector("[aria-current]");
if (here) side.scrollTop = here.offsetTop - side.offsetTop - side.clientHeight / 2;

document.addEventListener("keydown", (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || event.target.isContentEditable;
  const find = document.getElementById("find");
  if (event.key === "/" && !typing && find && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    find.focus();
    find.select();
  }
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.hasAttribute("data-again")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
});

// Back from the next page, the browser may show this one as it was left: it can be sent again then.
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});

document.addEventListener("click", (event) => {
  const twist = event.target.closest(".twist[aria-controls]");
  if (!twist) return;
  const open = twist.getAttribute("aria-expanded") !== "true";
  twist.setAttribute("aria-expanded", String(open));
  twist.querySelector("use")?.setAttribute("href", open ? "#i-down" : "#i-right");
  twist.getAttribute("aria-controls").split(" ").forEach((id) => {
    document.getElementById(id).hidden = !open;
  });
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

// A select or radio of a form marked data-goes shows its page at once; without script the form's own button does.
document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form && form.hasAttribute("data-goes")) form.requestSubmit();
});

// The main button says what the chosen way does.
function nameChoice(input) {
  const button = document.querySelector(`[data-choice="${input.name}"]`);
  if (button && input.dataset.says) button.textContent = input.dataset.says;
}
document.querySelectorAll("input[data-says]:checked").forEach(nameChoice);
document.addEventListener("change", (event) => {
  if (event.target.dataset.says) nameChoice(event.target);
});

// A file's name beside our own button: the browser's own says "Choose File" where the browser speaks English.
document.documentElement.classList.add("js");
document.addEventListener("change", (event) => {
  const name = event.target.closest(".file")?.querySelector(".file-name");
  if (name) name.textContent = event.target.files[0]?.name ?? "还没有选";
});

// A file that is too large is said so before it travels.
document.addEventListener("change", (event) => {
  const input = event.target;
  if (!input.dataset.most || !input.files.length) return;
  const error = document.getElementById(input.id + "-bad");
  const large = input.files[0].size > Number(input.dataset.most);
  error.hidden = !large;
  error.querySelector("span").textContent = large ? input.dataset.large : "";
  input.closest(".field").classList.toggle("field-bad", large);
  input.setCustomValidity(large ? input.dataset.large : "");
});

// One tick for all rows of a group, or of the form where it names none; how many are ticked is said, in their unit.
const rowsOf = (form, all) => form.querySelectorAll(all ? `[data-of="${all}"]` : "[data-of]");
function sayTicked(form) {
  for (const all of form.querySelectorAll("[data-all]")) {
    const own = [...rowsOf(form, all.dataset.all)];
    const ticked = own.filter((row) => row.checked).length;
    all.checked = ticked === own.length;
    all.indeterminate = ticked > 0 && ticked < own.length;
  }
  const ticked = form.querySelectorAll("[data-of]:checked").length;
  const said = form.querySelector("[data-ticked]");
  said.textContent = ticked ? `选了 ${ticked} ${said.dataset.ticked}。` : "";
}
document.querySelectorAll("[data-alls]").forEach((part) => {
  part.hidden = false;
  part.closest("form").addEventListener("change", ({ target, currentTarget }) => {
    const { all } = target.dataset;
    if (all !== undefined) rowsOf(currentTarget, all).forEach((row) => (row.checked = target.checked));
    sayTicked(currentTarget);
  });
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("[data-alls]").forEach((part) => sayTicked(part.closest("form")));
});
