// The batch entry of a round sheet: the keyboard alone, one line at a time. Enter saves a line and goes to the next one
// that is not entered yet; the server keeps each line by itself, so that the page can be left and opened again midway.

const sheet = document.getElementById("round");
const jump = document.getElementById("jump");
const visitor = document.getElementById("visitor");
const companion = document.getElementById("companion");
const PARTS = ["day", "seen", "knows", "words"];
const CUT_OFF = "没有连上，这一行还没存。连上了会自己再送，也可以按 Enter。";
const SIGNED_OUT = "登录过期了，这一行还没存。另开一页登录，回来按 Enter。";
// A question that comes while somebody types on must not take her next key for an answer.
const TAKES_BREATH = 500;
const ASKS = { twin: "ask" };
const STRANGER = "这一页上换了人登录，这一行没有存。要用您自己的号登录，回来按 Enter。";

let lastDay = sheet ? sheet.dataset.lastDay : "";
let csrf = sheet ? JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"] : "";
let sending = Promise.resolve();

const rows = () => [...document.querySelectorAll(".round-row")];
const isOpen = (row) => !("saved" in row.dataset) && !("sent" in row.dataset);
const part = (row, name) => row.querySelector(`[data-part="${name}"]`);
const told = (row) => row.querySelector(".round-told");
const knows = (row) => [...row.querySelectorAll('[data-part="knows"]')];

// --- going about ------------------------------------------------------------------------------------------

function goTo(row, name = "day") {
  const at = part(row, name);
  if (!at) return;
  if (name === "day" && !at.value && !("typed" in row.dataset)) at.value = lastDay;
  at.focus();
  if (at.select) at.select();
  row.scrollIntoView({ block: "nearest" });
}

function goOn(row) {
  const all = rows();
  const from = all.indexOf(row);
  const next = [...all.slice(from + 1), ...all.slice(0, from + 1)].find((each) => isOpen(each) && each !== row);
  if (next) goTo(next);
  else jump.focus();
}

function step(row, way, name) {
  const all = rows();
  for (let at = all.indexOf(row) + way; at >= 0 && at < all.length; at += way) {
    if (isOpen(all[at])) {
      goTo(all[at], name);
      return;
    }
  }
}

/** A day that was only offered is taken back when the line is left without a word about it. */
function leave(row) {
  if (isOpen(row) && !("typed" in row.dataset)) part(row, "day").value = "";
}

/** Somebody wrote something: a question that was asked about the line as it was is asked anew. */
function typed(row) {
  row.dataset.typed = "";
  row.querySelector(".round-ask")?.remove();
}

// --- saving -----------------------------------------------------------------------------------------------

/** `answer`: what to do with the visit that stands there already, and the number it was asked with. */
function content(row, answer) {
  return {
    day: part(row, "day").value,
    seen: part(row, "seen").value,
    knows: knows(row).filter((each) => each.checked).map((each) => each.value),
    words: part(row, "words").value,
    clerk: Number(sheet.dataset.user),
    visitor: Number(visitor.value) || null,
    companion: Number(companion.value) || null,
    ...answer,
  };
}

/** 24, 10-24, 10月24日: what the server can read, said before the line is left. */
function isDay(text) {
  const found = /^(?:(\d{1,2})[-./月])?(\d{1,2})日?$/.exec(text);
  if (!found) return false;
  const [month, day] = [Number(found[1] ?? 1), Number(found[2])];
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

function save(row, answer = ASKS) {
  if (!visitor.value) {
    fault(row, "先选走访人，再录。");
    visitor.focus();
    return;
  }
  const day = part(row, "day").value.trim();
  if (!isDay(day)) {
    fault(row, day ? `没有 ${day} 这一天。填几号，如 24；别的月写成 10-24。` : "填日期：只写几号就行。");
    goTo(row);
    return;
  }
  row.dataset.typed = row.dataset.sent = "";
  lastDay = day;
  say(row, "正在存…");
  const body = JSON.stringify(content(row, answer));
  sending = sending.then(() => send(row, body)).catch(() => unsent(row, CUT_OFF));
  goOn(row);
}

async function ask(address, body) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": csrf };
  return fetch(address, { method: "POST", headers, body, redirect: "manual", credentials: "same-origin" });
}

