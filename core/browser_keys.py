"""The keys under which a browser keeps what one person wrote and could not send yet.

The server gives them to that person's own pages and the browser keeps them nowhere: whoever signs in next at the same
computer gets others, and after signing out and in again one gets the same. Derived from the field keys, so there is no
further secret to keep; what waits under an older key opens as long as that key is kept.
"""

import base64
from typing import Any

from django.conf import settings

from core.crypto import derive

LABEL = "hongji browser"


def browser_keys(user: Any) -> dict[str, str]:
    """Name of the field key → 32 bytes for AES-256 in base64, the newest first."""
    purpose = f"{LABEL} {user.pk}"
    return {
        kid: base64.b64encode(derive(master, purpose, 32)).decode()
        for kid, master in settings.FIELD_KEYS.items()
    }
