"""The account of 纪委 is given on the server: by a command, and by nobody who works in the town."""

import io

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from core.scope import may
from discipline.models import READS, Report


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
