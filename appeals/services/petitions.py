"""信访登记: the legal road of a matter, step by step. Each step is a `Move` of the matter, dated as its paper is.

Who (domain.md, "Who may do what"): 信访办 and the town office walk the road, for only an organ of the state has the
duties of the regulation; a village secretary may put a matter on it, which hands the law's part up to the town. The
matter itself stays with whom it lies; it may be answered meanwhile, but neither closed nor withdrawn (models.Matter).
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django_fsm import TransitionNotAllowed, can_proceed

from appeals.models import Matter, Move, Petition
from appeals.models.matters import SEES
from appeals.services import legal
from appeals.services.stepping import move_on
from core import clock
from core.clock import cn_day
from core.scope import may
from core.workdays import Calendar

REGISTERS, WALKS = "petitions.register", "petitions.work"
LONGEST = 500  # what a step's words may be
Change = Callable[[Petition, dt.date], None]  # what a step does to the petition, on its day


def registers(actor: Any, matter: Matter) -> bool:
    """Whether she may put the matter on the legal road."""
    return may(actor, REGISTERS, matter.territory)


def walks(actor: Any, matter: Matter) -> bool:
    """Whether she takes its further steps."""
    return may(actor, WALKS, matter.territory)


def may_be_registered(matter: Matter) -> bool:
    """Once, and while it is neither closed nor withdrawn."""
    return petition_of(matter) is None and matter.state not in (Matter.CLOSED, Matter.WITHDRAWN)


def story_of(actor: Any, matter: Matter) -> list[Move]:
    """The steps of a matter as this actor may read them; the words of its petition only for who sees all matters there.

    Petition text is of level 3 (domain.md, "Field levels"): whoever merely has the matter in hand knows that there is
    a petition and what its clocks owe. A step whose words were kept from her is `hushed`. One query.
    """
    moves: list[Any] = list(matter.moves.select_related("actor", "to"))
    reads = may(actor, SEES, matter.village)
    for move in moves:
        move.hushed = move.of_petition and not reads and bool(move.words)
        if move.hushed:
            move.words = ""
    return moves


def petition_of(matter: Matter) -> Petition | None:
    return getattr(matter, "petition", None)


@transaction.atomic
def register_petition(
    *, actor: Any, matter: Matter, words: str, day: dt.date | None = None, uuid: UUID | None = None
) -> Move:
    """转信访登记 with what the petitioner asks for: from the next day on the periods of the law run.

    `day`: when the petition was received, if not today. ValidationError by field.
    """
    on = day or clock.today()

    def change(held: Matter) -> None:
        if (known := petition_of(held)) is not None:
            raise ValidationError(f"{cn_day(known.registered_on)}已经转过信访登记，一件事只登记一次。")
        if not may_be_registered(held):
            raise ValidationError("这件事办结了或者不办了。先点“重新办”或“恢复”，再转信访登记。")
        if not held.opened_on <= on <= clock.today():
            raise ValidationError({"day": "登记日期在提出这件事那天到今天之间，改过来。"})
        _keep(Petition(matter=held, registered_on=on, registered_at=clock.now(), registered_by=actor))

    return move_on(
        "petition_register", registers, actor, matter, uuid, change,
        words=words, need="写一句信访人要求什么、材料从哪里来。", day=on, said={"day": str(day or "")},
    )  # fmt: skip


def extend(
    *,
    actor: Any,
    matter: Matter,
    words: str,
    days: int | None = None,
    approved_by: str = "",
    day: dt.date | None = None,
    uuid: UUID | None = None,
) -> Move:
    """延长期限 once, by at most 30 days, before the 60 are over, with the reason and who approved it (§34)."""
    by = approved_by.strip()

    def change(petition: Petition, on: dt.date) -> None:
        if petition.extended_days:
            raise ValidationError("延长过一次了，不能再延长。")
        if not days or not 1 <= days <= legal.MOST_EXTENDED:
            raise ValidationError({"days": Petition.EXTENDED})
        if not by:
            raise ValidationError({"approved_by": "写哪位负责人批准的。"})
        if petition.noticed_on:
            last = legal.reply_by(petition.noticed_on, Calendar())
            if clock.today() > last:
                raise ValidationError(f"60 日已满（{cn_day(last)}），不能再延长，尽快答复。")
        petition.extend(days, by)

    told = words.strip() and f"{words.strip()}（延长 {days} 日，{by}批准）"
    return _step(
        "extend", actor, matter, change, words=told, day=day, uuid=uuid,
        need="写一句为什么延长；也要把理由告知信访人。", said={"days": str(days or ""), "by": by},
    )  # fmt: skip


def refresh_due() -> int:
    """Count the days of all running petitions again: holidays were announced, or the town's table was put right."""
    calendar, changed = Calendar(), 0
    for petition in Petition.objects.running():
        due = _due_on(petition, calendar)
        if due != petition.due_on:
            changed += Petition.objects.filter(pk=petition.pk, state=petition.state).update(due_on=due)
    return changed


