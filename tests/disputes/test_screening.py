"""The monthly screening: visits say by themselves who was looked at, the rest is ticked, and 零报告 makes itself."""

import datetime as dt
import importlib
import uuid

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import NoticeRule
from accounts.notices.writing import ensure_notices
from core import clock
from core.periods import Month
from disputes import services
from disputes.models import Seen, SubjectLook
from grids import services as grids
from tests.factor import client_of
from visits import services as visits

NOVEMBER = Month.parse("2026-11")
PAGE = reverse("disputes:screening")


def visit(town, household, day="2026-11-20", actor=None, **said):
    with clock.stopped_at(f"{day}T10:00"):
        made = visits.record_visit(
            actor=actor or town.worker,
            uuid=uuid.uuid4(),
            household=household,
            happened_at=clock.now(),
            **said,
        )
    return made.visit


def looked_at():
    return set(Seen.objects.filter(start=NOVEMBER.first).values_list("household__head_name", "how"))


def tick(actor, *households):
    return services.tick_seen(actor=actor, households=[each.pk for each in households], month=NOVEMBER)


def test_a_visit_that_met_somebody_has_looked_at_the_household_and_another_has_not(town):
    visit(town, town.zhang)
    visit(town, town.wang, met=False)
    visit(town, town.li, "2026-10-20")
    assert looked_at() == {("张三丰", "visit")}


def test_a_visit_taken_back_takes_back_what_nothing_else_saw(town):
    first, second = visit(town, town.zhang, "2026-11-22"), visit(town, town.zhang, "2026-11-23")
    visits.undo_visit(actor=town.worker, visit=first)
    assert Seen.objects.get().day == dt.date(2026, 11, 23), "the other visit saw it too"
    visits.undo_visit(actor=town.worker, visit=second)
    assert not Seen.objects.exists()


def test_a_correction_says_anew_who_was_met_and_in_which_month(town):
    made = visit(town, town.zhang, "2026-11-22")
    said = {"happened_at": made.happened_at, "uuid": uuid.uuid4()}
    visits.correct_visit(actor=town.worker, visit=made, day=dt.date(2026, 10, 30), **said)
    assert Seen.objects.get().start == dt.date(2026, 10, 1)


def test_what_was_ticked_stays_when_a_visit_comes_and_is_taken_back(town):
    tick(town.worker, town.zhang)
    visits.undo_visit(actor=town.worker, visit=visit(town, town.zhang, "2026-11-23"))
    assert looked_at() == {("张三丰", "ticked")}


def test_a_grids_people_tick_their_grid_and_the_secretary_the_village(town):
    assert tick(town.worker, town.zhang, town.wang) == 2
    with pytest.raises(PermissionDenied):
        tick(town.worker, town.li, town.zhao)
    assert looked_at() == {("张三丰", "ticked"), ("王大春", "ticked")}, "none of them, not the half"
    with pytest.raises(PermissionDenied):
        tick(town.assistant, town.li)
    with pytest.raises(PermissionDenied):
        tick(town.neighbour, town.li)
    assert tick(town.secretary, town.li, town.zhao, town.zhang) == 2


def test_a_household_that_goes_to_another_grid_changes_no_month_that_is_over(town):
    visit(town, town.zhang, "2026-10-20")
    before = services.screened_by_grid(town.jinxing, NOVEMBER.previous)
    grids.change(
        actor=town.secretary,
        kind="regroup",
        household=town.zhang,
        happened_on=dt.date(2026, 11, 10),
        facts={"group": town.group3.pk},
    )
    assert services.screened_by_grid(town.jinxing, NOVEMBER.previous) == before
    november = services.screened_by_grid(town.jinxing, NOVEMBER)
    assert (november[town.grid1.pk].homes, november[town.grid2.pk].homes) == (2, 2)


def test_what_was_ticked_by_mistake_is_taken_back_and_what_a_visit_saw_is_not(town):
    visit(town, town.wang)
    tick(town.worker, town.zhang)
    keys = [town.zhang.pk, town.wang.pk]
    assert services.untick_seen(actor=town.worker, households=keys, month=NOVEMBER) == 1
    assert looked_at() == {("王大春", "visit")}


def test_months_that_are_over_are_read_and_not_ticked(town):
    with pytest.raises(ValidationError, match="只能记本月的"):
        services.tick_seen(actor=town.worker, households=[town.zhang.pk], month=NOVEMBER.previous)


def test_all_looked_at_and_nothing_found_is_a_report_of_nothing(town, dispute):
    visit(town, town.zhang)
    tick(town.secretary, town.wang, town.li, town.zhao)
    subject = services.add_subject(actor=town.secretary, village=town.jinxing, name="修路", kind="project")
    assert not services.screened(town.jinxing, NOVEMBER).is_whole
    services.look_at_subject(actor=town.secretary, subject=subject, month=NOVEMBER)
    told = services.screened(town.jinxing, NOVEMBER).said
    assert told == (
        "本月没有新发现的矛盾纠纷（零报告）。4 户看了 4 户（走访看过 1 户，打勾看过 3 户），"
        "建设项目和社会事务 1 项看了 1 项。"
    )
    found = dispute()
    assert services.screened(town.jinxing, NOVEMBER).said.endswith("新发现矛盾纠纷 1 件。")
    services.withdraw(actor=town.secretary, dispute=found, words="记重了")
    assert services.screened(town.jinxing, NOVEMBER).is_nothing


