"""The steps as people are offered them: which there are, what each asks for, and which are open to whom just now."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django_fsm import can_proceed

from core import clock
from disputes.models import Dispute, Move, Party
from disputes.services import moving
from disputes.services.rights import keeps, reported, works_on


@dataclass(frozen=True)
class Step:
    """`fields`: what the verb takes besides actor and dispute. `right`: whether this actor may. `fits`: whether the
    dispute stands so that it can be done; the model's own transition says that where there is one. `ask` says what its
    words are for."""

    code: str
    button: str
    verb: Callable[..., Any]
    fields: tuple[str, ...]
    right: Callable[[Any, Dispute], bool]
    ask: str = ""
    fits: Callable[[Dispute], bool] | None = None
    more: str = ""

    def open_to(self, actor: Any, dispute: Dispute) -> bool:
        """Whether this actor may take it now."""
        fits = self.fits(dispute) if self.fits else can_proceed(getattr(dispute, self.code))
        return fits and self.right(actor, dispute)


def _open(dispute: Dispute) -> bool:
    return dispute.is_open


def _at_rest(dispute: Dispute) -> bool:
    return dispute.state in Dispute.AT_REST


def _below_the_top(dispute: Dispute) -> bool:
    return dispute.level != Dispute.DISTRICT and can_proceed(dispute.escalate)


def _is_ours_to_take(dispute: Dispute) -> bool:
    return dispute.level != Dispute.DISTRICT and can_proceed(dispute.accept)


def _refuse(*, actor: Any, dispute: Dispute, words: str, uuid: UUID | None = None) -> Move:
    """The page asks for the side alone (`words`: its code): everybody who reads the dispute reads this, and what was
    said belongs to the minutes. ValidationError by field."""
    side = Party.SHORT.get(words)
    if side is None and works_on(actor, dispute):
        raise ValidationError({"words": "选是哪一方不愿调。"})
    return moving.refuse(actor=actor, dispute=dispute, words=f"{side}不愿调", uuid=uuid)


STEPS: Mapping[str, Step] = {
    step.code: step
    for step in (
        Step("accept", "受理", moving.accept, (), works_on, fits=_is_ours_to_take),
        Step("review", "本月梳理", moving.review, ("words",), keeps, "这个月看下来怎么样", fits=_open),
        Step("measure", "采取措施", moving.measure, ("words",), keeps, "做了什么", fits=_open),
        Step(
            "settle",
            "化解了",
            moving.settle,
            ("words", "day", "feedback"),
            reported,
            "怎么化解的",
            more="说好了、没有写协议的记在这里。写了协议书的，在协议书里定。",
        ),
        Step("revisit", "回访了", moving.revisit, ("kept", "words", "feedback"), keeps, "现在怎么样", fits=_at_rest),
        Step("assign", "定负责人", moving.assign, ("owner", "keeper"), works_on, fits=_open),
        Step("escalate", "报上一级", moving.escalate, ("words",), works_on, "试过什么，为何不成", fits=_below_the_top),
        Step("fail", "没调成", moving.fail, ("words",), works_on, "为什么没调成", more=moving.WAYS),
        Step("refuse", "当事人不愿调", _refuse, ("words",), works_on, "哪一方不愿调", more=moving.WAYS),
        Step("hand_on", "转其他途径", moving.hand_on, ("words",), works_on, "转到哪里", more=moving.WAYS),
        Step("note", "记一笔", moving.note, ("words",), keeps, "什么情况", fits=lambda dispute: True),
        Step("reopen", "又闹起来", moving.reopen, ("words",), works_on, "又为什么闹"),
        Step("withdraw", "不算纠纷", moving.withdraw, ("words",), works_on, "为什么不算"),
        Step("restore", "恢复", moving.restore, ("words",), works_on, "为什么恢复"),
    )
}  # fmt: skip


def check_made_today(step: Step, day: str) -> None:
    """`day` as it was sent with a step that takes none: such a step is dated the day it is made (附件3 之 6:
    每月进行 1 次梳理更新), and is not made for another day or month. ValidationError at `day` for any other."""
    if day.strip() not in ("", clock.today().isoformat()):
        told = f"“{step.button}”记在做的那天，不能写成别的日子，也不能补到别的月。"
        raise ValidationError({"day": f"{told}去掉日子再记；那天的情况写在话里。"})


def steps_for(actor: Any, dispute: Dispute) -> list[Step]:
    """What this actor may do with it now, the likeliest first."""
    return [step for step in STEPS.values() if step.open_to(actor, dispute)]
