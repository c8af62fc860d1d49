"""薪资 as people write it in one cell: `3500-5000元/月`, `150/天`, `4000`; read into what a place has."""

import re
from dataclasses import dataclass

from core.ledger.faults import Problem

_MONEY = r"(\d+(?:\.\d+)?)\s*(万|千|[kKwW])?"
_WHOLE = re.compile(rf"{_MONEY}\s*(?:元|块)?(?:\s*(?:-|—|–|~|～|至|到)+\s*{_MONEY})?(.*)")
_UNITS = (("hour", re.compile("小时|钟点|时薪")), ("day", re.compile("天|日")), ("month", re.compile("月|$")))
# Paid by what a place cannot be compared by: to be turned into a month, a day or an hour by who knows it.
_OTHER = re.compile("年|周|季|星期|次|趟|件|斤|亩|棵|平方")
_TIMES = {"万": 10000, "w": 10000, "千": 1000, "k": 1000}
HOW = "写成 3500—5000 元/月、150 元/天 这样"


@dataclass(frozen=True)
class Wage:
    low: int
    high: int | None
    unit: str


def read_wage(text: str) -> Wage | Problem:
    """The wage in the cell; by the month where no unit stands. A problem for 面议 and whatever else has no number, and
    for what is paid by the year, the week or the piece."""
    before, plain = re.fullmatch(r"(\D*)(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    plain = re.sub(r"[,，\s元块左右以上起]|人民币|每人", "", plain)
    found = _WHOLE.fullmatch(plain)
    if found is None:
        return Problem(f"看不出是多少：{text[:20]}", HOW)
    low_said, low_times, high_said, high_times, rest = found.groups()
    unit = next((code for code, words in _UNITS if words.search(rest or before)), None)
    other = _OTHER.search(before)
    if (
        unit is None
        or other
        or (rest and not re.fullmatch(r"[/每、个一（()）]*(?:小时|钟点|天|日|月|月薪|时)?[）)]?", rest))
    ):
        return Problem(f"看不出怎么算：{text[:20]}", HOW)
    high = _yuan(high_said, high_times) if high_said else None
    return Wage(_yuan(low_said, low_times or (high_times if high_said else None)), high, unit)


def _yuan(said: str, times: str | None) -> int:
    return round(float(said) * _TIMES.get((times or "").lower(), 1))
