/** The pages as an installed thing: the service worker, a new release of it, and the place on the home screen. */

const hearers = new Set();
let waiting = null; // a new release that is here and not yet in use
let prompt = null; // the browser's own question, asked when the person wants it

/** `hear()`: a new release waits, or the home screen may be asked for. */
export const listen = (hear) => hearers.add(hear);
const announce = () => hearers.forEach((hear) => hear());

export const isWaiting = () => Boolean(waiting);
export const canInstall = () => Boolean(prompt);
export const isInstalled = () => matchMedia("(display-mode: standalone)").matches;

addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  prompt = event;
  announce();
});

/** Begin to keep the shell; after the first page, for nothing on it waits for this. */
export async function register() {
  if (!("serviceWorker" in navigator)) return;
  try {
    const registration = await navigator.serviceWorker.register("/sw.js");
    look(registration);
    registration.addEventListener("updatefound", () => {
      const worker = registration.installing;
      if (worker) worker.addEventListener("statechange", () => look(registration));
    });
    document.addEventListener("visibilitychange", () => document.hidden || registration.update().catch(() => {}));
  } catch {
    // Without it the pages work as long as there is a signal.
  }
}

function look(registration) {
  // The first one of all has nothing to replace.
  waiting = navigator.serviceWorker.controller ? registration.waiting : null;
  announce();
}

/** 换上: the new release takes over, and the page is opened anew with it. */
export function takeOver() {
  if (!waiting) return;
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  waiting.postMessage("take over");
}

export async function install() {
  if (!prompt) return;
  const asked = prompt;
  prompt = null;
  await asked.prompt();
  announce();
}
