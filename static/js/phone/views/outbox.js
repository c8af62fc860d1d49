/** 发件箱: what needs a hand, what waits for a signal, and what has arrived, each with its number. */

import * as archive from "../archive.js";
import { el, fill, icon } from "../dom.js";
import * as format from "../format.js";
import { draw, empty, loading, note, refused } from "../frame.js";
import { today } from "../moment.js";
import { isVisit, kindOf, titleOf } from "../kinds.js";
import * as outbox from "../outbox.js";
import { path } from "../router.js";
import * as store from "../store.js";
import { toast } from "../toast.js";
import { uuid as newUuid } from "../uuid.js";
import { conflict, side, twinWords } from "./conflict.js";

const DAYS = 7;
const MOST = 100; // rows of one part
const TROUBLES = ["refused", "conflict"];
let redraw = null;
let counted = 0;

outbox.listen(() => path() === "/outbox" && redraw && redraw());

export async function box(page) {
  const me = await store.me();
  if (!page.current()) return;
  const main = draw(page, {
    title: "发件箱",
    sub: "记下的都在，送到才从手机里删",
    tab: "/outbox",
    main: loading(),
  });
  if (me.kind !== "ok") return fill(main, refused(me));
  if (!store.keeps()) return fill(main, empty("这里没有发件箱", store.whyNothingIsKept()));
  redraw = () => page.current() && drawn(main);
  await redraw();
  scrollTo(0, page.place);
  await store.heldAnew();
  await redraw();
}

/** Drawn from what is kept; while somebody types or decides here, it stays as it is. */
async function drawn(main) {
  const turn = (counted += 1);
  const [{ own, others, stuck, ...total }, sent] = await Promise.all([outbox.look(MOST), archive.sent(DAYS, MOST)]);
  if (turn !== counted || main.querySelector(".asking")) return;
  const trouble = own.filter(({ state }) => TROUBLES.includes(state));
  const waiting = own.filter(({ state }) => state === "waiting");
  const held = sent.filter(({ outcome, read }) => outcome === "held" || (outcome === "refused" && !read));
  const arrived = sent.filter(({ outcome }) => outcome === "accepted");
  const unfolded = main.querySelector(".files[open]");
  fill(
    main,
    part("要您处理", total.trouble + held.length, [...trouble.map(troubled), ...held.slice(0, MOST).map(decidedAbove)]),
    part("等着送", total.waiting + others, [others > 0 && sealed(others), ...waiting.map(waits)]),
    total.waiting + others > 0 && sendNow(),
    part("已送达", arrived.length, arrived.slice(0, MOST).map(delivered), `${DAYS} 天里 ${arrived.length} 条`),
    !own.length && !others && !sent.length && empty("没有等着送的", "记一次走访，这里就有它的回执。"),
    stuck > 0 && note("hold", el("p", {}, `先前记的 ${stuck} 条，服务器打不开或者对不上。存成文件，交镇办公室看。`)),
    unfolded || files(total.waiting + total.trouble + others + stuck),
  );
}

function part(title, count, items, words = `${count} 条`) {
  if (!count) return null;
  const head = el("h2", { class: "group-head" }, title, " ", el("span", {}, words));
  const shown = items.filter(Boolean).slice(0, MOST);
  const more = count > MOST && el("div", { class: "item" }, `先列 ${shown.length} 条，一共 ${count} 条。`);
  return [head, el("div", { class: "rows" }, shown, more)];
}

function state(kind, sign, words) {
  return el("span", { class: `state state-${kind} end` }, icon(sign), words);
}

function headline({ record }, ...end) {
  return el("span", { class: "row-line" }, el("span", { class: "row-name" }, titleOf(record)), end);
}

