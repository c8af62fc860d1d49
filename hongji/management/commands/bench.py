"""`manage.py bench` (`make bench`): the speed table, on a scratch database of its own."""

import platform
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from core import clock
from grids.models import Household, Person, Territory
from hongji.bench import ledgers, owed, pages, rosters
from hongji.bench.measure import Ratio
from hongji.bench.scratch import fill, scratch_database
from hongji.town.filling import analyse

SMALL = 12_000


class Command(BaseCommand):
    help = "Measure side by side in one run and print ratios (min / median / max). Nobody's data are touched."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rows", type=int, default=100_000, help="rows of the exported ledger")
        parser.add_argument("--households", type=int, default=100_000, help="households of the large town")
        parser.add_argument("--people", type=int, default=20_000, help="people of the imported roster")

    def handle(self, *args: Any, rows: int, households: int, people: int, **options: Any) -> None:
        self.stdout.write(
            f"{clock.today()}，{platform.machine()}，Python {platform.python_version()}，{connection.vendor}\n\n"
        )
        self.stdout.write("| | 什么 | 最小 / 中位 / 最大 | 须 | | 备注 |\n|---|---|---|---|---|---|")
        small: list[list[float]] = []
        with scratch_database():
            self._print(self._small_town(rows, people, small))
        with scratch_database():
            self._print(self._large_town(households, small))

    def _print(self, lines: Iterator[Ratio]) -> None:
        for line in lines:
            self.stdout.write(line.line())
            self.stdout.flush()

    def _small_town(self, rows: int, people: int, small: list[list[float]]) -> Iterator[Ratio]:
        """A full town of 12,000 households, then as many visits as the export wants."""
        fill(SMALL, 24)
        yield from owed.g7(SMALL)
        small += [owed.due_times() for _ in range(5)]
        yield from pages.g10()
        village = Territory.objects.villages().order_by("code").first()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "花名册.xlsx"
            rosters.write_roster(path, people, village)
            yield from rosters.g5(path, people)
            yield from rosters.g6(path, people, village)
        more_visits(rows)
        yield from ledgers.g1_g2()
        yield from ledgers.g3(rows * 5, rows // 5)

    def _large_town(self, households: int, small: list[list[float]]) -> Iterator[Ratio]:
        fill(households, 6)
        yield from owed.g7(households)
        yield from owed.g8(small, [owed.due_times() for _ in range(5)], Household.objects.count())
        yield from pages.g11(2000)
        yield from pages.g12(Person.objects.count())


def more_visits(rows: int) -> None:
    """Copy last month's visits until there are `rows` of them."""
    month = ledgers.busiest_month()
    fresh = {"postgresql": "gen_random_uuid()", "sqlite": "lower(hex(randomblob(16)))"}[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM visits_visit LIMIT 0")
        columns = [column[0] for column in cursor.description if column[0] != "id"]
        values = [fresh if column == "uuid" else f'"{column}"' for column in columns]
        while True:
            cursor.execute(
                "SELECT COUNT(*) FROM visits_visit WHERE day BETWEEN %s AND %s", [month.first, month.last]
            )
            short = rows - cursor.fetchone()[0]
            if short <= 0:
                break
            cursor.execute(
                f"INSERT INTO visits_visit ({', '.join(columns)}) SELECT {', '.join(values)} FROM visits_visit"
                " WHERE day BETWEEN %s AND %s LIMIT %s",
                [month.first, month.last, short],
            )
    analyse()
