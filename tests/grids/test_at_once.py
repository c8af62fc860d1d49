"""Two at the same time: one is done, the other hears why not, and neither leaves a row where none may be."""

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core import clock
from grids import services
from grids.models import ElsewhereAnswer, Household, Person, RegisterChange, Territory, VillagerGroup
from tests.grids.test_changes import one
from tests.people import POSTED, Town, id_number

pytestmark = pytest.mark.slow

NUMBER = id_number("19700203", 311)
together = pytest.mark.django_db(transaction=True)


def waits(backend: int) -> bool:
    """Whether that session of the database waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE pid = %s AND NOT granted", [backend])
        return cursor.fetchone() is not None


def overlapping(first: Callable[[], Any], second: Callable[[], Any]) -> list[str]:
    """Both at once, the first one holding on to what it wrote until the second waits for it or is done.

    What each of them was told: "" if it was done. Anything but a sentence fails the test.
    """
    if connection.vendor != "postgresql":
        return [_told(first), _told(second)]  # one writer at a time: there is no "at once"
    said: list[Any] = ["", ""]
    backend: list[int] = []
    ended = threading.Event()

    def other() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                backend.append(cursor.fetchone()[0])
            said[1] = _told(second)
        except BaseException as fault:
            said[1] = repr(fault)
        finally:
            connection.close()
            ended.set()

    thread = threading.Thread(target=other)
    with transaction.atomic():
        said[0] = _told(first)
        thread.start()
        while not ended.is_set() and not (backend and waits(backend[0])):
            ended.wait(0.02)
    thread.join(60)
    return said


def _told(verb: Callable[[], Any]) -> str:
    try:
        verb()
    except ValidationError as fault:
        return str(fault.message_dict if hasattr(fault, "error_dict") else fault.messages)
    return ""


def change(town: Town, kind: str, household: Household | None, **facts: Any) -> Callable[[], Any]:
    person = facts.pop("person", None)
    told = {"kind": kind, "household": household, "person": person, "facts": facts}
    return lambda: services.change(actor=town.secretary, happened_on=clock.today(), **told)


def empty_group(town: Town) -> VillagerGroup:
    return services.add_group(actor=services.SERVER, grid=town.grid1, name="九组", since=POSTED)


@together
@pytest.mark.parametrize("closes_first", [True, False])
@pytest.mark.parametrize("kind", ["regroup", "move_in", "split"])
def test_no_household_comes_into_a_group_that_is_being_closed(
    town: Town, kind: str, closes_first: bool
) -> None:
    group = empty_group(town)
    people = [{"name": "孙小红", "relation": "户主"}]
    members = {str(one(town.zhang, "张翠山").pk): "户主"}
    comes = {
        "regroup": change(town, "regroup", town.wang, group=group.pk),
        "move_in": change(town, "move_in", None, group=group.pk, people=people),
        "split": change(town, "split", town.zhang, group=group.pk, members=members),
    }[kind]

    def closes() -> None:
        services.close_group(actor=services.SERVER, group=group, on=clock.today())

    told = overlapping(closes, comes) if closes_first else overlapping(comes, closes)
    assert told[0] == ""
    assert ("没有找到这个村民组" if closes_first else "里还有 1 户") in told[1]
    assert not Household.objects.present().filter(group__closed_on__isnull=False).exists()


@together
@pytest.mark.parametrize("draws_first", [True, False])
def test_a_household_lies_where_its_group_goes_at_the_same_moment(town: Town, draws_first: bool) -> None:
    comes = change(town, "regroup", town.li, group=town.group1.pk)

    def draws() -> None:
        services.redraw(actor=town.office, group=town.group1, grid=town.grid2, since=clock.today())

    told = overlapping(draws, comes) if draws_first else overlapping(comes, draws)
    assert told == ["", ""]
    town.li.refresh_from_db()
    assert (town.li.group, town.li.territory) == (town.group1, town.grid2)


@together
@pytest.mark.parametrize("closes_first", [True, False])
def test_no_group_comes_into_a_grid_that_is_being_closed(town: Town, closes_first: bool) -> None:
    third = services.add_territory(
        actor=services.SERVER,
        parent=town.jinxing,
        name="金星第三网格",
        code=town.jinxing.code + "003",
        kind="grid",
    )

    def closes() -> None:
        services.close_territory(actor=services.SERVER, territory=third, on=clock.today())

    def adds() -> None:
        services.add_group(actor=services.SERVER, grid=third, name="九组", since=POSTED)

    told = overlapping(closes, adds) if closes_first else overlapping(adds, closes)
    assert told[0] == ""
    assert ("已经撤了" if closes_first else "还有村民组") in told[1]
    closed = Territory.objects.filter(closed_on__isnull=False)
    assert not VillagerGroup.objects.in_use().filter(grid__in=closed).exists()


@together
@pytest.mark.parametrize("way", ["correct_household", "split", "move_in first"])
def test_one_household_number_is_not_given_twice_at_once(town: Town, way: str) -> None:
    people = [{"name": "孙小红", "relation": "户主"}]
    members = {str(one(town.zhang, "张翠山").pk): "户主"}
    first = change(town, "correct_household", town.wang, number="060099")
    second = change(town, "correct_household", town.li, number="060099")
    if way == "split":
        second = change(town, "split", town.zhang, members=members, number="060099")
    elif way == "move_in first":  # which takes the next number
        first = change(town, "move_in", None, group=town.group2.pk, people=people)
        second = change(town, "correct_household", town.li, number="060005")
    told = overlapping(first, second)
    assert told[0] == ""
    assert told[1].startswith("{'number'")
    assert "村里已有这个户编号" in told[1]


@together
@pytest.mark.parametrize("where", ["in the village", "in two villages"])
def test_one_identity_number_is_not_given_twice_at_once(town: Town, where: str) -> None:
    far = where == "in two villages"
    person = town.head(town.chen) if far else one(town.wang, "李秀英")
    facts = {"id_number": NUMBER, "sex": "", "birth_date": ""}

    def second() -> None:
        services.change(
            actor=town.neighbour if far else town.secretary,
            kind="correct_person",
            person=person,
            happened_on=clock.today(),
            facts=facts,
        )

    told = overlapping(
        change(town, "correct_person", None, person=one(town.zhang, "张翠山"), **facts), second
    )
    assert told[0] == ""
    assert told[1].startswith("{'id_number'")
    assert "已在册" in told[1]
    assert Person.objects.present().with_id_number(NUMBER).count() == 1
    assert ElsewhereAnswer.objects.filter(actor=town.neighbour).count() == far


@together
def test_a_number_given_away_before_it_is_accepted_is_refused_and_noted(
    town: Town,
) -> None:
    facts = {"id_number": NUMBER, "sex": "", "birth_date": ""}
    waiting = services.change(
        actor=town.worker,
        kind="correct_person",
        person=one(town.zhang, "张翠山"),
        happened_on=clock.today(),
        facts=facts,
        client_id=uuid.uuid4(),
    )

    def elsewhere() -> None:
        services.change(
            actor=town.neighbour,
            kind="correct_person",
            person=town.head(town.chen),
            happened_on=clock.today(),
            facts=facts,
        )

    told = overlapping(elsewhere, lambda: services.accept(actor=town.secretary, change=waiting))
    assert told[0] == ""
    assert "已在册" in told[1]
    assert ElsewhereAnswer.objects.get(actor=town.secretary).count == 1
    waiting.refresh_from_db()
    assert waiting.state == RegisterChange.PROPOSED


def test_a_redrawing_locks_groups_and_households_each_at_one_look_and_by_pk(town: Town) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite locks no rows")
    with CaptureQueriesContext(connection) as seen:
        services.draw(
            actor=town.office,
            village=town.jinxing,
            since=clock.today(),
            groups={town.group1.pk: town.grid2.pk},
            households={town.li.pk: town.group3.pk},
        )
    locks = [query["sql"] for query in seen if "FOR UPDATE" in query["sql"]]
    for table in ("grids_villagergroup", "grids_household"):
        taken = [sql for sql in locks if f'FROM "{table}"' in sql]
        assert len(taken) == 1, taken
        assert f'ORDER BY "{table}"."id" ASC' in taken[0]


def test_who_has_had_the_days_answers_accepts_no_number_before_tomorrow(town: Town, settings: Any) -> None:
    waiting = services.change(
        actor=town.worker,
        kind="correct_person",
        person=one(town.zhang, "张翠山"),
        happened_on=clock.today(),
        facts={"id_number": NUMBER, "sex": "", "birth_date": ""},
    )
    settings.ELSEWHERE_ANSWERS_A_DAY = 0
    taken = town.head(town.chen).id_number
    assert taken
    with pytest.raises(ValidationError, match="明天"):
        change(town, "correct_person", None, person=one(town.wang, "李秀英"), id_number=taken.open())()
    with pytest.raises(ValidationError, match="明天"):
        services.accept(actor=town.secretary, change=waiting)
