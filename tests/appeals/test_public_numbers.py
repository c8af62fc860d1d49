"""对外电话 in the desk of rules: the hotlines are the office's to write, 纪委电话 is not."""

import datetime as dt

import pytest
from django.urls import reverse

from appeals.models import PublicNumber
from tests.factor import client_of

ADD, LIST = (reverse(f"admin:appeals_publicnumber_{page}") for page in ("add", "changelist"))


def change(number):
    return reverse("admin:appeals_publicnumber_change", args=[number.pk])


@pytest.fixture
def written(town):
    """A number of each kind."""
    return {
        kind: PublicNumber.objects.create(
            kind=kind, territory=town.town, number="0564-1000", since=dt.date(2026, 1, 1)
        )
        for kind in ("hotline", "discipline")
    }


def sent(town, kind, **more):
    said = {"kind": kind, "territory": town.jinxing.pk, "number": "0564-2000", "since": "2026-11-01"}
    return said | {"until": ""} | more


@pytest.mark.parametrize(("part", "kind"), [("office", "hotline"), ("sysadmin", "discipline")])
def test_each_writes_and_changes_its_own_kind(town, written, part, kind):
    client = client_of(getattr(town, part))
    assert client.post(ADD, sent(town, kind)).status_code == 302
    assert PublicNumber.objects.of(kind, town.jinxing) == "0564-2000"
    more = {"territory": town.town.pk, "number": "0564-3000"}
    assert client.post(change(written[kind]), sent(town, kind, **more)).status_code == 302
    written[kind].refresh_from_db()
    assert written[kind].number == "0564-3000"


@pytest.mark.parametrize(("part", "kind"), [("office", "discipline"), ("sysadmin", "hotline")])
def test_neither_adds_changes_or_turns_one_into_the_others_kind(town, written, part, kind):
    client = client_of(getattr(town, part))
    assert client.get(LIST).status_code == 200
    assert client.post(ADD, sent(town, kind)).status_code == 200
    assert client.post(change(written[kind]), sent(town, kind)).status_code == 403
    (own,) = [each for each in written if each != kind]
    assert client.post(change(written[own]), sent(town, kind)).status_code == 200
    numbers = PublicNumber.objects.order_by("kind").values_list("kind", "number", "territory")
    assert list(numbers) == [
        ("discipline", "0564-1000", town.town.pk),
        ("hotline", "0564-1000", town.town.pk),
    ]


def test_nobody_else_comes_in(town, written):
    for part in ("secretary", "worker"):
        for address in (LIST, ADD, change(written["discipline"])):
            assert client_of(getattr(town, part)).get(address).status_code == 403
