/** 家里人的就业, in a visit's form: one line that opens, then a tap on what is so. Fetched only for whoever keeps the
 * labour register. */

import { add, el, fold, picks } from "../dom.js";
import { ANOTHER, WORKS } from "../words.js";

/** Put it where the form has left room; once. `people`: the card's, as {person, name, says, works}. One line however
 * many they are, for most visits find nothing new. */
export function offer({ places, retitle }, people) {
  if (places.work.firstChild) return;
  const unknown = people.filter(({ says }) => !says).length;
  const each = people.map(({ person, name, says, works }) => {
    const options = [...WORKS, ...(works ? [ANOTHER] : [])].map(([status, wish, words]) => [`${status}:${wish}`, words]);
    const title = `${name}现在的就业`;
    return el(
      "div",
      { class: "field" },
      el("span", { class: "field-label" }, `${name}：${says || "还没登记"}`),
      picks("radio", `work-${person}`, [...options, ["", "没有变"]], { title, chosen: null, narrow: true, onchange: retitle }),
    );
  });
  add(places.work, fold(`家里人的就业${unknown ? `（${unknown} 人没登记）` : ""}`, each));
  places.work.dataset.field = "labour";
}
