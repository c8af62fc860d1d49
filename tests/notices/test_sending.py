"""What goes out: once, outside the quiet hours, again when the channel is up, and never with a name in it."""

import datetime as dt
import subprocess
import sys

import pytest
from django.core.exceptions import ValidationError

from accounts.models import Channel, Delivery, Notice, QuietHours
from accounts.notices import Call, sending
from accounts.notices.writing import ensure_notices, mark_read
from core import clock
from core.work import LEASE
from tests.people import Town

END = dt.datetime(2026, 11, 30, 9, 20, tzinfo=clock.SHANGHAI)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def told(town: Town, month_end, channel):
    """`told()`: worker, leader and secretary stand before their last day of November, and a channel to each phone."""
    for number, user in enumerate((town.worker, town.leader)):
        user.set_phone(f"1990000777{number}")
        user.save()
    month_end(worker=[town.worker, town.leader])

    def make(address: str = "hongjitest://{phone}") -> Channel:
        with clock.stopped_at(END - dt.timedelta(days=2)):
            made = channel(address)
        with clock.stopped_at(END):
            ensure_notices()
        return made

    return make


def send(moment: dt.datetime, **more: float) -> dict[str, int]:
    with clock.stopped_at(moment):
        return sending.send_waiting(**more)


def test_each_gets_one_text_with_a_month_and_a_number(told, outside):
    told()
    assert send(END)["sent"] == 2
    assert send(END + MINUTE)["sent"] == 0
    addresses = sorted(address for address, _, _ in outside.taken)
    assert addresses == ["hongjitest://19900007770", "hongjitest://19900007771"]
    assert {words for _, _, words in outside.taken} == {"2026年11月还有 5 件没办。登录系统看。"}
    assert set(Delivery.objects.values_list("state", flat=True)) == {Delivery.DONE}


def test_a_group_is_told_once_for_all_and_of_nobody(told, outside, town):
    told("hongjitest://group")
    for minutes in (0, 5, 65):
        with clock.stopped_at(END + minutes * MINUTE):
            ensure_notices()
            sending.send_waiting()
    assert [words for _, _, words in outside.taken] == [
        "月底的事：2026年11月的提醒已经发给专职网格员，各自登录系统看。"
    ]


@pytest.mark.parametrize(
    ("time", "sent"), [("20:59", 2), ("21:00", 0), ("23:59", 0), ("00:00", 0), ("06:59", 0)]
)
def test_in_the_quiet_hours_nothing_goes_out(told, outside, time, sent):
    told()
    moment = dt.datetime.fromisoformat(f"2026-12-01T{time}").replace(tzinfo=clock.SHANGHAI)
    assert send(moment)["sent"] == sent
    assert len(outside.taken) == sent
    assert send(moment.replace(hour=7, minute=0) + dt.timedelta(days=1))["sent"] == 2 - sent


def test_the_towns_own_quiet_hours_win(told, outside):
    told()
    QuietHours.objects.create(since="2026-01-01", begins=dt.time(12), ends=dt.time(14))
    assert send(END.replace(hour=13))["sent"] == 0
    assert send(END.replace(hour=22))["sent"] == 2


def test_a_round_that_reaches_the_quiet_hours_stops_there(told, outside, monkeypatch):
    told()
    send_really = sending.channels.send
    with monkeypatch.context() as patched:

        def slow(*args):
            patched.setattr(clock, "now", lambda: END.replace(hour=21, minute=0))
            send_really(*args)

        patched.setattr(sending.channels, "send", slow)
        assert send(END.replace(hour=20, minute=59))["sent"] == 1
    assert send(END.replace(hour=22))["sent"] == 0
    assert send(END + dt.timedelta(days=1))["sent"] == 1


def test_a_channel_that_is_down_for_a_day_is_tried_again_and_nothing_is_lost_or_doubled(told, outside):
    told()
    outside.up = False
    moment = END
    while moment < END + dt.timedelta(days=1):
        send(moment)
        moment += 5 * MINUTE
    assert not outside.taken
    assert outside.asked < 2 * 20, "it is left in peace longer and longer"
    rows = Delivery.objects.all()
    assert all(row.state == Delivery.WAITING and "没有收下" in row.why for row in rows)
    outside.up = True
    for minutes in range(0, 6 * 60, 5):
        send(moment + minutes * MINUTE)
    assert len(outside.taken) == len({address for address, _, _ in outside.taken}) == 2
    assert set(rows.values_list("state", flat=True)) == {Delivery.DONE}


