"""Prints fresh keys for production, as lines for .env; it writes nothing and needs nothing but Python."""

import base64
import secrets


def key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


print(f"SECRET_KEY={secrets.token_urlsafe(60)}")
print(f"FIELD_KEYS=k1:{key()}")
print(f"FIELD_HASH_KEY={key()}")