# --- what all steps share ---------------------------------------------------------------------------------------


@transaction.atomic
def _step(
    code: str,
    actor: Any,
    matter: Matter,
    change: Change,
    *,
    words: str = "",
    day: dt.date | None = None,
    uuid: UUID | None = None,
    need: str = "",
    said: Mapping[str, str] | None = None,
) -> Move:
    on = day or clock.today()
    if len(words.strip()) > LONGEST:
        raise ValidationError({"words": f"写短一点，最多 {LONGEST} 个字。"})

    def moved(held: Matter) -> None:
        petition = Petition.objects.select_for_update(of=("self",)).filter(matter=held).first()
        if petition is None:
            raise ValidationError("这件事没有转信访登记。")
        if not petition.last_on <= on <= clock.today():
            told = f"日期在上一步（{cn_day(petition.last_on)}）到今天之间，改过来。"
            raise ValidationError({"day": told})
        try:
            change(petition, on)
        except TransitionNotAllowed:
            raise ValidationError(_stands(petition)) from None
        _keep(petition)

    return move_on(
        f"petition_{code}", walks, actor, matter, uuid, moved,
        words=words, need=need, day=on, said={"day": str(day or ""), **(said or {})},
    )  # fmt: skip


def _keep(petition: Petition) -> None:
    petition.due_on = _due_on(petition, Calendar())
    petition.full_clean(validate_unique=False)
    petition.save()


def _due_on(petition: Petition, calendar: Calendar) -> dt.date | None:
    found = legal.owed(petition, calendar)
    return found.due_on if found else None


def _in_time(what: str, day: dt.date, last: dt.date) -> None:
    if day > last:
        told = f"申请{what}要在 30 日内，最后一天是{cn_day(last)}，已经过了；点“信访办结”，写明过期没申请。"
        raise ValidationError({"day": told})


def _stands(petition: Petition) -> str:
    """Who was quicker, and what it is now."""
    last = petition.matter.moves.filter(kind__startswith="petition_").select_related("actor").latest("pk")
    return (
        f"{last.actor or '服务器'} {clock.cn_moment(last.at)} 已经{last.get_kind_display()}，"
        f"信访现在是“{petition.get_state_display()}”。"
    )


# --- what the plain ones do, where that is more than their transition ----------------------------------------------


def _disclaim(petition: Petition, on: dt.date) -> None:
    last = legal.objection_by(petition.registered_on, Calendar())
    if on > last:
        told = f"提异议要在 5 个工作日内，最后一天是{cn_day(last)}，已经过了；由本级受理，点“告知受理”。"
        raise ValidationError({"day": told})
    petition.disclaim(on)


def _ask_review(petition: Petition, on: dt.date) -> None:
    if petition.replied_on:
        _in_time("复查", on, legal.review_asked_by(petition.replied_on, Calendar()))
    petition.ask_review(on)


def _ask_recheck(petition: Petition, on: dt.date) -> None:
    if petition.reviewed_on:
        _in_time("复核", on, legal.recheck_asked_by(petition.reviewed_on, Calendar()))
    petition.ask_recheck(on)


# --- the steps as people are offered them -------------------------------------------------------------------------


