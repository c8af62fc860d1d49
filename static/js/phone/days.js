/** Fields for a day that is past or today: their bound and what they propose follow the town's day over midnight. */

import { today } from "./moment.js";

/** Bring every such field under `root` to today. A day that somebody chose herself stays. */
export function freshen(root) {
  const now = today();
  if (!now) return;
  for (const input of root.querySelectorAll("input[data-past]")) {
    input.max = now;
    if (input.dataset.proposes === undefined || input.value !== (input.dataset.proposed || "")) continue;
    input.value = input.dataset.proposed = now;
  }
}
