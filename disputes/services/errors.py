"""The answers of this room that are neither yes nor a fault of the form."""

from typing import Any

from django.core.exceptions import ValidationError

from core import names


class Conflict(names.Conflict):
    """The client's number is taken by other content or by another person (409)."""

    says = "这条记录的编号已用过，内容对不上。打开这件纠纷看看，再重新记一次。"


class CorrectedAlready(ValidationError):
    """Somebody was quicker to correct the same sentence: `now` is the word that stands in its place."""

    def __init__(self, told: str, now: Any) -> None:
        super().__init__({"corrects": told})
        self.now = now
