"""Made-up towns: the same for the same seed, never over people's data, and nobody real in them."""

import datetime as dt

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from core import idnumber
from grids.models import Household, Person, Territory, VillagerGroup
from grids.services import check_tree
from hongji.town import filling
from hongji.town.copying import COPIED
from hongji.town.people import VILLAGES, PeopleMaker
from visits.models import Obligation
from visits.services import ensure_owed

pytestmark = pytest.mark.slow

TODAY = dt.date(2026, 11, 23)
OWED = ("household__number", "household__village__name", "who", "period_start", "due_on", "visit__day")


@pytest.fixture(autouse=True)
def mark(settings, tmp_path):
    """Where the folder says that its people are made up."""
    settings.DEMO_MARK = tmp_path / "DEMO"
    return settings.DEMO_MARK


@pytest.mark.django_db
def test_a_made_town_is_marked_as_made_up_so_that_production_refuses_it(mark):
    call_command("make_town", households=11, months=1)
    assert mark.exists()


def made(seed):
    maker = PeopleMaker(seed, TODAY)
    return list(maker.households(["一组", "二组"], 40, "99"))


def test_the_same_seed_gives_the_same_people():
    assert made(1) == made(1)
    assert made(1) != made(2)


def test_made_up_people_have_sound_numbers_that_nobody_real_can_have():
    people = [person for household in made(3) for person in household.people]
    assert len({person.id_number for person in people}) == len(people)
    for person in people:
        assert idnumber.faults(person.id_number, today=TODAY) == []
        assert person.id_number.startswith("3499")
        assert idnumber.birth_date(person.id_number) == person.born
        assert idnumber.sex(person.id_number) == person.sex
        assert person.phone == "" or person.phone.startswith("1990000")


@pytest.mark.django_db
def test_a_made_town_has_the_plans_villages_and_owes_what_the_plan_says():
    call_command("make_town", households=66, months=2)
    assert list(Territory.objects.villages().in_order().values_list("name", flat=True)) == VILLAGES
    assert Household.objects.count() == 66
    assert check_tree() == []
    assert Obligation.objects.of("secretary").count() == 66
    listed = Household.objects.filter(categories__isnull=False).distinct().count()
    assert Obligation.objects.of("category").count() == 2 * listed


@pytest.mark.django_db
def test_beyond_one_town_numbered_towns_follow_with_trees_of_their_own(monkeypatch):
    monkeypatch.setattr(filling, "PER_TOWN", 33)
    call_command("make_town", households=99, months=1)
    assert list(Territory.objects.towns().in_order().values_list("name", flat=True)) == [
        "洪集镇",
        "第2镇",
        "第3镇",
    ]
    assert Household.objects.count() == 99
    assert check_tree() == []
    assert Obligation.objects.of("secretary").count() == 99
    assert Person.objects.exclude(id_number_hash="").count() < Person.objects.count()


@pytest.mark.django_db
def test_a_town_with_people_in_it_is_left_alone():
    call_command("make_town", households=11, months=1)
    with pytest.raises(CommandError, match="库里已有镇了"):
        call_command("make_town", households=11, months=1)
    assert Household.objects.count() == 11


@pytest.mark.django_db
def test_a_copied_town_owes_and_has_done_what_the_first_one_has(monkeypatch):
    monkeypatch.setattr(filling, "PER_TOWN", 33)
    call_command("make_town", households=66, months=2)
    first, second = (
        sorted(Obligation.objects.at(town).values_list(*OWED), key=str)
        for town in Territory.objects.towns().in_order()
    )
    assert first == second
    assert any(done for *_, done in first)
    for row in Obligation.objects.filter(visit__isnull=False).select_related("visit"):
        assert row.visit.household_id == row.household_id
    before = sorted(Obligation.objects.values_list("pk", "discharged_on", "rested_on"), key=str)
    assert ensure_owed() == 0
    assert sorted(Obligation.objects.values_list("pk", "discharged_on", "rested_on"), key=str) == before


@pytest.mark.django_db
def test_after_the_pour_every_index_and_constraint_is_there_and_the_next_key_is_free(monkeypatch):
    monkeypatch.setattr(filling, "PER_TOWN", 11)
    before = shape()
    call_command("make_town", households=22, months=1)
    assert shape() == before
    grid = Territory.objects.grids().last()
    group = VillagerGroup.objects.create(village=grid.parent, grid=grid, name="新组")
    assert VillagerGroup.objects.filter(pk__lt=group.pk).count() == VillagerGroup.objects.count() - 1


def shape():
    """Every index and constraint of the tables that are copied."""
    found = {}
    with connection.cursor() as cursor:
        for model, _ in COPIED:
            table = model._meta.db_table
            found[table] = connection.introspection.get_constraints(cursor, table)
    assert all(found.values())
    return found


@pytest.mark.django_db
def test_no_made_up_people_where_real_ones_are_to_live(settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="正式环境"):
        call_command("make_town", households=11, months=1)
    assert not Territory.objects.exists()
