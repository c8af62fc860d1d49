"""Guessing is stopped after five tries, and nobody can lock a secretary out of her own phone by guessing elsewhere."""

import datetime as dt

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import authenticate, get_user_model
from django.core import signing
from django.http import HttpResponse
from django.test import RequestFactory

from core.limits import client_ip
from hongji import devices
from hongji.logging import scrub

PASSWORD = "Hong-ji 2026"


@pytest.fixture
def secretary(db):
    return get_user_model().objects.create_user(username="tangzhuang01", password=PASSWORD)


def attempt(username, password, *, ip="10.0.0.1", cookie=None):
    """One try at the door, from one device; the user if it opened."""
    request = RequestFactory().post("/", REMOTE_ADDR=ip)
    if cookie:
        request.COOKIES[devices.COOKIE] = cookie
    return authenticate(request, username=username, password=password)


def guess(times, username, **where):
    for number in range(times):
        assert attempt(username, f"wrong {number}", **where) is None


def signed_in_before(user):
    """The cookie that a device keeps after `user` was signed in on it."""
    request = RequestFactory().get("/")
    request.user = user
    request.COOKIES[settings.SESSION_COOKIE_NAME] = "any"
    response = devices.KnownDevice(lambda request: HttpResponse())(request)
    return response.cookies[devices.COOKIE].value


def test_after_five_wrong_tries_the_right_password_is_refused_too(secretary):
    guess(4, secretary.username)
    assert attempt(secretary.username, PASSWORD) == secretary
    guess(5, secretary.username)
    assert attempt(secretary.username, PASSWORD) is None


def test_changing_address_and_browser_gives_no_further_tries(secretary):
    for number in range(5):
        guess(1, secretary.username, ip=f"10.0.0.{number}")
    assert attempt(secretary.username, PASSWORD, ip="10.9.9.9") is None


def test_a_stranger_at_the_villages_shared_address_locks_out_nobody_else(secretary):
    neighbour = get_user_model().objects.create_user(username="hongji01", password=PASSWORD)
    guess(5, secretary.username)
    guess(20, "nobody")
    assert attempt(neighbour.username, PASSWORD) == neighbour


def test_the_owners_own_phone_still_opens_while_strangers_guess(secretary):
    phone = signed_in_before(secretary)
    guess(5, secretary.username)
    assert attempt(secretary.username, PASSWORD) is None
    assert attempt(secretary.username, PASSWORD, cookie=phone) == secretary


def test_a_known_phone_that_was_stolen_has_five_tries_too(secretary):
    phone = signed_in_before(secretary)
    guess(5, secretary.username, cookie=phone)
    assert attempt(secretary.username, PASSWORD, cookie=phone) is None


def test_a_phone_known_to_one_account_is_a_stranger_to_another(secretary):
    neighbour = get_user_model().objects.create_user(username="hongji01", password=PASSWORD)
    phone = signed_in_before(neighbour)
    guess(5, secretary.username)
    assert attempt(secretary.username, PASSWORD, cookie=phone) is None


def test_a_made_up_cookie_gives_no_further_tries(secretary):
    forged = signing.dumps(["a", [devices._hash(secretary.username)]], salt="another")
    for number, cookie in enumerate([forged, "rubbish", ""]):
        guess(2, secretary.username, ip=f"10.0.0.{number}", cookie=cookie)
    assert attempt(secretary.username, PASSWORD, cookie=forged) is None


def test_a_shared_phone_knows_both_who_use_it(secretary, rf):
    neighbour = get_user_model().objects.create_user(username="hongji01", password=PASSWORD)
    request = rf.get("/")
    request.user, request.COOKIES = (
        neighbour,
        {settings.SESSION_COOKIE_NAME: "any", devices.COOKIE: signed_in_before(secretary)},
    )
    both = devices.KnownDevice(lambda request: HttpResponse())(request).cookies[devices.COOKIE].value
    for user in (secretary, neighbour):
        guess(5, user.username)
        assert attempt(user.username, PASSWORD, cookie=both) == user


def test_a_phone_number_typed_as_a_name_is_counted_but_not_written_down(db):
    guess(3, "19900001234")
    kept = AccessAttempt.objects.get()
    assert kept.failures_since_start == 3
    row = "".join(str(value) for value in vars(kept).values() if not isinstance(value, dt.datetime))
    assert "19900001234" not in row
    assert scrub(kept.username) == kept.username


def test_the_proxys_word_for_the_address_is_believed_only_where_a_proxy_stands(rf, settings):
    request = rf.get("/", REMOTE_ADDR="127.0.0.1", HTTP_X_REAL_IP="1.2.3.4")
    settings.BEHIND_PROXY = False
    assert client_ip(request) == "127.0.0.1"
    settings.BEHIND_PROXY = True
    assert client_ip(request) == "1.2.3.4"
