"""What must be so before a panel is settled: every rule once, each refusal with its way out and the words it rests on.

All that is wrong is told at once. The thirds themselves are 实施方案五（三）; consent and objection are 人民调解法.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Q

from core import clock
from disputes.models import Dispute, DisputeRule, Observer, Panel, Party, Seat
from disputes.services.parties import kin_of, selves_of
from grids.models import Officer, Person, Post
from grids.services import VILLAGE_CADRE

PLAN = "实施方案五（三）"
THIRDS = (
    "相关事项诉求人或信访人‘亲友团’、党员和村居民小组长等‘中间人’、镇村（社）干部等‘三方面人员’"
    "各占三分之一比重，组成议事小组"
)
WATCHED = "同时邀请司法所工作人员、党员群众代表全程旁听监督"
ASKED_FIRST = "人民调解员根据调解纠纷的需要，在征得当事人的同意后，可以邀请当事人的亲属、邻里、同事等参与调解"
MAY_CHOOSE = "当事人在人民调解活动中享有下列权利：（一）选择或者接受人民调解员"
SIDES = dict(Seat.SIDES)
# Whose post makes him one of 镇村（社）干部; the worker and the assistants of a grid are villagers (实施方案五（一）),
# unless they come from 村社干部.
CADRES = frozenset(
    "secretary cadre leader guide office civil_affairs justice petitions employment party discipline".split()
)
_IS_CADRE = Q(duty__in=CADRES) | Q(source=VILLAGE_CADRE)


@dataclass(frozen=True)
class Refusal:
    """`what` cannot be, `mend` is the way out; `quote` is the rule and `place` where it stands.
    `seats`, `watching`: the rows it is about."""

    code: str
    what: str
    mend: str
    quote: str = ""
    place: str = ""
    seats: frozenset[int] = frozenset()
    watching: frozenset[int] = frozenset()


class Table:
    """A panel with all who sit at it, fetched once: a constant number of queries, however many they are."""

    def __init__(self, panel: Panel) -> None:
        self.panel, self.dispute = panel, panel.dispute
        with_posts = "officer__user", "person__household"
        self.seats = list(panel.seats.select_related(*with_posts))
        self.observers = list(panel.observers.select_related(*with_posts))
        self.parties = list(panel.dispute.parties.select_related("household"))
        self.consents = {each.party_id: each.given for each in panel.consents.all()}
        self.objections = list(panel.objections.select_related("party", "officer", "decided_by"))
        self.rule = DisputeRule.on(clock.today())

    def of(self, side: str) -> list[Seat]:
        return [seat for seat in self.seats if seat.side == side]

    @property
    def everybody(self) -> list[Seat | Observer]:
        return [*self.seats, *self.observers]

    @cached_property
    def sizes(self) -> dict[str, int]:
        return {side: len(self.of(side)) for side in SIDES}

    @cached_property
    def kin(self) -> dict[int, str]:
        """The near relatives of the parties by the register, wherever they live: key and name. Wider than a reader's
        reach: it is only held against those who are asked."""
        return dict(Person.objects.filter(kin_of(self.parties)).values_list("pk", "name"))

    @cached_property
    def selves(self) -> set[int]:
        """The parties' own rows of the register, be it in two villages."""
        return set(selves_of(self.parties))

    @cached_property
    def posts(self) -> list[Post]:
        """The posts in force of those who sit, known by post or person, or by their name in this village."""
        village = self.dispute.village
        here = Q(territory=village) | Q(territory__parent=village)
        known = Q(officer__in=[seat.officer_id for seat in self.seats if seat.officer_id])
        known |= Q(officer__person__in=[seat.person_id for seat in self.seats if seat.person_id])
        known |= here & Q(officer__name__in=[seat.name.strip() for seat in self.seats])
        return list(
            Post.objects.in_force().filter(known).select_related("officer", "territory").order_by("pk")
        )

    def is_near(self, each: Seat | Observer) -> bool:
        """By the register, or as whoever filled it in was told."""
        return each.person_key in self.kin or getattr(each, "near", False)

    def has_name_of_kin(self, each: Seat | Observer) -> bool:
        """A bare name that a near relative has as well: whoever typed it may not have seen him to choose him."""
        return not each.person_key and each.name.strip() in self.kin.values()

    def is_party(self, each: Seat | Observer) -> bool:
        own = each.person_key in self.selves if each.person_key else False
        return own or any(same(each, party, self.dispute) for party in self.parties)


