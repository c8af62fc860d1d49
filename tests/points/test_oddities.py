"""What deserves a look before awards hang out, and who is offered which step."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock, idnumber
from grids.models import Officer
from points import services
from points.models import Award, Challenge
from tests.points.conftest import Market

pytestmark = pytest.mark.django_db


def told(*awards: Award) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in services.oddities(Award.objects.filter(pk__in=[award.pk for award in awards]).whole()):
        found.setdefault(each.code, []).append(each.words)
    return found


def test_an_ordinary_award_deserves_no_look(market: Market) -> None:
    assert told(market.decided()) == {}


def test_who_turns_out_to_be_near_the_household_is_named_with_what_he_did(market: Market) -> None:
    award = market.decided()
    person = market.town.zhang.people.exclude(officer__isnull=False).first()
    Officer.objects.filter(user=market.town.leader).update(person=person)
    assert told(award) == {"near": ["初审的周长和这一户是一家人或者住在一起过"]}
    assert told(market.decided(market.town.wang)) == {}


def neighbours(market: Market, number: int) -> list[Award]:
    town = market.town
    homes = [town.household(town.group1, f"邻{at}", number=f"0601{at:02d}") for at in range(number)]
    return [market.decided(home) for home in homes]


def test_the_same_for_five_households_by_one_person_is_a_cluster_and_for_four_is_none(market: Market) -> None:
    few = neighbours(market, 4)
    assert told(*few) == {}
    fifth = market.decided(market.town.wang)
    sentence = "王格给 5 户报了同一天的“打扫公共地方”"
    assert told(*few, fifth) == {"cluster": [sentence] * 5}
    # Hung out one after the other they are one cluster all the same.
    assert told(fifth) == {"cluster": [sentence]}
    # Another deed of the same day is none of them.
    assert told(market.decided(market.town.wang, market.hours)) == {}


def test_one_deed_that_was_told_from_two_sides_is_looked_at(market: Market) -> None:
    seen = market.decided()
    own = services.claim_with_card(
        uuid=uuid.uuid4(),
        household=market.town.zhang,
        item=market.sweeping,
        day=clock.today(),
        words="扫了路",
    ).award
    sentence = "同一户同一天的“打扫公共地方”报了 2 件，看看是不是一件"
    assert told(seen, own) == {"twice": [sentence] * 2}
    assert told(seen) == {"twice": [sentence]}, "though the other one waits for its check"
    services.refuse(actor=market.town.leader, award=own, words="同一件")
    assert told(seen) == {}
    assert told(market.decided(day=clock.today() - dt.timedelta(days=1))) == {}


def test_the_last_moment_is_told_as_such(market: Market) -> None:
    late = market.decided(day=clock.today() - dt.timedelta(days=60))
    assert told(late) == {"last_day": ["卡着 60 天的最后一天申报的"]}
    services.adopt_scheme(
        actor=market.town.secretary,
        village=market.town.jinxing,
        since=clock.today() + dt.timedelta(days=1),
        resolution="新的会议",
    )
    assert told(market.decided(item=market.hours)) == {"last_day": ["原来的办法用到那天为止，最后一天申报的"]}


def test_the_last_day_of_the_year_is_told(market: Market) -> None:
    with clock.stopped_at("2026-12-31T20:00"):
        award = market.decided()
    assert told(award) == {"last_day": ["一年的最后一天申报的"]}


def test_it_costs_the_same_for_two_and_for_seven(market: Market) -> None:
    awards = neighbours(market, 7)

    def cost(rows: list[Award]) -> int:
        with CaptureQueriesContext(connection) as asked:
            told(*rows)
        return len(asked)

    assert cost(awards[:2]) == cost(awards) == 4


@pytest.mark.parametrize(
    ("name", "shown"), [("张三丰", "张*丰"), ("李㻞", "李*"), ("欧阳锋云", "欧**云"), ("王", "王")]
)
def test_a_masked_name_leaves_the_family(name: str, shown: str) -> None:
    assert idnumber.mask_name(name) == shown


# --- steps --------------------------------------------------------------------------------------------------------


def codes(user: object, award: Award) -> list[str]:
    row = Award.objects.whole().get(pk=award.pk)
    return [step.code for step in services.steps_for(user, row)]


def test_each_is_offered_what_he_may_do_now_and_no_more(market: Market) -> None:
    town, award = market.town, market.claim()
    assert codes(town.worker, award) == ["refuse", "withdraw"]
    assert codes(town.leader, award) == ["check", "refuse"]
    assert codes(town.assistant, award) == codes(town.neighbour, award) == codes(town.office, award) == []
    services.check(actor=town.secretary, award=award)
    assert codes(town.secretary, award) == ["refuse"]
    assert codes(market.cadre, award) == ["decide", "refuse"]
    assert codes(town.leader, award) == []


def test_what_waits_for_somebody_is_what_he_is_offered(market: Market) -> None:
    town = market.town
    mine, other = market.claim(), market.claim(town.wang, actor=town.assistant)
    assert list(services.to_check(town.worker)) == [other]
    assert set(services.to_check(town.leader)) == {mine, other}
    services.check(actor=town.secretary, award=mine)
    assert list(services.to_decide(town.secretary)) == []
    assert list(services.to_decide(market.cadre)) == [mine]
    services.decide(actor=market.cadre, award=mine)
    assert list(services.to_show(town.secretary)) == [mine]
    assert not services.to_show(town.neighbour).exists()


def test_of_several_at_once_the_others_go_on_where_one_cannot(market: Market) -> None:
    own, other = market.claim(actor=market.town.leader), market.claim(market.town.wang)
    done = services.check_many(actor=market.town.leader, awards=[own, other])
    assert done.number == 1
    assert [(award, "申报过这一件" in words) for award, words in done.refused] == [(own, True)]
    other.refresh_from_db()
    assert other.state == Award.CHECKED
    again = services.decide_many(actor=market.town.secretary, awards=[own, other])
    assert (again.number, len(again.refused)) == (1, 1)
    assert "待初审" in again.refused[0][1]


def test_the_same_objection_sent_twice_is_one(market: Market) -> None:
    award = market.decided()
    services.show(actor=market.town.secretary, village=market.town.jinxing, awards=[award])
    first = services.challenge(actor=None, award=award, words="没扫")
    assert services.challenge(actor=None, award=award, words="没扫 ") == first
    assert services.challenge(actor=None, award=award, words="别的话") != first
    assert list(services.to_answer(market.town.worker)) == []
    assert services.to_answer(market.town.secretary).count() == Challenge.objects.count() == 2


def test_what_several_said_is_answered_together_once_it_is_upheld(market: Market) -> None:
    award = market.decided(item=market.blood)
    services.show(actor=market.town.secretary, village=market.town.jinxing, awards=[award])
    first, second, third = (
        services.challenge(actor=None, award=award, words=each) for each in ("甲", "乙", "丙")
    )
    services.answer_challenge(actor=market.cadre, challenge=first, upheld=False, words="查了，没错")
    assert services.to_answer(market.cadre).count() == 2
    services.answer_challenge(actor=market.cadre, challenge=second, upheld=True, words="减半", points=10)
    assert not services.to_answer(market.cadre).exists()
    third.refresh_from_db()
    assert (third.upheld, third.outcome) == (True, "减半")
    with pytest.raises(ValidationError, match="已经处理过了"):
        services.answer_challenge(actor=market.cadre, challenge=third, upheld=True, words="再来")


def test_who_claimed_it_does_not_answer_an_objection_to_it(market: Market) -> None:
    award = market.claim(actor=market.cadre)
    services.check(actor=market.town.leader, award=award)
    services.decide(actor=market.town.secretary, award=award)
    services.show(actor=market.town.secretary, village=market.town.jinxing, awards=[award])
    found = services.challenge(actor=None, award=award, words="没扫")
    assert not services.to_answer(market.cadre).exists()
    with pytest.raises(PermissionDenied, match="处理异议"):
        services.answer_challenge(actor=market.cadre, challenge=found, upheld=True, words="是的")
