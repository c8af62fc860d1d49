"""G14: a job fair of the whole town, and what it holds in memory. Nothing of it is in a database: pairs are numbers."""

import random
import time
import tracemalloc
from collections.abc import Iterator

from hongji.bench.measure import Ratio, at_least, ratios, side_by_side
from jobs.models.words import LIMITS
from jobs.services.assigning import assign
from jobs.services.blocks import blocks
from jobs.services.scoring import Known, Offer, Seeker, judge

SAMPLE = 60  # people who are judged one by one, pair by pair
TRADES, SKILLS, VILLAGES = 20, 30, 11
MEGABYTE = 1024 * 1024


def g14(people: int, places: int) -> Iterator[Ratio]:
    """Scores of all pairs in blocks beside the same judged pair by pair (of a sample); the assignment in seconds."""
    seekers, offers, known = _fair(people, places)
    sample = seekers[:SAMPLE]
    # The scores alone: a verdict also has its sentences, which the blocks leave out, and pages want of twenty.
    sides = {
        "blocks": lambda: sum(len(scores) for _, scores in blocks(seekers, offers, known)),
        "pairs": lambda: [judge(seeker, offer, known).score for seeker in sample for offer in offers],
    }
    seen = side_by_side(sides)
    scaled = [each * people / SAMPLE for each in seen["pairs"].wall]
    began = time.process_time()
    pairs = assign(seekers, offers, known)
    took, in_blocks = time.process_time() - began, min(seen["blocks"].cpu)
    note = f"分块 {in_blocks:.1f} 秒，分配 {took:.1f} 秒（CPU），{len(pairs)} 人有去处；{_peak(seekers, offers, known)}"
    what = f"{people} 人 × {places} 个岗位：一对一对算（按 {SAMPLE} 人折算）÷ 分块算"
    yield at_least("G14", what, ratios(scaled, seen["blocks"].wall), 10, note)


def _peak(seekers: list[Seeker], offers: list[Offer], known: Known) -> str:
    """What is held at most, beyond people and places themselves, as Python and numpy tell it."""
    told = []
    for name, work in (("块", lambda: sum(1 for _ in blocks(seekers, offers, known))), ("分配", None)):
        tracemalloc.start()
        work() if work else assign(seekers, offers, known)
        told.append(f"{name} {tracemalloc.get_traced_memory()[1] / MEGABYTE:.0f} MB")
        tracemalloc.stop()
    return "内存最多 " + "、".join(told)


def _fair(people: int, places: int) -> tuple[list[Seeker], list[Offer], Known]:
    draw = random.Random(14)
    limits = [code for code, _ in LIMITS]
    villages = range(1, VILLAGES + 1)

    def some(most: int, of: int) -> frozenset[int]:
        return frozenset(draw.sample(range(1, of + 1), draw.randint(0, most)))

    seekers = [
        Seeker(
            person=number,
            name="",
            household=number,
            village=draw.choice(villages),
            age=draw.randint(18, 62),
            trades=some(3, TRADES),
            skills=some(2, SKILLS),
            wage=draw.choice((None, 2500, 3000, 3500, 4500)),
            distance=draw.choice((None, 3, 10, 30)),
            hours=draw.choice(("", "", "full", "half")),
            limits=frozenset(draw.sample(limits, draw.choice((0, 0, 1)))),
            first=draw.random() < 0.03,
        )
        for number in range(people)
    ]
    offers = [
        Offer(
            vacancy=number,
            title="",
            employer="",
            trade=draw.randint(1, TRADES),
            low=2400,
            high=draw.choice((2400, 3000, 3600, 4800)),
            room=draw.randint(1, 8),
            hours=draw.choice(("full", "full", "half", "season")),
            village=draw.choice((None, *villages)),
            km=draw.choice((None, 15, 90)),
            skills=some(1, SKILLS),
            demands=frozenset(draw.sample(limits, draw.choice((0, 1, 2)))),
        )
        for number in range(places)
    ]
    roads = {(one, other): draw.randint(2, 14) for one in villages for other in villages if one < other}
    names = {number: str(number) for number in range(1, SKILLS + 1)}
    trade_of = {number: number % TRADES + 1 for number in names}
    return seekers, offers, Known(trades=names, skills=names, trade_of=trade_of, roads=roads)
