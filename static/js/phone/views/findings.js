/** 五必知 and needs: six toggles, each opening what to ask next; nothing is preset but how soon. */

import { add, el, field, icon, pick, picks } from "../dom.js";
import { KNOWS, URGENCIES } from "../words.js";

const USUAL = "days";
const BUTTONS = { need: "有诉求" };

/** The block with its toggles; `onchange` is called when the number of findings changes. */
export function findings(onchange) {
  const follows = new Map();
  const place = el("div", {});
  const toggle = (event) => {
    const { value, checked } = event.target;
    if (checked && !follows.has(value)) follows.set(value, follow(KNOWS.find(([code]) => code === value)));
    arrange(place, follows);
    if (checked) follows.get(value).scrollIntoView({ block: "nearest" });
    onchange();
  };
  const pills = KNOWS.map(([code, title]) =>
    pick("checkbox", "finding", code, BUTTONS[code] || title, { onchange: toggle }),
  );
  return el(
    "section",
    { class: "block", "data-field": "findings" },
    el("h2", { class: "block-title" }, "五必知 ", el("span", {}, "有新情况才点")),
    el("div", { class: "picks", role: "group", "aria-label": "五必知和诉求" }, pills),
    place,
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

function follow([code, title, details]) {
  const asked = code === "need" ? "哪方面的诉求" : `什么${title}情况`;
  const heading = { conflict: "什么矛盾", environment: "什么环境问题", talent: "什么人才" }[code] || asked;
  return el(
    "div",
    { class: "follow" },
    el("h3", { class: "follow-title" }, heading),
    picks(
      "radio",
      `detail-${code}`,
      details.map((word) => [word, word]),
      { title: heading },
    ),
    el("h3", { class: "follow-title" }, "急不急"),
    picks("radio", `urgency-${code}`, URGENCIES, { title: "急不急", chosen: USUAL }),
    field("说一句（可以不填）", `words-${code}`, { maxlength: 300, placeholder: "可以用语音输入" }),
    el(
      "p",
      { class: "becomes" },
      icon("go"),
      el("span", {}, `保存后记成一件“${title}”，交给村里办。这里写过的不用再写。`),
    ),
  );
}

/** What is ticked in a form, as the API wants it. */
export function foundIn(form) {
  const data = new FormData(form);
  return data.getAll("finding").map((kind) => ({
    kind,
    detail: data.get(`detail-${kind}`) || "",
    urgency: data.get(`urgency-${kind}`) || USUAL,
    words: (data.get(`words-${kind}`) || "").trim(),
  }));
}
