/** 走访: whom to visit today, overdue first, by villager group and house number. */

import { el, fill, icon, refill } from "../dom.js";
import * as format from "../format.js";
import { draw, empty, find, loading, refused, SIGN_IN } from "../frame.js";
import * as moment from "../moment.js";
import * as outbox from "../outbox.js";
import { argument, path, show } from "../router.js";
import * as store from "../store.js";

const DOORS = [
  ["", "全部"],
  ["lonely", "孤寡"],
  ["special", "特殊"],
  ["quarrel", "矛盾"],
];
const SECTIONS = ["overdue", "due", "ordinary", "secretary"];
const SETTLED = 300; // milliseconds: thirty that arrive together change the list once
let next = null; // the household whose turn it is after the one just saved
let fresher = 0;

outbox.listenArrivals(() => {
  clearTimeout(fresher);
  fresher = setTimeout(() => path() === "/" && show(), SETTLED);
});

/** Tint this row when the list is drawn again. */
export function pointTo(household) {
  next = household;
}

export async function due(page) {
  const me = await store.me();
  if (!page.current()) return;
  if (me.kind !== "ok")
    return me.kind === "signin" && page.first ? toSignIn(page, me) : frame(page, refused(me));
  if (!me.data.duties.length) return frame(page, told(), withoutPost());
  if (!store.hasVisits()) return frame(page, told(), withoutVisits(me.data));
  const list = argument("list");
  const old = store.lastDue(list);
  const main = frame(page, old ? null : loading());
  if (old) {
    fill(main, lists(old, list, main));
    scrollTo(0, page.place);
  }
  const answer = await store.due(list);
  if (!page.current()) return;
  if (answer.kind === "ok" || !old) {
    refill(main, answer.kind === "ok" ? lists(answer.data, list, main) : refused(answer));
    if (!old) scrollTo(0, page.place);
  }
}

/** To the sign-in page and back here; but only once, for two pages that send one to each other never end. */
function toSignIn(page, answer) {
  const now = Date.now();
  const before = Number(sessionStorage.getItem("sent-to-sign-in") || 0);
  sessionStorage.setItem("sent-to-sign-in", String(now));
  if (now - before < 10000) return frame(page, refused(answer));
  location.replace(SIGN_IN);
}

function frame(page, ...main) {
  const title = store.myTerritory();
  const today = moment.today();
  const sub = today ? [title, title && " · ", format.day(today), " ", format.weekday(today)] : "";
  return draw(page, { title: "走访", sub, tab: "/", end: store.may("households.see") && find(), main });
}

/** That there are reminders, and the way to them: who only ever opens the list would else not learn of any. */
function told() {
  const count = store.unread();
  return (
    count > 0 &&
    el(
      "p",
      { class: "band" },
      icon("msg"),
      el("span", {}, `${count} 条提醒没看。`),
      el("a", { href: "/me/notices/" }, "去看"),
    )
  );
}

function withoutPost() {
  return empty("您还没有岗位", "所以看不到住户。", "找村党组织书记或镇办公室给您定岗，定好再打开这一页。");
}

/** For who has a post and visits nobody: in words what she can do instead, and the way there. */
export function withoutVisits(me) {
  const titles = [...new Set(me.duties.map((duty) => duty.title))].join("、");
  const button = (look, href, word) => el("p", { class: "middle" }, el("a", { class: look, href }, word));
  if (!store.may("figures.see"))
    return [
      empty(`${titles}不用走访`, "您的事在电脑页上办。"),
      button("btn btn-main", "/desk/", "去电脑页"),
    ];
  return [
    empty(`${titles}不用走访`, "您能看的是数字：哪个网格走到了多少户，还差多少户。住户的名字这里看不到。"),
    button("btn btn-main", "/desk/coverage/", "看走访覆盖"),
    button("btn", "/desk/", "去电脑页"),
  ];
}

