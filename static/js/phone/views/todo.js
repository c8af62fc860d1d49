/** 待办: matters whose next step is hers, what visits found and nobody has settled, changes that wait for a yes. */

import { add, el, field, fill, icon } from "../dom.js";
import { clearFaults, showFaults } from "../faults.js";
import { AGAIN, WHY } from "../far.js";
import * as format from "../format.js";
import { draw, empty, loading, note, refused, setWaiting } from "../frame.js";
import { today } from "../moment.js";
import * as outbox from "../outbox.js";
import { argument, path, show } from "../router.js";
import * as store from "../store.js";
import { toast } from "../toast.js";
import { CATEGORIES, CHANGES, SEXES, URGENCIES, word } from "../words.js";
import { withoutVisits } from "./due.js";
import { acts, drawAnew, due, onItsWay } from "./steps.js";

outbox.listenArrivals(() => path() === "/todo" && drawAnew());

const NEXT = 50; // rows that a door gives at once
let opened = { part: "", pages: 1 }; // how far she has looked on: what is drawn anew reaches as far

export async function todo(page) {
  const me = await store.me();
  if (!page.current()) return;
  const part = argument("part");
  const main = draw(page, { title: "待办", sub: "该您走下一步的事", tab: "/todo", main: loading() });
  if (me.kind !== "ok") return fill(main, refused(me));
  if (!store.hasTodo()) return fill(main, me.data.duties.length ? withoutVisits(me.data) : empty("没有要办的事"));
  if (opened.part !== part) opened = { part, pages: 1 };
  const asks = doors(part);
  const [waiting, board, ...answers] = await Promise.all([
    store.stepsWaiting(),
    store.waitingBoard(),
    ...Object.values(asks).map((ask) => (ask ? asFar(ask) : { kind: "ok", data: { results: [] } })),
  ]);
  if (!page.current()) return;
  const got = Object.fromEntries(Object.keys(asks).map((name, at) => [name, answers[at]]));
  // Without a signal the matters that the phone keeps are all there is; nothing kept is no list at all.
  const { hers } = got;
  const fault =
    answers.find(({ kind }) => kind === "signin") || (hers.kind !== "ok" && hers) || (!asks.hers && answers.find(isFar));
  if (fault) return fill(main, refused(fault));
  const redraw = () => page.current() && fill(main, drawn(part, got, board, waiting, asks, redraw));
  redraw();
  scrollTo(0, page.place);
}

/** What is asked for this part: name → a door that takes the key after which it goes on, or nothing. */
function doors(part) {
  const matters = store.hasMatters();
  return {
    hers: matters && store.matters,
    otherwise: matters && part && ((after) => store.otherMatters(part === "done" ? "done" : "open", after)),
    found: (store.may("visits.see") || store.may("visits.record")) && store.findings,
    changed: store.may("register.propose") && ((after) => store.changes("proposed", after)),
  };
}

/** As many pages as she had opened before. */
async function asFar(ask) {
  const answer = await ask();
  for (let at = 1; at < opened.pages && answer.kind === "ok" && answer.data.next; at += 1)
    if (!(await goOn(ask, answer))) break;
  return answer;
}

/** The next page joins this one. @returns {Promise<boolean>} whether it came */
async function goOn(ask, answer) {
  const { kind, data } = await ask(answer.data.next);
  if (kind !== "ok") return false;
  answer.data = { ...data, results: [...answer.data.results, ...data.results] };
  return true;
}

function drawn(part, got, board, waiting, asks, redraw) {
  const findings = rowsOf(got.found);
  // What a visit proposed stands once: with what was found, not again among the changes.
  const proposed = new Set(findings.map(({ proposal }) => proposal && proposal.uuid));
  const changes = rowsOf(got.changed).filter(({ uuid }) => !proposed.has(uuid));
  const own = new Set(rowsOf(got.hers).map(({ uuid }) => uuid));
  const mine = [
    ...rowsOf(board).map(onTheDesk),
    ...rowsOf(got.hers).map((row) => asksFor(row, waiting.get(row.uuid) || [])),
    ...changes.filter((change) => change.can_accept).map(decided),
    ...findings.filter(isMine).map(settled),
  ];
  const elsewhere = rowsOf(got.otherwise).filter(({ uuid }) => !own.has(uuid)).map((row) => asksFor(row, [], false));
  const others = [
    ...elsewhere,
    ...changes.filter((change) => !change.can_accept).map(waits),
    ...findings.filter((finding) => !isMine(finding)).map(seen),
  ];
  // The figure is 无事板's; without it, what the phone has.
  const count = board.kind === "ok" ? board.data.count : mine.length;
  setWaiting(count);
  const shown = { others, done: elsewhere }[part] || mine;
  const left = Object.keys(asks).filter((name) => (IN[part] || IN[""]).includes(name) && got[name].data?.next);
  return [
    parts(part, count, asks.hers),
    far([board, ...Object.values(got)]),
    (shown.length > 0 || !left.length) && list(shown, part),
    left.length > 0 && further(left, got, asks, part ? "" : `先列 ${shown.length} 件，一共 ${count} 件。`, redraw),
  ];
}

