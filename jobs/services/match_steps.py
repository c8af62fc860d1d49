"""What may be done at a match now, as buttons: each step with what it asks for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jobs.models import Match
from jobs.services import following
from jobs.services.match_rights import why_not


@dataclass(frozen=True)
class Step:
    """One button. `fields`: what its form asks for, of day, reason, words and seeks; none is one press."""

    code: str
    button: str
    states: tuple[str, ...]
    fields: tuple[str, ...] = ()
    good: bool = True
    more: str = ""


_WAITS = Match.RUNNING
STEPS = {
    step.code: step
    for step in (
        Step("keep", "还在干，稳岗", (Match.STARTED,)),
        Step("contact", "联系上了", (Match.RECOMMENDED, Match.UNREACHED)),
        Step("miss", "没联系上", (Match.RECOMMENDED, Match.UNREACHED), good=False),
        Step("interview", "面试了", (Match.RECOMMENDED, Match.CONTACTED, Match.UNREACHED), ("day", "words")),
        Step(
            "start",
            "到岗",
            _WAITS,
            ("day", "words"),
            more="记了到岗，劳动力登记跟着改成在这里上班，不用再记一遍。",
        ),
        Step(
            "decline",
            "不愿去",
            _WAITS,
            ("reason", "words"),
            False,
            "记下为什么，下次好找合适的；不影响他以后。",
        ),
        Step("turn_down", "单位没要", (Match.CONTACTED, Match.INTERVIEWED), ("reason", "words"), False),
        Step(
            "leave",
            "离岗了",
            (Match.STARTED, Match.KEPT),
            ("day", "reason", "words", "seeks"),
            False,
            "记了离岗，劳动力登记跟着改成在家待业。",
        ),
        Step("drop", "不推荐了", (Match.RECOMMENDED, Match.UNREACHED), ("words",), False),
    )
}
_VERBS: dict[str, Callable[..., Match]] = {code: getattr(following, code) for code in STEPS}


def steps_for(actor: Any, match: Match) -> list[Step]:
    """The steps that this person may take at this match as it stands, the likeliest first."""
    return [
        step
        for step in STEPS.values()
        if match.state in step.states
        and (step.code != "keep" or match.is_to_be_asked)
        and not why_not(actor, step.code, match)
    ]


def take(*, actor: Any, match: Match, step: Step, said: following.Said) -> Match:
    """The verb of the step; what it raises, this raises."""
    return _VERBS[step.code](actor=actor, match=match, said=said)
