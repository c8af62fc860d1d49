"""What the beat calls: write the notices that should exist, and send what waits to go out."""

from celery import shared_task


@shared_task(name="accounts.tasks.ensure_notices")
def ensure_notices() -> int:
    """Every hour; safe to do again, and by two at once."""
    from accounts.notices import writing

    return writing.ensure_notices()


@shared_task(name="accounts.tasks.send_notices")
def send_notices() -> None:
    """Every five minutes, outside the quiet hours."""
    from accounts.notices import sending

    sending.send_waiting()