// Which lists a part is made of.
const IN = { "": ["hers", "found", "changed"], others: ["otherwise", "found", "changed"], done: ["otherwise"] };

const isFar = ({ kind }) => kind === "offline" || kind === "broken";

/** That the server was not there, why, and that nothing is lost. */
function far(answers) {
  const kinds = answers.map((answer) => answer.far || (isFar(answer) ? answer.kind : ""));
  const kind = ["broken", "offline"].find((each) => kinds.includes(each));
  if (!kind) return null;
  const told = `${WHY[kind]}，先列手机里有的诉求；办了的存在手机里，${AGAIN[kind]}自动送。`;
  return note("off", el("p", {}, told));
}

/** 再看 50 件: the next page of each list joins what is here. */
function further(left, got, asks, told, redraw) {
  const button = el("button", { class: "btn", type: "button" }, `再看 ${NEXT} 件`);
  const place = el("div", { class: "middle" }, told && el("p", { class: "quiet" }, told), button);
  button.addEventListener("click", async () => {
    button.disabled = true;
    const came = await Promise.all(left.map((name) => goOn(asks[name], got[name])));
    button.disabled = false;
    if (!came.some(Boolean)) return place.append(note("no", el("p", {}, "后面的没有拿到，再按一次。")));
    opened.pages += 1;
    return redraw();
  });
  return place;
}

const rowsOf = (answer) => (answer.kind === "ok" ? answer.data.results || [] : []);

/** What the phone has no form for: what it is, why it waits, and the way to the page where it is done. */
function onTheDesk({ kind, text, url, why, step }) {
  return el(
    "div",
    { class: "item" },
    top(kind, null),
    el("p", {}, el("a", { class: "row-name", href: url }, text)),
    el("p", { class: "row-more" }, why),
    el("div", { class: "acts" }, el("a", { class: "btn btn-line", href: url }, step)),
  );
}

function parts(part, mine, done) {
  const tab = (code, title) =>
    el("a", { href: code ? `#/todo?part=${code}` : "#/todo", "aria-current": code === part ? "true" : null }, title);
  return el(
    "nav",
    { class: "segs", "aria-label": "分类" },
    tab("", `该我办 ${mine}`),
    tab("others", "等别人"),
    done && tab("done", "办完的"),
  );
}

function list(items, part) {
  if (items.length) return el("div", { class: "rows" }, items);
  if (part === "done") return empty("还没有办完的诉求");
  return part === "others"
    ? empty("没有在等的事")
    : empty("没有要办的事", "走访时记下的新情况，会到这里来。");
}

// --- matters -------------------------------------------------------------------------------------------------

/** One matter: what, whose, where, by when; with its next steps where they are hers. */
function asksFor(row, waiting, hers = true) {
  return el(
    "div",
    { class: "item" },
    top(`诉求 ${row.number}`, due(row)),
    el("p", {}, el("a", { class: "row-name", href: `#/m/${row.uuid}` }, row.words)),
    el(
      "p",
      { class: "row-more" },
      [row.who, row.place, `${format.day(row.opened_on, today())}${row.source_title}`].filter(Boolean).join("，"),
      hers ? "" : `。${row.state_title}${row.owner ? `，${row.owner}` : ""}`,
    ),
    onItsWay(waiting),
    hers && acts(row, waiting),
  );
}

const waiting = ({ proposal }) => proposal && proposal.state === "proposed";
const isMine = (row) => (waiting(row) ? row.proposal.can_accept : row.can_settle);

const href = (row) => `#/h/${row.household.id}`;
const whose = (row) => el("a", { class: "row-name", href: href(row) }, `${row.household.head_name} 家`);

function top(title, state) {
  return el("span", { class: "row-line" }, el("span", { class: "quiet" }, title), state);
}

// --- what visits found ---------------------------------------------------------------------------------------

function matter(row, ...more) {
  return el(
    "div",
    { class: "item" },
    top(`${row.kind_title} · ${format.day(row.day, today())}走访时记的`, urgency(row)),
    el("p", {}, whose(row)),
    el(
      "p",
      { class: "row-more" },
      [row.detail && row.person ? `${row.detail}（${row.person}）` : row.detail || row.person, row.words]
        .filter(Boolean)
        .join("，") || "没有写详情，走的时候问一问。",
    ),
    proposal(row),
    more,
  );
}

/** What it would become in the register, and how that stands. */
function proposal({ proposal: asked }) {
  if (!asked) return null;
  if (asked.state === "proposed") return el("p", { class: "row-more" }, asked.told);
  return el(
    "p",
    { class: "row-more" },
    [`${asked.told}：${asked.state_title}`, asked.why].filter(Boolean).join("，"),
  );
}

