/** The phone's pages begin here: every address after # and the page that draws it. */

import * as api from "./api.js";
import * as band from "./band.js";
import { freshen } from "./days.js";
import { setWaiting } from "./frame.js";
import { listen } from "./keys.js";
import { fetchRest, later } from "./later.js";
import { left } from "./leaving.js";
import { whenDayTurns } from "./moment.js";
import * as outbox from "./outbox.js";
import * as release from "./release.js";
import { path, route, show, start } from "./router.js";
import * as store from "./store.js";
import * as vault from "./vault.js";
import { recall } from "./type.js";
import { due } from "./views/due.js";

const finding = () => import("./views/find.js");
const settling = () => import("./views/settled.js");
const changing = () => import("./views/change.js");

route("/", due);
// In the order in which they are fetched behind the list: first what is tapped first.
route("/h/:id", later(() => import("./views/visit.js"), "visit"));
route("/outbox", later(() => import("./views/outbox.js"), "box"));
route("/me", later(() => import("./views/me.js"), "mine"));
route("/todo", later(() => import("./views/todo.js"), "todo"));
route("/m/:uuid", later(() => import("./views/matter.js"), "matter"));
route("/h/:id/settled", later(settling, "settled", { rare: true }));
route("/settled", later(settling, "settled", { rare: true }));
route("/h/:id/deed", later(() => import("./views/deed.js"), "deed", { rare: true }));
route("/find", later(finding, "find"));
route("/all", later(finding, "all"));
route("/log", later(finding, "log"));
route("/h/:id/change", later(changing, "changes", { rare: true }));
route("/h/:id/change/:kind", later(changing, "change", { rare: true }));
// A page brought back whole by the browser may show what somebody saw who has left since.
addEventListener("pageshow", (event) => event.persisted && location.reload());

const MINUTE = 60000;
const AGAIN = 60000; // milliseconds between tries while something waits

async function count() {
  if (!store.keeps()) return;
  const { waiting, trouble } = await outbox.counts();
  band.tell({ waiting, trouble });
  setWaiting(waiting + trouble, "/outbox");
}

/** Another tab, or the service worker, has said something. */
function hear(word) {
  if (word === "left") location.reload();
  else if (word === "handed") store.whose();
  else outbox.hear();
}

/** What is kept is sent whenever there may be a signal again. */
function keepSending() {
  outbox.listen(count);
  api.listen((kind, before) => {
    band.redraw();
    // Not after "broken": among many records one answer breaks and the next does not, and sending would never end.
    if (kind === "ok" && !["broken", "slow"].includes(before)) outbox.send();
  });
  release.listen(band.redraw);
  vault.listen(hear);
  addEventListener("online", () => (band.redraw(), outbox.send()));
  addEventListener("offline", band.redraw);
  document.addEventListener("visibilitychange", () => document.hidden || vault.still().then(outbox.send));
  setInterval(band.redraw, MINUTE);
  setInterval(() => band.waits() && !document.hidden && outbox.send(), AGAIN);
}

/** Who has left without a signal is signed out first of all; then the pages begin. */
async function begin() {
  // Opened while the first answer is on its way; who cannot be given a place to keep things is told later.
  if (vault.able()) vault.database().catch(() => {});
  if (await left()) return;
  // On a new day the list is another one; a form begun yesterday stays, and only its days move on.
  whenDayTurns(() => (path() === "/" ? show() : freshen(document)));
  keepSending();
  listen();
  start();
  await store.me();
  await count();
  await fetchRest();
  if (store.keeps()) release.register();
}
recall();
begin();
