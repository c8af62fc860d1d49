"""积分办法: adopted by a village's meeting from a day on; what it replaces ends the day before and changes no more."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from core import clock
from core.scope import must
from grids.models import Territory
from points.models import Activity, Award, Item, Scheme

RULES = "points.rules"
USED = "已经有人按这份办法申报了，不能再改。要改的，定一份新办法，从新的日子起用。"
# What a scheme says of itself and hands on to the next one unless told otherwise.
NUMBERS = (
    "notice_days",
    "claim_days",
    "household_cap",
    "person_cap",
    "good_years",
    "yuan_per_point",
    "budget",
)
ITEM = (
    "title",
    "group",
    "points",
    "unit",
    "most",
    "item_cap",
    "once",
    "proof",
    "source",
    "refuses",
    "position",
)


@transaction.atomic
def adopt_scheme(
    *, actor: Any, village: Territory, since: dt.date, resolution: str, **numbers: Any
) -> Scheme:
    """Begin new rules, with the numbers and items of those before where nothing else is said. Needs points.rules.

    ValidationError by field: no resolution, or a day on which deeds were claimed already by the rules of before.
    """
    must(actor, RULES, village)
    if village.kind != Territory.VILLAGE:
        raise ValidationError({"territory": "积分办法是村里定的，选一个村。"})
    Territory.objects.select_for_update(no_key=True).get(pk=village.pk)
    if not resolution.strip():
        raise ValidationError({"resolution": "写是哪次会议定的。"})
    before = Scheme.objects.filter(territory=village, until__isnull=True).first()
    if before is not None:
        if since <= before.since:
            raise ValidationError({"since": f"要比在用的办法（{clock.cn_date(before.since)}起）晚。"})
        if Award.objects.filter(item__scheme=before, day__gte=since).exists():
            raise ValidationError({"since": "这一天以后已经有按原办法申报的，从更晚的日子起用。"})
        before.until = since - dt.timedelta(days=1)
        before.save(update_fields=["until"])
        numbers = {name: getattr(before, name) for name in NUMBERS} | numbers
    scheme = Scheme(territory=village, since=since, resolution=resolution.strip(), **numbers)
    scheme.full_clean()
    scheme.save()
    if before is not None:
        Item.objects.bulk_create(
            Item(scheme=scheme, **{name: getattr(item, name) for name in ITEM}) for item in before.items.all()
        )
    return scheme


@transaction.atomic
def drop_scheme(*, actor: Any, scheme: Scheme) -> None:
    """定错了: rules that have not begun are gone, and what they were to replace holds on. Needs points.rules."""
    must(actor, RULES, scheme.territory)
    Territory.objects.select_for_update(no_key=True).get(pk=scheme.territory_id)
    if (held := Scheme.objects.filter(pk=scheme.pk).first()) is None:
        raise ValidationError("这一份已经去掉了。")
    if held.since <= clock.today():
        raise ValidationError("已经起用的办法不能去掉。要改的，定一份新办法，从新的日子起用。")
    if planned := Activity.objects.filter(item__scheme=held).first():
        raise ValidationError(f"活动“{planned}”给的是这份办法里的积分，先改那次活动。")
    before = Scheme.objects.filter(
        territory=held.territory_id, until=held.since - dt.timedelta(days=1)
    ).first()
    held.items.all().delete()
    held.delete()
    if before is not None:
        before.until = held.until
        before.save(update_fields=["until"])


@transaction.atomic
def save_item(*, actor: Any, item: Item) -> Item:
    """Add one, or change one by which nothing was claimed yet; what is proposed under it by itself (`source`) changes
    nothing of what was claimed. ValidationError by field."""
    must(actor, RULES, item.scheme.territory)
    if item.pk and item.awards.exists():
        before = Item.objects.get(pk=item.pk)
        if any(getattr(before, name) != getattr(item, name) for name in ITEM if name != "source"):
            raise ValidationError(USED)
    item.full_clean()
    item.save()
    return item


@transaction.atomic
def remove_item(*, actor: Any, item: Item) -> None:
    """Take one out by which nothing was claimed yet."""
    must(actor, RULES, item.scheme.territory)
    if item.awards.exists():
        raise ValidationError(USED)
    item.delete()


def clauses(scheme: Scheme) -> list[str]:
    """The numbers of the rules as sentences, in the order in which a village asks."""
    said = [
        f"做了好事，{scheme.claim_days} 天以内申报；公示 {scheme.notice_days} 天，没有异议才入账。",
        _cap("一户", scheme.household_cap),
        _cap("一个人", scheme.person_cap),
        _good_until(scheme.good_years),
        f"1 分抵 {Decimal(scheme.yuan_per_point).normalize():f} 元的货，不兑现金。",
    ]
    if scheme.budget is not None:
        said.append(f"村里一年拿得出 {scheme.budget} 分，超过时提醒，不拦。")
    return said


def _cap(whose: str, most: int) -> str:
    return f"{whose}一年最多 {most} 分。" if most else f"{whose}一年得多少分不封顶。"


def _good_until(years: int | None) -> str:
    if years is None:
        return "积分一直有效。"
    if years == 0:
        return "当年的积分年底清零。"
    return "积分可以用到第二年年底。" if years == 1 else f"积分可以用到往后第 {years} 年的年底。"
