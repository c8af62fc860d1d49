"""A year of villages as the desk shows it: twelve cells each, with how far every month is."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max

from core import clock
from core.periods import Month, Year
from grids.models import Territory
from ledgers.models import SealedMonth


@dataclass(frozen=True)
class Cell:
    """One month of one village: `kind` is how it looks (seal, open, wait, none), `word` what it says."""

    month: Month
    kind: str
    word: str
    link: bool = True
    different: bool = False


def year_of(villages: Iterable[Territory], rows: Any, year: Year) -> list[tuple[Territory, list[Cell]]]:
    """Each village with its twelve months; `rows` are the current versions the reader may see. One query."""
    months = [Month(year.first).shift(count) for count in range(12)]
    found = rows.filter(month__gte=str(months[0]), month__lte=str(months[-1]))
    known = {(row.village_id, row.month): row for row in found.defer("figures")}
    present = Month.of(clock.today())
    return [
        (village, [_cell(village, month, known.get((village.pk, str(month))), present) for month in months])
        for village in villages
    ]


def counted(rows: Any, year: Year) -> dict[str, Any]:
    """How many months of the year are sealed, and when the differences were last counted: what came in since is in none
    of the numbers. (The count leaves alone an old month into which nothing came; the newest one tells.) One query."""
    mine = rows.filter(month__gte=f"{year}-01", month__lte=f"{year}-12", state=SealedMonth.SEALED)
    return mine.aggregate(sealed=Count("pk"), at=Max("compared_at"))


def _cell(village: Territory, month: Month, row: SealedMonth | None, present: Month) -> Cell:
    if village.start_month is None or month.last < village.start_month:
        return Cell(month, "none", "没有", link=False)
    if month > present:
        return Cell(month, "none", "没到", link=False)
    if month == present:
        return Cell(month, "open", "在记")
    if row is None or row.state == SealedMonth.PROVISIONAL:
        again = row is not None and row.version > 1
        return Cell(month, "wait", "重新报" if again else "没报")
    if row.state == SealedMonth.SUBMITTED:
        return Cell(month, "wait", "报了")
    if row.differences:
        return Cell(month, "seal", f"差 {row.differences} 处", different=True)
    return Cell(month, "seal", "封存")
