"""What the beat calls: at ten past midnight write down what the new day owes, in the night count it all anew."""

from celery import shared_task

from visits import services


@shared_task(name="visits.tasks.ensure_owed")
def ensure_owed() -> int:
    """Every period of every village, to today; safe to do again."""
    return services.ensure_owed()


@shared_task(name="visits.tasks.recount")
def recount() -> int:
    """The counts of coverage anew from the obligations: one row each again, and right whatever was done by hand."""
    return services.recount()
