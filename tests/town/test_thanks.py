"""What the demo town thanks people for: deeds at every step, books that add up, a statement, and ledgers with lines."""

import pytest

from core import clock
from core import ledger as engine
from core.ledger import LedgerScope
from core.periods import Month
from core.scope import OPERATOR
from grids.models import Territory
from hongji.town import demo
from hongji.town.points import thank
from hongji.town.quarrels import fall_out
from hongji.town.rosters import plan_villages
from hongji.town.seen import tell_of_more
from hongji.town.sittings import sit_down
from points import services
from points.models import Activity, Award, Redemption, Statement

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
def test_deeds_stand_at_every_step_and_the_books_add_up(village):
    deeds, redemptions = thank(demo.HERO, demo._shopkeeper)
    assert deeds == Award.objects.count() > 20
    assert redemptions == Redemption.objects.count() > 5
    assert set(Award.objects.values_list("state", flat=True)) == {code for code, _ in Award.STATES}
    assert list(services.faults()) == []
    assert Award.objects.objected().exists()
    assert Activity.objects.count() == 2
    month = Month.of(clock.today()).previous
    statement = Statement.objects.get()
    assert statement.paid is not None
    scope = LedgerScope(OPERATOR, village, month)
    spent = sum(row[6] for row in engine.get("redemptions").rows(scope))
    (line,) = engine.get("shop-statement").rows(scope)
    assert spent == statement.points == line[4] > 0
    assert len(list(engine.get("points-awards").rows(scope))) > 10


@pytest.mark.django_db
def test_households_visits_and_panels_tell_of_deeds_too(village, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    fall_out(demo.HERO)
    sit_down(demo.HERO)
    thank(demo.HERO, demo._shopkeeper)
    assert tell_of_more(demo.HERO) >= 4
    assert Award.objects.filter(by_household=True).count() == 2
    assert Award.objects.exclude(photo="").get().proof
    assert [row.lacks_proof for row in Award.objects.filter(words="女儿出嫁没摆席")] == [True]
    keys = Award.objects.exclude(key=None).values_list("key", flat=True)
    assert any(key.startswith("visit:") for key in keys)
    if clock.today().day == 30:  # at a month's beginning the panels of the month before met before the rules
        assert any(key.startswith("panel:") for key in keys)
