"""What the demo town fell out over: panels at every stage, with minutes, agreements, and lines in the ledger."""

import datetime as dt

import pytest

from core import clock
from core import ledger as engine
from core.ledger import LedgerScope
from core.periods import Month
from core.scope import OPERATOR
from disputes.models import Agreement, Dispute, Panel, Sitting
from disputes.services import refusals
from grids.models import Territory
from hongji.town import demo
from hongji.town.quarrels import FALLEN, fall_out
from hongji.town.rosters import plan_villages
from hongji.town.sittings import EACH, TOLD, sit_down

pytestmark = pytest.mark.slow


@pytest.fixture(params=["2026-11-30T05:40", "2026-11-02T12:00"])
def village(db, monkeypatch, settings, tmp_path, request):
    """The demo's first village alone, at a month's end and at its beginning."""
    settings.DEMO_MARK = tmp_path / "DEMO"
    only = [each for each in plan_villages(demo.HOUSEHOLDS) if each.name == demo.HERO]
    monkeypatch.setattr(demo, "plan_villages", lambda households: only)
    with clock.stopped_at(request.param):
        start = Month.of(clock.today()).previous.first
        demo._bring_in_rosters(start, lambda said: None)
        demo._open_accounts(start)
        yield Territory.objects.get(name=demo.HERO)


@pytest.mark.django_db
def test_panels_stand_at_every_stage_and_the_ledger_of_last_month_has_its_lines(village):
    assert fall_out(demo.HERO) == len(FALLEN)
    assert sit_down(demo.HERO) == len(TOLD) + 2
    states = sorted(Panel.objects.values_list("state", flat=True))
    assert states == ["drafted", *["held"] * len(TOLD), "settled"]
    for panel in Panel.objects.all():
        assert [panel.seats.filter(side=side).count() for side in ("friends", "between", "cadres")] == [
            EACH
        ] * 3
    waiting = Panel.objects.whole().get(state="drafted")
    assert [each.code for each in refusals(waiting)] == ["consent"], "one question is left to be asked"
    assert Panel.objects.get(state="settled").at > clock.now()
    assert sorted(Sitting.objects.values_list("outcome", flat=True)) == ["agreed", "agreed", "refused"]
    assert all(sitting.words.count() >= EACH for sitting in Sitting.objects.all())
    assert set(Agreement.objects.values_list("form", "state")) == {
        ("written", "in_force"),
        ("oral", "in_force"),
    }
    assert Agreement.objects.get(form="written").signatures.count() == 2
    assert Dispute.objects.filter(state="ended", panels__isnull=False).exists()

    month = Month.of(clock.today()).previous
    scope = LedgerScope(OPERATOR, village, month, made_on=dt.date(2026, 12, 1))
    assert len(list(engine.get("panels").rows(scope))) == len(TOLD)
