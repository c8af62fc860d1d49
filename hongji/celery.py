"""Background work: the Celery app and the whole table of what runs when.

A task is a doorbell. The work is a row in the database, written together with its cause; a lost message only means
that the sweeper finds the row some seconds later.
"""

import datetime as dt
import logging
import os
import sys
import warnings
from typing import Any

from celery import Celery, Task
from celery.exceptions import SecurityWarning
from celery.schedules import crontab
from celery.signals import setup_logging, worker_init
from kombu.exceptions import OperationalError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hongji.settings")
log = logging.getLogger(__name__)
# It would tell, in English, whoever types `make run` as root on a PC of his own; in production the units name a user.
warnings.filterwarnings("ignore", category=SecurityWarning)


class Doorbell(Task):
    """A task whose caller does not fail because the broker is away: the row it wrote waits for the sweeper."""

    abstract = True

    def apply_async(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().apply_async(*args, **kwargs)
        except (OperationalError, OSError) as fault:
            log.warning("broker away, %s waits for the sweeper: %s", self.name, fault)
            return None


app = Celery("hongji", task_cls=Doorbell)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# All times are Asia/Shanghai. `expires` keeps a worker that was down from finding the same bell rung a hundred times.
app.conf.beat_schedule = {
    "ensure-owed": {
        "task": "visits.tasks.ensure_owed",
        "schedule": crontab(hour=0, minute=10),
        "options": {"expires": 23 * 3600},
    },
    # Every hour, so that a beat that was down catches up; what is done is not done again.
    "post-due-awards": {
        "task": "points.tasks.post_due",
        "schedule": crontab(minute=15),
        "options": {"expires": 50 * 60},
    },
    "expire-points": {
        "task": "points.tasks.expire",
        "schedule": crontab(hour=0, minute=25),
        "options": {"expires": 23 * 3600},
    },
    "settle-splits": {
        "task": "points.tasks.settle_splits",
        "schedule": crontab(hour=0, minute=35),
        "options": {"expires": 23 * 3600},
    },
    "check-books": {
        "task": "points.tasks.check_books",
        "schedule": crontab(hour=3, minute=40),
        "options": {"expires": 20 * 3600},
    },
    "end-welfare-terms": {
        "task": "jobs.tasks.note_ended_terms",
        "schedule": crontab(hour=0, minute=45),
        "options": {"expires": 23 * 3600},
    },
    "recount": {
        "task": "visits.tasks.recount",
        "schedule": crontab(hour=2, minute=50),
        "options": {"expires": 20 * 3600},
    },
    # After what the day owes is written down; every hour, so that a beat that was down catches up.
    "ensure-notices": {
        "task": "accounts.tasks.ensure_notices",
        "schedule": crontab(minute=20),
        "options": {"expires": 50 * 60},
    },
    # A quarter past: before ensure-notices, which gives what is new to the channels.
    "remind-of-petitions": {
        "task": "appeals.tasks.remind_of_petitions",
        "schedule": crontab(minute=15),
        "options": {"expires": 50 * 60},
    },
    # At the same minute, for the same reason.
    "remind-to-ask": {
        "task": "jobs.tasks.remind_to_ask",
        "schedule": crontab(minute=15),
        "options": {"expires": 50 * 60},
    },
    "send-notices": {
        "task": "accounts.tasks.send_notices",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 4 * 60},
    },
    # Every 15 seconds: with the lease (core.work) that is how long the work of a killed worker lies.
    "sweep-jobs": {
        "task": "ledgers.tasks.sweep",
        "schedule": dt.timedelta(seconds=15),
        "options": {"expires": 14},
    },
    "tidy": {
        "task": "ledgers.tasks.tidy",
        "schedule": crontab(minute="*/10"),
        "options": {"expires": 590},
    },
    "month-end": {
        "task": "ledgers.tasks.month_end",
        "schedule": crontab(hour=0, minute=30, day_of_month=1),
        "options": {"expires": 23 * 3600},
    },
    "month-end-again": {
        "task": "ledgers.tasks.month_end",
        "schedule": crontab(minute="*/10"),
        "options": {"expires": 590},
    },
    "compare-months": {
        "task": "ledgers.tasks.compare_months",
        "schedule": crontab(hour=1, minute=10),
        "options": {"expires": 12 * 3600},
    },
    "check-tree": {
        "task": "grids.tasks.check_tree",
        "schedule": crontab(hour=2, minute=30),
        "options": {"expires": 12 * 3600},
    },
    "backup": {
        "task": "core.tasks.backup",
        "schedule": crontab(hour=3, minute=0),
        "options": {"expires": 12 * 3600},
    },
}


@setup_logging.connect
def use_our_logging(**kwargs: Any) -> None:
    """Connected so that Celery leaves logging alone: Django's set-up hides identity numbers and phones."""


@worker_init.connect
def check_before_working(**kwargs: Any) -> None:
    from django.core.exceptions import ImproperlyConfigured

    from hongji.guard import before_serving

    try:
        before_serving()
    except ImproperlyConfigured as fault:
        # Celery swallows what a signal's receiver raises, but not a wish to leave.
        sys.exit(str(fault))
