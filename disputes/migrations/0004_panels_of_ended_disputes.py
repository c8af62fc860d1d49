"""What was settled before its dispute went another way, and never sat, is called off as it would be today."""

from django.db import migrations


def call_off(apps, schema_editor):
    panels = apps.get_model("disputes", "Panel").objects
    waiting = panels.filter(state="settled", sitting=None).exclude(dispute__state="in_hand")
    waiting.update(state="off", off_because="这件纠纷已经不在调处中，这次议事不开了。")


class Migration(migrations.Migration):
    dependencies = [("disputes", "0003_told_and_called_off")]

    operations = [migrations.RunPython(call_off, migrations.RunPython.noop)]
