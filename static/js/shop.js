// Behind the counter: the steppers count, and one button sends what was chosen. It says what
// is known and nothing more: without a signal nothing was sent; where the answer was lost, pressing again costs nothing.
"use strict";

const WAIT = 20000; // ms for an answer
const SAYS = {
  offline: "没有信号，现在不能兑换，分没有动。余额和货要当场查，有了信号再按“兑换”。",
  lost: "没有收到回话，还不知道这一笔成没成，先别给东西。再按一次“兑换”，不会扣两次。",
};

// --- take back -----------------------------------------------------------------------------------------------------

document.querySelector(".undo")?.addEventListener("toggle", (event) => {
  if (!event.target.open) return;
  event.target.querySelector("#words").focus({ preventScroll: true });
  event.target.querySelector("form").scrollIntoView({ block: "end" });
});

// --- choose -------------------------------------------------------------------------------------------------------

const number = (input) => Number.parseInt(input.value, 10) || 0;

function draw(form) {
  const items = [...form.querySelectorAll("[data-price]")];
  const each = items.map((item) => ({ item, input: item.querySelector(".step-n"), price: Number(item.dataset.price) }));
  const cost = each.reduce((sum, { input, price }) => sum + number(input) * price, 0);
  const count = each.reduce((sum, { input }) => sum + number(input), 0);
  const rest = Number(form.dataset.most) - cost;
  for (const { item, input, price } of each) {
    const n = number(input);
    const [less, more] = item.querySelectorAll("[data-step]");
    const short = n ? 0 : price - rest;
    item.classList.toggle("item-on", n > 0);
    input.classList.toggle("step-none", n === 0 && document.activeElement !== input);
    less.hidden = n === 0;
    more.disabled = price > rest || n >= Number(item.dataset.stock);
    const said = item.querySelector("[data-short]");
    said.hidden = short <= 0;
    said.querySelector("span").textContent = short;
  }
  form.querySelector("[data-cost]").textContent = cost;
  form.querySelector("[data-rest]").textContent = rest;
  form.querySelector("[data-count]").textContent = count ? ` ${count} 件` : "";
  const pin = form.querySelector("#pin-field");
  if (pin) pin.hidden = Number(form.dataset.pinFrom) > 1 && cost < Number(form.dataset.pinFrom);
}

function begin(form) {
  form.querySelectorAll("[data-step]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => {
      const input = button.parentElement.querySelector(".step-n");
      input.value = Math.max(0, number(input) + Number(button.dataset.step));
      draw(form);
    });
  });
  form.addEventListener("input", () => draw(form));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    hand(form);
  });
  draw(form);
  (form.querySelector("[aria-invalid]") || form.querySelector("[data-fault]"))?.focus();
}

function tell(words) {
  const band = document.getElementById("no-signal");
  band.hidden = !words;
  band.querySelector("span").textContent = words;
  if (words) band.scrollIntoView({ block: "nearest" });
}

// What was wrong with the try before says nothing about this one, whose answer may never arrive.
function forget(form) {
  form.querySelectorAll("[data-fault], #pin-bad").forEach((told) => told.remove());
  form.querySelector("#pin-field")?.classList.remove("field-bad");
  form.querySelector("#pin")?.removeAttribute("aria-invalid");
}

async function hand(form) {
  if (form.dataset.busy) return;
  if (!navigator.onLine) return tell(SAYS.offline);
  form.dataset.busy = "1";
  const button = document.getElementById("go");
  const label = button.innerHTML;
  button.textContent = "正在兑…";
  tell("");
  forget(form);
  let answer, text;
  const patience = new AbortController();
  const over = setTimeout(() => patience.abort(), WAIT);
  try {
    answer = await fetch(form.action || location.href, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { Accept: "application/json" },
      signal: patience.signal,
    });
    text = await answer.text();
  } catch {
    delete form.dataset.busy;
    button.innerHTML = label;
    return tell(SAYS.lost);
  } finally {
    clearTimeout(over);
  }
  if (answer.redirected) return location.assign(answer.url);
  if ((answer.headers.get("Content-Type") || "").startsWith("application/json")) {
    return location.replace(JSON.parse(text).go);
  }
  const next = new DOMParser().parseFromString(text, "text/html").getElementById("goods-form");
  if (next) {
    form.replaceWith(next);
    begin(next);
  } else if (answer.status >= 500) {
    delete form.dataset.busy;
    button.innerHTML = label;
    tell(SAYS.lost);
  } else {
    form.submit(); // the page that says why: the same redemption, so nothing is done twice
  }
}

const goods = document.getElementById("goods-form");
if (goods) {
  window.addEventListener("pageshow", () => delete document.getElementById("goods-form").dataset.busy);
  begin(goods);
  window.addEventListener("offline", () => tell(SAYS.offline));
  window.addEventListener("online", () => {
    if (document.getElementById("no-signal").textContent.includes(SAYS.offline)) tell("");
  });
  if (!navigator.onLine) tell(SAYS.offline);
}
