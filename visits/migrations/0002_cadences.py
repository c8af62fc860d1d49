"""How often whom, since the plan began (附件4 三.5 and 五（三）, May 2022)."""

import datetime as dt

from django.db import migrations

SINCE = dt.date(2022, 5, 1)
CADENCES = (("category", "month"), ("ordinary", "quarter"), ("secretary", "year"))


def plant(apps, schema_editor):
    cadences = apps.get_model("visits", "Cadence")
    for who, unit in CADENCES:
        cadences.objects.get_or_create(who=who, until=None, defaults={"unit": unit, "since": SINCE})


class Migration(migrations.Migration):
    dependencies = [("visits", "0001_initial")]

    operations = [migrations.RunPython(plant, migrations.RunPython.noop)]
