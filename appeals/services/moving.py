"""The steps of a matter: each asks who may, moves it by its declared transition, and leaves a dated row.

Two at once: the row is locked, so that the second sees what the first has done, and is told who that was.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django_fsm import TransitionNotAllowed

from accounts.models import User
from appeals.models import Matter, Move
from appeals.models.matters import HANDLES, SEES, WORKS
from appeals.services.clocks import promised
from appeals.services.errors import Conflict
from core import clock
from core.scope import NOT_YOURS, may, reach_of
from grids.duties import duties_with
from grids.models import Post

DISPATCHES = "matters.dispatch"
Change = Callable[[Matter], None]
Right = Callable[[Any, Matter], bool]


def handles(actor: Any, matter: Matter) -> bool:
    """Whether the matter lies with the actor's own office: the grid, the village, the town."""
    return may(actor, HANDLES, matter.place)


def works_on(actor: Any, matter: Matter) -> bool:
    """Whether it was given to the actor, and she still serves there."""
    return matter.owner_id == getattr(actor, "pk", None) and may(actor, WORKS, matter.territory)


def has_in_hand(actor: Any, matter: Matter) -> bool:
    """Hers, or lying with her office."""
    return works_on(actor, matter) or handles(actor, matter)


def dispatches(actor: Any, matter: Matter) -> bool:
    """Whether she decides who works on it, or that nobody does."""
    return may(actor, DISPATCHES, matter.place)


def follows_up(actor: Any, matter: Matter) -> bool:
    """Who asks the villager afterwards: whoever answered, or who oversees the matter."""
    answered = matter.answered_by_id == getattr(actor, "pk", None) and may(actor, WORKS, matter.territory)
    return answered or handles(actor, matter) or may(actor, SEES, matter.territory)


def may_be_noted(matter: Matter) -> bool:
    """Until it is closed."""
    return matter.is_open or matter.state == Matter.ANSWERED


def may_be_planned(matter: Matter) -> bool:
    """While somebody works on it."""
    return matter.state == Matter.IN_HAND


@transaction.atomic
def accept(*, actor: Any, matter: Matter, grade: str = "", uuid: UUID | None = None) -> Move:
    """受理 by whoever it lies with, who then works on it herself. `grade` sets how long it may take."""

    def change(held: Matter) -> None:
        held.accept(actor)
        if grade:
            held.grade = grade
            held.due_on = promised(held)

    return _move("accept", handles, actor, matter, uuid, change, to=actor)


@transaction.atomic
def dispatch(*, actor: Any, matter: Matter, to: User, words: str = "", uuid: UUID | None = None) -> Move:
    """交办 to somebody who serves where it is from; who cannot reach it is refused by name."""

    def change(held: Matter) -> None:
        if not reach_of(to, WORKS).covers(held.territory):
            told = f"{to}管不到{held.territory.full_name}，交给他，他也看不到。换一个人。"
            raise ValidationError({"to": told})
        held.dispatch(to)

    return _move("dispatch", dispatches, actor, matter, uuid, change, words=words, to=to)


@transaction.atomic
def take(*, actor: Any, matter: Matter, uuid: UUID | None = None) -> Move:
    """接办 what was sent to one."""

    def change(held: Matter) -> None:
        held.take()

    return _move("take", works_on, actor, matter, uuid, change, to=actor)


@transaction.atomic
def give_back(*, actor: Any, matter: Matter, words: str, uuid: UUID | None = None) -> Move:
    """退回 with a reason: it waits again with the office that had it."""

    def change(held: Matter) -> None:
        held.give_back()

    return _move(
        "give_back", has_in_hand, actor, matter, uuid, change, words=words, need="写一句为什么退回。"
    )


@transaction.atomic
def escalate(*, actor: Any, matter: Matter, words: str, uuid: UUID | None = None) -> Move:
    """报上一级, 网格 → 村 → 镇 → 区, with what was tried here."""

    def change(held: Matter) -> None:
        if held.level == Matter.DISTRICT:
            raise ValidationError("已经报到区里了，等区里答复，有了消息记一笔。")
        held.escalate()

    return _move(
        "escalate",
        has_in_hand,
        actor,
        matter,
        uuid,
        change,
        words=words,
        need="写一句这一级试过什么、为什么办不了。",
    )


@transaction.atomic
def set_plan(*, actor: Any, matter: Matter, words: str, due_on: dt.date, uuid: UUID | None = None) -> Move:
    """定办法 of a complex matter, with the day by which it will be done."""

    def change(held: Matter) -> None:
        if not may_be_planned(held):
            raise ValidationError(_too_late(held))
        if due_on < clock.today():
            raise ValidationError({"due_on": "哪天办好，填今天或者以后的日子。"})
        held.plan, held.due_on = words.strip(), due_on

    told = f"{words.strip()}（{clock.cn_day(due_on)}前办好）" if words.strip() else ""
    return _move("plan", has_in_hand, actor, matter, uuid, change, words=told, need="写一句打算怎么办。")


@transaction.atomic
def note(*, actor: Any, matter: Matter, words: str, uuid: UUID | None = None) -> Move:
    """记一笔: what happened meanwhile; nothing else changes."""

    def change(held: Matter) -> None:
        if not may_be_noted(held):
            raise ValidationError("这件事办结了。还有话要记，先重新办。")

    return _move("note", has_in_hand, actor, matter, uuid, change, words=words, need="写一句再记。")


