"""One definition everywhere: the page, the rows it opens, the ledger and the phone say the same, whatever happened."""

import datetime as dt

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock
from core.ledger import LedgerScope, get
from core.periods import Month
from core.scope import OPERATOR, reach_of
from grids import services as grids
from tests.people import make_town_of_two
from tests.visits.test_any_order import STEPS, fresh, play
from visits import services
from visits.models import Obligation

NOVEMBER = Month.parse("2026-11")
MONTHS = [Month.parse(text) for text in ("2026-09", "2026-10", "2026-11")]
FEW = settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def cast(db):
    with clock.stopped_at("2026-11-23"):
        yield make_town_of_two()


def grids_of(place):
    return [grid.territory.pk for grid in place.grids] or [place.territory.pk]


def rows_of(place, who, month):
    return services.rows_behind([who], month, grids=grids_of(place))


def check_rows(actor):
    """Every figure of every month opens exactly as many rows as it says."""
    for month in MONTHS:
        for village in services.coverage(month=month, actor=actor):
            for place in (village, *village.grids):
                for who in services.GROUPS:
                    figure = getattr(place, who)
                    opened = services.count_parts(rows_of(place, who, month), month)
                    for part in ("owed", "made", "left", "away"):
                        assert opened[part] == getattr(figure, part), (month, who, part)


def check_ledger(actor):
    """The cells of 走访覆盖统计表 are the page's figures."""
    for month in MONTHS:
        scope = LedgerScope(OPERATOR, actor.officer.posts.get().territory, month)
        lines = {(row[0], row[1]): row for row in get("coverage").rows(scope)}
        for village in services.shown_coverage(month=month, actor=actor):
            for place in (village, *village.grids):
                name = "小计" if place is village else place.territory.name
                row = lines[village.territory.name, name]
                figures = [getattr(place, who) for who in services.GROUPS]
                assert list(row[2:11]) == [x for f in figures for x in (f.owed, f.made, f.share)]
                assert row[11] == place.away


def check_trend(actor):
    """Each month of the trend is the sum of that month's coverage; before any village began there is nothing."""
    points = {point.month: point for point in services.trend(last=NOVEMBER, actor=actor)}
    assert len(points) == 12
    assert not any(f.owed for month, p in points.items() if month < MONTHS[0] for f in p.figures.values())
    for month in MONTHS:
        found = services.total(services.coverage(month=month, actor=actor))
        for who in services.GROUPS:
            assert points[month].figures[who] == getattr(found, who), (month, who)


def phone(user):
    client = Client()
    client.force_login(user)
    return client.get("/api/due/").json()


def check_phone(actor):
    """Whom the phone lists is whom the page counts as left or overdue; its board is the page's."""
    found = phone(actor)
    listed = {row["household"] for part in ("overdue", "due", "ordinary", "secretary") for row in found[part]}
    [village] = services.coverage(month=NOVEMBER, actor=actor)
    ids = set()
    for who in services.GROUPS:
        rows = services.rows_behind([who], NOVEMBER, grids=grids_of(village))
        ids |= set(services.part_of(rows, "left", NOVEMBER).values_list("household", flat=True))
    late = services.missed_households(actor=actor)
    overdue = set(
        Obligation.objects.overdue()
        .filter(household__village=village.territory)
        .values_list("household", flat=True)
    )
    assert listed == ids | overdue
    assert sum(each.number for each in late.late.values()) >= len(overdue)
    board = found["board"]
    assert (board["total"], board["waiting"]) == (village.category.owed, village.category.left)


def check_missed(actor):
    """What is overdue, by length: as many as the list shows with the same filters."""
    reach, today = reach_of(actor, "visits.manage"), clock.today()
    whole = services.missed_households(actor=actor)
    for village in whole.grids:
        for place in (village, *village.grids):
            for who in services.GROUPS:
                wanted = services.Wanted(whos=(who,), overdue_only=True)
                found = services.due_households(reach=reach, wanted=wanted, at=place.territory)
                assert found.count() == place.late[who].number
    for who in services.GROUPS:
        wanted = services.Wanted(whos=(who,), overdue_only=True)
        for length in services.LENGTHS:
            found = services.due_households(reach=reach, wanted=wanted, overdue_since=length.days(today))
            assert found.count() == whole.late[who].lengths[length.code]


@pytest.mark.slow
@FEW
@given(steps=STEPS, redrawn=st.booleans())
def test_page_rows_ledger_and_phone_say_the_same_whatever_has_happened(cast, steps, redrawn):
    with transaction.atomic():
        fresh(cast)
        for step in steps:
            play(cast, step)
        if redrawn:
            moved = {cast.group1.pk: cast.grid2.pk}
            grids.draw(actor=cast.office, village=cast.jinxing, since=dt.date(2026, 11, 10), groups=moved)
        check_rows(cast.office)
        check_trend(cast.office)
        check_missed(cast.office)
        check_ledger(cast.secretary)
        check_phone(cast.secretary)
        transaction.set_rollback(True)  # the next example finds the town as it was
