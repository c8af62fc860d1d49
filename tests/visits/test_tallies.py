"""The counts that the database keeps are what counting the rows would give, however the rows were written."""

import datetime as dt
from collections import Counter

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from core import clock
from tests.grids.test_at_once import overlapping
from tests.people import make_town_that_owes
from visits import services
from visits.models import Obligation, Tally, Visit

OCTOBER = dt.date(2026, 10, 1)


def kept() -> dict[tuple, int]:
    rows = Tally.objects.order_by().values_list("period_start", "who", "territory", "made_in", "away")
    return {tuple(key): number for *key, number in rows.annotate(n=Sum("number")) if number}


def rows() -> dict[tuple, int]:
    return Counter(
        (
            row.period_start,
            row.who,
            row.territory_id,
            row.discharged_on and row.discharged_on.replace(day=1),
            row.away,
        )
        for row in Obligation.objects.all()
    )


WRITTEN = {
    "one is saved": lambda row: row.save(),
    "many are updated": lambda row: Obligation.objects.filter(who=row.who).update(away=True),
    "one is made": lambda row: Obligation.objects.filter(pk=row.pk).update(
        discharged_on="2026-10-20", visit=Visit.objects.get()
    ),
    "one is open again": lambda row: Obligation.objects.filter(visit__isnull=False).update(
        discharged_on=None, visit=None
    ),
    "many are saved at once": lambda row: Obligation.objects.bulk_update(
        [setattr(each, "away", True) or each for each in Obligation.objects.all()], ["away"]
    ),
    "some go": lambda row: Obligation.objects.filter(who=row.who).delete(),
    "all go": lambda row: Obligation.objects.all().delete(),
    "they go to another grid": lambda row: Obligation.objects.filter(pk=row.pk).update(
        territory=row.household.village_id
    ),
}


@pytest.mark.parametrize("how", WRITTEN)
def test_they_agree_with_the_rows_when(town, visit, how):
    visit(town.zhang, "2026-11-20")
    assert any(made for _, _, _, made, _ in rows())
    assert kept() == rows()
    WRITTEN[how](Obligation.objects.filter(period_start=OCTOBER).first())
    assert kept() == rows()


def test_they_agree_after_visits_and_their_undoing(town, visit):
    made = visit(town.zhang, "2026-11-20")
    visit(town.li, "2026-10-05")
    assert kept() == rows()
    services.undo_visit(actor=town.worker, visit=made)
    assert kept() == rows()


def test_what_was_rolled_back_was_never_counted(town):
    before = kept()
    with transaction.atomic():
        Obligation.objects.all().delete()
        assert kept() == {}
        transaction.set_rollback(True)
    assert kept() == before


def test_a_change_that_counts_for_nothing_writes_nothing(town):
    before = Tally.objects.count()
    Obligation.objects.update(rested_on=OCTOBER)
    assert Tally.objects.count() == before


def test_the_night_counts_anew_one_row_each_and_mends_what_was_wrong(town, visit):
    visit(town.zhang, "2026-11-20")
    right = rows()
    Tally.objects.filter(who="category").update(number=99)
    assert services.recount() == Tally.objects.count() == len(right)
    assert kept() == right


def test_triggers_that_a_migration_lost_come_back_with_it(town):
    on = " ON visits_obligation" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER visits_tally_update{on}")
    Obligation.objects.update(away=True)
    assert kept() != rows()
    services.ensure_triggers()
    assert kept() == rows()
    Obligation.objects.update(away=False)
    assert kept() == rows()


@pytest.mark.django_db(transaction=True)
def test_sqlite_makes_the_table_anew_while_the_triggers_are_gone_and_they_come_back():
    if connection.vendor != "sqlite":
        pytest.skip("other databases change a table as it stands")
    with clock.stopped_at("2026-11-23"):
        make_town_that_owes()
    services.drop_triggers()
    with connection.schema_editor() as editor:
        editor._remake_table(Tally)
    services.ensure_triggers()
    Obligation.objects.update(away=True)
    assert kept() == rows()


@pytest.mark.django_db(transaction=True)
def test_two_who_count_at_once_count_once():
    with clock.stopped_at("2026-11-23"):
        make_town_that_owes()
    assert overlapping(services.recount, services.recount) == ["", ""]
    assert kept() == rows()
