"""The service worker and the manifest: what they name exists, holds nobody's data, and changes when a byte changes."""

import json
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client

from hongji import phone
from hongji.finders import FROM_NPM, NpmFinder


def shell_of(script: str) -> dict:
    """What stands before the worker's own lines."""
    first = script.splitlines()[0]
    assert first.startswith("const SHELL = ")
    return json.loads(first.removeprefix("const SHELL = ").removesuffix(";"))


def test_a_stranger_gets_the_worker_and_the_browser_asks_anew_each_time(client: Client, db: None) -> None:
    answer = client.get("/sw.js")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache"


def test_every_file_the_worker_keeps_is_there_and_none_is_of_the_api(client: Client, db: None) -> None:
    shell = shell_of(client.get("/sw.js").content.decode())
    assert shell["page"] == "/v/"
    assert set(shell["styles"]) < set(shell["files"])
    assert not [path for path in shell["files"] if path.startswith("/api/")]
    static = [path for path in shell["files"] if path != "/v/"]
    assert len(static) > 30
    assert all(finders.find(path.removeprefix(settings.STATIC_URL)) for path in static)


@pytest.mark.skipif(not finders.find("npm/idb.js"), reason="node_modules 没有装")
def test_what_the_modules_import_is_kept_with_them(client: Client, db: None) -> None:
    files = shell_of(client.get("/sw.js").content.decode())["files"]
    assert f"{settings.STATIC_URL}npm/idb.js" in files


def test_one_changed_byte_is_another_release(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = shell_of(client.get("/sw.js").content.decode())["version"]
    assert shell_of(client.get("/sw.js").content.decode())["version"] == before
    changed = tmp_path / "dom.js"
    changed.write_text("// another\n", encoding="utf-8")
    real = finders.find
    monkeypatch.setattr(
        phone.finders, "find", lambda name: str(changed) if name.endswith("dom.js") else real(name)
    )
    assert shell_of(client.get("/sw.js").content.decode())["version"] != before


def test_the_manifest_names_icons_of_their_true_size(client: Client, db: None) -> None:
    from PIL import Image

    told = client.get("/manifest.webmanifest").json()
    assert (told["start_url"], told["scope"], told["lang"]) == ("/v/", "/", "zh-CN")
    for icon in told["icons"]:
        path = finders.find(icon["src"].removeprefix(settings.STATIC_URL))
        with Image.open(path) as drawn:
            assert icon["sizes"] == "{}x{}".format(*drawn.size)


def test_of_node_modules_only_what_is_named_is_served(client: Client) -> None:
    finder = NpmFinder()
    assert finder.find("idb/package.json") == []
    assert finder.find("npm/../axe-core/axe.js") == []
    for name in FROM_NPM:
        found = finder.find(name)
        assert not found or str(found).endswith(f"/node_modules/{FROM_NPM[name]}")


def test_the_policy_lets_workers_and_manifests_come_from_here_only(client: Client, db: None) -> None:
    policy = client.get("/v/").headers["Content-Security-Policy"]
    assert "worker-src 'self'" in policy
    assert "manifest-src 'self'" in policy
