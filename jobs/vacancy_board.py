"""What employers and places put on 无事板: each for who manages employment there, and for nobody else."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from core import clock
from core.board import Waiting, register_rows
from jobs.models import Employer, Vacancy
from jobs.models.words import MANAGES

ENDS_WITHIN = dt.timedelta(days=7)


def _employers(actor: Any) -> QuerySet:
    return Employer.objects.visible_to(actor, MANAGES).filter(state=Employer.PENDING)


def _vacancies(actor: Any) -> QuerySet:
    rows = Vacancy.objects.visible_to(actor, MANAGES).filter(state=Vacancy.PENDING)
    return rows.filter(employer__state=Employer.APPROVED).select_related("employer")


def _ending(actor: Any) -> QuerySet:
    rows = Vacancy.objects.visible_to(actor, MANAGES).open().with_room()
    return rows.filter(until__lte=clock.today() + ENDS_WITHIN).select_related("employer")


def _employer(actor: Any, row: Employer) -> Waiting:
    url = reverse("vacancies:employer", args=[row.pk])
    return Waiting(
        "用工", f"{row}自己登记的，{row.industry}", url, row.made_at, "等审核，没审的不公开", "去审"
    )


def _vacancy(actor: Any, row: Vacancy) -> Waiting:
    url = reverse("vacancies:vacancy", args=[row.pk])
    return Waiting("岗位", f"{row}，要 {row.number} 人", url, row.made_at, "单位发的，等审核", "去审")


def _ends(actor: Any, row: Vacancy) -> Waiting:
    url, (at, _) = reverse("vacancies:vacancy", args=[row.pk]), clock.hours_of(row.until - ENDS_WITHIN)
    why = f"{clock.cn_day(row.until)}到期，还差 {row.left} 人"
    return Waiting("岗位", f"{row}快到期了", url, at, why, "延期或者停招")


def register() -> None:
    """Called once, when Django is ready."""
    kinds: tuple[tuple[str, Callable[[Any], QuerySet], Callable[[Any, Any], Waiting]], ...] = (
        ("employers", _employers, _employer),
        ("vacancies", _vacancies, _vacancy),
        ("ending", _ending, _ends),
    )
    for order, (name, rows, told) in enumerate(kinds, 40):
        register_rows(f"jobs.{name}", (MANAGES,), rows, told, order)
