"""G4: every ledger of every village for one month of a full town: the package as the month's end makes it, and the
ledgers that are not sealed with a month beside it."""

import statistics
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from django.test import override_settings

from core import clock
from core.ledger import Ledger, LedgerScope, registry
from core.periods import Month
from core.scope import OPERATOR
from core.work import Work
from grids.models import Household, Territory
from hongji.bench.ledgers import busiest_month
from hongji.bench.measure import Ratio, side_by_side
from hongji.town.filling import analyse
from ledgers.models import Package
from ledgers.services import monthly_ledgers, run_package, write_ledger
from visits.models import Finding, Visit
from visits.services.planning import propose_plan

MOST_SECONDS = 10.0
EVERY_SO_MANY = 5  # every fifth visit brings something home
SAID = (
    (Finding.WEAK, "重病"),
    (Finding.CONFLICT, "邻里"),
    (Finding.TALENT, "土专家"),
    (Finding.NEED, "看病"),
)


def g4() -> Iterator[Ratio]:
    """Seconds until all of it lies there: read, written, packed, made sure of. Nothing stays behind."""
    month, town = busiest_month(), Territory.objects.towns().get()
    villages = list(Territory.objects.villages().in_order())
    _plan_and_find(month, villages)
    with tempfile.TemporaryDirectory(prefix="hongji-bench-") as folder, _kept_in(Path(folder)):
        seen = side_by_side({"all": lambda: _make_all(town, month, villages, Path(folder))})["all"]
    yield Ratio(
        "G4",
        f"{len(villages)} 个村一个月的 {len(_ledgers())} 种台账，{Household.objects.count()} 户，秒",
        seen.wall,
        f"≤ {MOST_SECONDS:g} 秒",
        statistics.median(seen.wall) <= MOST_SECONDS,
        f"处理器 {statistics.median(seen.cpu):.1f} 秒",
    )


def _ledgers() -> list[Ledger]:
    """All but the sheets for another system, which are asked for by themselves."""
    return [ledger for ledger in registry.all() if not ledger.compares]


def _kept_in(folder: Path) -> override_settings:
    return override_settings(FILES_ROOT=folder / "files", FILE_UPLOAD_TEMP_DIR=str(folder / "work"))


def _plan_and_find(month: Month, villages: list[Territory]) -> None:
    """Every village has planned the month, and every fifth visit of it found something: no ledger is empty."""
    with clock.stopped_at(month.first):
        for village in villages:
            propose_plan(actor=OPERATOR, village=village, period=month)
    made = Visit.objects.during(month).order_by("pk").values_list("pk", "household", "territory")
    found = [
        Finding(
            visit_id=pk, household_id=home, territory_id=grid, kind=kind, detail=detail, words="走访时说的"
        )
        for number, (pk, home, grid) in enumerate(islice(made, 0, None, EVERY_SO_MANY))
        for kind, detail in SAID[number % 2 :: 2]
    ]
    Finding.objects.bulk_create(found, batch_size=2000)
    analyse()


def _make_all(town: Territory, month: Month, villages: list[Territory], folder: Path) -> None:
    _pack(town, month)
    _rest(month, villages, folder)


def _pack(town: Territory, month: Month) -> None:
    """What the worker does at 00:30 on the 1st, from taking the row to the sealed file."""
    asked = {"territory": town, "month": str(month)}
    row, _ = Package.objects.get_or_create(**asked, defaults={"made_at": clock.now()})
    Package.objects.filter(pk=row.pk).update(state=Work.WAITING, tries=0)
    if run_package(row.pk) != Work.DONE:
        raise RuntimeError(f"not packed: {Package.objects.get(pk=row.pk).why}")


def _rest(month: Month, villages: list[Territory], folder: Path) -> None:
    """One workbook for each village of each ledger that the package has not."""
    for ledger in _ledgers():
        if ledger not in monthly_ledgers():
            period = month if ledger.period_kind else None
            for village in villages:
                scope = LedgerScope(OPERATOR, village, period, made_on=clock.today())
                write_ledger(ledger, scope, folder / "one.xlsx")
