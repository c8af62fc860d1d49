"""The steps of a dispute: each asks who may, moves it by its declared transition, and leaves a dated row.

What they share stands in stepping.
"""

import datetime as dt
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from accounts.models import User
from core import clock
from disputes.models import Agreement, Dispute, DisputeRule, Move
from disputes.models.disputes import KEEPS, WORKS
from disputes.services.opening import Rules
from disputes.services.rights import is_near, keeps, reported, works_on
from disputes.services.stepping import move_on, too_late
from grids.models import Post, Territory

# What is said where a step needs words and has none.
NEED = {
    "measure": "写一句采取了什么措施。",
    "review": "写一句这个月看下来怎么样：谁去看的、还闹不闹。",
    "note": "写一句再记。",
    "escalate": "写一句这一级试过什么、为什么调不了。",
    "settle": "写一句怎么化解的。",
    "refuse": "写一句是哪一方不愿意调、怎么说的。",
    "fail": "写一句为什么没调成。",
    "hand_on": "写一句转到哪里去：仲裁、有关部门、法院。",
    "revisit": "写一句回访到的情况。",
    "reopen": "写一句又为什么闹起来。",
    "withdraw": "写一句为什么不算纠纷。",
}
WITH_DISTRICT = "已经报到区里了，有了消息记一笔。"
# 人民调解法 §26: after it has ended, the parties are told what else there is.
WAYS = "当事人还可以：申请仲裁（劳动、土地承包这些），请有关部门处理，向人民法院起诉。"


@transaction.atomic
def accept(*, actor: Any, dispute: Dispute, uuid: UUID | None = None) -> Move:
    """受理: whoever takes it up settles it; from then on it is the village's. What went to 区 is settled there."""

    def change(held: Dispute) -> None:
        if held.level == Dispute.DISTRICT:
            raise ValidationError(WITH_DISTRICT)
        held.accept(actor)
        held.keeper = held.keeper or actor

    return move_on("accept", works_on, actor, dispute, uuid, change)


@transaction.atomic
def assign(
    *,
    actor: Any,
    dispute: Dispute,
    owner: User | None = None,
    keeper: User | None = None,
    uuid: UUID | None = None,
) -> Move:
    """定负责人、稳控负责人: who mediates, and who sees that it stays quiet; each one who can serve there."""
    if owner is None and keeper is None:
        raise ValidationError({"owner": "选负责人或者稳控负责人。"})

    def change(held: Dispute) -> None:
        if not held.is_open:
            raise ValidationError(too_late(held))
        for name, who in (("owner", owner), ("keeper", keeper)):
            if who is not None and is_near(who, held):
                raise ValidationError({name: f"{who}自己是当事人，换一个人。"})
        if owner is not None:
            held.owner = owner
        if keeper is not None:
            held.keeper = keeper

    told = [f"负责人 {owner}" if owner else "", f"稳控负责人 {keeper}" if keeper else ""]
    said = {"owner": str(owner and owner.pk), "keeper": str(keeper and keeper.pk)}
    words = "，".join(filter(None, told))
    return move_on("assign", works_on, actor, dispute, uuid, change, words=words, said=said)


def _only_open(held: Dispute) -> None:
    if not held.is_open:
        raise ValidationError(too_late(held))


@transaction.atomic
def measure(*, actor: Any, dispute: Dispute, words: str, uuid: UUID | None = None) -> Move:
    """采取措施: what was done to keep or to make the peace."""
    return move_on("measure", keeps, actor, dispute, uuid, _only_open, words=words, need=NEED["measure"])


@transaction.atomic
def review(*, actor: Any, dispute: Dispute, words: str, uuid: UUID | None = None) -> Move:
    """本月梳理 (附件3 之 6: 每月进行 1 次梳理更新): how an open dispute stands this month."""
    return move_on("review", keeps, actor, dispute, uuid, _only_open, words=words, need=NEED["review"])


@transaction.atomic
def note(*, actor: Any, dispute: Dispute, words: str, uuid: UUID | None = None) -> Move:
    """记一笔, whenever."""
    return move_on("note", keeps, actor, dispute, uuid, lambda held: None, words=words, need=NEED["note"])


@transaction.atomic
def escalate(*, actor: Any, dispute: Dispute, words: str, uuid: UUID | None = None) -> Move:
    """报上一级, 网格、村 → 镇 → 区, with what was tried here."""

    def change(held: Dispute) -> None:
        if held.level == Dispute.DISTRICT:
            raise ValidationError(WITH_DISTRICT)
        held.escalate()

    return move_on("escalate", works_on, actor, dispute, uuid, change, words=words, need=NEED["escalate"])