def test_after_three_days_it_is_closed_with_the_reason_and_the_inbox_keeps_it(told, outside):
    told()
    outside.up = False
    for hours in range(0, 24 * 5, 2):
        send(END + dt.timedelta(hours=hours))
    assert {row.state for row in Delivery.objects.all()} == {Delivery.FAILED}
    assert all("三天都没发出去" in row.why for row in Delivery.objects.all())
    assert Notice.objects.count() == 2


def test_one_channel_that_is_down_does_not_hold_up_another(told, outside, channel, town):
    bad = told("hongjitest://bad/{phone}")
    with clock.stopped_at(END - dt.timedelta(days=1)):
        channel("hongjitest://good/{phone}", name="好的")
    with clock.stopped_at(END):
        ensure_notices()
    take = outside.take
    outside.take = lambda address, *more: take(address, *more) if "good" in address else False
    found = send(END)
    assert (found["sent"], found["again"]) == (2, 2)
    assert {row.state for row in bad.deliveries.all()} == {Delivery.WAITING}


def test_a_plugin_that_breaks_is_a_channel_that_is_down(told, outside, monkeypatch):
    told()

    def broken(*args):
        raise RuntimeError("19900007770 at hongjitest://secret")

    outside.take = broken
    assert send(END)["again"] == 2
    assert not Delivery.objects.filter(why__contains="1990").exists()


# --- workers that die -------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """As if the process had ended here."""


def test_who_dies_before_handing_over_leaves_it_to_the_next(told, outside, monkeypatch):
    told()

    def die(*args):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(sending, "_address", die)
        with pytest.raises(Killed):
            send(END)
    assert send(END)["sent"] == 1  # the other one; this one is under its lease
    assert send(END + LEASE + MINUTE)["sent"] == 1
    assert len(outside.taken) == 2


def test_who_dies_while_handing_over_never_makes_it_two(told, outside, monkeypatch):
    told()
    send_really = sending.channels.send

    def send_and_die(*args):
        send_really(*args)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(sending.channels, "send", send_and_die)
        with pytest.raises(Killed):
            send(END)
    found = send(END + LEASE + MINUTE)
    assert (found["unsure"], found["sent"]) == (1, 1)
    assert len(outside.taken) == len({address for address, _, _ in outside.taken}) == 2
    assert Delivery.objects.get(state=Delivery.FAILED).why == sending.UNSURE


# --- what need not go -------------------------------------------------------------------------------------------------


def test_what_was_read_in_the_house_does_not_go_out_any_more(told, outside):
    told()
    with clock.stopped_at(END):
        mark_read(notice=Notice.objects.first())
    assert send(END)["sent"] == 1
    assert Delivery.objects.get(state=Delivery.STOPPED).why == "已经在系统里看过了。"


def test_who_has_no_phone_is_said_so_and_reads_it_in_the_house(told, outside, town):
    town.leader.set_phone("")
    town.leader.save()
    told()
    assert send(END)["sent"] == 1
    assert Delivery.objects.get(state=Delivery.STOPPED).why == "账号上没有手机号。"


def test_a_channel_set_up_today_does_not_send_what_was_told_before(told, channel, outside):
    told()
    with clock.stopped_at(END + dt.timedelta(hours=2)):
        late = channel("hongjitest://{phone}", name="晚的")
        ensure_notices()
    assert not late.deliveries.exists()


@pytest.mark.parametrize(
    ("number", "why"),
    [(None, "已经不在这个岗位上，不用发了。"), (0, "事情已经办完了，不用发了。")],
)
def test_whose_post_or_task_has_ended_since_it_was_written_gets_no_text(
    told, outside, town, month_end, number, why
):
    told()

    def ask(month, whom):
        yield Call(town.leader.pk, 5, "…", "/v/")
        if number is not None:
            yield Call(town.worker.pk, number, "…", "/v/")

    month_end(ask)
    assert send(END)["sent"] == 1
    assert [address for address, _, _ in outside.taken] == ["hongjitest://19900007771"]
    assert Delivery.objects.get(state=Delivery.STOPPED).why == why


