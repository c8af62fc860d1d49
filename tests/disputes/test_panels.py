"""三个三分之一: when a panel may be settled and when not, case by case; every refusal at once, with its way out."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock
from disputes import services
from disputes.models import Dispute, DisputeRule, Observer, Panel, Party, Seat
from disputes.services import Guest
from disputes.services.panel_rules import said_of
from grids.models import Person
from tests.disputes.conftest import party
from tests.disputes.seats import add, codes, draft, fill, matched, officer_of, settled


@pytest.fixture
def panel(town, dispute):
    """张三丰 against 王大春, the secretary leads; nobody else sits yet."""
    return draft(town, dispute())


# --- the thirds: friends, between, cadres; whether the town allows a remainder; whether it can be settled ---------

SIZES = [
    ((1, 1, 1), False, True),
    ((2, 2, 2), False, True),
    ((3, 3, 3), False, True),
    ((3, 3, 3), True, True),
    ((3, 2, 2), False, False),  # seven
    ((2, 3, 2), False, False),
    ((2, 2, 3), False, False),
    ((3, 2, 2), True, True),
    ((2, 3, 2), True, True),
    ((2, 2, 3), True, False),  # the cadres would be most
    ((3, 3, 2), False, False),  # eight
    ((3, 3, 2), True, True),
    ((3, 2, 3), True, False),
    ((2, 3, 3), True, False),
    ((3, 3, 4), False, False),  # ten
    ((4, 3, 3), False, False),
    ((4, 3, 3), True, True),
    ((3, 4, 3), True, True),
    ((3, 3, 4), True, False),
    ((5, 3, 2), True, False),
    ((4, 4, 2), True, False),
    ((0, 3, 3), True, False),
    ((1, 1, 0), True, False),  # a third of nobody is none
    ((0, 0, 0), False, False),
]


@pytest.mark.parametrize(("sizes", "allowed", "right"), SIZES)
def test_the_sides_are_thirds(sizes, allowed, right):
    assert (
        services.uneven(dict(zip(("friends", "between", "cadres"), sizes, strict=True)), allowed) is not right
    )


@pytest.mark.parametrize(
    ("sizes", "allowed", "what", "mend"),
    [
        ((3, 3, 4), False, "镇村干部 4 人，比另外两方各多 1 人。", "去掉 1 名镇村干部，或者亲友团、中间人各加 1 人。"),
        ((3, 3, 4), True, "镇村干部 4 人，比另外两方各多 1 人，干部不能最多。", "去掉 1 名镇村干部"),
        ((3, 2, 3), True, "干部不能最多", "去掉 1 名镇村干部，或者中间人加 1 人。"),
        ((1, 3, 3), False, "亲友团 1 人，比另外两方各少 2 人。", "亲友团加 2 人，或者中间人、镇村干部各去掉 2 人。"),
        ((3, 2, 1), False, "亲友团 3 人，中间人 2 人，镇村干部 1 人，三方不一样多。", "三方就都是 3 人"),
        ((0, 2, 2), False, "亲友团还没有人。", "亲友团加 2 人，三方一样多。"),
    ],
)  # fmt: skip
def test_it_is_said_by_how_many_and_how_to_mend_it(sizes, allowed, what, mend):
    told = said_of(dict(zip(("friends", "between", "cadres"), sizes, strict=True)), allowed)
    assert what in told[0]
    assert mend in told[1]


# --- everything else: what is done to a panel that lacks nothing, and what then stands against it -----------------


def head(home):
    return home.people.get(relation="户主")


def member(home):
    return home.people.exclude(relation="户主").first()


def swap(town, panel, letter, **more):
    """Somebody else takes the place of the last one of a third."""
    services.unseat(
        actor=town.secretary, panel=panel, seat=panel.seats.filter(side__startswith=letter).last()
    )
    add(town, panel, letter, **more)


def watch(town, panel, **guest):
    services.unobserve(actor=town.secretary, panel=panel, observer=panel.observers.last())
    services.observe(actor=town.secretary, panel=panel, kind=Observer.VILLAGER, guest=Guest(**guest))


def object_to(town, panel, name, upheld=None):
    member = panel.seats.get(name=name)
    objection = services.object_to(
        actor=town.secretary, panel=panel, party=panel.dispute.parties.first(), member=member, reason="吵过架"
    )
    if upheld is not None:
        services.decide_objection(actor=town.secretary, panel=panel, objection=objection, upheld=upheld)


def consent(town, panel, given):
    first = panel.dispute.parties.first()
    services.say_consent(actor=town.secretary, panel=panel, party=first, given=given)


def hostless(town, panel):
    services.unseat(actor=town.secretary, panel=panel, seat=panel.seats.get(officer=panel.host))
    add(town, panel, "c", name="补的干部")


def as_worker_is(person):
    def spoil(town, panel):
        matched(town.worker, person(town))
        swap(town, panel, "b", officer=officer_of(town.worker))

    return spoil


def as_leader_is(person):
    def spoil(town, panel):
        matched(town.leader, person(town))
        swap(town, panel, "c", officer=officer_of(town.leader))

    return spoil


CASES = {
    "nothing is lacking": (lambda town, panel: None, []),
    "a relative sits with the friends": (
        lambda town, panel: swap(town, panel, "f", person=member(town.zhang)), []),
    "a relative sits between": (
        lambda town, panel: swap(town, panel, "b", person=member(town.zhang)), ["kin"]),
    "a relative sits with the cadres": (
        lambda town, panel: swap(town, panel, "c", person=member(town.wang)), ["kin"]),
    "the worker is a relative and sits between": (as_worker_is(lambda town: member(town.wang)), ["kin"]),
    "the leader is a relative and sits with the cadres": (as_leader_is(lambda town: member(town.wang)), ["kin"]),
    "a nephew of whom the register knows nothing sits between": (
        lambda town, panel: swap(town, panel, "b", name="张小侄", role="侄子", near=True), ["kin"]),
    "the same nephew sits with the friends": (
        lambda town, panel: swap(town, panel, "f", name="张小侄", role="侄子", near=True), []),
    "a relative watches": (lambda town, panel: watch(town, panel, person=member(town.wang)), ["kin"]),
    "a neighbour sits with the friends": (
        lambda town, panel: swap(town, panel, "f", person=head(town.li), role="邻居"), []),
    "a neighbour sits between": (lambda town, panel: swap(town, panel, "b", person=head(town.li)), []),
    "a party mediates": (lambda town, panel: swap(town, panel, "b", person=head(town.wang)), ["party"]),
    "a party sits with the friends": (
        lambda town, panel: swap(town, panel, "f", person=head(town.zhang)), ["party"]),
    "a party is written by name": (lambda town, panel: swap(town, panel, "b", name=" 王大春"), ["party"]),
    "a namesake of a party from the register": (
        lambda town, panel: swap(town, panel, "b", person=town.person(town.li, "王大春", "其他")), []),
    "the leader is himself a party": (as_leader_is(lambda town: head(town.wang)), ["party"]),
    "a party watches": (lambda town, panel: watch(town, panel, person=head(town.wang)), ["party"]),
    "one sits on two sides as a person": (
        lambda town, panel: [swap(town, panel, each, person=head(town.li)) for each in "fb"], ["twice"]),
    "one sits twice on one side": (
        lambda town, panel: [add(town, panel, each, name="多的", role=str(n)) for n, each in enumerate("ffbc")],
        ["thirds", *["twice"] * 6]),
    "one sits on two sides under one name": (
        lambda town, panel: [swap(town, panel, each, name="刘泥水") for each in "bc"], ["twice"]),
    "one sits with a post and by name": (
        lambda town, panel: [
            swap(town, panel, "b", officer=officer_of(town.worker)), swap(town, panel, "c", name="王格")],
        ["twice", "post"]),
    "one sits with a post and as the person behind it": (
        lambda town, panel: [
            matched(town.worker, head(town.li)),
            swap(town, panel, "b", officer=officer_of(town.worker)),
            swap(town, panel, "f", person=head(town.li))],
        ["twice"]),
    "one sits and watches": (
        lambda town, panel: [swap(town, panel, "b", person=head(town.li)), watch(town, panel, person=head(town.li))],
        ["twice"]),
    "a namesake of another village": (
        lambda town, panel: [
            swap(town, panel, "b", name="陈小军"), swap(town, panel, "f", person=head(town.chen))],
        []),
    "nobody asked a party": (lambda town, panel: panel.consents.first().delete(), ["consent"]),
    "a party does not agree": (lambda town, panel: consent(town, panel, False), ["refused"]),
    "a party did not agree at first": (
        lambda town, panel: [consent(town, panel, False), consent(town, panel, True)], []),
    "an objection waits": (lambda town, panel: object_to(town, panel, "中人1"), ["objection"]),
    "an objection is upheld and he still sits": (lambda town, panel: object_to(town, panel, "中人1", True), ["upheld"]),
    "an objection was not upheld": (lambda town, panel: object_to(town, panel, "中人1", False), []),
    "he who was objected to has gone": (
        lambda town, panel: [object_to(town, panel, "中人3", True), swap(town, panel, "b", name="新中人")], []),
    "he who was objected to came back": (
        lambda town, panel: [
            object_to(town, panel, "中人3", True),
            swap(town, panel, "b", name="新中人"),
            swap(town, panel, "b", name="中人3")],
        ["upheld"]),
    "nobody of 司法所 watches": (
        lambda town, panel: panel.observers.filter(kind="justice").delete(), ["watched"]),
    "no representative of the villagers watches": (
        lambda town, panel: panel.observers.filter(kind="villager").delete(), ["watched"]),
    "nobody watches": (lambda town, panel: panel.observers.all().delete(), ["watched"]),
    "it has no place": (
        lambda town, panel: Panel.objects.filter(pk=panel.pk).update(place=""), ["facts"]),
    "it has no day": (lambda town, panel: Panel.objects.filter(pk=panel.pk).update(at=None), ["facts"]),
    "the host has gone": (hostless, ["facts"]),
    "no party is named": (lambda town, panel: panel.dispute.parties.all().delete(), ["parties"]),
    "much is wrong at once": (
        lambda town, panel: [
            add(town, panel, "c", name="第四个"), swap(town, panel, "b", person=head(town.wang)),
            panel.observers.all().delete(), panel.consents.all().delete()],
        ["thirds", "party", "consent", "watched"]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_panel_is_settled_only_when_nothing_stands_against_it(town, panel, case):
    spoil, against = CASES[case]
    fill(town, panel)
    spoil(town, panel)
    assert codes(panel) == against
    if not against:
        services.settle_panel(actor=town.secretary, panel=panel)
    else:
        with pytest.raises(services.NotYet) as refused:
            services.settle_panel(actor=town.secretary, panel=panel)
        assert [each.code for each in refused.value.refusals] == against, "all of them at once"
        assert all(each.mend for each in refused.value.refusals)
    panel.refresh_from_db()
    assert panel.state == ("drafted" if against else "settled")


def test_there_are_thirty_cases_at_least():
    assert len(CASES) + len(SIZES) >= 60


def test_each_rule_is_quoted_with_its_place(town, panel):
    fill(town, panel, cadres=4)
    panel.observers.all().delete()
    panel.consents.all().delete()
    quoted = {each.code: each for each in services.refusals(panel)}
    assert quoted["thirds"].place == quoted["watched"].place == "实施方案五（三）"
    assert "各占三分之一比重" in quoted["thirds"].quote
    assert "司法所工作人员、党员群众代表全程旁听监督" in quoted["watched"].quote
    assert quoted["consent"].place == "人民调解法第二十条"
    assert "在征得当事人的同意后" in quoted["consent"].quote


def test_the_remainder_is_allowed_only_where_the_town_says_so(town, panel):
    fill(town, panel, friends=3, between=2, cadres=2)
    assert codes(panel) == ["thirds"]
    DisputeRule.objects.create(since="2026-01-01", uneven=True)
    assert codes(panel) == []


# --- who is proposed, and why -------------------------------------------------------------------------------------


def proposed(town, panel, actor=None):
    rows = services.proposals(actor or town.secretary, services.Table(panel))
    return {side: {each.guest.said: each.why for each in found} for side, found in rows.items()}


def test_each_third_is_proposed_out_of_the_register_and_says_why(town, panel):
    Person.objects.filter(pk=head(town.zhao).pk).update(politics="中共党员")
    found = proposed(town, panel)
    assert found["friends"]["殷素素"] == "和张三丰一户，儿媳，近亲属"
    assert found["friends"]["李秀英"] == "和王大春一户，配偶，近亲属"
    assert found["between"]["赵建国"] == "中共党员，三组"
    assert "专职网格员" in found["between"]["王格"]
    assert "网格协管员" in found["between"]["许协"]
    assert "网格长" in found["cadres"]["周长"]
    assert "镇办公室" in found["cadres"]["陈办"]
    everybody = {name for rows in found.values() for name in rows}
    assert not everybody & {"张三丰", "王大春"}, "no party"
    assert "金书记" not in everybody, "he sits already"
    assert not everybody & {"郑督", "管理员", "乔书记"}, (
        "who oversees, and the neighbour, do not mediate here"
    )


def test_neighbours_are_the_heads_of_the_other_households_of_the_group(town, dispute):
    quarrel = dispute(parties=[party(Party.FIRST, town.zhang), services.Named(Party.SECOND, name="外村人")])
    found = proposed(town, draft(town, quarrel))
    assert found["friends"]["王大春"] == "一组，邻居"


def test_a_relative_of_a_party_is_proposed_for_the_friends_alone(town, panel):
    Person.objects.filter(pk=member(town.wang).pk).update(politics="中共党员")
    matched(town.worker, member(town.zhang))
    found = proposed(town, panel)
    assert "李秀英" not in found["between"]
    assert "王格" not in found["between"]


def test_who_may_not_see_the_register_is_proposed_only_people_with_a_post(town, panel):
    justice = town.post("sifa", "尤司", "justice", town.town)
    found = proposed(town, panel, justice)
    assert found["friends"] == {}
    assert set(found["between"]) == {"王格", "许协"}


# --- its life -----------------------------------------------------------------------------------------------------


def test_only_a_dispute_that_was_taken_up_has_a_panel_and_only_one_at_a_time(town, dispute):
    quarrel = dispute()
    with pytest.raises(ValidationError, match="受理"):
        services.draft_panel(actor=town.secretary, dispute=quarrel, uuid=uuid.uuid4())
    first = draft(town, quarrel)
    assert services.draft_panel(actor=town.secretary, dispute=quarrel, uuid=first.uuid) == first
    with pytest.raises(ValidationError, match="别的小组"):
        services.draft_panel(actor=town.secretary, dispute=quarrel, uuid=uuid.uuid4())


def test_whoever_works_on_disputes_makes_it_and_nobody_else(town, panel):
    for part in ("worker", "leader", "assistant", "neighbour", "supervisor"):
        with pytest.raises(PermissionDenied):
            services.seat(actor=getattr(town, part), panel=panel, side="between", guest=Guest(name="刘泥水"))


def test_settling_is_a_step_of_the_dispute_and_then_nobody_is_changed(town, dispute):
    panel = settled(town, dispute())
    assert (
        panel.dispute.moves.filter(kind="measure")
        .get()
        .words.startswith("定下第 1 次议事小组，9 人，11月26日 15:00")
    )
    with pytest.raises(ValidationError, match="重新改人"):
        add(town, panel, "f", name="晚来的")
    services.reopen_panel(actor=town.secretary, panel=panel)
    assert add(town, panel, "f", name="晚来的")


def test_an_objection_that_is_upheld_opens_a_settled_panel_again(town, dispute):
    panel = settled(town, dispute())
    object_to(town, panel, "中人1", True)
    panel.refresh_from_db()
    assert panel.state == Panel.DRAFTED
    assert codes(panel) == ["upheld"]


def test_the_host_decides_on_an_objection_and_not_about_himself(town, panel):
    fill(town, panel)
    cadre = town.post("jincun", "金村", "cadre", town.jinxing)
    first, host = panel.dispute.parties.first(), panel.seats.get(officer=panel.host)

    def objection(member):
        return services.object_to(
            actor=town.secretary, panel=panel, party=first, member=member, reason="偏一方"
        )

    with pytest.raises(PermissionDenied, match="由主持人金书记定"):
        services.decide_objection(
            actor=cadre, panel=panel, objection=objection(panel.seats.last()), upheld=True
        )
    about_him = objection(host)
    with pytest.raises(PermissionDenied, match="不能由您自己定"):
        services.decide_objection(actor=town.secretary, panel=panel, objection=about_him, upheld=False)
    services.decide_objection(actor=cadre, panel=panel, objection=about_him, upheld=True, answer="换人")
    with pytest.raises(ValidationError, match="已经定过了"):
        services.decide_objection(actor=cadre, panel=panel, objection=about_him, upheld=False)


def test_a_cadre_who_is_a_party_takes_no_step_of_his_own_quarrel(town, dispute):
    matched(town.secretary, head(town.wang))
    quarrel = dispute()
    for step in (
        lambda: services.accept(actor=town.secretary, dispute=quarrel),
        lambda: services.note(actor=town.secretary, dispute=quarrel, words="我家有理"),
        lambda: services.draft_panel(actor=town.secretary, dispute=quarrel, uuid=uuid.uuid4()),
    ):
        with pytest.raises(PermissionDenied, match="您自己是当事人"):
            step()
    assert services.steps_for(town.secretary, quarrel) == []
    with pytest.raises(ValidationError, match="自己是当事人"):
        services.assign(actor=town.office, dispute=quarrel, owner=town.secretary)
    other = dispute("争水", parties=[party(Party.FIRST, town.li)])
    assert services.accept(actor=town.secretary, dispute=other)


def test_he_who_is_a_party_does_not_lead_the_panel(town, dispute):
    services.accept(actor=town.office, dispute=(quarrel := dispute()))
    quarrel.refresh_from_db()
    panel = fill(town, draft(town, quarrel, town.office))
    matched(town.secretary, head(town.wang))
    assert "party" in codes(panel)


def test_who_is_a_party_is_not_chosen_as_host(town, panel):
    host = matched(town.leader, head(town.wang))
    with pytest.raises(ValidationError, match="周长自己是当事人，不能主持"):
        services.change_panel(actor=town.secretary, panel=panel, topic="", at=None, place="", host=host)


def test_a_party_on_whom_a_panel_rests_is_not_taken_away(town, dispute):
    panel = settled(town, dispute())
    with pytest.raises(ValidationError, match="议事小组已经定过"):
        services.remove_party(
            actor=town.secretary, dispute=panel.dispute, party=panel.dispute.parties.first()
        )


def test_a_day_before_the_quarrel_is_none(town, panel):
    early = dt.datetime(2026, 11, 1, 9, tzinfo=clock.SHANGHAI)
    with pytest.raises(ValidationError, match="改日子"):
        services.change_panel(actor=town.secretary, panel=panel, topic="", at=early, place="", host=None)


def test_the_rules_cost_the_same_for_three_and_for_thirty(town, panel):
    def cost():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            services.refusals(Panel.objects.whole().get(pk=panel.pk))
        return len(asked)

    fill(town, panel, 1, 1, 1)
    few = cost()
    for number in range(9):
        for letter in "fbc":
            add(town, panel, letter, name=f"又一个{letter}{number}")
    assert cost() == few


def test_the_ledger_asks_whether_it_was_begun_and_how_often_it_sat(town, dispute):
    panel = settled(town, dispute())
    key = panel.dispute_id
    assert services.panels_of([key]) == {key: services.Convened(begun=True, sittings=0)}
    assert services.panels_of([key], dt.date(2026, 10, 31)) == {}
    assert Dispute.objects.count() == 1
    assert Seat.objects.count() == 9
