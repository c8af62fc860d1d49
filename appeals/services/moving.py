"""The steps of a matter: each asks who may, moves it by its declared transition, and leaves a dated row.

What they share stands in stepping.
"""

import datetime as dt
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from accounts.models import User
from appeals.models import Matter, Move
from appeals.models.matters import HANDLES, WORKS
from appeals.services.clocks import promised
from appeals.services.stepping import move_on, too_late
from core import clock
from core.scope import may, reach_of
from grids.models import Post, Territory
from grids.services import dial

DISPATCHES = "matters.dispatch"
# What is said where a step needs words and has none.
NEED = {
    "give_back": "写一句为什么退回。",
    "escalate": "写一句这一级试过什么、为什么办不了。",
    "plan": "写一句打算怎么办。",
    "note": "写一句再记。",
    "settle": "写一句办理结果。",
    "answer": "写一句怎么回复群众的。",
    "reopen": "写一句为什么要重新办，群众哪里不满意。",
    "withdraw": "写一句为什么不办了。",
}
WITH_DISTRICT = "已经报到区里了，等区里答复，有了消息记一笔。"
LONGEST = dt.timedelta(days=183)  # how far off the day of a plan may lie


def handles(actor: Any, matter: Matter) -> bool:
    """Whether the matter lies with the actor's own office: the grid, the village, the town."""
    return may(actor, HANDLES, matter.place)


def works_on(actor: Any, matter: Matter) -> bool:
    """Whether it was given to the actor, and she still serves there."""
    return matter.owner_id == getattr(actor, "pk", None) and may(actor, WORKS, matter.territory)


def has_in_hand(actor: Any, matter: Matter) -> bool:
    """Hers; nobody's yet and lying with her office; or she decides who has it."""
    lying = matter.owner_id is None and handles(actor, matter)
    return lying or has_it(actor, matter)


def has_it(actor: Any, matter: Matter) -> bool:
    """It was given to her, or she decides who has it."""
    return works_on(actor, matter) or dispatches(actor, matter)


def dispatches(actor: Any, matter: Matter) -> bool:
    """Whether she decides who works on it, or that nobody does."""
    return may(actor, DISPATCHES, matter.place)


def follows_up(actor: Any, matter: Matter) -> bool:
    """Who asks the villager afterwards: whoever answered, her office, or who decides about the matter."""
    answered = matter.answered_by_id == getattr(actor, "pk", None) and may(actor, WORKS, matter.territory)
    return answered or handles(actor, matter) or dispatches(actor, matter)


def number_to_call(actor: Any, matter: Matter) -> str:
    """The number to call back, for whoever has it in hand: the one that was left, or the household's; "" for others."""
    if not has_in_hand(actor, matter):
        return ""
    if matter.phone:
        return str(matter.phone.open())
    return dial(actor, matter.household) if matter.household else ""


def may_be_noted(matter: Matter) -> bool:
    """Until it is closed."""
    return matter.is_open or matter.state == Matter.ANSWERED


def may_be_planned(matter: Matter) -> bool:
    """While somebody works on it."""
    return matter.state == Matter.IN_HAND


@transaction.atomic
def accept(*, actor: Any, matter: Matter, grade: str = "", uuid: UUID | None = None) -> Move:
    """受理 by whoever it lies with, who then works on it herself; what went to 区 is not taken back. `grade` sets how
    long it may take."""

    def change(held: Matter) -> None:
        if held.level == Matter.DISTRICT and held.state == Matter.COLLECTED:
            raise ValidationError(WITH_DISTRICT)
        held.accept(actor)
        if grade and grade != held.grade:
            held.grade, held.plan = grade, ""
            held.due_on = promised(held, since=_taken_up_on(held))

    return move_on("accept", handles, actor, matter, uuid, change, to=actor, said={"grade": grade})


@transaction.atomic
def dispatch(*, actor: Any, matter: Matter, to: User, words: str = "", uuid: UUID | None = None) -> Move:
    """交办 to somebody who serves where it is from; who cannot reach it is refused by name."""

    def change(held: Matter) -> None:
        if to == actor:
            raise ValidationError({"to": "要自己办，点“受理”。交办是交给别人。"})
        held.territory = _reached(held.territory, to)
        held.dispatch(to)

    return move_on("dispatch", dispatches, actor, matter, uuid, change, words=words, to=to)


