/**
 * The first question, who is it and whom to visit, asked at once and while most modules are still on their way: on a
 * slow net the list would else wait for all of them first. Loads nothing that this question does not need.
 */

import * as api from "./api.js";
import { LEAVING, marked } from "./hands.js";

// Any other page has questions of its own.
const onList = ["", "#", "#/"].includes(location.hash);

/** Whether somebody has signed out here and the server does not know: nothing is asked in her name. */
export const hasLeft = marked(LEAVING);

let asking = hasLeft.then((gone) => (gone ? null : api.whoami(onList)));

/** The answer, once; null: it is to be asked anew. */
export function answer() {
  const found = asking;
  asking = null;
  return found;
}
