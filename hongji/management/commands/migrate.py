"""`manage.py migrate`: Django's own, until it ends every web process answers 503, and the counts' triggers after it."""

from typing import Any

from django.core.management.commands.migrate import Command as Migrate

from core.upkeep import changing_tables
from visits.services import drop_triggers, ensure_triggers


class Command(Migrate):
    def handle(self, *args: Any, **options: Any) -> None:
        if options["plan"] or options["check_unapplied"]:
            super().handle(*args, **options)
            return
        with changing_tables():
            drop_triggers()
            try:
                super().handle(*args, **options)
            finally:
                ensure_triggers()
