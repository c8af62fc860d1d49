"""Those that hang already keep the number that was printed on them: their key."""

from typing import Any

from django.db import migrations
from django.db.models import F


def as_printed(apps: Any, schema_editor: Any) -> None:
    apps.get_model("points", "PublicNotice").objects.filter(serial=None).update(serial=F("pk"))


class Migration(migrations.Migration):
    dependencies = [("points", "0008_serial_of_a_notice")]

    operations = [migrations.RunPython(as_printed, migrations.RunPython.noop)]
