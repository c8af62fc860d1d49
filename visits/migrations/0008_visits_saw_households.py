"""What visits of the running month and the last one saw counts as looked at for the monthly screening of disputes."""

from django.db import migrations

from core import clock
from core.periods import Month

BATCH = 2000


def look_back(apps, schema_editor):
    Visit, Seen = apps.get_model("visits", "Visit"), apps.get_model("disputes", "Seen")
    this = Month.of(clock.today())
    met = Visit.objects.filter(void_at=None, met=True, day__gte=this.previous.first, day__lte=this.last)
    known, fresh = set(), []
    rows = met.order_by("day", "pk").values_list("household", "territory", "day", "visitor")
    for household, territory, day, visitor in rows.iterator(chunk_size=BATCH):
        start = day.replace(day=1)
        if (household, start) in known:
            continue
        known.add((household, start))
        fresh.append(
            Seen(
                household_id=household,
                start=start,
                territory_id=territory,
                how="visit",
                day=day,
                who_id=visitor,
            )
        )
    Seen.objects.bulk_create(fresh, batch_size=BATCH, ignore_conflicts=True)


class Migration(migrations.Migration):
    # It writes rows of disputes: a later migration that adds a column to Seen depends on this one.
    dependencies = [("visits", "0007_conflicts_become_disputes"), ("disputes", "0001_initial")]

    operations = [migrations.RunPython(look_back, migrations.RunPython.noop)]
