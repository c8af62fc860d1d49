"""A Monday in November in the town of two, and matters of its households."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from appeals import services
from appeals.models import Call, Device, Matter
from core import clock
from tests.people import Town, make_town_of_two

TODAY = "2026-11-23T09:30"


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    with clock.stopped_at(TODAY):
        yield make_town_of_two()


@pytest.fixture
def matter(town: Town) -> Callable[..., Matter]:
    """`matter(words, actor=…, household=…)`: registered by the worker for 张三丰, unless told otherwise."""

    def do(words: str = "路灯坏了三盏", *, actor: Any = None, **more: Any) -> Matter:
        said = {"source": "walk_in", "household": town.zhang, "field": "environment"} | more
        return services.open_matter(actor=actor or town.worker, uuid=uuid.uuid4(), words=words, **said).matter

    return do


@pytest.fixture
def call(town: Town) -> Callable[..., Call]:
    """`call(words, actor=…, household=…)`: taken by the secretary from 张三丰's, unless told otherwise."""

    def do(words: str = "灯不亮了", *, actor: Any = None, **more: Any) -> Call:
        said = {"household": town.zhang} | more
        return services.take_call(actor=actor or town.secretary, uuid=uuid.uuid4(), words=words, **said).call

    return do


@pytest.fixture
def button(town: Town) -> Callable[..., tuple[Device, str]]:
    """`button(household)`: a button that is installed there, and its key."""

    def do(household: Any = None) -> tuple[Device, str]:
        home = household or town.li
        services.survey(actor=town.secretary, wants=[home])
        device = Device.objects.get(household=home)
        _, key = services.move_device(actor=town.secretary, device=device, code="install", serial="HJ-7")
        return Device.objects.get(pk=device.pk), key

    return do
