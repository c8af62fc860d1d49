/** 家里有变动 */
import { draw, empty } from "../frame.js";
export async function changes(page) { draw(page, { title: "家里有变动", main: empty("没有") }); }
export const change = changes;
