"""The accounts a demo town shows on its sign-in page. They lie in the DEMO mark itself, and nowhere in real use."""

import json
from typing import TypedDict

from django.conf import settings


class DemoAccount(TypedDict):
    username: str
    password: str
    title: str


def demo_accounts() -> list[DemoAccount]:
    """Who may be signed in as in this demo; none if this is no demo."""
    if not settings.DEMO:
        return []
    try:
        return json.loads(settings.DEMO_MARK.read_text(encoding="utf-8"))["accounts"]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def write_demo_accounts(accounts: list[DemoAccount]) -> None:
    """Mark DATA_DIR as a demo, with the accounts its sign-in page shows."""
    settings.DEMO_MARK.write_text(json.dumps({"accounts": accounts}, ensure_ascii=False), encoding="utf-8")
