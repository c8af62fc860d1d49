"""Made-up towns: the same for the same seed, never over people's data, and nobody real in them."""

import datetime as dt

import pytest
from django.core.management import CommandError, call_command

from core import idnumber
from grids.models import Household, Person, Territory
from grids.services import check_tree
from hongji.town import filling
from hongji.town.people import VILLAGES, PeopleMaker
from visits.models import Obligation

TODAY = dt.date(2026, 11, 23)


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
