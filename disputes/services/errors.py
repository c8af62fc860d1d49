"""The answers of this room that are neither yes nor a fault of the form."""

from django.db.models import Model


class Conflict(Exception):
    """The client's number is taken by other content or by another person (409). `stored` is what has it."""

    def __init__(self, stored: Model) -> None:
        super().__init__("这条记录的编号已用过，内容对不上。打开这件纠纷看看，再重新记一次。")
        self.stored = stored
