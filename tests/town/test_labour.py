"""The labour register of the demo town: a spread of everything, some still to be registered, some told on visits."""

import pytest

from core import clock
from core import ledger as engine
from core.ledger import LedgerScope
from core.periods import Month
from core.scope import OPERATOR
from grids.models import Territory
from hongji.town import demo
from hongji.town.labour import register_labour
from hongji.town.rosters import plan_villages
from jobs import services
from jobs.models import Labour, LabourProposal

pytestmark = pytest.mark.slow


@pytest.mark.django_db
def test_most_are_registered_some_are_not_and_visits_have_told_of_some(monkeypatch, settings, tmp_path):
    settings.DEMO_MARK = tmp_path / "DEMO"
    only = [each for each in plan_villages(demo.HOUSEHOLDS) if each.name == demo.HERO]
    monkeypatch.setattr(demo, "plan_villages", lambda households: only)
    with clock.stopped_at("2026-11-02T12:00"):
        demo._bring_in_rosters(Month.of(clock.today()).previous.first, lambda said: None)
        demo._open_accounts(Month.of(clock.today()).previous.first)
        number = register_labour(demo.HERO)
        rows = services.registered(OPERATOR)
        assert number == rows.count() > 50
        assert set(rows.values_list("status", flat=True)) >= {"near", "away", "farm", "idle"}
        assert rows.seeking().filter(trades__isnull=False).exists()
        assert services.unregistered(OPERATOR).exists()
        assert services.stale(OPERATOR).exists()
        assert Labour.objects.filter(source__startswith="visit:").count() == 2
        assert LabourProposal.objects.filter(state=LabourProposal.OPEN).exists()
        scope = LedgerScope(OPERATOR, Territory.objects.get(name=demo.HERO), Month.of(clock.today()))
        assert len(list(engine.get("labour").rows(scope))) == number
        assert all(row.history.exists() for row in rows[:5])
