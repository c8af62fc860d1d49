"""Near relatives of a party who live in another village are near relatives there too, and nobody is told where."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from disputes import services
from disputes.models import Observer, Panel, Party
from disputes.services import Guest, Table
from grids import services as register
from grids.models import Person
from tests.disputes.conftest import party
from tests.disputes.seats import add, codes, draft, fill, matched, officer_of
from tests.factor import client_of
from tests.people import id_number

MARRIED = dt.date(2026, 10, 8)


@pytest.fixture
def between(town, dispute):
    """张三丰 of 金星村 against 陈小军 of 桥集村, in 金星村; 唐金凤 lives with 陈小军."""
    return dispute("水渠谁来清", parties=[party(Party.FIRST, town.zhang), party(Party.SECOND, town.chen)])


def wife(town):
    return town.chen.people.get(name="唐金凤")


def moves_away(town, person, number):
    """Out of 金星村 and into 桥集村, where she is written down anew under the same number: the second row."""
    person.set_id_number(number)
    person.save()
    register.change(
        actor=town.office,
        kind="move_out",
        happened_on=MARRIED,
        facts={},
        household=person.household,
        person=person,
    )
    facts = {"name": person.name, "relation": "儿媳", "id_number": number}
    register.change(
        actor=town.office, kind="move_in", happened_on=MARRIED, facts={"people": [facts]}, household=town.chen
    )
    return Person.objects.get(household=town.chen, name=person.name)


def why(panel):
    found = services.refusals(Panel.objects.whole().get(pk=panel.pk))
    return [each for each in found if each.code == "kin"]


def takes_a_place(town, panel, letter, **who):
    gone = panel.seats.filter(side__startswith=letter).last()
    services.unseat(actor=town.secretary, panel=panel, seat=gone)
    add(town, panel, letter, **who)


def test_a_relative_of_the_other_village_who_is_typed_by_name_is_not_let_in_between(town, between):
    """The secretary cannot choose her from the register: it is not her village's."""
    panel = fill(town, draft(town, between))
    takes_a_place(town, panel, "b", name=" 唐金凤 ")
    (told,) = why(panel)
    assert told.what == "中间人里的唐金凤，和当事人的一个近亲属同名，看不出是不是他。"
    assert "桥集" not in told.what + told.mend
    assert "陈" not in told.what + told.mend, "nor whose she is"
    services.unseat(actor=town.secretary, panel=panel, seat=panel.seats.get(name="唐金凤"))
    add(town, panel, "b", name="唐金凤（东头裁缝）")
    assert codes(panel) == [], "another one of that name has a way in"


def test_she_sits_with_the_friends_and_watches_no_sitting(town, between):
    panel = fill(town, draft(town, between))
    takes_a_place(town, panel, "f", name="唐金凤", of_side="second")
    assert codes(panel) == []
    takes_a_place(town, panel, "f", name="亲友")
    services.unobserve(actor=town.secretary, panel=panel, observer=panel.observers.get(kind="villager"))
    guest = Guest(name="唐金凤")
    services.observe(actor=town.secretary, panel=panel, kind=Observer.VILLAGER, guest=guest)
    assert codes(panel) == ["kin"]


def test_a_cadre_who_was_matched_to_nobody_is_told_how_to_be_told_apart(town, between):
    cadre = town.post("cunganbu", "唐金凤", "cadre", town.jinxing)
    panel = fill(town, draft(town, between))
    takes_a_place(town, panel, "c", officer=officer_of(cadre))
    (told,) = why(panel)
    assert "在岗位那里把唐金凤和花名册里的人对上" in told.mend
    matched(cadre, town.li.people.get())
    assert codes(panel) == []


