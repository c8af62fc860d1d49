"""The desk's pages of the labour register: who sees whom, what is offered, what a wrong form says at its place."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import board, clock
from grids.models import Absence, Person
from jobs import services
from jobs.models import Labour, LabourProposal, Trade
from jobs.services.errors import TOO_YOUNG_TO_NOTE
from tests.factor import client_of
from tests.jobs.conftest import TODAY, born
from tests.people import Town

pytestmark = pytest.mark.slow

LIST = reverse("labour:register")


def page(user: object, address: str = LIST, expected: int = 200, **query: object) -> str:
    answer = client_of(user).get(address, query)
    assert answer.status_code == expected
    return answer.content.decode()


def of(person: Person) -> str:
    return reverse("labour:person", args=[person.pk])


def note(town: Town, person: Person, **said: object) -> Labour:
    return services.note_labour(actor=town.worker, person=person, **said)


def proposal(town: Town, person: Person) -> LabourProposal:
    return services.propose_labour(
        actor=town.worker,
        person=person,
        household=person.household,
        territory=person.household.territory,
        day=TODAY,
        source=f"visit:x:found:{person.pk}",
        said={"wish": "seeks"},
        words="想在镇上找个厂",
    )


def test_each_sees_the_people_of_her_place_and_the_lists_say_how_many(town, son, wife, far):
    note(town, son, status="near", employer="顺发机械厂")
    shown = page(town.worker)
    assert "张翠山" in shown
    assert "顺发机械厂" in shown
    assert "待登记 1" in shown
    assert "张翠山" not in page(town.neighbour)
    assert "殷素素" in page(town.office, list="new")
    page(town.supervisor, expected=403)
    page(town.worker, expected=404, list="nobody")


def test_filters_narrow_the_list_and_what_is_not_on_the_page_is_not_found(town, son, wife):
    trade = Trade.objects.get(name="缝纫")
    note(town, son, status="near")
    note(town, wife, status="idle", wish="seeks", trades=[trade])
    for query in ({"status": "idle"}, {"wish": "seeks"}, {"trade": trade.pk}, {"place": town.grid1.pk}):
        assert "殷素素" in page(town.secretary, **query)
    for query in ({"status": "idle"}, {"wish": "seeks"}, {"trade": trade.pk}, {"place": town.grid2.pk}):
        assert "张翠山" not in page(town.secretary, **query)
    for query in ({"status": "x"}, {"place": town.far_grid.pk}, {"trade": 987654}):
        page(town.secretary, expected=404, **query)


@pytest.mark.parametrize("code", ["all", "new", "old", "told"])
def test_a_list_costs_the_same_for_more_people(town, son, wife, code):
    def asked() -> int:
        client = client_of(town.secretary)
        with CaptureQueriesContext(connection) as caught:
            client.get(LIST, {"list": code})
        return len(caught)

    def fill(number: int) -> None:
        person = born(town.person(town.wang, f"工{number}", "儿子"), "1995-01-01", sex="M")
        if code in ("all", "old"):
            with clock.stopped_at("2026-01-05T10:00"):
                note(town, person, status="near", trades=Trade.objects.all()[:2])
        if code == "told":
            proposal(town, person)

    fill(0)
    before = asked()
    for number in range(1, 5):
        fill(number)
    assert asked() == before


def test_the_form_keeps_what_was_typed_and_says_at_its_field_what_is_wrong(town, son):
    sent = {"since": "2026-11-23", "status": "idle", "wish": "seeks", "wage": "300000", "note": "会开拖拉机"}
    answer = client_of(town.worker).post(of(son), sent)
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "看看是不是多写了一个零" in shown
    assert 'value="300000"' in shown
    assert "会开拖拉机" in shown
    assert not Labour.objects.exists()
    assert client_of(town.worker).post(of(son), sent | {"wage": "3000"}).status_code == 302
    row = Labour.objects.get()
    assert (row.wage, row.note, row.noted_by) == (3000, "会开拖拉机", town.worker)


def test_the_law_of_sixteen_years_is_said_at_what_he_does(town, son):
    born(son, "2012-01-01")
    answer = client_of(town.worker).post(of(son), {"since": "2026-11-23", "status": "near", "wish": "rests"})
    assert answer.status_code == 422
    field = answer.content.decode().split('for="id_status"')[1].split("</div>")[0]
    assert TOO_YOUNG_TO_NOTE in field


def test_all_facets_are_on_the_form_and_what_was_before_is_below(town, son):
    note(town, son, day=dt.date(2026, 10, 8), status="away", place="苏州")
    trade = Trade.objects.get(name="焊工")
    sent = {
        "since": "2026-11-20",
        "status": "idle",
        "wish": "seeks",
        "wage": "4500",
        "distance": "10",
        "hours": "full",
        "trades": [trade.pk],
        "limits": ["night", "lift"],
        "health": "weak",
        "care": "child",
    }
    client_of(town.worker).post(of(son), sent)
    row = services.labour_of(son)
    assert (row.distance, row.limits, row.place) == (10, ["night", "lift"], "")
    shown = page(town.secretary, of(son))
    for said in ("在家待业", "不能搬重物、不能上夜班", "焊工", "2026-10-08 到 2026-11-19", "外出务工"):
        assert said in shown


def test_a_strangers_person_is_not_there_and_who_only_reads_may_not_write(town, son, far):
    from grids.models import WithheldVerb

    page(town.worker, of(far), 404)
    sent = {"since": "2026-11-23", "status": "near", "wish": "rests"}
    assert client_of(town.worker).post(of(far), sent).status_code == 404
    WithheldVerb.objects.create(duty="worker", verb="labour.note")
    assert "<h2>登记</h2>" not in page(town.worker, of(son))
    for address in (of(son), reverse("labour:same", args=[son.pk]), reverse("labour:away", args=[son.pk])):
        assert client_of(town.worker).post(address, sent).status_code == 403
    assert not Labour.objects.exists()


def test_who_is_away_is_registered_by_one_tap_and_others_by_ticks(town, son, wife):
    Absence.objects.create(household=town.zhang, person=son, since=dt.date(2026, 10, 2), place="合肥")
    shown = page(town.worker, list="new")
    assert "外出务工：合肥" in shown
    client = client_of(town.worker)
    client.post(reverse("labour:away", args=[son.pk]))
    assert services.labour_of(son).place == "合肥"
    told = client.post(reverse("labour:note_many"), {"person": [wife.pk]}, follow=True).content.decode()
    assert "再选就业状态" in told
    client.post(reverse("labour:note_many"), {"person": [wife.pk, son.pk], "status": "farm"})
    assert (services.labour_of(wife).status, services.labour_of(son).status) == ("farm", "away")


def test_who_was_asked_and_nothing_has_changed_leaves_the_list(town, son):
    with clock.stopped_at("2026-01-05T10:00"):
        note(town, son, status="near")
    assert "张翠山" in page(town.worker, list="old")
    client_of(town.worker).post(reverse("labour:same", args=[son.pk]))
    assert "张翠山" not in page(town.worker, list="old")


def test_what_a_visit_proposes_waits_on_the_board_and_is_taken_or_left(town, son, wife):
    first, second = proposal(town, son), proposal(town, wife)
    waiting = [each.text for each in board.waiting_for(town.worker) if each.kind == "就业"]
    assert waiting == ["2 条走访报来的就业情况等登记"]
    assert not [each for each in board.waiting_for(town.neighbour) if each.kind == "就业"]
    shown = page(town.worker, list="told")
    assert "想在镇上找个厂" in shown
    client = client_of(town.worker)
    told = client.post(reverse("labour:take", args=[first.pk]), follow=True).content.decode()
    assert "先选他现在的就业状态" in told
    client.post(reverse("labour:take", args=[first.pk]), {"status": "idle"})
    client.post(reverse("labour:leave", args=[second.pk]))
    assert (services.labour_of(son).wish, services.labour_of(wife)) == ("seeks", None)
    assert client_of(town.neighbour).post(reverse("labour:leave", args=[second.pk])).status_code == 404
    assert not [each for each in board.waiting_for(town.worker) if each.kind == "就业"]


def test_the_households_page_says_it_in_a_word(town, son):
    note(town, son, status="idle", wish="seeks")
    shown = page(town.worker, reverse("visits:household", args=[town.zhang.pk]))
    assert "在家待业，想找活" in shown
    assert "家里人的就业" not in page(town.assistant, reverse("visits:household", args=[town.zhang.pk]))


def test_the_office_keeps_the_towns_lists_in_the_browser(town):
    client = client_of(town.office)
    for model in ("trade", "skill", "road", "jobsrule"):
        assert client.get(reverse(f"admin:jobs_{model}_add")).status_code == 200
        assert client_of(town.secretary).get(reverse(f"admin:jobs_{model}_add")).status_code == 403
    for model in ("labour", "labourproposal"):
        assert client.get(reverse(f"admin:jobs_{model}_add")).status_code == 403
    sent = {"name": "竹编", "synonyms": "编竹篮", "position": "300", "offered": "on"}
    client.post(reverse("admin:jobs_trade_add"), sent)
    assert Trade.objects.get(name="竹编").spellings == ["竹编", "编竹篮"]
