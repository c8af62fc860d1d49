"""The hidden key of an exported row: it names the row to us and to nobody else, in this ledger and place alone."""

import hmac
from binascii import b2a_base64
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings

KEY_TITLE = "行标识（勿改）"
_FOR_URLS = bytes.maketrans(b"+/", b"-_")


@lru_cache(maxsize=4)
def _derived(secret: str | bytes) -> bytes:
    given = secret.encode() if isinstance(secret, str) else secret
    return hmac.digest(given, b"core.ledger.row_key", "sha256")


def row_key(slug: str, territory_code: str, ident: object) -> str:
    """22 characters: HMAC-SHA256, cut to 16 bytes, over ledger, territory and row, under a key of its own.

    A ledger resolves keys by computing them for the rows the actor may reach, never by taking them apart.
    """
    return keys_in(slug, territory_code)(ident)


def keys_in(slug: str, territory_code: str) -> Callable[[object], str]:
    """The same for many rows of one ledger and place."""
    secret, before = _derived(settings.HASH_KEY), f"{slug}\0{territory_code}\0"

    def key(ident: object) -> str:
        made = hmac.digest(secret, f"{before}{ident}".encode(), "sha256")[:16]
        return b2a_base64(made, newline=False).translate(_FOR_URLS)[:22].decode()

    return key
