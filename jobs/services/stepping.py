"""The frame of every step of an employer or a vacancy: it is moved under its lock, and who comes second is told."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django_fsm import TransitionNotAllowed

from core import clock
from core.authorship import written_by
from core.scope import must, signer
from jobs.models import Employer, Vacancy
from jobs.models.words import MANAGES

Row = TypeVar("Row", Employer, Vacancy)
LEAST_WHY = "写一句为什么。"
BY_ITSELF = "单位自己停的"


def held_by(actor: Any, row: Row) -> Row:
    """As it stands now, locked until the transaction ends, for who manages there."""
    held = locked(row)
    must(actor, MANAGES, held.territory)
    return held


def locked(row: Row) -> Row:
    rows: QuerySet[Row] = cast(Any, type(row)).objects.select_for_update(of=("self",), no_key=True)
    paths = ("territory", "employer__territory") if isinstance(row, Vacancy) else ("territory",)
    return rows.select_related(*paths).get(pk=row.pk)


def move(held: Row, change: Callable[[Row], None], actor: Any = None) -> Row:
    """The step itself; `held` is locked and its actor was asked. ValidationError for who comes second."""
    try:
        change(held)
    except TransitionNotAllowed:
        raise ValidationError(too_late(held)) from None
    held.validate_constraints()
    return kept(held, actor)


def kept(held: Row, actor: Any = None) -> Row:
    """Save it, with whose hand it was in its history."""
    with written_by(signer(actor)):
        held.save()
    return held


def reason(words: str, need: str = LEAST_WHY) -> str:
    """The words, trimmed; ValidationError at `why` where there are none."""
    words = words.strip()
    if not words:
        raise ValidationError({"why": need})
    if len(words) > 200:
        raise ValidationError({"why": "最多写 200 个字，写短一点。"})
    return words


def too_late(row: Employer | Vacancy) -> str:
    """Who was quicker, and what it is now."""
    shown = cast(Any, row)
    last = shown.history.select_related("history_user").latest("history_date", "history_id")
    who = last.history_user or ("单位自己" if row.why_not == BY_ITSELF else "服务器")
    what = shown.name if isinstance(row, Employer) else shown.title
    return (
        f"{who} {clock.cn_moment(last.history_date)} 已经动过，“{what}”现在是“{shown.get_state_display()}”。"
    )
