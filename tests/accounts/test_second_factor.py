"""The second factor: app or printed list, remembered on a device, taken back, and asked again."""

import base64
import datetime as dt
import hashlib
import re

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django_otp.plugins.otp_static.models import StaticToken

from accounts import second_factor, services
from accounts.models import PhoneApp, TrustedDevice
from core import clock
from tests.factor import client_of, pass_second_factor
from tests.people import PASSWORD

ENTER, ENROL = reverse("accounts:second_factor"), reverse("accounts:enrol")
APP, CODES = reverse("accounts:enrol_app"), reverse("accounts:enrol_codes")
HERE = f"{ENTER}?next=/me/"


@pytest.fixture(autouse=True)
def _half_a_minute_does_not_end_between_two_steps():
    with clock.stopped_at(clock.now()):
        yield


def code_of(device, ahead=0):
    totp = device.generator()
    totp.time = clock.now().timestamp() + ahead * device.STEP
    return f"{totp.token():06d}"


def app_of(user):
    return PhoneApp.objects.create(user=user, confirmed=True)


def show_password(client):
    return client.post(ENROL, {"password": PASSWORD})


def test_the_first_time_one_shows_the_password_prints_a_list_and_one_code_of_it_opens(town):
    client = client_of(town.office, factor=False)
    assert client.get(HERE).url.startswith(ENROL)
    assert "先填一遍密码" in client.get(ENROL).content.decode()
    assert "密码不对" in client.post(ENROL, {"password": "错"}).content.decode()
    show_password(client)
    printed = re.findall(r"<b>(\d{4}) (\d{4})</b>", client.post(CODES, {"next": "/me/"}).content.decode())
    assert len(printed) == 10
    first = "".join(printed[0])
    assert client.post(HERE, {"code": first, "stay": "1"}).url == "/me/"
    assert "还剩 9 个码" in client.get("/me/").content.decode()
    other = client_of(town.office, factor=False)
    assert "验证码不对" in other.post(HERE, {"code": first}).content.decode()


def test_an_app_is_scanned_confirmed_by_a_code_and_opens_with_the_next(town):
    client = client_of(town.office, factor=False)
    show_password(client)
    picture = client.get(reverse("accounts:enrol_picture"))
    assert picture["Content-Type"] == "image/svg+xml"
    assert b"style=" not in picture.content
    assert "对不上" in client.post(APP, {"code": "000000"}).content.decode()
    device = PhoneApp.objects.get(user=town.office)
    device.throttle_reset()
    assert client.post(APP, {"code": code_of(device), "next": "/me/"}).url == "/me/"
    assert TrustedDevice.objects.in_force().filter(user=town.office).count() == 1
    other = client_of(town.office, factor=False)
    assert other.post(HERE, {"code": code_of(device, ahead=1)}).status_code == 302


def test_without_the_password_no_factor_can_be_made_on_an_open_screen(town):
    client = client_of(town.office, factor=False)
    for page in (APP, reverse("accounts:enrol_picture")):
        assert client.get(page).url.startswith(ENROL)
    assert client.post(CODES).url.startswith(ENROL)
    assert not second_factor.ways(town.office)


def test_who_has_a_factor_must_pass_it_before_making_another(town):
    app_of(town.office)
    client = client_of(town.office, factor=False)
    assert client.get(ENROL).url.startswith(ENTER)
    show_password(client)
    assert client.post(CODES).url.startswith(ENROL)
    assert second_factor.ways(town.office) == {second_factor.APP}


def test_a_guess_is_followed_by_a_pause(town):
    device = app_of(town.office)
    PhoneApp.objects.update(
        throttling_failure_count=6
    )  # the pause is a minute and longer than a slow machine's test
    client = client_of(town.office, factor=False)
    client.post(HERE, {"code": "000000"})
    answer = client.post(HERE, {"code": code_of(device)})
    assert "歇一会儿再试" in answer.content.decode()


def test_a_wrong_app_code_does_not_slow_down_the_printed_list(town):
    app_of(town.office)
    codes = second_factor.print_codes(user=town.office)
    assert second_factor.check(user=town.office, code="000000")
    assert second_factor.check(user=town.office, code=codes[0]) == ""


def test_a_device_is_remembered_for_thirty_days_and_not_longer(town):
    client = client_of(town.office)
    page = reverse("accounts:new_token")
    with clock.stopped_at(clock.now() + dt.timedelta(days=29)):
        client.force_login(town.office)
        assert client.get(page).status_code == 200
    with clock.stopped_at(clock.now() + dt.timedelta(days=30, minutes=1)):
        client.force_login(town.office)
        assert client.get(page).status_code == 302


def test_on_a_shared_machine_it_is_forgotten_after_half_a_day(town):
    device = app_of(town.office)
    client = client_of(town.office, factor=False)
    client.post(HERE, {"code": code_of(device)})
    assert not client.cookies[f"hongji_second_{town.office.pk}"]["max-age"]
    assert client.get(reverse("accounts:new_token")).status_code == 200
    with clock.stopped_at(clock.now() + dt.timedelta(hours=12, minutes=1)):
        assert client.get(reverse("accounts:new_token")).status_code == 302