async function send(row, body) {
  let answer = await ask(row.dataset.url, body);
  if (answer.status === 403) {
    // Signed in anew on another page: the token is another one since.
    const me = await fetch("/api/me/", { redirect: "manual", cache: "no-store" });
    if (me.ok) {
      const person = await me.json();
      if (String(person.id) !== sheet.dataset.user) return unsent(row, STRANGER);
      csrf = person.csrf;
      answer = await ask(row.dataset.url, body);
    }
  }
  if (answer.type === "opaqueredirect" || answer.status === 401) return unsent(row, SIGNED_OUT);
  const found = (answer.headers.get("Content-Type") || "").includes("json") ? await answer.json() : {};
  if (answer.ok && found.outcome === "saved") return saved(row, found);
  if (answer.status === 409) return question(row, found);
  if (answer.status === 422) {
    fault(row, found.fault);
    if (found.field === "day" && lastDay === part(row, "day").value.trim()) lastDay = "";
    if (found.field === "visitor") visitor.focus();
    else goTo(row, PARTS.includes(found.field) ? found.field : "day");
    return undefined;
  }
  if (answer.status === 403) fault(row, "这一行不归您录。要录，找村党组织书记。");
  else unsent(row, `服务器没有存下（${answer.status}），这一行还没存。按 Enter 再存一遍。`);
  return undefined;
}

// --- what became of it ------------------------------------------------------------------------------------

function say(row, sentence) {
  told(row).textContent = sentence;
  row.classList.remove("round-bad", "round-unsent");
}

function fault(row, sentence) {
  delete row.dataset.sent;
  say(row, sentence);
  row.classList.add("round-bad");
  count();
}

function unsent(row, sentence) {
  delete row.dataset.sent;
  say(row, sentence);
  row.classList.add("round-unsent");
  count();
}

function saved(row, found) {
  const held = row.contains(document.activeElement);
  row.dataset.saved = "";
  say(row, "");
  const ok = document.getElementById("ok").content.cloneNode(true);
  ok.querySelector(".state").append(found.number);
  const cells = row.querySelectorAll("td");
  cells[2].textContent = found.day;
  cells[3].textContent = [found.summary, found.late].filter(Boolean).join("。");
  cells[3].colSpan = 3;
  cells[4].remove();
  cells[5].remove();
  cells[6].replaceChildren(ok);
  count();
  retry();
  if (held) goOn(row);
}

function question(row, found) {
  delete row.dataset.sent;
  say(row, "");
  const asked = document.getElementById("ask").content.cloneNode(true);
  asked.querySelector("[data-question]").textContent = found.question;
  const same = asked.querySelector("[data-same]");
  const other = asked.querySelector("[data-other]");
  const after = (how) => () => "ready" in same.dataset && save(row, { twin: how, shown: found.number });
  same.textContent = found.same.words;
  same.addEventListener("click", after(found.same.how));
  other.addEventListener("click", after("other"));
  setTimeout(() => { same.dataset.ready = ""; }, TAKES_BREATH);
  told(row).append(asked);
  row.classList.add("round-bad");
  same.focus();
  row.scrollIntoView({ block: "nearest" });
}

function count() {
  const all = rows();
  document.getElementById("done").textContent = all.filter((row) => "saved" in row.dataset).length;
  const left = all.filter((row) => row.matches(".round-unsent")).length;
  const words = document.getElementById("unsent");
  words.hidden = !left;
  words.textContent = left ? `，${left} 行还没存下` : "";
}

/** Whatever could not be sent goes once the server is there again. */
function retry() {
  rows().filter((row) => row.matches(".round-unsent") && isOpen(row)).forEach((row) => {
    row.dataset.sent = "";
    say(row, "正在存…");
    const body = JSON.stringify(content(row, ASKS));
    sending = sending.then(() => send(row, body)).catch(() => unsent(row, CUT_OFF));
  });
}

