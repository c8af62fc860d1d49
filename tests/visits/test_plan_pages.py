"""The desk's pages of plans: who sees which, what the form does, and what it says when something is wrong."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from core.periods import Month, Year
from grids.models import Household
from visits import services
from visits.models import PlanLine, VisitPlan
from visits.plan_views import read_day, read_period
from visits.services import planning

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
LIST = "/desk/plans/"
NOVEMBER, YEAR = Month.parse("2026-11"), Year.parse("2026")


@pytest.fixture
def plan(town):
    return planning.propose_plan(actor=town.secretary, village=town.jinxing, period=NOVEMBER)


def address(plan, query=""):
    return reverse("visits:plan", args=[plan.pk]) + query


def page(client, user, where):
    client.force_login(user)
    answer = client.get(where)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def send(client, user, plan, do, query="", **fields):
    """(status, page after it) of one button."""
    client.force_login(user)
    fields = {"version": VisitPlan.objects.get(pk=plan.pk).version} | fields
    answer = client.post(address(plan, query), {"do": do, **fields}, follow=True)
    return answer.status_code, answer.content.decode()


def boxes(plan, home, **typed):
    line = PlanLine.objects.get(plan=plan, household=home)
    now = {"day": line.day.day if line.day else "", "visitor": line.visitor_id or "", "reason": line.reason}
    return {f"{name}-{line.pk}": value for name, value in (now | typed).items()}


def test_the_village_makes_its_plan_with_one_button_and_the_town_sees_who_has_reported(town, client):
    text = page(client, town.secretary, LIST)
    assert "排2026年11月的计划" in text
    answer = client.post(LIST, {"village": town.jinxing.pk, "period": "2026-11"}, follow=True)
    assert "金星村2026年11月走访计划" in answer.content.decode()
    plan = VisitPlan.objects.get()
    assert "排了，没有报" in page(client, town.office, LIST)
    PlanLine.objects.filter(visitor=None).update(visitor=town.secretary.officer)
    assert "报到镇里了" in send(client, town.secretary, plan, "report")[1]
    text = page(client, town.office, LIST)
    assert "2 个村报了 1 个" in text
    assert "桥集村" in text
    assert "的计划</button>" not in text
    assert "桥集村" not in page(client, town.secretary, LIST)


def test_a_reported_plan_has_no_boxes_until_it_is_opened_again(town, client, plan):
    PlanLine.objects.filter(visitor=None).update(visitor=town.secretary.officer)
    send(client, town.secretary, plan, "report")
    who = f"?who={town.worker.officer.pk}"
    text = page(client, town.secretary, address(plan, who))
    assert 'name="day-' not in text
    assert "重新打开" in text
    assert "重新打开" not in page(client, town.office, address(plan))
    status, text = send(client, town.secretary, plan, "save", **boxes(plan, town.zhang, day="30"))
    assert (status, "已经报到镇里了" in text) == (422, True)
    text = send(client, town.secretary, plan, "reopen", who)[1]
    assert 'name="day-' in text
    assert "2026年11月23日金书记报过，又打开改了" in text


@pytest.mark.parametrize(
    ("who", "seen", "boxed"),
    [
        ("secretary", {"张三丰", "王大春", "李㻞"}, True),
        ("leader", {"张三丰", "王大春", "李㻞"}, True),
        ("worker", {"张三丰", "王大春", "李㻞"}, True),
        ("assistant", {"张三丰", "王大春", "李㻞"}, False),
        ("office", {"张三丰", "王大春", "李㻞"}, False),
    ],
)
def test_who_sees_and_who_changes(town, client, plan, who, seen, boxed):
    text = page(client, getattr(town, who), address(plan, f"?who={town.worker.officer.pk}"))
    for name in seen:
        assert name in text
    assert ('name="day-' in text) is boxed
    assert ('name="visitor-' in text) is (who in ("secretary", "leader"))
    assert ("赵建国" in page(client, getattr(town, who), address(plan, "?who=none"))) is (
        who in ("secretary", "office")
    )


def test_no_category_stands_on_the_plan_of_who_may_not_see_them(town, client, plan):
    text = page(client, town.assistant, address(plan))
    for word in ("低保", "鳏寡", "信访"):
        assert word not in text


def test_another_villages_plan_is_as_unknown_as_none(town, client, plan):
    client.force_login(town.neighbour)
    for pk in (plan.pk, 10**9):
        assert client.get(reverse("visits:plan", args=[pk])).status_code == 404
        assert client.post(reverse("visits:plan", args=[pk]), {"do": "report"}).status_code == 404
    assert client.post(LIST, {"village": town.jinxing.pk, "period": "2026-11"}).status_code == 404
    client.force_login(town.office)
    assert client.post(LIST, {"village": town.jinxing.pk, "period": "2026-11"}).status_code == 403
    assert client.post(address(plan), {"do": "report"}).status_code == 403


def test_what_was_typed_is_saved_and_only_that(town, client, plan):
    fields = (
        boxes(plan, town.zhang, day="30")
        | boxes(plan, town.li, day="", reason="住院")
        | boxes(plan, town.wang)
    )
    status, text = send(client, town.secretary, plan, "save", **fields)
    assert status == 200
    assert "改了 2 户" in text
    assert PlanLine.objects.get(household=town.zhang).day == dt.date(2026, 11, 30)
    assert PlanLine.objects.get(household=town.li).day is None
    assert "没有改动" in send(client, town.secretary, plan, "save", **boxes(plan, town.wang))[1]
    text = page(client, town.secretary, address(plan, f"?who={town.worker.officer.pk}&state=out"))
    assert "李㻞" in text
    assert "张三丰" not in text


def test_a_fault_names_the_household_and_what_was_typed_stays(town, client, plan):
    fields = boxes(plan, town.zhang, day="31") | boxes(plan, town.li, day="27", reason="<b>女儿在家")
    status, text = send(client, town.secretary, plan, "save", f"?who={town.worker.officer.pk}", **fields)
    assert status == 422
    assert "张三丰 家：“31”看不懂是哪天，填几号，如 24。" in text
    assert 'value="31"' in text
    assert "&lt;b&gt;女儿在家" in text
    assert PlanLine.objects.get(household=town.li).reason == ""
    status, text = send(client, town.secretary, plan, "save", **boxes(plan, town.zhang, day=""))
    assert (status, "没有日子的，就是不排，写一句原因" in text) == (422, True)


def test_a_sunday_by_hand_is_kept_and_marked_and_a_day_that_is_over_is_refused(town, client, plan):
    who = f"?who={town.worker.officer.pk}"
    status, text = send(client, town.secretary, plan, "save", who, **boxes(plan, town.zhang, day="29"))
    assert (status, "其中 1 户的日子不是工作日，照您填的存了" in text) == (200, True)
    assert text.count("不上班") == 1
    text = send(client, town.secretary, plan, "save", who, **boxes(plan, town.zhang, reason="周日在家"))[1]
    assert "改了 1 户。" in text
    assert "照您填的" not in text, "it is said once, when the day is chosen"
    status, text = send(client, town.secretary, plan, "save", who, **boxes(plan, town.li, day="20"))
    assert (status, "李㻞 家：11月20日已经过了" in text) == (422, True)


def test_who_moved_away_is_named_beside_the_plan_and_not_counted(town, client, plan):
    Household.objects.filter(pk=town.zhang.pk).update(ended_on="2026-11-23")
    text = page(client, town.secretary, address(plan))
    assert "计划 3 户，其中五必访 2 户" in text
    assert "1 户去不了了，不算在计划里：张三丰" in text
    assert "张三丰" not in page(client, town.worker, address(plan)).split("<table")[1]


def test_an_old_page_is_told_so(town, client, plan):
    send(client, town.worker, plan, "save", **boxes(plan, town.zhang, day="30"))
    status, text = send(client, town.secretary, plan, "save", version=0, **boxes(plan, town.li, day="30"))
    assert (status, "刚才有人改过" in text) == (422, True)


def test_the_weekdays_of_a_visitor_are_ticked_on_the_page(town, client, plan):
    me = town.worker.officer.pk
    status, text = send(client, town.worker, plan, "spread", visitor=me, weekday=["4"])
    assert (status, "3 户换了日子" in text) == (200, True)
    assert {line.day for line in PlanLine.objects.filter(visitor=me)} == {dt.date(2026, 11, 26)}
    status, text = send(client, town.worker, plan, "spread", visitor=me)
    assert (status, "没有您选的工作日" in text) == (422, True)


@pytest.mark.parametrize(
    "fields", [{"do": "x"}, {"do": ""}, {"do": "save", "version": "x"}, {"do": "spread", "visitor": "-1"}]
)
def test_what_the_page_never_sends_is_refused_and_never_a_crash(town, client, plan, fields):
    client.force_login(town.secretary)
    assert client.post(address(plan), fields).status_code in (400, 422)
    for query in ("?who=99", "?group=x", "?state=x", "?group=" + "9" * 18):
        assert client.get(address(plan, query)).status_code in (200, 400, 404, 422)
    for query in ("?month=x", "?month=2027-05"):
        assert client.get(LIST + query).status_code == 404
    assert client.post(LIST, {"village": town.jinxing.pk, "period": "x"}).status_code == 422


def test_what_came_of_it_stands_beside_the_plan(town, client, plan, visit):
    visit(town.zhang, "2026-11-23")
    text = page(client, town.secretary, address(plan))
    assert "计划 4 户，其中五必访 3 户；走到 1 户，没走到 3 户" in text
    with clock.stopped_at(dt.date(2026, 12, 1)):
        text = page(client, town.secretary, address(plan, f"?who={town.worker.officer.pk}"))
        assert "过了日子" in text
        assert "走到了" in text
        assert 'name="day-' not in text
        assert "过完了，没有报到镇里" in text
        with pytest.raises(ValidationError, match="过完了"):
            planning.report_plan(actor=town.secretary, plan=plan)


def test_the_secretarys_year_tells_whom_she_has_not_visited(town, client, visit):
    visit(town.zhang, "2026-10-09", actor=town.secretary)
    text = page(client, town.secretary, LIST)
    assert "排书记走访" in text
    client.post(LIST, {"village": town.jinxing.pk, "period": "2026"})
    plan = VisitPlan.objects.get()
    town.household(town.group1, "孙新来", number="060099")
    services.ensure_owed()
    text = page(client, town.secretary, address(plan))
    assert "书记还没走到的有 4 户，其中 1 户没有排" in text
    assert "又排上 1 户" in send(client, town.secretary, plan, "more")[1]
    line = PlanLine.objects.get(household=town.li)
    assert 'inputmode="text"' in text
    send(client, town.secretary, plan, "save", **boxes(plan, town.li, day="12-3"))
    line.refresh_from_db()
    assert line.day == dt.date(2026, 12, 3)


@pytest.mark.parametrize(
    ("text", "period", "day"),
    [
        ("24", NOVEMBER, (2026, 11, 24)),
        ("２４号", NOVEMBER, (2026, 11, 24)),
        ("11月24日", NOVEMBER, (2026, 11, 24)),
        ("12-3", YEAR, (2026, 12, 3)),
        ("", YEAR, None),
    ],
)
def test_a_day_as_people_write_it(text, period, day):
    assert read_day(text, period) == (dt.date(*day) if day else None)


@pytest.mark.parametrize(("text", "period"), [("31", NOVEMBER), ("x", NOVEMBER), ("3", YEAR), ("13-1", YEAR)])
def test_a_day_nobody_understands_is_refused(text, period):
    with pytest.raises(ValidationError, match="看不懂"):
        read_day(text, period)
    assert (read_period("2026"), read_period("2026-11")) == (YEAR, NOVEMBER)


def test_twice_the_households_cost_no_more_queries(town, client, plan):
    def cost(where):
        page(client, town.secretary, where)
        with CaptureQueriesContext(connection) as found:
            page(client, town.secretary, where)
        return len(found)

    who = f"?who={town.worker.officer.pk}"
    before = {where: cost(where) for where in (LIST, address(plan, who))}
    for n in range(12):
        town.household(town.group1, f"户{n}", number=f"0601{n:02d}")
    services.ensure_owed()
    planning.propose_plan(actor=town.secretary, village=town.jinxing, period=NOVEMBER)
    for where, most in before.items():
        assert cost(where) <= most


def test_the_phones_list_says_the_day(town, client, plan):
    client.force_login(town.worker)
    rows = client.get("/api/due/").json()
    line = PlanLine.objects.get(household=town.zhang)
    found = {
        row["household"]: row["planned"] for part in ("overdue", "due", "ordinary") for row in rows[part]
    }
    assert found[town.zhang.pk] == str(line.day)
    planning.change_lines(
        actor=town.secretary, plan=plan, changes={line.pk: planning.Change(None, line.visitor_id, "住院")}
    )
    found = client.get("/api/due/").json()
    assert {row["planned"] for row in found["overdue"] if row["household"] == town.zhang.pk} <= {None}
