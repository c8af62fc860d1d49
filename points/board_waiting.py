"""What shops' statements, notices and the year's points put on 无事板: each for who must act, and for nobody else."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from core import clock
from core.board import Ends, Waiting, register_rows, register_waiting
from core.periods import Month
from core.scope import may
from grids.models import Territory
from points import services
from points.models import PublicNotice, Shop, Statement
from points.models.awards import DECIDES
from points.models.shops import MANAGES, SERVES

Ask = Callable[[Any], QuerySet]
Tell = Callable[[Any, Any], Waiting]


def _statement(statement: Statement, why: str, step: str, url: str, at: Any) -> Waiting:
    month = Month.of(statement.month).title
    return Waiting("结算", f"{statement.shop} {month}结算单，{statement.points} 分", url, at, why, step)


def _to_sign(actor: Any, statement: Statement) -> Waiting:
    if statement.shop_signed_at is None:
        return _statement(statement, "等店里确认", "去确认", reverse("shops:statements"), statement.made_at)
    url = f"{reverse('shops:shop', args=[statement.shop_id])}#statements"
    return _statement(statement, "店里确认了，等村里确认", "去确认", url, statement.shop_signed_at)


def _to_pay(actor: Any, statement: Statement) -> Waiting:
    url = f"{reverse('shops:shop', args=[statement.shop_id])}#statements"
    assert statement.village_signed_at is not None  # both have signed what waits for payment
    return _statement(statement, "双方都确认了，等付款", "去付款", url, statement.village_signed_at)


def _to_hang_up(actor: Any, notice: PublicNotice) -> Waiting:
    url, (at, _) = reverse("points:notice_paper", args=[notice.pk]), clock.hours_of(notice.first)
    return Waiting("公示", f"{notice}今天开始", url, at, "今天要贴到公示栏", "去打印")


def _to_take_down(actor: Any, notice: PublicNotice) -> Waiting:
    url, (_, at) = f"{reverse('points:notice', args=[notice.pk])}#down", clock.hours_of(notice.last)
    why = f"{clock.cn_day(notice.last)}满的"
    return Waiting("公示", f"{notice}满了，公示栏上的揭下来", url, at, why, "去揭下")


def _over(actor: Any) -> list[tuple[Territory, int]]:
    if not (may(actor, DECIDES) and may(actor, services.RULES)):
        return []
    villages = Territory.objects.visible_to(actor, DECIDES).visible_to(actor, services.RULES).villages()
    return services.over_budgets(villages)


def over_budget(actor: Any, ends: Ends) -> list[Waiting]:
    """预算: more was given this year than the village's rules say it can pay."""
    at, _ = clock.hours_of(clock.today())
    return [
        Waiting(
            "预算",
            f"{village}今年给的积分，比村里拿得出的多 {more} 分",
            f"{reverse('points:schemes')}?village={village.pk}",
            at,
            "提醒，不拦",
            "去看办法",
        )
        for village, more in _over(actor)
    ]


def _unmade(actor: Any) -> list[tuple[Shop, Month]]:
    return services.to_make(actor) if may(actor, MANAGES) and may(actor, DECIDES) else []


def to_make(actor: Any, ends: Ends) -> list[Waiting]:
    """结算单 that nobody has made yet: before, neither side is asked for its word, and the shop is not paid."""
    return [
        Waiting(
            "结算",
            f"{shop} {month.title}的结算单还没出",
            f"{reverse('shops:shop', args=[shop.pk])}#statements",
            clock.hours_of(month.last)[1],
            "这个月过完了",
            "去出单",
        )
        for shop, month in _unmade(actor)
    ]


def register() -> None:
    """Called once, when Django is ready."""
    kinds: tuple[tuple[str, tuple[str, ...], Ask, Tell], ...] = (
        ("sign", (MANAGES, SERVES), _with(services.to_sign, "shop"), _to_sign),
        ("pay", (MANAGES,), _with(services.to_pay, "shop"), _to_pay),
        ("hang_up", (DECIDES,), _with(services.to_hang_up, "territory"), _to_hang_up),
        ("take_down", (DECIDES,), _with(services.to_take_down, "territory"), _to_take_down),
    )
    for order, (name, verbs, ask, tell) in enumerate(kinds, 34):
        register_rows(f"points.{name}", verbs, ask, tell, order)
    register_waiting("points.make", to_make, 33, lambda actor: len(_unmade(actor)))
    register_waiting("points.over_budget", over_budget, 38, lambda actor: len(_over(actor)))


def _with(ask: Ask, named: str) -> Ask:
    return lambda actor: ask(actor).select_related(named)
