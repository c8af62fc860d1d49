/** 五必知 and needs: six toggles, each opening what to ask next; nothing is preset but how soon. */

import { add, el, field, fill, icon, pick, picks } from "../dom.js";
import { may } from "../store.js";
import { KNOWS, PROPOSES, URGENCIES } from "../words.js";

const MATTERS = ["need", "environment"]; // somebody has to do something about them
const USUAL = "days";
const BUTTONS = { need: "有诉求" };
const PROPOSER = "weak"; // the kind whose words propose a category of one person

/**
 * The block with its toggles; `onchange` is called when the number of findings changes. `whose(people)` offers the
 * people of the household, once the card has said who they are.
 */
export function findings(onchange) {
  const follows = new Map();
  const whose = el("div", { class: "follow-part" });
  const place = el("div", {});
  const toggle = (event) => {
    const { value, checked } = event.target;
    if (checked && !follows.has(value))
      follows.set(
        value,
        follow(
          KNOWS.find(([code]) => code === value),
          whose,
        ),
      );
    arrange(place, follows);
    if (checked) follows.get(value).scrollIntoView({ block: "nearest" });
    onchange();
  };
  const pills = KNOWS.map(([code, title]) =>
    pick("checkbox", "finding", code, BUTTONS[code] || title, { onchange: toggle }),
  );
  const block = el(
    "section",
    { class: "block", "data-field": "findings" },
    el("h2", { class: "block-title" }, "五必知 ", el("span", {}, "有新情况才点")),
    el("div", { class: "picks", role: "group", "aria-label": "五必知和诉求" }, pills),
    place,
  );
  return { block, whose: (people) => drawPeople(whose, people) };
}

/** Of whom it is, where more than one lives here. */
function drawPeople(place, people) {
  if (place.firstChild || !may("register.propose") || !people || people.length < 2) return;
  const options = people.map((person) => [String(person.id), `${person.name}（${person.relation}）`]);
  fill(
    place,
    el("h3", { class: "follow-title" }, "是谁"),
    picks("radio", `person-${PROPOSER}`, options, { title: "是谁的情况", narrow: true }),
  );
}

/** Only ticked kinds are shown, in the plan's order; what was typed under an unticked one is not lost. */
function arrange(place, follows) {
  const ticked = [...place.parentElement.querySelectorAll("input[name=finding]:checked")].map(
    (input) => input.value,
  );
  for (const [code, box] of follows) if (!ticked.includes(code)) box.remove();
  for (const code of ticked) if (!place.contains(follows.get(code))) place.append(follows.get(code));
  if (ticked.some((code, at) => place.children[at] !== follows.get(code)))
    add(
      place,
      ticked.map((code) => follows.get(code)),
    );
}

function follow([code, title, details], whose) {
  const asked = code === "need" ? "哪方面的诉求" : `什么${title}情况`;
  const heading = { conflict: "什么矛盾", environment: "什么环境问题", talent: "什么人才" }[code] || asked;
  const where = MATTERS.includes(code) ? "一件诉求，先在您和网格长的待办里" : `一件“${title}”，交给村里办`;
  const usual = `保存后记成${where}。这里写过的不用再写。`;
  const becomes = el("span", {}, usual);
  const onchange = ({ currentTarget }) => (becomes.textContent = proposing(code, currentTarget) || usual);
  return el(
    "div",
    { class: "follow", onchange },
    el("h3", { class: "follow-title" }, heading),
    picks(
      "radio",
      `detail-${code}`,
      details.map((word) => [word, word]),
      { title: heading },
    ),
    code === PROPOSER && whose,
    el("h3", { class: "follow-title" }, "急不急"),
    picks("radio", `urgency-${code}`, URGENCIES, { title: "急不急", chosen: USUAL }),
    field("说一句（可以不填）", `words-${code}`, { maxlength: 300, placeholder: "可以用语音输入" }),
    el("p", { class: "becomes" }, icon("go"), becomes),
  );
}

/** What a word of 弱势群体 leads to, said before saving; empty where nothing is proposed. */
function proposing(code, follow) {
  const chosen = (name) => (follow.querySelector(`[name=${name}-${code}]:checked`) || {}).value;
  const word = chosen("detail");
  if (code !== PROPOSER || !may("register.propose") || !PROPOSES.has(word)) return "";
  const several = follow.querySelector(`[name=person-${code}]`);
  const named = chosen("person");
  if (PROPOSES.get(word) && !named)
    return several ? "点上是谁，才报给村里认定对象；不点，只记成一件事。" : "";
  const of = several && !named ? "没点是谁，算户主的，" : "";
  return `保存后报给村里认定对象，${of}村里同意才算。`;
}

/** What a need or a mess lacks: nobody could do anything about one of which nothing is said. "" if nothing. */
export function lacking(found) {
  const empty = found.find(({ kind, detail, words }) => MATTERS.includes(kind) && !detail && !words);
  const title = empty && (KNOWS.find(([code]) => code === empty.kind) || [])[1];
  return empty ? `“${title}”点一样是什么事，或者说一句，再保存。` : "";
}

/** What is ticked in a form, as the API wants it. */
export function foundIn(form) {
  const data = new FormData(form);
  return data.getAll("finding").map((kind) => ({
    kind,
    detail: data.get(`detail-${kind}`) || "",
    urgency: data.get(`urgency-${kind}`) || USUAL,
    words: (data.get(`words-${kind}`) || "").trim(),
    ...(data.get(`person-${kind}`) ? { person: Number(data.get(`person-${kind}`)) } : {}),
  }));
}