function lists(data, list, main) {
  return [
    told(),
    board(data),
    data.packed ? kept(data) : store.may("categories.see") && doors(list),
    overdue(data),
    month(data),
    !data.overdue.length && !data.due.length && quiet(data, list),
    ordinary(data),
    secretary(data),
    further(data, list, main),
    store.whyNothingIsKept() && el("p", { class: "middle quiet" }, store.whyNothingIsKept()),
  ];
}

/** The list of the phone itself: when it was fetched, for somebody may have been there since. */
function kept({ packed }) {
  const hours = Math.floor((Date.now() - packed) / 3600000);
  const when = hours < 1 ? "刚才" : hours < 24 ? `${hours} 小时前` : `${Math.floor(hours / 24)} 天前`;
  return el("p", { class: "middle quiet" }, `这是手机里存的名单，${when}取的。`);
}

function board({ board: figures, month: { last } }) {
  if (!figures || !figures.total) return null;
  const words = `本月五必访 ${figures.total} 户，到 ${format.day(last)}`;
  return el(
    "nav",
    { class: "board", "aria-label": `无事板：${words}` },
    el("a", { class: "board-calm", href: "#/log" }, el("b", {}, figures.calm), "无事"),
    el("a", { href: "#/todo" }, el("b", {}, figures.busy), "有事"),
    el("a", { href: "#/", "aria-current": "page", onclick: toFirst }, el("b", {}, figures.waiting), "待访"),
    el("span", { class: "board-note" }, `无事板：${words}`),
  );
}

function toFirst(event) {
  const head = document.querySelector(".group-head");
  if (!head || location.hash.includes("?")) return;
  event.preventDefault();
  head.scrollIntoView();
}

function doors(list) {
  return el(
    "nav",
    { class: "segs segs-close", "aria-label": "三门" },
    DOORS.map(([code, word]) =>
      el("a", { href: code ? `#/?list=${code}` : "#/", "aria-current": code === list ? "true" : null }, word),
    ),
  );
}

function quiet({ board: figures }, list) {
  if (list) return empty("这类户都走过了");
  if (!figures || !figures.total) return empty("今天无事", "本月没有该走的五必访户。");
  return empty("今天无事", `本月该走的 ${figures.total} 户都走过了。`);
}

function overdue(data) {
  const { overdue: rows, today } = data;
  if (!rows.length) return null;
  const all = whole(data, "overdue");
  const same = rows.length > 2 && rows.every((row) => row.days_over === rows[0].days_over);
  const head = rows.every((row) => lastMonth(row.due_on, today)) ? "上月没访到" : "前面没访到";
  const count = all ? `${rows.length} 户，` : "";
  const more = same ? `${count}都超 ${rows[0].days_over} 天` : `${count}先走这几家`;
  return section(head, more, rows, today, { late: !same, counted: false });
}

function lastMonth(due, today) {
  const [year, month] = today.split("-").map(Number);
  const before = month === 1 ? `${year - 1}-12` : `${year}-${String(month - 1).padStart(2, "0")}`;
  return due.startsWith(before);
}

function month(data) {
  const { due: rows, today } = data;
  const left = format.daysLeft(today, data.month.last);
  const all = whole(data, "due");
  return rows.length
    ? section("本月待访", all ? `${rows.length} 户，${left}` : left, rows, today, { counted: all })
    : null;
}

function ordinary(data) {
  const { ordinary: rows, today } = data;
  if (!rows.length) return null;
  const until = `到 ${format.day(rows[0].due_on)}`;
  return section("本季待访", whole(data, "ordinary") ? `${rows.length} 户，${until}` : until, rows, today, {
    counted: whole(data, "ordinary"),
  });
}

function secretary(data) {
  const { secretary: rows = [], today } = data;
  if (!rows.length) return null;
  const until = `到 ${format.day(rows[0].due_on)}`;
  return section(
    "书记今年要走",
    whole(data, "secretary") ? `${rows.length} 户，${until}` : until,
    rows,
    today,
    {
      counted: whole(data, "secretary"),
    },
  );
}

