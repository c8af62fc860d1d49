"""封存: what a phone seals so that only this server opens it (ECDH on P-256, HKDF, AES-256-GCM: what WebCrypto has).

The private keys are derived from the field keys, so there is no further secret to keep, and what was sealed for an
older key opens as long as that key is kept. Version 1 of the layout, in base64: 65 bytes of the sender's one-time
public point, 12 bytes of nonce, ciphertext and tag. The associated data is the record's uuid, lower case with dashes.
"""

import base64
import binascii

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from core.crypto import NONCE, TAG, Unreadable, derive

LABEL = "hongji sealing"
POINT = 65
_CURVE = ec.SECP256R1()
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_keys: dict[bytes, ec.EllipticCurvePrivateKey] = {}


def _private(kid: str) -> ec.EllipticCurvePrivateKey:
    """The key of one field key. 48 bytes make the remainder as good as even over the whole order of the curve."""
    try:
        master = settings.FIELD_KEYS[kid]
    except KeyError:
        raise Unreadable(f"no field key named {kid[:20]}") from None
    if master not in _keys:
        number = int.from_bytes(derive(master, LABEL, 48), "big") % (_ORDER - 1) + 1
        _keys[master] = ec.derive_private_key(number, _CURVE)
    return _keys[master]


def public_key() -> tuple[str, str]:
    """(kid, raw uncompressed point in base64) of the key that phones seal to now."""
    kid = next(iter(settings.FIELD_KEYS))
    point = _private(kid).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return kid, base64.b64encode(point).decode()


def _shared(secret: bytes, kid: str) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=b"hongji sealed 1 " + kid.encode()).derive(secret)


def open_sealed(kid: str, data: str, *, uuid: str) -> bytes:
    """The plain bytes; Unreadable if the key is gone, the text damaged, or it was sealed under another uuid."""
    private = _private(kid)
    try:
        blob = base64.b64decode(data, validate=True)
        if len(blob) < POINT + NONCE + TAG:
            raise ValueError("too short")
        sender = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, blob[:POINT])
        key = _shared(private.exchange(ec.ECDH(), sender), kid)
        nonce, sealed = blob[POINT : POINT + NONCE], blob[POINT + NONCE :]
        return AESGCM(key).decrypt(nonce, sealed, uuid.lower().encode())
    except (InvalidTag, ValueError, binascii.Error) as broken:
        raise Unreadable("sealed record") from broken
