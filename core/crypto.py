"""Secrets at rest: SM4-GCM under named keys, and a keyed hash (HMAC-SM3) by which an equal value is found again.

No kept library does both with the national ciphers. The layout is `kid.base64(nonce ‖ ciphertext ‖ tag)`; the
associated data names the model and the field, so that a value copied into another column does not open.

A ring is a setting that holds key id → key, the newest first. Most of what is sealed is under FIELD; what must not
open with the others' keys has a ring of its own (SealedField(ring=…)).
"""

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

NONCE, TAG = 12, 16
FIELD = "FIELD_KEYS"


class Unreadable(Exception):
    """A stored value does not open: key missing, value damaged, or moved from another column."""


def derive(key: bytes, purpose: str, length: int = 16) -> bytes:
    """A key of its own for one purpose, so that no two uses share one."""
    return HKDF(hashes.SHA256(), length, salt=None, info=purpose.encode()).derive(key)


_derived: dict[tuple[bytes, str], bytes] = {}


def newest(ring: str = FIELD) -> str:
    """The name of the key of a ring that seals now."""
    return next(iter(getattr(settings, ring)))


def _key_for(kid: str, purpose: str, ring: str) -> bytes:
    try:
        master = getattr(settings, ring)[kid]
    except KeyError:
        raise Unreadable(f"no key named {kid} in {ring}") from None
    if (master, purpose) not in _derived:
        _derived[master, purpose] = derive(master, purpose)
    return _derived[master, purpose]


def encrypt_bytes(data: bytes, *, context: str, ring: str = FIELD) -> bytes:
    """Encrypt `data` under the newest key of a ring; `context` must be given again to open it."""
    kid = newest(ring)
    nonce = os.urandom(NONCE)
    box = Cipher(algorithms.SM4(_key_for(kid, "field", ring)), modes.GCM(nonce)).encryptor()
    box.authenticate_additional_data(context.encode())
    sealed = box.update(data) + box.finalize()
    return kid.encode() + b"." + nonce + sealed + box.tag


def decrypt_bytes(blob: bytes, *, context: str, ring: str = FIELD) -> bytes:
    """Open what encrypt_bytes made; Unreadable if key, bytes, context or ring are not the same."""
    kid, _, rest = bytes(blob).partition(b".")
    nonce, sealed, tag = rest[:NONCE], rest[NONCE:-TAG], rest[-TAG:]
    try:
        box = Cipher(algorithms.SM4(_key_for(kid.decode(), "field", ring)), modes.GCM(nonce, tag)).decryptor()
        box.authenticate_additional_data(context.encode())
        return box.update(sealed) + box.finalize()
    except (InvalidTag, ValueError) as broken:
        raise Unreadable(context) from broken


def encrypt(text: str, *, context: str, ring: str = FIELD) -> str:
    kid, _, rest = encrypt_bytes(text.encode(), context=context, ring=ring).partition(b".")
    return f"{kid.decode()}.{base64.b64encode(rest).decode()}"


def decrypt(token: str, *, context: str, ring: str = FIELD) -> str:
    kid, _, rest = token.partition(".")
    try:
        blob = kid.encode() + b"." + base64.b64decode(rest)
        return decrypt_bytes(blob, context=context, ring=ring).decode()
    except ValueError as broken:
        raise Unreadable(context) from broken


def blind_index(value: str, *, purpose: str) -> str:
    """A keyed hash of an already normalised value: equal values meet, nothing can be read back or guessed."""
    mac = hmac.HMAC(_hash_key(purpose), hashes.SM3())
    mac.update(value.encode())
    return base64.urlsafe_b64encode(mac.finalize()[:24]).decode()


def _hash_key(purpose: str) -> bytes:
    found = _derived.get((settings.HASH_KEY, purpose))
    if found is None:
        found = _derived[settings.HASH_KEY, purpose] = derive(settings.HASH_KEY, f"hash:{purpose}", 32)
    return found
