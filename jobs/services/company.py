"""村集体劳务公司 (实施方案五（二）): its orders, who works on them, for how many days, and what was paid for them."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, F, Q, QuerySet, Sum

from core import clock
from core.scope import must, signer
from grids.models import Household, Person, Territory
from jobs.models import Company, Employer, Order, OrderHand
from jobs.models.words import MANAGES
from jobs.services.errors import NOT_YET, check_year
from jobs.services.labour import check_hand

LONGEST = 366  # days from an order's first to its last


@transaction.atomic
def save_company(*, actor: Any, company: Company, phone: str | None = None) -> Company:
    """Set the village's one up, or change it; `phone` None leaves the number as it is. ValidationError by field."""
    must(actor, MANAGES, company.territory)
    village = Territory.objects.select_for_update(no_key=True).get(pk=company.territory_id)
    if village.kind != Territory.VILLAGE:
        raise ValidationError({"territory": "劳务公司是村里的，选哪个村。"})
    if Company.objects.filter(territory=village).exclude(pk=company.pk).exists():
        raise ValidationError({"territory": f"{village}已有劳务公司，改那一家。"})
    if phone is not None:
        company.set_phone(phone)
    company.credit_code = company.credit_code.strip().upper()
    try:
        Employer._meta.get_field("credit_code").run_validators(company.credit_code)
    except ValidationError as why:
        raise ValidationError({"credit_code": why.messages}) from None
    company.full_clean(exclude=["territory"], validate_unique=False)
    if company.since > clock.today():
        raise ValidationError({"since": NOT_YET})
    if company.closed_on and not company.since <= company.closed_on <= clock.today():
        raise ValidationError({"closed_on": f"哪天停的，写 {company.since} 到今天的；没停的空着。"})
    company.save()
    return company


@transaction.atomic
def take_order(*, actor: Any, order: Order) -> Order:
    """接一张订单, or change one on which no day was noted yet. Needs jobs.manage in the village."""
    must(actor, MANAGES, order.company.territory)
    if order.pk:
        held = _locked(order)
        must(actor, MANAGES, held.company.territory)
        _refuse_over(held)
        if order.hands.filter(days__gt=0).exists():
            raise ValidationError("已经记了工，不能再改。")
        if (on := order.hands.count()) > (order.number or 0):
            raise ValidationError({"number": f"已经安排了 {on} 个人，不能再少。"})
        if on and held.company_id != order.company_id:
            raise ValidationError({"company": "已经安排了人，不能换公司。"})
    else:
        if order.company.closed_on is not None:
            raise ValidationError(f"{order.company} {order.company.closed_on} 停了，不能接单。")
        order.made_at, order.made_by = clock.now(), signer(actor)
    order.full_clean(exclude=["company", "trade", "made_by"])
    check_year("first", order.first)
    if (order.last - order.first).days >= LONGEST:
        raise ValidationError({"last": "一张订单最长一年，长的分成几张。"})
    order.save()
    return order


def _locked(order: Order) -> Order:
    rows = Order.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("company__territory").get(pk=order.pk)


def _refuse_over(order: Order) -> None:
    if order.cancelled_on is not None:
        raise ValidationError(f"这张订单 {order.cancelled_on} 取消了。")
    if order.paid_on is not None:
        raise ValidationError(f"这张订单 {order.paid_on} 结清了，不能再动。")


@transaction.atomic
def put_hands(*, actor: Any, order: Order, people: Iterable[Person]) -> int:
    """安排人, of the company's village; how many are new. ValidationError if there are enough, or one is under 16."""
    must(actor, MANAGES, order.company.territory)
    held = _locked(order)
    _refuse_over(held)
    known = set(held.hands.values_list("person", flat=True))
    new = {person.pk: person for person in people if person.pk not in known}
    homes = Household.objects.in_bulk([person.household_id for person in new.values()])
    for person in new.values():
        check_hand(person, homes[person.household_id], held.company.territory, held.first)
    if len(known) + len(new) > held.number:
        raise ValidationError({"name": f"这张订单只要 {held.number} 个人，够了。"})
    at, by = clock.now(), signer(actor)
    OrderHand.objects.bulk_create(
        OrderHand(order=held, person=person, noted_at=at, noted_by=by) for person in new.values()
    )
    return len(new)


