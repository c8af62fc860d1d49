"""A Monday in November in the town of two, with a discipline office of three: one who is nothing else, one who helps in
a grid of 金星村 besides, and one who helps in 桥集村."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core import clock
from discipline import services
from discipline.models import Report
from grids import services as grids
from grids.models import Officer
from tests.people import POSTED, Town, make_town_of_two

TODAY = "2026-11-23T09:30"


class Office(Town):
    """The town with `chief`, `helper` (also assistant of 金星第一网格) and `other` (also assistant of 桥集第一网格)."""

    chief: Any
    helper: Any
    other: Any


@pytest.fixture
def town(db: None) -> Iterator[Office]:
    with clock.stopped_at(TODAY):
        cast: Any = make_town_of_two()
        cast._officers = 700
        cast.chief = cast.post("jiming", "纪明", "discipline", cast.town)
        for part, name, grid in (("helper", "纪助", cast.grid1), ("other", "纪佐", cast.far_grid)):
            user = cast.user(part, name)
            officer = cast.officer(name, user=user)
            # Departments of a real town have a head; here each has a post of its own, so that nobody leads another.
            for duty, place in (("assistant", grid), ("discipline", cast.town)):
                grids.appoint(actor=grids.SERVER, officer=officer, territory=place, duty=duty, since=POSTED)
            setattr(cast, part, user)
        yield cast


@pytest.fixture
def tell(town: Office) -> Callable[..., Report]:
    """`tell(what, place=…, office=…, name=…)`: a villager of 金星村 about its secretary, unless told otherwise."""

    def do(what: str = "收了盖房的钱不开票", **more: Any) -> Report:
        said = {"place": town.jinxing, "office": "secretary"} | more
        return services.tell(uuid=uuid.uuid4(), what=what, **said).report

    return do


@pytest.fixture
def reads(town: Office) -> Callable[[Report], set[str]]:
    """Who of the discipline office reads a report."""

    def do(report: Report) -> set[str]:
        return {
            part
            for part in ("chief", "helper", "other")
            if Report.objects.readable_by(getattr(town, part)).filter(pk=report.pk).exists()
        }

    return do


def post_of(user: Any, duty: str) -> Any:
    return Officer.objects.get(user=user).posts.get(duty=duty)
