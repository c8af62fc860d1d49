"""The answers of this room that are neither yes nor a fault of the form, and how a number is found to be taken."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet


class Conflict(Exception):
    """The client's number is taken by other content or by another person (409). `stored` is what has it."""

    def __init__(self, stored: Model) -> None:
        super().__init__("这条记录的编号已用过，内容对不上。打开这件事看看，再重新记一次。")
        self.stored = stored


def stored_under(uuid: UUID | None, rows: QuerySet, same: Callable[[Any], bool]) -> Any:
    """The row that was stored under the client's number; None while the number is free, or none was given.

    Conflict if `same` denies that it is what is being said now.
    """
    known = rows.filter(uuid=uuid).first() if uuid else None
    if known is not None and not same(known):
        raise Conflict(known)
    return known
