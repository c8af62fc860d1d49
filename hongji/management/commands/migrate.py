"""`manage.py migrate`: Django's own, until it ends every web process answers 503, and the rooms' triggers after it."""

from typing import Any

from django.core.management.commands.migrate import Command as Migrate

from core.upkeep import changing_tables
from hongji.maintenance import tables_are_behind
from points import services as points
from visits import services as visits


class Command(Migrate):
    def handle(self, *args: Any, **options: Any) -> None:
        if options["plan"] or options["check_unapplied"]:
            super().handle(*args, **options)
            return
        # At every start, with nothing to change, nothing is counted anew either.
        changes = options["app_label"] or tables_are_behind()
        with changing_tables():
            if changes:
                for room in (visits, points):
                    room.drop_triggers()
            try:
                super().handle(*args, **options)
            finally:
                if changes:
                    for room in (visits, points):
                        room.ensure_triggers()