/** Whether all rows of a section are here: only then may it be counted. */
function whole(data, section) {
  const later = SECTIONS.slice(SECTIONS.indexOf(section) + 1);
  return !data.next || later.some((name) => (data[name] || []).length);
}

/** 再看后面的户: the next page joins the sections that are here. */
function further(data, list, main) {
  if (!data.next) return null;
  const button = el("button", { class: "btn", type: "button" }, "再看后面的户");
  button.addEventListener("click", async () => {
    button.setAttribute("aria-disabled", "true");
    const shown = main.querySelectorAll("a.row").length;
    const answer = await store.moreDue(list);
    if (answer.kind !== "ok") {
      button.removeAttribute("aria-disabled");
      button.textContent = "没拿到，再试一次";
      return;
    }
    const place = scrollY;
    fill(main, lists(answer.data, list, main));
    scrollTo(0, place);
    const first = main.querySelectorAll("a.row")[shown];
    if (first) first.focus({ preventScroll: true });
  });
  return el("div", { class: "middle" }, button);
}

function section(head, more, rows, today, options = {}) {
  return [el("h2", { class: "group-head" }, head, " ", el("span", {}, more)), cards(rows, today, options)];
}

/** Rows under a small head for each villager group. */
function cards(rows, today, { late = false, counted = true } = {}) {
  const box = el("div", { class: "rows" });
  let group = null;
  for (const row of rows) {
    const name = row.group ? row.group.name : "";
    if (name && name !== group) {
      const count = rows.filter((other) => other.group && other.group.name === name).length;
      box.append(el("h3", { class: "sub-head" }, counted ? `${name} · ${count} 户` : name));
    }
    group = name;
    box.append(line(row, today, late));
  }
  return box;
}

function line(row, today, late) {
  const mine = String(row.household) === String(next);
  return el(
    "a",
    { class: mine ? "row row-next" : "row", href: `#/h/${row.household}` },
    el(
      "span",
      { class: "row-line" },
      el("span", { class: "row-name" }, row.name),
      (row.categories || []).map((short) => [" ", el("span", { class: "tag" }, short)]),
      late &&
        row.days_over > 0 && [
          " ",
          el("span", { class: "state state-late" }, icon("alert"), `超 ${row.days_over} 天`),
        ],
    ),
    el(
      "span",
      { class: "row-more row-clip" },
      row.planned && el("span", { class: "said" }, `计划 ${format.day(row.planned, today)} · `),
      second(row, today),
    ),
    icon("right"),
  );
}

/** What to know before knocking: a form left half filled, tries in vain, the promise, or the last visit. */
function second(row, today) {
  const said = (...words) => el("span", { class: "said" }, ...words);
  const away = row.away && said("在外务工 · ");
  if (store.hasDraft(row.household)) return said("记了一半，还没保存");
  if (row.tries > 1) return [away, said(`${row.tries} 次没见到人，已报网格长`)];
  if (row.lately) return [away, said(`${format.ago(row.lately.day, today)} ${row.lately.visitor || "有人"}走访过了`)];
  if (row.promise) return [away, said("上次答应："), row.promise.text || row.promise.kind_title];
  if (row.tries === 1) return [away, said("去过一次，没见到人")];
  if (row.last) return [away, said(`上次 ${format.day(row.last.day, today)}：${row.last.summary}`)];
  return [away, said("还没走访过")];
}

/** The household after this one in the list as it was seen, so that the eye finds the next door. */
export function following(household) {
  const data = store.lastDue(argument("list")) || store.lastDue("");
  if (!data) return null;
  const all = [...data.overdue, ...data.due, ...data.ordinary, ...(data.secretary || [])];
  const at = all.findIndex((row) => String(row.household) === String(household));
  return at >= 0 && all[at + 1] ? all[at + 1].household : null;
}
