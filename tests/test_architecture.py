"""The house keeps its plan: who may import whom, no drawers for odds and ends, files one can read in one sitting."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = (
    "hongji",
    "ledgers",
    "visits",
    "appeals",
    "disputes",
    "discipline",
    "jobs",
    "points",
    "grids",
    "accounts",
    "core",
)
# An app may import what is named here, and itself.
BELOW = {
    "hongji": {
        "ledgers",
        "visits",
        "appeals",
        "disputes",
        "discipline",
        "jobs",
        "points",
        "grids",
        "accounts",
        "core",
    },
    "ledgers": {"grids", "accounts", "core"},
    "visits": {"appeals", "disputes", "jobs", "points", "grids", "accounts", "core"},
    "appeals": {"disputes", "points", "grids", "accounts", "core"},
    "disputes": {"points", "grids", "accounts", "core"},
    "jobs": {"points", "grids", "accounts", "core"},
    "discipline": {"grids", "accounts", "core"},  # and nobody but the frame knows that it is there
    "points": {"grids", "accounts", "core"},
    "grids": {"accounts", "core"},
    "accounts": {"core"},
    "core": set(),
}
# What an app shows to others. Elsewhere in it, only itself looks.
SHOWN = {
    "core": None,  # everything: it is made to be used
    "accounts": {"services", "models", "second_factor", "demo", "notices"},
    "grids": {
        "services",
        "models",
        "duties",
        "card",
        "places",
        "words",
        "rosters",
        "ledgers",
        "stepped",
        "one_village",
        "laid",
    },
    "visits": {"services", "models"},
    "appeals": {"services", "models", "letters"},
    "disputes": {"services", "models", "letters"},
    "discipline": {"services", "models"},
    "points": {"services", "models", "letters"},
    "jobs": {"services", "models"},
    "ledgers": {"services", "models"},
    "hongji": {"logging"},
}
DRAWERS = {"utils.py", "helpers.py", "common.py", "managers.py", "signals.py", "misc.py", "tools.py"}
# hongji is the frame and may look everywhere; these lines stand outside the plan, each with its reason.
ALLOWED = {
    ("core", "hongji.logging"): "the same scrubbing of numbers for what core writes down",
}
LONGEST = 400


def sources():
    for app in APPS:
        yield from (path for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts)


def imports(path):
    """(line, dotted name) of every import of our own rooms; `from grids import services` counts as grids.services."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            deeper = "." in node.module
            for alias in node.names:
                yield node.lineno, node.module if deeper else f"{node.module}.{alias.name}"


def ours():
    for path in sources():
        app = path.relative_to(ROOT).parts[0]
        for line, name in imports(path):
            other = name.split(".")[0]
            if other in APPS and other != app and (app, name) not in ALLOWED:
                yield path.relative_to(ROOT), line, app, other, name


def test_every_import_goes_down():
    wrong = [
        f"{path}:{line}: {app} imports {name}"
        for path, line, app, other, name in ours()
        if other not in BELOW[app]
    ]
    assert not wrong, "\n".join(wrong)


def test_from_another_app_only_what_it_shows_is_imported():
    wrong = []
    for path, line, app, other, name in ours():
        shown = SHOWN[other]
        part = name.split(".")[1] if "." in name else ""
        if app != "hongji" and shown is not None and part not in shown:
            wrong.append(f"{path}:{line}: {app} reaches into {name}")
    assert not wrong, "\n".join(wrong)


def test_there_is_no_drawer_for_odds_and_ends():
    assert not [str(path.relative_to(ROOT)) for path in sources() if path.name in DRAWERS]


def test_every_file_opens_with_a_sentence_that_says_what_it_is_for():
    silent = []
    for path in [*sources(), *(ROOT / "tests").rglob("*.py")]:
        text = path.read_text(encoding="utf-8")
        if text.strip() and not ast.get_docstring(ast.parse(text)):
            silent.append(str(path.relative_to(ROOT)))
    assert not silent


@pytest.mark.parametrize("app", [*APPS, "tests"])
def test_files_can_be_read_in_one_sitting(app):
    long = {}
    for path in (ROOT / app).rglob("*.py"):
        count = len(path.read_text(encoding="utf-8").splitlines())
        if count > LONGEST * 1.1 and "migrations" not in path.parts:
            long[str(path.relative_to(ROOT))] = count
    assert not long


def test_core_has_no_word_of_the_villages_in_its_names():
    words = ("household", "village", "visit", "secretary", "cadre")
    found = []
    for path in (ROOT / "core").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and any(
                word in node.name.lower() for word in words
            ):
                found.append(f"{path.relative_to(ROOT)}: {node.name}")
    assert not found


def test_only_two_places_know_how_the_tree_is_stored():
    wrong = []
    for path in sources():
        where = str(path.relative_to(ROOT))
        # The filling of a big town writes a whole tree at once, and the bench measures it.
        if where.startswith(("grids/", "core/scope.py", "hongji/town/", "hongji/bench/")):
            continue
        text = path.read_text(encoding="utf-8")
        names = {node.attr for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)}
        if {"lft", "rght"} & names:
            wrong.append(where)
    assert not wrong
