"""A dispute from the day it is noticed to the day it is at rest: who may do what, what may follow what, by when."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import Notice
from core import clock
from core.periods import Month
from disputes import services
from disputes.models import Dispute, DisputeRule, Party
from grids.models import Person
from tests.disputes.conftest import party


def readers(town, found):
    """Who may read this dispute."""
    return {
        part
        for part, user in town.everyone.items()
        if Dispute.objects.readable_by(user).filter(pk=found.pk).exists()
    }


def test_one_that_is_reported_has_a_number_a_day_to_be_settled_by_and_its_parties(town, dispute):
    found = dispute()
    assert found.number == f"JF-2026-{found.pk:04d}"
    assert found.due_on == dt.date(2026, 12, 23), "30 days from the day it was noticed"
    assert [(each.side, each.name, each.household) for each in found.parties.all()] == [
        ("first", "张三丰", town.zhang),
        ("second", "王大春", town.wang),
    ]
    assert found.moves.get().kind == "open"


def test_the_same_again_is_the_same_dispute_and_other_words_are_a_conflict(town):
    said = {"territory": town.grid1, "source": "asked", "parties": [party(Party.FIRST, town.zhang)]}
    name = uuid.uuid4()
    first = services.open_dispute(actor=town.worker, uuid=name, words="争水", **said)
    again = services.open_dispute(actor=town.worker, uuid=name, words="争水", **said)
    assert (again.dispute, again.created) == (first.dispute, False)
    with pytest.raises(services.Conflict):
        services.open_dispute(actor=town.worker, uuid=name, words="争地", **said)


def test_it_is_read_by_who_settles_the_villages_disputes_and_by_who_reported_it(town, dispute):
    found = dispute(actor=town.assistant)
    assert readers(town, found) == {"office", "secretary", "assistant"}
    services.assign(actor=town.secretary, dispute=found, keeper=town.leader)
    assert readers(town, found) == {"office", "secretary", "assistant", "leader"}


def test_what_lies_in_another_village_cannot_be_reported(town, dispute):
    with pytest.raises(PermissionDenied):
        dispute(territory=town.far_grid)


def test_the_secretary_is_told_at_once_and_in_no_name(town, dispute):
    dispute()
    (told,) = Notice.objects.filter(user=town.secretary)
    assert told.title == "新的矛盾纠纷"
    assert "张三丰" not in told.words


def test_who_is_given_it_is_told(town, dispute):
    found = dispute()
    services.assign(actor=town.secretary, dispute=found, owner=town.secretary, keeper=town.leader)
    assert Notice.objects.filter(user=town.leader, title="交给您的矛盾纠纷").count() == 1
    assert not Notice.objects.filter(user=town.secretary, title="交给您的矛盾纠纷").exists()


def test_it_lies_with_the_village_until_it_is_reported_upward(town, dispute):
    found = dispute()

    def turns():
        return {part for part, user in town.everyone.items() if Dispute.objects.waiting_for(user).exists()}

    assert turns() == {"secretary"}
    services.escalate(actor=town.secretary, dispute=found, words="两边都不听村里的")
    assert turns() == {"office"}
    found.refresh_from_db()
    assert found.level == "town"


def test_a_worker_settles_on_the_spot_what_he_reported_and_not_what_lies_with_the_village(town, dispute):
    mine, others = dispute(), dispute(actor=town.secretary)
    services.settle(actor=town.worker, dispute=mine, words="当面说开了")
    mine.refresh_from_db()
    assert (mine.state, mine.settled_on) == (Dispute.SETTLED, clock.today())
    with pytest.raises(PermissionDenied):
        services.settle(actor=town.worker, dispute=others, words="说开了")
    taken = dispute()
    services.accept(actor=town.secretary, dispute=taken)
    with pytest.raises(PermissionDenied):
        services.settle(actor=town.worker, dispute=taken, words="说开了")


def test_of_two_who_take_it_up_the_second_hears_who_was_quicker(town, dispute):
    found = dispute()
    services.accept(actor=town.secretary, dispute=found)
    with pytest.raises(ValidationError, match="已经“受理”"):
        services.accept(actor=town.office, dispute=found)


def test_one_clear_refusal_ends_mediation_and_the_dispute_stays_open(town, dispute):
    found = dispute()
    services.refuse(actor=town.secretary, dispute=found, words="王家说不调，要上法院")
    found.refresh_from_db()
    assert (found.state, found.is_open) == (Dispute.ENDED, True)
    services.hand_on(actor=town.secretary, dispute=found, words="王家去法院起诉")
    found.refresh_from_db()
    assert (found.state, found.outcome) == (Dispute.HANDED, "王家去法院起诉")


def test_each_month_it_is_looked_at_and_who_was_not_is_listed(town, dispute):
    one, two = dispute(), dispute("争水")
    november, december = Month.parse("2026-11"), Month.parse("2026-12")
    services.accept(actor=town.secretary, dispute=one)
    services.review(actor=town.secretary, dispute=one, words="两边还不说话")
    assert set(Dispute.objects.unreviewed(november)) == {two}
    with clock.stopped_at("2026-12-02T10:00"):
        assert set(Dispute.objects.unreviewed(december)) == {one, two}
        services.settle(actor=town.secretary, dispute=two, words="轮着放水")
        assert set(Dispute.objects.unreviewed(december)) == {one}


def test_what_was_settled_is_asked_after_on_the_days_the_town_set(town, dispute):
    DisputeRule.objects.create(since="2026-01-01", first_revisit=10, second_revisit=40)
    found = dispute()
    services.settle(actor=town.secretary, dispute=found, words="墙退了半尺", feedback="都说行")
    found.refresh_from_db()
    assert found.revisit_on == dt.date(2026, 12, 3)
    assert not Dispute.objects.to_revisit().exists()
    with clock.stopped_at("2026-12-04T10:00"):
        assert Dispute.objects.to_revisit().get() == found
        services.revisit(actor=town.secretary, dispute=found, words="墙砌好了，没再吵")
        found.refresh_from_db()
        assert found.revisit_on == dt.date(2027, 1, 2)
    with clock.stopped_at("2027-01-05T10:00"):
        services.revisit(actor=town.secretary, dispute=found, words="过年还互相拜了年")
        found.refresh_from_db()
        assert found.revisit_on is None


def test_what_flares_up_again_has_new_days_and_no_outcome(town, dispute):
    found = dispute()
    services.settle(actor=town.secretary, dispute=found, words="说好了")
    with clock.stopped_at("2026-12-20T10:00"):
        services.reopen(actor=town.secretary, dispute=found, words="又把墙砌回来了")
    found.refresh_from_db()
    assert (found.state, found.outcome, found.settled_on, found.revisit_on) == ("in_hand", "", None, None)
    assert found.due_on == dt.date(2027, 1, 19)


def test_a_month_that_is_over_shows_how_it_stood_then(town, dispute):
    found = dispute()
    services.accept(actor=town.secretary, dispute=found)
    with clock.stopped_at("2026-12-05T10:00"):
        services.settle(actor=town.secretary, dispute=found, words="说好了")
    november = services.stood_on(dt.date(2026, 11, 30), [found.pk])[found.pk]
    december = services.stood_on(dt.date(2026, 12, 31), [found.pk])[found.pk]
    assert (november.state, november.owner, november.outcome) == ("in_hand", str(town.secretary), "")
    assert (december.state, december.outcome, december.settled_on) == (
        "settled",
        "说好了",
        dt.date(2026, 12, 5),
    )
    assert set(services.of_period(Dispute.objects.all(), Month.parse("2026-12"))) == {found}
    assert not services.of_period(Dispute.objects.all(), Month.parse("2027-01")).exists()


def test_kin_are_who_live_or_lived_in_one_household_with_a_party(town, dispute):
    found = dispute()
    kin = set(Person.objects.filter(services.kin_of(found.parties.all())).values_list("household", flat=True))
    assert kin == {town.zhang.pk, town.wang.pk}
    head = town.zhang.people.get(relation="户主")
    assert head not in Person.objects.filter(services.kin_of(found.parties.all()))


def test_a_party_is_named_once_and_one_named_by_mistake_goes(town, dispute):
    found = dispute()
    with pytest.raises(ValidationError, match="已经是当事人"):
        services.add_party(actor=town.secretary, dispute=found, named=party(Party.THIRD, town.zhang))
    services.add_party(
        actor=town.secretary,
        dispute=found,
        named=services.Named(Party.THIRD, name="刘泥水", phone="19900000009"),
    )
    third = found.parties.get(side="third")
    assert third.phone_mask
    assert "19900000009" not in third.phone_mask
    services.remove_party(actor=town.secretary, dispute=found, party=third)
    assert [move.words for move in found.moves.filter(kind="parties")] == [
        "添上第三方 刘泥水",
        "去掉第三方 刘泥水",
    ]


@pytest.mark.parametrize(
    ("said", "field", "sentence"),
    [
        ({"words": " "}, "words", "写一句"),
        ({"found_on": dt.date(2026, 11, 24)}, "found_on", "还没到"),
        ({"found_on": dt.date(2010, 1, 1)}, "found_on", "太早了"),
        ({"people": 0}, "people", "至少是 1"),
        ({"parties": [services.Named("first")]}, "parties", "写姓名"),
        ({"parties": [services.Named("first", name="甲", phone="123")]}, "parties", "手机号"),
        ({"kind": "宿怨"}, "kind", "有效"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(town, dispute, said, field, sentence):
    with pytest.raises(ValidationError) as refused:
        dispute(**({"words": "争水"} | said))
    assert sentence in "".join(refused.value.message_dict[field])
    assert not Dispute.objects.exists()
