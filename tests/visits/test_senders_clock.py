"""A record of tomorrow: put right by the sender's clock, refused where no clock came along."""

from typing import Any

import pytest

from core import clock
from tests.factor import client_of
from visits.models import Visit

FIRST, SECOND = "00000000-0000-4000-8000-000000000007", "00000000-0000-4000-8000-000000000008"
TOMORROW = "2099-11-28T08:00:00+08:00"


@pytest.fixture(autouse=True)
def november() -> Any:
    with clock.stopped_at("2026-11-23T12:00"):
        yield


def put(town: Any, number: str, **more: Any) -> Any:
    content = {"household": town.zhang.pk, "happened_at": TOMORROW, "manner": "door", "met": True} | more
    return client_of(town.worker).put(f"/api/visits/{number}/", content, content_type="application/json")


def test_a_clock_that_is_wrong_and_says_so_is_put_right(town: Any) -> None:
    assert put(town, FIRST, sent_at="2099-11-28T09:00:00+08:00").json()["day"] == "2026-11-23"


def test_a_time_of_tomorrow_without_the_senders_clock_is_refused_and_says_what_is_missing(town: Any) -> None:
    refused = put(town, SECOND)
    assert refused.status_code == 422
    assert "sent_at" in refused.json()["errors"]["sent_at"][0]
    assert not Visit.objects.exists()
