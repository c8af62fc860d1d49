"""Every route × method × person × row against one table: nobody comes in who should not, and nothing tells a stranger's
row from one that never was."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse

from core import clock
from grids.duties import DUTIES
from grids.models import Post, RegisterChange
from ledgers.models import Job, StoredFile
from tests.doors_rows import FAR, OWN, UNKNOWN, rows_of
from tests.doors_table import CONTENT, DOORS, Door
from tests.factor import client_of
from tests.people import POSTED, Town, make_town_of_two
from visits import services as visits

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
NO = {401, 403, 404, 405}
AUTHOR = {OWN: "assistant"}  # who made the visits of rows_of; the far one is nobody of the cast
# part of the cast → duty and where it is held; the table of duties says the rest
POSTS = {
    "office": ("office", "town"),
    "secretary": ("secretary", "jinxing"),
    "neighbour": ("secretary", "qiaoji"),
    "leader": ("leader", "grid1"),
    "worker": ("worker", "grid1"),
    "assistant": ("assistant", "grid1"),
    "supervisor": ("supervisor", "jinxing"),
    "shopkeeper": ("shopkeeper", "jinxing"),
    "sysadmin": ("sysadmin", "town"),
    "discipline": ("discipline", "town"),
    "nobody": None,
}
ABOVE = {OWN: ("grid1", "jinxing", "town"), FAR: ("far_grid", "qiaoji", "town")}


def routes(resolver: Any = None, spaces: tuple[str, ...] = (), prefix: str = "") -> Iterator[tuple[str, str]]:
    """(name, address) of every route of the site; the admin's are looked at by themselves."""
    for pattern in (resolver or get_resolver()).url_patterns:
        address = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            inner = (*spaces, pattern.namespace) if pattern.namespace else spaces
            yield from routes(pattern, inner, address)
        else:
            yield ":".join((*spaces, pattern.name or f"?{address}")), address


def test_every_route_has_a_line_in_the_table_and_every_line_a_route():
    found = {name: address for name, address in routes() if not name.startswith("admin:")}
    lacking = {name: address for name, address in found.items() if name not in DOORS}
    lines = "\n".join(f'    "{name}": get("<verb>"),  # {address}' for name, address in lacking.items())
    assert not lacking, f"routes without a policy; add to DOORS in tests/doors_table.py:\n{lines}"
    stale = DOORS.keys() - found.keys()
    assert not stale, f"lines of tests/doors_table.py without a route: {sorted(stale)}"


# --- the cast and its rows --------------------------------------------------------------------------------------------


@dataclass
class Scene:
    town: Town
    rows: dict[str, dict[str, Any]]

    def address(self, name: str, door: Door, side: str) -> str:
        parts: dict[str, Any] = dict(door.more)
        if door.row:
            value = self.rows[door.row][side]
            for word in ("pk", "uuid", "id", "code", "run"):
                try:
                    return reverse(name, kwargs={**parts, word: value})
                except NoReverseMatch:
                    continue
        return reverse(name, kwargs=parts)

    def client(self, part: str) -> Client:
        client = client_of(getattr(self.town, part) if part else None)
        client.raise_request_exception = (
            False  # a fault is a wrong answer of one cell, not the end of the walk
        )
        return client


pytestmark = pytest.mark.slow


def with_more(town: Any) -> None:
    """Whom the doors need besides the cast: the neighbour's assistant, the discipline office, and the
    shopkeepers of both villages."""
    town.post("yuanxie", "远协", "assistant", town.far_grid)
    town.discipline = town.post("jiming", "纪明", "discipline", town.town)
    town.shopkeeper = town.post("dianyuan", "金店员", "shopkeeper", town.jinxing)
    town.post("yuandian", "远店员", "shopkeeper", town.qiaoji)


@pytest.fixture
def scene(db: None) -> Scene:
    town = make_town_of_two()
    with_more(town)
    visits.ensure_owed()
    return Scene(town, rows_of(town))


# --- what is expected -------------------------------------------------------------------------------------------------


