"""The office's desk: who comes in, what she sees there, and that nothing on it is English."""

import re

import pytest
from django.contrib.admin.sites import AdminSite
from django.urls import reverse

from accounts import services as accounts
from accounts.models import AccountEvent, Feedback, TrustedDevice, User
from core.admin import SECRET, site
from grids.models import CategoryKind, Officer, Unmasking, WithheldVerb
from tests.factor import client_of
from tests.people import PASSWORD, Town
from visits.models import Cadence

pytestmark = pytest.mark.slow

HOME = reverse("admin:index")


def lists():
    return [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in site._registry
    ]


def text_of(answer):
    """What a user reads: tags, scripts and attributes that are not read away."""
    page = answer.content.decode()
    page = re.sub(r"<(script|style|svg)\b.*?</\1>|<!--.*?-->", " ", page, flags=re.S)
    page = re.sub(r"<input type=.hidden.[^>]*>|<option value=.[a-z_]*.", " ", page)
    shown = re.findall(r'(?:title|alt|placeholder|aria-label|value)="([^"]*)"', page)
    return re.sub(r"<[^>]+>", " ", page) + " ".join(shown)


# --- who comes in -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "part", ["secretary", "neighbour", "worker", "leader", "assistant", "supervisor", "nobody"]
)
def test_only_office_and_system_administrator_come_in(town: Town, part):
    client = client_of(getattr(town, part))
    for page in (HOME, *lists()):
        assert client.get(page).status_code == 403, page


def test_a_stranger_is_sent_to_the_sign_in_page_of_all(client, db):
    assert client.get(HOME).url == f"{reverse('accounts:login')}?next={HOME}"


def test_a_superuser_of_django_has_no_key_to_it(town):
    user = User.objects.create_superuser(username="root", password=PASSWORD)
    assert client_of(user).get(HOME).status_code == 403


def test_without_the_second_factor_even_the_office_waits_outside(town):
    client = client_of(town.office, factor=False)
    for page in (HOME, *lists()):
        answer = client.get(page)
        assert answer.status_code == 302
        assert answer.url.startswith(reverse("accounts:second_factor"))


def test_the_doors_that_stand_elsewhere_are_not_here_again(town):
    client = client_of(town.office)
    for path in ("login/", "logout/", "password_change/", "r/1/1/"):
        assert client.get(HOME + path).status_code == 404


def test_every_desk_has_a_group_in_the_menu(town):
    page = client_of(town.office).get(HOME).content.decode()
    for group in ("规则", "网格和居民", "账号", "记录"):
        assert group in page
    assert isinstance(site, AdminSite)


# --- what is seen -----------------------------------------------------------------------------------------------------


def test_every_list_and_every_row_opens_and_says_nothing_in_english(town):
    client = client_of(town.office)
    Feedback.objects.create(author=town.worker, words="按钮太小", at=accounts.clock.now())
    allowed = re.compile(r"^(?:[a-z0-9_.]+|ID|GET|POST|NONE|NOARCHIVE|X|K)$")
    for page in (HOME, *lists()):
        answer = client.get(page)
        assert answer.status_code == 200, page
        rows = re.findall(rf'href="({re.escape(page)}\d+/change/)', answer.content.decode())
        for address in (page, *rows[:1]):
            words = re.findall(r"[A-Za-z][A-Za-z ]{3,}", text_of(client.get(address)))
            known = {
                "jinxing",
                "qiaoji",
                "bangongshi",
                "wanggeyuan",
                "zhouzhang",
                "xuxie",
                "jiandu",
                "guanli",
                "nobody",
            }
            found = {word.strip() for word in words} - known
            foreign = {word for word in found if not allowed.match(word)}
            assert not foreign, (address, foreign)


