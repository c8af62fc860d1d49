"""分户、并户: when households join or part, their points go with them, by entries like all others.

The register says what happened (grids.models.RegisterChange); the books follow, and go back if it is undone.
"""

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from core import clock
from core.scope import OPERATOR
from grids.models import Household, Membership, RegisterChange
from points.models import Account, Posting
from points.services import books


def follow_register(households: set[int]) -> None:
    """What the mergers of these households mean for their points, and what is undone meant. Called after every change
    of the register (core.after), whose transaction it shares."""
    if not Account.objects.filter(household__in=households, kind=Account.HOUSEHOLD).exists():
        return
    for change in _changes(households):
        if change.state == RegisterChange.UNDONE:
            _take_back(change)
        elif change.kind == "merge":
            _carry(change)


def settle(household: Household) -> None:
    """Before this household's points move: what a split has left unsettled. Not at once, for a household that has
    entries can no longer be taken back, and a split is often reported wrongly first."""
    changes = _changes({household.pk}).filter(state=RegisterChange.ACCEPTED)
    if not changes.exists():  # nearly always, and at every redemption: the rows are wide
        return
    for change in changes:
        _carry(change)


def settle_splits() -> int:
    """All splits that are older than a day; of how many households. Run nightly, so that nobody waits for long."""
    rows = RegisterChange.objects.filter(
        kind="split", state=RegisterChange.ACCEPTED, decided_at__lt=clock.now() - dt.timedelta(days=1)
    ).filter(household__account__balance__gt=0, other__account__isnull=True)
    return sum(
        _carry(change)
        for change in rows.select_related("household__village", "other__village").order_by("pk")
    )


def _changes(households: set[int]) -> QuerySet[RegisterChange]:
    """Splits and mergers of these households, the oldest first."""
    rows = RegisterChange.objects.filter(
        Q(household__in=households) | Q(other__in=households),
        kind__in=("split", "merge"),
        other__isnull=False,
    )
    return rows.select_related("household__village", "other__village").order_by("pk")


@transaction.atomic
def _carry(change: RegisterChange) -> bool:
    """并户: all of it. 分户: by heads, rounded down, so that nobody of the old household has fewer than his part (ours:
    nobody says)."""
    if change.household is None or change.other is None:
        return False
    giver = Account.objects.filter(household=change.household).first()
    if giver is None or Posting.objects.filter(key=_key(change)).exists():
        return False
    points = (
        giver.balance if change.kind == "merge" else giver.balance * _gone(change) // max(1, _were(change))
    )
    if points <= 0 or change.other.village_id != giver.territory_id:
        return False
    books.post(
        actor=OPERATOR,
        key=_key(change),
        kind=Posting.CARRY,
        village=giver.territory,
        transfers=[books.Transfer(giver, books.account_of(change.other), points)],
        words=f"{change.get_kind_display()}：{change.household}到{change.other}",
    )
    return True


def _take_back(change: RegisterChange) -> None:
    posting: Any = Posting.objects.filter(key=_key(change)).first()
    if posting is not None:
        books.reverse(
            actor=OPERATOR,
            posting=posting,
            words=f"撤销{change.get_kind_display()}",
            short="这一户带过去的分已经用掉了：现有 {has} 分，要退回 {needs} 分。先把分补上，再撤销。",
        )


def _key(change: RegisterChange) -> str:
    return f"change:{change.pk}"


def _gone(change: RegisterChange) -> int:
    return Membership.objects.filter(household=change.other, since=change.happened_on).count()


def _were(change: RegisterChange) -> int:
    stayed = Membership.objects.filter(household=change.household, until__isnull=True).count()
    return stayed + _gone(change)
