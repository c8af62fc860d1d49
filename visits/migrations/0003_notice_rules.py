"""Who is reminded of households still to be visited: the worker, then the leader, then the secretary."""

import datetime as dt

from django.db import migrations

SINCE = dt.date(2022, 5, 1)
DAYS = (("worker", 20), ("leader", 25), ("secretary", 28))


def plant(apps, schema_editor):
    rules = apps.get_model("accounts", "NoticeRule")
    for whom, number in DAYS:
        rules.objects.get_or_create(
            kind="visits.owed",
            whom=whom,
            until=None,
            defaults={"counted": "date", "number": number, "since": SINCE},
        )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("visits", "0002_cadences")]

    operations = [migrations.RunPython(plant, migrations.RunPython.noop)]
