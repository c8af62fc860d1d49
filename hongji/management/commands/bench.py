"""`manage.py bench` (`make bench`): the speed table, on a scratch database of its own."""

import os
import platform
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from core import clock
from grids.models import Household, Person, Territory
from hongji.bench import books, ledgers, matches, months, owed, pages, phone, rosters
from hongji.bench.measure import Ratio
from hongji.bench.scratch import fill, scratch_database
from hongji.town.filling import analyse

SMALL = 12_000
MONTHS = 24
LARGE_MONTHS = 6
SEEKERS, PLACES = 12_000, 500
IN_LARGE = ("G7", "G8", "G11", "G12")
GATES = ("G1", "G2", "G3", "G4", "G5", "G6", "G7", "G8", "G9", "G10", "G11", "G12", "G13", "G14")


class Command(BaseCommand):
    help = "Measure side by side in one run and print ratios (min / median / max). Nobody's data are touched."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rows", type=int, default=100_000, help="rows of the exported ledger")
        parser.add_argument(
            "--households",
            type=int,
            nargs="+",
            default=[100_000],
            help="households of the large towns, one after another: 100000 2000000",
        )
        parser.add_argument("--people", type=int, default=20_000, help="people of the imported roster")
        parser.add_argument(
            "--only", nargs="+", default=GATES, choices=GATES, help="these gates and no others"
        )

    def handle(
        self, *args: Any, rows: int, households: list[int], people: int, only: list[str], **options: Any
    ) -> None:
        machine = f"{platform.machine()}，Python {platform.python_version()}，{connection.vendor}"
        load = " ".join(f"{each:.1f}" for each in os.getloadavg())
        self.stdout.write(f"{clock.today()}，{machine}，{os.cpu_count()} 核，负载 {load}\n\n")
        self.stdout.write("| | 什么 | 最小 / 中位 / 最大 | 须 | | 备注 |\n|---|---|---|---|---|---|")
        if "G13" in only:
            self._on_the_phone()
        if "G14" in only:
            self._print(matches.g14(SEEKERS, PLACES))
        if set(only) <= {"G13", "G14"}:
            return
        with scratch_database() as small:
            self._print(self._small_town(set(only)))
            for count in households if not set(only).isdisjoint(IN_LARGE) else []:
                with scratch_database():
                    self._print(self._large_town(set(only), count, small))
            self._print(self._sheets(set(only), rows, people))

    def _on_the_phone(self) -> None:
        if phone.browser():
            return self._print(phone.g13())
        self.stdout.write("| G13 | 没有 Chromium，手机页没有量（Debian：apt install chromium） | | | | |")

    def _print(self, lines: Iterator[Ratio]) -> None:
        for line in lines:
            self.stdout.write(line.line())
            self.stdout.flush()

    def _small_town(self, only: set[str]) -> Iterator[Ratio]:
        """A full town of 12,000 households."""
        fill(SMALL, MONTHS)
        if "G7" in only:
            yield from owed.g7(SMALL)
        if "G4" in only:
            yield from months.g4()
        if "G10" in only:
            yield from pages.g10()
        if "G9" in only:
            yield from books.g9()

    def _sheets(self, only: set[str], rows: int, people: int) -> Iterator[Ratio]:
        """Rosters and ledgers of the full town, with as many visits as the export wants."""
        if not only.isdisjoint({"G5", "G6"}):
            yield from self._roster(only, people)
        if not only.isdisjoint({"G1", "G2", "G3"}):
            more_visits(rows)
        if not only.isdisjoint({"G1", "G2"}):
            yield from ledgers.g1_g2()
        if "G3" in only:
            yield from ledgers.g3(rows * 5, rows // 5)

    def _roster(self, only: set[str], people: int) -> Iterator[Ratio]:
        village = Territory.objects.villages().order_by("code").first()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "花名册.xlsx"
            rosters.write_roster(path, people, village)
            if "G5" in only:
                yield from rosters.g5(path, people)
            if "G6" in only:
                yield from rosters.g6(path, people, village)

    def _large_town(self, only: set[str], households: int, small: str) -> Iterator[Ratio]:
        fill(households, LARGE_MONTHS)
        if "G7" in only:
            yield from owed.g7(households)
        if "G8" in only:
            yield from owed.g8(small, Household.objects.count())
        if "G11" in only:
            yield from pages.g11(2000)
        if "G12" in only:
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
