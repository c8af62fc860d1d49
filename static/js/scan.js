// The camera reads a card and sends its form: at a shop's counter, and where people come to an activity. Where nothing
// can be scanned the button stays away, and one types.
"use strict";

const scan = document.getElementById("scan");
const typed = scan && document.getElementById(scan.dataset.typed); // where one types what cannot be scanned
if (scan && "BarcodeDetector" in window && navigator.mediaDevices) {
  scan.hidden = false;
  if (document.activeElement === typed) typed.blur(); // no keyboard over the button that most will press
  scan.addEventListener("click", read);
}

async function read() {
  const box = document.getElementById("camera");
  const video = document.getElementById("video");
  const fault = document.getElementById("no-camera");
  let stream;
  fault.hidden = true;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    video.srcObject = stream;
    await video.play();
  } catch {
    stream?.getTracks().forEach((track) => track.stop());
    fault.hidden = false;
    typed.focus();
    return;
  }
  scan.hidden = true;
  box.hidden = false;
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  let on = true;
  const stop = () => {
    on = false;
    stream.getTracks().forEach((track) => track.stop());
    box.hidden = true;
    scan.hidden = false;
  };
  document.getElementById("stop").addEventListener("click", stop, { once: true });
  window.addEventListener("pagehide", stop, { once: true });
  while (on) {
    const found = await detector.detect(video).catch(() => []);
    if (on && found.length) {
      stop();
      const form = document.getElementById("scan-form");
      form.elements.code.value = found[0].rawValue;
      form.submit();
      return;
    }
    await new Promise((done) => setTimeout(done, 150));
  }
}
