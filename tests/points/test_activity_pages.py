"""活动 on the desk: planned, changed, called off; by name and by card; and the deeds that are proposed for it."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from grids.models import Officer, Person
from points import services
from points.models import Activity, Attendance, Award, SignUp
from tests.factor import client_of
from tests.points.conftest import Market
from tests.points.market import opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(market: Market) -> Client:
    return client_of(market.town.secretary)


def planned(market: Market, **said: Any) -> Activity:
    said = {"territory": market.town.grid1, "title": "清塘", "day": clock.today(), "place": "村口"} | said
    return services.plan_activity(actor=market.town.secretary, activity=Activity(**said))


def press(client: Client, door: str, row: int, **said: Any) -> Any:
    return client.post(reverse(f"activities:{door}", args=[row]), said)


def text(answer: Any) -> str:
    return answer.content.decode()


def test_one_is_planned_and_stands_in_its_month_and_on_paper(market: Market, desk: Client) -> None:
    said = {
        "territory": market.town.grid1.pk,
        "title": "塘埂大扫除",
        "day": "2026-12-05",
        "time": "上午 8:30",
        "place": "村口塘边",
        "hours": 3,
        "item": market.hours.pk,
        "handbook": "带扫把",
    }
    assert "“塘埂大扫除”排上了" in text(desk.post(reverse("activities:new"), said, follow=True))
    made = Activity.objects.get()
    assert (made.hours, made.item, made.made_by) == (3, market.hours, market.town.secretary)
    assert "塘埂大扫除" not in text(desk.get(reverse("activities:plan")))
    for page in ("activities", "plan"):
        shown = text(desk.get(reverse(f"activities:{page}") + "?month=2026-12"))
        assert "塘埂大扫除" in shown
        assert "12月5日" in shown
    assert "带扫把" in text(desk.get(reverse("activities:handbook", args=[made.pk])))
    other = client_of(market.town.neighbour)
    assert "塘埂大扫除" not in text(other.get(reverse("activities:activities") + "?month=2026-12"))
    assert other.get(reverse("activities:activity", args=[made.pk])).status_code == 404


def test_what_is_wrong_is_said_at_its_place_and_what_was_typed_stays(market: Market, desk: Client) -> None:
    said = {"territory": market.town.grid1.pk, "title": "大扫除", "day": "", "place": "塘边", "hours": "三"}
    answer = desk.post(reverse("activities:new"), said)
    assert answer.status_code == 422
    for words in ("选哪一天。", "写数字。", 'value="大扫除"'):
        assert words in text(answer)
    late = said | {"day": "2026-08-01", "hours": 2, "item": market.hours.pk}
    answer = desk.post(reverse("activities:new"), late)
    assert "选那一天用的积分办法里的项目" in text(answer)
    far = said | {"territory": market.town.far_grid.pk, "day": "2026-12-05", "hours": 2}
    assert desk.post(reverse("activities:new"), far).status_code == 422
    assert not Activity.objects.exists()


def test_it_is_changed_and_called_off_with_the_reason(market: Market, desk: Client) -> None:
    activity = planned(market)
    same = {"territory": market.town.grid1.pk, "day": "2026-11-25", "place": "塘边", "hours": 2}
    assert press(desk, "change", activity.pk, title="清大塘", **same).status_code == 302
    assert Activity.objects.get().title == "清大塘"
    assert press(desk, "change", activity.pk, title="", **same).status_code == 422
    assert "写一句为什么取消" in text(press(desk, "cancel", activity.pk, why=" "))
    assert press(desk, "cancel", activity.pk, why="下雨").status_code == 302
    assert "取消了：下雨" in text(desk.get(reverse("activities:activity", args=[activity.pk])))
    worker = client_of(market.town.worker)
    assert press(worker, "cancel", activity.pk, why="下雨").status_code == 403


def test_people_sign_up_by_name_and_of_namesakes_it_is_asked_which(market: Market, desk: Client) -> None:
    activity = planned(market)
    assert press(desk, "sign_up", activity.pk, name="张三丰").status_code == 302
    answer = press(desk, "sign_up", activity.pk, name="没这人")
    assert "您管的户里没有叫“没这人”的" in text(answer)
    assert 'value="没这人"' in text(answer)
    Person.objects.filter(name="王大春").update(name="张三丰")
    asked = press(desk, "sign_up", activity.pk, name="张三丰")
    assert "有 2 个叫“张三丰”的" in text(asked)
    second = Person.objects.get(name="张三丰", household=market.town.wang)
    assert press(desk, "sign_up", activity.pk, name="张三丰", person=second.pk).status_code == 302
    assert SignUp.objects.count() == 2
    row = SignUp.objects.get(person=second)
    assert press(desk, "drop", row.pk).status_code == 302
    assert SignUp.objects.count() == 1


def test_the_roll_is_called_and_a_card_says_who_came(market: Market, desk: Client) -> None:
    activity = planned(market, hours=3)
    press(desk, "sign_up", activity.pk, name="张三丰")
    assert "来了的打上勾" in text(press(desk, "roll", activity.pk))
    zhang = Person.objects.get(name="张三丰")
    stranger = market.town.head(market.town.wang)
    assert press(desk, "roll", activity.pk, person=[zhang.pk, stranger.pk]).status_code == 302
    assert [each.person for each in Attendance.objects.all()] == [zhang], (
        "only who has signed up is on the roll"
    )
    assert press(desk, "come", activity.pk, name=stranger.name).status_code == 302
    assert press(desk, "card", activity.pk, code=market.card(market.town.li)).status_code == 302
    assert "没有这张卡" in text(press(desk, "card", activity.pk, code="654321"))
    assert Attendance.objects.count() == 3
    shown = text(desk.get(reverse("activities:activity", args=[activity.pk])))
    assert "签到 3 个" in shown
    assert "取消这次活动" not in shown, "somebody came"


def test_of_another_grid_the_list_shows_no_whole_name(market: Market, desk: Client) -> None:
    activity = planned(market, territory=market.town.jinxing)
    head = market.town.head(market.town.zhao)
    press(desk, "sign_up", activity.pk, name=head.name)
    page = reverse("activities:activity", args=[activity.pk])
    assert head.name in text(desk.get(page))
    worker = client_of(market.town.worker)
    assert head.name not in text(worker.get(page))
    assert head.name not in text(worker.get(reverse("activities:handbook", args=[activity.pk])))


def test_deeds_are_proposed_once_and_what_was_left_is_told_with_the_reason(
    market: Market, desk: Client
) -> None:
    activity = planned(market, item=market.hours, hours=3)
    Officer.objects.filter(user=market.town.secretary).update(person=Person.objects.get(name="张翠山"))
    people = [Person.objects.get(name="张三丰"), Person.objects.get(name="王大春")]
    services.attend(actor=market.town.worker, activity=activity, people=people)
    answer = desk.post(reverse("activities:deeds", args=[activity.pk]), follow=True)
    assert "报了 1 件积分" in text(answer)
    assert "自己家的请别人来报" in text(answer)
    assert Award.objects.get().claimed == 6
    cadre = client_of(market.cadre)
    answer = cadre.post(reverse("activities:deeds", args=[activity.pk]), follow=True)
    assert "报了 1 件积分" in text(answer)
    assert "都报过了" in text(cadre.post(reverse("activities:deeds", args=[activity.pk])))


def test_before_its_day_nobody_is_called(market: Market, desk: Client) -> None:
    activity = planned(market, day=clock.today() + dt.timedelta(days=2))
    shown = text(desk.get(reverse("activities:activity", args=[activity.pk])))
    assert "扫卡" not in shown
    assert "还没到日子" in text(press(desk, "card", activity.pk, code=market.card()))


def test_many_activities_cost_no_more_questions_than_one(market: Market, desk: Client) -> None:
    counts = []
    for _ in range(2):
        for number in range(4):
            planned(market, title=f"活动{number}", item=market.hours)
        for page in ("activities", "plan"):
            desk.get(reverse(f"activities:{page}"))
        with CaptureQueriesContext(connection) as asked:
            for page in ("activities", "plan"):
                desk.get(reverse(f"activities:{page}"))
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_hours_add_up_for_each_person_and_year_on_the_activity_and_on_the_households_pages(
    market: Market, desk: Client
) -> None:
    zhang = Person.objects.get(name="张三丰")
    said = {"actor": market.town.worker, "people": [zhang]}
    with clock.stopped_at("2025-12-20T09:00"):
        services.attend(activity=planned(market), **said)
    first, second = planned(market, hours=3), planned(market, hours=2)
    services.attend(activity=first, **said)
    services.attend(activity=second, **said, hours=4)
    services.attend_by_card(actor=market.town.worker, activity=second, code=market.card())
    page = text(desk.get(reverse("activities:activity", args=[first.pk])))
    assert "签到 1 个，一共 3 小时" in page
    assert ">7 小时</td>" in page
    home = text(desk.get(reverse("visits:household", args=[zhang.household_id])))
    assert "今年参加活动 <b>9</b> 小时（张三丰 7 小时，扫卡签到 2 小时）" in home
    own = text(opened(reverse("points:card", args=[market.card()])))
    assert "今年参加活动 9 小时（张*丰 7 小时，扫卡签到 2 小时）" in own


def test_how_many_of_who_came_were_proposed_already_is_said(market: Market, desk: Client) -> None:
    activity = planned(market, item=market.hours)
    came = [Person.objects.get(name=name) for name in ("张三丰", "王大春")]
    services.attend(actor=market.town.worker, activity=activity, people=came[:1])
    press(desk, "deeds", activity.pk)
    assert "已经报了 1 件，来的都报过了" in text(desk.get(reverse("activities:activity", args=[activity.pk])))
    services.attend(actor=market.town.worker, activity=activity, people=came[1:])
    assert "已经报了 1 件。" in text(desk.get(reverse("activities:activity", args=[activity.pk])))


def test_an_empty_month_says_what_comes_next(market: Market, desk: Client) -> None:
    later = planned(market, title="冬季防火", day=dt.date(2026, 12, 6))
    page = text(desk.get(reverse("activities:activities")))
    assert "接下来的是" in page
    assert reverse("activities:activity", args=[later.pk]) in page
    services.cancel_activity(actor=market.town.secretary, activity=later, why="下雨")
    assert "接下来的是" not in text(desk.get(reverse("activities:activities")))
