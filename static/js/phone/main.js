/** The phone's pages begin here: every address after # and the page that draws it. */

import { listen } from "./keys.js";
import { route, start } from "./router.js";
import { change, changes } from "./views/change.js";
import { due } from "./views/due.js";
import { all, find, log } from "./views/find.js";
import { mine } from "./views/me.js";
import { todo } from "./views/todo.js";
import { visit } from "./views/visit.js";

route("/", due);
route("/find", find);
route("/all", all);
route("/log", log);
route("/todo", todo);
route("/me", mine);
route("/h/:id", visit);
route("/h/:id/change", changes);
route("/h/:id/change/:kind", change);
// A page brought back whole by the browser may show what somebody saw who has left since.
addEventListener("pageshow", (event) => event.persisted && location.reload());
listen();
start();
