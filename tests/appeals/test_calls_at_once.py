"""The same call, the same press, the same leaving of a need, sent twice at the same instant: one of each."""

import uuid

import pytest

from appeals import services
from appeals.models import Call, Matter, Press
from appeals.services.devices import hold
from core import clock
from tests.grids.test_at_once import overlapping

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_one_press_sent_twice_at_once_is_one(town, button):
    device, _ = button()
    sent = {
        "device": device,
        "uuid": uuid.uuid4(),
        "pressed_at": clock.now(),
        "kind": "press",
        "address": "10.0.0.1",
    }
    assert overlapping(lambda: services.press(**sent), lambda: services.press(**sent)) == ["", ""]
    assert (Press.objects.count(), Call.objects.count(), Matter.objects.count()) == (1, 1, 1)


def test_one_call_sent_twice_at_once_is_one(town):
    sent = {
        "actor": town.secretary,
        "uuid": uuid.uuid4(),
        "household": town.zhang,
        "words": "灯不亮",
        "to": town.worker,
    }
    assert overlapping(lambda: services.take_call(**sent), lambda: services.take_call(**sent)) == ["", ""]
    assert (Call.objects.count(), Matter.objects.count()) == (1, 1)
    assert Call.objects.get().steps.count() == 1


def test_one_held_call_is_let_in_once(town, button):
    device, _ = button()
    hold(device=device, why="试")
    press = services.press(
        device=device, uuid=uuid.uuid4(), pressed_at=clock.now(), kind="press", address="10.0.0.1"
    )
    said = overlapping(
        lambda: services.let_in(actor=town.secretary, call=press.call),
        lambda: services.let_in(actor=town.secretary, call=press.call),
    )
    assert said[0] == ""
    assert "已经有人定过了" in said[1]
    assert (Matter.objects.count(), press.call.steps.count()) == (1, 1)
