"""The answers of this room that are neither yes nor a fault of the form."""

from core import names


class Conflict(names.Conflict):
    """The client's number is taken by other content or by another person (409). `stored` is a visit or what is held."""

    says = "这条记录的编号已用过，内容对不上。打开这一户，重新记一次。"


class Missing(Exception):
    """No such household for its author: unknown, or never within her reach (404, and nothing more is said)."""
