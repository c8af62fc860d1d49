"""What the beat calls: what employment does by night, and whom it reminds."""

from celery import shared_task

from jobs import notices
from jobs.services import welfare


@shared_task
def note_ended_terms() -> int:
    """Who held a public-welfare post to its last day is without work; of how many."""
    return welfare.note_ended()


@shared_task
def remind_to_ask() -> int:
    """Every hour; safe to do again, and by two at once; how many were told."""
    return notices.remind_to_ask()