// --- keys -------------------------------------------------------------------------------------------------

function onSeen(event, row) {
  const choice = part(row, "seen");
  if (/^[1-3]$/.test(event.key)) {
    event.preventDefault();
    choice.selectedIndex = Number(event.key) - 1;
    typed(row);
    knows(row)[0].focus();
  } else if (event.key === "Backspace") {
    event.preventDefault();
    part(row, "day").focus();
    part(row, "day").select();
  } else if (/^[-.]$/.test(event.key)) {
    // 10-24: the month was taken for a day.
    event.preventDefault();
    const day = part(row, "day");
    day.value += "-";
    day.focus();
    day.setSelectionRange(day.value.length, day.value.length);
  }
}

function onKnows(event, row) {
  const boxes = knows(row);
  const at = boxes.indexOf(event.target);
  if (/^[1-5]$/.test(event.key)) {
    event.preventDefault();
    const box = boxes[Number(event.key) - 1];
    box.checked = !box.checked;
    typed(row);
  } else if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
    event.preventDefault();
    boxes[(at + (event.key === "ArrowRight" ? 1 : 4)) % 5].focus();
  }
}

function onKey(event) {
  if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
  const row = event.target.closest(".round-row");
  if (event.target === jump) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const wanted = document.getElementById(`row-${Number(jump.value)}`);
    if (wanted && isOpen(wanted)) goTo(wanted);
    else if (wanted) wanted.scrollIntoView({ block: "nearest" });
    jump.value = "";
    return;
  }
  if (event.target.tagName === "BUTTON") return;
  const name = event.target.dataset.part;
  if ((event.key === "/" && name !== "words") || event.key === "F2") {
    event.preventDefault();
    jump.focus();
    jump.select();
  } else if (!row || !name) {
    if (event.key === "Enter" && (event.target === visitor || event.target === companion)) begin(event);
  } else if (event.key === "Enter") {
    event.preventDefault();
    if (isOpen(row)) save(row);
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    step(row, event.key === "ArrowDown" ? 1 : -1, name);
  } else if (name === "seen") {
    onSeen(event, row);
  } else if (name === "knows") {
    onKnows(event, row);
  }
}

function onInput(event) {
  const row = event.target.closest(".round-row");
  if (!row) return;
  typed(row);
  if (event.target.dataset.part !== "day") return;
  // Two digits are a day, and so is one from 4 up: on to the next box.
  if (/^([4-9]|\d\d|\d{1,2}[-.]([4-9]|\d\d))$/.test(event.target.value.trim())) part(row, "seen").focus();
}

function begin(event) {
  event.preventDefault();
  const first = rows().find(isOpen);
  if (first) goTo(first);
}

function isUnsaved(row) {
  return !("saved" in row.dataset) && ("typed" in row.dataset || "sent" in row.dataset);
}

if (sheet) {
  sheet.addEventListener("keydown", onKey);
  sheet.addEventListener("input", onInput);
  sheet.addEventListener("change", (event) => {
    const row = event.target.closest(".round-row");
    if (row) typed(row);
  });
  sheet.addEventListener("focusout", (event) => {
    const row = event.target.closest(".round-row");
    if (row && !row.contains(event.relatedTarget)) leave(row);
  });
  sheet.addEventListener("focusin", (event) => {
    const row = event.target.closest(".round-row");
    if (!row || event.target.dataset.part !== "day" || event.target.value || "typed" in row.dataset) return;
    event.target.value = lastDay;
    event.target.select();
  });
  window.addEventListener("online", retry);
  window.addEventListener("beforeunload", (event) => rows().some(isUnsaved) && event.preventDefault());
  if (visitor.value) {
    const first = rows().find(isOpen);
    if (first) goTo(first);
  } else {
    visitor.focus();
  }
}
