"""What a phone does to a record it must not read again: the same steps as its WebCrypto, in Python."""

import base64
import json
import os

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def seal(plain: bytes, *, key: str, kid: str, uuid: str) -> str:
    """`key` is the server's raw point in base64; the layout of version 1 in base64 comes back."""
    server = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), base64.b64decode(key))
    mine, nonce = ec.generate_private_key(ec.SECP256R1()), os.urandom(12)
    info = b"hongji sealed 1 " + kid.encode()
    secret = HKDF(hashes.SHA256(), 32, salt=bytes(32), info=info).derive(mine.exchange(ec.ECDH(), server))
    point = mine.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.b64encode(point + nonce + AESGCM(secret).encrypt(nonce, plain, str(uuid).encode())).decode()


def seal_record(
    sealing: dict, *, uuid: str, visit: dict, photo: str | None = None, **changes: object
) -> dict:
    """One entry of POST /api/sealed/, made with what /api/me/ told: `changes` put something else inside."""
    plain = {"ticket": sealing["ticket"], "uuid": str(uuid), "visit": visit} | changes
    if photo is not None:
        plain["photo"] = photo
    data = seal(json.dumps(plain).encode(), key=sealing["key"], kid=sealing["kid"], uuid=str(uuid))
    return {"uuid": str(uuid), "kid": sealing["kid"], "data": data}
