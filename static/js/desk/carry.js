// What is typed in one form of a page is not lost when another form of it is sent: it goes along in this tab
// (sessionStorage) and stands again in its place on that page. Pages say who they are by data-carries. It goes when it
// stands again, when the tab is closed, at sign-out on any tab and when somebody else is signed in.
"use strict";

(() => {
  const STORE = "hongji-typed";
  const page = document.querySelector("[data-carries]")?.dataset.carries;
  const user = document.body.dataset.user;
  const FIELDS = "input:not([type=hidden]):not([type=file]):not([type=password]), textarea, select";

  /** {user, pages: {page: {form: [[field, value, whether ticked or null], …]}}}; a browser that keeps nothing has none. */
  function read() {
    try {
      const found = JSON.parse(sessionStorage.getItem(STORE));
      if (found?.user === user) return found;
      sessionStorage.removeItem(STORE);
    } catch {
      // as if there were nothing
    }
    return { user, pages: {} };
  }

  function write(all) {
    try {
      if (Object.keys(all.pages).length) sessionStorage.setItem(STORE, JSON.stringify(all));
      else sessionStorage.removeItem(STORE);
    } catch {
      // no room: it is as it was without this
    }
  }

  // Each tab has a store of its own: who signs out on one of them has left them all.
  const tabs = "BroadcastChannel" in globalThis ? new BroadcastChannel(STORE) : null;
  tabs?.addEventListener("message", () => write({ user, pages: {} }));

  function leave() {
    write({ user, pages: {} });
    tabs?.postMessage("left");
  }

  /** Forms that are typed into, each under a name that is the same on the page that comes back. */
  function forms() {
    const found = new Map();
    for (const form of document.querySelectorAll('form[method="post"]')) {
      // What is said of the end of a sitting is kept by its page, under a key (sitting.js).
      if (!form.querySelector(FIELDS) || form.closest("header") || "needsAll" in form.dataset) continue;
      const name = form.id || form.getAttribute("action");
      let number = 0;
      while (found.has(`${name} ${number}`)) number += 1;
      found.set(`${name} ${number}`, form);
    }
    return found;
  }

  const ticks = (field) => field.type === "checkbox" || field.type === "radio";

  /** Other than as the page came; what the server brought back after a refusal (data-typed) is typed as well. */
  function isTyped(field, back) {
    if (ticks(field)) return field.checked !== field.defaultChecked || (back && field.checked);
    if (field.tagName !== "SELECT") return field.value !== field.defaultValue || (back && field.value !== "");
    const first = [...field.options].find((option) => option.defaultSelected) || field.options[0];
    return field.value !== first?.value || (back && field.value !== "");
  }

  function typedIn(form) {
    const back = form.hasAttribute("data-typed");
    const fields = [...form.elements].filter((field) => field.name && field.matches(FIELDS) && isTyped(field, back));
    const rows = fields.map((field) => [field.name, field.value, ticks(field) ? field.checked : null]);
    // Upon which writing it was typed goes with it: what somebody else has stored since is not undone unseen.
    const upon = form.elements.upon;
    return rows.length && upon ? [...rows, ["upon", upon.value, null]] : rows;
  }

  function putBack(form, rows) {
    for (const [name, value, checked] of rows) {
      const fields = [...form.elements].filter((field) => field.name === name);
      const field = checked === null ? fields[0] : fields.find((each) => each.value === value);
      if (!field) continue;
      if (checked === null) field.value = value;
      else field.checked = checked;
      for (let fold = field.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
      if (field.type !== "hidden") field.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }

  window.addEventListener("submit", (event) => {
    if (event.target.getAttribute("action") === "/logout/") return leave();
    if (!page || event.defaultPrevented) return;
    const all = read();
    const found = [...forms()].filter(([, form]) => form !== event.target).map(([name, form]) => [name, typedIn(form)]);
    const rows = found.filter(([, typed]) => typed.length);
    if (rows.length) all.pages[page] = Object.fromEntries(rows);
    else delete all.pages[page];
    write(all);
  });

  const all = read();
  if (!page || !all.pages[page]) return;
  const here = forms();
  for (const [name, rows] of Object.entries(all.pages[page])) if (here.has(name)) putBack(here.get(name), rows);
  delete all.pages[page];
  write(all);
})();
