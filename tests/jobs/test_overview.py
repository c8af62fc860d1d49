"""就业一览: figures of the reader's own villages, and the same as the lists behind them."""

import html
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from core.board import figures_for
from jobs import services
from jobs.services import Said
from tests.jobs.market import man_of, offer, seek

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def busy(town):
    """王大春 sews and has begun; 李 of 金星村 and 陈 of 桥集村 look for work."""
    seek(man_of(town), "缝纫")
    seek(town.head(town.li), "缝纫", "保洁")
    seek(town.head(town.chen))
    place = offer(town.jinxing, number=3)
    offer(town.town, "司机", "驾驶", number=2)
    match = services.recommend(actor=town.secretary, person=man_of(town), vacancy=place)
    services.start(actor=town.secretary, match=match)
    other = services.recommend(actor=town.secretary, person=town.head(town.li), vacancy=place)
    services.decline(actor=town.worker, match=other, said=Said(reason="care"))
    return match


def test_the_figures_are_those_of_the_readers_villages(town, busy):
    found = services.overview(town.secretary)
    assert (found.seekers, found.nameless, found.room, found.running, found.working) == (1, 0, 4, 0, 1)
    assert [(line.name, line.seekers, line.room) for line in found.trades] == [
        ("缝纫", 1, 2),
        ("驾驶", 0, 2),
        ("保洁", 1, 0),
    ]
    assert [(village.name, number) for village, number in found.villages] == [("金星村", 1)]
    assert found.reasons == [("要照顾家里", 1)]
    now = found.cohorts[-1]
    assert (now.sent, now.began, now.due, now.kept) == (2, 1, 0, 0)
    assert services.overview(town.office).seekers == 2
    assert services.overview(town.office, town.qiaoji).nameless == 1


def test_who_stayed_counts_in_the_month_he_was_sent(town, busy):
    with clock.stopped_at("2027-02-23T09:00"):
        services.keep(actor=town.worker, match=busy)
        found = services.overview(town.secretary)
    (told,) = [each for each in found.cohorts if each.sent]
    assert (str(told.month), told.sent, told.began, told.due, told.kept) == ("2026-11", 2, 1, 1, 1)


def test_a_stay_that_was_a_slip_counts_no_more_and_one_after_it_counts(town, busy):
    def kept():
        return services.overview(town.secretary).cohorts[-4].kept

    with clock.stopped_at("2027-02-23T09:00"):
        services.keep(actor=town.worker, match=busy)
        services.take_back(actor=town.worker, match=busy, step=busy.steps.latest("pk").pk)
        assert kept() == 0
        services.keep(actor=town.worker, match=busy)
        assert kept() == 1
        services.leave(actor=town.worker, match=busy, said=Said(reason="care"))
        services.take_back(actor=town.worker, match=busy, step=busy.steps.latest("pk").pk)
        assert kept() == 1


def test_a_figure_leads_to_as_many_rows_though_others_are_sent_to_the_villages_places(town, busy):
    with clock.stopped_at("2026-11-23T15:00"):
        services.recommend(actor=town.neighbour, person=town.head(town.chen), vacancy=busy.vacancy)
        mine = services.recommend(actor=town.secretary, person=town.head(town.li), vacancy=busy.vacancy)
    client = Client()
    client.force_login(town.secretary)
    page = client.get(reverse("matches:overview"))
    assert page.context["found"].running == 1
    (link,) = re.findall(r'class="kpi" href="([^"]*)"><span class="kpi-top">正在对接', page.content.decode())
    assert [row.pk for row in client.get(html.unescape(link)).context["rows"]] == [mine.pk]
    assert len(client.get(reverse("matches:matches")).context["rows"]) == 2


def test_the_page_draws_them_and_says_their_numbers(town, busy):
    client = Client()
    client.force_login(town.secretary)
    page = client.get(reverse("matches:overview")).content.decode()
    assert "2026年11月推荐 2 人次，到岗 1" in page
    assert "没说想做什么的还有 0 人" in page
    assert client.get(reverse("matches:overview"), {"place": town.far_grid.pk}).status_code == 404


def test_the_figure_on_the_first_page_leads_to_exactly_those_rows(town, busy):
    again = services.recommend(actor=town.secretary, person=town.head(town.li), vacancy=busy.vacancy)
    (figure,) = [each for each in figures_for(town.secretary, 99) if each.title == "正在对接"]
    client = Client()
    client.force_login(town.secretary)
    rows = client.get(figure.url).context["rows"]
    assert figure.number == 1
    assert [row.pk for row in rows] == [again.pk]


def test_more_of_everything_costs_no_more_questions(town, busy):
    client = Client()
    client.force_login(town.office)

    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            for name in ("overview", "matches"):
                assert client.get(reverse(f"matches:{name}"), {"list": "all"}).status_code == 200
        return len(asked)

    cost()
    one = cost()
    for number in range(4):
        person = town.person(town.wang, f"王{number}", "子")
        seek(person, "缝纫", "保洁", "建筑")
        services.recommend(actor=town.secretary, person=person, vacancy=offer(town.jinxing, f"第{number}个"))
    assert cost() == one
