/** Makes a photo small before it travels; drawing it anew also drops the position the camera wrote into it. */

import { toBase64 } from "./bytes.js";

const LONGEST = 1600;
const MOST = 8 * 1024 * 1024; // bytes, as the server has it: what cannot be drawn smaller goes as it is

/** A JPEG of at most 1600 pixels a side; the file itself where the browser cannot draw it. */
export async function smaller(file) {
  try {
    const image = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.8));
    return blob || file;
  } catch {
    return file;
  }
}

/** The same in base64, as a record carries it; "" without a photo, null where no server would take it. */
export async function packed(file) {
  if (!file) return "";
  const drawn = await smaller(file);
  return drawn.size > MOST ? null : toBase64(await drawn.arrayBuffer());
}
