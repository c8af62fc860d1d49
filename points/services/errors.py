"""The answers of this room that are neither yes nor a fault of the form."""

from core import names


class Conflict(names.Conflict):
    """The client's number is taken by other content or by another person (409)."""

    says = "这一笔的编号已用过，内容对不上。打开看看，再重新做一次。"


class WrongPin(Exception):
    """The PIN was not that of the card. `left` tries remain; the attempt is written down whatever else happens."""

    def __init__(self, left: int) -> None:
        super().__init__(
            f"密码不对，还能试 {left} 次。" if left else "密码错了 5 次，这张卡锁了。请村里解锁或者换卡。"
        )
        self.left = left
