"""A need, a mess or a danger that a visit heard is a matter in the same save, and follows the visit."""

import datetime as dt
import importlib
import uuid

import pytest
from django.apps import apps

from appeals import services as appeals
from appeals.models import Matter
from core import clock
from core.ledger import LedgerScope, get
from core.periods import Month
from visits import services
from visits.models import Finding

DANGER = {"kind": "need", "detail": "安全隐患", "words": "屋后山石松了", "urgency": "now"}
RUBBISH = {"kind": "environment", "detail": "垃圾"}


def test_what_was_heard_is_registered_with_its_clock_and_nothing_is_typed_twice(town, visit):
    made = visit(town.zhang, "2026-11-20", findings=[DANGER, RUBBISH, {"kind": "conflict", "detail": "邻里"}])
    danger, rubbish = Matter.objects.order_by("pk")
    assert (danger.field, danger.words, danger.urgency) == ("danger", "屋后山石松了", "now")
    assert (rubbish.field, rubbish.words, rubbish.source) == ("environment", "垃圾", "visit")
    assert danger.household == town.zhang
    assert danger.territory == town.grid1
    assert danger.caller == "张三丰"
    assert danger.opened_on == dt.date(2026, 11, 20)
    assert danger.opened_by == town.worker
    assert danger.due_on == dt.date(2026, 11, 20)
    assert rubbish.due_on == dt.date(2026, 11, 25)
    assert {each.kind: each.state for each in made.findings.all()} == {
        "need": "passed_on",
        "environment": "passed_on",
        "conflict": "passed_on",
    }
    assert set(Matter.objects.waiting_for(town.worker)) == {danger, rubbish}


def test_the_same_visit_again_is_the_same_matter(town, visit):
    name = uuid.uuid4()
    for _ in range(2):
        visit(town.zhang, "2026-11-20", uuid=name, findings=[RUBBISH])
    assert Matter.objects.count() == 1


def test_a_refused_visit_leaves_no_matter(town, visit):
    with pytest.raises(Exception, match="还没到"):
        visit(town.zhang, "2026-11-24", findings=[RUBBISH])
    assert not Matter.objects.exists()


def test_a_correction_goes_on_with_the_same_matter_in_its_new_words(town, visit):
    first = visit(town.zhang, "2026-11-20", findings=[RUBBISH, DANGER])
    said = {"happened_at": clock.at_noon(first.day), "day": first.day}
    words = [{**RUBBISH, "words": "塘边那一堆"}]
    second = services.correct_visit(actor=town.worker, visit=first, uuid=uuid.uuid4(), findings=words, **said)
    danger, rubbish = Matter.objects.order_by("field")
    assert second.visit.findings.get().matter == rubbish
    assert (rubbish.words, rubbish.state) == ("垃圾，塘边那一堆", Matter.COLLECTED)
    assert rubbish.moves.latest("pk").words == "更正为：垃圾，塘边那一堆"
    assert danger.state == Matter.WITHDRAWN
    assert "更正" in danger.moves.latest("pk").words

    services.undo_visit(actor=town.worker, visit=second.visit)
    danger.refresh_from_db()
    assert danger.state == Matter.COLLECTED, "the visit that told of it stands again"


def test_undoing_a_correction_gives_the_matter_its_first_words_back(town, visit):
    first = visit(town.zhang, "2026-11-20", findings=[RUBBISH])
    said = {"happened_at": clock.at_noon(first.day), "day": first.day}
    words = [{**RUBBISH, "words": "是别家的", "urgency": "now"}]
    second = services.correct_visit(actor=town.worker, visit=first, uuid=uuid.uuid4(), findings=words, **said)
    services.undo_visit(actor=town.worker, visit=second.visit)
    matter = Matter.objects.get()
    assert (matter.words, matter.urgency) == ("垃圾", "days")


def test_undoing_a_visit_gives_its_matter_up_unless_somebody_works_on_it(town, visit):
    first = visit(town.zhang, "2026-11-20", findings=[RUBBISH])
    second = visit(town.li, "2026-11-20", findings=[RUBBISH])
    begun = second.findings.get().matter
    appeals.accept(actor=town.worker, matter=begun)
    for each in (first, second):
        services.undo_visit(actor=town.worker, visit=each)
    assert first.findings.get().matter.state == Matter.WITHDRAWN
    begun.refresh_from_db()
    assert begun.state == Matter.IN_HAND
    assert "还要不要办" in begun.moves.latest("pk").words


def test_a_visit_is_undone_although_its_matter_is_on_the_legal_road(town, visit):
    made = visit(town.zhang, "2026-11-20", findings=[RUBBISH])
    matter = Matter.objects.get()
    appeals.register_petition(actor=town.office, matter=matter, words="要求拉走")
    services.undo_visit(actor=town.worker, visit=made)
    matter.refresh_from_db()
    assert matter.is_open
    assert "还要不要办" in matter.moves.latest("pk").words