/** 三天内 is usual and says nothing; what was called urgent stands out by weight, not by colour alone. */
function urgency(row) {
  if (row.urgency !== "now") return null;
  return el("span", { class: "state state-late end" }, icon("alert"), word(URGENCIES, "now"));
}

const seen = (row) => matter(row, waiting(row) && inHand());
const inHand = () => el("p", {}, el("span", { class: "state state-hand" }, icon("half"), "等村里定"));

function settled(row) {
  const { household, proposal: asked } = row;
  if (waiting(row)) return matter(row, deciding({ ...asked, household, kind_title: "认定对象" }));
  const [look, title] = row.change === null ? ["btn btn-line", "办好了，写结果"] : ["btn", "写结果"];
  const open = el("button", { class: look, type: "button" }, title);
  const place = el("div", { class: "acts" }, row.change !== null && toForm(row), open);
  open.addEventListener("click", () => place.replaceWith(settling(row)));
  return matter(row, place);
}

/** To the form of the change it ended in, or to the list of forms. */
function toForm(row) {
  const known = CHANGES.some(([kind]) => kind === row.change);
  const to = known ? `${href(row)}/change/${row.change}` : `${href(row)}/change`;
  const title = known ? `报${word(CHANGES, row.change)}` : "报户籍变动";
  return el("a", { class: "btn btn-line", href: to }, title);
}

function settling(row) {
  const form = el(
    "form",
    { class: "follow", novalidate: true },
    field("办理结果", "outcome", { maxlength: 300, placeholder: "可以用语音输入" }),
    el(
      "div",
      { class: "acts" },
      el("button", { class: "btn btn-main", value: "settled" }, "办结"),
      el("button", { class: "btn", value: "passed_on" }, "转给别人办了"),
    ),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const outcome = form.elements.outcome.value.trim();
    const state = (event.submitter && event.submitter.value) || "settled";
    const done = state === "settled" ? "办结了" : "转出去了";
    send(
      form,
      () => store.settle(row.id, { state, outcome }),
      `${row.household.head_name}家的“${row.kind_title}”${done}。`,
    );
  });
  setTimeout(() => form.elements.outcome.focus());
  return form;
}

// --- changes of the register ---------------------------------------------------------------------------------

function changeItem(row, ...more) {
  return el(
    "div",
    { class: "item" },
    top(`户籍变动 · ${row.kind_title}`, null),
    el("p", {}, whose(row)),
    el(
      "p",
      { class: "row-more" },
      [row.person && row.person.name, `${format.day(row.happened_on, today())}的事`, told(row)]
        .filter(Boolean)
        .join("，"),
      `。${row.proposed_by}报的`,
    ),
    more,
  );
}

/** What was asked for, in words: 鳏寡孤独老人, 凭据 … */
function told({ kind, facts }) {
  const [, , , asked] = CHANGES.find(([code]) => code === kind) || ["", "", "", []];
  const people = (facts.people || []).map(({ name, relation }) => `${name}（${relation}）`);
  const plain = asked
    .filter(({ name, shape }) => facts[name] && !["person", "id_number", "phone"].includes(shape))
    .map(({ name, shape }) =>
      shape === "category"
        ? word(CATEGORIES, facts[name])
        : shape === "sex"
          ? word(SEXES, facts[name])
          : facts[name],
    );
  return [...people, ...plain].join("，");
}

const waits = (row) => changeItem(row, inHand());
const decided = (row) => changeItem(row, deciding(row));

/** Yes with one tap; no with a reason. */
function deciding(row) {
  const place = el("div", { class: "acts" });
  const yes = el("button", { class: "btn btn-line", type: "button" }, "同意");
  const no = el("button", { class: "btn", type: "button" }, "不同意");
  yes.addEventListener("click", () =>
    send(
      place,
      () => store.decide(row.uuid, "accept", {}),
      `${row.household.head_name}家“${row.kind_title}”记进户口册了。`,
    ),
  );
  no.addEventListener("click", () => place.replaceWith(refusing(row)));
  return add(place, [yes, no]);
}

function refusing(row) {
  const form = el(
    "form",
    { class: "follow", novalidate: true },
    field("为什么不同意", "why", { maxlength: 200 }),
    el("div", { class: "acts" }, el("button", { class: "btn btn-bad" }, "不同意，退回")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const why = form.elements.why.value.trim();
    send(form, () => store.decide(row.uuid, "refuse", { why }), "退回去了。");
  });
  setTimeout(() => form.elements.why.focus());
  return form;
}

/** Send one decision; on a no, the sentence stands where the button was pressed and nothing typed is lost. */
async function send(place, ask, done) {
  if (place.dataset.busy) return;
  place.dataset.busy = "yes";
  clearFaults(place);
  place.querySelectorAll(".note").forEach((old) => old.remove());
  const answer = await ask();
  delete place.dataset.busy;
  if (answer.kind === "ok") {
    toast(done);
    return show();
  }
  const rest = answer.kind === "invalid" ? showFaults(place, answer.data) : [answer.says];
  if (rest.length) place.append(note("no", el("p", {}, rest.join(""))));
}
