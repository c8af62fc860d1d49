"""The office's desk of reminders: rules, quiet hours, channels, days off, and what became of what went out."""

import pytest
from django.urls import reverse

from accounts.models import Channel, NoticeRule, User
from accounts.notices import sending
from core import clock, workdays
from core.models import WorkdayChange
from tests.factor import client_of
from tests.people import Town


def test_the_office_says_who_is_told_when(town: Town):
    client = client_of(town.office)
    row = NoticeRule.objects.get(whom="leader")
    page = reverse("admin:accounts_noticerule_change", args=[row.pk])
    assert "还有户没走访" in client.get(page).content.decode()
    fields = {
        "kind": "visits.owed",
        "whom": "leader",
        "counted": "workday",
        "number": "12",
        "since": "2022-05-01",
    }
    assert client.post(page, {**fields, "until": ""}).status_code == 302
    row.refresh_from_db()
    assert str(row) == "还有户没走访，当月第12个工作日提醒网格长"


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("number", "32", "填 1 到 31"),
        ("number", "0", "填 1 到 31"),
        ("whom", "office", "选"),
        ("kind", "x", "选"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_a_sentence(town, field, value, says):
    fields = {"kind": "visits.owed", "whom": "guide", "counted": "date", "number": "5", "since": "2026-11-01"}
    answer = client_of(town.office).post(reverse("admin:accounts_noticerule_add"), fields | {field: value})
    assert answer.status_code == 200
    assert says in answer.content.decode()
    assert not NoticeRule.objects.filter(whom="guide").exists()


def test_a_second_rule_for_the_same_post_is_refused(town):
    fields = {
        "kind": "visits.owed",
        "whom": "worker",
        "counted": "date",
        "number": "5",
        "since": "2026-11-01",
    }
    answer = client_of(town.office).post(reverse("admin:accounts_noticerule_add"), fields)
    assert "已有一条在用的" in answer.content.decode()


def test_a_channels_address_goes_in_and_is_never_shown_again(town, outside):
    client = client_of(town.office)
    page = reverse("admin:accounts_channel_add")
    assert (
        "地址的开头"
        in client.post(page, {"name": "群", "address_plain": "file:///x", "on": "on"}).content.decode()
    )
    assert "填上地址" in client.post(page, {"name": "群", "address_plain": "", "on": "on"}).content.decode()
    secret = "hongjitest://secret-token"
    assert client.post(page, {"name": "群", "address_plain": secret, "on": "on"}).status_code == 302
    row = Channel.objects.get()
    assert row.address.open() == secret
    page = reverse("admin:accounts_channel_change", args=[row.pk])
    for address in (page, reverse("admin:accounts_channel_changelist"), page.replace("change", "history")):
        assert "secret-token" not in client.get(address).content.decode()
    assert client.post(page, {"name": "村群", "address_plain": ""}).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.on, row.address.open()) == ("村群", False, secret)


def test_the_office_tries_a_channel_out_and_reads_what_came_of_it(town, channel, outside):
    made, client = channel("hongjitest://group"), client_of(town.office)
    page = reverse("admin:accounts_channel_changelist")
    act = {"action": "try_out", "_selected_action": [made.pk]}
    assert "发出去了" in client.post(page, act, follow=True).content.decode()
    assert len(outside.taken) == 1
    outside.up = False
    assert "没有收下" in client.post(page, act, follow=True).content.decode()
    sending.set_channel(channel=made, address_plain="hongjitest://{phone}")
    User.objects.update(phone=None)
    assert "没有手机号" in client.post(page, act, follow=True).content.decode()


def test_the_list_of_what_went_out_names_nobody(town, month_end, channel, outside):
    from accounts.notices.writing import ensure_notices

    month_end(worker=[town.worker])
    User.objects.update(phone=None)
    with clock.stopped_at("2026-11-01"):
        channel("hongjitest://{phone}")
    with clock.stopped_at("2026-11-30T09:20"):
        ensure_notices()
        sending.send_waiting()
        page = client_of(town.office).get(reverse("admin:accounts_delivery_changelist")).content.decode()
    assert "账号上没有手机号。" in page
    assert "不用发了" in page
    assert town.worker.name not in page


def test_the_office_fills_in_the_holidays_and_is_told_which_year_lacks_them(town):
    client = client_of(town.office)
    page = reverse("admin:core_workdaychange_changelist")
    last = workdays.LAST_KNOWN_YEAR
    with clock.stopped_at(f"{last}-11-05"):
        assert f"{last + 1} 年的节假日还没填" in client.get(page).content.decode()
        fields = {"day": f"{last + 1}-02-08", "works": "False", "name": "春节"}
        assert client.post(reverse("admin:core_workdaychange_add"), fields).status_code == 302
        assert "还没填" not in client.get(page).content.decode()
    assert "已经填过" in client.post(reverse("admin:core_workdaychange_add"), fields).content.decode()
    assert not workdays.is_workday(WorkdayChange.objects.get().day)
