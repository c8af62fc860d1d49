"""Who is sent to which place of a job fair: the best assignment of all at once, not who happens to come first.

Best means, one before the other: as many people as can be of households that come first (社会救助暂行办法 §43), as many
people as can be, the most points. The assignment is scipy's; here the thousands of pairs are made few enough for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from jobs.services.blocks import blocks
from jobs.services.scoring import Known, Offer, Seeker

MOST_PLACES = 3000  # places that more people want than there are: by them grows what must be in memory
FULL = 100  # the most points of a pair


@dataclass(frozen=True, slots=True)
class Pair:
    """One person for one place."""

    seeker: Seeker
    offer: Offer
    score: int


def assign(seekers: Sequence[Seeker], offers: Sequence[Offer], known: Known) -> list[Pair]:
    """The best assignment, each person to one place at most and to each offer no more than its `room`; by offer, the
    better pairs first. ValidationError where the fair has too many places.

    Exact although few pairs are looked at. Of an offer with P places of all offers in dispute only the P best pairs can
    matter: were another one taken, one of these P would be free, and is no worse. An offer with room for all whom it
    suits is in dispute with nobody, and of those somebody needs only his best.
    """
    if not seekers or not offers:
        return []
    found = _Pairs(seekers, offers, known)
    chosen = found.solve()
    pairs = [
        Pair(seekers[row], offers[column], score)
        for row, (column, score) in sorted(
            chosen.items(), key=lambda each: (each[1][0], -each[1][1], each[0])
        )
    ]
    return pairs


class _Pairs:
    """Weights of pairs: any score of any fair is less than one person more, and all people are less than one of the
    first more. All are whole numbers that a float holds exactly."""

    def __init__(self, seekers: Sequence[Seeker], offers: Sequence[Offer], known: Known) -> None:
        import numpy as np

        self.np, self.seekers, self.offers, self.known = np, seekers, offers, known
        suited = sum((scores >= 0).sum(axis=0) for _, scores in self._blocks())
        self.open = np.array([offer.room >= suits for offer, suits in zip(offers, suited, strict=True)])
        self.contested = [
            place for place in range(len(offers)) if not self.open[place] and offers[place].room > 0
        ]
        self.places = sum(offers[place].room for place in self.contested)
        if self.places > MOST_PLACES:
            told = f"有人争的位子一共 {self.places} 个，一次最多配 {MOST_PLACES} 个。把岗位分成几场。"
            raise ValidationError(told)
        heads = min(len(seekers), sum(offer.room for offer in offers)) + 1
        self.person = float(FULL * heads + 1)
        self.first = (self.person + FULL + 1) * heads
        self.head = np.array([self.person + self.first * each.first for each in seekers])
        # What somebody has without any dispute: the best of the open offers, or nothing.
        self.best = np.full(len(seekers), -1, np.int32)
        self.best_score = np.full(len(seekers), -1, np.int32)

    def _blocks(self) -> Any:
        return blocks(self.seekers, self.offers, self.known)

    def solve(self) -> dict[int, tuple[int, int]]:
        """Row of a person → (column of the offer, points)."""
        np = self.np
        kept = self._read()
        found = {
            int(row): (int(self.best[row]), int(self.best_score[row]))
            for row in np.nonzero(self.best >= 0)[0]
        }
        return found | (self._dispute(kept) if self.contested else {})

    def _read(self) -> dict[int, tuple[Any, Any, Any]]:
        """Block by block: the best open offer of each person, and of each offer in dispute its best pairs as
        (rows, gains over what the person has anyway, points)."""
        np = self.np
        held: dict[int, tuple[Any, Any, Any]] = {}
        opens = np.nonzero(self.open)[0]
        for first, scores in self._blocks():
            rows = np.arange(first, first + len(scores))
            base = np.zeros(len(rows))
            if len(opens):
                best = scores[:, opens].argmax(axis=1)
                points = scores[np.arange(len(rows)), opens[best]]
                has = points >= 0
                self.best[rows[has]], self.best_score[rows[has]] = opens[best[has]], points[has]
                base = np.where(has, points + self.head[rows], 0)
            for column in self.contested:
                points = scores[:, column]
                gain = points + self.head[rows] - base
                keep = (points >= 0) & (gain > 0)
                new = (rows[keep], gain[keep], points[keep])
                held[column] = self._best_of(new, held.get(column))
        return held

    def _best_of(self, new: tuple[Any, Any, Any], old: tuple[Any, Any, Any] | None) -> tuple[Any, Any, Any]:
        np = self.np
        both = new if old is None else tuple(np.concatenate(pair) for pair in zip(old, new, strict=True))
        if len(both[0]) > self.places:
            top = np.sort(np.argpartition(-both[1], self.places)[: self.places])
            both = tuple(each[top] for each in both)
        return both

    def _dispute(self, held: dict[int, tuple[Any, Any, Any]]) -> dict[int, tuple[int, int]]:
        """scipy's assignment of the places in dispute; each may also stay empty, which is the dearest."""
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import min_weight_full_bipartite_matching

        np = self.np
        dear = self.first + self.person + FULL + 2
        people = len(self.seekers)
        offers_of: list[int] = []
        columns, costs, ends = [], [], [0]
        for column in self.contested:
            rows, gains, _ = held[column]
            for _ in range(min(self.offers[column].room, len(rows))):
                columns.append(np.append(rows, people + len(offers_of)).astype(np.int32))
                costs.append(np.append(dear - gains, dear))
                ends.append(ends[-1] + len(rows) + 1)
                offers_of.append(column)
        if not offers_of:
            return {}
        shape = (len(offers_of), people + len(offers_of))
        table = csr_array((np.concatenate(costs), np.concatenate(columns), np.array(ends)), shape=shape)
        places, taken = min_weight_full_bipartite_matching(table)
        points = {
            column: dict(zip(rows.tolist(), said.tolist(), strict=True))
            for column, (rows, _, said) in held.items()
        }
        return {
            int(row): (offers_of[place], points[offers_of[place]][int(row)])
            for place, row in zip(places, taken, strict=True)
            if row < people
        }
