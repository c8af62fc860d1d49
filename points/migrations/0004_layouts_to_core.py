"""列序 moves into core, where every room's sheets for another system have theirs: the rows and who changed them."""

from django.db import migrations

COPIED = ("kind", "columns", "checked", "edited_at", "edited_by_id")
HISTORY = (*COPIED, "id", "history_date", "history_change_reason", "history_type", "history_user_id")


def _copy(apps, source, target):
    """Rows get keys of their own (PostgreSQL counts them itself); their history follows them."""
    rows, made = apps.get_model(*source)._default_manager, apps.get_model(*target)._default_manager
    keys = {}
    for row in rows.values(*COPIED, "id"):
        old = row.pop("id")
        keys[old] = made.get_or_create(kind=row["kind"], defaults=row)[0].pk
    told = apps.get_model(source[0], f"Historical{source[1]}")._default_manager.order_by("history_id")
    history = apps.get_model(target[0], f"Historical{target[1]}")._default_manager
    for row in told.values(*HISTORY):
        row["id"] = keys.get(row["id"], row["id"])
        # Not twice, when it is undone and done again.
        history.get_or_create(**{name: row[name] for name in ("id", "kind", "history_date", "history_type")}, defaults=row)


def to_core(apps, schema_editor):
    _copy(apps, ("points", "CityLayout"), ("core", "SheetLayout"))


def back(apps, schema_editor):
    _copy(apps, ("core", "SheetLayout"), ("points", "CityLayout"))


class Migration(migrations.Migration):
    dependencies = [("points", "0003_exchange"), ("core", "0003_sheet_layout")]

    operations = [migrations.RunPython(to_core, back)]
