"""The phone's shell: the same page for everybody, with nothing personal in it, kept by the browser until it changes."""

import gzip
import json
import re
from posixpath import normpath
from typing import Any

from django.conf import settings
from django.test import Client

from accounts.models import User
from grids.models import CategoryKind
from tests.people import Town
from visits.models import Finding


def words_of(text: str) -> dict[str, Any]:
    """The choices that the shell hands to the scripts."""
    found = re.search(r'<script id="words" type="application/json">(.*?)</script>', text, re.DOTALL)
    assert found
    return json.loads(found.group(1))


def test_the_shell_is_the_same_page_for_everybody_and_holds_no_name(town: Town, client: Client) -> None:
    stranger = client.get("/v/").content
    for user in (town.worker, town.secretary, town.office, town.nobody):
        client.force_login(user)
        assert client.get("/v/").content == stranger
    text = stranger.decode()
    people = [*User.objects.values_list("name", flat=True), "张三丰", "金星", "19900000"]
    assert not [name for name in people if name in text]


def test_the_browser_may_keep_the_shell_and_learns_when_it_changed(client: Client, db: None) -> None:
    first = client.get("/v/")
    assert first.headers["Cache-Control"] == "no-cache"
    again = client.get("/v/", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    CategoryKind.objects.create(code="new", name="新类别", short="新")
    changed = client.get("/v/", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert ["new", "新类别"] in words_of(changed.content.decode())["categories"]


def test_the_shell_goes_compressed_over_the_net_and_its_tag_still_holds(client: Client, db: None) -> None:
    plain, packed = client.get("/v/"), client.get("/v/", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.content) == plain.content
    assert len(packed.content) * 2 < len(plain.content)
    known = {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}
    assert client.get("/v/", headers=known).status_code == 304


def test_the_shell_names_every_module_of_the_list_so_that_none_waits_for_another(
    client: Client, db: None
) -> None:
    text = client.get("/v/").content.decode()
    named = re.findall(r'<link rel="modulepreload"[^>]* href="/static/([^"]+)"', text)
    # What asks the first question comes first.
    assert named[:3] == ["js/phone/first.js", "js/phone/hands.js", "js/phone/api.js"]
    assert "js/phone/main.js" in named
    assert len(named) == len(set(named))
    for module in named:
        if module.startswith("js/"):
            needs = re.findall(r'from "([^"]+)"', (settings.BASE_DIR / "static" / module).read_text("utf-8"))
            assert {normpath(f"{module}/../{each}") for each in needs} <= set(named), module
    # The other pages come behind the list, and so does all that only they need.
    assert [module for module in named if "/views/" in module] == ["js/phone/views/due.js"]
    assert {"js/phone/photo.js", "js/phone/faults.js", "js/phone/words.js"}.isdisjoint(named)
    assert not re.search(r"<script>|style=|\son[a-z]+=", text)


def test_the_phone_keeps_every_module_for_places_without_a_signal(client: Client, db: None) -> None:
    kept = client.get("/sw.js").content.decode()
    folder = settings.BASE_DIR / "static"
    there = [path.relative_to(folder).as_posix() for path in (folder / "js" / "phone").rglob("*.js")]
    assert [module for module in there if f'"/static/{module}"' not in kept] == []


def test_every_kind_of_finding_has_words_to_tap(client: Client, db: None) -> None:
    text = client.get("/v/").content.decode()
    words = words_of(text)
    assert [code for code, *_ in words["knows"]] == [code for code, _ in Finding.KINDS]
    longest = Finding._meta.get_field("detail").max_length or 0
    assert all(details and max(map(len, details)) <= longest for *_, details in words["knows"])


def test_the_shell_costs_one_query_however_large_the_town_is(
    town: Town, client: Client, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):  # the town's list of categories
        client.get("/v/")
