"""The table of duties, computed: every duty × verb × territory answers as grids.duties says and as no other table."""

import pytest

from core.scope import may
from grids import services
from grids.duties import DUTIES, EVERY_VERB
from grids.models import Household, Officer, Person, RegisterChange, Territory, WithheldVerb
from tests.people import Town

PLACES = ("town", "jinxing", "qiaoji", "grid1", "grid2", "far_grid")
# Where a post of each level is held in this test, and what lies at or below it.
AT = {"town": "town", "village": "jinxing", "grid": "grid1"}
BELOW = {"town": set(PLACES), "jinxing": {"jinxing", "grid1", "grid2"}, "grid1": {"grid1"}}


@pytest.mark.parametrize("code", DUTIES)
def test_a_post_gives_its_verbs_at_its_place_and_below_and_nothing_else(town: Town, code: str) -> None:
    duty = DUTIES[code]
    user = town.user("someone", "某人")
    place = getattr(town, AT[duty.level])
    services.appoint(
        actor=services.SERVER,
        officer=town.officer("某人", user=user),
        territory=place,
        duty=code,
        since=town.zhang.since,
        source="村社干部",
        replace=True,
    )
    for verb in EVERY_VERB:
        for name in PLACES:
            expected = verb in duty.verbs and name in BELOW[AT[duty.level]]
            node = Territory.objects.get(pk=getattr(town, name).pk)
            assert may(user, verb, node) is expected, (code, verb, name)


def test_an_assistant_records_visits_and_reads_neither_other_visits_nor_categories(town: Town) -> None:
    assert may(town.assistant, "visits.record", town.grid1)
    for verb in ("visits.see", "categories.see", "persons.see", "phones.dial"):
        assert not may(town.assistant, verb), verb
        assert may(town.worker, verb, town.grid1), verb


def test_the_town_may_narrow_the_table(town: Town) -> None:
    assert may(town.leader, "register.move_in_grid", town.grid1)
    WithheldVerb.objects.create(duty="leader", verb="register.move_in_grid")
    assert not may(town.leader, "register.move_in_grid", town.grid1)
    assert may(town.leader, "visits.record", town.grid1)


@pytest.mark.parametrize("model", [Household, Person, RegisterChange, Officer])
def test_who_has_no_post_or_none_in_force_sees_no_row(town: Town, model: type) -> None:
    for user in (town.nobody, town.sysadmin):
        assert not model.objects.visible_to(user, "households.see").exists()


def test_a_secretary_sees_her_village_and_not_the_neighbours(town: Town) -> None:
    seen = {h.head_name for h in Household.objects.visible_to(town.secretary, "households.see")}
    assert seen == {"张三丰", "王大春", "李㻞", "赵建国"}
    assert {h.head_name for h in Household.objects.visible_to(town.neighbour, "households.see")} == {"陈小军"}
    assert Household.objects.visible_to(town.office, "households.see").count() == 5
    assert {h.head_name for h in Household.objects.visible_to(town.worker, "households.see")} == {
        "张三丰",
        "王大春",
        "李㻞",
    }


def test_an_officer_with_two_posts_is_listed_once(town: Town) -> None:
    officer = town.worker.officer
    services.appoint(
        actor=town.secretary, officer=officer, territory=town.grid2, duty="assistant", since=town.zhang.since
    )
    assert Officer.objects.visible_to(town.secretary, "posts.manage").filter(pk=officer.pk).count() == 1
