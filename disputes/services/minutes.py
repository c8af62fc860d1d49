"""Who reads what of the minutes, who keeps them, and the row that every reading leaves.

Whose minutes they are at all is `Sitting.objects.readable_by`. What one party said for itself is not for the other
party's people among the cadres: such a reader gets the minutes without it, and is told so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core import clock
from core.scope import may
from disputes.models import Dispute, MinuteReading, Party, Sitting, Stance, Word
from disputes.models.sittings import MINUTES
from disputes.services.parties import kin_of, selves_of
from disputes.services.rights import is_party, works_on
from grids.models import Officer, Person

ONE_SIDE = "有一方不愿调，调解到此为止。"
WHY_NOT = "为什么没调成，不给当事人和他的近亲属看。"


def ties_of(actor: Any, dispute: Dispute) -> dict[str, str]:
    """The sides to which this reader belongs, each with how: himself a party, or a near relative of one.

    By the register alone: his post was matched to a person there. A few queries for each side.
    """
    me = getattr(actor, "pk", None)
    officer = Officer.objects.filter(user=me, person__isnull=False).first() if me else None
    if officer is None:
        return {}
    found: dict[str, str] = {}
    parties = list(dispute.parties.all())
    for side in {party.side for party in parties}:
        mine = [party for party in parties if party.side == side]
        if officer.person_id in selves_of(mine):
            found[side] = "您是当事人"
        elif Person.objects.filter(kin_of(mine), pk=officer.person_id or 0).exists():
            found[side] = f"您是{'、'.join(party.name for party in mine if party.person_id)}的近亲属"
    return found


def records(actor: Any, sitting: Sitting) -> bool:
    """Keeps these minutes: who began them, the host, and whoever works on the dispute and may read minutes there;
    nobody who is a party or near to one."""
    panel = sitting.panel
    me = getattr(actor, "pk", None)
    takes_part = me is not None and (
        me == sitting.recorder_id or (panel.host is not None and me == panel.host.user_id)
    )
    if not works_on(actor, panel.dispute):
        return False
    if not (takes_part or may(actor, MINUTES, panel.dispute.territory)):
        return False
    return not ties_of(actor, panel.dispute)


@dataclass(frozen=True)
class Read:
    """What one reader gets: `words` in their order, `left_out` how many are not for him, `because` why; `conclusion`:
    what came of it, and `stances`: which party agreed, as far as it is his to read."""

    words: list[Word]
    left_out: int = 0
    because: str = ""
    conclusion: str = ""
    stances: tuple[Stance, ...] = ()


def read_minutes(*, actor: Any, sitting: Sitting) -> Read:
    """The words for this reader, and a row that he read them. The caller has looked the sitting up by readable_by."""
    MinuteReading.objects.create(sitting=sitting, reader=actor, at=clock.now())
    whole, ties = whole_record(sitting), ties_of(actor, sitting.panel.dispute)
    if not ties:
        return whole
    rows, stances = whole.words, whole.stances
    seen = [word for word in rows if not (word.of_side and set(ties) - {word.of_side})]
    # What was agreed is everybody's; what was said on the way to it, or why and by whom it came to nothing, is not.
    told = {Sitting.FAILED: WHY_NOT, Sitting.REFUSED: ONE_SIDE}.get(sitting.outcome, sitting.conclusion)
    if sitting.outcome != Sitting.AGREED:
        stances = tuple(each for each in stances if each.party.side in ties)
    hidden = len(rows) - len(seen)
    names = "、".join(dict(Party.SHORT)[side] for side in sorted({w.of_side for w in rows if w not in seen}))
    return Read(
        seen,
        hidden,
        f"{'，'.join(ties.values())}，{names}一方说的话不给您看" if hidden else "",
        told,
        stances,
    )


def whole_record(sitting: Sitting) -> Read:
    """Everything, as it goes into the case file; for no reader, so it leaves no row."""
    rows = sitting.words.select_related("corrects", "corrected", "writer", "seat").order_by("pk")
    stances = tuple(sitting.stances.select_related("party"))
    return Read(list(rows), conclusion=sitting.conclusion, stances=stances)


def readings_for(actor: Any, sitting: Sitting) -> list[MinuteReading]:
    """Who has read them, the latest first: for who settles the village's disputes and is no party himself."""
    dispute = sitting.panel.dispute
    if not may(actor, MINUTES, dispute.territory) or is_party(actor, dispute):
        return []
    return list(sitting.readings.select_related("reader")[:100])


def took_of(words: Sequence[Word]) -> dict[str, int]:
    """How many minutes each step took: from its first word to the first of the next step, or to its own last."""
    firsts: dict[str, Any] = {}
    for word in words:
        if not word.late and word.corrects_id is None:
            firsts.setdefault(word.step, word.said_at)
    order = [step for step, _ in Word.STEPS if step in firsts]
    found = {}
    for step, after in zip(order, [*order, ""][1:], strict=True):
        own = [word.said_at for word in words if word.step == step and not word.late]
        end = firsts[after] if after else max(own)
        found[step] = max(1, round((end - firsts[step]).total_seconds() / 60))
    return found
