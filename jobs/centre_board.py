"""What training and public-welfare posts put on 无事板: each for who manages employment there, and for nobody else."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from core import clock
from core.board import Waiting, register_rows
from jobs.models import Course, WelfareTerm
from jobs.models.words import MANAGES
from jobs.services import training, welfare

SOON = 30  # days before the end of a term

Ask = Callable[[Any], QuerySet]


def _terms(actor: Any) -> QuerySet:
    rows = welfare.ending(WelfareTerm.objects.visible_to(actor, MANAGES), SOON)
    return rows.select_related("post__territory", "person")


def _term(actor: Any, row: WelfareTerm) -> Waiting:
    assert row.until is not None
    at, _ = clock.hours_of(row.until - dt.timedelta(days=SOON))
    text = f"{row.post.territory}{row.post} {row.person}，到{clock.cn_day(row.until)}"
    return Waiting("公岗", text, reverse("centres:post", args=[row.post_id]), at, "任期快到了", "想好谁接着")


def _empty(actor: Any) -> QuerySet:
    return training.empty_soon(Course.objects.visible_to(actor, MANAGES)).select_related("territory")


def _nobody(actor: Any, row: Course) -> Waiting:
    text = f"{row.territory}“{row}”，{clock.cn_day(row.first)}开班"
    url = reverse("centres:course", args=[row.pk])
    return Waiting("培训", text, url, row.made_at, "还没有人报名", "去报名")


def _unrolled(actor: Any) -> QuerySet:
    yesterday = clock.today() - dt.timedelta(days=1)
    rows = training.unrolled(Course.objects.visible_to(actor, MANAGES), yesterday)
    return rows.select_related("territory")


def _roll(actor: Any, row: Course) -> Waiting:
    yesterday = clock.today() - dt.timedelta(days=1)
    url = f"{reverse('centres:course', args=[row.pk])}?day={yesterday}"
    _, at = clock.hours_of(yesterday)
    return Waiting("培训", f"{row.territory}“{row}”昨天的课", url, at, "没有点名", "去点名")


def register() -> None:
    """Called once, when Django is ready."""
    kinds: tuple[tuple[str, Ask, Callable[[Any, Any], Waiting], str], ...] = (
        ("terms", _terms, _term, "until"),
        ("empty", _empty, _nobody, "first"),
        ("unrolled", _unrolled, _roll, "first"),
    )
    for order, (name, ask, tell, by) in enumerate(kinds, 66):
        register_rows(f"jobs.{name}", (MANAGES,), ask, tell, order, by)
