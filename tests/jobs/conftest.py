"""The town of two on a Monday in November: people old enough to work, and employers who come to it."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from core import clock
from grids.models import Person
from jobs import services
from jobs.models import Employer, Trade, Vacancy
from tests.factor import client_of
from tests.people import Town, make_town_of_two

TODAY = dt.date(2026, 11, 23)
PHONE = "19900005678"
UNTIL = dt.date(2026, 12, 20)


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    """The town of two on a Monday in November."""
    with clock.stopped_at("2026-11-23T09:30"):
        yield make_town_of_two()


def born(person: Person, day: str, **more: Any) -> Person:
    """The same person, born on that day."""
    Person.objects.filter(pk=person.pk).update(birth_date=dt.date.fromisoformat(day), **more)
    person.refresh_from_db()
    return person


@pytest.fixture
def son(town: Town) -> Person:
    """张翠山, 36 years old."""
    return born(Person.objects.get(name="张翠山"), "1990-03-01", sex="M")


@pytest.fixture
def wife(town: Town) -> Person:
    """殷素素, 34 years old."""
    return born(Person.objects.get(name="殷素素"), "1992-05-01", sex="F")


@pytest.fixture
def far(town: Town) -> Person:
    """The head of the neighbour's household, 40 years old."""
    return born(town.head(town.chen), "1986-01-01", sex="M")


def employer_of(town: Town, actor: Any = None, territory: Any = None, **facts: Any) -> Employer:
    """明发制衣 of 金星村, unless something else is said."""
    facts = {"name": "明发制衣", "industry": "工厂", "contact": "吴厂长", "phone": PHONE} | facts
    return services.sign_up_employer(
        actor=actor or town.secretary, territory=territory or town.jinxing, **facts
    )


def asked(**facts: Any) -> dict[str, Any]:
    """What an employer says of a place."""
    said: dict[str, Any] = {
        "title": "车工",
        "trade": Trade.objects.get(name="缝纫"),
        "number": 3,
        "wage_low": 3500,
        "wage_high": 5000,
        "place": "金星村村口",
        "until": UNTIL,
    }
    return said | facts


def offered(town: Town, employer: Employer | None = None, actor: Any = None, **facts: Any) -> Vacancy:
    return services.offer_vacancy(
        actor=actor or town.secretary, employer=employer or employer_of(town), **asked(**facts)
    )


@pytest.fixture
def desk(town: Town) -> Client:
    """The secretary of 金星村, signed in."""
    return client_of(town.secretary)
