"""An empty town gets its first two accounts, once."""

import re

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.scope import may
from grids.models import Territory

pytestmark = pytest.mark.slow


def test_an_empty_town_gets_a_system_administrator_and_an_office_that_sign_in_by_slip(db, capsys):
    call_command("first_admin", username="guanli")
    told = capsys.readouterr().out
    slips = dict(re.findall(r"账号 (\w+)，一次密码 (\w+)", told))
    assert slips.keys() == {"guanli", "office"}
    for username, password in slips.items():
        client = Client()
        way = client.post(reverse("accounts:login"), {"username": username, "password": password}).url
        assert (
            client.post(way, {"new": "青山绿水一百年", "again": "青山绿水一百年"}).status_code == 200
        )  # 7 long
        assert client.post(way, {"new": "青山绿水一百多年", "again": "青山绿水一百多年"}).status_code == 302
        assert client.get("/me/").status_code == 200
    assert may(User.objects.get(username="guanli"), "accounts.admin")
    assert may(User.objects.get(username="office"), "grids.redraw", Territory.objects.get(name="洪集镇"))


def test_a_second_time_nobody_is_made(db):
    call_command("first_admin")
    with pytest.raises(CommandError, match="已经有系统管理员"):
        call_command("first_admin")
    assert User.objects.count() == 2


def test_a_code_that_is_none_is_refused_and_leaves_nothing_behind(db):
    with pytest.raises(CommandError, match="编码"):
        call_command("first_admin", code="123")
    assert not User.objects.exists()
    assert not Territory.objects.exists()
