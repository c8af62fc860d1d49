"""公示: what deserves a look is said first, the sheet and the public page show masked names, and anybody may object."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from grids.models import Officer
from points import notice_views, public_views, services
from points.models import Award, Challenge, PublicNotice
from tests.factor import client_of
from tests.points.conftest import Market

pytestmark = pytest.mark.django_db
LATER = dt.timedelta(seconds=20)


def page(user: object, name: str, pk: int, status: int = 200) -> str:
    answer = client_of(user).get(reverse(f"points:{name}", args=[pk]))
    assert answer.status_code == status
    return answer.content.decode()


def hang(market: Market, *awards: Award) -> PublicNotice:
    return services.show(actor=market.town.secretary, village=market.town.jinxing, awards=awards)


@pytest.fixture
def notice(market: Market) -> PublicNotice:
    """Two deeds hang out: 张三丰's sweeping and 王大春's blood."""
    return hang(market, market.decided(), market.decided(market.town.wang, market.blood))


# --- made on the desk ------------------------------------------------------------------------------------


def test_what_deserves_a_look_is_said_before_the_notice_is_made(market: Market) -> None:
    award = market.decided()
    calm = page(market.town.secretary, "show", market.town.jinxing.pk)
    assert "先看一眼" not in calm
    person = market.town.zhang.people.exclude(officer__isnull=False).first()
    Officer.objects.filter(user=market.town.worker).update(person=person)
    text = page(market.town.secretary, "show", market.town.jinxing.pk)
    assert "先看一眼" in text
    assert "申报的王格和这一户是一家人" in text
    assert f'value="{award.pk}" checked' in text


def test_more_than_the_village_can_pay_is_said_and_not_forbidden(market: Market) -> None:
    market.posted(market.town.wang, market.blood)
    market.decided()
    address = market.town.jinxing.pk
    market.scheme.budget = 25
    market.scheme.save()
    assert "村里拿得出" not in page(market.town.secretary, "show", address)
    market.decided(market.town.li)
    assert "比村里拿得出的多 5 分" in page(market.town.secretary, "show", address)


def test_what_one_notice_does_not_hold_waits_for_the_next(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notice_views, "A_NOTICE", 1)
    market.decided()
    market.decided(market.town.wang)
    assert "1 件，还有 1 件下一张再贴" in page(market.town.secretary, "show", market.town.jinxing.pk)


def test_the_ticked_ones_are_hung_out_and_the_others_wait(market: Market) -> None:
    shown, waits = market.decided(), market.decided(market.town.wang)
    address = reverse("points:show", args=[market.town.jinxing.pk])
    client = client_of(market.town.secretary)
    assert client_of(market.town.secretary, factor=False).get(address).status_code == 302
    answer = client.post(address, {"award": shown.pk, "first": "2026-11-25"})
    made = PublicNotice.objects.get()
    assert answer.url == reverse("points:notice", args=[made.pk])
    assert (made.first, made.last) == (dt.date(2026, 11, 25), dt.date(2026, 11, 29))
    assert [award.state for award in Award.objects.order_by("pk")] == [Award.SHOWN, Award.DECIDED]
    assert waits.household.head_name in page(market.town.secretary, "show", market.town.jinxing.pk)


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"first": "2026-11-22"}, "公示从今天或以后开始"),
        ({"first": "明天"}, "日期写成"),
        ({"award": []}, "勾上要公示的"),
    ],
)
def test_a_notice_that_cannot_be_says_why_and_keeps_the_ticks(
    market: Market, sent: dict, sentence: str
) -> None:
    ticked, other = market.decided(), market.decided(market.town.wang)
    address = reverse("points:show", args=[market.town.jinxing.pk])
    body = {"award": [ticked.pk], "first": "2026-11-23"} | sent
    answer = client_of(market.town.secretary).post(address, body)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in text
    assert (f'value="{ticked.pk}" checked' in text) == bool(body["award"])
    assert f'value="{other.pk}" checked' not in text
    assert not PublicNotice.objects.exists()


def test_only_who_decides_makes_a_notice_and_all_who_see_the_points_read_it(
    market: Market, notice: PublicNotice
) -> None:
    town = market.town
    for user in (town.worker, town.office, town.supervisor):
        page(user, "show", town.jinxing.pk, 403)
    page(town.neighbour, "show", town.jinxing.pk, 404)
    for user in (town.worker, town.secretary, town.office):
        assert "张三丰 家" in page(user, "notice", notice.pk)
        page(user, "notice_paper", notice.pk)
    page(town.neighbour, "notice", notice.pk, 404)
    page(town.assistant, "notice", notice.pk, 403)
    listed = client_of(town.secretary).get(reverse("points:notices")).content.decode()
    assert f"金星村第 {notice.serial} 号" in listed


def test_the_sheet_shows_masked_names_the_days_and_a_qr(market: Market, notice: PublicNotice) -> None:
    text = page(market.town.secretary, "notice_paper", notice.pk)
    for said in (
        "张*丰",
        "王*春",
        "一组",
        "打扫公共地方",
        "2026年11月23日到2026年11月27日",
        "<svg",
        "共 25 分",
    ):
        assert said in text
    for secret in ("张三丰", "王大春", "扫了村口", "060001", "19900000901"):
        assert secret not in text


def test_the_pages_cost_the_same_for_two_and_for_eight(market: Market) -> None:
    homes = [market.town.household(market.town.group1, f"邻{at}", number=f"0601{at:02d}") for at in range(8)]
    few, many = (hang(market, *(market.decided(home) for home in some)) for some in (homes[:2], homes[2:]))
    services.challenge(actor=None, award=few.awards.first(), words="没扫")
    services.challenge(actor=None, award=many.awards.first(), words="没扫")

    def cost(name: str, pk: int) -> int:
        with CaptureQueriesContext(connection) as asked:
            page(market.town.secretary, name, pk)
        return len(asked)

    for name in ("notice", "notice_paper", "public"):
        cost(name, few.pk)
        assert cost(name, few.pk) == cost(name, many.pk), name


def test_the_page_before_a_notice_costs_the_same_for_two_and_for_eight(market: Market) -> None:
    homes = [market.town.household(market.town.group1, f"邻{at}", number=f"0601{at:02d}") for at in range(8)]

    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            page(market.town.secretary, "show", market.town.jinxing.pk)
        return len(asked)

    for home in homes[:2]:
        market.decided(home)
    cost()
    few = cost()
    for home in homes[2:]:
        market.decided(home)
    assert cost() == few


def test_a_villages_notices_are_counted_without_a_gap_whatever_its_neighbours_hang_out(
    market: Market,
) -> None:
    """Else nobody at the wall could say whether one was kept from it."""
    first = hang(market, market.decided())
    PublicNotice.objects.create(
        territory=market.town.qiaoji,
        serial=1,
        first=first.first,
        last=first.last,
        made_at=first.made_at,
        made_by=market.town.neighbour,
    )
    second = hang(market, market.decided(market.town.wang))
    assert (first.serial, second.serial) == (1, 2)
    assert "第 2 号" in page(market.town.secretary, "notice_paper", second.pk)


# --- what everybody sees ---------------------------------------------------------------------------------


def public(notice: PublicNotice, status: int = 200, **query: object) -> str:
    answer = Client().get(reverse("points:public", args=[notice.pk]), query)
    assert answer.status_code == status
    return answer.content.decode()


def say(notice: PublicNotice, hung: Award, later: dt.timedelta = LATER, **sent: object):
    """Open the form, think for a while, and send it."""
    client, address = Client(), reverse("points:public", args=[notice.pk])
    form = client.get(address, {"award": hung.pk}).content.decode()
    mark = re.search(r'name="mark" value="([^"]+)"', form)
    assert mark is not None
    with clock.stopped_at(clock.now() + later):
        return client.post(address, {"award": hung.pk, "mark": mark[1], "words": "那天没人扫"} | sent)


def test_the_public_page_says_nothing_of_a_person_but_the_masked_name(
    market: Market, notice: PublicNotice
) -> None:
    award = notice.awards.get(household=market.town.zhang)
    services.challenge(actor=None, award=award, words="我看见没扫", said_by="隔壁老李")
    pages = public(notice) + public(notice, award=award.pk) + say(notice, award).content.decode()
    for said in ("张*丰", "一组", "打扫公共地方", "5 分", "献血", "20 分"):
        assert said in pages
    secret = (
        "张三丰",
        "张翠山",
        "王大春",
        "060001",
        "一组1号",
        "扫了村口",
        "隔壁老李",
        "我看见没扫",
        "王格",
        "周长",
    )
    for each in secret:
        assert each not in pages


def test_before_and_after_its_days_it_names_nobody(market: Market, notice: PublicNotice) -> None:
    with clock.stopped_at("2026-11-22T09:00"):
        assert "还没开始" in public(notice, 410)
    with clock.stopped_at("2026-11-28T09:00"):
        text = public(notice, 410)
        assert "公示结束了" in text
        assert "张*丰" not in text
        assert say_late(notice).status_code == 410
    assert "没有这张公示" in Client().get(reverse("points:public", args=[987654321])).content.decode()


def say_late(notice: PublicNotice):
    return Client().post(
        reverse("points:public", args=[notice.pk]), {"award": notice.awards.first().pk, "words": "x"}
    )


def test_an_objection_keeps_it_out_of_the_books_and_reaches_the_secretary(
    market: Market, notice: PublicNotice
) -> None:
    award = notice.awards.get(household=market.town.zhang)
    answer = say(notice, award, said_by="老李")
    assert "收到了" in answer.content.decode()
    found = Challenge.objects.get()
    assert (found.award, found.words, found.said_by, found.noted_by) == (award, "那天没人扫", "老李", None)
    services.post_due(notice.last + dt.timedelta(days=1))
    assert Award.objects.get(pk=award.pk).state == Award.SHOWN
    client = client_of(market.town.secretary)
    assert (
        f"积分申报 {award.number_said} 有人提了异议"
        in client.get(reverse("accounts:my_notices")).content.decode()
    )
    assert "那天没人扫" in client.get(reverse("waiting")).content.decode()
    assert "1 件有异议" in client.get(reverse("points:notices")).content.decode()


def test_everybody_sees_of_which_day_it_is_and_what_became_of_an_objection(
    market: Market, notice: PublicNotice
) -> None:
    """The sheet on the wall promises it; whose words they were, and what they were, stays with the village."""
    kept, gone = list(notice.awards.order_by("pk"))[:2]
    assert "11月23日做的" in public(notice)
    for award in (kept, gone):
        say(notice, award, said_by="老李")
    text = public(notice)
    assert text.count("有异议，村里在核实") == 2
    assert "没人扫" not in text
    assert "老李" not in text
    for award, upheld in ((kept, False), (gone, True)):
        found = award.challenges.get()
        services.answer_challenge(actor=market.cadre, challenge=found, upheld=upheld, words="问了邻居老王")
    text = public(notice)
    assert "有过异议，核实了没有错" in text
    assert "核实以后不给分的 1 件，已经拿掉了" in text
    assert "老王" not in text


def test_a_deed_that_hangs_again_with_fewer_points_is_not_said_to_have_been_right(
    market: Market, notice: PublicNotice
) -> None:
    award = notice.awards.get(household=market.town.wang)
    say(notice, award)
    services.answer_challenge(
        actor=market.cadre, challenge=award.challenges.get(), upheld=True, words="问了", points=7
    )
    text = public(hang(market, Award.objects.get(pk=award.pk)))
    assert "有过异议，核实以后改少了" in text
    assert "没有错" not in text


@pytest.mark.parametrize(
    ("later", "sent", "sentence"),
    [
        (LATER, {"words": "", "said_by": "老李"}, "写一句哪里不对"),
        (LATER, {"words": "字" * 301, "said_by": "老李"}, "最多写 300 个字"),
        (LATER, {"website": "http://x", "said_by": "老李"}, "点得太快了"),
        (dt.timedelta(seconds=1), {"said_by": "老李"}, "点得太快了"),
        (dt.timedelta(hours=13), {"said_by": "老李"}, "这一页开得太久了"),
    ],
)
def test_what_is_not_taken_is_told_and_nothing_typed_is_lost(
    market: Market, notice: PublicNotice, later: dt.timedelta, sent: dict, sentence: str
) -> None:
    answer = say(notice, notice.awards.first(), later, **sent)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in text
    assert "老李" in text
    assert not Challenge.objects.exists()


def test_what_does_not_hang_here_cannot_be_objected_to_here(market: Market, notice: PublicNotice) -> None:
    other = hang(market, market.decided(market.town.li))
    answer = say(notice, notice.awards.first(), award=other.awards.get().pk)
    assert answer.status_code == 422
    assert "先在上面点是哪一件不对" in answer.content.decode()
    assert not Challenge.objects.exists()


def test_one_address_is_shut_out_after_many_and_the_words_stay(
    market: Market, notice: PublicNotice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public_views, "BY_ADDRESS", (2, dt.timedelta(hours=1)))
    award = notice.awards.first()
    assert [say(notice, award, words=f"第{at}句").status_code for at in range(3)] == [200, 200, 429]
    full = say(notice, award, words="还要说")
    assert "还要说" in full.content.decode()
    assert Challenge.objects.count() == 2


# --- answered on the desk --------------------------------------------------------------------------------


def reply(market: Market, found: Challenge, *, factor: bool = True, user: object = None, **sent: object):
    client = client_of(user or market.cadre, factor=factor)
    return client.post(reverse("points:answer", args=[found.pk]), {"words": "看了照片"} | sent)


@pytest.fixture
def objection(market: Market, notice: PublicNotice) -> Challenge:
    award = notice.awards.get(household=market.town.wang)
    return services.challenge(actor=None, award=award, words="没那么多")


@pytest.mark.parametrize(
    ("sent", "state", "points"),
    [
        ({"outcome": "keeps"}, Award.SHOWN, 20),
        ({"outcome": "refuses"}, Award.REFUSED, 20),
        ({"outcome": "less", "points": 10}, Award.DECIDED, 10),
    ],
)
def test_the_village_answers_in_one_of_three_ways(
    market: Market, objection: Challenge, sent: dict, state: str, points: int
) -> None:
    assert "处理好了" in page(market.cadre, "notice", objection.award.notice_id)
    assert reply(market, objection, factor=False, **sent).url.startswith(reverse("accounts:second_factor"))
    assert reply(market, objection, **sent).status_code == 302
    award = Award.objects.get(pk=objection.award_id)
    assert (award.state, award.worth) == (state, points)
    assert "看了照片" in page(market.cadre, "award", award.pk)


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "选一个怎么处理"),
        ({"outcome": "keeps", "words": ""}, "写一句怎么查的"),
        ({"outcome": "less"}, "填改成几分"),
        ({"outcome": "less", "points": 50}, "填 1 到 20 分"),
    ],
)
def test_an_answer_that_cannot_be_says_why_and_keeps_what_was_typed(
    market: Market, objection: Challenge, sent: dict, sentence: str
) -> None:
    answer = reply(market, objection, **sent)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in text
    assert sent.get("words", "看了照片") in text
    objection.refresh_from_db()
    assert objection.decided_at is None


def test_whoever_claimed_it_does_not_answer(market: Market) -> None:
    award = market.claim(actor=market.cadre)
    services.check(actor=market.town.leader, award=award)
    services.decide(actor=market.town.secretary, award=award)
    notice = hang(market, award)
    found = services.challenge(actor=None, award=award, words="没扫")
    assert "申报的人自己不处理" in page(market.cadre, "notice", notice.pk)
    assert reply(market, found, outcome="keeps").status_code == 403
    assert reply(market, found, user=market.town.worker, outcome="keeps").status_code == 403


def test_what_was_told_in_the_village_is_written_down_at_the_deed(
    market: Market, notice: PublicNotice
) -> None:
    award = notice.awards.first()
    address = reverse("points:step", args=[award.pk, "object"])
    sent = {"words": "到村部说没扫", "said_by": "老李"}
    assert client_of(market.town.worker, factor=False).post(address, sent).status_code == 302
    found = Challenge.objects.get()
    assert (found.noted_by, found.said_by) == (market.town.worker, "老李")
