"""One phone for two officers: told to whoever looks, and no door to sign in by until it is mended."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from grids.models import Officer, Post, Territory


@dataclass(frozen=True)
class Clash:
    """Two or more officers in force who gave the same number: those the reader manages by name, others as a count."""

    mask: str
    officers: tuple[Officer, ...]
    others: int = 0

    def __str__(self) -> str:
        names = "、".join(officer.name for officer in self.officers)
        if self.others:
            names += "和另一个人" if self.others == 1 else f"和另外 {self.others} 个人"
        return f"{names}填了同一个电话 {self.mask}，没改对以前有人不能用它登录。"


def phone_clashes(actor: Any = None) -> list[Clash]:
    """Every clash; for an actor, those with at least one officer whose posts he manages."""
    in_force = Officer.objects.in_force().exclude(phone_hash="")
    doubled = in_force.values("phone_hash").annotate(n=Count("pk")).filter(n__gt=1).values("phone_hash")
    mine = Officer.objects.all()
    if actor is not None:
        mine = Officer.objects.visible_to(actor, "posts.manage")
        doubled = doubled.filter(phone_hash__in=mine.in_force().values("phone_hash"))
    named = set(mine.filter(phone_hash__in=doubled).values_list("pk", flat=True))
    found: dict[str, list[Officer]] = {}
    for officer in in_force.filter(phone_hash__in=doubled).order_by("pk"):
        found.setdefault(officer.phone_hash, []).append(officer)
    clashes = []
    for officers in found.values():
        seen = tuple(officer for officer in officers if officer.pk in named)
        clashes.append(Clash(officers[0].phone_mask, seen, len(officers) - len(seen)))
    return clashes


def may_sign_in_by_phone(officer: Officer) -> bool:
    """Not while another officer in force, who has no account himself, gave the same number.

    Whoever signs in by it already loses it only to somebody of his own village, and whoever comes from elsewhere does
    not get it: else a secretary could shut the neighbour's door by writing down a number. Where all who share it in one
    village have accounts, accounts sees the number twice and refuses with a sentence of its own.
    """
    if not officer.phone_hash:
        return False
    others = Officer.objects.in_force().exclude(pk=officer.pk).filter(phone_hash=officer.phone_hash)
    others = others.select_related("user")
    if officer.user and officer.user.phone_hash == officer.phone_hash:
        return not any(_within(officer, other) for other in others if other.user is None)
    return not any(other.user is None or (_opens(other) and not _within(other, officer)) for other in others)


def _opens(officer: Officer) -> bool:
    user = officer.user
    return user is not None and user.is_active and user.phone_hash == officer.phone_hash


def _within(holder: Officer, other: Officer) -> bool:
    """Whether who may give every post of `other` could also give every post of `holder`, as far as places tell."""
    return _places(holder) <= _places(other)


def _places(officer: Officer) -> set[int]:
    """The villages of his posts in force; a post of the town stands for itself."""
    posts = Post.objects.in_force().filter(officer=officer).select_related("territory")
    places = set()
    for post in posts:
        grid = post.territory.kind == Territory.GRID
        places.add(post.territory.parent_id if grid else post.territory_id)
    return places


def settle_phones(hashes: Iterable[str], also: Officer | None = None) -> None:
    """Let accounts sign in by these numbers, or not, after one of them was given to somebody else.

    `also` is an officer whose number has just become another, or none.
    """
    officers = Officer.objects.filter(phone_hash__in=set(hashes) - {""}, user__isnull=False)
    touched = {officer.pk: officer for officer in officers.select_related("user")}
    if also is not None and also.user_id:
        touched[also.pk] = also
    for officer in touched.values():
        user = officer.user
        assert user is not None
        opens = may_sign_in_by_phone(officer)
        if user.phone_hash == (officer.phone_hash if opens else ""):
            continue
        user.set_phone(officer.phone.open() if opens and officer.phone else "")
        user.save(update_fields=["phone", "phone_hash", "phone_mask"])
