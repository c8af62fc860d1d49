"""What the desk's pages need to know: places one may ask for, months, one's own jobs as lines."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from core import clock
from core.board import Panel
from core.ledger import Ledger, registry
from core.periods import Month
from core.scope import may
from grids.models import Territory
from ledgers.models import Job
from ledgers.services import KEEP_RESULT

MONTHS = 24


@dataclass(frozen=True)
class Shelf:
    """A group of the catalogue."""

    title: str
    ledgers: list[Ledger]


def shelves() -> list[Shelf]:
    """All ledgers by group; a group stands where its first ledger stands."""
    groups: dict[str, list[Ledger]] = {}
    for ledger in registry.all():
        groups.setdefault(ledger.group, []).append(ledger)
    return [Shelf(title, ledgers) for title, ledgers in groups.items()]


def places(actor: Any, verb: str) -> list[Territory]:
    """Towns and villages where the actor holds the verb, a town before its villages, in the town's own order."""
    levels = (Territory.TOWN, Territory.VILLAGE)
    rows = Territory.objects.visible_to(actor, verb).in_use().filter(kind__in=levels)
    return list(rows.in_order())


def default_place(found: list[Territory]) -> Territory | None:
    return next((place for place in found if place.kind == Territory.VILLAGE), found[0] if found else None)


def months() -> list[tuple[str, str]]:
    """(`2026-10`, words), the present month first."""
    present = Month.of(clock.today())
    found = [present.shift(-back) for back in range(MONTHS)]
    return [(str(month), month.title + ("（没过完）" if month == present else "")) for month in found]


def default_month() -> str:
    """The month that is over: that is the one whose ledgers are due."""
    return str(Month.of(clock.today()).previous)


def jobs_of(actor: Any, *kinds: str) -> list[Job]:
    """Her own of the last seven days, newest first."""
    since = clock.now() - KEEP_RESULT
    rows = Job.objects.of(actor).filter(kind__in=kinds, made_at__gte=since)
    return list(rows.select_related("territory", "result", "upload", "examined")[:50])


def jobs_panel(actor: Any) -> Panel | None:
    """正在跑: what runs now, and what ended today."""
    if not (may(actor, "ledgers.see") or may(actor, "imports.run")):
        return None
    today = dt.datetime.combine(clock.today(), dt.time(), tzinfo=clock.SHANGHAI)
    rows = Job.objects.of(actor).filter(made_at__gte=today - dt.timedelta(days=1))
    jobs = [
        job for job in rows.select_related("territory", "result")[:5] if job.open() or job.made_at >= today
    ]
    if not jobs:
        return None
    return Panel("ledgers/_running.html", {"jobs": jobs, "url": reverse("ledgers:desk")})