def same(one: Any, other: Any, dispute: Dispute) -> bool:
    """Whether two are one: by the person of the register or the post, and where one of them is a bare name, by that
    name in the village of the dispute."""
    first, second = _person(one), _person(other)
    if first and second:
        return first == second
    if (post := getattr(one, "officer_id", None)) and post == getattr(other, "officer_id", None):
        return True
    return one.name.strip() == other.name.strip() and not (
        _elsewhere(one, dispute) or _elsewhere(other, dispute)
    )


def _person(each: Any) -> int | None:
    return each.person_id or (each.officer.person_id if getattr(each, "officer", None) else None)


def _elsewhere(each: Any, dispute: Dispute) -> bool:
    """Of the register of another village: somebody else of that name."""
    person = each.person if isinstance(each, Seat | Observer) else None
    return bool(person and person.household.village_id != dispute.village.pk)


def refusals(panel: Panel, table: Table | None = None) -> list[Refusal]:
    """Everything that keeps this panel from being settled, in the order in which one would mend it."""
    found = table or Table(panel)
    rules = (_facts, _thirds, _no_party, _one_place, _near_kin, _by_post, _consents, _objections, _watched)
    return [refusal for rule in rules for refusal in rule(found)]


def _facts(table: Table) -> Iterator[Refusal]:
    panel = table.panel
    lacking = {
        "议什么": panel.topic,
        "什么时候开": panel.at,
        "在哪里开": panel.place,
        "谁主持": panel.host_id,
    }
    if names := [name for name, said in lacking.items() if not said]:
        yield Refusal(
            "facts", f"还没写：{'、'.join(names)}。", "在“什么时候、在哪里、谁主持”里填上，点“先存着”。"
        )
    if not table.parties:
        yield Refusal("parties", "这件纠纷还没写当事人。", "回到纠纷那一页，先把双方写上。")
    host_sits = any(seat.officer_id == panel.host_id for seat in table.of(Seat.CADRES))
    if panel.host and not host_sits:
        seat_him = f"把{panel.host}加到镇村干部，或者另选主持人。"
        mend = seat_him if is_cadre(panel.host) else f"{panel.host}不是镇村干部，另选一个干部主持。"
        yield Refusal("host", "主持人不在镇村干部里。", mend)


def uneven(sizes: dict[str, int], allowed: bool) -> bool:
    """Whether these are not thirds. Where the town allows a remainder, they may differ by one, and the cadres may not
    be more than either of the others (domain.md, "Disputes")."""
    least, most = min(sizes.values()), max(sizes.values())
    if least == most:
        return least == 0
    return not (allowed and least and most - least == 1 and sizes[Seat.CADRES] == least)


def _thirds(table: Table) -> Iterator[Refusal]:
    sizes = table.sizes
    if not uneven(sizes, table.rule.uneven):
        return
    what, mend = said_of(sizes, table.rule.uneven)
    over = max(sizes, key=lambda side: sizes[side])
    seats = frozenset(seat.pk for seat in table.of(over)) if len(set(sizes.values())) > 1 else frozenset()
    yield Refusal("thirds", what, mend, THIRDS, PLAN, seats)