def holds(part: str, verb: str, side: str | None = None) -> bool:
    """By the table of duties alone: whether a part carries a verb, at a row of that side or anywhere."""
    if verb == "":
        return True
    held = POSTS[part]
    if held is None or not DUTIES[held[0]].verbs & set(verb.split("|")):
        return False
    return side is None or held[1] in ABOVE.get(side, ())


def expected(door: Door, method: str, part: str, side: str) -> set[int] | str:
    """A set of answers that are right, or "ok": anything but a refusal or a fault."""
    if method not in door.methods:
        return {403, 404, 405}
    if door.key:
        return {401, 429}
    verb = door.methods[method]
    if verb == CONTENT:
        return {403, 404, 409, 422}
    if door.mine:
        owner = {OWN: "secretary", FAR: "neighbour"}.get(side)
        return "ok" if part == owner else {403, 404}
    if door.author and part == AUTHOR.get(side):
        return "ok"
    if not door.row or door.row == "new_uuid":
        return "ok" if holds(part, verb) or door.bare else {403}
    if side == UNKNOWN or not holds(part, door.see or verb, side):
        return {404} if holds(part, verb) else {403, 404}
    return "ok" if holds(part, verb, side) else {403}


def fits(status: int, wanted: set[int] | str, method: str) -> bool:
    if wanted == "ok":
        return status < 500 and status not in (401, 405) and not (method == "GET" and status in NO)
    return status in wanted


def ask(client: Client, method: str, address: str, body: dict[str, str] | None = None) -> Any:
    """One request whose effect does not stay."""
    with transaction.atomic():
        kind = (
            {} if method == "GET" or not address.startswith("/api/") else {"content_type": "application/json"}
        )
        answer = getattr(client, method.lower())(
            address, **({"data": body or {}} | kind if method != "GET" else {})
        )
        _ = answer.content if not answer.streaming else b"".join(answer.streaming_content)
        transaction.set_rollback(True)
    return answer


# Rows that are seen, but whose service still says no (403, or a sentence) to all but the author or who decides.
AUTHORS_ONLY = {
    *("api-finding-settle", "api-visit-undo", "api-visit-photo", "grids:decide"),
    *("changes-accept", "changes-refuse", "changes-undo"),
}

# The job of the scene has no file yet, and what is on hold no photo: 404 for their owners too. Who gets a file is told
# in tests/ledgers, who a photo in tests/visits/test_held_photo.py.
NOT_MADE_YET = {"ledgers:download", "jobs-download", "visits:held_photo"}


def cast() -> tuple[str, ...]:
    """Who walks through every door: all of them on SQLite. Whom a rule lets in it lets in on every database; there the
    walk asks whether each page's questions can be put, and for that who sees most, who sees one village, who sees some
    of it and who sees nothing are enough."""
    return tuple(POSTS) if connection.vendor == "sqlite" else ("office", "secretary", "assistant", "nobody")


def methods_of(door: Door) -> tuple[str, ...]:
    """Those to be tried. What a door does not answer it answers on no database."""
    return METHODS if connection.vendor == "sqlite" else tuple(door.methods)


@pytest.mark.parametrize("part", cast())
def test_every_door_opens_to_whom_the_table_says_and_to_nobody_else(scene, part):
    wrong, cells = [], 0
    mine = scene.client(part)
    cookies = mine.cookies.copy()
    for name, door in DOORS.items():
        for method in methods_of(door):
            answers = {}
            for side in (OWN, FAR, UNKNOWN) if door.row and method in door.methods else (OWN,):
                mine.cookies = cookies.copy()
                address = scene.address(name, door, side)
                answer = answers[side] = ask(mine, method, address, door.body)
                wanted = expected(door, method, part, side)
                cells += 1
                if name in NOT_MADE_YET and answer.status_code == 404:
                    continue
                if name in AUTHORS_ONLY and answer.status_code in (403, 404, 422) and wanted == "ok":
                    continue
                if not fits(answer.status_code, wanted, method):
                    told = f"({name}, {side}): {answer.status_code}, not {wanted}"
                    wrong.append(f"{part:<10} {method:<6} {address} {told}")
            if door.row and method in door.methods:
                wrong += oracle(name, method, part, door, answers)
    assert not wrong, f"{len(wrong)} of {cells} cells are wrong:\n" + "\n".join(wrong)
    # All of them: more than 10,000 cells with the strangers' (quality.md, S1).
    assert cells > (1000 if connection.vendor == "sqlite" else 400)