/** Today 9:41, or 11月23日 9:41, by the phone's clock. */
function at(iso) {
  const moment = new Date(iso);
  const two = (number) => String(number).padStart(2, "0");
  const date = `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
  const time = `${moment.getHours()}:${two(moment.getMinutes())}`;
  return `${date === today() ? "今天" : format.day(date, today())} ${time}`;
}

// --- 要您处理 ---------------------------------------------------------------------------------------------------------

function troubled(entry) {
  const item = el("div", { class: "item" });
  const { record } = entry;
  if (entry.state === "conflict" && record.answer)
    return fill(item, headline(entry, state("no", "x", "不一样")), both(entry), givingUp(item, entry));
  if (record.stands)
    return fill(
      item,
      headline(entry, state("no", "x", "没撤成")),
      el("p", { class: "why" }, record.answer.says),
      el("p", { class: "receipt" }, "回执 ", el("b", {}, entry.number)),
      el("div", { class: "acts" }, button("btn", "知道了", () => outbox.read(entry, record))),
    );
  const arrivedWithoutPhoto = Boolean(entry.number);
  // No household of hers has this number: there is nothing to mend, and nobody to decide.
  const nobodys = !arrivedWithoutPhoto && record.answer && record.answer.kind === "missing";
  fill(
    item,
    headline(entry, state("no", "x", arrivedWithoutPhoto ? "照片没收" : "没收")),
    el("p", { class: "why" }, outbox.why(record.answer) || "没有收。"),
    !nobodys &&
      el(
        "div",
        { class: "acts" },
        arrivedWithoutPhoto
          ? button("btn btn-line", "不要照片了", () => outbox.withoutPhoto(entry.uuid, record))
          : el("a", { class: "btn btn-line", href: kindOf(record).fix(entry.uuid, record) }, "改好再送"),
        button("btn", "再送一次", () => outbox.again(entry.uuid)),
      ),
    el("details", { class: "small-fold" }, el("summary", {}, "看全部"), isVisit(record) ? side("写的", record.content) : written(record)),
    givingUp(item, entry),
  );
  return item;
}

function givingUp(item, { uuid, record }) {
  const place = el("div", {});
  const ask = () => {
    place.classList.add("asking");
    fill(
      place,
      el("p", { class: "why" }, `“${titleOf(record)}”这一条不要了，从手机里删掉？删了就找不回来。`),
      el(
        "div",
        { class: "acts" },
        button("btn", "先留着", () => (place.classList.remove("asking"), redraw())),
        button("btn btn-bad", "不要了，删掉", () => (place.classList.remove("asking"), outbox.drop(uuid))),
      ),
    );
    place.querySelector("button").focus();
  };
  fill(place, el("div", { class: "acts" }, button("btn", "不要了", ask)));
  return place;
}

/** Two records under one uuid: what the server has, and what is here. */
function both({ uuid, record }) {
  const { mine = null, held = null } = record.answer.data || {};
  const stored = mine || (held && held.visit);
  const anew = async () => {
    await outbox.add(newUuid(), { ...record, corrects: mine ? uuid : null, answer: null });
    await outbox.drop(uuid);
    outbox.send();
  };
  if (!stored)
    return [
      el("p", { class: "why" }, outbox.why(record.answer)),
      el("div", { class: "acts" }, button("btn btn-line", "换个编号再送", anew)),
    ];
  const answer = { ...record.answer, data: { mine: stored } };
  return conflict(record.content, answer, { keep: () => outbox.drop(uuid), replace: anew });
}

/** What the village holds, or has refused since: the author reads why and has nothing to send. */
function decidedAbove(each) {
  const record = each.record || { name: "", reason: "" };
  const refused = each.outcome === "refused";
  const place = el("div", {});
  const act = refused
    ? button("btn", "知道了", () => archive.mark(each.uuid, { read: true }).then(redraw))
    : button("btn", "撤销这一条", () => takeBack(each, record, place));
  return el(
    "div",
    { class: "item" },
    headline({ record }, refused ? state("no", "x", "村里没收") : state("hold", "pause", "暂存")),
    el("p", { class: "why" }, record.reason, refused ? "" : " 记录已收到，等村里定。您不用再记。"),
    el("p", { class: "receipt" }, "回执 ", el("b", {}, each.number)),
    place,
    el("div", { class: "acts" }, act),
  );
}

/** What the village has not decided yet its author may still take back; what goes wrong is said at the record. */
async function takeBack(each, record, place) {
  const answer = await store.undoVisit(each.uuid);
  if (answer.kind !== "ok") return place.replaceChildren(note("no", el("p", {}, `没撤销成：${outbox.why(answer)}`)));
  toast(`撤销了，${record.name}家的这次走访不算。`);
  return redraw();
}

/** What somebody wrote of a step, or of what was settled on the spot. */
const written = ({ short, content }) => [el("h3", { class: "follow-title" }, short), el("p", {}, content.words || "没写字。")];

function button(look, words, act) {
  return el("button", { class: look, type: "button", onclick: act }, words);
}

// --- 等着送, 已送达 ----------------------------------------------------------------------------------------------------

function waits(entry) {
  const item = el("div", { class: "item" });
  const { record, cancel, number } = entry;
  const sending = outbox.isSending(entry.uuid);
  const words = cancel ? "撤销，等着送" : number ? "照片等着送" : at(entry.made_at);
  const denied = record.answer && record.answer.kind === "denied";
  return fill(
    item,
    el(
      "span",
      { class: "row-line" },
      el("span", {}, `${titleOf(record)} · ${record.short}`),
      state("wait", "clock", sending ? "正在送" : words),
    ),
    denied && el("p", { class: "why" }, `没送成：${outbox.why(record.answer)}记录还在，会再送。`),
    denied && givingUp(item, entry),
  );
}

const sealed = (count) =>
  el("div", { class: "item" }, el("p", {}, `还有 ${count} 条是这台手机上先前记的，封着，看不到内容，有信号时一起送。`));

function sendNow() {
  return el("p", { class: "middle" }, button("btn btn-line", "现在送", () => outbox.send()));
}

function delivered(each) {
  const record = each.record || { name: "", short: "" };
  return el(
    "div",
    { class: "item" },
    el(
      "span",
      { class: "row-line" },
      el("span", {}, record.short ? `${titleOf(record)} · ${record.short}` : "先前的记录"),
      state("ok", "check", at(each.sent_at)),
    ),
    el("p", { class: "receipt" }, "回执 ", el("b", {}, each.number)),
    record.twin && el("p", { class: "why" }, twinWords(record.twin)),
    record.late && el("p", { class: "why" }, record.late),
    each.kept && el("p", { class: "why" }, `服务器恢复过，这一条又算上了，没撤销成：${each.kept}`),
  );
}

// --- files -----------------------------------------------------------------------------------------------------------

function files(count) {
  const place = el("div", {});
  const input = el("input", { type: "file", accept: ".json,application/json", "aria-label": "送文件里的" });
  input.addEventListener("change", () => input.files[0] && takeIn(input, place));
  return el(
    "details",
    { class: "block fold files" },
    el("summary", {}, "手机坏了或一直没信号", icon("down")),
    el(
      "div",
      { class: "fold-in" },
      el("p", {}, "把没送的存成文件，拷到别的手机或电脑上送。文件是封着的，谁也看不到内容，还算您记的。"),
      el(
        "div",
        { class: "acts" },
        count > 0 && button("btn", `存成文件（${count} 条）`, save),
        el("label", { class: "pick" }, input, el("span", {}, "送文件里的")),
      ),
      place,
    ),
  );
}

async function save() {
  const { count, text } = await outbox.asFile();
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  el("a", { href: address, download: `发件箱-${today()}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
  toast(`${count} 条存成了文件。手机里的还在，照常会送。`);
}

async function takeIn(input, place) {
  const added = await outbox.fromFile(await input.files[0].text());
  input.value = "";
  if (added === null) return fill(place, note("no", el("p", {}, "这不是发件箱存出来的文件，换一个。")));
  toast(added ? `文件里的 ${added} 条放进发件箱了。` : "文件里的都在了，没有新的。");
  outbox.send();
}
