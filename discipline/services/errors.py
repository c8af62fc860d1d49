"""The answer of this room that is neither yes nor a fault of the form."""


class Conflict(Exception):
    """The client's number is taken by other words or by another person (409)."""

    def __init__(self) -> None:
        super().__init__("这张表已经交过一次，内容不一样。要反映的是另一件，再点一次。")
