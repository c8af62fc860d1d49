"""What may be done at an award now, as buttons: each step with what it asks for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from points.models import Award
from points.models.awards import DECIDES
from points.services.deciding import challenge, check, decide, refuse, reverse_award, withdraw
from points.services.rights import verb_of, why_not

WORDS = {
    "check": "要说明的（可以不写）",
    "decide": "要说明的（可以不写）",
    "refuse": "为什么不给",
    "reverse": "为什么冲正",
    "object": "哪里不对",
}


@dataclass(frozen=True)
class Step:
    """One button. `fields`: what its form asks for, of points, ground, words and said_by."""

    code: str
    button: str
    states: tuple[str, ...]
    fields: tuple[str, ...] = ()
    more: str = ""

    @property
    def ask(self) -> str:
        return WORDS.get(self.code, "")


STEPS = {
    step.code: step
    for step in (
        Step("check", "初审通过", (Award.CLAIMED,), ("points", "words")),
        Step("decide", "复核通过", (Award.CHECKED,), ("points", "words")),
        Step("refuse", "不通过", (Award.CLAIMED, Award.CHECKED, Award.DECIDED), ("ground", "words")),
        Step(
            "withdraw", "撤回", (Award.CLAIMED,), more="还没有人看过，可以撤回。撤回了要再报，重新申报一件。"
        ),
        Step(
            "object",
            "记下异议",
            (Award.SHOWN,),
            ("words", "said_by"),
            "有人来说这一件不对，记在这里。处理以前先不入账。",
        ),
        Step("reverse", "冲正", (Award.POSTED,), ("words",), "分从户里收回来，另记一笔账；原来那一笔还在。"),
    )
}
_VERBS: dict[str, Callable[..., Any]] = {
    "check": check,
    "decide": decide,
    "refuse": refuse,
    "withdraw": withdraw,
    "object": challenge,
    "reverse": reverse_award,
}


def steps_for(actor: Any, award: Award) -> list[Step]:
    """The steps that this person may take at this award as it stands, the likeliest first."""
    return [
        step for step in STEPS.values() if award.state in step.states and not why_not(actor, step.code, award)
    ]


def is_committees(step: Step, award: Award) -> bool:
    """Whether it is done by who decides (the second factor stands before it)."""
    return verb_of(step.code, award) == DECIDES


def take(*, actor: Any, award: Award, step: Step, **said: Any) -> Any:
    """The verb of the step; what it raises, this raises."""
    return _VERBS[step.code](actor=actor, award=award, **said)
