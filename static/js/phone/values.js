/** What stands in a form as plain values, and a form filled with them again: drafts and records to be corrected. */

const told = (node) => node.name && node.type !== "file" && node.type !== "submit";
const ticked = (node) => node.type === "checkbox" || node.type === "radio";

/** {name: [value, …]} of all that is chosen or written. */
export function valuesOf(form) {
  const values = {};
  for (const node of form.elements) {
    if (!told(node) || (ticked(node) ? !node.checked : !node.value)) continue;
    (values[node.name] = values[node.name] || []).push(node.value);
  }
  return values;
}

/**
 * Fill a fresh form as a hand would, so that what a choice opens is there for the next value. Returns the values that
 * have no place yet: some fields are drawn only when the household's card has come.
 */
export function fillIn(form, values) {
  const lacking = {};
  for (const name of inOrder(values)) {
    const nodes = [...form.elements].filter((node) => node.name === name);
    if (!nodes.length) lacking[name] = values[name];
    for (const node of nodes) fill(node, values[name]);
  }
  for (const part of form.querySelectorAll("details")) part.open = part.open || touched(part, values);
  return lacking;
}

function fill(node, values) {
  if (!ticked(node)) {
    node.value = values[0];
  } else if (values.includes(node.value) && !node.checked) {
    node.checked = true;
    node.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

// 五必知 first: each tick opens the questions whose answers follow.
const inOrder = (values) => Object.keys(values).sort((a, b) => (b === "finding") - (a === "finding"));

const touched = (part, values) =>
  [...part.querySelectorAll("input, textarea")].some(
    (node) => node.name in values && (!ticked(node) || values[node.name].includes(node.value)),
  );
