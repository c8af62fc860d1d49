/** Seals a record so that only the server opens it: whoever holds the phone afterwards reads nothing (core/sealing.py). */

import { fromBase64, join, toBase64, utf8 } from "./bytes.js";

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const LABEL = "hongji sealed 1 ";

/**
 * @param {{kid: string, key: string, ticket: string}} sealing what /api/me/ gave: the public key and the signed proof
 * @param {string} uuid the record's, bound to the sealed bytes
 * @param {{visit: object, photo?: string}} record
 * @returns {Promise<string>} base64 of a one-time public point, 12 bytes of iv, AES-256-GCM
 */
export async function seal({ kid, key, ticket }, uuid, record) {
  const { subtle } = crypto;
  const theirs = await subtle.importKey("raw", fromBase64(key), CURVE, false, []);
  const once = await subtle.generateKey(CURVE, true, ["deriveBits"]);
  const shared = await subtle.deriveBits({ name: "ECDH", public: theirs }, once.privateKey, 256);
  const material = await subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const derived = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info: utf8(LABEL + kid) };
  const secret = await subtle.deriveKey(derived, material, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const plain = utf8(JSON.stringify({ ticket, uuid, ...record }));
  const closed = await subtle.encrypt({ name: "AES-GCM", iv, additionalData: utf8(uuid) }, secret, plain);
  return toBase64(join(await subtle.exportKey("raw", once.publicKey), iv, closed));
}
