"""What cannot wait for a month's end: told in the same breath, once a step and person, at night if it is urgent."""

import datetime as dt
import uuid

import pytest

from accounts.models import Delivery, Notice
from accounts.notices import Call, sending
from accounts.notices.writing import mark_read
from appeals import notices, services
from core import clock
from tests.people import Town

DAY = dt.datetime(2026, 11, 23, 9, 30, tzinfo=clock.SHANGHAI)
NIGHT = DAY.replace(hour=22)


@pytest.fixture
def told(town: Town, channel):
    """`told(at, **said)`: the secretary's telephone is known, and a call comes in at 张三丰's grid at that time."""
    for number, user in enumerate((town.secretary, town.worker, town.leader)):
        user.set_phone(f"1990000777{number}")
        user.save()
    with clock.stopped_at(DAY - dt.timedelta(days=1)):
        channel("hongjitest://{phone}")
        channel("hongjitest://group", name="群")

    def do(moment: dt.datetime, **said):
        with clock.stopped_at(moment):
            said = {"actor": town.worker, "household": town.zhang, "words": "张三丰家漏水"} | said
            return services.take_call(uuid=uuid.uuid4(), **said).call

    return do


def send(moment):
    with clock.stopped_at(moment):
        sending.send_waiting()


def test_it_goes_out_at_once_with_no_name_in_it(told, outside):
    number = told(DAY).matter.number
    send(DAY)
    assert sorted((address, words) for address, _, words in outside.taken) == [
        ("hongjitest://19900007770", f"诉求 {number} 等着办。登录系统看。"),
        ("hongjitest://group", "新的诉求，已经告诉村党组织书记，各自登录系统看。"),
    ]


def test_in_the_quiet_hours_only_what_is_urgent_goes_out(told, outside):
    told(NIGHT)
    send(NIGHT)
    assert outside.taken == []
    number = told(NIGHT, urgency="now").matter.number
    send(NIGHT)
    assert {words for _, _, words in outside.taken} == {
        f"诉求 {number} 马上要办。登录系统看。",
        "马上要办的诉求，已经告诉村党组织书记，各自登录系统看。",
    }
    send(NIGHT.replace(hour=7) + dt.timedelta(days=1))
    assert len(outside.taken) == 4


def test_what_somebody_has_taken_up_meanwhile_is_not_sent(told, town, outside):
    call = told(NIGHT, actor=town.secretary)
    with clock.stopped_at(NIGHT):
        services.accept(actor=town.leader, matter=call.matter)
    send(NIGHT.replace(hour=7) + dt.timedelta(days=1))
    assert {address for address, _, _ in outside.taken} == {"hongjitest://group"}
    why = set(Delivery.objects.filter(notice__isnull=False).values_list("why", flat=True))
    assert why == {"事情已经办完了，不用发了。"}


def test_what_was_read_is_not_sent(told, town, outside):
    told(DAY)
    mark_read(notice=Notice.objects.get(user=town.secretary))
    send(DAY)
    assert [address for address, _, _ in outside.taken] == ["hongjitest://group"]


def test_nobody_is_told_twice_of_one_step(told, town):
    call = told(DAY)
    move = call.matter.moves.get()
    for _ in range(3):
        notices.tell_of_move(move)
    assert Notice.objects.filter(user=town.secretary).count() == 1


def test_who_has_it_after_each_step_is_told_and_who_took_the_step_is_not(told, town):
    matter = told(DAY, actor=town.secretary).matter

    def of(user):
        return Notice.objects.filter(user=user).count()

    assert (of(town.secretary), of(town.worker), of(town.leader)) == (0, 1, 1)
    services.dispatch(actor=town.secretary, matter=matter, to=town.worker)
    assert (of(town.worker), of(town.leader)) == (2, 1)
    services.give_back(actor=town.worker, matter=matter, words="不会修")
    assert (of(town.worker), of(town.leader)) == (2, 1), "her own office knows"
    services.escalate(actor=town.leader, matter=matter, words="要村里")
    assert of(town.secretary) == 1
    services.escalate(actor=town.secretary, matter=matter, words="要镇里")
    assert of(town.office) == 1
    services.note(actor=town.office, matter=matter, words="问了")
    assert of(town.secretary) == 1


def test_a_notice_says_which_matter_by_its_number_and_nothing_else_of_it(told, town):
    matter = told(DAY, actor=town.secretary).matter
    services.dispatch(actor=town.secretary, matter=matter, to=town.worker)
    words = set(Notice.objects.values_list("words", flat=True))
    assert words == {f"诉求 {matter.number} 等着办。", f"诉求 {matter.number} 交给了您。"}
    with pytest.raises(ValueError, match="number alone"):
        Call(town.worker.pk, 1, "", "/v/", "张三丰家漏水")
