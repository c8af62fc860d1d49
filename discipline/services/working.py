"""The steps of a report: each asks who may, moves it by its declared transition, and leaves a dated row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.views.decorators.debug import sensitive_variables
from django_fsm import TransitionNotAllowed, can_proceed

from core import clock
from core.scope import NOT_YOURS
from discipline.models import WORKS, Report, Step
from discipline.services.errors import Conflict

LONGEST = {"words": 1000, "also": 60}


@dataclass(frozen=True)
class Offer:
    """A step as it is offered. `ask` says what its words are for, `need` what is said where they are missing."""

    code: str
    button: str
    verb: Callable[..., Step]
    ask: str = ""
    need: str = ""
    also: bool = False


def take(*, actor: Any, report: Report, words: str = "", uuid: UUID | None = None) -> Step:
    """开始核实."""
    return _step("take", actor, report, words, uuid)


def note(*, actor: Any, report: Report, words: str, also: str = "", uuid: UUID | None = None) -> Step:
    """记一笔. `also`: somebody else it turns out to be about, by name: for him and whom he leads it is gone from now
    on, for the writer too if he is one of them. So it is for whoever the words of any step name."""
    return _step("note", actor, report, words, uuid, also.strip())


def finish(*, actor: Any, report: Report, words: str, uuid: UUID | None = None) -> Step:
    """办结, with what came of it."""
    return _step("finish", actor, report, words, uuid)


def pass_on(*, actor: Any, report: Report, words: str, uuid: UUID | None = None) -> Step:
    """不归这里办, with whose it is. Nothing is handed to another room: whoever it belongs to is told by people."""
    return _step("pass_on", actor, report, words, uuid)


def reopen(*, actor: Any, report: Report, words: str, uuid: UUID | None = None) -> Step:
    """再核实, with why."""
    return _step("reopen", actor, report, words, uuid)


OFFERS: Mapping[str, Offer] = {
    offer.code: offer
    for offer in (
        Offer("take", "开始核实", take),
        Offer("note", "记一笔", note, "核实到哪一步了", "写一句再记。", also=True),
        Offer("finish", "办结", finish, "查下来是怎么回事，怎么处理的", "写一句结果再办结。"),
        Offer("pass_on", "不归这里办", pass_on, "归谁办，怎么转的", "写一句归谁办。"),
        Offer("reopen", "再核实", reopen, "为什么再核实", "写一句为什么再核实。"),
    )
}


def offers_for(report: Report) -> list[Offer]:
    """What may be done with it now, the likeliest first."""
    return [offer for offer in OFFERS.values() if _fits(offer.code, report)]


def _fits(code: str, report: Report) -> bool:
    if code == "note":
        return report.state in (Report.RECEIVED, Report.IN_HAND)
    return bool(can_proceed(getattr(report, code)))


@sensitive_variables()
@transaction.atomic
def _step(kind: str, actor: Any, report: Report, words: str, uuid: UUID | None, also: str = "") -> Step:
    words = words.strip()
    said = f"{words}\n还牵扯到：{also}" if also else words
    # 1. The lock, of what is open to this actor only: of two at once the second sees what the first has done.
    held = Report.objects.open_to(actor, WORKS).select_for_update().filter(pk=report.pk).first()
    if held is None:
        raise PermissionDenied(NOT_YOURS)
    if known := _stored(uuid, held, kind, actor, said):
        return known
    if (need := OFFERS[kind].need) and not words:
        raise ValidationError({"words": need})
    for field, text in (("words", words), ("also", also)):
        if len(text) > (most := LONGEST[field]):
            raise ValidationError({field: f"写了 {len(text)} 个字，最多 {most} 个，写短一点。"})
    if not _fits(kind, held):
        raise ValidationError(_too_late(held))
    if kind != "note":
        try:
            getattr(held, kind)()
        except TransitionNotAllowed:
            raise ValidationError(_too_late(held)) from None
    if also:
        held.set_told(held.told.with_also(also))
    held.updated_at = clock.now()
    held.save()
    step = Step(uuid=uuid or uuid4(), report=held, kind=kind, at=held.updated_at, actor=actor)
    step.words = Step._meta.get_field("words").seal(said) if said else None
    step.save(force_insert=True)
    return step


def _stored(uuid: UUID | None, report: Report, kind: str, actor: Any, said: str) -> Step | None:
    """The step under this number, if it says the same; Conflict if it says something else or is somebody else's."""
    known = Step.objects.filter(uuid=uuid).first() if uuid else None
    if known is None:
        return None
    if (known.report_id, known.kind, known.actor_id, known.said) != (report.pk, kind, actor.pk, said):
        raise Conflict
    return known


def _too_late(report: Report) -> str:
    """Who was quicker, when, and what it is now."""
    last = report.steps.exclude(kind="note").select_related("actor").latest("pk")
    return (
        f"{last.actor or '群众'} {clock.cn_moment(last.at)} 已经{last.get_kind_display()}，"
        f"这一件现在是“{report.get_state_display()}”。"
    )
