/** What forms that are kept in one save share: opened anew to be corrected, kept or sent, and what was wrong with them. */

import * as api from "../api.js";
import * as drafts from "../drafts.js";
import { el, fill } from "../dom.js";
import { clearFaults, showFaults } from "../faults.js";
import * as format from "../format.js";
import { note } from "../frame.js";
import { kindOf } from "../kinds.js";
import * as outbox from "../outbox.js";
import { argument, go, lastList } from "../router.js";
import * as store from "../store.js";
import { toast } from "../toast.js";

/** One that was refused and is opened to be corrected; it keeps its uuid, for the server has nothing under it. */
export async function toCorrect() {
  const wanted = argument("fix");
  return wanted ? (await outbox.look()).own.find(({ uuid }) => uuid === wanted) || null : null;
}

/**
 * Save what is in a form, once. `made`: {form, fault, uuid, before, busy, happened} of the form. `faults`: what is
 * lacking, said before it is written down: without a signal the server would say it too late. `record`: what the outbox
 * keeps of it; `draft`: the name of its draft; `kept()`; `told(data)`: what the toast says of it once it has arrived.
 */
export async function save(made, faults, { record, draft, kept, told }) {
  if (made.busy) return;
  fill(made.fault);
  clearFaults(made.form);
  if (Object.keys(faults).length) return showFaults(made.form, faults);
  made.busy = true;
  // Sent again after a lost answer it is the same record, its time included.
  made.happened = made.happened || (made.before && made.before.happened_at) || format.now();
  const whole = { ...record, happened_at: made.happened };
  await (store.keeps() ? keep(made, whole, draft, kept) : sendNow(made, whole, told));
  made.busy = false;
}

async function keep(made, record, draft, kept) {
  try {
    await outbox.add(made.uuid, record);
  } catch {
    return say(made, "手机存满了，这一条没存进手机。写的还在这一页，有信号再按一次。");
  }
  await drafts.drop(draft);
  kept();
  toast([`${record.title}“${record.short}”记下了。`, "有信号时自动送。"]);
  go(lastList());
  outbox.send();
}

/** Straight to the server, where the phone keeps nothing; the form stays until it has answered. */
async function sendNow(made, record, told) {
  const { address, body } = kindOf(record);
  const times = { happened_at: record.happened_at, sent_at: format.now() };
  const answer = await api.put(address(made.uuid, record), body(record, times));
  const photo = answer.kind === "ok" && record.photo ? await outbox.post(made.uuid, record) : answer;
  if (photo.kind !== "ok") return failed(made, photo);
  toast(told(answer.data));
  go(lastList());
}

/** `made.mend(faults)`: what the form changes of itself before they are shown in it. */
export function failed(made, answer) {
  if (answer.kind !== "invalid") return say(made, answer.says);
  if (made.mend && answer.data) made.mend(answer.data.errors || answer.data);
  const rest = showFaults(made.form, answer.data);
  if (rest.length || !made.form.querySelector("[aria-invalid]")) say(made, rest.join("") || answer.says);
}

function say(made, sentence) {
  if (!sentence) return;
  const told = note("no", el("p", {}, sentence));
  fill(made.fault, told);
  told.focus({ preventScroll: true });
  told.scrollIntoView({ block: "nearest" });
}
