"""What the beat calls: remind of the legal days of petitions."""

from celery import shared_task


@shared_task(name="appeals.tasks.remind_of_petitions")
def remind_of_petitions() -> int:
    """Every hour; safe to do again, and by two at once."""
    from appeals.reminders import remind_of_petitions as remind

    return remind()