def test_a_real_post_that_ended_over_night_is_not_texted_about(town, channel, outside):
    from accounts.models import NoticeRule
    from grids.models import Post
    from visits import services

    NoticeRule.objects.exclude(kind="visits.owed", whom="worker").delete()
    town.worker.set_phone("19900007770")
    town.worker.save()
    with clock.stopped_at("2026-11-20T00:20"):
        channel()
        services.ensure_owed()
        assert ensure_notices() == 1
    Post.objects.filter(officer__user=town.worker).update(until="2026-11-19")
    with clock.stopped_at("2026-11-20T08:00"):
        assert sending.send_waiting()["closed"] == 1
    assert not outside.taken


def test_asking_again_costs_the_same_for_two_and_for_many(told, outside, town, month_end):
    told()
    asked = []

    def ask(month, whom):
        asked.append(whom)
        return [Call(user.pk, 5, "…", "/v/") for user in (town.worker, town.leader)]

    month_end(ask)
    assert send(END)["sent"] == 2
    assert asked == ["worker"]


# --- a clock that ran ahead -------------------------------------------------------------------------------------------


def test_what_a_clock_a_month_ahead_has_written_waits_for_its_time_and_is_then_told_and_sent(
    town, month_end, channel, outside
):
    town.worker.set_phone("19900007770")
    town.worker.save()
    month_end(worker=[town.worker])
    with clock.stopped_at("2026-11-01"):
        channel()
    ahead = END.replace(month=12, day=31)
    with clock.stopped_at(ahead.replace(hour=0)):  # in the quiet hours, and set right before the morning
        ensure_notices()
    december = Notice.objects.get(period="2026-12")
    with clock.stopped_at(END):
        ensure_notices()
        sending.send_waiting()
        assert december not in Notice.objects.of(town.worker)
        assert Notice.objects.of(town.worker).unread().count() == 1
    assert [words for _, _, words in outside.taken] == ["2026年11月还有 5 件没办。登录系统看。"]
    with clock.stopped_at(ahead):
        ensure_notices()
        sending.send_waiting()
        assert december in Notice.objects.of(town.worker).unread()
    assert outside.taken[-1][2] == "2026年12月还有 5 件没办。登录系统看。"
    assert len(outside.taken) == 2


# --- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "syslog://", "hello", "", "wecombot://", "jsons://x/{name}", "schtasks://x"],
)
def test_an_address_we_do_not_send_through_is_refused_with_a_sentence(db, address):
    with pytest.raises(ValidationError) as refused:
        sending.set_channel(channel=Channel(name="x"), address_plain=address)
    assert "address_plain" in refused.value.message_dict
    assert not Channel.objects.exists()


@pytest.mark.parametrize(
    ("address", "way", "each"),
    [
        ("wecombot://abcdefgh-1234-4321-abcd-0123456789ab", "企业微信群机器人", False),
        ("dingtalk://" + "a" * 64, "钉钉群机器人", False),
        ("mailtos://user:pass@example.com?to={email}", "邮件", True),
        ("jsons://sms.example.com/send?:phone={phone}", "短信网关或别的接口", True),
    ],
)
def test_the_ways_a_town_uses_are_understood(db, address, way, each):
    made = Channel(name="x")
    sending.set_channel(channel=made, address_plain=address)
    made.refresh_from_db()
    assert (made.way, made.for_each) == (way, each)
    assert made.address.token != address
    assert "example.com" not in str(Channel.objects.values().get())


def test_apprise_is_not_loaded_where_nothing_is_to_be_sent():
    script = (
        "import django, sys; django.setup(); import hongji.urls, hongji.celery, accounts.tasks;"
        "import accounts.notices.sending; sys.exit('apprise' in sys.modules)"
    )
    environment = {"DJANGO_SETTINGS_MODULE": "tests.settings", "PATH": ""}
    assert subprocess.run([sys.executable, "-c", script], env=environment, check=False).returncode == 0


def test_addresses_and_phones_do_not_reach_the_log(told, outside, caplog):
    caplog.set_level("DEBUG")
    told()
    outside.up = False
    send(END)
    assert "1990000777" not in caplog.text
    assert "hongjitest" not in caplog.text
