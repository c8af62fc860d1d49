"""Core's work by the clock."""

from celery import shared_task

from core.backup import make_backup, sweep_backups


@shared_task
def backup() -> None:
    """Nightly: a new backup, and the oldest ones go."""
    make_backup()
    sweep_backups()
