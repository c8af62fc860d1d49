"""No identity number and no phone leaves by a door, a log or a session, but where the table of fields says so."""

import logging
import re
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.urls import reverse

from core.admin import site
from grids.duties import DUTIES, FIELD_VERBS
from grids.models import Household, Officer, Person, Territory
from tests.doors_table import DOORS
from tests.factor import client_of
from tests.people import make_town_of_two
from tests.test_doors import ABOVE, FAR, OWN, POSTS, Scene, ask, holds, rows_of, with_more
from visits import services as visits

pytestmark = pytest.mark.slow

# A phone may be read only on a card, by who dials it; everywhere else it is masked.
CARDS = {
    "households-detail",
    "grids:household",
    "visits:household",
    "appeals:matter",
    "appeals:call",
    "api-matter",
    "matches:match",
}
# The same cards for a place without a signal: whoever asks gets her own due households, on whichever side they are.
PACK = "api-pack"
# Whoever manages posts corrects an officer's work phone on the officer's own page.
OFFICERS_PAGE = "grids:officer"
VERB = FIELD_VERBS["household.phone"][0]


@pytest.fixture
def scene(db: None) -> Scene:
    town = make_town_of_two()
    with_more(town)
    visits.ensure_owed()
    return Scene(town, rows_of(town))


def canaries() -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Every identity number, every household's and person's phone, every officer's phone: value → whose."""
    numbers = {p.id_number.open(): p.name for p in Person.objects.all() if p.id_number}
    phones = {p.phone.open(): p.name for p in Person.objects.all() if p.phone}
    phones |= {h.phone.open(): str(h) for h in Household.objects.all() if h.phone}
    work = {o.phone.open(): o.name for o in Officer.objects.all() if o.phone}
    return numbers, phones, work


def phones_of(side: str) -> set[str]:
    """Every phone of the households of that side's village."""
    village = Territory.objects.get(name={OWN: "金星村", FAR: "桥集村"}[side])
    homes = Household.objects.filter(territory__in=village.get_descendants(include_self=True))
    found = {h.phone.open() for h in homes if h.phone}
    return found | {p.phone.open() for p in Person.objects.filter(household__in=homes) if p.phone}


def body(answer: Any) -> str:
    raw = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return raw.decode("utf-8", "replace") + str(answer.headers)


def pages(scene: Scene) -> list[tuple[str, str, str]]:
    """(door, side, address) of everything that answers GET, the office's desk included."""
    found = [
        (name, side, scene.address(name, door, side))
        for name, door in DOORS.items()
        if "GET" in door.methods
        for side in ((OWN, FAR) if door.row else (OWN,))
    ]
    for model in site._registry:
        base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        found.append((base, OWN, reverse(f"{base}_changelist")))
        for row in model._default_manager.values_list("pk", flat=True)[:20]:
            found.append((base, OWN, reverse(f"{base}_change", args=[row])))
    return found


@pytest.mark.slow
def test_no_number_is_on_any_page_for_anybody_but_the_phone_on_the_card_of_who_dials_it(scene, caplog):
    numbers, phones, work = canaries()
    assert len(numbers) >= 10
    assert len(phones) >= 10
    by_side = {side: phones_of(side) for side in (OWN, FAR)}
    assert all(by_side.values())
    caplog.set_level(logging.DEBUG)
    leaks, everything = [], pages(scene)
    # The words of a page are the same on every database: there one reads all of them.
    for part in POSTS if connection.vendor == "sqlite" else ("office",):
        client = scene.client(part)
        for name, side, address in everything:
            text = body(ask(client, "GET", address))
            sides = (OWN, FAR) if name == PACK else (side,) if name in CARDS else ()
            dialled = {phone for at in sides if holds(part, VERB, at) for phone in by_side[at]}
            forbidden = numbers | {phone: whose for phone, whose in phones.items() if phone not in dialled}
            if name != OFFICERS_PAGE:
                forbidden = forbidden | ({} if dialled else work)
            leaks += [
                f"{part} {address} ({name}): {whose}" for value, whose in forbidden.items() if value in text
            ]
    assert not leaks, "\n".join(leaks)
    told = [whose for value, whose in (numbers | phones | work).items() if value in caplog.text]
    assert not told, f"in the log: {told}"


def test_the_card_shows_the_phone_to_who_dials_it_and_to_nobody_else(scene):
    phone = scene.town.zhang.phone.open()
    address = reverse("households-detail", args=[scene.town.zhang.pk])
    for part, held in POSTS.items():
        text = body(scene.client(part).get(address))
        may = held is not None and "phones.dial" in DUTIES[held[0]].verbs and held[1] in ABOVE[OWN]
        assert (phone in text) == may, part


def test_sessions_hold_no_number_after_searching_and_signing_in_by_phone(scene, client):
    numbers, phones, work = canaries()
    secretary = scene.town.secretary
    work_phone = Officer.objects.get(user=secretary).phone.open()
    secretary.set_phone(work_phone)
    secretary.save()
    client.post(reverse("accounts:login"), {"username": work_phone, "password": "错"})
    client.post(reverse("accounts:login"), {"username": work_phone, "password": "山高水长2026"})
    person = scene.town.head(scene.town.zhang)
    for text in (person.id_number.open(), person.phone.open()):
        client.post(reverse("grids:find"), {"text": text})
    kept = " ".join(str(session.get_decoded()) for session in Session.objects.all())
    assert not [whose for value, whose in (numbers | phones | work).items() if value in kept]


def test_searching_by_number_and_failed_sign_ins_leave_no_number_in_the_log_or_the_count_of_tries(
    scene, caplog
):
    from axes.models import AccessAttempt

    numbers, phones, work = canaries()
    caplog.set_level(logging.DEBUG)
    client = scene.client("secretary")
    person = scene.town.head(scene.town.zhang)
    stranger = client_of(None)
    for text in (person.id_number.open(), person.phone.open()):
        client.post(reverse("households-find"), {"text": text}, content_type="application/json")
        client.get(reverse("households-list"), {"q": text})
        stranger.post(reverse("accounts:login"), {"username": text, "password": "错"})
    counted = " ".join(str(row) for row in AccessAttempt.objects.values())
    every = numbers | phones | work
    assert not [whose for value, whose in every.items() if value in counted]
    ours = re.sub(
        r"\?q=\S*", "", " ".join(r.getMessage() for r in caplog.records if r.name.startswith("hongji"))
    )
    assert not [whose for value, whose in every.items() if value in ours]


def test_an_address_with_a_number_in_it_is_refused_by_every_list(scene):
    person = scene.town.head(scene.town.zhang)
    client = scene.client("secretary")
    for value in (person.id_number.open(), person.phone.open()):
        answer = client.get(reverse("households-list"), {"q": value})
        assert answer.status_code == 422
        assert value not in body(answer)
        for name in ("grids:register", "ledgers:desk", "visits:owed"):
            shown = client.get(reverse(name), {"q": value})
            assert shown.status_code == 422, name
            assert value not in body(shown)


@pytest.mark.parametrize("part", ["office"])
def test_a_full_number_is_shown_once_after_a_reason_and_leaves_a_row(scene, part):
    from grids.models import Unmasking

    person = scene.town.head(scene.town.zhang)
    address = reverse("grids:unmask", args=[person.pk])
    client = scene.client(part)
    assert person.id_number.open() not in body(client.get(address))
    assert not Unmasking.objects.exists()
    shown = client.post(address, {"reason": "办理低保复核"})
    assert person.id_number.open() in body(shown)
    assert Unmasking.objects.get().reason == "办理低保复核"
    assert "no-store" in shown.headers["Cache-Control"]
