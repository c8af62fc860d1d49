"""A month on its way upward: the village submits it, the town seals it, and only the town opens it again."""

import datetime as dt
import secrets
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from core import clock
from core.authorship import written_by
from core.ledger.sealing import SealedFigures, figures_of
from core.periods import Month, Period
from core.scope import must, signer
from grids.models import Territory
from ledgers.files import work_folder
from ledgers.keeping import Written, monthly_ledgers, official_scope, one_moment, write_kept
from ledgers.models import SealedMonth

ANYBODY = "服务器"


class AlreadySealed(ValidationError):
    """Somebody was there before; the sentence says who and when."""

    def __init__(self, row: SealedMonth) -> None:
        who = row.sealed_by or ANYBODY
        super().__init__(
            f"{row.village}{row.period.title}已经封存了：{who}，{moment(row.sealed_at)}，第 {row.version} 版。"
        )


def moment(at: dt.datetime | None) -> str:
    """12月3日 9:05, in Shanghai."""
    if at is None:
        return ""
    at = at.astimezone(clock.SHANGHAI)
    return f"{clock.cn_day(at)} {at.hour}:{at.minute:02d}"


def month_named(text: str) -> Month:
    """ValidationError if it is none."""
    try:
        return Month.parse(text)
    except ValueError:
        raise ValidationError("月份写成 2026-10 这样。") from None


def check_over(village: Territory, month: Month) -> None:
    """ValidationError for a month that is not over, or lies before the village began."""
    if month >= Month.of(clock.today()):
        first = month.next.first
        raise ValidationError(f"{month.title}还没过完，到{clock.cn_date(first)}才能报、才能封存。")
    if village.start_month is None or month.last < village.start_month:
        raise ValidationError(f"{village}那时候还没开始，没有{month.title}的台账。")


def villages_of_month(month: Month, town: Territory | None = None) -> Any:
    """The villages that have ledgers of that month, in the town's order."""
    rows = Territory.objects.villages().filter(start_month__lte=month.last)
    rows = rows.exclude(closed_on__lt=month.first)
    return (rows.at(town) if town else rows).in_order()


def figures_kept(
    name: str, places: Iterable[Any], periods: Iterable[Period]
) -> dict[tuple[int, str], SealedFigures]:
    """One room's figures of these villages' months as they were sealed: what core.ledger.sealing asks. One query."""
    rows = SealedMonth.objects.sealed().filter(village__in=places, month__in=[str(each) for each in periods])
    return {
        (village, month): SealedFigures(
            figures.get(name), version, reverse("ledgers:month", args=[village, month])
        )
        for village, month, version, figures in rows.values_list("village", "month", "version", "figures")
    }


def months_sealed(places: Iterable[int]) -> dict[tuple[int, str], dt.datetime]:
    """When each month of these villages was sealed, of those that are: what core.ledger.sealing asks. One query."""
    rows = SealedMonth.objects.sealed().filter(village__in=list(places))
    found = rows.values_list("village", "month", "sealed_at")
    return {(village, month): at for village, month, at in found if at}


def ensure_months(month: Month) -> int:
    """Every village's first version of a month that is over; how many were not there yet."""
    known = SealedMonth.objects.filter(month=str(month)).values("village")
    made = 0
    for village in villages_of_month(month).exclude(pk__in=known):
        made += _begin(village, month)
    return made


def _begin(village: Territory, month: Month, version: int = 1) -> bool:
    row = SealedMonth(village=village, month=str(month), version=version)
    try:
        with transaction.atomic():
            row.full_clean()
            row.save(force_insert=True)
    except (IntegrityError, ValidationError):
        return False  # somebody else began it in this very moment
    return True


def _locked(village: Territory, month: Month) -> SealedMonth:
    """The current version, its row held until the transaction ends.

    The village's row is taken first: whoever waited for a version that was re-opened meanwhile finds the next one.
    """
    Territory.objects.select_for_update(no_key=True).get(pk=village.pk)
    rows = SealedMonth.objects.current().filter(village=village, month=str(month))
    if not rows.exists():
        _begin(village, month)
    return rows.select_for_update(of=("self",)).get()


