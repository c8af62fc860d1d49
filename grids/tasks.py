"""What the register does by night."""

import logging

from celery import shared_task

from grids import services

log = logging.getLogger(__name__)


@shared_task
def check_tree() -> int:
    """How many things are wrong with the tree; each is an error in the log."""
    problems = services.check_tree()
    for problem in problems:
        log.error("tree: %s", problem)
    return len(problems)
