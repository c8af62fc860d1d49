"""The same call, step, press, survey or printing sent twice at the same instant: one of each, and no fault."""

import uuid

import pytest

from appeals import services
from appeals.models import Call, Card, CardPrint, Device, Matter, Press, Talent
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


def both(verb, **sent):
    """What each of two was told who send the same at once."""
    return overlapping(lambda: verb(**sent), lambda: verb(**sent))


@pytest.mark.parametrize("verb", ["arrived", "called_back", "send"])
def test_one_step_of_a_call_sent_twice_at_once_is_one(town, call, verb):
    row = call()
    more = {"to": town.worker} if verb == "send" else {"words": "去过了"}
    sent = {"actor": town.secretary, "call": row, "uuid": uuid.uuid4()} | more
    assert both(getattr(services, verb), **sent) == ["", ""]
    assert row.steps.count() == 1


@pytest.mark.parametrize(("verb", "matters"), [("let_in", 1), ("drop", 0)])
def test_one_answer_to_a_held_call_sent_twice_at_once_is_one(town, button, verb, matters):
    device, _ = button()
    hold(device=device, why="试")
    press = services.press(
        device=device, uuid=uuid.uuid4(), pressed_at=clock.now(), kind="press", address="10.0.0.1"
    )
    sent = {"actor": town.secretary, "call": press.call, "uuid": uuid.uuid4(), "words": "打电话问过了"}
    assert both(getattr(services, verb), **sent) == ["", ""]
    assert (Matter.objects.count(), press.call.steps.count()) == (matters, 1)


def test_one_step_of_a_device_sent_twice_at_once_is_one(town, button):
    device, _ = button()
    sent = {"actor": town.secretary, "device": device, "code": "report", "words": "不响"}
    assert both(services.move_device, **sent, uuid=uuid.uuid4()) == ["", ""]
    assert device.steps.filter(kind="report").count() == 1


def test_one_survey_and_one_registration_sent_twice_at_once_are_one(town):
    assert both(services.survey, actor=town.secretary, wants=[town.li, town.zhang]) == ["", ""]
    assert Device.objects.count() == 2
    sent = {"actor": town.secretary, "uuid": uuid.uuid4(), "territory": town.grid1, "point": "河塘"}
    assert both(services.add_device, **sent) == ["", ""]
    assert Device.objects.count() == 3


def test_one_printing_sent_twice_at_once_is_one(town):
    sent = {"actor": town.secretary, "grids": [town.grid1, town.grid2], "run": uuid.uuid4()}
    assert both(services.print_cards, **sent) == ["", ""]
    assert (Card.objects.count(), CardPrint.objects.count()) == (2, 2)


def test_one_capable_person_sent_twice_at_once_is_one(town):
    sent = {"actor": town.secretary, "village": town.jinxing, "name": "老电工", "skills": "电工"}
    assert both(services.add_talent, **sent, uuid=uuid.uuid4()) == ["", ""]
    assert Talent.objects.count() == 1
