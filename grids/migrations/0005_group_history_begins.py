"""A first line of history for each villager group there is, so that its next name has one before it."""

from django.db import migrations

from core import clock


def begin(apps, schema_editor):
    groups, lines = apps.get_model("grids", "VillagerGroup"), apps.get_model("grids", "HistoricalVillagerGroup")
    names = "id name position closed_on grid_id village_id".split()
    more = {"history_date": clock.now(), "history_type": "+"}
    rows = groups.objects.order_by("pk").values(*names)
    lines.objects.bulk_create((lines(**row, **more) for row in rows.iterator()), batch_size=500)


class Migration(migrations.Migration):

    dependencies = [
        ('grids', '0004_group_history'),
    ]

    operations = [
        migrations.RunPython(begin, migrations.RunPython.noop),
    ]