@transaction.atomic
def settle(
    *,
    actor: Any,
    dispute: Dispute,
    words: str,
    day: dt.date | None = None,
    feedback: str = "",
    uuid: UUID | None = None,
) -> Move:
    """化解 without a written agreement: talked over, on the spot or later; `feedback` is what the people say of it."""

    def change(held: Dispute) -> None:
        held.settle(words.strip()[:500], day or clock.today())
        held.feedback = feedback.strip()
        plan_revisits(held)

    said = {"day": str(day or ""), "feedback": feedback}
    return move_on(
        "settle", reported, actor, dispute, uuid, change, words=words, need=NEED["settle"], day=day, said=said
    )


def plan_revisits(held: Dispute, rules: Rules = DisputeRule.on) -> None:
    """The first day to ask again, by the rule of the day it was settled."""
    assert held.settled_on is not None
    rule = rules(held.settled_on)
    days = rule.first_revisit or rule.second_revisit
    held.revisit_on = held.settled_on + dt.timedelta(days=days) if days else None


@transaction.atomic
def refuse(*, actor: Any, dispute: Dispute, words: str, uuid: UUID | None = None) -> Move:
    """当事人不愿调: one clear refusal ends people's mediation (人民调解法 §17, §23)."""
    return move_on("refuse", works_on, actor, dispute, uuid, Dispute.refuse, words=words, need=NEED["refuse"])


@transaction.atomic
def fail(*, actor: Any, dispute: Dispute, words: str, uuid: UUID | None = None) -> Move:
    """没调成 (人民调解法 §26)."""
    return move_on("fail", works_on, actor, dispute, uuid, Dispute.fail, words=words, need=NEED["fail"])


@transaction.atomic
def hand_on(*, actor: Any, dispute: Dispute, words: str, uuid: UUID | None = None) -> Move:
    """转其他途径: which of the ways that remain they took."""

    def change(held: Dispute) -> None:
        held.hand_on()
        held.outcome = words.strip()[:500]

    return move_on("hand_on", works_on, actor, dispute, uuid, change, words=words, need=NEED["hand_on"])


@transaction.atomic
def revisit(
    *, actor: Any, dispute: Dispute, words: str, feedback: str = "", uuid: UUID | None = None
) -> Move:
    """回访 what was settled; after the last one an agreement counts as kept, unless it
    is known to be broken. What flared up again is reopened."""

    def change(held: Dispute) -> None:
        if held.state not in Dispute.AT_REST:
            raise ValidationError(too_late(held))
        assert held.settled_on is not None
        held.feedback = feedback.strip() or held.feedback
        second = DisputeRule.on(held.settled_on).second_revisit
        last = held.settled_on + dt.timedelta(days=second)
        held.revisit_on = last if second and (held.revisit_on or last) < last else None
        broken = held.agreements.filter(state=Agreement.BROKEN).exists()
        if held.revisit_on is None and held.state == Dispute.AGREED and not broken:
            held.fulfil()
            for agreement in held.agreements.filter(state=Agreement.IN_FORCE):
                agreement.perform(clock.today())
                agreement.save()

    said = {"feedback": feedback}
    return move_on(
        "revisit", keeps, actor, dispute, uuid, change, words=words, need=NEED["revisit"], said=said
    )


@transaction.atomic
def reopen(*, actor: Any, dispute: Dispute, words: str, uuid: UUID | None = None) -> Move:
    """又闹起来: it is taken up again, and the days to settle it count from today."""

    def change(held: Dispute) -> None:
        held.reopen(actor)
        today = clock.today()
        held.due_on = today + dt.timedelta(days=DisputeRule.on(today).settle_days)

    return move_on("reopen", works_on, actor, dispute, uuid, change, words=words, need=NEED["reopen"])


@transaction.atomic
def withdraw(*, actor: Any, dispute: Dispute, words: str, uuid: UUID | None = None) -> Move:
    """不算纠纷: registered twice, or no dispute at all; with why."""
    return move_on(
        "withdraw", works_on, actor, dispute, uuid, Dispute.withdraw, words=words, need=NEED["withdraw"]
    )


@transaction.atomic
def restore(*, actor: Any, dispute: Dispute, words: str = "", uuid: UUID | None = None) -> Move:
    """恢复 what was withdrawn by mistake."""
    return move_on("restore", works_on, actor, dispute, uuid, Dispute.restore, words=words)


def candidates(dispute: Dispute) -> list[User]:
    """Whom it can be given to, each with `posts_said`: who has an account and works on the disputes of the place, or
    keeps those of its grid. One query."""
    place = dispute.territory
    above = Q(
        territory__in=[each for each in (place, place.parent, place.parent and place.parent.parent) if each]
    )
    if place.kind == Territory.VILLAGE:
        above |= Q(territory__parent=place)
    posts = Post.objects.carrying(WORKS) | Post.objects.carrying(KEEPS)
    found: dict[int, Any] = {}
    for post in (
        posts.filter(above).select_related("officer__user", "territory").order_by("-territory__level", "pk")
    ):
        user: Any = post.officer.user
        known = found.setdefault(user.pk, user)
        said = f"{post.territory} {post.get_duty_display()}"
        known.posts_said = f"{known.posts_said}、{said}" if known is not user else said
    return list(found.values())
