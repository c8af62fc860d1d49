/**
 * 和谁闹的: a household of the register that is tapped, one of the neighbours or found by name, or a name that is typed.
 * Without a signal it looks among the households that this phone has.
 */

import { el, field, fill } from "./dom.js";
import * as store from "./store.js";

const MOST = 6;

/** The part of a form; its fields are `other`, the typed name, and `other_household`, the one tapped (`other_name`). */
export function opponent(label, home) {
  const key = el("input", { type: "hidden", name: "other_household" });
  const name = el("input", { type: "hidden", name: "other_name" });
  const typed = field(label, "other", { maxlength: 40 }, "在花名册里的，打名字再点出来；不在的就写姓名。");
  const offered = el("div", { class: "homes", role: "group", "aria-label": "花名册里的户" });
  const told = el("p", { class: "how-hint", role: "status" });
  const chosen = el("div", { class: "home-chosen" });
  const box = typed.querySelector("input");
  const find = el("button", { class: "btn", type: "button" }, "找");
  const line = el("div", { class: "find-line" });
  box.replaceWith(line);
  line.append(box, find);
  const part = { node: el("div", { "data-opponent": true }, key, name, typed, chosen, told, offered), home };
  Object.assign(part, { key, name, box, typed, offered, told, chosen });
  find.addEventListener("click", () => search(part));
  box.addEventListener("input", () => narrow(part));
  offerNeighbours(part);
  return part;
}

/** What is in its fields, drawn: after a draft or a record was filled in. */
export function draw(part) {
  const { key, name, typed, offered, told, chosen } = part;
  const picked = Boolean(key.value);
  for (const each of [typed, offered, told]) each.hidden = picked;
  chosen.hidden = !picked;
  if (!picked) return;
  const other = el("button", { class: "btn", type: "button", onclick: () => pick(part, null) }, "换一个");
  fill(chosen, el("b", {}, `${name.value} 家`), el("span", { class: "quiet" }, "花名册里的"), other);
}

function pick(part, found) {
  part.key.value = found ? found.id : "";
  part.name.value = found ? found.name : "";
  draw(part);
  part.key.form.dispatchEvent(new Event("input"));
  (found ? part.chosen.querySelector("button") : part.box).focus();
}

/** The server does not know the household that was tapped: its name stands where it can be written. */
export function untap(part) {
  if (!part.key.value) return;
  part.box.value = part.name.value;
  part.key.value = part.name.value = "";
  draw(part);
}

function offer(part, found, words) {
  const own = found.filter(({ id }) => String(id) !== String(part.home && part.home.id)).slice(0, MOST);
  fill(part.told, own.length ? words : "");
  fill(
    part.offered,
    own.map((each) =>
      el("button", { class: "home", type: "button", onclick: () => pick(part, each) }, each.name, el("small", {}, where(each))),
    ),
  );
  return own.length;
}

const where = ({ person, group, number }) =>
  [person && `找的是${person}`, group && group.name, number && `${number} 号`].filter(Boolean).join(" ");

async function offerNeighbours(part) {
  const group = part.home && part.home.group;
  if (!group) return;
  const found = await store.neighbours(group.id);
  if (part.box.value || part.key.value) return;
  const at = figure(part.home.number);
  found.sort((one, other) => Math.abs(figure(one.number) - at) - Math.abs(figure(other.number) - at));
  offer(part, found, "邻居，点一下就选上：");
}

const figure = (number) => Number(String(number || "").replace(/\D/g, "")) || 0;

/** While one types: of the households that are here already. */
async function narrow(part) {
  const text = part.box.value.trim();
  if (!text) return offerNeighbours(part);
  const found = (await store.homes()).filter((home) => fits(home, text));
  if (part.box.value.trim() === text) offer(part, found, "花名册里有，是他家就点一下：");
}

const fits = ({ name, number, people }, text) =>
  name.startsWith(text) || number === text || people.some((each) => each.startsWith(text));

/** 找: the server's register, or without a signal what is here. */
async function search(part) {
  const text = part.box.value.trim();
  if (!text) return part.box.focus();
  fill(part.told, "正在找……");
  const answer = await store.findHomes(text);
  if (part.box.value.trim() !== text) return;
  const found = answer || (await store.homes()).filter((home) => fits(home, text));
  if (offer(part, found, "是他家就点一下：")) return;
  fill(part.told, answer ? "花名册里没有找到，就记写的这个名字。" : "没有信号，手机里没有这一户，就记写的这个名字。");
}
