"""A notice leaves the public page by itself and says where it is kept; early, it says when, by whom and why."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse

from core import clock
from points import services
from points.models import Award, PublicNotice, TakenDown
from tests.factor import client_of
from tests.points.conftest import Market

pytestmark = pytest.mark.django_db


@pytest.fixture
def notice(market: Market) -> PublicNotice:
    """23rd to 27th November: 张三丰's sweeping."""
    return services.show(actor=market.town.secretary, village=market.town.jinxing, awards=[market.decided()])


def public(notice: PublicNotice) -> tuple[int, str]:
    answer = Client().get(reverse("points:public", args=[notice.pk]))
    return answer.status_code, answer.content.decode()


def test_after_its_days_it_is_gone_by_itself_and_says_where_it_is_kept(market, notice):
    with clock.stopped_at("2026-11-28T09:00"):
        status, text = public(notice)
    assert status == 410
    assert f"第 {notice.serial} 号，存在金星村村部的积分登记表里" in text
    assert "张*丰" not in text


def test_before_its_days_are_over_it_comes_down_only_with_a_reason_and_is_to_be_shown_again(market, notice):
    award = notice.awards.get()
    with pytest.raises(ValidationError, match="写一句为什么提前撤下"):
        services.take_down(actor=market.cadre, notice=notice, words=" ")
    services.take_down(actor=market.cadre, notice=notice, words="印错了日子")
    taken = TakenDown.objects.get()
    assert (taken.by, taken.early, taken.words, taken.at) == (market.cadre, True, "印错了日子", clock.now())
    award = Award.objects.get(pk=award.pk)
    assert (award.state, award.notice, award.worth) == (Award.DECIDED, None, 5)
    assert award.moves.last().words == f"第 {notice.serial} 号提前撤下：印错了日子"
    status, text = public(notice)
    assert (status, "公示撤下了" in text, "张*丰" in text) == (410, True, False)
    assert "印错了日子" not in text, "what was written for the village is not for everybody"
    services.post_due(notice.last + dt.timedelta(days=1))
    assert Award.objects.get(pk=award.pk).state == Award.DECIDED, "nothing comes into the books by it"
    page = client_of(market.cadre).get(reverse("points:notice", args=[notice.pk])).content.decode()
    assert "没满就撤下了：印错了日子" in page
    assert "打印公示" not in page, "nothing hangs there any more"
    assert "原来在上面、后来拿下来的" in page
    assert "张三丰 家：打扫公共地方</a>，5 分" in page, "what hung there is not forgotten"
    with pytest.raises(ValidationError, match="已经揭下来了"):
        services.take_down(actor=market.cadre, notice=notice, words="再撤")
    with clock.stopped_at("2026-11-24T09:30"):
        again = services.show(actor=market.town.secretary, village=market.town.jinxing, awards=[award])
        assert public(again)[0] == 200
    assert [move.award for move in services.taken_off(notice)] == [award], "as it hung then"
    assert not services.taken_off(again).exists()


def test_an_objection_is_answered_first(market, notice):
    services.challenge(actor=None, award=notice.awards.get(), words="没扫")
    with pytest.raises(ValidationError, match="先处理，再撤下"):
        services.take_down(actor=market.cadre, notice=notice, words="有人说")
    assert not TakenDown.objects.exists()
    assert public(notice)[0] == 200


def test_who_decides_takes_it_down_on_its_page_and_nobody_else(market, notice):
    town = market.town
    address = reverse("points:take_down", args=[notice.pk])
    for other in (town.worker, town.office, town.neighbour):
        with pytest.raises(PermissionDenied):
            services.take_down(actor=other, notice=notice, words="不要了")
    refused = client_of(town.secretary).post(address, {"words": " "})
    assert refused.status_code == 422
    assert "写一句为什么提前撤下" in refused.content.decode()
    with clock.stopped_at("2026-11-28T09:00"):
        page = client_of(town.secretary).get(reverse("points:notice", args=[notice.pk])).content.decode()
        assert "揭下来了" in page
        assert client_of(town.secretary, factor=False).post(address).status_code == 302
        client_of(town.secretary).post(address)
        taken = TakenDown.objects.get()
        assert (taken.early, taken.words) == (False, "")
        page = client_of(town.worker).get(reverse("points:notice", args=[notice.pk])).content.decode()
        assert "金书记" in page
        assert "揭下来，存到村部" not in page
        assert Award.objects.get().state == Award.SHOWN, "after its days it goes on into the books"
        services.post_due()
        assert Award.objects.get().state == Award.POSTED
