"""Secrets at rest: SM4-GCM under named keys, and a keyed hash (HMAC-SM3) by which an equal value is found again.

No kept library does both with the national ciphers. The layout is `kid.base64(nonce ‖ ciphertext ‖ tag)`; the
associated data names the model and the field, so that a value copied into another column does not open.
"""

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

NONCE, TAG = 12, 16


class Unreadable(Exception):
    """A stored value does not open: key missing, value damaged, or moved from another column."""


def derive(key: bytes, purpose: str, length: int = 16) -> bytes:
    """A key of its own for one purpose, so that no two uses share one."""
    return HKDF(hashes.SHA256(), length, salt=None, info=purpose.encode()).derive(key)


_derived: dict[tuple[bytes, str], bytes] = {}


def _key_for(kid: str, purpose: str) -> bytes:
    try:
        master = settings.FIELD_KEYS[kid]
    except KeyError:
        raise Unreadable(f"no field key named {kid}") from None
    if (master, purpose) not in _derived:
        _derived[master, purpose] = derive(master, purpose)
    return _derived[master, purpose]


def encrypt_bytes(data: bytes, *, context: str) -> bytes:
    """Encrypt `data` under the current key; `context` must be given again to open it."""
    kid = next(iter(settings.FIELD_KEYS))
    nonce = os.urandom(NONCE)
    box = Cipher(algorithms.SM4(_key_for(kid, "field")), modes.GCM(nonce)).encryptor()
    box.authenticate_additional_data(context.encode())
    sealed = box.update(data) + box.finalize()
    return kid.encode() + b"." + nonce + sealed + box.tag


def decrypt_bytes(blob: bytes, *, context: str) -> bytes:
    """Open what encrypt_bytes made; Unreadable if key, bytes or context are not the same."""
    kid, _, rest = bytes(blob).partition(b".")
    nonce, sealed, tag = rest[:NONCE], rest[NONCE:-TAG], rest[-TAG:]
    try:
        box = Cipher(algorithms.SM4(_key_for(kid.decode(), "field")), modes.GCM(nonce, tag)).decryptor()
        box.authenticate_additional_data(context.encode())
        return box.update(sealed) + box.finalize()
    except (InvalidTag, ValueError) as broken:
        raise Unreadable(context) from broken


def encrypt(text: str, *, context: str) -> str:
    kid, _, rest = encrypt_bytes(text.encode(), context=context).partition(b".")
    return f"{kid.decode()}.{base64.b64encode(rest).decode()}"


def decrypt(token: str, *, context: str) -> str:
    kid, _, rest = token.partition(".")
    try:
        return decrypt_bytes(kid.encode() + b"." + base64.b64decode(rest), context=context).decode()
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
