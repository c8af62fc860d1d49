/** Builds elements out of plain values; text is always text, never markup. */

const SVG = "http://www.w3.org/2000/svg";

/** A new element. A key that starts with "on" is a listener; null, undefined and false leave the attribute out. */
export function el(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  add(node, children);
  return node;
}

/** Append children: nodes, texts, lists of them; what is empty or false is skipped. */
export function add(node, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    node.append(child instanceof Node ? child : String(child));
  }
  return node;
}

/** Put these children in place of what is there. */
export function fill(node, ...children) {
  node.replaceChildren();
  return add(node, children);
}

/** The same, but what would look as it does is left alone: a finger may be on its way to it. */
export function refill(node, ...children) {
  const made = add(node.cloneNode(), children);
  if (made.innerHTML !== node.innerHTML) node.replaceChildren(...made.childNodes);
}

/** An icon of the sprite. It stands beside a word, so it is hidden from readers. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "i");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** One choice drawn as a pill: a radio button or a check box with its word. */
export function pick(type, name, value, word, { checked = false, onchange = null } = {}) {
  const input = el("input", { type, name, value, onchange });
  input.checked = checked;
  return el("label", { class: "pick" }, input, el("span", {}, icon("check"), word));
}

/** Several pills of one name, under a title that names the group for readers. */
export function picks(type, name, options, { title, chosen = "", narrow = false, onchange = null } = {}) {
  const pills = options.map(([value, word]) =>
    pick(type, name, value, word, { checked: value === chosen, onchange }),
  );
  return el("div", { class: narrow ? "picks picks-2" : "picks", role: "group", "aria-label": title }, pills);
}

let fields = 0;

/** A labelled field; `name` is also where the server's sentence about it goes (errors.js). */
export function field(label, name, attributes = {}, hint = "") {
  const id = `field-${(fields += 1)}`;
  const tag = attributes.rows ? "textarea" : "input";
  const hinted = hint ? `${id}-hint` : null;
  return el(
    "div",
    { class: "field", "data-field": name },
    el("label", { class: "field-label", for: id }, label),
    hint && el("span", { class: "field-hint", id: hinted }, hint),
    el(tag, { class: "input", id, name, autocomplete: "off", "aria-describedby": hinted, ...attributes }),
  );
}

/** A field for a day that is not still to come; `days.js` keeps its bound, and the day it proposes, at today. */
export function pastDay(label, name, { proposed = false, hint = "" } = {}) {
  const kind = { type: "date", "data-past": true, "data-proposes": proposed };
  return field(label, name, kind, hint);
}

/** A part that opens under its title. */
export function fold(title, ...children) {
  return el(
    "details",
    { class: "block fold" },
    el("summary", {}, title, icon("down")),
    el("div", { class: "fold-in" }, children),
  );
}