def test_what_the_village_gave_up_itself_is_not_taken_up_by_undoing_a_correction(town, visit):
    first = visit(town.zhang, "2026-11-20", findings=[RUBBISH])
    said = {"happened_at": clock.at_noon(first.day), "day": first.day}
    second = services.correct_visit(
        actor=town.worker, visit=first, uuid=uuid.uuid4(), findings=[RUBBISH], **said
    )
    matter = Matter.objects.get()
    appeals.withdraw(actor=town.secretary, matter=matter, words="已经有人报过了")
    services.undo_visit(actor=town.worker, visit=second.visit)
    matter.refresh_from_db()
    assert matter.state == Matter.WITHDRAWN


def test_it_is_settled_as_a_matter_and_nowhere_else(town, visit):
    finding = visit(town.zhang, "2026-11-20", findings=[RUBBISH]).findings.get()
    with pytest.raises(Exception, match=finding.matter.number):
        services.settle_finding(actor=town.secretary, finding=finding, state="settled", outcome="清了")


def test_a_household_has_no_news_again_once_whoever_asked_has_an_answer(town, visit):
    def board():
        found = services.calm_board(reach=services.reach_for_due(town.secretary))
        return found.calm, found.busy

    visit(town.zhang, "2026-11-20", findings=[RUBBISH])
    assert board() == (0, 1)
    matter = Matter.objects.get()
    appeals.accept(actor=town.worker, matter=matter)
    appeals.answer(actor=town.worker, matter=matter, words="拉走了")
    assert board() == (1, 0)


def test_a_household_that_closed_afterwards_keeps_its_visit_and_its_matter(town, visit):
    town.zhang.ended_on = dt.date(2026, 11, 22)
    town.zhang.save(update_fields=["ended_on"])
    visit(town.zhang, "2026-11-20", findings=[RUBBISH])
    assert Matter.objects.get().household == town.zhang


def _rows(town, slug):
    scope = LedgerScope(town.office, town.jinxing, Month(dt.date(2026, 11, 1)), made_on=clock.today())
    names = [column.name for column in get(slug).exported]
    return [dict(zip(names, row, strict=False)) for row in get(slug).rows(scope)]


def test_every_ledger_tells_the_matters_number_and_what_came_of_it(town, visit):
    visit(town.zhang, "2026-11-20", findings=[RUBBISH])
    matter = Matter.objects.get()
    appeals.accept(actor=town.worker, matter=matter)
    (log,) = _rows(town, "visits")
    assert (log["outcome"], log["matter"]) == ("已转办", matter.number)
    (known,) = _rows(town, "five-knows")
    assert (known["matter"], known["state"]) == (matter.number, "转办，在办")
    appeals.answer(actor=town.worker, matter=matter, words="拉走了", answered_on=dt.date(2026, 11, 20))
    (log,) = _rows(town, "visits")
    assert log["outcome"] == "现场办结"
    five = next(row for row in _rows(town, "five-visits") if row["head_name"] == "张三丰")
    assert five["outcome"] == f"{matter.number} 已回复，待评价：拉走了"
    assert (five["carer"], five["settled_on"]) == ("王格", dt.date(2026, 11, 20))
    (own,) = _rows(town, "appeals")
    assert (own["number"], own["source"]) == (matter.number, "走访")


def test_open_findings_of_earlier_visits_become_matters_once(town, visit):
    visit(town.zhang, "2026-11-18", findings=[RUBBISH, {"kind": "conflict"}])
    visit(town.li, "2026-11-19", findings=[{**DANGER, "urgency": "days"}])
    undone = visit(town.zhang, "2026-11-20", findings=[RUBBISH])
    services.undo_visit(actor=town.worker, visit=undone)
    earlier = Finding.objects.filter(kind__in=Finding.MATTERS)
    earlier.update(matter=None, state=Finding.OPEN)
    for matter in Matter.objects.all():
        matter.moves.all().delete()
        matter.delete()
    module = importlib.import_module("visits.migrations.0005_findings_become_matters")
    for _ in range(2):
        module.hand_on(apps, None)
    rubbish, danger = Matter.objects.order_by("opened_on")
    assert (rubbish.field, danger.field) == ("environment", "danger")
    assert rubbish.opened_by == town.worker
    assert rubbish.opened_on == dt.date(2026, 11, 18)
    assert rubbish.moves.get().kind == "open"
    assert rubbish.due_on > dt.date(2026, 11, 18)
    stands = earlier.filter(visit__void_at=None)
    assert set(stands.values_list("state", flat=True)) == {"passed_on"}
    assert earlier.get(visit=undone).state == "open"
    assert rubbish in Matter.objects.waiting_for(town.worker)