def said_of(sizes: dict[str, int], allowed: bool) -> tuple[str, str]:
    """By how much it is too much or too little, and what would make it right."""
    most = max(sizes.values())
    if empty := [SIDES[side] for side, count in sizes.items() if not count]:
        return f"{'、'.join(empty)}还没有人。", f"{'、'.join(empty)}加 {max(most, 1)} 人，三方一样多。"
    for side, count in sizes.items():
        others = [other for other in sizes if other != side]
        rest = {sizes[other] for other in others}
        if len(rest) > 1 or count in rest:
            continue
        by, names = abs(count - rest.copy().pop()), "、".join(SIDES[other] for other in others)
        if count > max(rest):
            what = f"{SIDES[side]} {count} 人，比另外两方各多 {by} 人。"
            if allowed and side == Seat.CADRES and by == 1:
                what = f"{SIDES[side]} {count} 人，比另外两方各多 1 人，干部不能最多。"
            return what, f"去掉 {by} 名{SIDES[side]}，或者{names}各加 {by} 人。"
        what = f"{SIDES[side]} {count} 人，比另外两方各少 {by} 人。"
        if allowed and by == 1:
            what = f"{SIDES[side]} {count} 人，镇村干部和另一方都是 {count + 1} 人，干部不能最多。"
            return what, f"去掉 1 名镇村干部，或者{SIDES[side]}加 1 人。"
        return what, f"{SIDES[side]}加 {by} 人，或者{names}各去掉 {by} 人。"
    told = "，".join(f"{SIDES[side]} {count} 人" for side, count in sizes.items())
    adds = "，".join(f"{SIDES[side]}加 {most - count} 人" for side, count in sizes.items() if count < most)
    return f"{told}，三方不一样多。", f"{adds}，三方就都是 {most} 人。"


def _no_party(table: Table) -> Iterator[Refusal]:
    for each in table.everybody:
        if table.is_party(each):
            yield Refusal(
                "party",
                f"{each.name}是当事人，不能坐在{each.side_said}里。",
                f"去掉{each.name}：当事人自己到会陈述，不占名额。同名的另一个人，从花名册里选。",
                THIRDS,
                PLAN,
                *_both(each),
            )


def _one_place(table: Table) -> Iterator[Refusal]:
    asked = table.everybody
    for number, one in enumerate(asked):
        for other in asked[number + 1 :]:
            if not same(one, other, table.dispute):
                continue
            if one.side_said == other.side_said:
                what = f"{one.name}在{one.side_said}里写了两次。"
            else:
                what = f"{one.name}又在{one.side_said}，又在{other.side_said}。"
            yield Refusal(
                "twice",
                what,
                "一个人只坐一个位子，去掉一处。是两个同名的人，都从花名册里选。",
                THIRDS,
                PLAN,
                *_both(one, other),
            )


def _near_kin(table: Table) -> Iterator[Refusal]:
    for each in table.everybody:
        if getattr(each, "side", "") == Seat.FRIENDS or table.is_party(each):
            continue
        if table.is_near(each):
            what = f"{each.name}是当事人的近亲属，不能坐在{each.side_said}里。"
            mend = f"近亲属只坐亲友团，另外两方要双方都信得过。把{each.name}换到亲友团，或者去掉。"
            yield Refusal("kin", what, mend, THIRDS, PLAN, *_both(each))
        elif table.has_name_of_kin(each):
            # Not whose, nor where he lives: who reads this may not see that village's register.
            what = f"{each.side_said}里的{each.name}，和当事人的一个近亲属同名，看不出是不是他。"
            mend = f"问一声：就是他的，换到亲友团，或者去掉；是另一个人，{_told_apart(each)}。"
            yield Refusal("kin", what, mend, THIRDS, PLAN, *_both(each))


def _told_apart(each: Seat | Observer) -> str:
    if each.officer_id:
        return f"在岗位那里把{each.name}和花名册里的人对上"
    return "从花名册里选；花名册里没有的，姓名后面写上是哪里的"


def is_cadre(officer: Officer) -> bool:
    """Whether one of his posts of today makes him a cadre of the town or of a village."""
    return officer.posts.in_force().filter(_IS_CADRE).exists()


def makes_cadre(post: Post) -> bool:
    """The same of a post that was fetched."""
    return post.duty in CADRES or post.source == VILLAGE_CADRE


