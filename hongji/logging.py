"""Keeps identity numbers, phones and the codes of cards out of every log."""

import logging
import re

_NUMBERS = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|\d{15}|1\d{10})(?!\d)")
# The code of a household's card (points.urls), and of an employer's link (jobs.vacancy_urls).
_CARDS = re.compile(r"((?<=/k/)|(?<=/y/e/))[A-Za-z0-9_-]+")
_FORMATTER = logging.Formatter()


def scrub(text: str) -> str:
    """The text with *** for every 18- or 15-character identity number, every 11-digit phone and every code of a card's
    page in it."""
    return _CARDS.sub("***", _NUMBERS.sub("***", text))


class HideNumbers(logging.Filter):
    """On every handler: rewrites the record's text, and the trace of its exception, before anything is written."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = scrub(record.getMessage()), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = _FORMATTER.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = scrub(record.exc_text)
        if record.stack_info:
            record.stack_info = scrub(record.stack_info)
        return True


def config(level: str) -> dict[str, object]:
    """LOGGING: everything to standard error, where make run shows it and systemd keeps it."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"hide_numbers": {"()": "hongji.logging.HideNumbers"}},
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["hide_numbers"]},
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django gives these two handlers of their own, which do not know the filter.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            # Would say every minute that the sweeper ran.
            "celery": {"level": "WARNING"},
            # Says at every sign-in who it was; the access log of axes keeps that already.
            "axes": {"level": "WARNING"},
        },
    }
