"""The weekly work on the register: what each change does, who may accept it, and that it can be taken back."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from core import after, clock
from grids import services
from grids.models import Absence, Category, Household, Membership, Person, Placement, RegisterChange
from tests.people import Town, id_number

DAY = dt.date(2026, 11, 20)
REGISTER = (Household, Person, Placement, Membership, Category, Absence)


@pytest.fixture(autouse=True)
def november() -> Any:
    with clock.stopped_at("2026-11-23T09:00"):
        yield


def snapshot() -> dict[str, list[dict[str, Any]]]:
    """Everything the register says, sealed values included."""
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in REGISTER}


def propose(actor: Any, kind: str, *, on: dt.date = DAY, facts: Any = None, **more: Any) -> RegisterChange:
    return services.change(actor=actor, kind=kind, happened_on=on, facts=facts or {}, **more)


def one(household: Household, name: str) -> Person:
    return Person.objects.get(household=household, name=name)


NEWCOMER = {
    "name": "孙小红",
    "relation": "户主",
    "id_number": id_number("19900506", 112),
    "phone": "19900001234",
}


def every_change(town: Town) -> dict[str, dict[str, Any]]:
    """One of each kind, with what it needs."""
    son, wife = one(town.zhang, "张翠山"), one(town.wang, "李秀英")
    new_house = {"group": town.group2.pk, "address": "二组9号", "phone": "19900004321", "people": [NEWCOMER]}
    return {
        "move_in": {"facts": new_house},
        "move_in to a household": {
            "household": town.li,
            "facts": {"people": [{**NEWCOMER, "relation": "侄女", "sex": "女"}]},
        },
        "move_out": {"household": town.wang, "person": wife, "facts": {"to": "六安市区"}},
        "move_out of all": {"household": town.zhang, "facts": {"to": "合肥"}},
        "move": {"person": son, "facts": {"to": town.wang.pk, "relation": "侄子"}},
        "away": {"household": town.wang, "facts": {"place": "苏州"}},
        "away of one": {"household": town.zhang, "person": son, "facts": {"place": "上海"}},
        "birth": {"household": town.zhang, "facts": {"name": "张无忌", "relation": "孙子", "sex": "男"}},
        "death": {"person": town.head(town.zhang), "facts": {"new_head": son.pk}},
        "death of the last": {"person": town.head(town.li)},
        "split": {
            "household": town.zhang,
            "facts": {
                "members": {str(son.pk): "户主", str(one(town.zhang, "殷素素").pk): "配偶"},
                "number": "060099",
            },
        },
        "merge": {
            "household": town.li,
            "facts": {"into": town.wang.pk, "members": {str(town.head(town.li).pk): "母亲"}},
        },
        "category_begin": {"person": wife, "facts": {"category": "illness", "document": "残疾证 12 号"}},
        "category_end": {"person": town.head(town.zhang), "facts": {"category": "lowincome"}},
        "regroup": {"household": town.wang, "facts": {"group": town.group2.pk}},
        "correct_person": {
            "person": son,
            "facts": {"name": "张翠", "id_number": id_number("19700203", 311), "phone": "", "note": "抱养"},
        },
        "correct_person who becomes the head": {
            "person": son,
            "facts": {"relation": "户主", "former": "父亲"},
        },
        "correct_household": {
            "household": town.zhang,
            "facts": {"number": "060077", "address": "一组7号", "phone": "19900007777"},
        },
    }


KINDS = [
    "move_in",
    "move_in to a household",
    "move_out",
    "move_out of all",
    "move",
    "away",
    "away of one",
    "birth",
    "death",
    "death of the last",
    "split",
    "merge",
    "category_begin",
    "category_end",
    "regroup",
    "correct_person",
    "correct_person who becomes the head",
    "correct_household",
]


@pytest.mark.parametrize("which", KINDS)
def test_a_change_that_is_undone_leaves_the_register_as_it_was(town: Town, which: str) -> None:
    before = snapshot()
    row = propose(town.secretary, which.split()[0], **every_change(town)[which])
    assert row.state == RegisterChange.ACCEPTED
    assert snapshot() != before
    services.undo(actor=town.secretary, change=row)
    assert snapshot() == before
    row.refresh_from_db()
    assert (row.state, row.undone_by) == (RegisterChange.UNDONE, town.secretary)


@pytest.mark.parametrize("which", KINDS)
def test_what_a_worker_reports_changes_nothing_until_the_secretary_accepts(town: Town, which: str) -> None:
    before = snapshot()
    row = propose(town.worker, which.split()[0], **every_change(town)[which])
    assert (row.state, snapshot()) == (RegisterChange.PROPOSED, before)
    services.accept(actor=town.secretary, change=row)
    row.refresh_from_db()
    assert row.state == RegisterChange.ACCEPTED
    assert row.numbers is None
    assert snapshot() != before


@pytest.mark.parametrize("which", KINDS)
def test_the_kinds_of_the_list_are_all_of_them(town: Town, which: str) -> None:
    assert set(every_change(town)) == set(KINDS)
    assert {key.split()[0] for key in KINDS} | {"back"} == {kind for kind, _ in RegisterChange.KINDS}


def test_a_new_household_has_its_people_numbers_and_place(town: Town) -> None:
    row = propose(town.secretary, "move_in", **every_change(town)["move_in"])
    household = row.household
    assert household is not None
    assert (household.number, household.head_name, household.size) == ("060005", "孙小红", 1)
    assert household.territory == town.grid1
    person = household.people.get()
    assert (person.sex, person.birth_date, person.initials) == ("F", dt.date(1990, 5, 6), "sxh")
    assert person.id_number is not None
    assert person.id_number.open() == NEWCOMER["id_number"]
    assert person.phone_mask == "199****1234"
    assert household.placements.get().since == DAY


def test_no_identity_number_or_phone_lies_open_in_a_waiting_change(town: Town) -> None:
    row = propose(town.worker, "move_in", **every_change(town)["move_in"])
    stored = str(RegisterChange.objects.values("facts", "effects", "numbers", "why").get(pk=row.pk))
    for secret in (NEWCOMER["id_number"], NEWCOMER["phone"], "19900004321"):
        assert secret not in stored
    services.refuse(actor=town.secretary, change=row, why="查无此人")
    row.refresh_from_db()
    assert row.numbers is None


def test_who_moves_takes_his_categories_along(town: Town) -> None:
    head = town.head(town.zhang)
    propose(
        town.secretary,
        "move",
        person=head,
        facts={"to": town.wang.pk, "relation": "父亲", "new_head": one(town.zhang, "张翠山").pk},
    )
    kept = Category.objects.filter(person=head).order_by("since")
    assert [(c.household, c.since, c.until) for c in kept] == [
        (town.zhang, dt.date(2026, 9, 1), dt.date(2026, 11, 19)),
        (town.wang, DAY, None),
    ]
    town.zhang.refresh_from_db()
    town.wang.refresh_from_db()
    assert (town.zhang.head_name, town.zhang.size, town.wang.size) == ("张翠山", 2, 3)


def test_a_household_whose_head_goes_needs_another(town: Town) -> None:
    with pytest.raises(ValidationError, match="定一个人当户主"):
        propose(town.secretary, "death", person=town.head(town.zhang))


def test_a_household_nobody_is_left_in_is_no_more(town: Town) -> None:
    propose(town.secretary, "death", person=town.head(town.li))
    town.li.refresh_from_db()
    assert town.li.ended_on == DAY
    assert not Category.objects.in_force().filter(household=town.li).on(dt.date(2026, 11, 21)).exists()


def test_a_split_names_both_households(town: Town) -> None:
    row = propose(town.secretary, "split", **every_change(town)["split"])
    assert row.household == town.zhang
    assert row.other is not None
    assert (row.other.number, row.other.head_name, row.other.size) == ("060099", "张翠山", 2)


def test_who_is_back_was_away_to_the_day_before(town: Town) -> None:
    propose(town.secretary, "away", household=town.wang, on=dt.date(2026, 10, 8))
    propose(town.secretary, "back", household=town.wang)
    away = Absence.objects.get()
    assert (away.since, away.until) == (dt.date(2026, 10, 8), dt.date(2026, 11, 19))


def test_a_change_is_not_undone_after_a_later_one(town: Town) -> None:
    first = propose(town.secretary, "away", household=town.wang, on=dt.date(2026, 10, 8))
    second = propose(town.secretary, "back", household=town.wang)
    with pytest.raises(ValidationError, match="先撤销后面的那一件"):
        services.undo(actor=town.secretary, change=first)
    services.undo(actor=town.secretary, change=second)
    services.undo(actor=town.secretary, change=first)
    assert not Absence.objects.exists()


def test_a_new_household_that_has_changed_since_is_not_undone(town: Town) -> None:
    row = propose(town.secretary, "move_in", **every_change(town)["move_in"])
    propose(town.secretary, "away", household=row.household)
    with pytest.raises(ValidationError, match="先撤销后面的那一件"):
        services.undo(actor=town.secretary, change=row)
    row.refresh_from_db()
    assert row.state == RegisterChange.ACCEPTED


def test_the_leader_accepts_a_move_inside_his_grid_and_nothing_else(town: Town) -> None:
    birth = propose(town.worker, "birth", **every_change(town)["birth"])
    services.accept(actor=town.leader, change=propose(town.worker, "move", **every_change(town)["move"]))
    for actor in (town.leader, town.worker, town.neighbour):
        with pytest.raises(PermissionDenied):
            services.accept(actor=actor, change=birth)


def test_nobody_moves_a_household_into_a_village_he_does_not_answer_for(town: Town) -> None:
    son = one(town.zhang, "张翠山")
    with pytest.raises(ValidationError, match="没有找到这一户"):
        propose(town.secretary, "move", person=son, facts={"to": town.chen.pk, "relation": "侄子"})
    with pytest.raises(PermissionDenied):
        propose(town.neighbour, "away", household=town.zhang)
    row = propose(town.office, "move", person=son, facts={"to": town.chen.pk, "relation": "侄子"})
    assert row.state == RegisterChange.ACCEPTED


@pytest.mark.parametrize("part", ["assistant", "supervisor", "sysadmin", "nobody"])
def test_who_may_not_report_is_refused(town: Town, part: str) -> None:
    with pytest.raises(PermissionDenied):
        propose(getattr(town, part), "away", household=town.wang)


def test_the_same_report_twice_is_one_change(town: Town) -> None:
    told = every_change(town)["move"] | {"client_id": uuid.uuid4()}
    first = propose(town.secretary, "move", **told)
    assert propose(town.secretary, "move", **told) == first
    with pytest.raises(services.Conflict):
        propose(town.office, "move", **told)
    with pytest.raises(services.Conflict):
        propose(town.secretary, "move", on=dt.date(2026, 11, 19), **told)


def test_a_report_that_cannot_be_is_refused_at_once(town: Town) -> None:
    before = RegisterChange.objects.count()
    with pytest.raises(ValidationError, match="已经是低保困难户"):
        propose(town.worker, "category_begin", person=town.head(town.zhang), facts={"category": "lowincome"})
    with pytest.raises(ValidationError, match="这一天还没到"):
        propose(town.worker, "away", household=town.wang, on=dt.date(2026, 11, 24))
    with pytest.raises(ValidationError, match="才立户"):
        propose(town.worker, "away", household=town.wang, on=dt.date(2026, 8, 1))
    twin = {**NEWCOMER, "id_number": one(town.chen, "唐金凤").id_number.open(), "relation": "侄女"}
    with pytest.raises(ValidationError, match="已在册"):
        propose(town.worker, "move_in", household=town.li, facts={"people": [twin]})
    assert RegisterChange.objects.count() == before


def test_every_fault_of_a_newcomer_is_told_by_its_field(town: Town) -> None:
    bad = {"name": "", "relation": "不详", "phone": "1990000", "id_number": "1"}
    with pytest.raises(ValidationError) as caught:
        propose(town.secretary, "move_in", household=town.li, facts={"people": [bad], "colour": "red"})
    assert caught.value.message_dict.keys() == {
        "facts",
        "people.0.name",
        "people.0.relation",
        "people.0.phone",
    }
    wrong = {**NEWCOMER, "relation": "侄女", "sex": "男", "birth_date": "1991-01-01"}
    with pytest.raises(ValidationError) as caught:
        propose(town.secretary, "move_in", household=town.li, facts={"people": [wrong]})
    assert caught.value.message_dict.keys() == {"people.0.sex", "people.0.birth_date"}


def test_rooms_above_are_told_which_households_changed(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[set[int]] = []
    monkeypatch.setattr(after, "_after", [told.append])
    row = propose(town.secretary, "move", **every_change(town)["move"])
    propose(town.worker, "away", household=town.wang)
    services.undo(actor=town.secretary, change=row)
    assert told == [{town.zhang.pk, town.wang.pk}] * 2


def test_a_full_number_is_shown_with_a_reason_and_a_row(town: Town) -> None:
    from grids.models import Unmasking

    head = town.head(town.zhang)
    with pytest.raises(PermissionDenied):
        services.unmask(actor=town.secretary, person=head, reason="核对低保")
    with pytest.raises(ValidationError, match="为什么"):
        services.unmask(actor=town.office, person=head, reason=" ")
    number = services.unmask(actor=town.office, person=head, reason="核对低保")
    assert head.id_number is not None
    assert number == head.id_number.open()
    assert Unmasking.objects.get().reason == "核对低保"
