"""就业创业服务中心: where it is, who helps there (附件3 之 2), and the log of the days on which it was open."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum

from core import clock
from core.scope import NOT_YOURS, ScopedQuerySet, may, must, signer
from grids.models import Officer, Post, Territory
from jobs.models import Centre, CentreAssistant, Opening
from jobs.models.words import KEEPS, MANAGES, SEES
from jobs.services.errors import NOT_YET
from jobs.services.reading import around


@transaction.atomic
def save_centre(*, actor: Any, centre: Centre, phone: str | None = None) -> Centre:
    """Set one up, or change it; `phone` None leaves the number as it is. Needs jobs.manage at the village.

    ValidationError by field.
    """
    must(actor, MANAGES, centre.territory)
    village = Territory.objects.select_for_update(no_key=True).get(pk=centre.territory_id)
    if village.kind != Territory.VILLAGE:
        raise ValidationError({"territory": "服务中心设在村里，选哪个村。"})
    if Centre.objects.filter(territory=village).exclude(pk=centre.pk).exists():
        raise ValidationError({"territory": f"{village}已有服务中心，改那一个。"})
    if phone is not None:
        centre.set_phone(phone)
    centre.full_clean(exclude=["territory"], validate_unique=False)
    if centre.since > clock.today():
        raise ValidationError({"since": NOT_YET})
    opened = centre.pk and centre.openings.order_by("day").values_list("day", flat=True).first()
    if opened and opened < centre.since:
        raise ValidationError({"since": f"{opened} 已有开放记录，改成那天或者更早。"})
    centre.save()
    return centre


def officers_of(centre: Centre) -> QuerySet[Officer]:
    """Who works in the village, with whatever post: each of them may help there or keep it."""
    posts = Post.objects.in_force().at(centre.territory).values("officer")
    return Officer.objects.filter(pk__in=posts).order_by("name", "pk")


def possible_assistants(centre: Centre) -> QuerySet[Officer]:
    """Of those, who is no assistant there yet."""
    return officers_of(centre).exclude(pk__in=centre.assistants.filter(until__isnull=True).values("officer"))


@transaction.atomic
def add_assistant(
    *, actor: Any, centre: Centre, officer: Officer, since: dt.date | None = None, full_time: bool = False
) -> CentreAssistant:
    """加一位协管员, a person with any post in the village; who was told to end and is added again before he has ended
    goes on. Needs jobs.manage there. ValidationError by field."""
    must(actor, MANAGES, centre.territory)
    since = since or clock.today()
    if since > clock.today():
        raise ValidationError({"since": NOT_YET})
    if not officers_of(centre).filter(pk=officer.pk).exists():
        raise ValidationError(
            {"officer": f"{officer}在{centre.territory}没有岗位，先在网格和人员里给他定岗。"}
        )
    Centre.objects.select_for_update(no_key=True).get(pk=centre.pk)
    before = centre.assistants.filter(officer=officer).filter(Q(until__isnull=True) | Q(until__gte=since))
    row = before.first() or CentreAssistant(centre=centre, officer=officer, since=since)
    if row.pk and row.until is None:
        raise ValidationError({"officer": "他已是这里的协管员。"})
    row.until, row.full_time = None, full_time
    row.full_clean(exclude=["centre", "officer"])
    row.save()
    return row


@transaction.atomic
def end_assistant(*, actor: Any, assistant: CentreAssistant, until: dt.date | None = None) -> CentreAssistant:
    """不再是协管员; `until` is his last day (today, if it is not said)."""
    must(actor, MANAGES, assistant.centre.territory)
    held = CentreAssistant.objects.select_for_update(no_key=True).get(pk=assistant.pk)
    if held.until is not None:
        raise ValidationError({"until": f"他到 {held.until} 为止，已经记过了。"})
    held.until = until or clock.today()
    if held.until > clock.today():
        raise ValidationError({"until": NOT_YET})
    held.full_clean(exclude=["centre", "officer"])
    held.save(update_fields=["until"])
    return held


def kept_by(actor: Any) -> ScopedQuerySet:
    """The centres of which somebody is an assistant today: he has a post in the village, and the centre names him."""
    if not (places := around(actor, KEEPS)):
        return Centre.objects.none()
    named = CentreAssistant.objects.in_force().filter(officer__user=getattr(actor, "pk", None) or 0)
    return Centre.objects.filter(territory__in=places, pk__in=named.values("centre"))


def readable_by(actor: Any) -> ScopedQuerySet:
    """The centres around who sees employment there, and the ones he keeps, whatever else he does not see."""
    own = kept_by(actor).values("pk")
    return Centre.objects.filter(Q(territory__in=around(actor)) | Q(pk__in=own))


def reads_any(actor: Any) -> bool:
    """Whether there is a page of centres for somebody: he sees employment, or a centre names him."""
    return may(actor, SEES) or kept_by(actor).exists()


def may_keep(actor: Any, centre: Centre) -> bool:
    """Who manages employment in the village writes the log, and so does an assistant who signs in."""
    return may(actor, MANAGES, centre.territory) or kept_by(actor).filter(pk=centre.pk).exists()


@transaction.atomic
def note_opening(
    *, actor: Any, centre: Centre, day: dt.date, keeper: Officer, visitors: int = 0, words: str = ""
) -> Opening:
    """开放记录 of one day; written again, it is corrected. ValidationError by field; see may_keep."""
    if not may_keep(actor, centre):
        raise PermissionDenied(NOT_YOURS)
    if day > clock.today():
        raise ValidationError({"day": NOT_YET})
    if day < centre.since:
        raise ValidationError({"day": f"中心 {centre.since} 起才开，改日子。"})
    Centre.objects.select_for_update(no_key=True).get(pk=centre.pk)
    row = Opening.objects.filter(centre=centre, day=day).first() or Opening(centre=centre, day=day)
    if row.keeper_id != keeper.pk and not _kept_by(centre, keeper, day):
        raise ValidationError({"keeper": f"{keeper}不是这里的人，选协管员或者村里在岗的。"})
    row.keeper, row.visitors, row.words = keeper, visitors, words.strip()
    row.noted_at, row.noted_by = clock.now(), signer(actor)
    row.full_clean(exclude=["centre", "keeper", "noted_by"])
    row.save()
    return row


def _kept_by(centre: Centre, keeper: Officer, day: dt.date) -> bool:
    """An assistant of that day, or who had a post in the village then."""
    helped = centre.assistants.on(day).filter(officer=keeper)
    return helped.exists() or Post.objects.on(day).at(centre.territory).filter(officer=keeper).exists()


def days_open(centres: Iterable[Centre], year: int) -> dict[int, tuple[int, int]]:
    """Of each centre: on how many days of the year it was open, and how many people came. One query."""
    rows = Opening.objects.filter(centre__in=list(centres), day__year=year).values("centre").order_by()
    told = rows.annotate(days=Count("pk"), people=Sum("visitors"))
    return {row["centre"]: (row["days"], row["people"] or 0) for row in told}
