"""便民联系卡: what stands on the card of a grid today, which are to be printed again, and the code behind the QR."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, Subquery

from appeals.models import Card, CardPrint, PublicNumber
from appeals.models.cards import new_code
from core import clock, crypto
from core.scope import must
from grids.models import Post, Territory
from grids.services import lock_village

PRINTS = "devices.manage"  # with the buttons: both are how people reach somebody
SHOWN = ("leader", "worker")


@dataclass(frozen=True)
class Contact:
    """One line of a card: which post, who, and the number, empty where she did not agree to have it printed."""

    title: str
    name: str
    number: str


@dataclass(frozen=True)
class Face:
    """What stands on one card."""

    grid: Territory
    code: str
    hotline: str
    discipline: str
    contacts: tuple[Contact, ...]

    @property
    def digest(self) -> str:
        said = [
            self.grid.full_name,
            self.code,
            self.hotline,
            self.discipline,
            *((c.title, c.name, c.number) for c in self.contacts),
        ]
        return crypto.blind_index(json.dumps(said, ensure_ascii=False), purpose="card")


@dataclass(frozen=True)
class Printed:
    """A grid with its card: what was printed last, and whether that is still so."""

    face: Face
    card: Card | None
    last: Any
    stale: bool

    @property
    def to_print(self) -> bool:
        return self.last is None or self.stale


def faces(grids: Sequence[Territory]) -> list[Face]:
    """What stands on the cards of these grids (with `parent` fetched) today: posts in force, numbers in force."""
    codes = dict(Card.objects.in_use().filter(territory__in=grids).values_list("territory", "code"))
    held: dict[int, list[Contact]] = {}
    posts = Post.objects.in_force().filter(territory__in=grids, duty__in=SHOWN).select_related("officer")
    for post in sorted(posts, key=lambda post: (SHOWN.index(post.duty), post.pk)):
        sealed = post.officer.phone if post.officer.card_consent else None
        number = sealed.open() if sealed else ""
        held.setdefault(post.territory_id, []).append(
            Contact(post.get_duty_display(), post.officer.name, number)
        )
    numbers = {
        kind: PublicNumber.objects.at_each(kind, grids)
        for kind in (PublicNumber.HOTLINE, PublicNumber.DISCIPLINE)
    }
    return [
        Face(
            grid,
            codes.get(grid.pk, ""),
            numbers[PublicNumber.HOTLINE][grid.pk],
            numbers[PublicNumber.DISCIPLINE][grid.pk],
            tuple(held.get(grid.pk, ())),
        )
        for grid in grids
    ]


def printed(grids: Sequence[Territory]) -> list[Printed]:
    """Each grid with what was printed last of it."""
    last = CardPrint.objects.filter(card=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    cards = Card.objects.in_use().filter(territory__in=grids).annotate(last=Subquery(last))
    known = {card.territory_id: card for card in cards}
    prints = CardPrint.objects.in_bulk([card.last for card in known.values() if card.last])
    found = []
    for face in faces(grids):
        card = known.get(face.grid.pk)
        row = prints.get(card.last) if card else None
        found.append(Printed(face, card, row, row is not None and row.digest != face.digest))
    return found


@transaction.atomic
def print_cards(*, actor: Any, grids: Sequence[Territory], run: UUID) -> list[CardPrint]:
    """Remember that these are printed, each as it is now; a grid's first printing makes its code. `run` again is the
    same printing."""
    for grid in grids:
        must(actor, PRINTS, grid)
    for village in sorted({grid.parent_id for grid in grids if grid.parent_id}):
        lock_village(village)
    known = list(CardPrint.objects.filter(run=run))
    if known:
        return known
    for grid in grids:
        Card.objects.get_or_create(
            territory=grid, revoked_at__isnull=True, defaults={"since": clock.now(), "code": new_code()}
        )
    cards = {card.territory_id: card for card in Card.objects.in_use().filter(territory__in=grids)}
    return [
        CardPrint.objects.create(
            card=cards[face.grid.pk],
            run=run,
            printed_at=clock.now(),
            printed_by=actor,
            digest=face.digest,
        )
        for face in faces(grids)
    ]


@transaction.atomic
def revoke_card(*, actor: Any, card: Card) -> None:
    """The code opens no form any more; the next printing makes another."""
    must(actor, PRINTS, card.territory)
    Card.objects.in_use().filter(pk=card.pk).update(revoked_at=clock.now())
