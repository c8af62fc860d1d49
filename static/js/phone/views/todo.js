/** 待办 */
import { el } from "../dom.js";
import { draw, empty } from "../frame.js";
export async function todo(page) { draw(page, { title: "待办", tab: "/todo", main: empty("没有要办的事") }); }