def test_a_subject_is_named_once_looked_at_each_month_and_leaves_when_it_is_over(town):
    said = {"actor": town.secretary, "village": town.jinxing, "name": "征地", "kind": "affair"}
    subject = services.add_subject(**said)
    with pytest.raises(ValidationError, match="已经有这一项"):
        services.add_subject(**said)
    with pytest.raises(PermissionDenied):
        services.add_subject(**said | {"actor": town.leader, "name": "换届"})
    services.look_at_subject(actor=town.secretary, subject=subject, month=NOVEMBER, words="补偿都谈好了")
    services.look_at_subject(actor=town.secretary, subject=subject, month=NOVEMBER, words="还有一户没签")
    assert SubjectLook.objects.get().words == "还有一户没签"
    services.end_subject(actor=town.secretary, subject=subject)
    assert services.subjects_of(town.jinxing, NOVEMBER).exists()
    assert not services.subjects_of(town.jinxing, NOVEMBER.next).exists()


def test_the_page_lists_whom_nobody_has_looked_at_and_ticks_several_at_once(town):
    visit(town, town.zhang)
    client = client_of(town.worker)
    page = client.get(PAGE).content.decode()
    assert "王大春" in page
    assert "李㻞" in page
    assert "张三丰" not in page
    assert "赵建国" not in page, "of another grid"
    told = {"home": [town.wang.pk, town.li.pk], "month": "2026-11", "do": "tick", "back": PAGE}
    answer = client.post(reverse("disputes:tick"), told, follow=True).content.decode()
    assert "2 户记成看过了" in answer
    assert "这里的户都看过了" in answer
    ticked = client.get(PAGE, {"list": "ticked"}).content.decode()
    assert "王大春" in ticked
    assert "王格" in ticked


def test_the_page_of_a_group_and_of_another_village(town):
    client = client_of(town.secretary)
    page = client.get(PAGE, {"grid": town.grid1.pk, "group": town.group2.pk}).content.decode()
    assert "李㻞" in page
    assert "王大春" not in page
    assert client.get(PAGE, {"village": town.qiaoji.pk}).status_code == 404
    assert "陈小军" in client_of(town.office).get(PAGE, {"village": town.qiaoji.pk}).content.decode()
    assert client.get(PAGE, {"month": "2026-12"}).status_code == 404
    assert client.get(PAGE, {"month": "2026-10"}).status_code == 200


def test_who_leads_two_grids_of_a_village_sees_and_ticks_both_and_no_third(town):
    officer = town.leader.officer
    with clock.stopped_at("2026-11-02T09:00"):
        grids.appoint(
            actor=grids.SERVER,
            officer=officer,
            territory=town.grid2,
            duty="leader",
            since=clock.today(),
            source="村社干部",
        )
    client = client_of(town.leader)
    page = client.get(PAGE).content.decode()
    assert "赵建国" in page
    assert "李㻞" in page
    assert "陈小军" not in page
    assert "看过了，没有矛盾" in page
    assert "赵建国" not in client.get(PAGE, {"grid": town.grid1.pk}).content.decode()


def test_the_page_says_that_nothing_was_found_to_who_sees_the_village(town):
    tick(town.secretary, town.zhang, town.wang, town.li, town.zhao)
    assert "零报告" in client_of(town.secretary).get(PAGE).content.decode()
    assert "零报告" not in client_of(town.worker).get(PAGE).content.decode()


def test_the_subjects_are_added_and_looked_at_on_the_page(town):
    client = client_of(town.secretary)
    added = {"name": "村部改建", "kind": "project", "back": PAGE}
    address = reverse("disputes:add_subject", args=[town.jinxing.pk])
    assert "村部改建" in client.post(address, added, follow=True).content.decode()
    assert "写是什么项目" in client.post(address, added | {"name": " "}, follow=True).content.decode()
    subject = services.subjects_of(town.jinxing, NOVEMBER).get()
    look = {"words": "工钱没拖", "month": "2026-11", "back": "https://elsewhere.example/"}
    answer = client.post(reverse("disputes:look_at", args=[subject.pk]), look)
    assert answer.url == PAGE, "back to this page and nowhere else"
    assert "工钱没拖" in client.get(PAGE).content.decode()


def test_the_page_asks_as_often_for_many_households_as_for_few(town):
    client = client_of(town.office)
    client.get(PAGE)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(PAGE, {"village": town.jinxing.pk})
    for number in range(60):
        town.household(town.group1, f"多{number}", number=f"07{number:04d}")
    with CaptureQueriesContext(connection) as many:
        client.get(PAGE, {"village": town.jinxing.pk})
    assert len(many) == len(few)


def test_the_migration_fills_what_visits_of_this_month_and_the_last_saw(town):
    for day in ("2026-09-20", "2026-10-20", "2026-11-20"):
        visit(town, town.zhang, day)
    visit(town, town.wang, met=False)
    Seen.objects.all().delete()
    importlib.import_module("visits.migrations.0008_visits_saw_households").look_back(apps, None)
    assert sorted(Seen.objects.values_list("start", "household", "territory", "who")) == [
        (dt.date(2026, 10, 1), town.zhang.pk, town.grid1.pk, town.worker.pk),
        (dt.date(2026, 11, 1), town.zhang.pk, town.grid1.pk, town.worker.pk),
    ]


def test_on_the_25th_the_secretary_is_reminded_of_what_nobody_has_reviewed(town, dispute):
    assert set(NoticeRule.objects.filter(kind="disputes.unreviewed").values_list("whom", "number")) == {
        ("secretary", 25),
        ("cadre", 25),
    }
    dispute()

    def told():
        return town.secretary.notices.filter(kind="disputes.unreviewed").values_list("words", flat=True)

    ensure_notices()
    assert not told()
    with clock.stopped_at("2026-11-25T09:00"):
        ensure_notices()
        assert ["1 件矛盾纠纷没有梳理" in words for words in told()] == [True]
