"""What was said, as a digest: the same words under the same number are the same record, other words are a conflict."""

import hashlib
import json
from typing import Any


def digest_of(said: Any) -> str:
    """64 characters. The same for the same content, whatever the order of keys; what JSON does not know counts as its
    text."""
    plain = json.dumps(said, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(plain.encode()).hexdigest()
