"""The phone's shell at /v/: one page for everybody, without personal data, that draws itself from the API."""

import hashlib
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import condition, require_safe

from grids.models import RegisterChange
from grids.words import RELATIONS
from visits.knows import DETAILS
from visits.models import Finding, Visit

FOLDER = "js/phone"
MAIN = f"{FOLDER}/main.js"
MODULES = tuple(
    f"{FOLDER}/{name}.js"
    for name in (
        *(
            "api",
            "dom",
            "faults",
            "format",
            "frame",
            "keys",
            "photo",
            "router",
            "store",
            "toast",
            "uuid",
            "words",
        ),
        *("views/card", "views/change", "views/conflict", "views/due", "views/find", "views/findings"),
        *("views/form", "views/me", "views/todo", "views/visit"),
    )
)


def words() -> dict[str, Any]:
    """The choices the models declare, as the scripts want them: code, word, and what follows."""
    return {
        "knows": [[code, title, DETAILS[code]] for code, title in Finding.KINDS],
        "urgencies": Finding.URGENCIES,
        "promises": Visit.PROMISES,
        "kept": Visit.KEPT,
        "changes": RegisterChange.KINDS,
        "relations": RELATIONS,
    }


def address_of(module: str) -> str:
    """Modules name each other by their plain names; a hashed address for the first would load everything twice."""
    if getattr(staticfiles_storage, "support_js_module_import_aggregation", False):
        return staticfiles_storage.url(module)
    return f"{settings.STATIC_URL}{module}"


def page() -> str:
    context = {"modules": map(address_of, MODULES), "main": address_of(MAIN), "words": words()}
    return render_to_string("phone/shell.html", context)


def _tag(request: HttpRequest) -> str:
    return f'"{hashlib.sha256(page().encode()).hexdigest()[:32]}"'


@login_not_required
@require_safe
@condition(etag_func=_tag)
def shell(request: HttpRequest) -> HttpResponse:
    """May be kept by the browser, and is asked for again only by its tag."""
    response = HttpResponse(page())
    response.headers["Cache-Control"] = "no-cache"
    return response
