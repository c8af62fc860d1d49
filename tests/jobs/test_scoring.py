"""How well a person and a place suit each other: the points with their reasons, and why not."""

import random
from dataclasses import replace

import pytest

from jobs.models.words import LIMITS
from jobs.services.blocks import NONE, blocks
from jobs.services.scoring import Known, Offer, Seeker, judge, monthly

SEWING, BUILDING, DRIVING = 1, 2, 3
KNOWN = Known(
    trades={SEWING: "缝纫", BUILDING: "建筑", DRIVING: "驾驶"},
    skills={11: "缝纫机", 12: "瓦工", 13: "驾驶证"},
    trade_of={11: SEWING, 12: BUILDING, 13: DRIVING},
    roads={(100, 101): 3, (100, 102): 25},
)
ANNA = Seeker(person=1, name="王秀", household=1, village=100, age=40, trades=frozenset({SEWING}), wage=3500)
FACTORY = Offer(
    vacancy=1, title="缝纫工", employer="制衣厂", trade=SEWING, low=3000, high=4000, room=2, village=101
)


def told(seeker=ANNA, offer=FACTORY, known=KNOWN):
    return [sentence for _, sentence in judge(seeker, offer, known).bars]


def test_what_speaks_for_a_pair_is_said_with_its_points():
    verdict = judge(ANNA, FACTORY, KNOWN)
    assert [(part.points, part.words) for part in verdict.parts if part.words] == [
        (40, "工种对口：缝纫"),
        (20, "离家 3 公里"),
        (20, "工资 3000—4000 元，想要 3500 元，问清楚能给多少"),
        (10, "时间是全天，没有不合的"),
    ]
    assert (verdict.score, verdict.suits) == (100, True)


@pytest.mark.parametrize(
    ("seeker", "offer", "sentence"),
    [
        ({"age": 15}, {}, "不满 16 岁，国家规定不能招用（劳动法第 15 条）"),
        ({"able": False}, {}, "登记的是没有劳动能力、在读书或者退休，先改登记"),
        ({"age": 17}, {"age_low": 18, "ground": "special"}, "17 岁，特种作业要满 18 岁（劳动法第 64 条）"),
        (
            {"age": 61},
            {"age_high": 60, "ground": "retire"},
            "61 岁，要签劳动合同，招 16 岁到 60 岁的（劳动合同法实施条例第 21 条）",
        ),
        (
            {"limits": frozenset({"stand", "lift"})},
            {"demands": frozenset({"stand", "night"})},
            "这活要久站（不能久站）",
        ),
        ({"distance": 10}, {"village": 102}, "离家 25 公里，最远去 10 公里"),
        ({"distance": 60}, {"village": None, "km": 90}, "离家 90 公里，最远去 60 公里"),
        ({"hours": "half"}, {}, "这活是全天，只能做半天"),
        ({"skills": frozenset({12})}, {"skills": frozenset({11, 12})}, "要会缝纫机，登记里没有"),
        ({"wage": 6000}, {}, "工资 3000—4000 元，比想要的 6000 元低太多"),
    ],
)
def test_what_speaks_against_it_is_a_sentence(seeker, offer, sentence):
    assert told(replace(ANNA, **seeker), replace(FACTORY, **offer)) == [sentence]


def test_an_age_without_a_ground_in_law_counts_for_nothing():
    assert told(replace(ANNA, age=61), replace(FACTORY, age_high=45)) == []


def test_ways_that_nobody_knows_neither_help_nor_bar():
    unknown = judge(replace(ANNA, distance=3), replace(FACTORY, village=999), KNOWN)
    near, far = (judge(ANNA, replace(FACTORY, village=None, km=km), KNOWN) for km in (2, 59))
    assert unknown.suits
    assert "路程没登记，先问一声" in unknown.why
    assert near.score > unknown.score > far.score


