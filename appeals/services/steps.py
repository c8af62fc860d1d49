"""The steps as people are offered them: which there are, what each asks for, and which are open to whom just now."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from appeals.models import Matter
from appeals.services import moving


@dataclass(frozen=True)
class Step:
    """`fields`: what the verb takes besides actor and matter. `allowed`: whether this actor may, of a matter in this
    state. `ask` says what its words are for; a step that needs no words says nothing."""

    code: str
    button: str
    verb: Callable[..., Any]
    fields: tuple[str, ...]
    states: frozenset[str]
    allowed: Callable[[Any, Matter], bool]
    ask: str = ""


_M = Matter
_BEFORE = frozenset({_M.COLLECTED, _M.DISPATCHED, _M.IN_HAND})
STEPS: Mapping[str, Step] = {
    step.code: step
    for step in (
        Step("accept", "受理", moving.accept, ("grade",), frozenset({_M.COLLECTED}), moving.handles),
        Step("take", "接办", moving.take, (), frozenset({_M.DISPATCHED}), moving.works_on),
        Step(
            "settle",
            "办好了",
            moving.settle,
            ("words",),
            frozenset({_M.IN_HAND}),
            moving.has_in_hand,
            "办理结果",
        ),
        Step(
            "answer",
            "回复群众了",
            moving.answer,
            ("words", "answered_on", "rating"),
            frozenset({_M.IN_HAND, _M.DONE}),
            moving.has_in_hand,
            "怎么回复的",
        ),
        Step(
            "rate",
            "记评价，办结",
            moving.rate,
            ("rating", "words"),
            frozenset({_M.ANSWERED}),
            moving.follows_up,
            "群众怎么说的",
        ),
        Step(
            "note",
            "记一笔",
            moving.note,
            ("words",),
            frozenset({*_M.OPEN_STATES, _M.ANSWERED}),
            moving.has_in_hand,
            "办到哪一步了",
        ),
        Step(
            "plan",
            "定办法",
            moving.set_plan,
            ("words", "due_on"),
            frozenset({_M.IN_HAND}),
            moving.has_in_hand,
            "打算怎么办",
        ),
        Step(
            "dispatch",
            "交办",
            moving.dispatch,
            ("to", "words"),
            _BEFORE,
            moving.dispatches,
            "交代一句",
        ),
        Step(
            "give_back",
            "退回",
            moving.give_back,
            ("words",),
            frozenset({_M.DISPATCHED, _M.IN_HAND}),
            moving.has_in_hand,
            "为什么退回",
        ),
        Step(
            "escalate",
            "报上一级",
            moving.escalate,
            ("words",),
            _BEFORE,
            lambda actor, matter: moving.has_in_hand(actor, matter) and matter.level != _M.DISTRICT,
            "这一级试过什么，为什么办不了",
        ),
        Step(
            "reopen",
            "重新办",
            moving.reopen,
            ("words",),
            frozenset({_M.ANSWERED, _M.CLOSED}),
            moving.follows_up,
            "为什么重新办",
        ),
        Step(
            "withdraw",
            "不办了",
            moving.withdraw,
            ("words",),
            _BEFORE,
            moving.dispatches,
            "为什么不办了",
        ),
    )
}


def steps_for(actor: Any, matter: Matter) -> list[Step]:
    """What this actor may do with it now, the likeliest first."""
    return [step for step in STEPS.values() if matter.state in step.states and step.allowed(actor, matter)]