@transaction.atomic
def remove_hand(*, actor: Any, hand: OrderHand) -> None:
    """不去了, before a day was noted for him."""
    must(actor, MANAGES, hand.order.company.territory)
    _refuse_over(_locked(hand.order))
    if OrderHand.objects.filter(pk=hand.pk, days__gt=0).exists():
        raise ValidationError({"": "已经给他记了工，先把天数改成 0。"})
    hand.delete()


@transaction.atomic
def note_days(*, actor: Any, order: Order, days: dict[int, int]) -> int:
    """记工: for how many days each has worked, by the key of his row; of how many it changed.

    ValidationError at his field (`days-<key>`) for more days than the order has.
    """
    must(actor, MANAGES, order.company.territory)
    held = _locked(order)
    _refuse_over(held)
    if held.first > clock.today():
        raise ValidationError({"": f"{held.first} 才开工，那天起再记。"})
    changed = 0
    for hand in held.hands.filter(pk__in=days):
        if hand.days == days[hand.pk]:
            continue
        hand.order, hand.days = held, days[hand.pk]
        hand.noted_at, hand.noted_by = clock.now(), signer(actor)
        try:
            hand.full_clean(exclude=["order", "person", "noted_by"], validate_unique=False)
        except ValidationError as why:
            told = why.message_dict.get("days", why.messages)
            raise ValidationError({f"days-{hand.pk}": told}) from None
        hand.save(update_fields=["days", "noted_at", "noted_by"])
        changed += 1
    return changed


def owed(order: Order) -> int:
    """Yuan: days × what a day pays."""
    return int((order.hands.aggregate(days=Sum("days"))["days"] or 0) * order.pay)


@transaction.atomic
def settle(*, actor: Any, order: Order, day: dt.date) -> Order:
    """结清: everybody was paid on that day; nothing of it moves any more."""
    must(actor, MANAGES, order.company.territory)
    held = _locked(order)
    _refuse_over(held)
    if not owed(held):
        raise ValidationError({"day": "还没有记工，记了工再结。"})
    if not held.first <= day <= clock.today():
        raise ValidationError({"day": f"哪天结清的，写 {held.first} 到今天的。"})
    held.paid_on = day
    held.save(update_fields=["paid_on"])
    return held


@transaction.atomic
def cancel(*, actor: Any, order: Order) -> Order:
    """取消, before a day was noted."""
    must(actor, MANAGES, order.company.territory)
    held = _locked(order)
    _refuse_over(held)
    if owed(held):
        raise ValidationError("已经记了工，不能取消；没干的把天数改成 0。")
    held.cancelled_on = clock.today()
    held.save(update_fields=["cancelled_on"])
    return held


def with_work(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Each order with `people` on it, their `worked` days and the `wages` for them."""
    told = orders.annotate(people=Count("hands"), worked=Sum("hands__days", default=0))
    return told.annotate(wages=F("worked") * F("pay"))


def year_of(orders: QuerySet[Order], year: int) -> dict[str, int]:
    """The year's totals by the day on which an order begins: orders, people (each once), days, wages. One query."""
    rows = orders.filter(first__year=year, cancelled_on__isnull=True)
    wages = Sum(F("hands__days") * F("pay"), default=0)
    worked = Q(hands__days__gt=0)
    return rows.aggregate(
        orders=Count("pk", distinct=True),
        people=Count("hands__person", filter=worked, distinct=True),
        days=Sum("hands__days", default=0),
        wages=wages,
    )