def test_a_skill_of_the_trade_counts_half_a_wish_and_another_trade_is_asked_about():
    sewer = replace(ANNA, trades=frozenset({BUILDING}), skills=frozenset({11}))
    assert "会缝纫机，缝纫用得上" in judge(sewer, FACTORY, KNOWN).why
    builder = judge(replace(ANNA, trades=frozenset({BUILDING})), FACTORY, KNOWN)
    assert builder.suits
    assert "登记想做的是建筑，先问一声" in builder.why
    assert judge(ANNA, FACTORY, KNOWN).score > judge(sewer, FACTORY, KNOWN).score > builder.score


def test_wages_are_compared_by_the_month():
    assert monthly(4000, "month", "full", 26) == 4000
    assert monthly(150, "day", "full", 26) == 3900
    assert monthly(20, "hour", "full", 26) == 4160
    assert monthly(20, "hour", "half", 26) == 2080


@pytest.mark.parametrize(
    ("wanted", "offer", "said"),
    [
        (None, {}, "工资 3000—4000 元，没说想要多少"),
        (2500, {}, "工资 3000—4000 元，比想要的 2500 元高"),
        (3000, {}, "工资 3000—4000 元，够想要的 3000 元"),
        (4000, {}, "工资 3000—4000 元，想要 4000 元，问清楚能给多少"),
        (4500, {}, "工资 3000—4000 元，比想要的少 500 元"),
        (3000, {"high": 3000}, "工资 3000 元，够想要的 3000 元"),
        (3500, {"unit": "day"}, "工资折成一个月 3000—4000 元，想要 3500 元，问清楚能给多少"),
    ],
)
def test_what_a_place_pays_is_never_said_better_than_it_is(wanted, offer, said):
    verdict = judge(replace(ANNA, wage=wanted), replace(FACTORY, **offer), KNOWN)
    assert said in [part.words for part in verdict.parts]


def test_the_household_that_comes_first_says_so():
    assert judge(replace(ANNA, first=True), FACTORY, KNOWN).why.startswith("低保户家里没有人就业")


def test_thousands_at_once_are_judged_as_one_by_one():
    draw = random.Random(7)
    limits = [code for code, _ in LIMITS]

    def some(of, most):
        return frozenset(draw.sample(of, draw.randint(0, most)))

    seekers = [
        Seeker(
            person=number,
            name="甲",
            household=number,
            village=draw.choice((100, 101, 102, 103)),
            age=draw.choice((None, 15, 16, 17, 30, 60, 61, 70)),
            trades=some([SEWING, BUILDING, DRIVING], 2),
            skills=some([11, 12, 13], 3),
            wage=draw.choice((None, 2000, 3500, 4000, 5714, 9000)),
            distance=draw.choice((None, 3, 10, 30, 60)),
            hours=draw.choice(("", "full", "half", "season")),
            limits=some(limits, 2),
            able=draw.random() < 0.9,
        )
        for number in range(120)
    ]
    offers = [
        Offer(
            vacancy=number,
            title="活",
            employer="厂",
            trade=draw.choice((SEWING, BUILDING, DRIVING)),
            low=2000,
            high=draw.choice((2000, 3499, 4000, 6300)),
            room=2,
            hours=draw.choice(("full", "half", "season")),
            village=draw.choice((None, 100, 101, 102, 103)),
            km=draw.choice((None, 2, 10, 31, 400)),
            skills=some([11, 12, 13], 1),
            demands=some(limits, 2),
            age_low=draw.choice((16, 18)),
            age_high=draw.choice((None, 60)),
            ground=draw.choice(("", "special", "retire")),
        )
        for number in range(40)
    ]
    tried = {(draw.randrange(120), draw.randrange(40)): ("asked", "推荐过") for _ in range(60)}
    known = replace(KNOWN, tried=tried)
    suiting = 0
    for first, scores in blocks(seekers, offers, known, size=50):
        for row, line in enumerate(scores):
            for column, score in enumerate(line):
                verdict = judge(seekers[first + row], offers[column], known)
                assert score == (verdict.score if verdict.suits else NONE), (first + row, column)
                suiting += verdict.suits
    assert 100 < suiting < 4700
