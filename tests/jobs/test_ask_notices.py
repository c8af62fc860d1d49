"""该回访: three months after 到岗 who must ask is told, once of all whose day it is, and not once they were asked."""

import pytest

from accounts.models import Notice
from core import clock
from grids.models import Post
from jobs import notices, services
from jobs.models import Match
from jobs.services import Said
from jobs.tasks import remind_to_ask
from tests.factor import client_of
from tests.jobs.market import man_of, offer, seek
from tests.people import Town

pytestmark = pytest.mark.django_db
DAY = "2027-02-23T09:00"  # three months after the cast's Monday


@pytest.fixture
def begun(town: Town) -> Match:
    """王大春 of the first grid began at the factory on 23 November."""
    seek(man_of(town), "缝纫")
    place = offer(town.jinxing, village=town.jinxing)
    sent = services.recommend(actor=town.secretary, person=man_of(town), vacancy=place)
    return services.start(actor=town.secretary, match=sent)


def told() -> set[str]:
    return set(Notice.objects.filter(kind="jobs.ask").values_list("user__username", flat=True))


def test_on_the_day_the_grids_own_people_are_told_once(town: Town, begun: Match) -> None:
    with clock.stopped_at("2027-02-22T23:00"):
        assert remind_to_ask() == 0
    with clock.stopped_at(DAY):
        assert remind_to_ask() == 2
        assert remind_to_ask() == 0
    assert told() == {town.worker.username, town.leader.username}
    with clock.stopped_at("2027-03-20T09:00"):
        assert remind_to_ask() == 0


def test_the_notice_names_nobody_and_leads_to_the_match(town: Town, begun: Match) -> None:
    with clock.stopped_at(DAY):
        remind_to_ask()
        notice = Notice.objects.get(kind="jobs.ask", user=town.worker)
        assert "王大春" not in notice.words + notice.title + notice.why
        assert "专职网格员" in notice.why
        page = client_of(town.worker).get(notice.link)
    assert "还在干，稳岗" in page.content.decode()


def test_who_was_asked_already_or_has_left_brings_no_notice(town: Town, begun: Match) -> None:
    with clock.stopped_at(DAY):
        services.keep(actor=town.worker, match=begun, said=Said(words="干得好"))
        assert remind_to_ask() == 0
    with clock.stopped_at("2027-02-25T09:00"):
        services.leave(actor=town.worker, match=begun, said=Said(reason="care"))
        assert remind_to_ask() == 0


def test_a_start_that_was_taken_back_brings_none_and_the_next_start_one_of_its_own(
    town: Town, begun: Match
) -> None:
    services.take_back(actor=town.secretary, match=begun, step=begun.steps.latest("pk").pk)
    with clock.stopped_at(DAY):
        assert remind_to_ask() == 0
    with clock.stopped_at("2026-12-01T09:00"):
        services.start(actor=town.secretary, match=begun)
    with clock.stopped_at("2027-03-01T09:00"):
        assert remind_to_ask() == 2
        assert not [call for call in notices.ASK.ask("2027-02-23", "worker") if call.number]


def test_what_was_asked_meanwhile_is_not_sent_out_any_more(town: Town, begun: Match) -> None:
    key = DAY[:10]
    with clock.stopped_at(DAY):
        assert {call.number for call in notices.ASK.ask(key, "worker")} == {1}
        services.keep(actor=town.worker, match=begun)
        assert {call.number for call in notices.ASK.ask(key, "worker")} == {0}


def test_of_a_grid_without_anybody_who_signs_in_the_secretary_is_told(town: Town, begun: Match) -> None:
    Post.objects.filter(territory=begun.territory).delete()
    with clock.stopped_at(DAY):
        assert remind_to_ask() == 1
    assert told() == {town.secretary.username}


def also_sent(town: Town, begun: Match) -> Match:
    """李's head, of the same grid, is sent to the same place."""
    person = town.head(town.li)
    seek(person, "缝纫")
    return services.recommend(actor=town.secretary, person=person, vacancy=begun.vacancy)


def test_all_whose_day_it_is_are_one_notice_to_each_and_none_is_looked_at_twice(
    town, begun, django_assert_max_num_queries
):
    second = services.start(actor=town.secretary, match=also_sent(town, begun))
    with clock.stopped_at(DAY):
        assert remind_to_ask() == 2
        with django_assert_max_num_queries(1):
            assert remind_to_ask() == 0
        notice = Notice.objects.get(kind="jobs.ask", user=town.worker)
        assert "有 2 个推荐上岗的人" in notice.words
        page = client_of(town.worker).get(notice.link)
        assert {row.pk for row in page.context["rows"]} == {begun.pk, second.pk}
        services.keep(actor=town.worker, match=begun)
        assert [call.number for call in notices.ASK.ask(notice.period, "worker")] == [1]


def test_who_begins_a_day_later_is_a_notice_of_that_day(town, begun):
    with clock.stopped_at("2026-11-24T09:00"):
        services.start(actor=town.secretary, match=also_sent(town, begun))
    with clock.stopped_at(DAY):
        assert remind_to_ask() == 2
    with clock.stopped_at("2027-02-24T09:00"):
        assert remind_to_ask() == 2


def test_after_days_without_a_beat_they_are_one_notice(town, begun):
    with clock.stopped_at("2026-11-24T09:00"):
        services.start(actor=town.secretary, match=also_sent(town, begun))
    with clock.stopped_at("2027-02-26T09:00"):
        assert remind_to_ask() == 2
        assert "有 2 个推荐上岗的人" in Notice.objects.get(kind="jobs.ask", user=town.worker).words
    with clock.stopped_at("2027-02-27T09:00"):
        assert remind_to_ask() == 0


def test_what_is_noted_after_its_day_is_told_of_on_the_next_one(town, begun):
    sent = also_sent(town, begun)
    with clock.stopped_at(DAY):
        assert remind_to_ask() == 2
        services.start(actor=town.secretary, match=sent, said=Said(day=begun.day))
        assert remind_to_ask() == 0
    with clock.stopped_at("2027-02-24T00:05"):
        assert remind_to_ask() == 2