def test_numbers_are_masked_in_lists_and_rows(town):
    client = client_of(town.office)
    person = town.head(town.zhang)
    address = reverse("admin:grids_person_change", args=[person.pk])
    for page in (reverse("admin:grids_person_changelist"), address):
        shown = client.get(page).content.decode()
        assert "349901************" in shown
        assert person.id_number.open() not in shown
        assert person.phone.open() not in shown


def test_no_page_has_styles_or_scripts_inside(town):
    client = client_of(town.office)
    for page in (HOME, *lists()):
        shown = client.get(page).content.decode()
        assert " style=" not in shown, page
        assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", shown), page
        assert not re.search(r"\son\w+=", re.sub(r"<script.*?</script>", "", shown, flags=re.S)), page


@pytest.mark.parametrize(
    "typed", ["19900000901", "349901195001020015", "1990000 0901", "３４９９０１１９５００１０２００１Ｘ"]
)
def test_a_number_typed_into_the_search_is_refused_with_a_sentence_and_leaves_the_address(town, typed):
    client = client_of(town.office)
    page = reverse("admin:grids_person_changelist")
    answer = client.get(page, {"q": typed})
    assert answer.url == page
    assert SECRET in client.get(page).content.decode()


def test_the_system_administrator_sees_how_many_there_are_but_not_who(town):
    client = client_of(town.sysadmin)
    page = client.get(HOME).content.decode()
    assert "只知道有多少" in page
    for name in ("张三丰", "张翠山", "060001"):
        for address in (HOME, *lists()):
            answer = client.get(address)
            assert answer.status_code in (200, 403)
            assert name not in answer.content.decode(), address
    assert client.get(reverse("admin:grids_household_changelist")).status_code == 403
    assert client.get(reverse("admin:accounts_user_changelist")).status_code == 200


def test_another_towns_rows_do_not_exist_here(town):
    from grids import services

    other = services.add_town(name="临水镇", code="341504998")
    client = client_of(town.office)
    shown = client.get(reverse("admin:grids_territory_changelist")).content.decode()
    assert "洪集镇" in shown
    assert "临水镇" not in shown
    stranger = client.get(reverse("admin:grids_territory_change", args=[other.pk]))
    unknown = client.get(reverse("admin:grids_territory_change", args=[999999]))
    assert stranger.status_code == unknown.status_code == 404
    assert stranger.content == unknown.content


def test_an_account_without_any_post_is_still_listed(town):
    assert "路人" in client_of(town.office).get(reverse("admin:accounts_user_changelist")).content.decode()


