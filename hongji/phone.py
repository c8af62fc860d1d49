"""What makes the phone's pages stay on a phone: the service worker at /sw.js and the manifest for the home screen."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from csp.utils import build_policy
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from visits import shell

WORKER = Path(__file__).with_name("worker.js")
STYLES = ("look/tokens.css", "look/phone.css")
ICONS = {192: "look/icon-192.png", 512: "look/icon-512.png"}


def _parts() -> dict[str, str]:
    """Static name → address of every file that the shell needs; nothing of it is about a person."""
    beside = (shell.OPENING, "look/chop.svg", *STYLES)
    return {name: shell.address_of(name) for name in shell.modules()} | {
        name: staticfiles_storage.url(name) for name in beside
    }


def _digest(names: tuple[str, ...]) -> str:
    found = hashlib.sha256()
    for name in names:
        path = finders.find(name)
        found.update(Path(path).read_bytes() if path else b"missing")
    return found.hexdigest()


# An installation changes with its release; while somebody writes the files they change under the process.
_digest_once = cache(_digest)


def release() -> dict[str, Any]:
    """The shell as the worker keeps it. `version` changes when any byte of it does."""
    parts, page = _parts(), reverse("visits:phone")
    digest = (_digest_once if settings.PRODUCTION else _digest)(tuple(parts))
    whole = hashlib.sha256((digest + shell.page() + WORKER.read_text(encoding="utf-8")).encode())
    return {
        "version": whole.hexdigest()[:16],
        "page": page,
        "files": [page, *parts.values()],
        "styles": [parts[name] for name in STYLES],
        "sittings": f"^{reverse('disputes:sitting', args=[0]).replace('/0/', '/([0-9]+)/')}$",
        "policy": build_policy(),
    }


@login_not_required
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The browser asks at every opening; one byte's difference is a new release, which waits for its turn."""
    script = f"const SHELL = {json.dumps(release())};\n{WORKER.read_text(encoding='utf-8')}"
    response = HttpResponse(script, content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response


@login_not_required
@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """What the home screen shows."""
    found = {
        "id": reverse("visits:phone"),
        "name": "洪集镇网格治理",
        "short_name": "洪集走访",
        "lang": "zh-CN",
        "start_url": reverse("visits:phone"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#F6F4EE",
        "theme_color": "#F6F4EE",
        "icons": [
            {
                "src": staticfiles_storage.url(name),
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": "any maskable",
            }
            for size, name in ICONS.items()
        ],
    }
    response = JsonResponse(found, content_type="application/manifest+json")
    response.headers["Cache-Control"] = "no-cache"
    return response
