"""Who could sit on which side of a panel, and why: proposals out of the register and the posts, no more than that."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet

from core.scope import OPERATOR
from disputes.models import Observer, Panel, Party, Seat
from disputes.services.panel_rules import Table, makes_cadre, same
from disputes.services.panels import Guest, seat
from disputes.services.parties import selves_of
from grids.models import Membership, Officer, Person, Post, Territory
from grids.models.register import HEAD

MOST = 30
# Who watches over cadres or over the machine mediates for nobody.
_NEVER = ("discipline", "sysadmin", "supervisor")
_BETWEEN = ("worker", "assistant")


@dataclass(frozen=True)
class Proposal:
    """One who could sit there: `why` says what makes him fit; `of_side` whose friend he is, `near` how near."""

    guest: Guest
    why: str
    of_side: str = ""
    near: bool = False

    @property
    def key(self) -> str:
        """As a form names him: person-12, officer-3."""
        row: Any = self.guest.person or self.guest.officer
        return f"{'person' if self.guest.person else 'officer'}-{row.pk}"


def posts_at(village: Territory) -> QuerySet:
    """Posts in force in the village, in its grids, and in the town's offices, of those who may mediate."""
    there = Q(territory__parent=village) | Q(territory__in=(village, village.parent))
    rows = Post.objects.in_force().filter(there).exclude(duty__in=_NEVER)
    return rows.select_related("officer__person", "territory").order_by("-territory__level", "pk")


def officers_at(village: Territory) -> list[Officer]:
    """Each once, with `shown`: name and posts; who may lead a panel or sit in it."""
    found: dict[int, Any] = {}
    for post in posts_at(village):
        officer = found.setdefault(post.officer_id, post.officer)
        officer.shown = getattr(officer, "shown", officer.name) + f"，{said_of(post)}"
    return list(found.values())


def leaders(table: Table) -> list[Officer]:
    """Of officers_at those who may lead this panel: a cadre who is no party nor near to one, to whom nobody objects
    but in vain, and who sits nowhere but among the cadres. A constant number of queries."""
    cadres = {post.officer_id for post in posts_at(table.dispute.village) if makes_cadre(post)}
    found = [officer for officer in officers_at(table.dispute.village) if officer.pk in cadres]
    elsewhere: list[Any] = [each for each in table.everybody if getattr(each, "side", "") != Seat.CADRES]
    unwanted = [each for each in table.objections if each.upheld is not False]
    barred = [*table.parties, *elsewhere, *unwanted]

    def may_lead(officer: Officer) -> bool:
        seat = Seat(panel=table.panel, officer=officer, name=officer.name)  # only compared
        return officer.person_id not in table.kin and not any(
            same(seat, each, table.dispute) for each in barred
        )

    return [officer for officer in found if may_lead(officer)]


def said_of(post: Post) -> str:
    """一组专职网格员 is said as people know it: where, and as what."""
    return f"{post.territory}{post.get_duty_display()}" + (f"（{post.source}）" if post.source else "")


def proposals(actor: Any, table: Table) -> dict[str, list[Proposal]]:
    """For each third who could sit there: nobody who is a party, sits already, or may not.

    Persons of the register only for who may see them, of whichever village: a relative need not live in that of the
    dispute. A constant number of queries.
    """
    panel = table.panel
    village = panel.dispute.village
    near = set(table.kin)
    posts = list(posts_at(village))
    cadres = [post for post in posts if makes_cadre(post)]
    leading = {post.officer_id for post in cadres}  # also if he holds another post besides
    others = [post for post in posts if post.officer_id not in leading]
    raw = {
        Seat.FRIENDS: [*_kin(actor, table), *_neighbours(actor, table, near)],
        Seat.BETWEEN: [
            *_of_posts([post for post in others if post.duty in _BETWEEN], near),
            *_representatives(others, near),
            *_members(actor, panel, near),
        ],
        Seat.CADRES: list(_of_posts(cadres, near)),
    }
    return {side: _free(table, rows)[:MOST] for side, rows in raw.items()}


@transaction.atomic
def seat_proposed(*, actor: Any, panel: Panel, side: str, keys: Iterable[str]) -> list[Seat]:
    """Seat those of the proposed who were ticked (Proposal.key), each as what makes him fit: all of them or nobody."""
    rows = {row.key: row for row in proposals(actor, Table(panel)).get(side, [])}
    chosen = [rows[key] for key in keys if key in rows]
    if not chosen:
        raise ValidationError({"look": "先在人名前面打勾，再点“加上”。勾过的不在上面了，就是别人刚加上了。"})
    made = []
    for row in chosen:
        said: dict[str, Any] = {"role": row.why[:40], "of_side": row.of_side, "near": row.near}
        made.append(seat(actor=actor, panel=panel, side=side, guest=row.guest, **said))
    return made


