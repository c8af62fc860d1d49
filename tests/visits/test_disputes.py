"""A quarrel that a visit finds is a dispute in the same save, with the household as a party, and follows the visit."""

import importlib
import uuid

import pytest
from django.apps import apps

from core import clock
from core.ledger import LedgerScope, get
from core.periods import Month
from core.scope import reach_of
from disputes import services as disputes
from disputes.models import Dispute
from visits import services
from visits.models import Finding

QUARREL = {"kind": "conflict", "detail": "邻里", "words": "院墙"}


def test_what_was_found_is_registered_and_nothing_is_typed_twice(town, visit):
    made = visit(town.zhang, "2026-11-20", findings=[QUARREL])
    dispute = Dispute.objects.get()
    assert (dispute.kind, dispute.words, dispute.source) == ("neighbours", "邻里，院墙", "visit")
    assert (dispute.territory, dispute.registered_by) == (town.grid1, town.worker)
    party = dispute.parties.get()
    assert (party.name, party.household) == ("张三丰", town.zhang)
    finding = made.findings.get()
    assert (finding.state, finding.dispute) == ("passed_on", dispute)
    assert Dispute.objects.waiting_for(town.secretary).get() == dispute


def test_a_correction_goes_on_with_the_same_dispute_and_undoing_gives_it_up(town, visit):
    first = visit(town.zhang, "2026-11-20", findings=[QUARREL])
    said = {"happened_at": clock.at_noon(first.day), "day": first.day}
    words = [{**QUARREL, "detail": "土地", "words": "地界"}]
    second = services.correct_visit(actor=town.worker, visit=first, uuid=uuid.uuid4(), findings=words, **said)
    dispute = Dispute.objects.get()
    assert (dispute.kind, dispute.words) == ("land", "土地，地界")
    assert dispute.moves.latest("pk").words == "更正为：土地，地界"
    services.undo_visit(actor=town.worker, visit=second.visit)
    dispute.refresh_from_db()
    assert (dispute.kind, dispute.state) == ("neighbours", "noted"), "the visit that told of it stands again"
    services.undo_visit(actor=town.worker, visit=first)
    dispute.refresh_from_db()
    assert dispute.state == Dispute.WITHDRAWN


def test_what_the_village_has_taken_up_is_not_given_up_with_the_visit(town, visit):
    made = visit(town.zhang, "2026-11-20", findings=[QUARREL])
    dispute = Dispute.objects.get()
    disputes.accept(actor=town.secretary, dispute=dispute)
    services.undo_visit(actor=town.worker, visit=made)
    dispute.refresh_from_db()
    assert dispute.state == Dispute.IN_HAND
    assert "还算不算纠纷" in dispute.moves.latest("pk").words


def test_a_household_with_an_open_dispute_is_not_without_trouble(town, visit):
    def busy():
        return services.calm_board(reach=reach_of(town.worker, "visits.record")).busy

    visit(town.zhang, "2026-11-20", findings=[QUARREL])
    assert busy() == 1
    disputes.settle(actor=town.worker, dispute=Dispute.objects.get(), words="说开了")
    assert busy() == 0


def test_the_ledgers_tell_its_number_and_what_came_of_it(town, visit):
    visit(town.zhang, "2026-11-20", findings=[QUARREL])
    dispute = Dispute.objects.get()
    with clock.stopped_at("2026-11-21T10:00"):
        disputes.settle(actor=town.worker, dispute=dispute, words="当面说开了")
    scope = LedgerScope(town.secretary, town.jinxing, Month.parse("2026-11"))
    ledger = get("five-knows")
    names = [column.name for column in ledger.exported]
    row = dict(zip(names, next(iter(ledger.rows(scope))), strict=False))
    assert (row["matter"], row["state"]) == (dispute.number, "转办，化解了")


def test_open_findings_of_earlier_visits_become_disputes(town, visit):
    made = visit(town.zhang, "2026-11-20", findings=[QUARREL])
    Finding.objects.update(state="open", dispute=None)
    for move in Dispute.objects.get().moves.all():
        move.delete()
    Dispute.objects.all().delete()
    module = importlib.import_module("visits.migrations.0007_conflicts_become_disputes")
    for _ in range(2):
        module.hand_on(apps, None)
    dispute = Dispute.objects.get()
    assert (dispute.words, dispute.kind, dispute.state) == ("邻里，院墙", "neighbours", "noted")
    assert dispute.parties.get().household == town.zhang
    assert made.findings.get().dispute == dispute
    disputes.accept(actor=town.secretary, dispute=dispute)


def test_it_is_settled_where_it_is_and_not_at_the_finding(town, visit):
    visit(town.zhang, "2026-11-20", findings=[QUARREL])
    with pytest.raises(Exception, match="纠纷 JF-"):
        services.settle_finding(
            actor=town.worker, finding=Finding.objects.get(), state="settled", outcome="好了"
        )


def test_the_third_door_is_where_people_quarrel_for_who_may_read_of_it(town, client):
    sides = (("first", town.zhang), ("second", town.wang))
    dispute = disputes.open_dispute(
        actor=town.worker,
        uuid=uuid.uuid4(),
        territory=town.grid1,
        words="院墙砌过了界",
        kind="neighbours",
        source="asked",
        parties=[disputes.Named(side, town.head(home)) for side, home in sides],
    ).dispute

    def behind(user):
        client.force_login(user)
        due = client.get("/api/due/?list=quarrel").json()
        return [row["name"] for section in ("overdue", "due", "ordinary") for row in due[section]]

    assert behind(town.secretary) == behind(town.worker) == ["张三丰", "王大春"]
    assert behind(town.leader) == behind(town.neighbour) == []
    disputes.settle(actor=town.secretary, dispute=dispute, words="各退一步")
    assert behind(town.secretary) == []
