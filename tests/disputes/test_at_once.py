"""Two at the same time about one dispute: one is done, the other is told by whom, and nothing is there twice."""

import datetime as dt
import uuid
from typing import Any

import pytest

from core import clock
from disputes import services
from disputes.models import Agreement, Dispute, Move, Panel, Party, Sitting
from tests.disputes.conftest import TEXT, party
from tests.disputes.seats import draft, fill, settled
from tests.grids.test_at_once import overlapping, together
from tests.people import Town, make_town_of_two

pytestmark = pytest.mark.slow


def quarrel() -> tuple[Town, Dispute]:
    """张三丰 against 王大春, in the secretary's hand."""
    town = make_town_of_two()
    said: dict[str, Any] = {"territory": town.grid1, "kind": "neighbours", "source": "asked", "words": "院墙"}
    said["parties"] = [party(Party.FIRST, town.zhang), party(Party.SECOND, town.wang)]
    found = services.open_dispute(actor=town.worker, uuid=uuid.uuid4(), **said).dispute
    services.accept(actor=town.secretary, dispute=found)
    found.refresh_from_db()
    return town, found


def settles(panel: Panel, actor: Any) -> Any:
    return lambda: services.settle_panel(actor=actor, panel=panel)


def begins(panel: Panel, actor: Any) -> Any:
    return lambda: services.begin_sitting(actor=actor, panel=panel, uuid=uuid.uuid4())


@together
def test_of_two_who_settle_one_panel_the_second_is_told_who_did() -> None:
    town, found = quarrel()
    panel = fill(town, draft(town, found))
    told = overlapping(settles(panel, town.secretary), settles(panel, town.office))
    assert told[0] == ""
    assert "金书记已经定下这个小组了" in told[1]
    panel.refresh_from_db()
    assert (panel.state, panel.settled_by) == (Panel.SETTLED, town.secretary)
    assert Move.objects.filter(kind="measure", words__startswith="定下第 1 次").count() == 1


@together
def test_one_who_settles_it_twice_at_once_settles_it_once() -> None:
    town, found = quarrel()
    panel = fill(town, draft(town, found))
    assert overlapping(settles(panel, town.secretary), settles(panel, town.secretary)) == ["", ""]
    assert Move.objects.filter(kind="measure").count() == 1


@together
def test_of_two_who_open_the_sitting_one_writes_and_the_other_is_told_who() -> None:
    town, found = quarrel()
    panel = settled(town, found)
    told = overlapping(begins(panel, town.secretary), begins(panel, town.office))
    assert told[0] == ""
    assert "金书记" in told[1]
    assert "已经开始议事，由他记" in told[1]
    assert Sitting.objects.get().recorder == town.secretary


@together
def test_of_two_who_note_the_signatures_the_second_is_told_and_no_day_is_overwritten() -> None:
    town, found = quarrel()
    agreement = services.draft_agreement(actor=town.secretary, dispute=found, uuid=uuid.uuid4(), **TEXT)
    today = clock.today()
    Dispute.objects.filter(pk=found.pk).update(found_on=today - dt.timedelta(days=3))

    def signs(actor: Any, day: dt.date) -> Any:
        said = {"mediators": "金书记", "mediated_on": day, "sealed_on": day}
        signed = {each.pk: day for each in found.parties.all()}
        text = agreement.digest_of_text
        return lambda: services.sign_agreement(
            actor=actor, agreement=agreement, text=text, signed=signed, **said
        )

    told = overlapping(signs(town.secretary, today), signs(town.office, today - dt.timedelta(days=1)))
    assert told[0] == ""
    assert "金书记" in told[1]
    assert "已经生效，签字不改了" in told[1]
    agreement.refresh_from_db()
    assert (agreement.state, agreement.in_force_on) == (Agreement.IN_FORCE, today)
    assert agreement.signatures.count() == 2
    assert found.moves.filter(kind="agree").count() == 1


@together
def test_who_opens_a_sitting_while_its_dispute_ends_is_told_who_ended_it() -> None:
    town, found = quarrel()
    panel = settled(town, found)
    told = overlapping(
        lambda: services.fail(actor=town.office, dispute=found, words="说不拢"),
        begins(panel, town.secretary),
    )
    assert told[0] == ""
    assert "陈办" in told[1]
    assert "已经“没调成”" in told[1]
    assert not Sitting.objects.exists()
    assert Panel.objects.get().state == Panel.OFF


@together
def test_who_ends_a_dispute_while_they_sit_down_ends_the_sitting_with_it() -> None:
    town, found = quarrel()
    panel = settled(town, found)
    told = overlapping(
        begins(panel, town.secretary),
        lambda: services.fail(actor=town.office, dispute=found, words="说不拢"),
    )
    assert told == ["", ""]
    sitting = Sitting.objects.get()
    assert (sitting.outcome, sitting.is_on) == (Sitting.FAILED, False)
    assert Panel.objects.get().state == Panel.HELD
    assert found.moves.filter(kind="fail").count() == 1


@together
def test_of_two_who_write_a_draft_anew_the_second_overwrites_nothing() -> None:
    town, found = quarrel()
    agreement = services.draft_agreement(actor=town.secretary, dispute=found, uuid=uuid.uuid4(), **TEXT)
    upon = agreement.digest_of_text

    def writes(actor: Any, terms: str) -> Any:
        return lambda: services.redraft_agreement(
            actor=actor, agreement=agreement, upon=upon, **TEXT | {"terms": terms}
        )

    told = overlapping(writes(town.secretary, "墙退一尺"), writes(town.office, "墙退三尺"))
    assert told[0] == ""
    assert "别人改过草稿" in told[1]
    agreement.refresh_from_db()
    assert agreement.terms == "墙退一尺"
