"""Who suits which place: seekers and open places as the register has them today, and the best of them with reasons.

Loaded with the same number of questions for one and for thousands. Only seekers whom the reader may see are proposed,
and only open places that have room.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from core import clock
from grids.models import Person, Territory
from jobs.models import JobFair, JobsRule, Labour, Match, Road, Skill, Trade, Vacancy
from jobs.services.assigning import Pair, assign
from jobs.services.first import homes_to_help_first
from jobs.services.registering import registered
from jobs.services.scoring import BARS, Known, Offer, Seeker, Verdict, judge, monthly

BEST = 20
_STATES, _REASONS = dict(Match.STATES), dict(Match.REASONS)


@dataclass(frozen=True)
class Proposal:
    """One side of a pair with the verdict on both; the other side is the page's own."""

    seeker: Seeker
    offer: Offer
    verdict: Verdict


@dataclass
class Proposals:
    """The best ones, and of all others why not: how many of each reason, and on demand those of one reason."""

    best: list[Proposal] = field(default_factory=list)
    suiting: int = 0
    why_not: list[tuple[str, str, int]] = field(default_factory=list)
    """(code of BARS, words, how many)"""
    shown: list[Proposal] = field(default_factory=list)


def best_for(actor: Any, person: Person, why: str = "") -> Proposals | None:
    """The open places that suit one person best; None for who does not look for work or is out of reach.

    `why`: a code of BARS whose places are to be listed.
    """
    seekers = load_seekers(actor, people=[person.pk])
    if not seekers:
        return None
    offers = load_offers(Vacancy.objects.open())
    known = load_known(offers, people=[person.pk])
    return _sorted(((seekers[0], offer) for offer in offers), known, why)


def best_for_vacancy(actor: Any, vacancy: Vacancy, why: str = "") -> Proposals:
    """The seekers whom one place suits best, of all whom the reader may see; nobody where it is full or over."""
    offers = load_offers(Vacancy.objects.open().filter(pk=vacancy.pk))
    if not offers:
        return Proposals()
    known = load_known(offers)
    return _sorted(((seeker, offers[0]) for seeker in load_seekers(actor)), known, why)


def judged(actor: Any, person: Person, vacancy: Vacancy) -> Verdict | None:
    """One pair as it stands now; None for who does not look for work, out of reach, and a place that is not open."""
    seekers = load_seekers(actor, people=[person.pk])
    offers = load_offers(Vacancy.objects.open().filter(pk=vacancy.pk), with_room=False)
    if not seekers or not offers:
        return None
    return judge(seekers[0], offers[0], load_known(offers, people=[person.pk]))


def assigned(actor: Any, fair: JobFair) -> tuple[list[Pair], Known]:
    """The best assignment of all the fair's open places to the seekers who live where the fair is held. Who was sent
    at this fair already is not sent twice, and his place is not counted twice. ValidationError: too many places."""
    offers = load_offers(Vacancy.objects.open().filter(fairs=fair), fair=fair)
    known = load_known(offers)
    sent = set(fair.matches.filter(state__in=Match.OPEN).values_list("person", flat=True))
    seekers = [each for each in load_seekers(actor, place=fair.territory) if each.person not in sent]
    return assign(seekers, offers, known), known


def _sorted(pairs: Iterable[tuple[Seeker, Offer]], known: Known, why: str) -> Proposals:
    """Of thousands the best few are kept; of the others the counts alone, and those of the reason asked for."""
    found, counted = Proposals(), Counter[str]()
    suiting: list[Proposal] = []
    for seeker, offer in pairs:
        verdict = judge(seeker, offer, known)
        if verdict.suits:
            found.suiting += 1
            suiting.append(Proposal(seeker, offer, verdict))
            if len(suiting) >= 8 * BEST:
                suiting = _top(suiting)
            continue
        code = verdict.bars[0][0]
        counted[code] += 1
        if code == why and len(found.shown) < 5 * BEST:
            found.shown.append(Proposal(seeker, offer, verdict))
    found.best = _top(suiting)
    found.why_not = [(code, words, counted[code]) for code, words in BARS.items() if counted[code]]
    return found


def _top(some: list[Proposal]) -> list[Proposal]:
    """低保 households without anybody in work first, whatever their points; then the points."""

    def order(each: Proposal) -> tuple[bool, int, int, int]:
        return not each.seeker.first, -each.verdict.score, each.seeker.person, each.offer.vacancy

    return sorted(some, key=order)[:BEST]


# --- loading ----------------------------------------------------------------------------------------------------------


