"""Of statements that were paid before, who noted it and when is what their entry in the books says."""

from django.db import migrations


def say_who(apps, schema_editor):
    for row in apps.get_model("points", "Statement").objects.filter(paid__isnull=False).select_related("paid"):
        row.paid_at, row.paid_by_id = row.paid.at, row.paid.actor_id
        row.save(update_fields=["paid_at", "paid_by"])


class Migration(migrations.Migration):
    dependencies = [("points", "0006_who_settled_a_statement")]

    operations = [migrations.RunPython(say_who, migrations.RunPython.noop)]
