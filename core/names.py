"""Names from the client: a row is stored under the number its sender gave it, and the same number means the same row.

Sent again with the same content it is answered as before; with other content, or by somebody else, it is a conflict.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet


class Conflict(Exception):
    """The client's number is taken by other content or by another person (409). `stored` is what has it, where that
    may be told. A room says in a subclass of its own what to do now."""

    says = "这条记录的编号已用过，内容对不上。打开看看，再重新记一次。"

    def __init__(self, stored: Model | None = None) -> None:
        super().__init__(self.says)
        self.stored = stored


def stored_under(
    uuid: UUID | None,
    rows: QuerySet,
    same: Callable[[Any], bool],
    conflict: type[Conflict] = Conflict,
) -> Any:
    """The row that was stored under the client's number; None while the number is free, or none was given.

    Conflict if `same` denies that it is what is being said now.
    """
    known = rows.filter(uuid=uuid).first() if uuid else None
    if known is not None and not same(known):
        raise conflict(known)
    return known