def _save(row: SealedMonth, actor: Any) -> None:
    row.full_clean()
    with written_by(actor):
        row.save()


@transaction.atomic
def submit_month(*, actor: Any, village: Territory, month: Month) -> SealedMonth:
    """The secretary says: this is our month. ValidationError if it is not over, submitted or sealed already."""
    must(actor, "months.submit", village)
    check_over(village, month)
    row = _locked(village, month)
    if row.state == SealedMonth.SEALED:
        raise AlreadySealed(row)
    if row.state == SealedMonth.SUBMITTED:
        raise ValidationError(
            f"{village}{month.title}已经报了：{row.submitted_by}，{moment(row.submitted_at)}。"
        )
    row.state, row.submitted_by, row.submitted_at = SealedMonth.SUBMITTED, signer(actor), clock.now()
    _save(row, actor)
    return row


def seal_month(*, actor: Any, village: Territory, month: Month) -> SealedMonth:
    """Write and keep every monthly ledger of the village, their SHA-256 and the month's figures.

    1. Everything is written from one moment of the database, before any row is locked.
    2. The row decides: of two who seal at once one wins, and the other's files go again (AlreadySealed says by whom).
    OSError (disk full): nothing is sealed and nothing stays.
    """
    must(actor, "months.seal", village)
    check_over(village, month)
    _check_submitted(SealedMonth.objects.current().filter(village=village, month=str(month)).first(), village)
    at, written = clock.now(), []
    try:
        with work_folder(f"seal-{secrets.token_hex(6)}") as folder, one_moment():
            scope = official_scope(village, month)
            for ledger in monthly_ledgers():
                written.append(write_kept(ledger, scope, folder))
            figures = figures_of(village, month)
        return _close(actor, village, month, at, written, figures)
    except BaseException:
        for each in written:
            each.remove()
        raise


def _check_submitted(row: SealedMonth | None, village: Territory) -> None:
    if row is not None and row.state == SealedMonth.SEALED:
        raise AlreadySealed(row)
    if row is None or row.state != SealedMonth.SUBMITTED:
        raise ValidationError(f"{village}还没报上来，等村党组织书记报了再封存。")


@transaction.atomic
def _close(
    actor: Any,
    village: Territory,
    month: Month,
    at: dt.datetime,
    written: list[Written],
    figures: dict[str, Any],
) -> SealedMonth:
    row = _locked(village, month)
    _check_submitted(row, village)
    for each in written:
        file = each.row(row)
        file.full_clean()
        file.save()
    row.state, row.sealed_by, row.sealed_at, row.figures = SealedMonth.SEALED, signer(actor), at, figures
    row.differences, row.compared_at = 0, at
    _save(row, actor)
    return row


@transaction.atomic
def reopen_month(*, actor: Any, village: Territory, month: Month, reason: str) -> SealedMonth:
    """Begin the next version; the sealed one stays to be downloaded. ValidationError without a reason."""
    must(actor, "months.seal", village)
    if not reason.strip():
        raise ValidationError("写上为什么要重新打开。")
    row = _locked(village, month)
    if row.state != SealedMonth.SEALED:
        raise ValidationError(f"{village}{month.title}没有封存，不用重新打开。")
    row.state, row.reopened_by, row.reopened_at = SealedMonth.REOPENED, signer(actor), clock.now()
    row.reason = reason.strip()
    _save(row, actor)
    following = SealedMonth(village=village, month=str(month), version=row.version + 1)
    _save(following, actor)
    return following


def ask_count(*, actor: Any) -> None:
    """Count the differences now instead of tonight. Only a bell: should it be lost, the night counts all the same."""
    from ledgers.tasks import compare_months

    must(actor, "ledgers.see")  # nothing is handed out by it
    transaction.on_commit(lambda: compare_months.apply_async(expires=600), robust=True)
