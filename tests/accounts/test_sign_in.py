"""Signing in: by name or phone, with a slip, after guesses, and out."""

import datetime as dt

import pytest
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import AccountEvent, TrustedDevice, User
from core import clock
from tests.factor import client_of
from tests.people import PASSWORD

LOGIN = reverse("accounts:login")
PHONE = "19900009001"
NEW = "竹林深处三只白鹤"


def sign_in(client, username, password, **more):
    return client.post(LOGIN, {"username": username, "password": password, **more})


def signed_in(client):
    return SESSION_KEY in client.session


@pytest.fixture
def secretary(db):
    user = User(username="tang", name="唐桂兰", password="")
    user.set_phone(PHONE)
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.mark.parametrize(
    "typed", ["tang", PHONE, "199 0000 9001", "１９９００００９００１", "+8619900009001"]
)
def test_a_secretary_signs_in_by_name_or_by_phone_however_it_is_typed(client, secretary, typed):
    assert sign_in(client, typed, PASSWORD).status_code == 302
    assert signed_in(client)


def test_a_wrong_password_says_how_often_one_may_still_try(client, secretary):
    for left in (4, 3, 2, 1):
        answer = sign_in(client, PHONE, "不是这个")
        assert f"手机号或密码不对，还能再试 {left} 次。" in answer.content.decode()
    assert sign_in(client, PHONE, "不是这个").status_code == 429
    assert sign_in(client, "tang", PASSWORD).status_code == 429
    assert not signed_in(client)


def test_name_and_phone_are_one_account_when_guesses_are_counted(client, secretary):
    sign_in(client, "tang", "错")
    assert "还能再试 3 次" in sign_in(client, PHONE, "错").content.decode()


def test_an_unknown_phone_gets_the_same_sentence_as_a_wrong_password(client, secretary):
    known = sign_in(client, "tang", "错").content.decode()
    unknown = sign_in(Client(), "19900009999", "错").content.decode()
    assert "手机号或密码不对，还能再试 4 次。" in known
    assert "手机号或密码不对，还能再试 4 次。" in unknown


def test_two_people_with_one_phone_cannot_sign_in_by_it_but_can_by_name(client, secretary):
    other = User(username="tang2", name="唐桂芳")
    other.set_phone(PHONE)
    other.set_password(PASSWORD)
    other.save()
    assert services.SHARED_PHONE in sign_in(client, PHONE, PASSWORD).content.decode()
    sign_in(client, "tang", PASSWORD)
    assert signed_in(client)


def test_a_phone_shared_with_a_closed_account_still_signs_in(client, secretary):
    other = User(username="tang2", is_active=False)
    other.set_phone(PHONE)
    other.save()
    sign_in(client, PHONE, PASSWORD)
    assert int(client.session[SESSION_KEY]) == secretary.pk


def test_the_session_of_before_is_worth_nothing_after_signing_in(client, secretary):
    client.get(LOGIN)
    session = client.session
    session["planted"] = "by a stranger"
    session.save()
    before = session.session_key
    client.cookies[settings.SESSION_COOKIE_NAME] = before
    sign_in(client, "tang", PASSWORD)
    assert client.session.session_key != before


def test_after_signing_in_one_lands_where_one_wanted_to_go_but_never_on_another_site(client, secretary):
    assert sign_in(client, "tang", PASSWORD, next="/me/").url == "/me/"
    client.post(reverse("accounts:logout"))
    assert sign_in(client, "tang", PASSWORD, next="https://elsewhere.example/").url == "/"


def test_who_was_closed_is_out_at_the_next_click(client, secretary):
    client.force_login(secretary)
    assert client.get("/me/").status_code == 200
    services.close_account(user=secretary)
    answer = client.get("/me/")
    assert answer.status_code == 302
    assert answer.url.startswith(LOGIN)


def test_signing_out_needs_a_button_not_a_link(client, secretary):
    client.force_login(secretary)
    assert client.get(reverse("accounts:logout")).status_code == 405
    client.post(reverse("accounts:logout"))
    assert not signed_in(client)


# --- slips ------------------------------------------------------------------------------------------------------------


def test_a_slip_opens_nothing_until_a_password_of_ones_own_is_chosen(client, db):
    user, password = services.open_account(username="xin", name="新人", phone_plain=PHONE)
    answer = sign_in(client, PHONE, f" {password[:5].upper()}-{password[5:]} ")
    assert answer.url.startswith(reverse("accounts:first_password"))
    assert not signed_in(client)
    assert client.get("/me/").status_code == 302
    answer = client.post(answer.url, {"new": NEW, "again": NEW})
    assert answer.status_code == 302
    assert signed_in(client)
    user.refresh_from_db()
    assert not user.must_change_password
    assert user.check_password(NEW)
    other = Client()
    sign_in(other, "xin", password)
    assert not signed_in(other)


