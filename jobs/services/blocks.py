"""The same judgement as jobs.services.scoring for many people and places at once, as numbers in blocks of people.

Of N people and M places there are never more pairs in hand than one block has; no pair becomes an object of its own.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from jobs.models.words import AGE_LEAST, LIMITS
from jobs.services.scoring import (
    ABLE,
    HOURS_FIT,
    KNOWS_IT,
    MIDDLE,
    NARROWER,
    SAID_NOTHING,
    STEPS,
    TRADE,
    WAGE,
    WAGE_LEAST,
    Known,
    Offer,
    Seeker,
)

BLOCK = 512  # people at once: with 500 places a block's numbers fit into a few megabytes
NONE = -1
_BITS = {code: 1 << place for place, (code, _) in enumerate(LIMITS)}
_HOURS = {"": 0, "full": 1, "half": 2, "season": 3}
_UNKNOWN_AGE = 10_000


def blocks(
    seekers: Sequence[Seeker], offers: Sequence[Offer], known: Known, size: int = BLOCK
) -> Iterator[tuple[int, Any]]:
    """(place of the block's first person, scores): one row for a person, one column for an offer, NONE where the two
    are not brought together."""
    if not offers:
        return
    sheet = _Sheet(offers, known)
    for first in range(0, len(seekers), size):
        yield first, sheet.scores(seekers[first : first + size])


class _Sheet:
    """The offers as columns."""

    def __init__(self, offers: Sequence[Offer], known: Known) -> None:
        import numpy as np

        self.np, self.offers, self.known = np, offers, known
        self.column = {offer.vacancy: place for place, offer in enumerate(offers)}
        trades = sorted({offer.trade for offer in offers})
        skills = sorted({skill for offer in offers for skill in offer.skills})
        self.trade_at = {key: place for place, key in enumerate(trades)}
        self.skill_at = {key: place for place, key in enumerate(skills)}
        self.trade = np.array([self.trade_at[offer.trade] for offer in offers])
        self.needs = np.zeros((len(offers), len(skills)), np.float32)
        for place, offer in enumerate(offers):
            self.needs[place, [self.skill_at[each] for each in offer.skills]] = 1
        self.paid = self._column(offer.high for offer in offers)
        self.hours = self._column(_HOURS[offer.hours] for offer in offers)
        self.demands = self._column(_bits(offer.demands) for offer in offers)
        limited = [(offer, bool(offer.ground)) for offer in offers]
        self.low = self._column(offer.age_low if lawful else 0 for offer, lawful in limited)
        self.high = self._column(
            offer.age_high if lawful and offer.age_high is not None else _UNKNOWN_AGE
            for offer, lawful in limited
        )
        self.ways: dict[int, Any] = {}
        self.tried: dict[int, list[int]] = {}
        for person, vacancy in known.tried:
            if vacancy in self.column:
                self.tried.setdefault(person, []).append(self.column[vacancy])

    def _column(self, values: Any) -> Any:
        return self.np.array(list(values), self.np.int32)

    def _way(self, village: int) -> Any:
        """Kilometres from one village to every offer, NONE where nobody knows them."""
        if village not in self.ways:
            found = (self.known.km(village, offer) for offer in self.offers)
            self.ways[village] = self._column(NONE if km is None else km for km in found)
        return self.ways[village]

    def scores(self, some: Sequence[Seeker]) -> Any:
        np = self.np
        km = np.stack([self._way(each.village) for each in some])
        scores = self._trades(some) + self._near(km) + ABLE
        fits = np.ones(scores.shape, bool)
        for points, fine in (self._wages(some), self._times(some)):
            scores += points
            fits &= fine
        fits &= self._bodies(some) & self._ages(some) & self._skills(some)
        most = self._rows(some, lambda each: _UNKNOWN_AGE if each.distance is None else each.distance)
        fits &= km <= most
        for row, each in enumerate(some):
            if columns := self.tried.get(each.person):
                fits[row, columns] = False
        return np.where(fits, scores, NONE).astype(np.int16)

    def _rows(self, some: Sequence[Seeker], value: Any) -> Any:
        return self._column(value(each) for each in some)[:, None]

    def _trades(self, some: Sequence[Seeker]) -> Any:
        np = self.np
        wants = np.zeros((len(some), len(self.trade_at)), bool)
        knows = np.zeros_like(wants)
        for row, each in enumerate(some):
            wants[row, [self.trade_at[key] for key in each.trades if key in self.trade_at]] = True
            of = (self.known.trade_of.get(skill) for skill in each.skills)
            knows[row, [self.trade_at[key] for key in of if key in self.trade_at]] = True
        open_to_all = np.array([not each.trades for each in some])[:, None]
        rest = np.where(open_to_all, SAID_NOTHING, 0)
        points = np.where(wants, TRADE, np.where(knows, KNOWS_IT, rest))
        return points[:, self.trade].astype(np.int32)

    def _near(self, km: Any) -> Any:
        np = self.np
        within = [km == NONE, *(km <= most for most, _ in STEPS)]
        return np.select(within, [MIDDLE, *(points for _, points in STEPS)], 0)

    def _wages(self, some: Sequence[Seeker]) -> tuple[Any, Any]:
        np = self.np
        said = self._rows(some, lambda each: each.wage or 0).astype(np.int64)
        paid, wanted = self.paid.astype(np.int64)[None, :], np.maximum(said, 1)
        less = WAGE * (10 * paid - WAGE_LEAST * wanted) // ((10 - WAGE_LEAST) * wanted)
        points = np.where(said == 0, MIDDLE, np.where(paid >= wanted, WAGE, np.maximum(less, 0)))
        return points.astype(np.int32), (said == 0) | (10 * paid >= WAGE_LEAST * said)

    def _times(self, some: Sequence[Seeker]) -> tuple[Any, Any]:
        np = self.np
        wanted, asked = self._rows(some, lambda each: _HOURS[each.hours]), self.hours[None, :]
        same = (wanted == 0) | (wanted == asked)
        return np.where(same, HOURS_FIT, NARROWER), same | (wanted == _HOURS["full"])

    def _bodies(self, some: Sequence[Seeker]) -> Any:
        limits = self._rows(some, lambda each: _bits(each.limits))
        return (limits & self.demands[None, :] == 0) & self._rows(some, lambda each: each.able).astype(bool)

    def _ages(self, some: Sequence[Seeker]) -> Any:
        np = self.np
        age = self._rows(some, lambda each: NONE if each.age is None else each.age)
        inside = (age >= self.low[None, :]) & (age <= self.high[None, :])
        return np.where(age == NONE, True, inside & (age >= AGE_LEAST))

    def _skills(self, some: Sequence[Seeker]) -> Any:
        """How many of the asked ones somebody lacks, as one product: of all offers at once."""
        np = self.np
        lacks = np.ones((len(some), len(self.skill_at)), np.float32)
        for row, each in enumerate(some):
            lacks[row, [self.skill_at[key] for key in each.skills if key in self.skill_at]] = 0
        return lacks @ self.needs.T < 0.5


def _bits(codes: frozenset[str]) -> int:
    return sum(_BITS[code] for code in codes)
