"""The frame of every step of an award: who may is asked, it is moved under its lock, and a dated row stays."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django_fsm import TransitionNotAllowed

from core import clock
from core.scope import OPERATOR
from points import notices
from points.models import Award, AwardMove
from points.services.rights import why_not


def step(
    kind: str,
    actor: Any,
    award: Award,
    change: Callable[[Award], None],
    *,
    words: str = "",
    need: str = "",
) -> Award:
    """Take one step at the award as it stands now; for whom nothing speaks against it (points.services.rights).

    Runs inside the caller's transaction. PermissionDenied, ValidationError; two at once: the second is told what the
    first has done.
    """
    held = locked(award)
    if told := why_not(actor, kind, held):
        raise PermissionDenied(told)
    words = words.strip()
    if need and not words:
        raise ValidationError({"words": need})
    move(held, kind, actor, change, words=words)
    return held


def move(
    held: Award, kind: str, actor: Any, change: Callable[[Award], None], *, words: str = ""
) -> AwardMove:
    """The step itself, for who has asked already; `held` is locked."""
    try:
        change(held)
    except TransitionNotAllowed:
        raise ValidationError(too_late(held)) from None
    held.validate_constraints()
    held.save()
    found = write_move(held, kind, actor, words=words)
    if kind == "refuse":
        notices.tell_of_refusal(found)
    return found


def write_move(award: Award, kind: str, actor: Any, *, words: str = "") -> AwardMove:
    return AwardMove.objects.create(
        award=award,
        kind=kind,
        at=clock.now(),
        actor=None if actor in (None, OPERATOR) else actor,
        points=award.worth,
        state=award.state,
        words=words[:300],
    )


def locked(award: Award) -> Award:
    """As it stands now; nobody else moves it until the transaction ends."""
    rows = Award.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related(
        "item__scheme", "household__village", "territory__parent__parent", "notice"
    ).get(pk=award.pk)


def too_late(award: Award) -> str:
    """Who was quicker, and what it is now."""
    last = award.moves.select_related("actor").latest("pk")
    return (
        f"{last.actor or '服务器'} {clock.cn_moment(last.at)} 已经“{last.get_kind_display()}”，"
        f"这件申报现在是“{award.get_state_display()}”。"
    )
