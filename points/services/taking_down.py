"""揭公示: what hung out its days comes off the wall; what must go before is told why, and hangs out once more."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from core import clock
from core.scope import must
from points.models import Award, AwardMove, PublicNotice, TakenDown
from points.models.awards import DECIDES
from points.services.stepping import locked, move

FORGOTTEN = dt.timedelta(days=30)  # a sheet that hangs longer than that nobody is reminded of


@transaction.atomic
def take_down(*, actor: Any, notice: PublicNotice, words: str = "") -> TakenDown:
    """Once its days are over, or before with a reason: then its deeds wait to be shown again and come into no books.
    Needs points.decide in the village. ValidationError: it is down already; no reason; an objection waits."""
    must(actor, DECIDES, notice.territory)
    held = PublicNotice.objects.select_for_update(of=("self",), no_key=True).get(pk=notice.pk)
    if TakenDown.objects.filter(notice=held).exists():
        raise ValidationError("这张公示已经揭下来了。")
    early, words = clock.today() <= held.last, words.strip()
    if early:
        if not words:
            raise ValidationError({"words": "写一句为什么提前撤下。"})
        for award in held.awards.in_state(Award.SHOWN).order_by("pk"):
            _back(actor, award, held, words)
    return TakenDown.objects.create(
        notice=held, at=clock.now(), by=actor, early=early, words=words[:200] if early else ""
    )


def _back(actor: Any, award: Award, notice: PublicNotice, words: str) -> None:
    held = locked(award)
    if held.state != Award.SHOWN:
        return
    if held.challenges.filter(decided_at__isnull=True).exists():
        raise ValidationError(f"{held}有异议还没处理，先处理，再撤下。")
    move(
        held,
        "show_again",
        actor,
        lambda row: row.show_again(row.worth),
        words=f"第 {notice.serial} 号提前撤下：{words}",
    )


def taken_off(notice: PublicNotice) -> QuerySet[AwardMove]:
    """What hung on it and does not any more, as it hung then: it was taken down early, or an objection changed its
    points. A notice is made in the same breath as the steps that show its awards."""
    rows = AwardMove.objects.filter(kind="show", award__household__village=notice.territory_id)
    rows = rows.filter(at__gte=notice.made_at).exclude(award__notice=notice)
    later = PublicNotice.objects.filter(territory=notice.territory_id, serial__gt=notice.serial).order_by(
        "serial"
    )
    if until := later.values_list("made_at", flat=True).first():
        rows = rows.filter(at__lt=until)
    return rows.select_related("award__item", "award__household").order_by("pk")


# --- what waits for whom ----------------------------------------------------------------------------------


def to_hang_up(actor: Any) -> QuerySet[PublicNotice]:
    """Made for a later day, and today is that day: the sheet goes to the wall."""
    today = clock.today()
    rows = PublicNotice.objects.visible_to(actor, DECIDES).filter(first=today, taken__isnull=True)
    return rows.filter(made_at__lt=clock.hours_of(today)[0])


def to_take_down(actor: Any) -> QuerySet[PublicNotice]:
    """Its days are over, and nobody has said that the sheet is off the wall."""
    today = clock.today()
    rows = PublicNotice.objects.visible_to(actor, DECIDES).filter(taken__isnull=True)
    return rows.filter(last__lt=today, last__gte=today - FORGOTTEN)
