/** The size of the type on this phone: a setting that stays here when people change, and says nothing of anybody. */

const KEPT = "type";
/** [[code, word], …]; the sizes themselves stand in phone.css. */
export const SIZES = [
  ["", "标准"],
  ["large", "大"],
  ["largest", "特大"],
];

export const size = () => document.documentElement.dataset.type || "";

/** Draw everything in this size from now on. */
export function choose(code) {
  wear(code);
  try {
    localStorage.setItem(KEPT, code);
  } catch {
    // A browser that keeps nothing shows it until the page is closed.
  }
}

/** The size chosen before; at the start, before anything is drawn. */
export function recall() {
  try {
    wear(localStorage.getItem(KEPT));
  } catch {
    // As above: the usual size.
  }
}

function wear(code) {
  const known = SIZES.some(([each]) => each && each === code);
  if (known) document.documentElement.dataset.type = code;
  else delete document.documentElement.dataset.type;
}