@pytest.mark.parametrize(
    "name",
    ["grids_person", "grids_household", "grids_officer", "grids_post", "accounts_user", "grids_territory"],
)
def test_a_list_of_twice_as_many_rows_asks_no_more_questions(town, name, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = client_of(town.office)
    page = reverse(f"admin:{name}_changelist")
    client.get(page)
    with CaptureQueriesContext(connection) as before:
        client.get(page)
    for number in range(6):
        household = town.household(town.group1, f"新户{number}", number=f"0700{number:02d}")
        assert household.pk
        town.post(f"xinren{number}", f"新人{number}", "assistant", town.grid1)
    with django_assert_max_num_queries(len(before)):
        client.get(page)


# --- what is done -----------------------------------------------------------------------------------------------------


def test_the_office_adds_a_kind_of_household_and_nothing_is_ever_deleted(town):
    client = client_of(town.office)
    page = reverse("admin:grids_categorykind_add")
    fields = {"code": "disabled2", "name": "残疾人家庭", "short": "残疾", "synonyms": "", "position": "60"}
    assert client.post(page, fields).status_code == 302
    kind = CategoryKind.objects.get(code="disabled2")
    assert (
        client.post(reverse("admin:grids_categorykind_delete", args=[kind.pk]), {"post": "yes"}).status_code
        == 403
    )


def test_a_second_cadence_in_force_is_refused_with_a_sentence(town):
    client = client_of(town.office)
    taken = Cadence.objects.filter(until__isnull=True).first()
    if taken is None:
        taken = Cadence.objects.create(who="category", unit="month", since="2022-05-10")
    answer = client.post(
        reverse("admin:visits_cadence_add"),
        {"who": taken.who, "unit": "month", "since": "2026-11-01", "until": ""},
    )
    assert "已有一条在用的频次" in answer.content.decode()


def test_a_verb_is_withheld_and_given_back(town):
    client = client_of(town.office)
    client.post(reverse("admin:grids_withheldverb_add"), {"duty": "secretary", "verb": "ledgers.export"})
    from core.scope import may

    assert not may(town.secretary, "ledgers.export")
    row = WithheldVerb.objects.get()
    client.post(reverse("admin:grids_withheldverb_delete", args=[row.pk]), {"post": "yes"})
    assert may(town.secretary, "ledgers.export")


@pytest.mark.parametrize(
    "name",
    [
        "grids_household",
        "grids_person",
        "grids_post",
        "accounts_user",
        "grids_unmasking",
        "grids_elsewhereanswer",
    ],
)
def test_what_has_a_verb_of_its_own_is_only_looked_at(town, name):
    assert client_of(town.office).get(reverse(f"admin:{name}_add")).status_code == 403
    assert not Unmasking.objects.exists()


def act(client, officer, action):
    page = reverse("admin:grids_officer_changelist")
    return client.post(page, {"action": action, "_selected_action": [officer.pk]}, follow=True)


def test_the_office_hands_out_a_slip_that_signs_in(town):
    officer = Officer.objects.get(user=town.secretary)
    page = act(client_of(town.office), officer, "give_slip").content.decode()
    first, second = re.search(r'slip-password">(\w{5}) (\w{5})<', page).groups()
    town.secretary.refresh_from_db()
    assert town.secretary.check_password(first + second)
    assert town.secretary.must_change_password
    assert AccountEvent.objects.filter(user=town.secretary, kind="slip", actor=town.office).exists()


def test_the_office_cannot_hand_itself_the_key_of_the_system_administrator(town):
    officer = Officer.objects.get(user=town.sysadmin)
    for action in ("give_slip", "close", "reopen", "clear_factor"):
        answer = act(client_of(town.office), officer, action)
        assert "slip-password" not in answer.content.decode()
    town.sysadmin.refresh_from_db()
    assert town.sysadmin.is_active
    assert town.sysadmin.check_password(PASSWORD)


def test_the_system_administrator_hands_out_the_offices_slip_but_no_secretarys(town):
    client = client_of(town.sysadmin)
    assert "slip-password" in act(client, Officer.objects.get(user=town.office), "give_slip").content.decode()
    assert (
        "slip-password"
        not in act(client, Officer.objects.get(user=town.secretary), "give_slip").content.decode()
    )


def test_an_account_is_closed_and_opened_again_with_a_new_slip(town):
    client, officer = client_of(town.office), Officer.objects.get(user=town.worker)
    his = client_of(town.worker)
    act(client, officer, "close")
    assert his.get("/me/").status_code == 302
    assert "slip-password" in act(client, officer, "reopen").content.decode()
    act(client, officer, "clear_factor")
    assert not TrustedDevice.objects.in_force().filter(user=town.worker).exists()


def test_one_person_at_a_time(town):
    page = reverse("admin:grids_officer_changelist")
    chosen = list(Officer.objects.values_list("pk", flat=True)[:2])
    answer = client_of(town.office).post(page, {"action": "close", "_selected_action": chosen}, follow=True)
    assert "一次只能选一个人" in answer.content.decode()


def test_words_are_answered_and_the_words_themselves_stay(town):
    words = accounts.give_feedback(author=town.worker, words="按钮太小")
    address = reverse("admin:accounts_feedback_change", args=[words.pk])
    client_of(town.office).post(address, {"answer": "下个月改大", "words": "别的"})
    words.refresh_from_db()
    assert (words.answer, words.words) == ("下个月改大", "按钮太小")
    assert words.answered_at