def test_a_stranger_is_sent_to_sign_in_by_every_door(scene, client):
    wrong = []
    client.raise_request_exception = False
    for name, door in DOORS.items():
        for method in METHODS if not door.open else ():
            answer = ask(client, method, scene.address(name, door, OWN))
            right = 401 if answer.wsgi_request.path.startswith("/api/") and name != "api-docs" else 302
            away = right == 302 and not answer.url.startswith(reverse("accounts:login"))
            if answer.status_code != right or away:
                wrong.append(f"a stranger {method} {name}: {answer.status_code}, not {right}")
    assert not wrong, "\n".join(wrong)


def oracle(name: str, method: str, part: str, door: Door, answers: dict[str, Any]) -> list[str]:
    """A row that does not exist for somebody answers exactly as one that never was."""
    told = []
    for side in (OWN, FAR):
        hidden = (
            part != {OWN: "secretary", FAR: "neighbour"}[side]
            if door.mine
            else not holds(part, door.see or door.methods[method], side)
            and not (door.author and part == AUTHOR.get(side))
        )
        one, never = answers[side], answers[UNKNOWN]
        differs = one.status_code != never.status_code or body(one) != body(never)
        if hidden and door.row != "new_uuid" and differs and door.methods[method] != CONTENT:
            told.append(
                f"{part:<10} {method:<6} {name}: {side} row answers {one.status_code} otherwise than no row"
            )
    return told


def body(answer: Any) -> bytes:
    return b"" if answer.streaming else answer.content


def test_every_door_of_the_offices_desk_is_shut_to_everybody_else(scene):
    doors = [(name, address) for name, address in routes() if name.startswith("admin:")]
    assert len(doors) > 40
    wrong = []
    most = ("secretary", "neighbour", "worker", "supervisor", "nobody", "")
    for part in most if connection.vendor == "sqlite" else ("secretary", ""):
        client = scene.client(part)
        for name, address in doors:
            path = "/" + address.replace("<path:object_id>", "1").replace("<path:content_type_id>", "1")
            path = path.replace("^(?P<app_label>", "grids/").split("(?P")[0].removesuffix("$")
            for method in ("GET", "POST"):
                status = ask(client, method, path).status_code
                if status not in ({403} if part else {302}):
                    wrong.append(f"{part or 'a stranger'} {method} {path} ({name}): {status}")
    assert not wrong, "\n".join(wrong)


# --- another village's number, wherever it may be written -------------------------------------------------------------


def api(client: Client, method: str, address: str, **data: Any) -> Any:
    return getattr(client, method)(address, data=data, content_type="application/json")


def visit_body(household: Any, **more: Any) -> dict[str, Any]:
    now = clock.now().isoformat()
    return {"household": household, "happened_at": now, "sent_at": now, "manner": "door", "met": True, **more}