def _free(table: Table, rows: list[Proposal]) -> list[Proposal]:
    taken: list[Any] = [*table.seats, *table.observers, *table.parties]
    found: dict[str, Proposal] = {}
    for row in rows:
        # As a seat would name him; it is only compared.
        as_seat = Seat(panel=table.panel, **row.guest.fields())
        if not any(same(as_seat, each, table.dispute) for each in taken):
            found.setdefault(row.key, row)
    return list(found.values())


def _seen(actor: Any) -> QuerySet:
    rows = Person.objects.present() if actor is OPERATOR else Person.objects.visible_to(actor, "persons.see")
    return rows.present().select_related("household__group", "household__village")


def _kin(actor: Any, table: Table) -> Iterator[Proposal]:
    """Near relatives, each on the side of the party they live or lived with."""
    homes: dict[int, Party] = {}
    for party in table.parties:
        if party.person_id and party.household_id:
            homes.setdefault(party.household_id, party)
    people = list(_seen(actor).filter(pk__in=table.kin).order_by("household", "pk")[: MOST * 2])
    lived = _lived_with(people, [party for party in table.parties if party.person_id])
    for person in people:
        if mine := homes.get(person.household_id):
            how = f"和{mine.name}一户，{person.relation}"
        else:
            mine = lived[person.pk]
            how = f"和{mine.name}以前一户，现在{_where(person, table)}"
        yield Proposal(Guest(person=person), f"{how}，近亲属", mine.side, near=True)


def _lived_with(people: list[Person], parties: list[Party]) -> dict[int, Party]:
    """By the key of each of these near relatives: the party with whom he lived in one household."""
    own, theirs = selves_of(parties), Person.selves([person.pk for person in people])
    by_self = {own[party.person_id]: party for party in reversed(parties) if party.person_id}
    lived = Membership.objects.filter(person__in=own).values_list("person", "household")
    shared = {home: by_self[own[person]] for person, home in lived}
    rows = Membership.objects.filter(person__in=theirs, household__in=shared)
    found = {theirs[person]: shared[home] for person, home in rows.values_list("person", "household")}
    return {person.pk: found[theirs[person.pk]] for person in people}


def _where(person: Person, table: Table) -> str:
    """His group, with its village where that is another than the dispute's."""
    home = person.household
    return f"{home.group}" if home.village_id == table.dispute.village.pk else f"{home.village}{home.group}"


def _neighbours(actor: Any, table: Table, near: set[int]) -> Iterator[Proposal]:
    """Heads of the other households of a party's group."""
    groups: dict[int, Any] = {}
    for party in table.parties:
        if party.household:
            groups.setdefault(party.household.group_id, party)
    heads = _seen(actor).filter(relation=HEAD, household__group__in=groups)
    for person in heads.exclude(pk__in=near).order_by("household__number")[: MOST * 2]:
        party = groups[person.household.group_id]
        yield Proposal(Guest(person=person), f"{_where(person, table)}，邻居", party.side)


def _members(actor: Any, panel: Panel, near: set[int]) -> Iterator[Proposal]:
    """Party members of the register."""
    here = _seen(actor).filter(household__village=panel.dispute.village)
    people = here.filter(politics__contains="党员").exclude(pk__in=near)
    for person in people.order_by("household__group__position", "pk")[: MOST * 2]:
        yield Proposal(Guest(person=person), f"{person.politics}，{person.household.group}")


def _of_posts(posts: list[Post], near: set[int]) -> Iterator[Proposal]:
    """Village people first, then the town's; who is a near relative is not proposed."""
    for post in posts:
        if post.officer.person_id not in near:
            yield Proposal(Guest(officer=post.officer), said_of(post))


def _representatives(posts: list[Post], near: set[int]) -> Iterator[Proposal]:
    for post in posts:
        if "代表" in post.source and post.officer.person_id not in near:
            yield Proposal(Guest(officer=post.officer), said_of(post))


def watching(table: Table) -> list[tuple[str, Proposal]]:
    """Who could watch, by kind: people of 司法所; party members and representatives are named on the page."""
    rows = [
        Proposal(Guest(officer=post.officer), said_of(post))
        for post in posts_at(table.dispute.village)
        if post.duty == "justice"
    ]
    return [(Observer.JUSTICE, row) for row in _free(table, rows)]
