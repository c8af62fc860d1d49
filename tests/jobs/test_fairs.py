"""The whole fair at once: more people find a place than by who comes first, and the first ones come first."""

import random
import tracemalloc
from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError

from jobs.services import assigning
from jobs.services.assigning import assign
from jobs.services.blocks import BLOCK, blocks
from jobs.services.scoring import Known, Offer, Seeker, judge

NOBODYS = Known(trades={1: "缝纫", 2: "保洁"})


def seeker(number, **said):
    return Seeker(
        **{"person": number, "name": f"甲{number}", "household": number, "village": 1, "age": 40} | said
    )


def place(number, **said):
    base = {
        "title": f"活{number}",
        "employer": "厂",
        "trade": 1,
        "low": 3000,
        "high": 3000,
        "room": 1,
        "village": 1,
    }
    return Offer(vacancy=number, **base | said)


def greedy(seekers, offers):
    """Who comes first takes what suits him best of what is left."""
    left, found = {offer.vacancy: offer.room for offer in offers}, {}
    for each in seekers:
        fits = [(judge(each, offer, NOBODYS), offer) for offer in offers if left[offer.vacancy]]
        best = max((pair for pair in fits if pair[0].suits), key=lambda pair: pair[0].score, default=None)
        if best:
            left[best[1].vacancy] -= 1
            found[each.person] = best[1].vacancy
    return found


def by_person(pairs):
    return {pair.seeker.person: pair.offer.vacancy for pair in pairs}


def test_more_people_find_a_place_than_by_who_comes_first():
    anybody = seeker(1, trades=frozenset({1}))
    half_days = [seeker(2, hours="half"), seeker(3, limits=frozenset({"stand"}))]
    offers = [
        place(1, hours="half", trade=1, demands=frozenset({"stand"})),
        place(2, trade=2),
        place(3, trade=2, demands=frozenset({"stand"})),
    ]
    someone = [replace(anybody, hours=""), *half_days]
    assert greedy(someone, offers) == {1: 1, 3: 2}
    assert by_person(assign(someone, offers, NOBODYS)) == {1: 3, 2: 1, 3: 2}


def test_households_that_come_first_have_the_place_though_others_suit_it_better():
    better, first = seeker(1, trades=frozenset({1})), seeker(2, trades=frozenset({2}), first=True)
    assert by_person(assign([better, first], [place(1)], NOBODYS)) == {2: 1}


def test_one_more_of_the_first_counts_more_than_any_number_of_others():
    # The first one can only go to place 1; without him three others had a place, with him still as many as can be.
    first = seeker(1, first=True, hours="half")
    others = [seeker(number, hours="half") for number in (2, 3)]
    pairs = by_person(assign([*others, first], [place(1, hours="half"), place(2)], NOBODYS))
    assert pairs == {1: 1}


def test_of_equally_many_the_better_matches_are_taken():
    sewer, cleaner = seeker(1, trades=frozenset({1})), seeker(2, trades=frozenset({2}))
    offers = [place(1, trade=2), place(2, trade=1)]
    assert by_person(assign([sewer, cleaner], offers, NOBODYS)) == {1: 2, 2: 1}


def test_nobody_has_two_places_and_no_place_more_than_its_room():
    people = [seeker(number) for number in range(30)]
    offers = [place(1, room=4), place(2, room=0), place(3, room=3, hours="half"), place(4, room=2)]
    pairs = assign(people, offers, NOBODYS)
    assert len(pairs) == len(by_person(pairs)) == 9
    assert [pair.offer.vacancy for pair in pairs].count(1) == 4


def test_nothing_to_assign_is_an_empty_list():
    assert assign([], [place(1)], NOBODYS) == assign([seeker(1)], [], NOBODYS) == []
    assert assign([seeker(1, hours="half")], [place(1)], NOBODYS) == []


def test_too_many_places_in_dispute_are_refused_with_what_to_do(monkeypatch):
    monkeypatch.setattr(assigning, "MOST_PLACES", 3)
    people = [seeker(number) for number in range(9)]
    with pytest.raises(ValidationError, match="把岗位分成几场"):
        assign(people, [place(1, room=4)], NOBODYS)


def a_town(people, offers, seed=3):
    draw = random.Random(seed)
    seekers = [
        seeker(
            number,
            trades=frozenset({draw.choice((1, 2))}),
            wage=draw.choice((None, 2500, 3000, 3400)),
            hours=draw.choice(("", "full", "half")),
            first=draw.random() < 0.1,
        )
        for number in range(people)
    ]
    places = [
        place(number, trade=draw.choice((1, 2)), room=draw.randint(1, 4), hours=draw.choice(("full", "half")),
              low=2400, high=draw.choice((2400, 3000)), village=None, km=draw.choice((2, 20)))
        for number in range(offers)
    ]  # fmt: skip
    return seekers, places


def value(pairs):
    return (
        sum(pair.seeker.first for pair in pairs),
        len(pairs),
        sum(pair.score for pair in pairs),
    )


@pytest.mark.parametrize("seed", range(6))
def test_the_few_pairs_that_are_looked_at_are_enough(seed):
    """The same as scipy's dense assignment of all people to all places, one column for each."""
    np = pytest.importorskip("numpy")
    from scipy.optimize import linear_sum_assignment

    seekers, offers = a_town(60, 6 + 4 * seed, seed)
    ours = value(assign(seekers, offers, NOBODYS))
    scores = np.vstack([block for _, block in blocks(seekers, offers, NOBODYS)]).astype(float)
    head = np.array([10_000 + 10_000_000 * each.first for each in seekers])[:, None]
    dense = np.repeat(np.where(scores >= 0, scores + head, 0), [offer.room for offer in offers], axis=1)
    rows, columns = linear_sum_assignment(dense, maximize=True)
    total = dense[rows, columns].sum()
    assert total == ours[0] * 10_000_000 + ours[1] * 10_000 + ours[2]
    assert ours >= (0, len(greedy(seekers, offers)), 0)


def test_twice_as_many_people_need_no_more_memory_at_once_than_a_block():
    def most(people):
        seekers, offers = a_town(people, 40)
        tracemalloc.start()
        for _, scores in blocks(seekers, offers, NOBODYS, size=64):
            assert scores.shape[0] <= 64
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    most(64)
    assert most(1024) < 1.3 * most(128)
    assert BLOCK < 1000
