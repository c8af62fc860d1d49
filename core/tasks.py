"""Core's work by the clock."""

from celery import shared_task

from core.backup import make_backup, sweep_backups
from core.limits import sweep_knocks


@shared_task
def backup() -> None:
    """Nightly: a new backup without what need not be kept, and the oldest ones go."""
    sweep_knocks()
    make_backup()
    sweep_backups()
