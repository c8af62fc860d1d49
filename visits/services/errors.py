"""The answers of this room that are neither yes nor a fault of the form."""

from visits.models import Held, Visit


class Conflict(Exception):
    """The client's number is taken by other content or by another person (409). `stored` is what has it."""

    def __init__(self, stored: Visit | Held) -> None:
        super().__init__("这条记录的编号已用过，内容对不上。打开这一户，重新记一次。")
        self.stored = stored


class Missing(Exception):
    """No such household for its author: unknown, or never within her reach (404, and nothing more is said)."""