@transaction.atomic
def settle(*, actor: Any, matter: Matter, words: str, uuid: UUID | None = None) -> Move:
    """办好, with what came of it; whoever asked is still to be told."""

    def change(held: Matter) -> None:
        held.settle(words.strip())

    return _move("settle", has_in_hand, actor, matter, uuid, change, words=words, need="写一句办理结果。")


@transaction.atomic
def answer(
    *,
    actor: Any,
    matter: Matter,
    words: str = "",
    answered_on: dt.date | None = None,
    rating: str = "",
    uuid: UUID | None = None,
) -> Move:
    """回复群众: what whoever asked was told; with her rating it is closed in the same step.

    Without `words` she was told the outcome. 不满意 does not close: it is taken up again, with why.
    """
    day = answered_on or clock.today()

    def change(held: Matter) -> None:
        if not (held.outcome or words.strip()):
            raise ValidationError({"words": "写一句怎么回复群众的。"})
        if not held.opened_on <= day <= clock.today():
            raise ValidationError({"answered_on": "回复日期在提出那天到今天之间，改过来。"})
        held.outcome = held.outcome or words.strip()
        held.answer(actor, day)

    move = _move("answer", has_in_hand, actor, matter, uuid, change, words=words, day=day)
    if rating and move.matter.state == Matter.ANSWERED:
        rate(actor=actor, matter=move.matter, rating=rating, words=words)
    return move


@transaction.atomic
def rate(*, actor: Any, matter: Matter, rating: str, words: str = "", uuid: UUID | None = None) -> Move:
    """评价、办结. 不满意 takes the matter up again where it lies: settled is what the villager calls settled."""
    if rating not in dict(Matter.RATINGS):
        raise ValidationError({"rating": "选一样：满意、基本满意、不满意、没有评价。"})
    if rating == Matter.BAD:
        told = words.strip() and f"群众不满意：{words.strip()}"
        return reopen(actor=actor, matter=matter, words=told, uuid=uuid)

    def change(held: Matter) -> None:
        held.close(rating, clock.today())

    return _move(
        "close", follows_up, actor, matter, uuid, change, words=words or dict(Matter.RATINGS)[rating]
    )


@transaction.atomic
def reopen(*, actor: Any, matter: Matter, words: str, uuid: UUID | None = None) -> Move:
    """重新办 what was answered or closed, with why; the promised day counts from today."""

    def change(held: Matter) -> None:
        held.reopen()
        held.due_on = promised(held, since=clock.today())

    return _move(
        "reopen",
        follows_up,
        actor,
        matter,
        uuid,
        change,
        words=words,
        need="写一句为什么要重新办，群众哪里不满意。",
    )


@transaction.atomic
def withdraw(*, actor: Any, matter: Matter, words: str, uuid: UUID | None = None) -> Move:
    """不办了: said twice, no matter at all, taken back by whoever asked; with why, and by whom it lies with."""

    def change(held: Matter) -> None:
        held.withdraw()

    return _move(
        "withdraw", dispatches, actor, matter, uuid, change, words=words, need="写一句为什么不办了。"
    )


def candidates(matter: Matter) -> list[User]:
    """Whom it can be given to: everybody with an account whose post lets her work on it where it is from."""
    above = [matter.territory, matter.village, matter.village.parent]
    posts = Post.objects.in_force().filter(duty__in=duties_with(WORKS), territory__in=above)
    users = User.objects.filter(officer__posts__in=posts, is_active=True).distinct().order_by("pk")
    return [user for user in users if reach_of(user, WORKS).covers(matter.territory)]


# --- what all steps share ---------------------------------------------------------------------------------------


def _move(
    kind: str,
    right: Right,
    actor: Any,
    matter: Matter,
    uuid: UUID | None,
    change: Change,
    *,
    words: str = "",
    need: str = "",
    to: User | None = None,
    day: dt.date | None = None,
) -> Move:
    words = words.strip()
    # 1. A step that is stored already gets its answer before anything else is asked.
    if uuid and (known := Move.objects.filter(uuid=uuid).select_related("matter").first()):
        same = (known.kind, known.matter_id, known.actor_id, known.words, known.to_id)
        if same != (kind, matter.pk, actor.pk, words, to.pk if to else None):
            raise Conflict(known)
        return known
    # 2. The lock: of two at once the second sees what the first has done.
    held = (
        Matter.objects.select_for_update(of=("self",), no_key=True)
        .select_related("territory__parent__parent")
        .get(pk=matter.pk)
    )
    if not right(actor, held):
        raise PermissionDenied(NOT_YOURS)
    if need and not words:
        raise ValidationError({"words": need})
    try:
        change(held)
    except TransitionNotAllowed:
        raise ValidationError(_too_late(held)) from None
    held.full_clean(validate_unique=False)
    held.save()
    return Move.objects.create(
        uuid=uuid or uuid4(),
        matter=held,
        kind=kind,
        at=clock.now(),
        day=day or clock.today(),
        due_on=held.due_on,
        rating=held.rating,
        actor=actor,
        to=to,
        level=held.level,
        state=held.state,
        words=words,
    )


def _too_late(matter: Matter) -> str:
    """Who was quicker, when, and what it is now."""
    last = matter.moves.exclude(kind="note").select_related("actor").latest("pk")
    at = last.at.astimezone(clock.SHANGHAI)
    who = last.actor or "群众"
    return (
        f"{who} {clock.cn_day(at.date())} {at:%H:%M} 已经{last.get_kind_display()}，"
        f"这件事现在是“{matter.get_state_display()}”。"
    )
