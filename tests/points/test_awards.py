"""A deed on its way into the books: who may do what, and never two of these things to one deed."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import User
from core import clock
from grids import services as grids
from grids.models import Officer
from points import services
from points.models import Award, Item, Shopkeeper
from tests.people import POSTED
from tests.points.conftest import Market

pytestmark = pytest.mark.django_db


def test_a_deed_is_claimed_checked_decided_shown_and_posted(market: Market) -> None:
    award = market.posted()
    assert award.state == Award.POSTED
    assert [move.kind for move in award.moves.all()] == ["claim", "check", "decide", "show", "post"]
    assert award.posting is not None
    assert award.posting.entries.get().points == 5


def test_the_same_claim_again_is_the_same_one_and_another_under_its_number_is_not(market: Market) -> None:
    number = uuid.uuid4()
    award = market.claim(uuid=number)
    assert market.claim(uuid=number) == award
    with pytest.raises(services.Conflict):
        market.claim(uuid=number, words="别的事")
    with pytest.raises(services.Conflict):
        market.claim(uuid=number, actor=market.town.assistant)


def test_who_claimed_it_does_not_check_it_and_who_checked_it_does_not_decide_it(market: Market) -> None:
    award = market.claim(actor=market.town.leader)
    with pytest.raises(PermissionDenied, match="申报过这一件的人不能再初审"):
        services.check(actor=market.town.leader, award=award)
    services.check(actor=market.town.secretary, award=award)
    with pytest.raises(PermissionDenied, match="初审过这一件的人不能再复核"):
        services.decide(actor=market.town.secretary, award=award)
    services.decide(actor=market.cadre, award=award)


def test_who_hands_goods_out_does_not_decide(market: Market) -> None:
    officer = Officer.objects.get(user=market.cadre)
    grids.appoint(
        actor=grids.SERVER, officer=officer, territory=market.town.jinxing, duty="shopkeeper", since=POSTED
    )
    Shopkeeper.objects.create(shop=market.shop, officer=officer, since=POSTED)
    award = market.claim()
    services.check(actor=market.town.leader, award=award)
    with pytest.raises(PermissionDenied, match="店员发东西"):
        services.decide(actor=market.cadre, award=award)


def test_nobody_claims_checks_or_decides_for_his_own_household(market: Market) -> None:
    def lives_with_zhang(user: User) -> None:
        person = market.town.zhang.people.exclude(officer__isnull=False).first()
        Officer.objects.filter(user=user).update(person=person)

    lives_with_zhang(market.town.worker)
    with pytest.raises(PermissionDenied, match="自己家"):
        market.claim()
    award = market.claim(actor=market.town.assistant)
    lives_with_zhang(market.town.leader)
    with pytest.raises(PermissionDenied, match="自己家"):
        services.check(actor=market.town.leader, award=award)
    services.check(actor=market.cadre, award=award)
    lives_with_zhang(market.town.secretary)
    with pytest.raises(PermissionDenied, match="自己家"):
        services.decide(actor=market.town.secretary, award=award)


def test_the_neighbours_people_neither_claim_nor_decide(market: Market) -> None:
    with pytest.raises(PermissionDenied):
        market.claim(actor=market.town.neighbour)
    award = market.claim()
    with pytest.raises(PermissionDenied):
        services.check(actor=market.town.neighbour, award=award)


@pytest.mark.parametrize(
    ("said", "where", "sentence"),
    [
        ({"day": dt.timedelta(days=1)}, "day", "这一天还没到"),
        ({"day": dt.timedelta(days=-61)}, "day", "60 天内申报"),
        ({"day": dt.timedelta(days=-400)}, "day", "还没有积分办法"),
        ({"number": 2}, "number", "最多报 1 次"),
        ({"words": "  "}, "words", "写一句做了什么"),
    ],
)
def test_a_claim_that_cannot_be_is_told_why(market: Market, said: dict, where: str, sentence: str) -> None:
    if "day" in said:
        said = said | {"day": clock.today() + said["day"]}
    with pytest.raises(ValidationError) as told:
        market.claim(**said)
    assert sentence in told.value.message_dict[where][0]


def test_caps_say_what_is_left(market: Market) -> None:
    scheme = market.scheme
    scheme.household_cap = 12
    scheme.save()
    market.claim()
    market.claim()
    with pytest.raises(ValidationError, match="今年已有 10 分，还能报 2 分"):
        market.claim()
    market.claim(item=market.hours)
    with pytest.raises(ValidationError, match="满了"):
        market.claim(item=market.hours)
    market.claim(market.town.wang)


def test_what_counts_once_counts_once_under_new_rules_too(market: Market) -> None:
    market.claim(item=market.blood)
    with pytest.raises(ValidationError, match="只算一次"):
        market.claim(item=market.blood)
    new = services.adopt_scheme(
        actor=market.town.secretary,
        village=market.town.jinxing,
        since=clock.today() + dt.timedelta(days=1),
        resolution="新的会议",
    )
    item = Item.objects.get(scheme=new, title="献血")
    with pytest.raises(ValidationError, match="不在那一天的积分办法里"):
        market.claim(item=item)


def test_new_rules_leave_the_past_as_it_was(market: Market) -> None:
    award = market.claim()
    with pytest.raises(ValidationError, match="已经有按原办法申报的"):
        services.adopt_scheme(
            actor=market.town.secretary, village=market.town.jinxing, since=award.day, resolution="新的会议"
        )
    market.sweeping.points = 500
    with pytest.raises(ValidationError, match="已经有人按这份办法申报"):
        services.save_item(actor=market.town.secretary, item=market.sweeping)


def test_a_refusal_is_no_deed_and_takes_no_points(market: Market) -> None:
    ground = services.save_item(
        actor=market.town.secretary, item=Item(scheme=market.scheme, title="占道堆放", refuses=True)
    )
    with pytest.raises(ValidationError, match="不予积分的情形"):
        market.claim(item=ground)
    with pytest.raises(ValidationError, match="不写分"):
        services.save_item(
            actor=market.town.secretary, item=Item(scheme=market.scheme, title="罚", refuses=True, points=3)
        )


def test_what_another_room_proposes_counts_once(market: Market) -> None:
    said = {
        "actor": market.town.worker,
        "key": "visit:1:rule:1",
        "household": market.town.zhang,
        "item": market.sweeping,
        "day": clock.today(),
        "words": "走访看到的",
    }
    first = services.propose(**said)
    again = services.propose(**said)
    assert first is not None
    assert first.created
    assert again is not None
    assert not again.created
    assert Award.objects.count() == 1


def test_an_objection_keeps_it_out_of_the_books_until_it_is_answered(market: Market) -> None:
    award = market.decided()
    notice = services.show(actor=market.town.secretary, village=market.town.jinxing, awards=[award])
    challenge = services.challenge(actor=None, award=award, words="那天没人扫")
    later = notice.last + dt.timedelta(days=1)
    assert services.post_due(later) == 0
    services.answer_challenge(actor=market.cadre, challenge=challenge, upheld=False, words="看了照片，扫过的")
    assert services.post_due(later) == 1
    assert services.post_due(later) == 0


def test_an_objection_that_is_right_ends_it_or_shows_it_again_with_fewer_points(market: Market) -> None:
    award, other = market.decided(), market.decided(item=market.blood)
    services.show(actor=market.town.secretary, village=market.town.jinxing, awards=[award, other])
    first = services.challenge(actor=None, award=award, words="没扫")
    second = services.challenge(actor=None, award=other, words="没那么多")
    services.answer_challenge(actor=market.cadre, challenge=first, upheld=True, words="确实没扫")
    services.answer_challenge(actor=market.cadre, challenge=second, upheld=True, words="减半", points=10)
    award.refresh_from_db()
    other.refresh_from_db()
    assert (award.state, other.state, other.points) == (Award.REFUSED, Award.DECIDED, 10)
    with pytest.raises(ValidationError):
        services.answer_challenge(actor=market.cadre, challenge=first, upheld=False, words="再来")


def test_nothing_is_posted_before_its_days_are_over(market: Market) -> None:
    award = market.decided()
    notice = services.show(actor=market.town.secretary, village=market.town.jinxing, awards=[award])
    assert (notice.last - notice.first).days == 4
    assert services.post_due(notice.last) == 0


def test_a_wrong_award_is_reversed_while_the_household_still_has_the_points(market: Market) -> None:
    award = market.posted(item=market.blood)
    services.reverse_award(actor=market.cadre, award=award, words="记错了户")
    assert services.balance_of(market.town.zhang) == 0
    assert not list(services.faults())
    spent = market.posted(market.town.wang, market.blood)
    market.redeem(code=market.card(market.town.wang))
    with pytest.raises(ValidationError, match="已经用掉了"):
        services.reverse_award(actor=market.cadre, award=spent, words="记错了户")


def test_what_a_household_says_of_itself_is_checked_like_any_other(market: Market) -> None:
    said = {
        "household": market.town.zhang,
        "item": market.sweeping,
        "day": clock.today(),
        "words": "扫了村口",
    }
    award = services.claim_with_card(uuid=uuid.uuid4(), **said).award
    assert (award.by_household, award.claimed_by, award.state) == (True, None, Award.CLAIMED)
    services.check(actor=market.town.leader, award=award)
    assert services.decide(actor=market.town.secretary, award=award).state == Award.DECIDED
