"""Tokens: named verbs, an end date, and nothing that unmasks or administers."""

import datetime as dt
import re

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.urls import reverse
from rest_framework.test import APIRequestFactory

from accounts import second_factor, services
from accounts.models import ApiToken
from accounts.tokens import TokenAuthentication, verbs_to_give
from core import clock
from core.scope import may
from tests.factor import client_of


def token_of(user, *verbs, days=30):
    return services.make_token(
        user=user, name="试", verbs=verbs, until=clock.today() + dt.timedelta(days=days)
    )


def let_in(key):
    request = APIRequestFactory().get("/api/", HTTP_AUTHORIZATION=f"Token {key}")
    return TokenAuthentication().authenticate(request)


def test_a_token_may_only_what_it_names_and_its_user_may(town):
    _, key = token_of(town.secretary, "households.see", "figures.see")
    user, _ = let_in(key)
    assert may(user, "households.see", town.jinxing)
    assert not may(user, "households.see", town.qiaoji)
    assert not may(user, "ledgers.export")
    assert may(town.secretary, "ledgers.export")


@pytest.mark.parametrize("verb", sorted(services.NEVER_BY_TOKEN))
def test_no_token_unmasks_or_administers(town, verb):
    with pytest.raises(ValidationError, match="令牌不能办这些事"):
        token_of(town.office, verb)
    assert verb not in verbs_to_give(town.office)


def test_even_a_row_written_by_hand_does_not_unmask(town):
    token, key = token_of(town.office, "households.see")
    ApiToken.objects.filter(pk=token.pk).update(verbs=["households.see", "persons.unmask"])
    user, _ = let_in(key)
    assert not may(user, "persons.unmask")


def test_a_token_ends_on_its_day(town):
    _, key = token_of(town.secretary, "households.see", days=3)
    with clock.stopped_at(clock.now() + dt.timedelta(days=3)):
        assert let_in(key)
    with clock.stopped_at(clock.now() + dt.timedelta(days=4)), pytest.raises(Exception, match="令牌不对"):
        let_in(key)


def test_a_token_of_more_than_a_year_is_refused(town):
    with pytest.raises(ValidationError, match="最多用一年"):
        token_of(town.secretary, "households.see", days=400)


@pytest.mark.parametrize("what", ["stop", "close", "slip", "unknown"])
def test_a_stopped_token_opens_nothing(town, what):
    token, key = token_of(town.secretary, "households.see")
    if what == "stop":
        services.stop_token(token=token, actor=town.secretary)
    elif what == "close":
        services.close_account(user=town.secretary)
    elif what == "slip":
        services.issue_slip(user=town.secretary)
    else:
        key = "0" * 40
    with pytest.raises(Exception, match="令牌不对"):
        let_in(key)


def test_the_key_itself_lies_nowhere_in_the_database(town):
    token, key = token_of(town.secretary, "households.see")
    assert all(
        key not in str(value) for value in ApiToken.objects.filter(pk=token.pk).values().get().values()
    )


def test_a_token_request_counts_as_past_the_second_factor_for_what_it_may(town):
    _, key = token_of(town.secretary, "ledgers.export")
    request = APIRequestFactory().get("/api/")
    request.user, _ = let_in(key)
    assert second_factor.passed(request)


def test_the_api_lets_a_token_in_and_refuses_a_wrong_one_in_chinese(town, client):
    _, key = token_of(town.secretary, "households.see")
    assert client.get("/api/schema/", headers={"Authorization": f"Token {key}"}).status_code == 200
    wrong = client.get("/api/schema/", headers={"Authorization": "Token 123"})
    assert wrong.status_code == 401
    assert "令牌不对" in wrong.content.decode()


def test_drf_create_token_gives_a_key_with_every_verb_a_token_may_carry(town, capsys):
    call_command("drf_create_token", "jinxing")
    key = re.search(r"\b[0-9a-f]{40}\b", capsys.readouterr().out).group()
    user, token = let_in(key)
    assert user == town.secretary
    assert "visits.record" in token.verbs
    assert not services.NEVER_BY_TOKEN.intersection(token.verbs)


def test_drf_create_token_can_name_verbs_and_a_day_and_replace_older_ones(town, capsys):
    call_command("drf_create_token", "jinxing", "--reset", verbs=["ledgers.see"], until=clock.today())
    call_command("drf_create_token", "jinxing", "--reset", verbs=["figures.see"])
    assert [token.verbs for token in ApiToken.objects.in_force()] == [["figures.see"]]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["jinxing", "--verbs", "persons.unmask"], "令牌不能办这些事"),
        (["jiandu", "--verbs", "visits.record"], "岗位不能办"),
        (["nobody"], "还没有岗位"),
        (["meiyou"], "没有叫"),
    ],
)
def test_drf_create_token_says_what_it_refuses(town, words, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("drf_create_token", *words)


def test_a_token_made_on_ones_page_is_shown_once_and_can_be_stopped(town):
    client = client_of(town.secretary)
    page = reverse("accounts:new_token")
    assert "看完整号码" not in client.get(page).content.decode()
    until = (clock.today() + dt.timedelta(days=10)).isoformat()
    made = client.post(
        page, {"name": "民政表", "verbs": ["households.see", "persons.unmask"], "until": until}
    )
    key = re.search(r"[0-9a-f]{40}", made.content.decode()).group()
    token = ApiToken.objects.get()
    assert token.verbs == ["households.see"]
    me = client.get("/me/").content.decode()
    assert "民政表" in me
    assert key not in me
    stop = reverse("accounts:stop_token", args=[token.pk])
    assert client_of(town.neighbour).post(stop).status_code == 404
    client.post(stop)
    assert not ApiToken.objects.in_force().exists()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": "x", "verbs": [], "until": "2026-12-01"}, "至少要许一件事"),
        ({"name": "x", "verbs": ["households.see"], "until": "明天"}, "截止日期写成"),
        ({"name": "x", "verbs": ["households.see"], "until": "2020-01-01"}, "截止日期已经过了"),
    ],
)
def test_a_token_that_cannot_be_is_refused_with_a_sentence(town, fields, sentence):
    page = client_of(town.secretary).post(reverse("accounts:new_token"), fields)
    assert sentence in page.content.decode()
