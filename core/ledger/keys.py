"""The hidden key of an exported row: it names the row to us and to nobody else, in this ledger and place alone."""

import base64
import hmac
from functools import lru_cache

from django.conf import settings

KEY_TITLE = "行标识（勿改）"


@lru_cache(maxsize=4)
def _derived(secret: bytes) -> bytes:
    return hmac.digest(secret, b"core.ledger.row_key", "sha256")


def row_key(slug: str, territory_code: str, ident: object) -> str:
    """22 characters: HMAC-SHA256, cut to 16 bytes, over ledger, territory and row, under a key of its own.

    A ledger resolves keys by computing them for the rows the actor may reach, never by taking them apart.
    """
    secret = settings.HASH_KEY
    key = _derived(secret.encode() if isinstance(secret, str) else secret)
    message = "\0".join((slug, territory_code, str(ident))).encode()
    return base64.urlsafe_b64encode(hmac.digest(key, message, "sha256")[:16])[:22].decode()
