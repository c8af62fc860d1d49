"""What points do by night."""

import logging

from celery import shared_task

from points import services

log = logging.getLogger(__name__)


@shared_task
def post_due() -> int:
    """Awards whose public notice is over come into the books; how many."""
    return services.post_due()


@shared_task
def expire() -> int:
    """Points that ran out with the year that is over; of how many households."""
    return services.expire()


@shared_task
def settle_splits() -> int:
    """Points follow those who left a household; of how many."""
    return services.settle_splits()


@shared_task
def check_books() -> int:
    """How many lines of the books disagree; each is an error in the log."""
    found = 0
    for fault in services.faults():
        found += 1
        log.error("books: %s", fault)
    return found
