"""Who is at odds with whom: named from the register of persons where one is in it, or by name."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from core.scope import OPERATOR
from disputes.models import Dispute, Move, Objection, Panel, Party, Sitting
from disputes.services.rights import works_on
from disputes.services.stepping import move_on
from grids.models import Household, Membership, Person

MOST = 60  # more than so many people are a group, and are counted
TOO_MANY = f"当事人最多写 {MOST} 个。人多的写代表，人数填在涉及人数里。"


@dataclass(frozen=True)
class Named:
    """A party as somebody names it: `person` of the register, or the rest typed; `home` is where it was heard."""

    side: str
    person: Person | None = None
    name: str = ""
    sex: str = ""
    address: str = ""
    phone: str = ""
    home: Household | None = None

    def plain(self) -> tuple[Any, ...]:
        """What counts for whether it was said before: of a household as a whole not who heads it just now."""
        if self.home is not None:
            return (self.side, "home", self.home.pk, self.phone)
        return (self.side, self.person and self.person.pk, self.name, self.sex, self.address, self.phone)


def write_parties(dispute: Dispute, named: Iterable[Named]) -> list[Party]:
    """Store them with a dispute. ValidationError by field `parties`."""
    rows = list(named)
    if dispute.parties.count() + len(rows) > MOST:
        raise ValidationError({"parties": TOO_MANY})
    made = []
    for each in rows:
        party = party_of(dispute, each)
        party.save(force_insert=True)
        made.append(party)
    return made


def party_of(dispute: Dispute, each: Named, *, fetched: frozenset[str] = frozenset()) -> Party:
    """His row, checked and not stored. `fetched`: the rows it names that are known to be there; then the database alone
    asks its constraints. ValidationError by field `parties`."""
    party = _party(dispute, each)
    try:
        party.set_phone(each.phone)
        party.full_clean(exclude=fetched, validate_unique=not fetched, validate_constraints=not fetched)
    except ValidationError as fault:
        raise ValidationError({"parties": fault.messages}) from fault
    return party


def _party(dispute: Dispute, each: Named) -> Party:
    if each.side not in Party.SHORT:
        raise ValidationError({"parties": "选是哪一方。"})
    if (person := each.person) is None:
        name = each.name.strip()
        if not name:
            raise ValidationError({"parties": "当事人写姓名，或者从花名册里选。"})
        said = {"sex": each.sex, "address": each.address.strip(), "household": each.home}
        return Party(dispute=dispute, side=each.side, name=name, **said)
    home = each.home or person.household
    return Party(
        dispute=dispute,
        side=each.side,
        person=person,
        household=home,
        name=person.name,
        sex=person.sex,
        birth_date=person.birth_date,
        address=each.address.strip() or home.address or f"{home.village.name}{home.group.name}",
    )


def choosable(actor: Any, text: str, most: int = 20) -> list[Person]:
    """Persons of the register by name, full pinyin or initials, of villages where the actor may see who lives there."""
    said = text.strip()
    if not said:
        return []
    rows = Person.objects.present() if actor is OPERATOR else Person.objects.visible_to(actor, "persons.see")
    rows = rows.present()
    field = "name" if not said.isascii() else "pinyin"
    keys = set(rows.beginning(field, said.lower()).values_list("pk", flat=True)[:most])
    if said.isascii():
        keys |= set(rows.beginning("initials", said.lower()).values_list("pk", flat=True)[:most])
    found = Person.objects.filter(pk__in=keys).select_related("household__village", "household__group")
    return list(found.order_by("name", "pk")[:most])


@transaction.atomic
def add_party(*, actor: Any, dispute: Dispute, named: Named, uuid: UUID | None = None) -> Move:
    """Name one more, with a dated row that says so."""

    def change(held: Dispute) -> None:
        if not held.is_open:
            raise ValidationError("这件纠纷不在办了。还要添当事人，先点“又闹起来”。")
        write_parties(held, [named])

    who = named.person.name if named.person else named.name.strip()
    words = f"添上{Party.SHORT.get(named.side, '')} {who}"
    said = {"party": str(named.plain())}
    return move_on("parties", works_on, actor, dispute, uuid, change, words=words, said=said)


@transaction.atomic
def remove_party(*, actor: Any, dispute: Dispute, party: Party, uuid: UUID | None = None) -> Move:
    """Take back one who was named by mistake; the row of the step says who that was."""

    def change(held: Dispute) -> None:
        if not held.is_open:
            raise ValidationError("这件纠纷不在办了，当事人不改了。")
        if _stands_in_a_panel(held, party):
            raise ValidationError("议事小组已经定过，或者他提过回避，当事人不能去掉了。弄错的记一笔。")
        Party.objects.filter(pk=party.pk, dispute=held).delete()

    words = f"去掉{party.side_said} {party.name}"
    return move_on(
        "parties", works_on, actor, dispute, uuid, change, words=words, said={"out": str(party.pk)}
    )


def _stands_in_a_panel(dispute: Dispute, party: Party) -> bool:
    """Whether what was settled or said in a panel rests on this party."""
    settled = Sitting.objects.filter(panel__dispute=dispute).exists()
    settled = settled or dispute.panels.exclude(state=Panel.DRAFTED).exists()
    return settled or Objection.objects.filter(party=party).exists()


def kin_of(parties: Iterable[Party]) -> Q:
    """Near relatives of these as a filter of Person: who lives, or ever lived, in one household with one of them, in
    whichever village he is written down today.

    The register knows no other kin; what people say of each other beyond that is asked for when a panel is made. It
    looks wider than whoever asks may: what it finds must be looked up through what he may see before it is shown.
    """
    themselves = selves_of(parties)
    return Q(pk__in=Membership.near(themselves)) & ~Q(pk__in=themselves)


def selves_of(parties: Iterable[Party]) -> dict[int, str]:
    """All rows of the register (keys) that are one of these, each with who it is (Person.selves)."""
    return Person.selves([party.person_id for party in parties if party.person_id])
