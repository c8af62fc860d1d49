/** Dates and counts as people say them: 11月23日, 星期一, 还剩 7 天. */

const WEEKDAYS = ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"];
const DAY = 24 * 60 * 60 * 1000;

// A bare date is counted in UTC on purpose: it has no zone, and so no zone can move it.
const count = (iso) => Date.parse(`${iso.slice(0, 10)}T00:00:00Z`);

/** 2026-11-23 → 11月23日; with the year where it is not this year's. */
export function day(iso, today = "") {
  if (!iso) return "";
  const [year, month, date] = iso.slice(0, 10).split("-").map(Number);
  const words = `${month}月${date}日`;
  return today && !iso.startsWith(today.slice(0, 4)) ? `${year}年${words}` : words;
}

/** 2026-11-23 → 星期一 */
export function weekday(iso) {
  return WEEKDAYS[new Date(count(iso)).getUTCDay()];
}

/** Days from one date to another. */
export function daysBetween(from, to) {
  return Math.round((count(to) - count(from)) / DAY);
}

/** 今天, 昨天, 3 天前 */
export function ago(iso, today) {
  const days = daysBetween(iso, today);
  return days < 2 ? ["今天", "昨天"][Math.max(days, 0)] : `${days} 天前`;
}

/** 本月待访 7 户，还剩 7 天 */
export function daysLeft(today, last) {
  const days = daysBetween(today, last);
  return days > 0 ? `还剩 ${days} 天` : "今天是最后一天";
}

/** This moment by the phone's clock, with its zone. */
export function now() {
  return new Date().toISOString();
}

/** 志愿服务 2 分／小时: what one deed is worth, and of what, where there may be more than one of it. */
export function deed([, title, points, unit, most]) {
  return `${title} ${points} 分${most > 1 ? `／${unit}` : ""}`;
}
