"""Forty rosters spoilt cell by cell and twenty file by file, through the command and the desk: R10, smaller.

Whatever comes: no server error, nothing half saved, no row that nobody speaks of, no success that is none.
"""

import io
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from core import clock
from grids.models import Household, Membership, Person, Territory
from ledgers import services
from ledgers.models import Job
from ledgers.running import BROKEN
from tests.ledger.mutants import mutant
from tests.people import Town, id_number
from tests.rosters.desk import HEADINGS, Outcome, bring_in, edited, roster
from tests.rosters.family import LI, WIFE

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

ROSTERS, FILES = range(40), range(1000, 1020)
NASTY = (
    None, "", "　", "不详", "=1+1", "=HYPERLINK(\"http://x\")", "#REF!", -1, 0, 1e308, 3.5, True, "女", "户主", "配偶",
    "二组", "九十九组", "349901", "000001", "1955.6.7", "2099-01-01", 20991301, "小计", "合计", "说明：", "\u200b",
    "a" * 500, "'; DROP TABLE", "<b>x</b>", "李大山", "19900000011", id_number("19550607", 15), "低保、大病", "𠮷",
)  # fmt: skip


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with clock.stopped_at("2026-11-24T09:00"):
        yield


@contextmanager
def taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def families() -> list[dict[str, Any]]:
    """Eight households of two."""
    people: list[dict[str, Any]] = []
    for n in range(8):
        home = {
            "户编号": f"00090{n}",
            "家庭住址": f"一组{n}号",
            "户主": f"李{'甲乙丙丁戊己庚辛'[n]}",
            "联系电话": None,
        }
        head = {"姓名": home["户主"], "身份证号": id_number("19550607", 601 + 2 * n)}
        wife = {"姓名": f"王{'甲乙丙丁戊己庚辛'[n]}", "身份证号": id_number("19570809", 602 + 2 * n)}
        people += [LI | home | head, WIFE | home | wife]
    return people


def sound(folder: Path) -> Path:
    titles = {"title": "金星村居民花名册", "unit": "填报单位：金星村"}
    return roster(folder / "sound.xlsx", families(), **titles)  # type: ignore[arg-type]


def spoilt(number: int, folder: Path) -> Path:
    """The same number always spoils the same cells: some values, sometimes a row, a heading or a merge."""
    chance = random.Random(number)
    target = folder / f"{number}.xlsx"
    if number in FILES:
        return mutant(number, sound(folder), target)

    def spoil(sheet: Any) -> None:
        for _ in range(chance.choice((1, 2, 5, 20))):
            cell = sheet.cell(chance.randrange(4, 20), chance.randrange(2, len(HEADINGS) + 1))
            cell.value = chance.choice(NASTY)
        what = chance.randrange(8)
        if what == 0:
            sheet.delete_rows(chance.randrange(4, 20))
        elif what == 1:
            sheet.insert_rows(chance.randrange(4, 20), amount=2)
        elif what == 2:
            sheet.cell(3, chance.randrange(1, len(HEADINGS) + 1)).value = chance.choice(HEADINGS)
        elif what == 3:
            row = chance.randrange(4, 18)
            sheet.merge_cells(start_row=row, end_row=row + 1, start_column=3, end_column=3)
        elif what == 4:
            sheet.append(["合计", None, "16人"])

    return edited(sound(folder), target, spoil)


def rows_written(path: Path) -> set[int]:
    """The rows below the headings in which something is written, as openpyxl sees them, without our reader."""
    sheet = openpyxl.load_workbook(path).worksheets[0]
    written = set()
    for row in sheet.iter_rows(min_row=4):
        if any(cell.value is not None and str(cell.value).strip("\u200b 　") for cell in row[1:]):
            written.add(row[0].row)
    return written


def check(path: Path, counts: dict[str, int], spoken: set[int], *, number: int) -> None:
    """What is said was saved is what is there, to the last person, and every row of the sheet is accounted for."""
    assert counts["rows"] == sum(counts[key] for key in ("created", "updated", "unchanged", "refused")), (
        counts
    )
    people = Person.objects.filter(household__village__name="金星村", household__number__startswith="0009")
    assert people.count() == Membership.objects.filter(person__in=people).count()
    assert Person.objects.count() - BEFORE["people"] == counts["created"], counts
    assert not Household.objects.filter(size=0).exists()
    if counts["created"]:
        written = rows_written(path) if number in ROSTERS else set()
        assert len(written) <= counts["rows"] + len(spoken & written), (len(written), counts, spoken)


BEFORE: dict[str, int] = {}


@pytest.fixture
def village(town: Town) -> Territory:
    BEFORE["people"] = Person.objects.count()
    return town.jinxing


def spoken_of(done: Outcome) -> set[int]:
    found = re.findall(r"没有读的：.*第 ([\d、]+) 行", done.out)
    return {int(number) for rows in found for number in rows.split("、")}


@pytest.mark.parametrize("words", [(), ("--skip-bad",)], ids=["all", "skip-bad"])
def test_by_the_command(village: Territory, tmp_path: Path, words: tuple[str, ...]) -> None:
    ended = []
    for number in (*ROSTERS, *FILES):
        path = spoilt(number, tmp_path)
        with taken_back():
            done = bring_in("persons", path, "金星村", *words)
            assert "Traceback" not in done.err
            counts = done.counts
            if done.code:
                assert done.err.strip().endswith("。"), (number, done.err)
                assert counts["created"] == counts["updated"] == counts["unchanged"] == 0, number
                assert "存好了" not in done.out + done.err
            elif not words:
                assert counts["refused"] == 0
            check(path, counts, spoken_of(done), number=number)
            ended.append(done.code)
    assert 0 < ended.count(0) < len(ended)


def test_by_the_desk(village: Territory, town: Town, tmp_path: Path) -> None:
    states = []
    for number in (*ROSTERS, *FILES):
        path = spoilt(number, tmp_path)
        with taken_back():
            examined = job_of(town, path)
            states.append(examined.state)
            assert Person.objects.count() == BEFORE["people"]
            if examined.state == Job.FAILED:
                assert examined.why.endswith("。")
                assert examined.why != BROKEN, number
                continue
            commit = saved(town, examined)
            if commit is None:
                assert Person.objects.count() == BEFORE["people"]
                continue
            assert (commit.state, commit.why) == (Job.DONE, ""), number
            assert commit.report["counts"] == examined.report["counts"]
            assert len(commit.report["held"]) == commit.report["counts"]["refused"]
            spoken = sum(examined.report["skipped"].values())
            check(path, commit.report["counts"], rows_written(path) if spoken else set(), number=number)
    assert {Job.DONE, Job.FAILED} == set(states)


def job_of(town: Town, path: Path) -> Job:
    asked = {"actor": town.secretary, "slug": "persons", "territory": town.jinxing, "name": path.name}
    job = services.ask_examine(upload=io.BytesIO(path.read_bytes()), **asked)  # type: ignore[arg-type]
    services.run_job(job.pk)
    job.refresh_from_db()
    return job


def saved(town: Town, examined: Job) -> Job | None:
    try:
        faulty = bool(examined.report["faults_total"])
        job = services.ask_commit(actor=town.secretary, examined=examined, skip_bad=faulty)
    except ValidationError:
        assert not examined.report["good_rows"]
        return None
    services.run_job(job.pk)
    job.refresh_from_db()
    return job
