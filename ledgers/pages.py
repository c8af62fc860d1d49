"""What the desk's pages need to know: places one may ask for, months, one's own jobs as lines; and the first page."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from core import clock
from core.board import Arrival, Arrived, Panel
from core.ledger import Ledger, registry
from core.periods import Month
from core.scope import may
from core.work import Work
from grids.models import Territory
from ledgers.models import Job, Package, SealedMonth
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
    """正在跑: what runs now, and what ended today; her own jobs, and the packages of her places."""
    if not (may(actor, "ledgers.see") or may(actor, "imports.run")):
        return None
    today, _ = clock.hours_of(clock.today())
    rows = Job.objects.of(actor).filter(made_at__gte=today - dt.timedelta(days=1))
    jobs = [
        job for job in rows.select_related("territory", "result")[:5] if job.open() or job.made_at >= today
    ]
    packages = Package.objects.visible_to(actor, "ledgers.export").select_related("territory")
    open_now = Q(state__in=[Work.WAITING, Work.RUNNING])
    packages = packages.filter(open_now | Q(ended_at__gte=today)).order_by("-made_at", "territory__code")[:5]
    if not jobs and not packages:
        return None
    return Panel(
        "ledgers/_running.html", {"jobs": jobs, "packages": packages, "url": reverse("ledgers:desk")}
    )


def months_arrived(actor: Any, day: dt.date) -> QuerySet | None:
    """Months that villages submitted on that day."""
    if not may(actor, "ledgers.see"):
        return None
    first, end = clock.hours_of(day)
    rows = SealedMonth.objects.visible_to(actor, "ledgers.see")
    rows = rows.filter(submitted_at__gte=first, submitted_at__lt=end)
    return rows.select_related("village", "submitted_by").defer("figures")


def tell_months(actor: Any, rows: Sequence[SealedMonth]) -> list[Arrived]:
    return [
        Arrived(
            f"{row.village} {row.period.title}台账，{row.get_state_display()}",
            reverse("ledgers:month", args=[row.village_id, row.month]),
            row.submitted_at,
            str(row.submitted_by or ""),
        )
        for row in rows
        if row.submitted_at
    ]


MONTHS_IN = Arrival("months", "报上来的台账", "个村", months_arrived, tell_months)
