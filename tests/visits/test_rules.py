"""The town's rules of visiting: numbers within reason, and never two rules for one day."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from tests.factor import client_of
from tests.people import Town, make_town_of_two
from visits.models import Cadence, Practice

pytestmark = pytest.mark.django_db

BEGUN = dt.date(2026, 1, 1)


def practice(since: str = "2026-01-01", until: str | None = None, **numbers: int) -> Practice:
    end = dt.date.fromisoformat(until) if until else None
    return Practice(since=dt.date.fromisoformat(since), until=end, **numbers)


def saved(row: Any) -> Any:
    row.full_clean()
    row.save()
    return row


def refused(row: Any, field: str, sentence: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        row.full_clean()
    assert refusal.value.message_dict == {field: [sentence]}


@pytest.mark.parametrize(
    ("field", "least", "most", "sentence"),
    [
        ("late_category_day", 1, 31, "填 1 到 31 之间的日子。"),
        ("tries_before_leader", 1, 10, "填 1 到 10 次。"),
        ("undo_hours", 1, 168, "填 1 到 168 小时（七天）。"),
    ],
)
def test_a_number_out_of_bounds_is_refused_by_form_and_database(
    field: str, least: int, most: int, sentence: str
) -> None:
    for good in (least, most):
        practice(**{field: good}).full_clean()
    for bad in (least - 1, most + 1):
        refused(practice(**{field: bad}), field, sentence)
        with pytest.raises(IntegrityError), transaction.atomic():
            practice(**{field: bad}).save()


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-03-01", "2026-03-31"),  # inside
        ("2025-01-01", "2027-01-01"),  # around
        ("2025-12-01", "2026-01-01"),  # one day at the beginning
        ("2026-06-30", None),  # one day at the end
    ],
)
def test_a_rule_for_days_that_have_one_is_refused(since: str, until: str | None) -> None:
    saved(practice("2026-01-01", "2026-06-30"))
    refused(practice(since, until), "since", "和 2026-01-01 起的那一条重了，改日子，一天只有一条。")


def test_rules_that_follow_each_other_are_taken_and_changed_in_place() -> None:
    saved(practice("2026-07-01"))
    first = saved(practice("2026-01-01", "2026-06-30"))
    first.undo_hours = 48
    saved(first)
    assert Practice.on(dt.date(2026, 6, 30)).undo_hours == 48
    assert Practice.on(dt.date(2026, 7, 1)).undo_hours == 24


def test_two_rules_without_an_end_are_refused_by_form_and_database() -> None:
    saved(practice())
    sentence = "已有一条在用的规则，先给它填上截止日期。"
    refused(practice("2026-05-01"), "__all__", sentence)
    with pytest.raises(IntegrityError), transaction.atomic():
        practice("2026-05-01").save()


def test_cadences_may_meet_only_if_they_are_for_others() -> None:
    Cadence.objects.all().delete()
    saved(Cadence(who="category", unit="month", since=BEGUN, until=dt.date(2026, 6, 30)))
    saved(Cadence(who="ordinary", unit="month", since=BEGUN))
    again = Cadence(who="category", unit="quarter", since=dt.date(2026, 6, 1))
    refused(again, "since", "和 2026-01-01 起的那一条重了，改日子，一天只有一条。")


def test_the_office_reads_the_sentence_at_the_field() -> None:
    town: Town = make_town_of_two()
    told = {
        "since": "2026-11-01",
        "until": "",
        "late_category_day": 0,
        "tries_before_leader": 2,
        "undo_hours": 24,
    }
    page = client_of(town.office).post(reverse("admin:visits_practice_add"), told).content.decode()
    assert "填 1 到 31 之间的日子。" in page
    assert not Practice.objects.exists()
