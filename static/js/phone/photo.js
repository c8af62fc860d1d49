/** Makes a photo small before it travels; drawing it anew also drops the position the camera wrote into it. */

const LONGEST = 1600;

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
