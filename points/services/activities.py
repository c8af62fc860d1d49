"""活动: planned for a month, signed up for, attended; what people did there is proposed as deeds in one tap."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q

from core import clock
from core.scope import NOT_YOURS, must
from grids.models import Household, Person, Territory
from grids.services import is_near
from points.models import Activity, Attendance, Award, Item, Scheme, SignUp
from points.models.activities import HOLDS
from points.models.awards import CLAIMS
from points.services.cards import NO_CARD, card_shown
from points.services.claiming import propose

PLANNED_AHEAD = dt.timedelta(days=400)
HOURLY = "小时"  # an item that counts hours counts those that were noted


@dataclass(frozen=True)
class Proposed:
    """What became of the attendances: deeds that were proposed now, and each that was not, with the reason."""

    awards: list[Award]
    left: list[tuple[Attendance, str]]


@transaction.atomic
def plan_activity(*, actor: Any, activity: Activity) -> Activity:
    """Plan one, or change one that is not over. Needs meetings.hold there. ValidationError by field."""
    must(actor, HOLDS, activity.territory)
    if activity.territory.kind == Territory.TOWN:
        raise ValidationError({"territory": "选哪个村、哪个网格的活动。"})
    if activity.pk:
        _refuse_cancelled(Activity.objects.select_for_update(no_key=True).get(pk=activity.pk))
        if Attendance.objects.filter(activity=activity).exists():
            raise ValidationError("已经有人签到，不能再改。")
    if not activity.day <= clock.today() + PLANNED_AHEAD:
        raise ValidationError({"day": "太远了，排一年以内的。"})
    if activity.item is not None:
        _check_item(activity, activity.item)
    if not activity.pk:
        activity.made_at, activity.made_by = clock.now(), actor
    activity.full_clean(exclude=["territory", "item", "made_by", "made_at"])
    activity.save()
    return activity


def _check_item(activity: Activity, item: Item) -> None:
    scheme = Scheme.objects.of(activity.village, activity.day)
    if scheme is None or item.scheme_id != scheme.pk or item.refuses:
        raise ValidationError({"item": "选那一天用的积分办法里的项目。"})


@transaction.atomic
def cancel_activity(*, actor: Any, activity: Activity, why: str) -> Activity:
    """取消, with the reason, before anybody came."""
    must(actor, HOLDS, activity.territory)
    held = Activity.objects.select_for_update(no_key=True).get(pk=activity.pk)
    _refuse_cancelled(held)
    if held.attendances.exists():
        raise ValidationError("已经有人签到，不能取消。")
    if not why.strip():
        raise ValidationError({"why": "写一句为什么取消。"})
    held.cancelled_at, held.cancelled_why = clock.now(), why.strip()[:100]
    held.save(update_fields=["cancelled_at", "cancelled_why"])
    return held


def called(actor: Any, activity: Activity, name: str) -> list[Person]:
    """Who of the village is called so, as far as this person may claim for them; several where there are namesakes."""
    rows = Person.objects.present().visible_to(actor, CLAIMS).filter(name="".join(name.split()))
    rows = rows.filter(household__village=activity.village, household__ended_on__isnull=True)
    whole = rows.select_related("household__territory__parent", "household__group", "household__village")
    return list(whole.order_by("household__number", "pk"))


def items_for(territory: Territory) -> list[Item]:
    """What can be given for coming, by the rules that the village has now or has adopted for later."""
    village = territory.village
    rows = Item.objects.offered().filter(scheme__territory=village)
    rows = rows.filter(Q(scheme__until__isnull=True) | Q(scheme__until__gte=clock.today()))
    return list(rows.select_related("scheme__territory").order_by("scheme__since", "position", "pk"))


def sign_up(*, actor: Any, activity: Activity, person: Person) -> SignUp:
    """报名 of somebody of the register; again is the same one. Needs points.claim where he lives."""
    must(actor, CLAIMS, person.household.territory)
    _refuse_cancelled(activity)
    _refuse_strangers(activity, person.household)
    with transaction.atomic():
        Activity.objects.select_for_update(no_key=True).get(pk=activity.pk)
        if known := SignUp.objects.filter(activity=activity, person=person).first():
            return known
        if activity.wanted is not None and activity.signups.count() >= activity.wanted:
            raise ValidationError(f"只要 {activity.wanted} 个人，名额满了。")
        return SignUp.objects.create(activity=activity, person=person, at=clock.now(), noted_by=actor)


def drop_sign_up(*, actor: Any, sign_up: SignUp) -> None:
    """不来了."""
    must(actor, CLAIMS, sign_up.person.household.territory)
    sign_up.delete()


def attend(*, actor: Any, activity: Activity, people: Iterable[Person], hours: int | None = None) -> int:
    """点名: these came; how many are new. Needs points.claim where each of them lives."""
    _refuse_early(activity)
    new = 0
    for person in people:
        must(actor, CLAIMS, person.household.territory)
        new += _attend(actor, activity, person.household, person, hours, Attendance.LIST)
    return new


def attend_by_card(*, actor: Any, activity: Activity, code: str, person: Person | None = None) -> Attendance:
    """扫积分卡: the household came, of whatever grid; its card says so. Needs points.claim somewhere in the village.

    ValidationError if the card is none, or of another village.
    """
    if not Territory.objects.visible_to(actor, CLAIMS).at(activity.village).exists():
        raise PermissionDenied(NOT_YOURS)
    _refuse_early(activity)
    card = card_shown(code)
    if card is None:
        raise ValidationError({"code": NO_CARD})
    _attend(actor, activity, card.household, person, None, Attendance.CARD)
    return Attendance.objects.get(activity=activity, household=card.household, person=person)


def _refuse_early(activity: Activity) -> None:
    _refuse_cancelled(activity)
    if activity.day > clock.today():
        raise ValidationError("活动还没到日子，那天再签到。")


def _attend(
    actor: Any, activity: Activity, household: Household, person: Person | None, hours: int | None, way: str
) -> bool:
    _refuse_strangers(activity, household)
    row = Attendance(
        activity=activity,
        household=household,
        person=person,
        hours=activity.hours if hours is None else hours,
        way=way,
        at=clock.now(),
        noted_by=actor,
    )
    if Attendance.objects.filter(activity=activity, household=household, person=person).exists():
        return False
    row.full_clean(exclude=["activity", "household", "person", "noted_by"], validate_unique=False)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        return False  # two who call the roll at once
    return True


def _refuse_cancelled(activity: Activity) -> None:
    if activity.cancelled_at is not None:
        raise ValidationError(f"这次活动取消了：{activity.cancelled_why}")


def _refuse_strangers(activity: Activity, household: Household) -> None:
    if household.village_id != activity.village.pk:
        raise ValidationError(f"{household}不是本村的。")


def proposed_of(activity: Activity) -> int:
    """How many of who came have a deed for it, whatever became of that since."""
    return Award.objects.filter(key__startswith=f"activity:{activity.pk}:").count()


def propose_deeds(*, actor: Any, activity: Activity) -> Proposed:
    """按签到报积分: one deed for each who came and has none yet; pressing it again proposes nothing twice.

    Nobody proposes for his own household: those are left, with the reason, for somebody else to press.
    """
    must(actor, CLAIMS, activity.territory)
    if activity.item is None:
        raise ValidationError("这次活动没有定给哪一项积分。")
    awards: list[Award] = []
    left: list[tuple[Attendance, str]] = []
    for row in activity.attendances.select_related("household__territory", "household__group", "person"):
        if is_near(actor, row.household):
            left.append((row, "自己家的请别人来报。"))
            continue
        done = propose(
            actor=actor,
            key=f"activity:{activity.pk}:attendance:{row.pk}",
            household=row.household,
            person=row.person,
            item=activity.item,
            day=activity.day,
            words=f"参加活动：{activity.title}",
            number=min(row.hours, activity.item.most) if activity.item.unit == HOURLY else 1,
        )
        if done is None:
            left.append((row, "封顶了，或者超过了申报的日子。"))
        elif done.created:
            awards.append(done.award)
    return Proposed(awards, left)
