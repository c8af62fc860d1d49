"""Who may take which step at a match: asked before a button is shown, when it is pressed, and for what waits.

Who looks after the person's village or after the place may do all of it, but what goes into the register of labour is
said where the person lives. A grid worker asks whether somebody was reached, would not go, and still works there.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from core import clock
from core.scope import NOT_YOURS, may, nodes_of, reach_of, roots_of
from grids.models import Territory
from jobs.models import Match, MatchStep
from jobs.models.words import MANAGES, NOTES_LABOUR, SEES_LABOUR
from jobs.services.scoring import without_first

# kind of a step → the verbs at the person's grid, the verbs at the place's village; any one of them is enough
VERBS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "recommend": ((MANAGES,), (MANAGES,)),
    "contact": ((MANAGES, NOTES_LABOUR), (MANAGES,)),
    "miss": ((MANAGES, NOTES_LABOUR), (MANAGES,)),
    "decline": ((MANAGES, NOTES_LABOUR), (MANAGES,)),
    "interview": ((MANAGES,), (MANAGES,)),
    "turn_down": ((MANAGES,), (MANAGES,)),
    "drop": ((MANAGES,), (MANAGES,)),
    "start": ((MANAGES,), ()),
    "keep": ((MANAGES, NOTES_LABOUR), (MANAGES,)),
    "leave": ((MANAGES, NOTES_LABOUR), ()),
}


def allows(actor: Any, kind: str, home: Any, place: Any) -> bool:
    """`home`: the grid the person lives in; `place`: who looks after the vacancy."""
    at_home, at_place = VERBS[kind]
    return any(may(actor, verb, home) for verb in at_home) or any(
        may(actor, verb, place) for verb in at_place
    )


def why_not(actor: Any, kind: str, match: Match) -> str:
    """Why this person may not take the step; empty if he may. Whether the match stands there is another question."""
    if allows(actor, kind, match.territory, match.vacancy.territory):
        return ""
    return NOT_YOURS


def may_take_back(actor: Any, match: Match, last: MatchStep) -> bool:
    """Whether `last` was a slip that this person may take back: on its day, by who took it or who manages there."""
    home, place = match.territory, match.vacancy.territory
    if last.kind in MatchStep.STANDS or clock.local_date(last.at) != clock.today():
        return False
    if not allows(actor, last.kind, home, place):
        return False
    own = last.actor_id is not None and last.actor_id == getattr(actor, "pk", None)
    return own or may(actor, MANAGES, home) or may(actor, MANAGES, place)


def say_why(actor: Any, matches: Iterable[Match]) -> None:
    """Put at each match what this reader is told of why (`told`) and whether the law helps its home first (`helped`):
    that somebody is on 低保 is for who keeps the register of labour where he lives, not for who has the place."""
    reach = reach_of(actor, SEES_LABOUR)
    for match in matches:
        knows = reach.covers(match.territory)
        match.helped = match.first and knows  # type: ignore[attr-defined]
        match.told = match.why if knows else without_first(match.why)  # type: ignore[attr-defined]


# --- the same as queries: what waits for whom -------------------------------------------------------------------------


def to_contact(actor: Any) -> QuerySet[Match]:
    """Sent, and nobody has spoken with him: first of all for who serves at that grid or village."""
    return _near(actor).filter(state__in=(Match.RECOMMENDED, Match.UNREACHED))


def to_ask(actor: Any) -> QuerySet[Match]:
    """Has begun, and the months after which one asks are over."""
    return _near(actor).to_be_asked()


def to_follow(actor: Any) -> QuerySet[Match]:
    """Spoken with or looked at, and nothing has come of it yet: for who looks after the village."""
    rows = Match.objects.filter(territory__in=_roots(actor, MANAGES))
    return rows.filter(state__in=(Match.CONTACTED, Match.INTERVIEWED))


def _near(actor: Any) -> Any:
    return Match.objects.filter(territory__in=_roots(actor, NOTES_LABOUR))


def _roots(actor: Any, verb: str) -> Iterable[int]:
    """The grids of one's own posts: of a village all its grids, of the town none, since each has its village."""
    reach = reach_of(actor, verb)
    roots = Territory.objects.filter(pk__in=list(roots_of(reach)), kind=Territory.TOWN)
    if reach.everywhere or roots.exists():
        return []
    return nodes_of(reach)
