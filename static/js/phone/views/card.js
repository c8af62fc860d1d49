/** What lies behind a household's row: categories, people, what is owed, what is open, and the visits so far. */

import { el, fill, fold as folded } from "../dom.js";
import * as format from "../format.js";
import { note } from "../frame.js";
import { today } from "../moment.js";
import { show } from "../router.js";
import * as store from "../store.js";
import { toast } from "../toast.js";
import { KNOWS, word } from "../words.js";

/** One fold, closed: nothing in it may embarrass the household that looks over the shoulder. */
export function fold(card) {
  const parts = [
    ["对象类别", categories(card)],
    ["家里人", people(card)],
    ["要走的", owed(card)],
    ["没办完的事", open(card)],
    ["走访记录", visits(card)],
  ].filter(([, drawn]) => drawn);
  const named = parts
    .map(([title]) => title)
    .filter((title) => ["对象类别", "家里人", "走访记录"].includes(title));
  return folded(
    named.join("、") || "这一户",
    card.address && el("p", { class: "fold-line quiet" }, card.address),
    parts.map(([title, drawn]) =>
      el("section", { class: "fold-part" }, el("h3", { class: "follow-title" }, title), drawn),
    ),
  );
}

const list = (lines) => (lines && lines.length ? el("ul", { class: "lines" }, lines) : null);

function categories(card) {
  return list((card.categories || []).map((each) => el("li", {}, each.name, who(each), since(each.since))));
}

const who = (each) => each.person && `（${each.person.name || each.person}）`;
const since = (iso) => iso && el("span", { class: "quiet" }, ` ${format.day(iso, today())}起`);

function people(card) {
  return list(
    (card.people || []).map((person) =>
      el(
        "li",
        {},
        person.name,
        el(
          "span",
          { class: "quiet" },
          " ",
          [person.relation, person.sex, born(person), work(card, person)].filter(Boolean).join(" · "),
        ),
      ),
    ),
  );
}

/** 在家待业，想找活: where the reader may see it and something is noted. */
const work = (card, person) => ((card.labour || []).find((each) => each.person === person.id) || {}).says;
const born = (person) => person.birth_year && `${person.birth_year} 年生`;

function owed(card) {
  return list(
    (card.owed || []).map((each) =>
      el(
        "li",
        {},
        [each.who === "secretary" && each.who_title, each.period_title].filter(Boolean).join(" "),
        el("span", { class: "quiet" }, ` ${state(each)}`),
      ),
    ),
  );
}

const state = (each) =>
  ({
    done: "走到了",
    overdue: `没走到，${format.day(each.due_on)} 到期`,
    due: `到 ${format.day(each.due_on)}`,
  })[each.state] ||
  each.state_title ||
  "";

function open(card) {
  return list(
    (card.open_findings || []).map((each) =>
      el(
        "li",
        {},
        [each.kind_title || word(KNOWS, each.kind), each.detail].filter(Boolean).join("："),
        each.words && `，${each.words}`,
        each.day && el("span", { class: "quiet" }, ` ${format.day(each.day, today())}`),
      ),
    ),
  );
}

function visits(card) {
  return list((card.visits || []).map((visit) => past(visit)));
}

function past(visit) {
  const line = el(
    "li",
    {},
    `${format.day(visit.day, today())}：${visit.summary}`,
    el("span", { class: "quiet" }, ` ${visit.visitor || ""}`),
    visit.late && el("span", { class: "quiet" }, " 补录"),
  );
  if (visit.can_undo) {
    const button = el("button", { class: "btn btn-bad small", type: "button" }, "撤销这次");
    button.addEventListener("click", () => undo(visit, line, button));
    line.append(el("div", { class: "acts" }, button));
  }
  return line;
}

async function undo(visit, line, button) {
  button.disabled = true;
  const answer = await store.undoVisit(visit.uuid);
  if (answer.kind === "ok") {
    toast(`${format.day(visit.day)} 的走访撤销了。${answer.data.late || ""}`);
    show();
  } else {
    button.disabled = false;
    fill(line.querySelector(".acts"), button, note("no", el("p", {}, `没撤销成：${answer.says}`)));
  }
}
