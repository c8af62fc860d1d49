"""Who is reminded at a month's end: the secretary on the first day of work to submit, the town on the third to seal."""

import datetime as dt

from django.db import migrations

SINCE = dt.date(2022, 5, 1)
RULES = (("ledgers.submit", "secretary", 1), ("ledgers.seal", "office", 3))


def plant(apps, schema_editor):
    rules = apps.get_model("accounts", "NoticeRule")
    for kind, whom, number in RULES:
        rules.objects.get_or_create(
            kind=kind,
            whom=whom,
            until=None,
            defaults={"counted": "after", "number": number, "since": SINCE},
        )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("ledgers", "0001_initial")]

    operations = [migrations.RunPython(plant, migrations.RunPython.noop)]
