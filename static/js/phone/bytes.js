/** Bytes as text and back: base64 for what travels, UTF-8 for what is read. */

const STEP = 0x8000; // more arguments at once are too many for some browsers

export const utf8 = (text) => new TextEncoder().encode(text);
export const read = (bytes) => new TextDecoder().decode(bytes);

export function toBase64(bytes) {
  const all = new Uint8Array(bytes);
  let text = "";
  for (let at = 0; at < all.length; at += STEP)
    text += String.fromCharCode.apply(null, all.subarray(at, at + STEP));
  return btoa(text);
}

export function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

export function join(...parts) {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    all.set(new Uint8Array(part), at);
    at += part.byteLength;
  }
  return all;
}
