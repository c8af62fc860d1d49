"""The phone's shell at /v/: one page for everybody, without personal data, that draws itself from the API."""

import hashlib
import re
from dataclasses import asdict, replace
from functools import cache
from posixpath import normpath
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from appeals.models import Matter
from appeals.services import STEPS
from disputes.models import Dispute
from disputes.services import HOW
from grids.models import CategoryKind, RegisterChange
from grids.models.posts import SEXES
from grids.services import FACTS, PERSON, Fact
from grids.words import RELATIONS
from jobs.services import TAPS, WANTS_OTHER
from visits.knows import CATEGORY_OF, DETAILS, OF_SOMEBODY_NAMED
from visits.models import Finding, Visit

FOLDER = "js/phone"
MAIN = f"{FOLDER}/main.js"
# Tells a lost signal from an old browser; no module, for it must run where modules do not.
OPENING = f"{FOLDER}/opening.js"
# Asks the first question while the others are on their way.
FIRST = f"{FOLDER}/first.js"
# What a module needs before it runs; what it calls for later (`import("…")`) is none of it.
NEEDS = re.compile(r'^(?:import|export) [^;]*?"(\.[^"]+)";', re.MULTILINE)
# What the modules take from elsewhere (hongji/finders.py).
FROM_NPM = {"npm/idb.js"}
# What is reported at the door, in the order offered, and of whom; the rest needs a table and a second household.
AT_THE_DOOR = {
    "away": "either",
    "back": "either",
    "birth": "household",
    "move_in": "household",
    "death": "person",
    "move_out": "either",
    "category_begin": "person",
    "category_end": "person",
}


def words() -> dict[str, Any]:
    """The choices that models and verbs declare, as the scripts want them: code, word, and what follows."""
    titles = dict(RegisterChange.KINDS)
    return {
        "knows": [[code, title, DETAILS[code]] for code, title in Finding.KINDS],
        "proposes": [[word, word in OF_SOMEBODY_NAMED] for word in CATEGORY_OF],
        "urgencies": Finding.URGENCIES,
        "promises": Visit.PROMISES,
        "kept": Visit.KEPT,
        "changes": [
            [kind, titles[kind], whom, [asdict(fact) for fact in asked(kind)]]
            for kind, whom in AT_THE_DOOR.items()
        ],
        "categories": [list(kind) for kind in CategoryKind.objects.values_list("code", "name")],
        "relations": RELATIONS,
        "steps": [[step.code, step.button, step.fields, step.ask, step.need] for step in STEPS.values()],
        "ratings": Matter.RATINGS,
        "sexes": SEXES,
        "quarrels": Dispute.KINDS,
        "settlings": HOW,
        "works": TAPS,
        "another": WANTS_OTHER,
    }


def asked(kind: str) -> tuple[Fact, ...]:
    """The facts of a kind at the door; one person at a time moves in, told field by field (people.0.name)."""
    if kind == "move_in":
        return tuple(replace(fact, name=f"people.0.{fact.name}") for fact in PERSON)
    return FACTS[kind]


@cache
def modules() -> tuple[str, ...]:
    """Every module of the phone's pages."""
    folder = settings.BASE_DIR / "static"
    found = {path.relative_to(folder).as_posix() for path in (folder / FOLDER).rglob("*.js")}
    return tuple(sorted((found - {OPENING}) | FROM_NPM))


@cache
def needed(module: str) -> tuple[str, ...]:
    """The module and all that it cannot run without, so that the browser asks for them at once and not in turn."""
    found, left = [], [module]
    while left:
        one = left.pop()
        if one in found:
            continue
        found.append(one)
        if one not in FROM_NPM:
            text = (settings.BASE_DIR / "static" / one).read_text(encoding="utf-8")
            left += [normpath(f"{one}/../{other}") for other in NEEDS.findall(text)]
    return tuple(found)


def address_of(module: str) -> str:
    """Modules name each other by their plain names; a hashed address for the first would load everything twice."""
    if getattr(staticfiles_storage, "support_js_module_import_aggregation", False):
        return staticfiles_storage.url(module)
    return f"{settings.STATIC_URL}{module}"


def page() -> str:
    asking = needed(FIRST)
    drawing = [module for module in needed(MAIN) if module not in asking]
    context = {
        "asking": map(address_of, asking),
        "drawing": map(address_of, drawing),
        "first": address_of(FIRST),
        "main": address_of(MAIN),
        "words": words(),
    }
    return render_to_string("phone/shell.html", context)


# There is nothing secret in it that its length could tell.
@login_not_required
@gzip_page
@require_safe
def shell(request: HttpRequest) -> HttpResponse:
    """May be kept by the browser, which asks by its tag whether it still holds."""
    response = HttpResponse(page())
    response.headers["Cache-Control"] = "no-cache"
    response.headers["ETag"] = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    return get_conditional_response(request, etag=response.headers["ETag"], response=response) or response