@dataclass(frozen=True)
class PetitionStep:
    """`ask`: what its words are for; `on`: what its day is. A plain one takes words and a day: `change` moves the
    petition, `need` is said where its words are missing ("" if it may do without). Another has a verb of its `own`, and
    `fields` that it takes besides."""

    code: str
    button: str
    ask: str
    on: str
    change: Change | None = None
    need: str = ""
    own: Callable[..., Move] | None = None
    fields: tuple[str, ...] = ()

    def verb(self, *, actor: Any, matter: Matter, **said: Any) -> Move:
        """Take it: `words`, `day`, `uuid` and its own fields as keywords. PermissionDenied, ValidationError by field,
        Conflict if the number is taken."""
        if self.own is not None:
            return self.own(actor=actor, matter=matter, **said)
        assert self.change is not None  # one of the two
        return _step(self.code, actor, matter, self.change, need=self.need, **said)

    def open_to(self, actor: Any, matter: Matter) -> bool:
        """Whether this actor may take it now."""
        petition = petition_of(matter)
        if self.code == "register":
            return may_be_registered(matter) and registers(actor, matter)
        if petition is None or not walks(actor, matter):
            return False
        if self.code == "extend" and petition.extended_days:
            return False
        return can_proceed(getattr(petition, self.code))


_REASON = "向谁申请、什么理由（可不写）"
PETITION_STEPS: Mapping[str, PetitionStep] = {
    step.code: step
    for step in (
        PetitionStep(
            "register", "转信访登记", "信访人要求什么，材料从哪里来", "哪天收到的", own=register_petition
        ),
        # The day of acceptance, from which the 60 days count (§34).
        PetitionStep("notify", "告知受理", "告知书文号、怎么送达的（可不写）", "哪天告知的", Petition.notify),
        PetitionStep(
            "reply", "答复", "处理意见，答复书文号", "哪天答复的", Petition.reply, "写一句处理意见。"
        ),
        PetitionStep("review", "出复查意见", "复查意见", "哪天出的", Petition.review, "写一句复查意见。"),
        # The last of the road; the same facts and reasons are not taken up again (§36).
        PetitionStep("recheck", "出复核意见", "复核意见", "哪天出的", Petition.recheck, "写一句复核意见。"),
        # Within 30 days of the reply (§35), of the review (§36).
        PetitionStep("ask_review", "群众申请复查", _REASON, "哪天申请的", _ask_review),
        PetitionStep("ask_recheck", "群众申请复核", _REASON, "哪天申请的", _ask_recheck),
        PetitionStep(
            "extend",
            "延长期限",
            "情况怎么复杂，为什么延长",
            "哪天批准的",
            own=extend,
            fields=("days", "approved_by"),
        ),
        # With the reasons in full, within 5 days of work (§23).
        PetitionStep(
            "disclaim",
            "不属于本级，提异议",
            "为什么不属于本级，该由谁办",
            "哪天提的",
            _disclaim,
            "写清楚为什么不属于本级，该由谁办。",
        ),
        # Whoever sent it holds that it is ours: the clocks have run on from the registration.
        PetitionStep(
            "keep",
            "异议没同意",
            "谁没同意，怎么说的",
            "哪天回的",
            lambda petition, on: petition.keep(),
            "写一句谁没同意、怎么说的。",
        ),
        # The petitioner is content, her days to ask for more are over, or the objection was agreed to.
        PetitionStep(
            "end",
            "信访办结",
            "怎么办结的",
            "哪天办结的",
            Petition.end,
            "写一句怎么办结的：信访人认可了、过了期限没再申请，或者异议同意了。",
        ),
        # By the petitioner, before she was answered.
        PetitionStep("drop", "信访人撤回", "为什么撤回", "哪天撤回的", Petition.drop, "写一句为什么撤回。"),
    )
}


def petition_steps_for(actor: Any, matter: Matter) -> list[PetitionStep]:
    """What this actor may do with its petition now, the likeliest first."""
    return [step for step in PETITION_STEPS.values() if step.open_to(actor, matter)]
