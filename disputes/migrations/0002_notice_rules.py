"""Who is reminded of disputes that nobody has looked at this month: secretary and village cadres, on the 25th."""

import datetime as dt

from django.db import migrations

SINCE = dt.date(2022, 5, 1)


def plant(apps, schema_editor):
    rules = apps.get_model("accounts", "NoticeRule")
    for whom in ("secretary", "cadre"):
        rules.objects.get_or_create(
            kind="disputes.unreviewed",
            whom=whom,
            until=None,
            defaults={"counted": "date", "number": 25, "since": SINCE},
        )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("disputes", "0001_initial")]

    operations = [migrations.RunPython(plant, migrations.RunPython.noop)]
