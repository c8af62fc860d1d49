"""What a visit saw of good deeds: claimed for points in the same save, under the visit's own number.

They follow the visit as its matters do; but no visit is lost for a deed for which the rules have no room.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from core.scope import reach_on
from points import services as points
from points.models import Award
from points.models.awards import CLAIMS
from visits.models import Visit

SEEN = "走访时看到的"
TAKEN_BACK = "看到这件好事的走访撤销或者更正了"


def source_of(visit: Visit) -> str:
    return f"visit:{visit.uuid}:"


def _standing(visit: Visit) -> list[Award]:
    """What was claimed of the visit, of those it corrects and of those that were taken back that day (what the
    committee has decided stays), and is neither refused nor withdrawn."""
    gone = Visit.objects.filter(household=visit.household_id, day=visit.day, void_at__isnull=False)
    sources = [source_of(each) for each in gone.only("uuid")]
    one: Visit | None = visit
    while one is not None:
        sources.append(source_of(one))
        one = one.corrects
    return list(points.seen_in(sources).counting())


def propose_seen(*, actor: Any, visit: Visit, said: Sequence[Mapping[str, Any]]) -> None:
    """One claim for each item of the village's rules of that day; nobody claims where he did not on that day."""
    if not said or not reach_on(actor, CLAIMS, visit.day).covers(visit.territory):
        return
    village = visit.household.village_id
    items = {item.pk: item for item in points.offered_in([village], visit.day)[village]}
    done = {award.item_id for award in _standing(visit)}
    for each in said:
        item = items.get(each["item"])
        if item is None or item.pk in done or item.proof:
            continue
        points.propose(
            actor=actor,
            key=f"{source_of(visit)}rule:{item.pk}",
            household=visit.household,
            item=item,
            day=visit.day,
            words=(each.get("words") or "").strip() or SEEN,
            number=each.get("number") or 1,
        )


def told_of_deeds(visit: Visit, said: Sequence[Mapping[str, Any]]) -> str:
    """What its visitor hears of the deeds she told of; empty if of none."""
    asked = {each["item"] for each in said}
    if not asked:
        return ""
    done = len(asked & {award.item_id for award in _standing(visit)})
    told = f"{done} 件好事报上去了，等初审。" if done else ""
    if left := len(asked) - done:
        told += f"{left} 件好事没报上：封顶了，不在那天的积分办法里，要有佐证，或者是自己家的。"
    return told


def follow_with_deeds(*, actor: Any, visit: Visit) -> None:
    """After a visit was taken back, corrected, or stands again: then without what was decided of its correction."""
    source = source_of(visit)
    if Visit.objects.in_force().filter(pk=visit.pk).exists():
        done = {award.item_id for award in _standing(visit)}
        points.take_up(actor=actor, source=source, because=TAKEN_BACK, but=done)
    else:
        points.give_up(actor=actor, source=source, because=TAKEN_BACK)
