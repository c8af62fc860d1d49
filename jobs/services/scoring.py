"""How well one person and one place suit each other, in points with a reason each, and why they do not.

Pure: no query and no clock. jobs.services.blocks computes the same for thousands at once; a test holds both together.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from jobs.models.words import AGE_LEAST, DEMANDS, HOURS, LIMITS

TRADE, WAGE, NEAR, HOURS_FIT, ABLE = 40, 20, 20, 10, 10
KNOWS_IT, SAID_NOTHING = 25, 15  # of TRADE: a skill of that trade; no trade was named
MIDDLE = 10  # of WAGE and NEAR: not known, which neither helps nor bars
NARROWER = 4  # of HOURS_FIT: less work than he looks for
STEPS = ((3, 20), (10, 16), (30, 10), (60, 5))  # of NEAR: to so many kilometres, so many points
WAGE_LEAST = 7  # tenths of what he wants; less is far below
HOURS_A_DAY = {"full": 8, "season": 8, "half": 4}
GROUNDS = {
    "special": "特种作业要满 {low} 岁（劳动法第 64 条）",
    "guard": "保安员要满 {low} 岁（保安服务管理条例第 16 条）",
    "driver": "按驾驶证的年龄，招 {low} 岁{high}的",
    "retire": "要签劳动合同，招 {low} 岁{high}的（劳动合同法实施条例第 21 条）",
    "welfare": "公益性岗位招法定劳动年龄以内的，{low} 岁{high}（就业促进法第 52 条）",
}
# Codes of what speaks against a pair, in the order in which it is told; the words stand over the rows of such.
BARS = {
    "young": "不满 16 岁",
    "unable": "没有劳动能力",
    "asked": "已经推荐过",
    "declined": "以前推荐过、没成",
    "age": "年龄不合法定条件",
    "health": "身体干不了",
    "far": "太远",
    "hours": "时间不合",
    "skill": "缺要会的技能",
    "wage": "工资差得远",
}
_LIMITS, _DEMANDS, _HOURS = dict(LIMITS), dict(DEMANDS), dict(HOURS)


@dataclass(frozen=True, slots=True)
class Seeker:
    """Somebody who looks for work, as the register has him today. `first`: of a household by 社会救助暂行办法 §43."""

    person: int
    name: str
    household: int
    village: int
    age: int | None = None
    trades: frozenset[int] = frozenset()
    skills: frozenset[int] = frozenset()
    wage: int | None = None
    distance: int | None = None
    hours: str = ""
    health: str = ""
    limits: frozenset[str] = frozenset()
    able: bool = True
    first: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """A vacancy with `room` places. `low` and `high` are yuan a month, whatever `unit` it pays by; `high` is at least
    `low`."""

    vacancy: int
    title: str
    employer: str
    trade: int
    low: int
    high: int
    room: int
    hours: str = "full"
    village: int | None = None
    km: int | None = None
    place: str = ""
    skills: frozenset[int] = frozenset()
    demands: frozenset[str] = frozenset()
    age_low: int = AGE_LEAST
    age_high: int | None = None
    ground: str = ""
    unit: str = "month"


@dataclass(frozen=True)
class Known:
    """What both sides are read with: names of the town's lists, roads (smaller key first) and what was tried before."""

    trades: Mapping[int, str] = field(default_factory=dict)
    skills: Mapping[int, str] = field(default_factory=dict)
    trade_of: Mapping[int, int] = field(default_factory=dict)
    """The trade of a skill."""
    roads: Mapping[tuple[int, int], int] = field(default_factory=dict)
    tried: Mapping[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    """(person, vacancy) → code of BARS and the sentence."""

    def km(self, village: int, offer: Offer) -> int | None:
        """From a person's village to the work; None where nobody has said it."""
        if offer.village is None:
            return offer.km
        if offer.village == village:
            return 0
        return self.roads.get((min(village, offer.village), max(village, offer.village)))


@dataclass(frozen=True, slots=True)
class Part:
    """So many points of `most`, and why."""

    points: int
    most: int
    words: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`bars`: (code of BARS, sentence); with any of them the two are not brought together."""

    parts: tuple[Part, ...]
    bars: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()
    first: bool = False

    @property
    def suits(self) -> bool:
        return not self.bars

    @property
    def score(self) -> int:
        return sum(part.points for part in self.parts)

    @property
    def why(self) -> str:
        """All reasons in one line, as a match keeps it."""
        said = [FIRST] if self.first else []
        return "；".join([*said, *(part.words for part in self.parts if part.words), *self.notes])[:300]


FIRST = "低保户家里没有人就业，按社会救助暂行办法第 43 条先推荐"


def without_first(why: str) -> str:
    """The reasons as others may read them: at a fair nobody's list tells who is on 低保."""
    return why.removeprefix(FIRST).removeprefix("；")


def monthly(amount: int, unit: str, hours: str, days: int) -> int:
    """A wage as yuan a month: `days` of work in a month, eight hours a day (four, where only half days are worked)."""
    if unit == "day":
        return amount * days
    return amount * days * HOURS_A_DAY.get(hours, 8) if unit == "hour" else amount


def judge(seeker: Seeker, offer: Offer, known: Known) -> Verdict:
    """Both together: the points of each part and all that speaks against it."""
    km = known.km(seeker.village, offer)
    parts = (
        _trade(seeker, offer, known),
        _distance(km),
        _wage(seeker.wage, offer),
        Part(hours_points(seeker.hours, offer.hours), HOURS_FIT, _said_hours(seeker, offer)),
        Part(ABLE, ABLE, _said_skills(offer, known)),
    )
    return Verdict(parts, tuple(_bars(seeker, offer, known, km)), _notes(seeker, offer), seeker.first)


def near_points(km: int | None) -> int:
    if km is None:
        return MIDDLE
    return next((points for most, points in STEPS if km <= most), 0)


def wage_points(wanted: int | None, paid: int) -> int:
    """All of them where it is enough; falling to none at seven tenths of it."""
    if wanted is None:
        return MIDDLE
    if paid >= wanted:
        return WAGE
    return max(WAGE * (10 * paid - WAGE_LEAST * wanted) // ((10 - WAGE_LEAST) * wanted), 0)


def hours_points(wanted: str, asked: str) -> int:
    return HOURS_FIT if wanted in ("", asked) else NARROWER


def hours_bar(wanted: str, asked: str) -> bool:
    """Who has the whole day can also work half of it; who has half a day or the slack season has no more."""
    return wanted not in ("", "full", asked)


def _trade(seeker: Seeker, offer: Offer, known: Known) -> Part:
    name = known.trades.get(offer.trade, "")
    if offer.trade in seeker.trades:
        return Part(TRADE, TRADE, f"工种对口：{name}")
    knows = [known.skills[each] for each in sorted(seeker.skills) if known.trade_of.get(each) == offer.trade]
    if knows:
        return Part(KNOWS_IT, TRADE, f"会{'、'.join(knows)}，{name}用得上")
    if not seeker.trades:
        return Part(SAID_NOTHING, TRADE, "没说想做哪一行")
    wanted = "、".join(known.trades.get(each, "") for each in sorted(seeker.trades))
    return Part(0, TRADE, f"工种是{name}，登记想做的是{wanted}，先问一声")


def _distance(km: int | None) -> Part:
    if km is None:
        return Part(MIDDLE, NEAR, "路程没登记，先问一声")
    return Part(near_points(km), NEAR, "就在本村" if km == 0 else f"离家 {km} 公里")


def _wage(wanted: int | None, offer: Offer) -> Part:
    points, paid = wage_points(wanted, offer.high), _said_wage(offer)
    if wanted is None:
        return Part(points, WAGE, f"{paid}，没说想要多少")
    if wanted > offer.high:
        return Part(points, WAGE, f"{paid}，比想要的少 {wanted - offer.high} 元")
    if wanted > offer.low:
        return Part(points, WAGE, f"{paid}，想要 {wanted} 元，问清楚能给多少")
    if wanted == offer.low:
        return Part(points, WAGE, f"{paid}，够想要的 {wanted} 元")
    return Part(points, WAGE, f"{paid}，比想要的 {wanted} 元高")


def _said_wage(offer: Offer) -> str:
    """By the month, as the two are compared: who is paid by the day or the hour hears that it was turned into that."""
    paid = f"{offer.low}—{offer.high}" if offer.low < offer.high else f"{offer.high}"
    return f"工资 {paid} 元" if offer.unit == "month" else f"工资折成一个月 {paid} 元"


def _said_hours(seeker: Seeker, offer: Offer) -> str:
    told = _HOURS.get(offer.hours, "")
    if not seeker.hours:
        return f"时间是{told}，没有不合的"
    return f"时间合适：{told}" if seeker.hours == offer.hours else f"只是{told}的活，比想找的少"


def _said_skills(offer: Offer, known: Known) -> str:
    return f"要会的都会：{_named(offer.skills, known.skills)}" if offer.skills else ""


def _named(keys: frozenset[int], names: Mapping[int, str]) -> str:
    return "、".join(names.get(each, "") for each in sorted(keys))


def _notes(seeker: Seeker, offer: Offer) -> tuple[str, ...]:
    if seeker.health in ("weak", "chronic", "disabled") and offer.demands:
        asked = "、".join(_DEMANDS[each] for each in _DEMANDS if each in offer.demands)
        return (f"身体不太好，这活{asked}，去之前问清楚",)
    return ()


def _bars(seeker: Seeker, offer: Offer, known: Known, km: int | None) -> list[tuple[str, str]]:
    """In the order of BARS."""
    found = []
    if seeker.age is not None and seeker.age < AGE_LEAST:
        found.append(("young", "不满 16 岁，国家规定不能招用（劳动法第 15 条）"))
    if not seeker.able:
        found.append(("unable", "登记的是没有劳动能力、在读书或者退休，先改登记"))
    if tried := known.tried.get((seeker.person, offer.vacancy)):
        found.append(tried)
    if age_bar(seeker.age, offer):
        found.append(("age", f"{seeker.age} 岁，{_said_age(offer)}"))
    if clash := seeker.limits & offer.demands:
        told = "、".join(f"{_DEMANDS[each]}（{_LIMITS[each]}）" for each in _LIMITS if each in clash)
        found.append(("health", f"这活{told}"))
    if km is not None and seeker.distance is not None and km > seeker.distance:
        found.append(("far", f"离家 {km} 公里，最远去 {seeker.distance} 公里"))
    if hours_bar(seeker.hours, offer.hours):
        found.append(("hours", f"这活是{_HOURS[offer.hours]}，只能做{_HOURS[seeker.hours]}"))
    if missing := offer.skills - seeker.skills:
        found.append(("skill", f"要会{_named(missing, known.skills)}，登记里没有"))
    if wage_bar(seeker.wage, offer.high):
        found.append(("wage", f"{_said_wage(offer)}，比想要的 {seeker.wage} 元低太多"))
    return found


def wage_bar(wanted: int | None, paid: int) -> bool:
    return wanted is not None and 10 * paid < WAGE_LEAST * wanted


def age_bar(age: int | None, offer: Offer) -> bool:
    """An age counts only with its ground in law; whose age nobody knows is asked before he goes."""
    if age is None or not offer.ground:
        return False
    return age < offer.age_low or (offer.age_high is not None and age > offer.age_high)


def _said_age(offer: Offer) -> str:
    high = f"到 {offer.age_high} 岁" if offer.age_high is not None else "以上"
    return GROUNDS[offer.ground].format(low=offer.age_low, high=high)
