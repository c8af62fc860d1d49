/** Puts the server's sentences about a form beside its fields, and takes them away again. */

import { el, icon } from "./dom.js";

/** {field: [sentence]} in either of the API's wordings; what belongs to no field is under "". */
function byField(data) {
  const told = (data && data.errors) || data || {};
  const faults = {};
  for (const [name, sentences] of Object.entries(told)) {
    if (name === "detail") continue;
    const known = name === "non_field_errors" || name === "__all__" ? "" : name;
    faults[known] = [sentences].flat(Infinity).filter((line) => typeof line === "string");
  }
  return faults;
}

/** Show every sentence at its field; returns those that have no field here. Focus goes to the first. */
export function showFaults(form, data) {
  clearFaults(form);
  const rest = [];
  let first = null;
  for (const [name, sentences] of Object.entries(byField(data))) {
    const place = name && form.querySelector(`[data-field="${CSS.escape(name)}"]`);
    const control = place && mark(place, name, sentences);
    if (!place) rest.push(...sentences);
    first = first || control;
  }
  if (first) {
    first.focus({ preventScroll: true });
    first.closest("[data-field]").scrollIntoView({ block: "center" });
  }
  return rest;
}

function mark(place, name, sentences) {
  const id = `fault-${name}`;
  place.classList.add("field-bad");
  place.append(el("p", { class: "field-error", id }, icon("alert"), el("span", {}, sentences.join(""))));
  for (let part = place.closest("details"); part; part = part.parentElement.closest("details"))
    part.open = true;
  const control = place.querySelector("input, textarea, select");
  if (control) {
    control.setAttribute("aria-invalid", "true");
    control.dataset.describedby = control.getAttribute("aria-describedby") || "";
    control.setAttribute("aria-describedby", `${control.dataset.describedby} ${id}`.trim());
  }
  return control;
}

export function clearFaults(form) {
  for (const line of form.querySelectorAll(".field-error")) line.remove();
  for (const place of form.querySelectorAll(".field-bad")) place.classList.remove("field-bad");
  for (const control of form.querySelectorAll("[aria-invalid]")) {
    control.removeAttribute("aria-invalid");
    if (control.dataset.describedby) control.setAttribute("aria-describedby", control.dataset.describedby);
    else control.removeAttribute("aria-describedby");
  }
}
