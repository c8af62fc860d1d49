/** 一件诉求: what somebody asked for, how far it has come, and every step that may be taken now. */

import { el, fill } from "../dom.js";
import * as format from "../format.js";
import { draw, loading, refused } from "../frame.js";
import { today } from "../moment.js";
import * as outbox from "../outbox.js";
import { argument, path } from "../router.js";
import * as store from "../store.js";
import { acts, drawAnew, due, form, onItsWay } from "./steps.js";

export async function matter(page) {
  const main = draw(page, { title: "一件诉求", back: "/todo", main: loading() });
  const me = await store.me();
  if (!page.current()) return;
  if (me.kind !== "ok") return fill(main, refused(me));
  const [answer, waiting, again] = await Promise.all([store.matter(page.uuid), store.stepsWaiting(), toCorrect()]);
  if (!page.current()) return;
  if (answer.kind !== "ok") return fill(main, answer.kind === "missing" ? gone() : refused(answer));
  const row = answer.data;
  const steps = waiting.get(row.uuid) || [];
  fill(
    main,
    el(
      "section",
      { class: "block" },
      el("span", { class: "row-line" }, el("span", { class: "quiet" }, `诉求 ${row.number}`), due(row)),
      el("h2", { class: "block-title big" }, row.words),
      facts(row),
      onItsWay(steps),
      again ? form(row, again.record.content.step, again) : acts(row, steps, { open: true }),
    ),
    row.moves && story(row),
  );
}

const gone = () =>
  el("div", { class: "empty" }, el("b", {}, "没有找到这一件"), el("p", {}, "可能转给别人了，不归您看。"));

/** A step that was refused and is opened to be corrected. */
async function toCorrect() {
  const wanted = argument("fix");
  return wanted ? (await outbox.look()).own.find(({ uuid }) => uuid === wanted) || null : null;
}

function facts(row) {
  const lines = [
    ["电话", row.phone && el("a", { href: `tel:${row.phone}` }, row.phone)],
    ["谁提的", row.household ? el("a", { href: `#/h/${row.household}` }, row.who) : row.who],
    ["哪里", row.place],
    ["哪方面", row.field_title],
    ["哪天提的", `${format.day(row.opened_on, today())}，${row.source_title}`],
    ["现在", row.state_title],
    ["承办人", row.owner],
    ["办理办法", row.plan],
    ["办理结果", row.outcome],
  ];
  return el(
    "dl",
    { class: "facts" },
    lines.filter(([, said]) => said).map(([name, said]) => [el("dt", {}, name), el("dd", {}, said)]),
  );
}

function story({ uuid, moves }) {
  const line = (move) =>
    el(
      "li",
      {},
      el("span", { class: "quiet" }, `${format.day(move.at, today())} `),
      [move.who, move.title, move.to && `给${move.to}`].filter(Boolean).join(""),
      move.words && `：${move.words}`,
      move.photo && [" ", el("a", { href: `/api/matters/${uuid}/steps/${move.uuid}/photo/`, target: "_blank" }, "看照片")],
    );
  return el(
    "section",
    { class: "block" },
    el("h2", { class: "block-title" }, "流转记录"),
    el("ul", { class: "lines" }, moves.map(line)),
  );
}

outbox.listenArrivals(() => path().startsWith("/m/") && drawAnew());
