"""One phone for two officers: told to whoever looks, and no door to sign in by until it is mended."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from grids.models import Officer


@dataclass(frozen=True)
class Clash:
    """Two or more officers in force who gave the same number."""

    mask: str
    officers: tuple[Officer, ...]

    def __str__(self) -> str:
        names = "、".join(officer.name for officer in self.officers)
        return f"{names}填了同一个电话 {self.mask}，改对以前不能用它登录。"


def phone_clashes(actor: Any = None) -> list[Clash]:
    """Every clash; for an actor, those with at least one officer whose posts he manages."""
    in_force = Officer.objects.in_force().exclude(phone_hash="")
    doubled = in_force.values("phone_hash").annotate(n=Count("pk")).filter(n__gt=1).values("phone_hash")
    if actor is not None:
        mine = Officer.objects.visible_to(actor, "posts.manage")
        doubled = doubled.filter(phone_hash__in=mine.values("phone_hash"))
    found: dict[str, list[Officer]] = {}
    for officer in in_force.filter(phone_hash__in=doubled).order_by("pk"):
        found.setdefault(officer.phone_hash, []).append(officer)
    return [Clash(officers[0].phone_mask, tuple(officers)) for officers in found.values()]


def may_sign_in_by_phone(officer: Officer) -> bool:
    """Not while another officer in force, who has no account himself, gave the same number.

    Where all who share it have accounts, accounts sees the number twice and refuses with a sentence of its own.
    """
    others = Officer.objects.in_force().exclude(pk=officer.pk).filter(user__isnull=True)
    return bool(officer.phone_hash) and not others.filter(phone_hash=officer.phone_hash).exists()


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