def test_who_moved_to_another_village_and_was_written_down_anew_is_a_relative_still(town, dispute):
    daughter = moves_away(town, town.zhang.people.get(name="殷素素"), id_number("19900305", 128))
    panel = fill(town, draft(town, dispute()))
    takes_a_place(town, panel, "b", person=daughter)
    assert codes(panel) == ["kin"]
    worker = town.post("yuanwangge", "远网格", "worker", town.far_grid)
    matched(worker, daughter)
    assert services.ties_of(worker, panel.dispute) == {"first": "您是张三丰的近亲属"}


def test_who_was_written_down_anew_handles_neither_her_own_quarrel_nor_her_familys(town, dispute):
    """Her post is matched to the row of the village where she lives now; the quarrel knows the row she had before."""
    before = town.zhang.people.get(name="殷素素")
    family = dispute()
    own = dispute(parties=[services.Named("first", before), party(Party.SECOND, town.wang)])
    after = moves_away(town, before, id_number("19900305", 128))
    cadre = town.post("cunganbu", "殷素素", "cadre", town.jinxing)
    matched(cadre, after)
    assert not services.works_on(cadre, family)
    assert services.ones_own(cadre, family).startswith("这件纠纷里您家里人是当事人")
    assert services.ones_own(cadre, own).startswith("这件纠纷里您自己是当事人")


def test_a_party_who_moved_to_another_village_does_not_sit_under_his_new_row(town, dispute):
    quarrel = dispute(parties=[services.Named("first", town.zhang.people.get(name="殷素素")),
                               party(Party.SECOND, town.wang)])  # fmt: skip
    again = moves_away(town, town.zhang.people.get(name="殷素素"), id_number("19900305", 128))
    panel = fill(town, draft(town, quarrel))
    takes_a_place(town, panel, "b", person=again)
    assert codes(panel) == ["party"]
    assert again not in [each.guest.person for each in offered(town.office, panel)["friends"]]


def offered(actor, panel):
    return services.proposals(actor, Table(Panel.objects.whole().get(pk=panel.pk)))


def test_who_sees_both_villages_is_offered_the_relative_of_the_other_on_the_right_side(town, between):
    panel = draft(town, between)
    row = next(each for each in offered(town.office, panel)["friends"] if each.guest.person == wife(town))
    assert (row.of_side, row.near, row.why) == ("second", True, "和陈小军一户，配偶，近亲属")
    assert wife(town) not in [each.guest.person for each in offered(town.secretary, panel)["friends"]], (
        "whom the secretary may not see she is not shown"
    )
    text = client_of(town.secretary).get(reverse("disputes:panel", args=[panel.pk])).content.decode()
    assert "唐金凤" not in text


def test_who_lived_with_the_second_party_is_offered_as_his_relative(town, dispute):
    """Not as the first party's, whom she never met."""
    moves_away(town, town.wang.people.get(name="李秀英"), id_number("19900305", 128))
    panel = draft(town, dispute())
    row = next(each for each in offered(town.office, panel)["friends"] if each.guest.said == "李秀英")
    assert (row.of_side, row.why) == ("second", "和王大春以前一户，现在桥集村一组，近亲属")


def test_neighbours_of_a_party_of_the_other_village_are_offered_to_who_sees_them(town, between):
    town.household(town.far_group, "孙邻居", number="080002", address="一组7号")
    panel = draft(town, between)
    row = next(each for each in offered(town.office, panel)["friends"] if each.guest.said == "孙邻居")
    assert (row.of_side, row.why) == ("second", "桥集村一组，邻居")
    assert "孙邻居" not in [each.guest.said for each in offered(town.secretary, panel)["friends"]]


def test_the_page_costs_the_same_however_many_relatives_there_are(town, between):
    panel = fill(town, draft(town, between))
    desk = client_of(town.secretary)

    def cost():
        with CaptureQueriesContext(connection) as caught:
            assert desk.get(reverse("disputes:panel", args=[panel.pk])).status_code == 200
        return len(caught)

    cost()
    before = cost()
    for number in range(6):
        town.person(town.chen, f"陈孩{number}", "子女")
        town.person(town.zhang, f"张孩{number}", "子女")
    assert cost() == before
