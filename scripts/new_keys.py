"""Prints fresh keys for production, as lines for .env; it writes nothing and needs nothing but Python.

With a key id (`make keys ARGS=k2`) one more key, to be put before those there are of its ring (docs/deploy.md).
"""

import base64
import secrets
import sys


def key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


if kid := "".join(sys.argv[1:]):
    print(f"{kid}:{key()}")
else:
    print(f"SECRET_KEY={secrets.token_urlsafe(60)}")
    print(f"FIELD_KEYS=k1:{key()}")
    print(f"FIELD_HASH_KEY={key()}")
    print(f"REPORT_KEYS=r1:{key()}")
