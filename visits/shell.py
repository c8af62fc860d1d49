"""The phone's shell at /v/: one page for everybody, without personal data, that draws itself from the API."""

import hashlib
from dataclasses import asdict, replace
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from grids.models import CategoryKind, RegisterChange
from grids.models.posts import SEXES
from grids.services import FACTS, PERSON, Fact
from grids.words import RELATIONS
from visits.knows import CATEGORY_OF, DETAILS, OF_SOMEBODY_NAMED
from visits.models import Finding, Visit

FOLDER = "js/phone"
MAIN = f"{FOLDER}/main.js"
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
        "sexes": SEXES,
    }


def asked(kind: str) -> tuple[Fact, ...]:
    """The facts of a kind at the door; one person at a time moves in, told field by field (people.0.name)."""
    if kind == "move_in":
        return tuple(replace(fact, name=f"people.0.{fact.name}") for fact in PERSON)
    return FACTS[kind]


@cache
def modules() -> tuple[str, ...]:
    """Every module of the phone's pages, so that the browser asks for all at once and not for one after another."""
    folder = settings.BASE_DIR / "static"
    return tuple(sorted(path.relative_to(folder).as_posix() for path in (folder / FOLDER).rglob("*.js")))


def address_of(module: str) -> str:
    """Modules name each other by their plain names; a hashed address for the first would load everything twice."""
    if getattr(staticfiles_storage, "support_js_module_import_aggregation", False):
        return staticfiles_storage.url(module)
    return f"{settings.STATIC_URL}{module}"


def page() -> str:
    context = {"modules": map(address_of, modules()), "main": address_of(MAIN), "words": words()}
    return render_to_string("phone/shell.html", context)


@login_not_required
@require_safe
def shell(request: HttpRequest) -> HttpResponse:
    """May be kept by the browser, which asks by its tag whether it still holds."""
    response = HttpResponse(page())
    response.headers["Cache-Control"] = "no-cache"
    response.headers["ETag"] = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    return get_conditional_response(request, etag=response.headers["ETag"], response=response) or response
