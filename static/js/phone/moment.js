/** What day it is in the town. The server says it once; the phone's clock may be wrong, and only counts what passes. */

const HOUR = 60 * 60 * 1000;
let known = null; // the server's moment as its own wall clock reads (Shanghai), and both of the phone's clocks then
let shown = ""; // the day that the pages were last drawn for

/** `moment`: the server's own "2026-11-23T09:30:00+08:00". */
export function learn(moment) {
  // Read as if it were UTC: only the server's day is wanted, in no other zone.
  const wall = Date.parse(`${String(moment).slice(0, 19)}Z`);
  if (Number.isNaN(wall)) return;
  known = { wall, steady: performance.now(), clock: Date.now() };
  shown = shown || today();
}

/** How far the phone's clock was ahead of the server's at the latest answer, in milliseconds. */
export const ahead = () => (known ? known.clock - (known.wall - 8 * HOUR) : 0);

/** Whether that is from just now, and nobody has set the clock since. */
export function isSure() {
  if (!known) return false;
  const [steady, clock] = [performance.now() - known.steady, Date.now() - known.clock];
  return steady < HOUR / 12 && Math.abs(steady - clock) < 5000;
}

/** Today as a date field wants it, 2026-11-23; "" before the server has answered. */
export const today = () => (known ? new Date(known.wall + passed()).toISOString().slice(0, 10) : "");

// The steady clock stands still in many phones while they sleep, the other may be put back: the longer one is right.
function passed() {
  return Math.max(performance.now() - known.steady, Date.now() - known.clock);
}

/** Whether the server should be asked anew: somebody may have set the phone's clock in the meantime. */
export const isOld = () => !known || passed() > HOUR;

/** Calls `turned` when a page that stays open comes into another day, or is looked at again after that. */
export function whenDayTurns(turned) {
  const look = () => {
    if (shown === today()) return;
    shown = today();
    turned();
  };
  setInterval(look, 20000);
  document.addEventListener("visibilitychange", look);
}