def _by_post(table: Table) -> Iterator[Refusal]:
    """Whom the posts know as a cadre counts among the cadres, and whom they know as none does not. A near relative
    sits with the friends whatever his post is."""
    for seat in table.seats:
        if table.is_party(seat) or table.is_near(seat):
            continue
        posts = [post for post in table.posts if _holds(seat, post, table.dispute)]
        cadre = next((post for post in posts if makes_cadre(post)), None)
        wrong = cadre if seat.side != Seat.CADRES else None if cadre else next(iter(posts), None)
        if wrong is not None:
            yield Refusal("post", *_said_of_post(seat, wrong), THIRDS, PLAN, *_both(seat))


def _holds(seat: Seat, post: Post, dispute: Dispute) -> bool:
    # As a seat would name him; it is only compared.
    return same(seat, Seat(officer=post.officer, name=post.officer.name), dispute)


def _said_of_post(seat: Seat, post: Post) -> tuple[str, str]:
    where, officer = f"{post.territory}{post.get_duty_display()}", post.officer
    other = seat.side != Seat.CADRES
    right = SIDES[Seat.CADRES if other else Seat.BETWEEN]
    if seat.officer_id == officer.pk or (seat.person_id and seat.person_id == officer.person_id):
        what = f"{seat.name}是{where}，{'是干部' if other else '不是镇村干部'}，不能坐在{seat.side_said}里。"
        return what, f"把{seat.name}换到{right}，或者去掉，另请一个人。"
    what = f"{seat.side_said}里的{seat.name}，和{where}{officer.name}同名，看不出是不是他。"
    if seat.person_id:
        return what, f"在岗位那里把{officer.name}和花名册里的人对上；就是他的，换到{right}。"
    return what, f"就是他的，去掉，从有岗位的人里选，坐到{right}；是另一个人，从花名册里选。"


def _both(*asked: Seat | Observer) -> tuple[frozenset[int], frozenset[int]]:
    """The rows of these: seats, observers."""
    seats = frozenset(each.pk for each in asked if isinstance(each, Seat))
    return seats, frozenset(each.pk for each in asked if isinstance(each, Observer))


def _consents(table: Table) -> Iterator[Refusal]:
    if unasked := [party for party in table.parties if party.pk not in table.consents]:
        yield Refusal(
            "consent",
            f"请亲友来，还没问过{_names(unasked)}同不同意。",
            "当面或者打电话问一声，在“当事人同意吗”里点上。",
            ASKED_FIRST,
            "人民调解法第二十条",
        )
    if against := [party for party in table.parties if table.consents.get(party.pk) is False]:
        yield Refusal(
            "refused",
            f"{_names(against)}不同意请亲友来。",
            "不能硬请。再和他说说；说不通的，不开三方议事，由村里直接调。",
            ASKED_FIRST,
            "人民调解法第二十条",
        )


def _names(parties: list[Party]) -> str:
    return "、".join(party.name for party in parties)


def _objections(table: Table) -> Iterator[Refusal]:
    asked = table.everybody
    for objection in table.objections:
        here = [each for each in asked if same(objection, each, table.dispute)]
        if not here or objection.upheld is False:
            continue
        rows = _both(*here)
        if objection.upheld is None:
            yield Refusal(
                "objection",
                f"{objection.party}不要{objection.name}来，主持人还没有定。",
                "主持人看了理由，在“当事人提的回避”里定：换人，还是不换。",
                MAY_CHOOSE,
                "人民调解法第二十三条",
                *rows,
            )
        else:
            yield Refusal(
                "upheld",
                f"{objection.party}不要{objection.name}来，主持人同意换人，{objection.name}还坐着。",
                f"去掉{objection.name}，另请一个人。",
                MAY_CHOOSE,
                "人民调解法第二十三条",
                *rows,
            )


def _watched(table: Table) -> Iterator[Refusal]:
    here = {observer.kind for observer in table.observers}
    if lacking := [title for kind, title in Observer.KINDS if kind not in here]:
        yield Refusal(
            "watched",
            f"旁听监督的还没定：{'、'.join(lacking)}。",
            "司法所、党员代表、群众代表至少各请 1 个人，从头听到尾。",
            WATCHED,
            PLAN,
        )
