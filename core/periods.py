"""Months, quarters and years as values: comparable, hashable, and sure of their first and last day."""

import datetime as dt
import re
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self


@dataclass(frozen=True, order=True)
class Period:
    """A calendar span of `months` months that starts on `first`. Use Month, Quarter or Year."""

    first: dt.date

    months: ClassVar[int] = 0
    unit: ClassVar[str] = ""
    pattern: ClassVar[str] = ""

    def __post_init__(self) -> None:
        if self.first != self._first_of(self.first):
            raise ValueError(f"{self.first} does not begin a {self.unit}")

    @classmethod
    def _first_of(cls, day: dt.date) -> dt.date:
        return dt.date(day.year, (day.month - 1) // cls.months * cls.months + 1, 1)

    @classmethod
    def of(cls, day: dt.date) -> Self:
        """The period that contains `day`."""
        return cls(cls._first_of(day))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2026-10` (Month), `2026Q4` (Quarter) or `2026` (Year); ValueError otherwise."""
        found = re.fullmatch(cls.pattern, text.strip())
        if not found:
            raise ValueError(f"not a {cls.unit}: {text!r}")
        year, *rest = (int(part) for part in found.groups())
        number = rest[0] if rest else 1
        return cls(dt.date(year, (number - 1) * cls.months + 1, 1))

    def shift(self, count: int) -> Self:
        """The period `count` later, or earlier if negative."""
        months = self.first.year * 12 + self.first.month - 1 + count * self.months
        return type(self)(dt.date(months // 12, months % 12 + 1, 1))

    @property
    def next(self) -> Self:
        return self.shift(1)

    @property
    def previous(self) -> Self:
        return self.shift(-1)

    @cached_property
    def last(self) -> dt.date:
        """The last day that belongs to the period."""
        return self.next.first - dt.timedelta(days=1)

    @property
    def title(self) -> str:
        """As people write it: 2026年10月."""
        raise NotImplementedError

    def __contains__(self, day: dt.date) -> bool:
        return self.first <= day <= self.last

    def until(self, other: "Period") -> list[Self]:
        """This period and every one after it up to the one that begins last before `other` ends."""
        found, each = [], self
        while each.first <= other.last:
            found.append(each)
            each = each.next
        return found


class Month(Period):
    months, unit, pattern = 1, "month", r"(\d{4})-(0[1-9]|1[0-2])"

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def title(self) -> str:
        return f"{self.first.year}年{self.first.month}月"


class Quarter(Period):
    months, unit, pattern = 3, "quarter", r"(\d{4})Q([1-4])"

    @property
    def number(self) -> int:
        return (self.first.month + 2) // 3

    def __str__(self) -> str:
        return f"{self.first.year}Q{self.number}"

    @property
    def title(self) -> str:
        return f"{self.first.year}年第{'一二三四'[self.number - 1]}季度"


class Year(Period):
    months, unit, pattern = 12, "year", r"(\d{4})"

    def __str__(self) -> str:
        return str(self.first.year)

    @property
    def title(self) -> str:
        return f"{self.first.year}年"


PERIODS: dict[str, type[Period]] = {kind.unit: kind for kind in (Month, Quarter, Year)}
