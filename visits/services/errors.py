"""The two answers of this room that are neither yes nor a fault of the form."""

from visits.models import Visit


class Conflict(Exception):
    """The client's number is taken by other content or by another person (409). `visit` is what is stored."""

    def __init__(self, visit: Visit) -> None:
        super().__init__("这条记录的编号已用过，内容对不上。打开这一户，重新记一次。")
        self.visit = visit
