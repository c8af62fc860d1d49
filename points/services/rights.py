"""Who may take which step at an award: asked before a button is shown, when it is pressed, and for what waits."""

from typing import Any

from django.db.models import Q, QuerySet

from core.scope import NOT_YOURS, OPERATOR, kept, may
from grids.services import homes_near, is_near
from points.models import Award, Challenge, Shop
from points.models.awards import CHECKS, CLAIMS, DECIDES

NEAR = "这是您自己家或者家里人的，请别人来办。"
SAME = "{done}过这一件的人不能再{does}，请别人来办。"
KEEPER = "店员发东西，不能再复核积分，请别的村干部来办。"
ONLY_CLAIMER = "只有申报的人能撤回。"

# kind of a step (AwardMove.KINDS): the verb it needs where the award is, and what it is called in a refusal
VERBS = {
    "check": CHECKS,
    "decide": DECIDES,
    "withdraw": CLAIMS,
    "answer": DECIDES,
    "show_again": DECIDES,
    "object": CLAIMS,
    "reverse": DECIDES,
}
_DOES = {"check": "初审", "decide": "复核", "answer": "处理异议", "show_again": "处理异议"}


def verb_of(kind: str, award: Award) -> str:
    """A refusal is the checker's while it is to be checked, the committee's afterwards."""
    if kind == "refuse":
        return CHECKS if award.state == Award.CLAIMED else DECIDES
    return VERBS[kind]


def why_not(actor: Any, kind: str, award: Award) -> str:
    """Why this person may not take the step at this award; empty if he may. Whether the award stands where the step
    begins is another question. `award` has its territory and household; no query but for who keeps shops.

    Whoever claimed it neither checks nor decides it nor answers an objection, whoever checked it does not decide it,
    whoever hands goods out does not decide, and nobody handles what is his own household's (domain.md, "Points").
    An objection anybody may write down who has a post there.
    """
    if not may(actor, verb_of(kind, award), award.territory):
        return NOT_YOURS
    if kind != "object" and is_near(actor, award.household):
        return NEAR
    if actor is OPERATOR:
        return ""
    if kind == "withdraw":
        return "" if award.claimed_by_id == actor.pk else ONLY_CLAIMER
    if kind in _DOES and award.claimed_by_id == actor.pk:
        return SAME.format(done="申报", does=_DOES[kind])
    if kind == "decide" and award.checked_by_id == actor.pk:
        return SAME.format(done="初审", does="复核")
    return KEEPER if kind == "decide" and _keeps_a_shop(actor) else ""


_ONWARD = {Award.CLAIMED: "check", Award.CHECKED: "decide"}


def why_not_mine(actor: Any, award: Award) -> str:
    """Why the step that brings the award on is somebody else's, for who may take such steps there; empty if nothing
    speaks against him, or if he has no part in it."""
    told = why_not(actor, _ONWARD[award.state], award) if award.state in _ONWARD else ""
    return "" if told == NOT_YOURS else told


def _keeps_a_shop(actor: Any) -> bool:
    return kept(("keeps a shop", actor.pk), lambda: Shop.objects.open().served_by(actor).exists())


# --- the same as queries: what waits for whom -----------------------------------------------------------------------


def to_check(actor: Any) -> QuerySet[Award]:
    return _waiting(actor, CHECKS, Award.CLAIMED).exclude(claimed_by=actor)


def to_decide(actor: Any) -> QuerySet[Award]:
    rows = _waiting(actor, DECIDES, Award.CHECKED)
    if _keeps_a_shop(actor):
        return rows.none()
    return rows.exclude(Q(claimed_by=actor) | Q(checked_by=actor))


def to_show(actor: Any) -> QuerySet[Award]:
    """Decided ones that no notice shows yet. Hanging them out is done for the whole village, nobody's kin apart."""
    return Award.objects.visible_to(actor, DECIDES).in_state(Award.DECIDED)


def to_answer(actor: Any) -> QuerySet[Challenge]:
    """Objections that nobody has answered."""
    rows = Challenge.objects.visible_to(actor, DECIDES).filter(decided_at__isnull=True)
    return rows.exclude(award__claimed_by=actor).exclude(award__household__in=homes_near(actor))


def _waiting(actor: Any, verb: str, state: str) -> Any:
    rows = Award.objects.visible_to(actor, verb).in_state(state)
    return rows.exclude(household__in=homes_near(actor))
