"""How a sitting ends: agreed, refused, failed or broken off; what it asks before, and what comes in afterwards."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from core import clock
from disputes import services
from disputes.models import Dispute, Panel, Sitting, Stance, Word
from tests.disputes.seats import draft, fill, gone_through, officer_of, sat, say, settled
from tests.factor import client_of


@pytest.fixture
def sitting(town, dispute):
    return sat(town, dispute())


def agree(town, sitting, **answers):
    parties = list(sitting.panel.dispute.parties.all())
    stances = {party.pk: answers.get(party.side, True) for party in parties}
    return services.conclude(
        actor=town.secretary, sitting=sitting, agreed=True, conclusion="墙退半尺", stances=stances
    )


def test_what_all_agree_to_ends_it_and_the_agreement_is_still_to_be_written(town, sitting):
    gone_through(town.secretary, sitting)
    agree(town, sitting)
    sitting.refresh_from_db()
    assert (sitting.outcome, sitting.conclusion, sitting.ended_at) == ("agreed", "墙退半尺", clock.now())
    assert Panel.objects.get().state == Panel.HELD
    assert Stance.objects.filter(agrees=True).count() == 2
    quarrel = Dispute.objects.get()
    assert quarrel.state == Dispute.IN_HAND
    assert "接着写协议书" in quarrel.moves.filter(kind="measure").last().words
    assert services.panels_of([quarrel.pk]) == {quarrel.pk: services.Convened(begun=True, sittings=1)}


@pytest.mark.parametrize("lacks", ["steps", "silence", "no", "watch", "words"])
def test_nothing_is_agreed_over_anybodys_head(town, sitting, lacks):
    if lacks != "steps":
        gone_through(town.secretary, sitting)
    if lacks == "watch":
        sitting.panel.observers.filter(kind="justice").update(came=False)
    parties = list(sitting.panel.dispute.parties.all())
    stances = {party.pk: True for party in parties}
    if lacks == "silence":
        del stances[parties[0].pk]
    if lacks == "no":
        stances[parties[0].pk] = False
    told = {
        "steps": "四步都走过",
        "silence": "还没点张三丰",
        "no": "张三丰不同意",
        "watch": "没有来：司法所",
        "words": "写议定了什么",
    }
    with pytest.raises(ValidationError, match=told[lacks]):
        services.conclude(
            actor=town.secretary,
            sitting=sitting,
            agreed=True,
            conclusion="" if lacks == "words" else "墙退半尺",
            stances=stances,
        )
    sitting.refresh_from_db()
    assert sitting.is_on


@pytest.mark.parametrize(
    ("gone", "told"),
    [
        ("friends between cadres", "亲友团 0 人，中间人 0 人，镇村干部 0 人"),
        ("between", "亲友团 3 人，中间人 0 人，镇村干部 3 人"),
    ],
)
def test_nothing_is_agreed_when_those_who_came_are_no_thirds(town, sitting, gone, told):
    gone_through(town.secretary, sitting)
    sitting.panel.seats.filter(side__in=gone.split()).update(came=False)
    with pytest.raises(ValidationError, match=f"{told}，不是三方各占三分之一") as refused:
        agree(town, sitting)
    assert list(refused.value.message_dict) == ["came"]
    for side in ("friends", "between", "cadres"):
        sitting.panel.seats.filter(side=side).update(came=True)
        sitting.panel.seats.filter(pk=sitting.panel.seats.filter(side=side).last().pk).update(came=False)
    assert agree(town, sitting).outcome == "agreed", "one of each third may be missing"


def test_nothing_is_agreed_before_each_side_was_heard(town, sitting):
    for step in (Word.STATE, Word.ADD, Word.POLICY, Word.SPEAK):
        say(town.secretary, sitting, step)
    with pytest.raises(ValidationError, match="还没有乙方自己的陈述"):
        agree(town, sitting)
    second = sitting.panel.dispute.parties.get(side="second")
    say(town.secretary, sitting, Word.STATE, late=True, speaker=f"party-{second.pk}")
    assert agree(town, sitting).outcome == "agreed"


def test_where_nothing_is_agreed_mediation_has_failed(town, sitting):
    services.conclude(
        actor=town.secretary, sitting=sitting, agreed=False, conclusion="两边都不让", stances={}
    )
    assert Dispute.objects.get().state == Dispute.ENDED
    assert Sitting.objects.get().outcome == "failed"


def test_one_clear_refusal_ends_it_whatever_step_it_is_in(town, sitting):
    say(town.secretary, sitting, Word.STATE)
    second = sitting.panel.dispute.parties.get(side="second")
    with pytest.raises(ValidationError, match="选是哪一方"):
        services.refuse_sitting(actor=town.secretary, sitting=sitting, party=None, words="不调了")
    services.refuse_sitting(actor=town.secretary, sitting=sitting, party=second, words="不调了，上法院")
    quarrel = Dispute.objects.get()
    assert (quarrel.state, quarrel.moves.last().words) == (Dispute.ENDED, "第 1 次议事，乙方不愿调")
    assert Sitting.objects.get().conclusion == "乙方不愿调，调解到此为止。"
    word = sitting.words.last()
    assert (word.words, word.speaker, word.of_side) == ("不调了，上法院", "王大春（乙方）", "second")
    with pytest.raises(ValidationError, match="已经结束"):
        services.refuse_sitting(actor=town.secretary, sitting=sitting, party=second, words="不调了")


@pytest.mark.parametrize(
    ("step", "outcome"),
    [
        ("refuse", "refused"),
        ("fail", "failed"),
        ("settle", "stopped"),
        ("withdraw", "stopped"),
        ("escalate", "stopped"),
    ],
)
def test_a_dispute_that_goes_another_way_ends_the_sitting_about_it(town, sitting, step, outcome):
    gone_through(town.secretary, sitting)
    getattr(services, step)(actor=town.secretary, dispute=sitting.panel.dispute, words="张三丰说要上法院")
    over = Sitting.objects.get()
    assert (over.outcome, over.ended_at) == (outcome, clock.now())
    assert "法院" not in over.conclusion, "what was said for that step stays with the step"
    assert Panel.objects.get().state == Panel.HELD
    with pytest.raises(ValidationError, match="已经结束"):
        say(town.secretary, over, Word.SPEAK)
    with pytest.raises(ValidationError, match="已经结束"):
        agree(town, over)
    assert Dispute.objects.get().moves.last().kind == step


def test_a_sitting_does_not_go_on_about_what_is_not_in_hand(town, sitting):
    gone_through(town.secretary, sitting)
    Dispute.objects.update(state=Dispute.ENDED)
    fresh = Sitting.objects.get()
    for go_on in (lambda: say(town.secretary, fresh, Word.CONCLUDE), lambda: agree(town, fresh)):
        with pytest.raises(ValidationError, match="不在调处中"):
            go_on()


def test_a_settled_panel_whose_dispute_is_over_is_not_offered_to_sit(town, dispute):
    panel = settled(town, dispute())
    page = reverse("disputes:panel", args=[panel.pk])
    assert "开始议事" in client_of(town.secretary).get(page).content.decode()
    services.settle(actor=town.secretary, dispute=panel.dispute, words="自己说开了")
    text = client_of(town.secretary).get(page).content.decode()
    assert "开始议事" not in text
    assert "已经“化解”，这次议事不开了" in text


def test_what_a_laptop_still_had_comes_in_after_the_end_as_an_addition(town, sitting):
    services.conclude(actor=town.secretary, sitting=sitting, agreed=False, conclusion="没调成", stances={})
    with pytest.raises(ValidationError, match=r"已经结束.*补记"):
        say(town.secretary, sitting, Word.STATE)
    assert say(town.secretary, sitting, Word.STATE, late=True)


def test_what_is_added_after_the_end_says_who_added_it_and_when(town, sitting):
    gone_through(town.secretary, sitting)
    old = sitting.words.first()
    agree(town, sitting)
    with clock.stopped_at("2027-06-01T09:05"):
        new = say(town.secretary, sitting, "x", "我什么都没说", speaker="", corrects=old.uuid)
        assert new.late
        for name in ("minutes", "minutes_paper"):
            address = reverse(f"disputes:{name}", args=[sitting.pk])
            text = client_of(town.secretary).get(address).content.decode()
            assert f"{town.secretary} 2027年6月1日 9:05 补记" in text, name


def test_after_a_refusal_nothing_is_written_as_agreed(town, sitting):
    first = sitting.panel.dispute.parties.first()
    services.refuse_sitting(actor=town.secretary, sitting=sitting, party=first, words="不调")
    with pytest.raises(ValidationError, match="没有议定意见可记"):
        say(town.secretary, sitting, Word.CONCLUDE, "大家都同意了", late=True)
    assert say(town.secretary, sitting, Word.STATE, "还说了一句", late=True).late


def test_a_panel_that_is_not_settled_does_not_sit_and_one_that_sits_is_not_changed(town, dispute):
    panel = fill(town, draft(town, dispute()))
    with pytest.raises(ValidationError, match="还没定下"):
        services.begin_sitting(actor=town.secretary, panel=panel, uuid=uuid.uuid4())
    services.settle_panel(actor=town.secretary, panel=panel)
    first = services.begin_sitting(actor=town.secretary, panel=panel, uuid=uuid.uuid4())
    assert services.begin_sitting(actor=town.secretary, panel=panel, uuid=uuid.uuid4()) == first
    with pytest.raises(ValidationError, match="已经开始"):
        services.reopen_panel(actor=town.secretary, panel=panel)


def test_nobody_is_exchanged_while_they_sit_and_what_is_said_against_him_is_written_down(town, sitting):
    gone_through(town.secretary, sitting)
    panel = sitting.panel
    spoke = Word.objects.filter(seat__isnull=False).first().seat
    said = {"party": panel.dispute.parties.first(), "member": spoke, "reason": "不信他"}
    objection = services.object_to(actor=town.secretary, panel=panel, **said)
    to_decide = {"actor": town.secretary, "panel": panel, "objection": objection}
    with pytest.raises(ValidationError, match=r"人不改了.*当事人不愿调了"):
        services.decide_objection(**to_decide, upheld=True)
    with pytest.raises(ValidationError, match="人不改了"):
        services.unseat(actor=town.secretary, panel=panel, seat=spoke)
    answer = client_of(town.secretary).post(
        reverse("disputes:panel_step", args=[panel.pk, "unseat"]), {"row": spoke.pk}
    )
    assert answer.status_code == 422
    services.decide_objection(**to_decide, upheld=False)
    services.conclude(actor=town.secretary, sitting=sitting, agreed=False, conclusion="没谈拢", stances={})
    assert Panel.objects.get().state == Panel.HELD
    quarrel = Dispute.objects.get()
    services.reopen(actor=town.secretary, dispute=quarrel, words="又闹")
    quarrel.refresh_from_db()
    assert draft(town, quarrel).number == 2


def test_what_has_changed_since_it_was_settled_is_asked_again_before_it_sits(town, dispute):
    panel = settled(town, dispute())
    third = services.Named("third", name="砌墙的")
    services.add_party(actor=town.secretary, dispute=panel.dispute, named=third)
    with pytest.raises(ValidationError, match="还没问过砌墙的"):
        services.begin_sitting(actor=town.secretary, panel=panel, uuid=uuid.uuid4())
    services.settle(actor=town.secretary, dispute=panel.dispute, words="自己说好了")
    panel.dispute.refresh_from_db()
    with pytest.raises(ValidationError, match=r"已经“化解”.*不能开始议事"):
        services.begin_sitting(actor=town.secretary, panel=panel, uuid=uuid.uuid4())


def test_the_next_panel_begins_with_the_people_of_the_last(town, sitting):
    gone_through(town.secretary, sitting)
    agree(town, sitting)
    again = draft(town, Dispute.objects.get())
    assert (again.number, again.seats.count(), again.observers.count()) == (2, 9, 3)
    assert again.host == officer_of(town.secretary)
    assert not again.consents.exists(), "who may be invited is asked anew"


def test_who_is_exchanged_in_november_does_not_change_octobers_ledger(town, dispute):
    october = dt.date(2026, 10, 31)
    with clock.stopped_at("2026-10-20T09:00"):
        panel = settled(town, dispute(found_on=dt.date(2026, 10, 20)))
    begun = {panel.dispute_id: services.Convened(begun=True, sittings=0)}
    assert services.panels_of([panel.dispute_id], october) == begun
    with clock.stopped_at("2026-11-02T09:00"):
        panel = services.reopen_panel(actor=town.secretary, panel=panel)
        assert services.panels_of([panel.dispute_id], october) == begun
        services.settle_panel(actor=town.secretary, panel=panel)
    assert services.panels_of([panel.dispute_id], october) == begun


def test_from_the_minutes_she_goes_on_to_the_agreement_which_knows_what_was_agreed(town, sitting):
    gone_through(town.secretary, sitting)
    agree(town, sitting)
    client, quarrel = client_of(town.secretary), sitting.panel.dispute
    papers = reverse("disputes:papers", args=[quarrel.pk])
    minutes = client.get(reverse("disputes:minutes", args=[sitting.pk])).content.decode()
    assert papers in minutes
    assert reverse("disputes:dispute", args=[quarrel.pk]) in minutes
    assert "墙退半尺" in client.get(papers).content.decode()


def test_the_dispute_says_when_it_was_and_not_for_when_it_was_asked(town, sitting):
    """Asked for three days from now, and they sit down today."""
    page = reverse("disputes:dispute", args=[sitting.panel.dispute_id])
    desk = client_of(town.secretary)
    assert "定下了，11月26日 15:00" in desk.get(page).content.decode()
    gone_through(town.secretary, sitting)
    services.conclude(actor=town.secretary, sitting=sitting, agreed=False, conclusion="谈不拢", stances={})
    text = desk.get(page).content.decode()
    assert "开过了，11月23日 9:30" in text
    assert "11月26日 15:00，金书记主持" not in text
