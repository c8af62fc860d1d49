"""The steps as people are offered them: which there are, what each asks for, and which are open to whom just now.

A phone that was away takes them later: credited to the day on which they were taken, and never lost.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django_fsm import can_proceed

from appeals.models import Matter, Move
from appeals.services import mediating, moving
from core.photos import keep_photo


@dataclass(frozen=True)
class Step:
    """`fields`: what the verb takes besides actor and matter. `right`: whether this actor may. `fits`: whether the
    matter stands so that it can be done; the model's own transition says that where there is one. `ask` says what its
    words are for."""

    code: str
    button: str
    verb: Callable[..., Any]
    fields: tuple[str, ...]
    right: Callable[[Any, Matter], bool]
    ask: str = ""
    fits: Callable[[Matter], bool] | None = None

    @property
    def need(self) -> str:
        """What is said where its words are missing; "" if it takes none, or may do without. An answer may, once it is
        said what came of the matter."""
        return moving.NEED.get(self.code, "")

    def open_to(self, actor: Any, matter: Matter) -> bool:
        """Whether this actor may take it now."""
        fits = self.fits(matter) if self.fits else can_proceed(getattr(matter, self.code))
        return fits and self.right(actor, matter)


def _below_the_top(matter: Matter) -> bool:
    return matter.level != Matter.DISTRICT and can_proceed(matter.escalate)


def _is_ours_to_take(matter: Matter) -> bool:
    """What went to 区 is worked on there."""
    return matter.level != Matter.DISTRICT and can_proceed(matter.accept)


STEPS: Mapping[str, Step] = {
    step.code: step
    for step in (
        Step("accept", "受理", moving.accept, ("grade",), moving.handles, fits=_is_ours_to_take),
        Step("take", "接办", moving.take, (), moving.works_on),
        Step("settle", "办好了", moving.settle, ("words",), moving.has_in_hand, "办理结果"),
        Step(
            "answer",
            "回复群众了",
            moving.answer,
            ("words", "answered_on", "rating"),
            moving.has_in_hand,
            "怎么回复的",
        ),
        Step(
            "rate",
            "记评价，办结",
            moving.rate,
            ("rating", "words"),
            moving.follows_up,
            "群众怎么说的",
            fits=lambda matter: can_proceed(matter.close),
        ),
        Step(
            "note",
            "记一笔",
            moving.note,
            ("words",),
            moving.has_in_hand,
            "办到哪一步了",
            fits=moving.may_be_noted,
        ),
        Step(
            "plan",
            "定办法",
            moving.set_plan,
            ("words", "due_on"),
            moving.has_in_hand,
            "打算怎么办",
            fits=moving.may_be_planned,
        ),
        Step("dispatch", "交办", moving.dispatch, ("to", "words"), moving.dispatches, "交代一句"),
        Step("give_back", "退回", moving.give_back, ("words",), moving.has_it, "为什么退回"),
        Step(
            "escalate",
            "报上一级",
            moving.escalate,
            ("words",),
            moving.has_in_hand,
            "这一级试过什么，为什么办不了",
            fits=_below_the_top,
        ),
        Step(
            "mediate",
            "转矛盾纠纷",
            mediating.mediate,
            ("words",),
            moving.has_in_hand,
            "谁和谁、闹到什么程度（可不写）",
            fits=mediating.is_to_mediate,
        ),
        Step("reopen", "重新办", moving.reopen, ("words",), moving.follows_up, "为什么重新办"),
        Step("withdraw", "不办了", moving.withdraw, ("words",), moving.dispatches, "为什么不办了"),
        Step("restore", "恢复", moving.restore, ("words",), moving.dispatches, "为什么恢复"),
    )
}


def steps_for(actor: Any, matter: Matter) -> list[Step]:
    """What this actor may do with it now, the likeliest first."""
    return [step for step in STEPS.values() if step.open_to(actor, matter)]


@transaction.atomic
def take_step(
    *, actor: Any, matter: Matter, code: str, uuid: UUID, said: Mapping[str, Any], on: dt.date | None = None
) -> Move:
    """One step by its code, as its verb takes it. `on`: the day it was taken, where that is not today; never before the
    step that came before it."""
    move: Move = STEPS[code].verb(actor=actor, matter=matter, uuid=uuid, **said)
    if on and move.fresh and on < move.day and "answered_on" not in said:
        before = matter.moves.filter(pk__lt=move.pk).order_by("-pk").values_list("day", flat=True).first()
        move.day = min(max(on, before or on), move.day)
        move.save(update_fields=["day"])
    return move


@transaction.atomic
def add_photo(*, actor: Any, move: Move, photo: BinaryIO, size: int) -> None:
    """Keep a photo with a step of the actor's own, in place of an earlier one. ValidationError: no picture."""
    move = Move.objects.select_for_update(of=("self",)).get(pk=move.pk)
    if move.actor_id != actor.pk:
        raise PermissionDenied("只有记这一步的人能添照片。")
    keep_photo(move, photo, size)
