"""`celery -A tests.ledgers.trial_app`: the real app, one more ledger; HURRIED: short leases, a sweep every second."""

import datetime as dt
import os

import django

django.setup()

from core import work  # noqa: E402  (needs the apps that the line above loads)
from core.ledger import registry  # noqa: E402
from hongji.celery import app  # noqa: E402
from ledgers import pulse  # noqa: E402
from tests.ledgers.held import HURRIED, Held  # noqa: E402

registry.register(Held)
sweep = app.conf.beat_schedule["sweep-jobs"]
if os.environ.get(HURRIED):
    work.LEASE = dt.timedelta(seconds=4)
    pulse.AT_LEAST = 1.0
    sweep = {**sweep, "schedule": 1.0}
app.conf.beat_schedule = {"sweep-jobs": sweep}
