"""What the demo town sets up for employment has something of every kind, at a month's end and at its beginning."""

import pytest

from core import clock
from core import ledger as engine
from core.board import all_waiting
from core.ledger import LedgerScope
from core.periods import Month
from core.scope import OPERATOR
from grids.models import Territory
from hongji.town import demo
from hongji.town.rosters import plan_villages
from hongji.town.training import open_centres
from jobs.models import Course, Opening, Order, Trainee, WelfareTerm
from jobs.services import training, welfare

pytestmark = pytest.mark.slow


@pytest.mark.django_db
@pytest.mark.parametrize("now", ["2026-11-30T05:40", "2026-11-02T12:00"])
def test_courses_posts_and_orders_stand_at_every_step(monkeypatch, settings, tmp_path, now):
    settings.DEMO_MARK = tmp_path / "DEMO"
    only = [each for each in plan_villages(demo.HOUSEHOLDS) if each.name == demo.HERO]
    monkeypatch.setattr(demo, "plan_villages", lambda households: only)
    with clock.stopped_at(now):
        start = Month.of(clock.today()).previous.first
        demo._bring_in_rosters(start, lambda said: None)
        demo._open_accounts(start)
        assert open_centres(demo.HERO) == (1, 3, 2)
        village = Territory.objects.get(name=demo.HERO)
        assert Opening.objects.count() > 10
        assert Trainee.objects.exclude(certificate="").count() == 6
        assert training.empty_soon(Course.objects.all()).count() == 1
        assert welfare.ending(WelfareTerm.objects.all(), 30).count() == 1
        waits = welfare.waiting(OPERATOR, village)
        assert len(waits) == 4
        told = {bool(order.paid_on): order.hands.count() for order in Order.objects.all()}
        assert told.keys() == {True, False}
        begun = Course.objects.order_by("first")[0].first
        scope = LedgerScope(OPERATOR, village, Month.of(begun))
        assert len(list(engine.get("training").rows(scope))) >= 8
        secretary = demo.User.objects.get(username="shuji")
        assert {"公岗", "培训"} <= {item.kind for item in all_waiting(secretary)}
