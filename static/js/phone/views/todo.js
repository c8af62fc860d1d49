/** 待办: matters whose next step is hers, what visits found and nobody has settled, changes that wait for a yes. */

import { add, el, field, fill, icon } from "../dom.js";
import { clearFaults, showFaults } from "../faults.js";
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

export async function todo(page) {
  const me = await store.me();
  if (!page.current()) return;
  const part = argument("part");
  const main = draw(page, { title: "待办", sub: "该您走下一步的事", tab: "/todo", main: loading() });
  if (me.kind !== "ok") return fill(main, refused(me));
  if (!store.hasTodo()) return fill(main, me.data.duties.length ? withoutVisits(me.data) : empty("没有要办的事"));
  const none = { kind: "ok", data: { results: [] } };
  const asked = store.hasMatters();
  const [hers, otherwise, waiting, found, changed] = await Promise.all([
    asked ? store.matters() : none,
    asked && part ? store.otherMatters(part === "done" ? "done" : "open") : none,
    store.stepsWaiting(),
    store.may("visits.see") || store.may("visits.record") ? store.findings() : none,
    store.may("register.propose") ? store.changes("proposed") : none,
  ]);
  if (!page.current()) return;
  const all = [hers, otherwise, found, changed];
  // Without a signal the matters that the phone keeps are all there is; nothing kept is no list at all.
  const fault = all.find(({ kind }) => kind === "signin") || (hers.kind !== "ok" && hers) || (!asked && all.find(isFar));
  if (fault) return fill(main, refused(fault));
  const far = all.some(isFar);
  const findings = rowsOf(found);
  // What a visit proposed stands once: with what was found, not again among the changes.
  const proposed = new Set(findings.map(({ proposal }) => proposal && proposal.uuid));
  const changes = rowsOf(changed).filter(({ uuid }) => !proposed.has(uuid));
  const own = new Set(rowsOf(hers).map(({ uuid }) => uuid));
  const mine = [
    ...rowsOf(hers).map((row) => asksFor(row, waiting.get(row.uuid) || [])),
    ...changes.filter((change) => change.can_accept).map(decided),
    ...findings.filter(isMine).map(settled),
  ];
  const elsewhere = rowsOf(otherwise).filter(({ uuid }) => !own.has(uuid)).map((row) => asksFor(row, [], false));
  const others = [
    ...elsewhere,
    ...changes.filter((change) => !change.can_accept).map(waits),
    ...findings.filter((finding) => !isMine(finding)).map(seen),
  ];
  setWaiting(mine.length);
  const shown = { others, done: elsewhere }[part] || mine;
  fill(main, parts(part, mine.length, asked), far && note("off", el("p", {}, FAR)), list(shown, part));
  scrollTo(0, page.place);
}

const FAR = "没有信号，先列手机里有的诉求；办了的会存着，有信号时自动送。";
const isFar = ({ kind }) => kind === "offline" || kind === "broken";

const rowsOf = (answer) => (answer.kind === "ok" ? answer.data.results || [] : []);

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
