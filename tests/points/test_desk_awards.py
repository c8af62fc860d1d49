"""The desk's pages of deeds on their way: who sees which, what is offered, what a wrong form says, several at once."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from grids.models import Household, Officer
from points import services
from points.models import Award, Item
from tests.factor import client_of
from tests.points.conftest import Market

pytestmark = pytest.mark.django_db
LIST = reverse("points:awards")


def page(user: object, address: str, status: int = 200, **query: object) -> str:
    answer = client_of(user).get(address, query)
    assert answer.status_code == status
    return answer.content.decode()


def award_page(user: object, award: Award, status: int = 200) -> str:
    return page(user, reverse("points:award", args=[award.pk]), status)


def step(user: object, award: Award, code: str, *, factor: bool = True, **sent: object):
    name = "deciding" if code in ("decide", "reverse") or award.state != Award.CLAIMED else "step"
    if code == "object":
        name = "step"
    return client_of(user, factor=factor).post(reverse(f"points:{name}", args=[award.pk, code]), sent)


def test_who_claims_sees_her_own_and_who_sees_points_sees_all_of_the_place(market: Market) -> None:
    town = market.town
    market.claim(actor=town.assistant)
    market.claim(town.wang)
    assert "张三丰 家" in page(town.assistant, LIST)
    assert "王大春 家" not in page(town.assistant, LIST)
    assert "王大春 家" in page(town.secretary, LIST)
    assert "王大春 家" not in page(town.neighbour, LIST)
    page(town.supervisor, LIST, 403)


def test_lists_are_by_state_and_say_how_many(market: Market) -> None:
    market.claim()
    services.refuse(actor=market.town.leader, award=market.claim(market.town.wang), words="没有的事")
    waiting = page(market.town.secretary, LIST)
    assert "待初审 1" in waiting
    assert "王大春" not in waiting
    off = page(market.town.secretary, LIST, list="off")
    assert "王大春" in off
    assert "张三丰" not in off
    page(market.town.secretary, LIST, 404, list="nothing")


def test_the_deeds_of_one_household_are_found_without_its_name_in_an_address(market: Market) -> None:
    market.claim()
    market.claim(market.town.wang)
    client = client_of(market.town.secretary)
    answer = client.post(reverse("points:find"), {"for": "see", "text": "王大春"})
    assert answer.url == f"{LIST}?household={market.town.wang.pk}"
    text = page(market.town.secretary, answer.url)
    assert "王大春 家" in text
    assert "张三丰 家" not in text
    several = client.post(reverse("points:find"), {"for": "see", "text": "z"}).content.decode()
    assert "张三丰" in several
    assert "赵建国" in several
    assert "没有找到" in client.post(reverse("points:find"), {"text": "没有这个人"}).content.decode()


def test_every_step_stands_there_with_who_and_why(market: Market) -> None:
    award = market.claim()
    assert step(market.town.leader, award, "check", points=3, words="只扫了一半").status_code == 302
    text = award_page(market.town.secretary, award)
    for said in ("王格", "周长", "只扫了一半", "3 分", "复核通过", "初审通过"):
        assert said in text
    award.refresh_from_db()
    assert (award.state, award.points) == (Award.CHECKED, 3)


def test_only_the_buttons_that_one_may_press_stand_there(market: Market) -> None:
    award, town = market.claim(), market.town

    def buttons(user: object) -> set[str]:
        text = award_page(user, award)
        return {code for code in services.STEPS if f"/{code}/" in text}

    assert buttons(town.worker) == {"refuse", "withdraw"}
    assert buttons(town.leader) == {"check", "refuse"}
    assert buttons(town.office) == set()
    services.check(actor=town.leader, award=award)
    assert buttons(town.leader) == set()
    assert buttons(town.secretary) == {"decide", "refuse"}


def test_to_decide_needs_the_second_factor(market: Market) -> None:
    award = market.claim()
    services.check(actor=market.town.leader, award=award)
    award.refresh_from_db()
    answer = step(market.town.secretary, award, "decide", factor=False)
    assert answer.url.startswith(reverse("accounts:second_factor"))
    refused = step(market.town.secretary, award, "refuse", factor=False, words="不")
    assert refused.url.startswith(reverse("accounts:second_factor"))
    # The other door leads nowhere.
    other = client_of(market.town.secretary, factor=False).post(
        reverse("points:step", args=[award.pk, "refuse"]), {"words": "不"}
    )
    assert other.status_code == 422
    assert step(market.town.secretary, award, "decide").status_code == 302
    award.refresh_from_db()
    assert award.state == Award.DECIDED


@pytest.mark.parametrize(
    ("code", "sent", "sentence"),
    [
        ("refuse", {"words": " "}, "写一句为什么不给"),
        ("check", {"points": "9", "words": "看过照片"}, "填 1 到 5 分"),
        ("check", {"points": "很多", "words": "看过照片"}, "填一个整数"),
        ("check", {"words": "字" * 201}, "最多写 200 个字"),
    ],
)
def test_what_is_wrong_is_told_at_the_step_and_nothing_typed_is_lost(
    market: Market, code: str, sent: dict, sentence: str
) -> None:
    award = market.claim()
    answer = step(market.town.leader, award, code, **sent)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in text
    assert sent["words"] in text
    award.refresh_from_db()
    assert award.state == Award.CLAIMED


def test_a_refusal_may_be_on_a_ground_that_the_rules_name(market: Market) -> None:
    ground, other = (
        services.save_item(
            actor=market.town.secretary, item=Item(scheme=market.scheme, title=title, refuses=True)
        )
        for title in ("占道堆放", "酒驾")
    )
    award = market.claim()
    assert "占道堆放" in award_page(market.town.leader, award)
    wrong = step(market.town.leader, award, "refuse", ground=market.sweeping.pk, words="堆了一个月")
    assert wrong.status_code == 422
    assert "没有这个情形" in wrong.content.decode()
    assert step(market.town.leader, award, "refuse", ground=ground.pk, words="堆了一个月").status_code == 302
    award.refresh_from_db()
    assert award.why_not == "占道堆放：堆了一个月"
    alone = market.claim(market.town.wang)
    assert step(market.town.leader, alone, "refuse", ground=other.pk).status_code == 302
    assert services.balance_of(market.town.wang) == 0


def test_what_is_decided_leads_whoever_decides_to_the_notice(market: Market) -> None:
    award = market.decided()
    door = reverse("points:show", args=[market.town.jinxing.pk])
    assert door in award_page(market.cadre, award)
    assert door not in award_page(market.town.leader, award)


def test_many_are_decided_for_what_was_checked_and_the_page_says_so(market: Market) -> None:
    award = market.claim(actor=market.town.assistant)
    assert "照申报的分" in page(market.town.leader, LIST)
    services.check(actor=market.town.leader, award=award, points=2)
    assert "照初审的分" in page(market.town.secretary, LIST, list="checked")


def test_whoever_comes_second_is_told_who_was_quicker(market: Market) -> None:
    award = market.claim()
    services.check(actor=market.town.leader, award=award)
    answer = client_of(market.town.secretary).post(
        reverse("points:step", args=[award.pk, "check"]), {"words": "我看过"}
    )
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "周长 11月23日 09:30 已经“初审通过”" in text
    assert "我看过" in text


def test_ones_own_household_is_left_to_others(market: Market) -> None:
    award = market.claim()
    person = market.town.zhang.people.exclude(officer__isnull=False).first()
    Officer.objects.filter(user=market.town.leader).update(person=person)
    assert "/check/" not in award_page(market.town.leader, award)
    assert step(market.town.leader, award, "check").status_code == 403
    assert "别人办" not in page(market.town.leader, LIST), "nothing to tick, no column for it"


def test_who_has_done_his_step_is_told_that_the_next_is_anothers(market: Market) -> None:
    leader, award = market.town.leader, market.claim()
    sent = {"points": award.worth, "words": ""}
    address = reverse("points:step", args=[award.pk, "check"])
    told = client_of(leader).post(address, sent, follow=True).content.decode()
    assert "初审通过，记好了，现在是“待复核”。" in told
    mine = market.claim(market.town.li, actor=leader)
    assert "申报过这一件的人不能再初审，请别人来办。" in award_page(leader, mine)


def test_several_are_checked_and_decided_at_once(market: Market) -> None:
    town = market.town
    awards = [market.claim(), market.claim(town.wang)]
    own = market.claim(town.li, actor=town.leader)
    text = page(town.leader, LIST)
    assert text.count('type="checkbox"') == 2
    assert "别人办" in text
    sent = {"award": [each.pk for each in [*awards, own]]}
    told = client_of(town.leader).post(reverse("points:check_many"), sent, follow=True).content.decode()
    assert "2 件初审通过" in told
    assert f"{own.number_said}：申报过这一件的人不能再初审" in told
    asked = client_of(town.secretary, factor=False).post(reverse("points:decide_many"), sent)
    assert asked.url.startswith(reverse("accounts:second_factor"))
    told = client_of(town.secretary).post(reverse("points:decide_many"), sent, follow=True).content.decode()
    assert "2 件复核通过" in told
    assert Award.objects.in_state(Award.DECIDED).count() == 2
    nothing = client_of(town.leader).post(reverse("points:check_many"), follow=True).content.decode()
    assert "先勾上要初审通过的" in nothing


def test_the_neighbours_deed_is_not_there(market: Market) -> None:
    award = market.claim()
    award_page(market.town.neighbour, award, 404)
    answer = client_of(market.town.neighbour).post(reverse("points:check_many"), {"award": award.pk})
    assert answer.status_code == 302
    award.refresh_from_db()
    assert award.state == Award.CLAIMED


# --- a new claim -----------------------------------------------------------------------------------------


def send(market: Market, home: Household | None = None, **sent: object):
    home = home or market.town.zhang
    body = {
        "household": home.pk,
        "uuid": uuid.uuid4(),
        "item": market.sweeping.pk,
        "day": clock.today().isoformat(),
        "number": 1,
        "words": "扫了村口",
    }
    return client_of(market.town.worker).post(reverse("points:new"), body | sent)


def test_a_household_is_found_and_its_deed_claimed(market: Market) -> None:
    client = client_of(market.town.worker)
    answer = client.post(reverse("points:find"), {"for": "claim", "text": "zsf"})
    assert answer.url == f"{reverse('points:new')}?household={market.town.zhang.pk}"
    form = client.get(answer.url).content.decode()
    assert "打扫公共地方（5 分/次）" in form
    assert "张翠山" in form
    number = uuid.uuid4()
    first = send(market, uuid=number, person=market.town.head(market.town.zhang).pk)
    award = Award.objects.get()
    assert first.url == send(market, uuid=number, person=award.person_id).url
    assert Award.objects.count() == 1
    assert award.person == market.town.head(market.town.zhang)


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"words": ""}, "写一句做了什么"),
        ({"item": ""}, "选一个积分项目"),
        ({"day": "昨天"}, "日期写成"),
        ({"day": "2026-12-24"}, "这一天还没到"),
        ({"number": "9"}, "一次最多报 1 次"),
        ({"person": "987654321"}, "这个人不在这一户"),
    ],
)
def test_a_claim_that_cannot_be_says_why_at_its_place(market: Market, sent: dict, sentence: str) -> None:
    answer = send(market, **{"words": "扫了一上午"} | sent)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in text
    assert "field-bad" in text
    assert sent.get("words", "扫了一上午") in text
    assert not Award.objects.exists()


def test_a_household_of_somebody_elses_grid_is_not_there(market: Market) -> None:
    assert send(market, market.town.zhao).status_code == 404
    assert send(market, market.town.chen).status_code == 404


def test_ones_own_household_is_told_before_anything_is_typed(market: Market) -> None:
    person = market.town.zhang.people.exclude(officer__isnull=False).first()
    Officer.objects.filter(user=market.town.worker).update(person=person)
    text = page(market.town.worker, reverse("points:new"), household=market.town.zhang.pk)
    assert "自己家做的好事请别人申报" in text
    assert "报上去" not in text
    assert send(market).status_code == 403


def test_a_village_without_rules_says_what_to_do_first(market: Market) -> None:
    text = page(market.town.neighbour, reverse("points:new"), household=market.town.chen.pk)
    assert "先把办法定下来" in text


# --- elsewhere -------------------------------------------------------------------------------------------


def test_a_households_page_says_what_it_has(market: Market) -> None:
    market.posted(item=market.blood)
    market.claim()
    text = page(market.town.secretary, reverse("visits:household", args=[market.town.zhang.pk]))
    assert "现有 <b>20</b> 分" in text
    assert "1 件申报还没入账" in text
    assert "+20 分" in text
    assert "现有 <b>" not in page(
        market.town.assistant, reverse("visits:household", args=[market.town.zhang.pk])
    )


def test_what_waits_stands_on_the_first_page_of_who_can_do_it(market: Market) -> None:
    award, waiting = market.claim(), reverse("waiting")
    assert "1 件积分申报等初审" in page(market.town.leader, waiting)
    assert "积分申报等初审" not in page(market.town.worker, waiting)
    services.check(actor=market.town.leader, award=award)
    assert "1 件积分申报等复核" in page(market.town.secretary, waiting)
    services.decide(actor=market.town.secretary, award=award)
    assert "1 件积分申报等公示" in page(market.town.secretary, waiting)


def test_who_claimed_it_hears_that_it_was_refused(market: Market) -> None:
    award = market.claim()
    services.refuse(actor=market.town.leader, award=award, words="没扫")
    told = page(market.town.worker, reverse("accounts:my_notices"))
    assert f"您报的积分申报 {award.number_said} 没有通过" in told
    mine = market.claim()
    services.refuse(actor=market.town.worker, award=mine, words="报错了")
    assert mine.number_said not in page(market.town.worker, reverse("accounts:my_notices"))


def test_twice_the_deeds_cost_no_more_queries(market: Market) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            page(market.town.leader, LIST)
        return len(asked)

    market.claim()
    cost()
    few = cost()
    for home in (market.town.wang, market.town.li):
        market.claim(home)
        market.claim(home, market.hours, actor=market.town.assistant)
    assert cost() == few
