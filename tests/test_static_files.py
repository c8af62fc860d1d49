"""What a browser gets after a deploy: files under names that change with their content, down to the last import."""

import json
import os
import posixpath
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles import storage as staticfiles
from django.core.management import call_command
from django.test import override_settings

from hongji.finders import FROM_NPM
from hongji.static_storage import HashedStorage
from visits.shell import FIRST, MAIN, needed, page

pytestmark = pytest.mark.slow

IMPORT = re.compile(r"""(?:\bfrom\s*|\bimport\s*\(?\s*)["']([^"']+\.js)["']""")
HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$")


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder that collectstatic made as in production, once for all tests; the site then serves from it."""
    if finders.find("npm/idb.js") is None:
        why = "没有 node_modules，静态文件没有收集（make test 会装）"
        pytest.fail(why) if os.environ.get("CI") == "true" else pytest.skip(why)
    folder = tmp_path_factory.mktemp("static")
    backends = {**settings.STORAGES, "staticfiles": {"BACKEND": "hongji.static_storage.HashedStorage"}}
    with override_settings(STATIC_ROOT=folder, STORAGES=backends), pytest.MonkeyPatch.context() as quick:
        quick.setattr(HashedStorage, "compress_files", lambda self, names: iter(()))
        call_command("collectstatic", interactive=False, verbosity=0)
        yield folder


def manifest(folder: Path) -> dict[str, str]:
    return json.loads((folder / "staticfiles.json").read_text(encoding="utf-8"))["paths"]


def imports_of(text: str) -> list[str]:
    return IMPORT.findall(re.sub(r"/\*.*?\*/|^\s*//.*$", "", text, flags=re.DOTALL | re.MULTILINE))


def test_every_import_of_a_collected_module_names_a_hashed_file_that_is_there(collected: Path) -> None:
    looked_at = 0
    for plain, hashed in manifest(collected).items():
        if not plain.startswith("js/"):
            continue
        for named in imports_of((collected / hashed).read_text(encoding="utf-8")):
            inside = named.removeprefix(settings.STATIC_URL)
            target = inside if inside != named else posixpath.join(posixpath.dirname(hashed), named)
            assert (collected / posixpath.normpath(target)).is_file(), f"{hashed} imports {named}"
            assert HASHED.search(named), f"{hashed} imports {named} by a name that does not change"
            looked_at += 1
    written = sum(
        len(imports_of(path.read_text(encoding="utf-8")))
        for path in Path(settings.BASE_DIR, "static/js").rglob("*.js")
    )
    assert looked_at == written > 50


def test_what_others_made_is_collected_byte_for_byte(collected: Path) -> None:
    """Not least geoman's sheet, whose icons are pictures in data: addresses that url(#…) inside would blank."""
    for name, source in FROM_NPM.items():
        made = Path(settings.BASE_DIR, "node_modules", source)
        assert (collected / manifest(collected)[name]).read_bytes() == made.read_bytes()


@pytest.mark.django_db
def test_the_phones_shell_asks_for_its_modules_by_their_hashed_names(collected: Path) -> None:
    shell = page()
    named = manifest(collected)
    for module in needed(MAIN):
        assert f'href="{settings.STATIC_URL}{named[module]}"' in shell
    for module in (FIRST, MAIN):
        assert f'src="{settings.STATIC_URL}{named[module]}"' in shell
    assert not re.findall(r"""(?:src|href)="/static/(?![^"]*\.[0-9a-f]{12}\.)[^"]*\"""", shell)


def test_a_change_in_the_last_module_changes_the_name_of_the_first(tmp_path: Path) -> None:
    names = []
    for number, text in enumerate(("1", "2")):
        source, target = tmp_path / f"from{number}", tmp_path / f"to{number}"
        for name, content in {
            "js/main.js": 'import { b } from "./b.js";\nb();\n',
            "js/b.js": 'export { c as b } from "./deep/c.js";\n',
            "js/deep/c.js": f"export const c = () => {text};\n",
            "npm/made.js": 'import { x } from "./gone.js";\n//# sourceMappingURL=gone.map\n',
        }.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_text(content, encoding="utf-8")
        storage = HashedStorage(location=target)
        plain = staticfiles.StaticFilesStorage(location=source)
        for name in ("js/main.js", "js/b.js", "js/deep/c.js", "npm/made.js"):
            with plain.open(name) as file:
                storage.save(name, file)
        paths = {name: (plain, name) for name in ("js/main.js", "js/b.js", "js/deep/c.js", "npm/made.js")}
        done = list(storage.post_process(paths))
        assert not [fault for _, _, fault in done if isinstance(fault, Exception)]
        names.append(storage.hashed_files["js/main.js"])
        made = target / storage.hashed_files["npm/made.js"]
        assert made.read_bytes() == (source / "npm/made.js").read_bytes(), "taken as it is"
    assert names[0] != names[1]


PARSE = """
const vm = require("vm"), fs = require("fs");
for (const name of fs.readFileSync(0, "utf8").trim().split("\\n"))
  new vm.SourceTextModule(fs.readFileSync(name, "utf8"), { identifier: name });
"""


def test_what_was_rewritten_is_still_javascript(collected: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node here")
    files = [
        str(collected / hashed) for plain, hashed in manifest(collected).items() if plain.startswith("js/")
    ]
    subprocess.run(
        [node, "--no-warnings", "--experimental-vm-modules", "-e", PARSE],
        input="\n".join(files),
        text=True,
        check=True,
        timeout=60,
    )
