"""The account of 纪委 is given on the server: by a command, and by nobody who works in the town."""

import io
import re

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts import second_factor
from accounts.models import AccountEvent, PhoneApp, TrustedDevice, User
from accounts.services import close_account
from core import clock
from core.scope import may
from discipline.models import READS, Report
from grids import services as grids
from grids.models import Officer, Post
from tests.discipline.conftest import post_of
from tests.factor import client_of
from tests.people import PASSWORD


def run(**options):
    said = io.StringIO()
    call_command("discipline_office", stdout=said, **options)
    return said.getvalue()


def test_it_opens_an_account_that_reads_and_prints_its_slip(town, tell):
    said = run(name="方正清", username="jiwei")
    assert "账号 jiwei，一次密码" in said
    user = User.objects.get(username="jiwei")
    assert may(user, READS, town.town)
    report = tell()
    assert list(Report.objects.readable_by(user)) == [report]


def test_run_again_it_is_another_slip_for_the_same_account(town):
    first, again = run(name="方正清", username="jiwei"), run(name="方正清")
    assert first != again
    assert User.objects.filter(name="方正清").count() == 1


def test_without_a_town_it_says_what_to_do_first(db):
    with pytest.raises(CommandError, match="先运行"):
        run(name="方正清")


def test_a_line_that_is_not_whole_is_one_sentence(capsys):
    with pytest.raises(SystemExit):
        call_command("discipline_office", "--name", "方正清", "--officer", "1", "--another")
    assert "命令没写对，写成：manage.py discipline_office" in capsys.readouterr().err


def test_run_for_a_closed_account_it_opens_again_and_the_second_factor_is_begun_anew(town):
    run(name="方正清", username="jiwei")
    user = User.objects.get(username="jiwei")
    client_of(user)
    second_factor.begin_app(user=user)
    close_account(user=user)
    password = re.search(r"一次密码 (\w+)", run(name="方正清"))[1]
    user.refresh_from_db()
    assert user.is_active
    assert user.check_password(password)
    assert not PhoneApp.objects.filter(user=user).exists()
    assert not TrustedDevice.objects.in_force().filter(user=user).exists()


def test_who_leaves_the_office_is_taken_out_here_too(town):
    run(name="方正清", username="jiwei")
    user = User.objects.get(username="jiwei")
    assert "到今天为止" in run(name="方正清", end=True)
    assert Officer.objects.get(user=user).posts.get().until == clock.today()
    user.refresh_from_db()
    assert not user.is_active, "he holds nothing else"
    with pytest.raises(CommandError, match="没有叫"):
        run(name="没有的人", end=True)


def test_who_leaves_it_and_holds_another_post_keeps_his_account(town):
    run(name="纪助", end=True)
    town.helper.refresh_from_db()
    assert town.helper.is_active
    assert post_of(town.helper, "discipline").until == clock.today()


# --- one person, one row ----------------------------------------------------------------------------------------------


def test_whoever_stands_in_the_roster_already_is_not_registered_a_second_time(town):
    secretary = Officer.objects.get(user=town.secretary)
    with pytest.raises(CommandError, match=f"编号 {secretary.pk}，金星村 村党组织书记.*--officer") as ended:
        run(name="金 书记")
    assert "--another" in str(ended.value)
    assert Officer.objects.filter(name__contains="书记").count() == 2, "nobody was registered"
    run(name="金书记", officer=secretary.pk)
    assert may(town.secretary, READS, town.town)
    with pytest.raises(CommandError, match="不叫金书记"):
        run(name="金书记", officer=Officer.objects.get(user=town.neighbour).pk)


def test_another_of_the_same_name_is_registered_if_it_is_said_so(town):
    run(name="金书记", another=True, username="jiwei")
    assert Officer.objects.filter(name="金书记").count() == 2
    run(name="金书记")
    assert Officer.objects.filter(name="金书记").count() == 2, "the one who holds the post"


# --- and nowhere else -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["sysadmin", "office", "secretary"])
@pytest.mark.parametrize("whom", ["chief", "helper"])
def test_no_action_of_the_admin_reaches_the_account_of_the_discipline_office(town, part, whom):
    actor, user = getattr(town, part), getattr(town, whom)
    client_of(user)
    client, before = client_of(actor), AccountEvent.objects.count()
    page, officer = reverse("admin:grids_officer_changelist"), Officer.objects.get(user=user)
    for action in ("give_slip", "close", "reopen", "clear_factor"):
        sent = {"action": action, "_selected_action": [officer.pk]}
        answer = client.post(page, sent, follow=True).content.decode()
        assert "slip-password" not in answer
        assert part == "secretary" or "这个岗位不归您定" in answer
    user.refresh_from_db()
    assert user.is_active
    assert user.check_password(PASSWORD)
    assert TrustedDevice.objects.in_force().filter(user=user).exists()
    assert AccountEvent.objects.count() == before


@pytest.mark.parametrize("part", ["sysadmin", "office", "secretary"])
def test_nobody_who_signs_in_gives_takes_or_changes_the_post(town, part):
    actor, post = getattr(town, part), post_of(town.chief, "discipline")
    ways = [
        lambda: grids.appoint(
            actor=actor, officer=Officer.objects.get(user=actor), territory=town.town,
            duty="discipline", since=clock.today(),
        ),
        lambda: grids.end_post(actor=actor, post=post, until=clock.today()),
        lambda: grids.issue_account(actor=actor, officer=post.officer),
        lambda: grids.close_account(actor=actor, officer=post.officer),
        lambda: grids.reopen_account(actor=actor, officer=post.officer),
        lambda: grids.reset_second_factor(actor=actor, officer=post.officer),
        lambda: grids.change_officer(actor=actor, officer=post.officer, name="别的名字"),
    ]  # fmt: skip
    for way in ways:
        with pytest.raises(PermissionDenied):
            way()
    assert Post.objects.filter(duty="discipline", until=None).count() == 3