@transaction.atomic
def take(*, actor: Any, matter: Matter, uuid: UUID | None = None) -> Move:
    """接办 what was sent to one."""

    def change(held: Matter) -> None:
        held.take()

    return move_on("take", works_on, actor, matter, uuid, change, to=actor)


@transaction.atomic
def give_back(*, actor: Any, matter: Matter, words: str, uuid: UUID | None = None) -> Move:
    """退回 with a reason: it waits again with the office that had it."""

    def change(held: Matter) -> None:
        held.give_back()

    return move_on("give_back", has_it, actor, matter, uuid, change, words=words, need=NEED["give_back"])


@transaction.atomic
def escalate(*, actor: Any, matter: Matter, words: str, uuid: UUID | None = None) -> Move:
    """报上一级, 网格 → 村 → 镇 → 区, with what was tried here.

    It goes on from the actor's own office: a secretary is the village, so from a grid she reports to the town.
    """

    def change(held: Matter) -> None:
        if held.level == Matter.DISTRICT:
            raise ValidationError(WITH_DISTRICT)
        held.escalate(_stands_at(actor, held))

    return move_on(
        "escalate",
        has_in_hand,
        actor,
        matter,
        uuid,
        change,
        words=words,
        need=NEED["escalate"],
    )


@transaction.atomic
def set_plan(*, actor: Any, matter: Matter, words: str, due_on: dt.date, uuid: UUID | None = None) -> Move:
    """定办法 with the day by which it will be done: the matter is a complex one from now on.

    Once it is late, only who decides about it sets another day.
    """

    def change(held: Matter) -> None:
        if not may_be_planned(held):
            raise ValidationError(too_late(held))
        if due_on < clock.today():
            raise ValidationError({"due_on": "哪天办好，填今天或者以后的日子。"})
        if len(words.strip()) > Matter._meta.get_field("plan").max_length:
            raise ValidationError({"words": "最多写 500 个字，写短一点。"})
        if due_on > clock.today() + LONGEST:
            raise ValidationError({"due_on": "最远定到半年以内，填近一点的日子。"})
        if held.days_over() and not dispatches(actor, held):
            raise ValidationError("已经过了时限，新的日子由村党组织书记或者镇办公室定，先跟他们说。")
        held.plan, held.due_on, held.grade = words.strip(), due_on, Matter.COMPLEX

    told = f"{words.strip()}（{clock.cn_day(due_on)}前办好）" if words.strip() else ""
    return move_on("plan", has_in_hand, actor, matter, uuid, change, words=told, need=NEED["plan"])


@transaction.atomic
def note(*, actor: Any, matter: Matter, words: str, uuid: UUID | None = None) -> Move:
    """记一笔: what happened meanwhile; nothing else changes."""

    def change(held: Matter) -> None:
        if not may_be_noted(held):
            raise ValidationError("这件事办结了。还有话要记，先重新办。")

    return move_on("note", has_in_hand, actor, matter, uuid, change, words=words, need=NEED["note"])


@transaction.atomic
def settle(*, actor: Any, matter: Matter, words: str, uuid: UUID | None = None) -> Move:
    """办好, with what came of it; whoever asked is still to be told. What 区 has done is hers who writes it down."""

    def change(held: Matter) -> None:
        held.settle(words.strip())
        held.owner = held.owner or actor

    return move_on("settle", has_in_hand, actor, matter, uuid, change, words=words, need=NEED["settle"])


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
            raise ValidationError({"words": NEED["answer"]})
        if not _taken_up_on(held) <= day <= clock.today():
            raise ValidationError(
                {"answered_on": "回复日期在提出那天到今天之间（重新办的，从重新办那天起），改过来。"}
            )
        held.outcome = held.outcome or words.strip()
        held.answer(actor, day)

    said = {"answered_on": str(answered_on or ""), "rating": rating}
    move = move_on("answer", has_in_hand, actor, matter, uuid, change, words=words, day=day, said=said)
    if rating and move.fresh:
        rate(actor=actor, matter=move.matter, rating=rating, words=words)
    return move


