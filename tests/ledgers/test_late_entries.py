"""补录: what comes into a month after it was sealed says so, wherever it is shown, and whoever enters it is told."""

import datetime as dt
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from core import clock
from core.ledger import LedgerScope, registry
from grids.card import card
from ledgers import services
from tests.factor import client_of
from tests.ledgers.months import OCTOBER, on_the_third, seal, sealed, submit, visit
from tests.people import Town
from visits import services as visits

pytestmark = pytest.mark.slow

TOLD = "补录：2026年10月已经封存，报上去的台账不改，这一次写在2026年10月的封存后差异表上。"


@pytest.fixture(autouse=True)
def kept_alone(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    with on_the_third() as cast:
        sealed(cast)
        with clock.stopped_at("2026-11-10T15:20"):
            yield cast


def put(town: Town, household: Any, day: str, number: Any = None, **more: Any) -> Any:
    said = {"household": household.pk, "happened_at": clock.now().isoformat(), "day": day} | more
    address = reverse("api-visit", args=[number or uuid.uuid4()])
    return client_of(town.worker).put(address, said, content_type="application/json").json()


def test_the_answer_says_that_the_month_is_sealed_and_where_it_is_told(town: Town) -> None:
    assert put(town, town.li, "2026-10-20")["late"] == TOLD
    assert put(town, town.wang, "2026-11-09")["late"] == ""


def test_a_correction_out_of_a_sealed_month_is_told_too(town: Town) -> None:
    old = town.zhang.visits.get()
    assert put(town, town.zhang, "2026-11-09", corrects=str(old.uuid))["late"] == TOLD


def test_undoing_in_a_sealed_month_says_so(town: Town) -> None:
    late = visit(town, town.li, "2026-10-20")
    answer = client_of(town.worker).post(reverse("api-visit-undo", args=[late.uuid])).json()
    assert answer["late"] == TOLD


def test_the_phone_card_and_the_log_of_the_api_mark_it(town: Town) -> None:
    visit(town, town.zhang, "2026-10-20")
    visit(town, town.zhang, "2026-11-09")
    rows = card(town.worker, town.zhang)["visits"]
    assert [(f"{row['day']}", row["late"]) for row in rows] == [
        ("2026-11-09", False),
        ("2026-10-20", True),
        ("2026-10-12", False),
    ]
    listed = client_of(town.worker).get(reverse("api-visits")).json()["results"]
    assert {(each["day"], each["late"]) for each in listed} == {
        ("2026-11-09", False),
        ("2026-10-20", True),
        ("2026-10-12", False),
    }


def test_the_desks_timeline_marks_it(town: Town) -> None:
    late = visit(town, town.zhang, "2026-10-20")
    page = client_of(town.secretary).get(reverse("visits:household", args=[town.zhang.pk])).content.decode()
    rows = dict(re.findall(r'<tr id="visit-(\d+)"[^>]*>(.*?)</tr>', page, re.S))
    assert "补录" in rows[str(late.pk)]
    assert [pk for pk, said in rows.items() if "补录" in said] == [str(late.pk)]


def test_the_ledgers_mark_it_in_the_note(town: Town) -> None:
    visit(town, town.li, "2026-10-20", note="身体好")
    scope = LedgerScope(town.secretary, town.jinxing, OCTOBER, made_on=clock.today())

    def notes(slug: str) -> dict[str, str]:
        ledger = registry.get(slug)
        names = [column.name for column in ledger.exported]
        rows = [dict(zip(names, row, strict=False)) for row in ledger.rows(scope)]
        return {row["head_name"]: row["note"] for row in rows}

    assert notes("visits") == {"张三丰": "都好", town.li.head_name: "身体好；补录"}
    assert notes("five-visits")[town.li.head_name] == "补录"


def test_the_second_version_has_no_late_entry_of_the_first(town: Town) -> None:
    late = visit(town, town.li, "2026-10-20")
    services.reopen_month(actor=town.office, village=town.jinxing, month=OCTOBER, reason="补录")
    assert visits.late_note(late) == ""
    submit(town)
    with clock.stopped_at("2026-11-10T16:00"):
        seal(town)
        assert visits.late_note(late) == ""


def test_a_neighbours_sealed_month_is_not_ours(town: Town) -> None:
    far = visit(town, town.chen, "2026-10-20", actor=town.neighbour)
    assert visits.late_note(far) == ""


def test_a_log_that_comes_back_with_its_marks_is_unchanged(town: Town, tmp_path: Path) -> None:
    from core.ledger import ImportContext

    visit(town, town.li, "2026-10-20", note="身体好")
    ledger, path = registry.get("visits"), tmp_path / "log.xlsx"
    ledger.export(LedgerScope(town.secretary, town.jinxing, OCTOBER, made_on=clock.today()), path)
    examined = ledger.open(path, ImportContext(town.secretary, town.jinxing))
    assert (examined.faults, set(examined.plan.outcomes.values())) == ([], {"unchanged"})


def test_the_marks_of_a_long_list_cost_one_question(town: Town, django_assert_max_num_queries: Any) -> None:
    for day in range(1, 9):
        visit(town, town.zhang, f"2026-10-{day:02d}")
    rows = list(town.zhang.visits.select_related("household"))
    with django_assert_max_num_queries(1):
        assert len(visits.late_visits(rows)) == 8


def test_the_paper_sheet_tells_the_clerk(town: Town) -> None:
    from visits.rounds_views import saved_json

    class Line:
        row = 1

    late = visit(town, town.li, "2026-10-20")
    assert saved_json(late, Line(), readable=True)["late"] == TOLD
    assert dt.date(2026, 10, 20) == late.day
