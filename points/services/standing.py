"""How an award stood at a moment, told by its steps: what a month's register says stays what it was."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Q, QuerySet

from core import clock
from core.periods import Month
from points.models import Award, AwardMove, PublicNotice

OVER = ("post", "refuse", "withdraw", "reverse")  # after these nothing is waited for


@dataclass(frozen=True)
class Stood:
    """The steps until a moment, the oldest first, and the notice in which it hung then (or hung last)."""

    moves: Sequence[AwardMove]
    notice: PublicNotice | None = None

    @property
    def last(self) -> AwardMove:
        return self.moves[-1]

    def of(self, kind: str) -> AwardMove | None:
        """The last step of this kind."""
        return next((move for move in reversed(self.moves) if move.kind == kind), None)


@dataclass
class _Notices:
    """What hung in some villages, to find out which notice a step of showing put up."""

    by_village: dict[int, list[PublicNotice]] = field(default_factory=lambda: defaultdict(list))

    def put_up_by(self, award: Award, show: AwardMove | None) -> PublicNotice | None:
        """A notice is made in the same breath as the steps that show its awards."""
        if show is None:
            return None
        rows = self.by_village[award.household.village_id]
        return next((row for row in reversed(rows) if row.made_at <= show.at), None)


def of_period(rows: QuerySet[Award], month: Month) -> QuerySet[Award]:
    """What was claimed or moved in the month, or still waited for something when it began."""
    first, last = clock.hours_of(month.first)[0], clock.hours_of(month.last)[1]
    moves = AwardMove.objects.filter(award=OuterRef("pk"), at__lt=last)
    moved, over = moves.filter(at__gte=first), moves.filter(at__lt=first, kind__in=OVER)
    # Claimed in the last moment of a month, the first step may be written in the next.
    return rows.filter(Q(Exists(moved)) | ~Q(Exists(over)), Exists(moves), claimed_at__lt=last)


def stood_at(moment: dt.datetime, awards: Sequence[Award]) -> dict[int, Stood]:
    """By award's key; two queries however many they are. Awards without a step by then are not in it."""
    moves: dict[int, list[AwardMove]] = defaultdict(list)
    rows = AwardMove.objects.filter(award__in=[award.pk for award in awards], at__lt=moment)
    for move in rows.select_related("actor").order_by("pk"):
        moves[move.award_id].append(move)
    shows = [move.at for each in moves.values() for move in each if move.kind == "show"]
    notices = _notices({award.household.village_id for award in awards}, shows)
    return {
        award.pk: Stood(moves[award.pk], notices.put_up_by(award, Stood(moves[award.pk]).of("show")))
        for award in awards
        if moves[award.pk]
    }


def _notices(villages: Iterable[int], shows: Sequence[dt.datetime]) -> _Notices:
    found = _Notices()
    since = min(shows, default=clock.now()) - dt.timedelta(days=1)
    until = max(shows, default=clock.now())
    rows = PublicNotice.objects.filter(territory__in=villages, made_at__gte=since, made_at__lte=until)
    for row in rows.order_by("made_at"):
        found.by_village[row.territory_id].append(row)
    return found