def load_seekers(
    actor: Any, *, place: Territory | None = None, people: Iterable[int] | None = None
) -> list[Seeker]:
    """Who looks for work today, of all whom the actor may see; five questions, however many they are."""
    rows = registered(actor).seeking()
    if place is not None:
        rows = rows.at(place)
    if people is not None:
        rows = rows.filter(person__in=list(people))
    trades, skills = (_many(rows, name) for name in ("trades", "skills"))
    first, today = frozenset(homes_to_help_first()), clock.today()
    columns = (
        "pk", "person", "person__name", "person__birth_date", "person__household", "person__household__village",
        "wage", "distance", "hours", "health", "limits", "status",
    )  # fmt: skip
    return [
        Seeker(
            person=person,
            name=name,
            household=household,
            village=village,
            age=clock.years_between(born, today) if born else None,
            trades=trades.get(pk, frozenset()),
            skills=skills.get(pk, frozenset()),
            wage=wage,
            distance=distance,
            hours=hours,
            health=health,
            limits=frozenset(limits),
            able=status in Labour.ABLE,
            first=household in first,
        )
        for (
            pk, person, name, born, household, village, wage, distance, hours, health, limits, status,
        ) in rows.order_by("person").values_list(*columns).iterator()
    ]  # fmt: skip


def load_offers(vacancies: Any, *, fair: JobFair | None = None, with_room: bool = True) -> list[Offer]:
    """Vacancies as offers with the room they have; at a fair, less whom it has sent there and who is on his way."""
    rows = vacancies.with_taken()
    skills = _many(vacancies, "skills")
    waiting: Counter[int] = Counter()
    if fair is not None:
        waiting.update(fair.matches.filter(state__in=Match.RUNNING).values_list("vacancy", flat=True))
    days = JobsRule.on(clock.today()).days_a_month
    columns = (
        "pk", "title", "employer__name", "trade", "wage_low", "wage_high", "unit", "hours", "village", "km",
        "place", "demands", "age_low", "age_high", "ground", "number", "taken",
    )  # fmt: skip
    found = []
    for row in rows.order_by("pk").values(*columns):
        room = row["number"] - row["taken"] - waiting[row["pk"]]
        if room <= 0 and with_room:
            continue
        low, high = (
            monthly(each, row["unit"], row["hours"], days)
            for each in (row["wage_low"], row["wage_high"] or row["wage_low"])
        )
        found.append(
            Offer(
                vacancy=row["pk"],
                title=row["title"],
                employer=row["employer__name"],
                trade=row["trade"],
                low=low,
                high=high,
                room=max(room, 0),
                hours=row["hours"],
                village=row["village"],
                km=row["km"],
                place=row["place"],
                skills=skills.get(row["pk"], frozenset()),
                demands=frozenset(row["demands"]),
                age_low=row["age_low"],
                age_high=row["age_high"],
                ground=row["ground"],
                unit=row["unit"],
            )
        )
    return found


def load_known(offers: Iterable[Offer], people: Iterable[int] | None = None) -> Known:
    """Lists, roads, and what was tried before with these offers."""
    tried = Match.objects.filter(vacancy__in=[offer.vacancy for offer in offers]).exclude(state=Match.DROPPED)
    if people is not None:
        tried = tried.filter(person__in=list(people))
    skills = list(Skill.objects.order_by().values_list("pk", "name", "trade"))
    return Known(
        trades=dict(Trade.objects.order_by().values_list("pk", "name")),
        skills={pk: name for pk, name, _ in skills},
        trade_of={pk: trade for pk, _, trade in skills if trade},
        roads={(one, other): km for one, other, km in Road.objects.values_list("one", "other", "km")},
        tried={
            (person, vacancy): _tried(state, reason)
            for person, vacancy, state, reason in tried.order_by("pk").values_list(
                "person", "vacancy", "state", "reason"
            )
        },
    )


def _tried(state: str, reason: str) -> tuple[str, str]:
    told = f"“{_STATES[state]}”" + (f"：{_REASONS[reason]}" if reason else "")
    if state in Match.OPEN:
        return "asked", f"已经推荐过，现在是{told}"
    return "declined", f"以前推荐过，{told}"


def _many(rows: Any, name: str) -> dict[int, frozenset[int]]:
    """What a many-to-many field holds, by the row's key: one question for all rows."""
    found: dict[int, set[int]] = {}
    for pk, key in rows.order_by().filter(**{f"{name}__isnull": False}).values_list("pk", name):
        found.setdefault(pk, set()).add(key)
    return {pk: frozenset(keys) for pk, keys in found.items()}
