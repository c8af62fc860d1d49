/** Both sides of a record that the server already has with other words, and the choice between them. */

import { el } from "../dom.js";
import * as format from "../format.js";
import { note } from "../frame.js";
import { today } from "../moment.js";
import { KNOWS, word } from "../words.js";

const LINES = [
  ["日子", (side) => format.day(side.day || today())],
  ["见没见到", (side) => (side.met ? (side.manner === "phone" ? "打电话" : "见到人") : "没见到")],
  ["新情况", (side) => found(side.findings)],
  ["备注", (side) => side.note],
  ["答应的事", (side) => side.promise_text],
];

function found(findings) {
  const names = (findings || []).map(({ kind, detail }) =>
    [word(KNOWS, kind), detail].filter(Boolean).join("："),
  );
  return names.join("、") || "没有";
}

/** What a record says, line by line. */
export function side(title, content) {
  const lines = LINES.map(([name, say]) => [name, say(content)]).filter(([, said]) => said);
  return [
    el("h3", { class: "follow-title" }, title),
    el(
      "dl",
      { class: "facts" },
      lines.map(([name, said]) => [el("dt", {}, name), el("dd", {}, said)]),
    ),
  ];
}

/** The same visit may have come in on paper, or by somebody else's phone. */
export const twinWords = ({ visitor, number }) =>
  `同一天${visitor || "别人"}也记过（${number || ""}），可能重复。`;

/** `keep` leaves the stored one, `replace` takes it back and sends what is here; without `mine` there is no choice. */
export function conflict(content, answer, { keep, replace }) {
  const mine = answer.data && answer.data.mine;
  const leave = el(
    "button",
    { class: "btn", type: "button", onclick: keep },
    mine ? "留先收到的" : "知道了，回名单",
  );
  return note(
    "no",
    el("p", {}, answer.says),
    mine && side("先收到的", mine),
    mine && side("现在写的", content),
    el(
      "div",
      { class: "acts" },
      leave,
      mine && el("button", { class: "btn btn-line", type: "button", onclick: replace }, "换成现在写的"),
    ),
  );
}
