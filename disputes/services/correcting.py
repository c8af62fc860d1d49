"""更正: a plain fact of a dispute written wrong is set right, with a dated row that says what it was before."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from core.digests import digest_of
from disputes.models import Dispute, Move
from disputes.services.rights import works_on
from disputes.services.stepping import move_on

CORRECTED = "更正："
FACTS = ("kind", "level", "people", "major", "department", "supervised", "due_on")


@transaction.atomic
def correct(*, actor: Any, dispute: Dispute, uuid: UUID | None = None, upon: str = "", **facts: Any) -> Move:
    """Set some of FACTS; whoever works on the dispute may, at any time. The row says each as old → new.

    `upon`: the writing that was looked at (version_of); what somebody has corrected since is not undone unseen.
    ValidationError by field, at `upon` if somebody was quicker, and where nothing is other than it was.
    """
    if unknown := facts.keys() - set(FACTS):
        raise TypeError(f"no such fact of a dispute: {sorted(unknown)}")
    plain = {name: value.strip() if isinstance(value, str) else value for name, value in facts.items()}
    _check(dispute, plain)
    told = [
        f"{_title(name)} {_said(dispute, name, getattr(dispute, name))} → {_said(dispute, name, plain[name])}"
        for name in FACTS
        if name in plain and plain[name] != getattr(dispute, name)
    ]

    def change(held: Dispute) -> None:
        if upon and upon != version_of(held):
            raise ValidationError({"upon": "您打开这一页以后，别人更正过。看看现在的，再改一次。"})
        if not told:
            raise ValidationError("没有改动。改了哪一样，再保存。")
        for name, value in plain.items():
            setattr(held, name, value)

    said = {name: str(value) for name, value in plain.items()}
    words = f"{CORRECTED}{'；'.join(told)}" if told else ""
    return move_on("note", works_on, actor, dispute, uuid, change, words=words, said=said)


def version_of(dispute: Dispute) -> str:
    """Which writing of its facts this is: another after each correction."""
    return digest_of([getattr(dispute, name) for name in FACTS])


def _check(dispute: Dispute, facts: Mapping[str, Any]) -> None:
    if facts.get("people") == 0:
        raise ValidationError({"people": "涉及人数至少是 1；说不清的空着。"})
    if "due_on" in facts and (facts["due_on"] is None or facts["due_on"] < dispute.found_on):
        raise ValidationError({"due_on": "完成时限要填，不能比排查时间早。"})


def _title(name: str) -> str:
    return str(Dispute._meta.get_field(name).verbose_name)


def _said(dispute: Dispute, name: str, value: Any) -> str:
    choices = {"kind": dict(Dispute.KINDS), "level": dict(Dispute.LEVELS)}.get(name)
    if choices:
        return choices.get(value, str(value))
    if isinstance(value, bool):
        return "是" if value else "否"
    return "没填" if value in (None, "") else str(value)
