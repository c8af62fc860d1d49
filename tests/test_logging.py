"""No log holds an identity number or a phone, wherever in a record it hides."""

import io
import logging

import pytest
from django.conf import settings

from hongji.logging import HideNumbers, scrub

ID, PHONE = "34990019800101123X", "19900001234"


@pytest.fixture
def written():
    """A logger whose handler is set up as the settings set up ours, and what it wrote."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.addFilter(HideNumbers())
    logger = logging.getLogger("hongji.test_logging")
    logger.propagate = False
    logger.addHandler(handler)
    yield logger, out.getvalue
    logger.removeHandler(handler)


@pytest.mark.parametrize(
    "text",
    [
        f"身份证{ID}。",
        f"phone={PHONE}&next=/",
        ID.lower(),
        "349900800101123",
        "３４９９００１９８００１０１１２３４",
        f"{ID},{PHONE}",
    ],
)
def test_a_number_becomes_stars(text):
    assert "***" in scrub(text)
    assert not any(part in scrub(text) for part in (ID[:-1], PHONE, "349900800101123", "９００"))


@pytest.mark.parametrize(
    "text",
    ["2026-10-31 08:30:00", "household 34150410300101", "1990000123", "0564-1234567", "took 123456789012 ns"],
)
def test_other_numbers_stay_readable(text):
    assert scrub(text) == text


def test_arguments_are_scrubbed(written):
    logger, text = written
    logger.warning("asked for %s", ID)
    assert text() == "asked for ***\n"


def test_the_trace_of_an_exception_is_scrubbed(written):
    logger, text = written
    try:
        raise ValueError(f"no such phone: {PHONE}")
    except ValueError:
        logger.exception("failed", stack_info=True)
    assert "no such phone: ***" in text()
    assert PHONE not in text()


def test_every_handler_of_the_settings_has_the_filter():
    handlers = settings.LOGGING["handlers"]
    assert handlers
    assert all(handler["filters"] == ["hide_numbers"] for handler in handlers.values())