@pytest.mark.parametrize(
    ("new", "again", "sentence"),
    [("短", "短", "太短"), (NEW, NEW + "了", "两次填的不一样"), ("12345678", "12345678", "常见")],
)
def test_a_weak_first_password_is_refused_with_a_sentence(client, db, new, again, sentence):
    _, password = services.open_account(username="xin", name="新人")
    way = sign_in(client, "xin", password).url
    answer = client.post(way, {"new": new, "again": again})
    assert sentence in answer.content.decode()
    assert not signed_in(client)


def test_the_password_of_the_slip_cannot_be_kept(client, db):
    _, password = services.open_account(username="xin", name="新人")
    way = sign_in(client, "xin", password).url
    assert "换一个" in client.post(way, {"new": password, "again": password}).content.decode()


def test_a_slip_older_than_seven_days_opens_nothing(client, db):
    _, password = services.open_account(username="xin", name="新人")
    with clock.stopped_at(clock.now() + dt.timedelta(days=7, minutes=1)):
        answer = sign_in(client, "xin", password)
    assert "过了七天" in answer.content.decode()
    assert not signed_in(client)


def test_a_newer_slip_makes_the_older_one_worthless_even_half_way_through(client, db):
    user, password = services.open_account(username="xin", name="新人")
    way = sign_in(client, "xin", password).url
    services.issue_slip(user=user)
    assert client.post(way, {"new": NEW, "again": NEW}).url == LOGIN
    assert not signed_in(client)


def test_the_page_for_the_first_password_is_closed_to_who_holds_no_slip(client, secretary):
    assert client.get(reverse("accounts:first_password")).url == LOGIN


def test_a_new_slip_puts_out_whoever_is_signed_in(client, secretary):
    client.force_login(secretary)
    services.issue_slip(user=secretary)
    assert client.get("/me/").status_code == 302


def test_changing_the_password_asks_for_the_old_one_and_keeps_this_device_signed_in(client, secretary):
    client.force_login(secretary)
    other = Client()
    other.force_login(secretary)
    page = reverse("accounts:password")
    wrong = client.post(page, {"old": "错", "new": NEW, "again": NEW})
    assert "现在的密码不对。" in wrong.content.decode()
    assert client.post(page, {"old": PASSWORD, "new": NEW, "again": NEW}).status_code == 302
    assert client.get("/me/").status_code == 200
    assert other.get("/me/").status_code == 302


def test_changing_the_password_ends_tokens_and_other_devices_but_not_this_one(client, secretary):
    here, there = client_of(secretary), Client()
    there.force_login(secretary)
    lost = TrustedDevice.objects.create(
        user=secretary,
        name="丢了的手机",
        key_hash="lost",
        since=clock.now(),
        until=clock.now() + services.SLIP_DAYS,
    )
    token, _ = services.make_token(user=secretary, name="旧", verbs=["figures.see"], until=clock.today())
    page = reverse("accounts:password")
    assert here.post(page, {"old": PASSWORD, "new": NEW, "again": NEW}).status_code == 302
    (kept,) = TrustedDevice.objects.in_force().filter(user=secretary)
    assert kept != lost
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_everything_done_to_an_account_is_written_down(secretary):
    services.issue_slip(user=secretary)
    services.close_account(user=secretary)
    services.reopen_account(user=secretary)
    kinds = list(AccountEvent.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["slip", "closed", "reopened", "slip"]


def test_nobody_closes_her_own_account(secretary):
    with pytest.raises(Exception, match="自己的账号自己不能停"):
        services.close_account(user=secretary, actor=secretary)


def test_a_demo_shows_its_accounts_on_the_sign_in_page_and_real_use_never_does(
    client, db, settings, tmp_path
):
    from accounts.demo import write_demo_accounts

    settings.DEMO_MARK = tmp_path / "DEMO"
    write_demo_accounts([{"username": "demo1", "password": "yanshi2026", "title": "村党组织书记"}])
    settings.DEMO = False
    assert "yanshi2026" not in client.get(LOGIN).content.decode()
    settings.DEMO = True
    page = client.get(LOGIN).content.decode()
    assert "yanshi2026" in page
    assert "村党组织书记" in page


def test_who_has_no_post_is_told_whom_to_ask(client, secretary):
    client.force_login(secretary)
    page = client.get(reverse("accounts:no_post")).content.decode()
    assert "村党组织书记" in page
    assert "镇办公室" in page


def test_words_to_the_office_are_kept_with_the_page_they_came_from(client, secretary):
    client.force_login(secretary)
    page = reverse("accounts:words")
    assert 'value="/me/"' in client.get(f"{page}?from=/me/").content.decode()
    client.post(page, {"words": "按钮太小", "page": "/me/"})
    services.answer_feedback(feedback=services.Feedback.objects.get(), answer="下个月改大")
    again = client.get(page).content.decode()
    assert "按钮太小" in again
    assert "下个月改大" in again
    assert client.post(page, {"words": " ", "page": "https://elsewhere.example"}).status_code == 200