@transaction.atomic
def rate(*, actor: Any, matter: Matter, rating: str = "", words: str = "", uuid: UUID | None = None) -> Move:
    """评价、办结. 不满意 takes the matter up again where it lies: settled is what the villager calls settled."""
    if rating not in dict(Matter.RATINGS):
        raise ValidationError({"rating": "选一样：满意、基本满意、不满意、没有评价。"})
    if rating == Matter.BAD:
        told = words.strip() and f"群众不满意：{words.strip()}"
        return reopen(actor=actor, matter=matter, words=told, uuid=uuid)

    def change(held: Matter) -> None:
        held.close(rating, clock.today())

    told = words or dict(Matter.RATINGS)[rating]
    return move_on("close", follows_up, actor, matter, uuid, change, words=told, said={"rating": rating})


@transaction.atomic
def reopen(*, actor: Any, matter: Matter, words: str, uuid: UUID | None = None) -> Move:
    """重新办 what was answered or closed, with why; the promised day counts from today."""

    def change(held: Matter) -> None:
        held.reopen()
        held.due_on = promised(held, since=clock.today())

    return move_on(
        "reopen",
        follows_up,
        actor,
        matter,
        uuid,
        change,
        words=words,
        need=NEED["reopen"],
    )


@transaction.atomic
def withdraw(*, actor: Any, matter: Matter, words: str, uuid: UUID | None = None) -> Move:
    """不办了: said twice, no matter at all, taken back by whoever asked; with why, and by whom it lies with."""

    def change(held: Matter) -> None:
        held.withdraw()

    return move_on("withdraw", dispatches, actor, matter, uuid, change, words=words, need=NEED["withdraw"])


@transaction.atomic
def restore(*, actor: Any, matter: Matter, words: str = "", uuid: UUID | None = None) -> Move:
    """恢复 what was withdrawn by mistake; the promised day counts from today."""

    def change(held: Matter) -> None:
        held.restore()
        held.due_on = promised(held, since=clock.today())

    return move_on("restore", dispatches, actor, matter, uuid, change, words=words)


def candidates(matter: Matter) -> list[User]:
    """Whom it can be given to, each with `posts_said`: everybody with an account whose post lets her work on it where
    it is from; of a matter of a whole village also those of its grids. One query."""
    place = matter.territory
    there = Q(territory__in=(place, matter.village, matter.village.parent))
    if place.kind == Territory.VILLAGE:
        there |= Q(territory__parent=place)
    posts = Post.objects.carrying(WORKS).filter(there)
    found: dict[int, Any] = {}
    for post in posts.select_related("officer__user", "territory").order_by("-territory__level", "pk"):
        user: Any = post.officer.user
        known = found.setdefault(user.pk, user)
        said = f"{post.territory} {post.get_duty_display()}"
        known.posts_said = f"{known.posts_said}、{said}" if known is not user else said
    return [user for user in found.values() if user.pk != matter.owner_id]


def _stands_at(actor: Any, matter: Matter) -> str:
    """The highest level whose office is the actor's, never below where the matter lies."""
    above = [(Matter.TOWN, matter.village.parent), (Matter.VILLAGE, matter.village)]
    for level, place in above if matter.level != Matter.TOWN else ():
        if may(actor, HANDLES, place):
            return level
    return matter.level


def _reached(place: Territory, to: User) -> Territory:
    """Where it is from, if they can reach it; of a whole village's matter the grid of theirs, for they take it on."""
    reach = reach_of(to, WORKS)
    if reach.covers(place):
        return place
    grids = Territory.objects.at(place).grids().in_use().in_order().select_related("parent__parent")
    if place.kind == Territory.VILLAGE and (
        grid := next((each for each in grids if reach.covers(each)), None)
    ):
        return grid
    raise ValidationError({"to": f"{to}管不到{place.full_name}，交给他，他也看不到。换一个人。"})


def _taken_up_on(matter: Matter) -> dt.date:
    """The day from which it counts: when it was said, or taken up again."""
    again = matter.moves.filter(kind__in=("reopen", "restore")).order_by("-pk").values_list("day", flat=True)
    return again.first() or matter.opened_on