def test_a_visit_to_the_neighbours_household_is_as_unknown_as_one_to_no_household(scene):
    client = scene.client("secretary")
    answers = [
        api(client, "put", reverse("api-visit", args=[uuid.uuid4()]), **visit_body(pk))
        for pk in (scene.town.chen.pk, 987654321)
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


def test_a_taken_number_of_a_stranger_tells_nothing_of_what_it_holds(scene):
    taken = scene.rows["visit"][FAR]
    answer = api(
        scene.client("worker"), "put", reverse("api-visit", args=[taken]), **visit_body(scene.town.zhang.pk)
    )
    assert answer.status_code == 409
    assert "mine" not in answer.json()
    assert "陈小军" not in answer.content.decode()


def test_a_change_of_the_neighbours_household_is_unknown(scene):
    town, client = scene.town, scene.client("secretary")
    before = RegisterChange.objects.count()
    for household, person in (
        (town.chen.pk, None),
        (town.zhang.pk, town.head(town.chen).pk),
        (987654321, None),
    ):
        body = {
            "kind": "away",
            "household": household,
            "happened_on": clock.today().isoformat(),
            "facts": {"place": "x"},
        }
        if person:
            body |= {"kind": "death", "person": person, "facts": {}}
        answer = api(client, "put", reverse("changes-detail", args=[uuid.uuid4()]), **body)
        assert answer.status_code in (404, 422), body
    assert RegisterChange.objects.count() == before


@pytest.mark.parametrize("place", ["桥集村", "341504999208"])
def test_the_neighbours_ledger_cannot_be_asked_for_by_name_or_by_code(scene, place):
    client = scene.client("secretary")
    address = reverse("ledgers-export", args=["visits"])
    stranger = api(client, "post", address, territory=place, period="2026-10")
    unknown = api(client, "post", address, territory="没有村", period="2026-10")
    assert stranger.status_code == unknown.status_code
    assert stranger.status_code in (404, 422)
    assert Job.objects.filter(owner=scene.town.secretary, territory=scene.town.qiaoji).count() == 0


def test_a_filter_by_the_neighbours_group_gives_nothing(scene):
    client = scene.client("secretary")
    for name in ("households-list", "api-due"):
        answer = client.get(reverse(name), {"group": scene.town.far_group.pk})
        assert "陈小军" not in answer.content.decode()
        if answer.status_code == 200:
            assert "080001" not in answer.content.decode()


@pytest.mark.parametrize("text", ["陈小军", "chenxiaojun", "cxj", "080001"])
def test_the_neighbours_people_are_not_found_by_any_word(scene, text):
    client = scene.client("secretary")
    answer = api(client, "post", reverse("households-find"), text=text)
    assert answer.json()["results"] == []
    assert "陈小军" not in client.get(reverse("households-list"), {"q": text}).content.decode()
    page = client.post(reverse("grids:find"), {"text": text}).content.decode()
    assert reverse("grids:household", args=[scene.town.chen.pk]) not in page


def test_the_neighbours_people_are_not_found_by_full_number_or_phone(scene):
    person = scene.town.head(scene.town.chen)
    for text in (person.id_number.open(), person.phone.open()):
        answer = api(scene.client("secretary"), "post", reverse("households-find"), text=text)
        assert answer.json()["results"] == []
        found = api(scene.client("neighbour"), "post", reverse("households-find"), text=text)
        assert len(found.json()["results"]) == 1


def test_a_file_belongs_to_who_made_it_and_not_even_to_the_office(scene):
    stored = StoredFile.objects.create(
        owner=scene.town.secretary, name="x.xlsx", path="x", made_at=clock.now(), keep_until=clock.now()
    )
    Job.objects.filter(pk=scene.rows["export"][OWN]).update(result=stored, state=Job.DONE)
    for part in ("office", "neighbour", "sysadmin"):
        client = scene.client(part)
        for name in ("jobs-download", "ledgers:download"):
            address = scene.address(name, DOORS[name], OWN)
            assert client.get(address).status_code == 404


def test_a_post_that_ended_yesterday_opens_nothing_today(scene):
    town = scene.town
    client = scene.client("worker")
    address = reverse("households-detail", args=[town.zhang.pk])
    assert client.get(address).status_code == 200
    Post.objects.filter(officer__user=town.worker).update(until=POSTED)
    assert client.get(address).status_code in (403, 404)


def test_an_assistant_puts_a_visit_reads_it_again_and_undoes_it_but_reads_nobody_elses(scene):
    client, mine, other = (
        scene.client("assistant"),
        *(reverse("api-visit", args=[uuid.uuid4()]) for _ in "12"),
    )
    assert api(client, "put", mine, **visit_body(scene.town.zhang.pk)).status_code == 201
    assert client.get(mine).status_code == 200
    assert api(client, "post", f"{mine}undo/").status_code == 200
    assert api(scene.client("worker"), "put", other, **visit_body(scene.town.wang.pk)).status_code == 201
    assert client.get(other).status_code == 404
