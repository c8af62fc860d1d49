/** 做了好事, in a visit's form: a tap for each deed that was seen. Fetched only where the village thanks for some. */

import { add, el, field, fold, pick } from "../dom.js";
import * as format from "../format.js";

/** Put it where the form has left room; once. `deeds`: of the household's card, [key, title, points, unit, most, proof]. */
export function offer({ places, retitle }, deeds) {
  if (places.deeds.firstChild) return;
  const place = el("div", {});
  const offered = deeds.filter((deed) => !deed[5]); // what demands proof has a form of its own
  if (!offered.length) return;
  const pills = offered.map((deed) => {
    const follow = asked(deed);
    const onchange = ({ target }) => {
      if (target.checked) place.append(follow);
      else follow.remove();
      retitle();
    };
    return pick("checkbox", "deed", deed[0], format.deed(deed), { onchange });
  });
  add(places.deeds, [
    fold(
      "做了好事（报积分）",
      el("div", { class: "picks picks-2", role: "group", "aria-label": "做了什么好事" }, pills),
      el("p", { class: "fold-line quiet" }, "看到了才点。和走访一起报上去，等组长、网格长初审。"),
      place,
    ),
  ]);
  places.deeds.dataset.field = "deeds";
}

/** What is asked of a ticked one: how many, where it is counted in hours or people, and a few words if one likes. */
function asked([key, title, , unit, most]) {
  const within = ({ target }) => target.value > most && (target.value = most);
  const many = { type: "number", inputmode: "numeric", min: 1, max: most, value: 1, oninput: within };
  return el(
    "div",
    { class: "follow" },
    el("h3", { class: "follow-title" }, title),
    most > 1 && field(`几${unit}（最多 ${most}）`, `many-${key}`, many),
    field("说一句（可以不填）", `deed-${key}`, { maxlength: 300, placeholder: "可以用语音输入" }),
  );
}
