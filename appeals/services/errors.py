"""The answers of this room that are neither yes nor a fault of the form, and how a number is found to be taken."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from core import names


class Conflict(names.Conflict):
    """The client's number is taken by other content or by another person (409)."""

    says = "这条记录的编号已用过，内容对不上。打开这件事看看，再重新记一次。"


def stored_under(uuid: UUID | None, rows: QuerySet, same: Callable[[Any], bool]) -> Any:
    """The row that was stored under the client's number, or None; this room's Conflict if it is not the same."""
    return names.stored_under(uuid, rows, same, Conflict)
