"""A number on record where one may not look: every answer that tells it is counted, and a day has few of them."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from core import clock
from grids import services
from grids.models import ElsewhereAnswer, Household, RegisterChange
from tests.people import Town, id_number
from tests.rosters.desk import Outcome, bring_in, roster
from tests.rosters.family import LI

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

CLOSED = "今天问到外村在册的身份证号太多"
TOLD = "这个人登记在别的村"


@pytest.fixture(autouse=True)
def limit_of_three(settings: Any) -> Iterator[None]:
    settings.ELSEWHERE_ANSWERS_A_DAY = 3
    with clock.stopped_at("2026-11-24T09:00"):
        yield


def person(order: int) -> dict[str, Any]:
    return LI | {
        "户编号": f"0009{order:02d}",
        "户主": "李某",
        "姓名": f"李某{'甲乙丙丁戊己庚辛'[order]}",
        "身份证号": id_number("19550607", 501 + 2 * order),
        "联系电话": None,
    }


@pytest.fixture
def far(town: Town, tmp_path: Path) -> Town:
    """Eight people on record in 桥集村, whom the secretary of 金星村 may not see."""
    done = bring_in("persons", roster(tmp_path / "far.xlsx", map(person, range(8))), "桥集村")
    assert done.code == 0, done.err
    return town


def ask(
    town: Town, folder: Path, *orders: int, by: str = "secretary", words: tuple[str, ...] = ()
) -> Outcome:
    """Bring the numbers of these people in as people of 金星村, as one who works there."""
    path = roster(folder / "ask.xlsx", map(person, orders), title="金星村居民花名册", unit="填报单位：金星村")
    return bring_in("persons", path, "金星村", "--as", getattr(town, by).username, *words)


def test_every_answer_is_written_down_without_the_number(far: Town, tmp_path: Path) -> None:
    done = ask(far, tmp_path, 0, 1)
    assert done.err.count(TOLD) == 2
    row = ElsewhereAnswer.objects.get()
    assert (row.actor, row.territory, row.count, row.at) == (far.secretary, far.jinxing, 2, clock.now())
    stored = str(ElsewhereAnswer.objects.values())
    for order in (0, 1):
        assert id_number("19550607", 501 + 2 * order) not in stored
    assert "桥集" not in stored


def test_the_same_numbers_again_on_the_same_day_are_no_new_answer(far: Town, tmp_path: Path) -> None:
    for _ in range(4):
        assert ask(far, tmp_path, 0, 1).err.count(TOLD) == 2
    assert sum(ElsewhereAnswer.objects.values_list("count", flat=True)) == 2


def test_the_mark_of_a_number_is_another_for_another_person_and_day(far: Town, tmp_path: Path) -> None:
    marks = []
    for day in ("2026-11-24T09:00", "2026-11-25T09:00"):
        with clock.stopped_at(day):
            ask(far, tmp_path, 0)
            marks += ElsewhereAnswer.objects.order_by("-pk")[0].marks
    assert len(set(marks)) == 2


def test_more_than_the_day_allows_closes_the_import_for_that_account(far: Town, tmp_path: Path) -> None:
    assert ask(far, tmp_path, 0, 1, 2).err.count(TOLD) == 3
    done = ask(far, tmp_path, 3)
    assert done.code == 1
    assert CLOSED in done.err
    assert "镇办公室" in done.err
    assert TOLD not in done.err
    assert "桥集" not in done.err + done.out


def test_once_closed_the_day_answers_nothing_more_whether_on_record_or_not(far: Town, tmp_path: Path) -> None:
    ask(far, tmp_path, 0, 1, 2, 3)
    known = ask(far, tmp_path, 4)
    path = roster(
        tmp_path / "new.xlsx",
        [LI | {"身份证号": id_number("19660607", 777)}],
        title="金星村居民花名册",
        unit="填报单位：金星村",
    )
    fresh = bring_in("persons", path, "金星村", "--as", far.secretary.username, "--dry-run")
    assert known.err == fresh.err
    assert known.out == fresh.out
    with clock.stopped_at("2026-11-25T09:00"):
        assert TOLD in ask(far, tmp_path, 4).err


def test_many_at_once_tell_no_row(far: Town, tmp_path: Path) -> None:
    done = ask(far, tmp_path, *range(8), words=("--errors", str(tmp_path / "errors.xlsx")))
    assert CLOSED in done.err
    assert "第 4 行" not in done.err
    assert not (tmp_path / "errors.xlsx").exists()
    assert ElsewhereAnswer.objects.get().count == 8


def test_the_office_sees_both_villages_and_learns_nothing_new(far: Town, tmp_path: Path) -> None:
    done = ask(far, tmp_path, *range(8), by="office")
    assert done.err.count("这个人登记在桥集村") == 8
    assert not ElsewhereAnswer.objects.exists()


def test_saving_what_is_right_counts_nothing_twice(far: Town, tmp_path: Path) -> None:
    good = LI | {"身份证号": id_number("19660607", 777), "出生日期": "1966-06-07"}
    people = [person(0), person(1), person(2), good]
    path = roster(tmp_path / "r.xlsx", people, title="金星村居民花名册", unit="填报单位：金星村")
    done = bring_in("persons", path, "金星村", "--as", far.secretary.username, "--skip-bad")
    assert done.changes == (1, 0, 0, 3)
    assert sum(ElsewhereAnswer.objects.values_list("count", flat=True)) == 3


# --- the form for one change -----------------------------------------------------------------------------------------


def move_in(town: Town, order: int, *, by: str = "secretary") -> RegisterChange:
    number = {"id_number": id_number("19550607", 501 + 2 * order)} if order >= 0 else {}
    newcomer = {"name": "孙小红", "relation": "其他", "sex": "男", **number}
    return services.change(
        actor=getattr(town, by),
        kind="move_in",
        household=town.wang,
        happened_on=dt.date(2026, 11, 20),
        facts={"people": [newcomer]},
    )


def refusal(town: Town, order: int, **more: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        move_in(town, order, **more)
    assert "people.0.id_number" in refused.value.message_dict
    return "".join(refused.value.messages)


def test_a_change_is_answered_out_of_the_same_purse(far: Town, tmp_path: Path) -> None:
    ask(far, tmp_path, 0, 1)
    assert "已在册" in refusal(far, 2)
    rows = ElsewhereAnswer.objects.order_by("pk")
    assert [(row.count, row.territory) for row in rows] == [(2, far.jinxing), (1, far.grid1)]
    assert "已在册" in refusal(far, 2)
    assert CLOSED in refusal(far, 3)
    assert CLOSED in ask(far, tmp_path, 0).err


def test_once_closed_a_change_takes_no_number_but_the_rest_goes_on(far: Town) -> None:
    for order in range(4):
        refusal(far, order)
    assert CLOSED in refusal(far, 5)
    free = RegisterChange.objects.count()
    assert refusal(far, 7) == refusal(far, 6)
    assert move_in(far, -1).state == RegisterChange.ACCEPTED
    assert RegisterChange.objects.count() == free + 1


def test_a_grid_worker_who_only_reports_is_counted_too(far: Town) -> None:
    assert "已在册" in refusal(far, 0, by="worker")
    assert ElsewhereAnswer.objects.get().actor == far.worker


def test_a_number_on_record_where_one_may_look_is_no_answer(far: Town) -> None:
    taken = id_number("19550607", 501)
    with pytest.raises(ValidationError, match="已在册"):
        services.change(
            actor=far.neighbour,
            kind="move_in",
            household=far.chen,
            happened_on=dt.date(2026, 11, 20),
            facts={"people": [{"name": "孙小红", "relation": "其他", "sex": "男", "id_number": taken}]},
        )
    assert not ElsewhereAnswer.objects.exists()


def test_the_page_of_a_change_keeps_the_row_and_what_was_tried_is_gone(far: Town, client: Any) -> None:
    client.force_login(far.secretary)
    before = Household.objects.get(pk=far.wang.pk).size
    answer = client.post(
        reverse("grids:change", args=[far.wang.pk, "move_in"]),
        {
            "happened_on": "2026-11-20",
            "people-0-name": "孙小红",
            "people-0-relation": "其他",
            "people-0-id_number": id_number("19550607", 501),
        },
    )
    assert answer.status_code == 422
    assert Household.objects.get(pk=far.wang.pk).size == before
