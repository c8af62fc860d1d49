"""What the verbs of employment refuse, in words that stand at more than one place."""

import datetime as dt

from django.core.exceptions import ValidationError

from core import clock

EARLIEST = 2022  # the plan

TOO_YOUNG = "不满 16 岁，国家规定不能招用（劳动法第 15 条），换一个人。"
TOO_YOUNG_TO_NOTE = (
    "不满 16 岁，国家规定不能招用（劳动法第 15 条），就业状态改成“在校读书”、求职意愿改成“不找”。"
)
GONE = "他已不在册（迁走或者去世），不能登记。"
NOT_YET = "这一天还没到，改成今天或以前。"


def check_year(name: str, day: dt.date) -> None:
    """ValidationError at `name` for a day of a year that no page shows: before the plan, or beyond the next one."""
    if not EARLIEST <= day.year <= clock.today().year + 1:
        raise ValidationError({name: f"年份写 {EARLIEST} 到 {clock.today().year + 1}，看看是不是写错了。"})
