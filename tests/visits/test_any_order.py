"""Whatever happens and in whatever order: the figures agree with the rows, and filling twice changes nothing."""

import datetime as dt
import threading
import uuid
from collections import Counter

import pytest
from django.db import close_old_connections, connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock
from core.periods import Month
from grids.models import Category, CategoryKind
from tests.people import make_town_of_two
from visits import services
from visits.models import Cadence, Obligation, Visit

pytestmark = pytest.mark.slow

HOMES = ("zhang", "wang", "li", "zhao")
DAYS = st.integers(0, 83).map(lambda n: dt.date(2026, 9, 1) + dt.timedelta(days=n))
VISIT = st.tuples(
    st.just("visit"),
    st.sampled_from(HOMES),
    DAYS,
    st.sampled_from(["door", "door", "phone"]),
    st.sampled_from([True, True, False]),
    st.booleans(),
)
STEPS = st.lists(
    st.one_of(
        VISIT,
        VISIT,
        st.tuples(st.just("undo"), st.integers(0, 20)),
        st.tuples(st.just("begin"), st.sampled_from(HOMES), DAYS),
        st.tuples(st.just("end"), st.sampled_from(HOMES), DAYS),
    ),
    max_size=10,
)
FEW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def cast(db):
    with clock.stopped_at("2026-11-23"):
        yield make_town_of_two()


def fresh(cast):
    """The town as it began: hypothesis asks many times within one test."""
    Obligation.objects.all().delete()
    Visit.objects.all().delete()
    Category.objects.exclude(kind__code__in=["lowincome", "lonely", "petition"]).filter(
        household__village=cast.jinxing
    ).delete()
    Category.objects.update(until=None)
    cast.zhao.absences.all().delete()
    cast.zhao.absences.create(since=dt.date(2026, 9, 1))
    services.ensure_owed()


def record(cast, home, day, manner, met, by_secretary):
    services.record_visit(
        actor=cast.secretary if by_secretary or home == "zhao" else cast.worker,
        uuid=uuid.uuid4(),
        household=getattr(cast, home),
        happened_at=clock.at_noon(day),
        day=day,
        manner=manner,
        met=met,
    )


def play(cast, step):
    verb, *rest = step
    if verb == "visit":
        record(cast, *rest)
    elif verb == "undo":
        found = list(Visit.objects.in_force().order_by("pk"))
        if found:
            services.undo_visit(actor=cast.secretary, visit=found[rest[0] % len(found)])
    else:
        home, day = getattr(cast, rest[0]), rest[1]
        kind = CategoryKind.objects.get(code="illness")
        if verb == "begin":
            if not Category.objects.filter(household=home, kind=kind, until=None).exists():
                Category.objects.create(household=home, person=cast.head(home), kind=kind, since=day)
        else:
            Category.objects.filter(household=home, since__lte=day, until=None).update(until=day)
        services.owed_for({home.pk})


def stands():
    """All that is owed, as it stands, without the ids of visits."""
    columns = ("household", "who", "period_start", "due_on", "away", "discharged_on", "rested_on")
    return sorted(Obligation.objects.values_list(*columns), key=str)


@pytest.mark.slow
@FEW
@given(steps=STEPS)
def test_the_figures_agree_with_the_rows_whatever_has_happened(cast, steps):
    fresh(cast)
    for step in steps:
        play(cast, step)
    month, reach = Month.parse("2026-11"), services.reach_for_due(cast.secretary)
    [village] = services.coverage(month=month, actor=cast.secretary)
    for who in ("category", "ordinary", "secretary"):
        open_now = services.due_households(
            reach=reach, wanted=services.Wanted(whos=(who,), running_only=True)
        )
        done = (
            Obligation.objects.of(who)
            .covering(month)
            .filter(territory__parent=cast.jinxing, visit__isnull=False)
        )
        figure = getattr(village, who)
        assert figure.left == open_now.count()
        assert figure.made == done.count()
    board = services.calm_board(reach=reach)
    assert (board.total, board.waiting) == (village.category.owed, village.category.left)


@pytest.mark.slow
@FEW
@given(steps=STEPS)
def test_filling_again_changes_nothing_whatever_has_happened(cast, steps):
    fresh(cast)
    for step in steps:
        play(cast, step)
    services.ensure_owed()
    before = stands()
    assert services.ensure_owed() == 0
    for home in HOMES:
        services.settle(getattr(cast, home).pk)
    assert stands() == before


@pytest.mark.slow
@FEW
@given(visits=st.lists(VISIT, max_size=8), order=st.randoms(use_true_random=False))
def test_the_order_in_which_visits_arrive_does_not_matter(cast, visits, order):
    fresh(cast)
    for _, *content in visits:
        record(cast, *content)
    first, counted = stands(), Counter(Visit.objects.values_list("household", "day", "manner", "counts"))
    fresh(cast)
    shuffled = list(visits)
    order.shuffle(shuffled)
    for _, *content in shuffled:
        record(cast, *content)
    assert stands() == first
    assert {key[:2] for key in counted if key[3]} == {
        key[:2] for key in Visit.objects.filter(counts=True).values_list("household", "day")
    }


@pytest.mark.slow
@FEW
@given(visits=st.lists(VISIT, max_size=6))
def test_visits_recorded_before_and_after_the_filling_come_to_the_same(cast, visits):
    fresh(cast)
    for _, *content in visits:
        record(cast, *content)
    before = stands()
    Obligation.objects.all().delete()
    services.ensure_owed()
    assert stands() == before


@pytest.mark.django_db(transaction=True)
def test_one_record_sent_eight_times_at_once_is_one_visit():
    with clock.stopped_at("2026-11-23"):
        cast = make_town_of_two()
        services.ensure_owed()
    answers, number, now = [], uuid.uuid4(), clock.at_noon(dt.date(2026, 11, 22))

    def send():
        try:
            with clock.stopped_at("2026-11-23"):
                recorded = services.record_visit(
                    actor=cast.worker,
                    uuid=number,
                    household=cast.zhang,
                    happened_at=now,
                    findings=[{"kind": "talent"}],
                )
            answers.append(recorded.created)
        except Exception as fault:
            answers.append(repr(fault))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    close_old_connections()
    assert sorted(answers, key=str) == [False] * 7 + [True]
    assert Visit.objects.count() == 1
    assert Visit.objects.get().findings.count() == 1
    row = Obligation.objects.get(household=cast.zhang, who=Cadence.CATEGORY, period_start="2026-11-01")
    assert row.visit == Visit.objects.get()


@pytest.mark.django_db(transaction=True)
def test_two_different_visits_at_once_discharge_once():
    with clock.stopped_at("2026-11-23"):
        cast = make_town_of_two()
        services.ensure_owed()
    faults = []

    def send(day):
        try:
            with clock.stopped_at("2026-11-23"):
                record(cast, "zhang", dt.date(2026, 11, day), "door", True, False)
                services.ensure_owed()
        except Exception as fault:
            faults.append(repr(fault))
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(day,)) for day in (5, 6, 7, 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    row = Obligation.objects.get(household=cast.zhang, who=Cadence.CATEGORY, period_start="2026-11-01")
    assert row.discharged_on == dt.date(2026, 11, 5)