def test_a_remembered_device_helps_nobody_else_who_signs_in_on_it(town):
    client = client_of(town.office)
    client.cookies[f"hongji_second_{town.secretary.pk}"] = client.cookies[
        f"hongji_second_{town.office.pk}"
    ].value
    client.force_login(town.secretary)
    assert client.get(reverse("accounts:new_token")).status_code == 302


def test_a_device_can_be_forgotten_by_its_owner_only(town):
    client = client_of(town.office)
    device = TrustedDevice.objects.get(user=town.office)
    address = reverse("accounts:forget_device", args=[device.pk])
    assert client_of(town.secretary).post(address).status_code == 404
    client.post(address)
    assert client.get(reverse("accounts:new_token")).status_code == 302


@pytest.mark.parametrize("what", ["slip", "close", "reset"])
def test_a_new_slip_closing_and_clearing_make_every_device_ask_again(town, what):
    client_of(town.office)
    if what == "slip":
        services.issue_slip(user=town.office)
    elif what == "close":
        services.close_account(user=town.office)
    else:
        second_factor.reset(user=town.office, actor=town.sysadmin)
    assert not TrustedDevice.objects.in_force().filter(user=town.office).exists()


# --- a copy of the database in the wrong hands -----------------------------------------------------------------------


def test_neither_key_nor_printed_code_can_be_read_in_the_database(town):
    app = app_of(town.office)
    codes = second_factor.print_codes(user=town.office)
    dump = columns_of(PhoneApp) + columns_of(StaticToken)
    key = app.readable_key()
    for secret in (key, base64.b32decode(key).hex(), *codes):
        assert secret not in dump
    # Eight digits are few: without the key of the hash they cannot be tried through, nor met at another user's.
    for code in codes:
        assert hashlib.sha256(code.encode()).hexdigest()[:16] not in dump
    other = second_factor._kept(town.secretary, codes[0])
    assert other != second_factor._kept(town.office, codes[0])


def columns_of(model):
    columns = ", ".join(f'"{field.column}"' for field in model._meta.concrete_fields)
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT {columns} FROM "{model._meta.db_table}"')
        return str(cursor.fetchall())


def test_app_and_printed_codes_open_after_the_field_key_was_changed(town, settings):
    app_of(town.office)
    codes = second_factor.print_codes(user=town.office)
    settings.FIELD_KEYS = {"new": b"n" * 32, **settings.FIELD_KEYS}
    app = PhoneApp.objects.get(user=town.office)
    assert second_factor.check(user=town.office, code=code_of(app)) == ""
    assert second_factor.check(user=town.office, code=codes[0]) == ""
    assert second_factor.begin_app(user=town.secretary).key.token.startswith("new.")


def test_an_app_code_is_refused_at_once_the_second_time_and_a_minute_late(town):
    device = app_of(town.office)
    late, now = code_of(device, ahead=-3), code_of(device)
    assert not device.verify_token(late)
    device.throttle_reset()
    assert device.verify_token(now)
    assert not device.verify_token(now)


# --- doors ------------------------------------------------------------------------------------------------------------


@second_factor.requires_second_factor("ledgers.export")
def export(request):
    return HttpResponse("exported")


def knock(user, path="/desk/x/", method="get", **headers):
    request = getattr(RequestFactory(headers=headers), method)(path)
    request.user = user
    return request


def test_a_door_sends_there_and_back_and_refuses_who_has_no_such_post_at_all(town):
    answer = export(knock(town.secretary, "/desk/x/?a=1"))
    assert answer.status_code == 302
    assert answer.url == f"{ENTER}?next=/desk/x/%3Fa%3D1"
    with pytest.raises(PermissionDenied):
        export(knock(town.worker))
    with pytest.raises(PermissionDenied):
        export(knock(town.nobody))


def test_a_form_that_was_sent_comes_back_to_its_page(town):
    answer = export(knock(town.secretary, "/desk/x/go/", "post", referer="https://testserver/desk/x/"))
    assert answer.url == f"{ENTER}?next=/desk/x/"


def test_the_api_answers_with_a_sentence_and_no_redirect(town):
    with pytest.raises(PermissionDenied, match="第二道验证"):
        export(knock(town.secretary, "/api/ledgers/"))


def test_a_device_that_passed_goes_through(town):
    client = Client()
    pass_second_factor(client, town.secretary)
    request = knock(town.secretary)
    request.COOKIES = {name: morsel.value for name, morsel in client.cookies.items()}
    assert export(request).content == b"exported"


def test_a_demo_shows_the_code_that_opens_now_and_real_use_never_does(town, settings):
    client = client_of(town.office, factor=False)
    device = app_of(town.office)
    assert "code-now" not in client.get(HERE).content.decode()
    settings.DEMO = True
    for _ in range(3):  # a code opens once; the page then shows the one after it
        page = client.get(HERE).content.decode()
        code = re.search(r'class="code-now">(\d{6})<', page).group(1)
        assert client.post(HERE, {"code": code}).url == "/me/"
    device.refresh_from_db()
