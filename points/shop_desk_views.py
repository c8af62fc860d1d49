"""The village's side of its shops: open and close them, who stands there, what they offer, and what is owed to them."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from core import clock
from core.faults import refusal
from core.forms import FromModel, tell_form
from core.idnumber import mask_name
from core.periods import Month
from core.scope import NOT_YOURS, may, reach_of
from core.views import DeskPage, key_of, whole_number
from grids.models import Officer, Territory
from points import services
from points.models import Account, Goods, Redemption, Shop, Shopkeeper, Statement
from points.models.shops import MANAGES
from points.stock_views import StockForm, move_stock, moves_of

RECENT = 15
Told = Mapping[str, Sequence[str]]


class ShopForm(FromModel):
    """A shop's own facts."""

    model, names = Shop, ("name", "address")


class GoodsForm(FromModel):
    """What is on offer, and for how many points."""

    model, names = Goods, ("name", "unit", "points", "low", "position", "offered")


# --- the shops -------------------------------------------------------------------------------------------------------


class Shops(DeskPage):
    """爱心超市: every shop of the reader's villages, and what is owed to it."""

    verb = MANAGES
    template_name = "points/shop/shops.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = Shop.objects.visible_to(self.request.user, MANAGES).select_related("territory")
        shops = list(rows.order_by("closed_on", "territory__code", "pk"))
        owed = dict(Account.objects.filter(shop__in=shops).values_list("shop", "balance"))
        keepers: dict[int, list[str]] = {}
        for each in Shopkeeper.objects.in_force().filter(shop__in=shops).select_related("officer"):
            keepers.setdefault(each.shop_id, []).append(each.officer.name)
        low: dict[int, int] = {}
        for goods in Goods.objects.filter(shop__in=shops):
            low[goods.shop_id] = low.get(goods.shop_id, 0) + goods.is_low
        found = [
            (shop, keepers.get(shop.pk, []), owed.get(shop.pk, 0), low.get(shop.pk, 0)) for shop in shops
        ]
        return super().get_context_data(rows=found, **kwargs)


class New(DeskPage):
    """开一家店."""

    verb = MANAGES
    template_name = "points/shop/shop_new.html"

    @cached_property
    def villages(self) -> list[Territory]:
        reach = reach_of(self.request.user, MANAGES)
        return list(Territory.objects.villages().in_use().filter(reach.q()).in_order())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            **{"form": ShopForm(), "villages": self.villages, "village": None} | kwargs
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ShopForm(request.POST)
        asked = request.POST.get("village")
        number = whole_number(asked) if asked or len(self.villages) != 1 else self.villages[0].pk
        village = next((each for each in self.villages if each.pk == number), None)
        if village is None:
            raise Http404
        if form.is_valid():
            try:
                shop = services.open_shop(actor=request.user, village=village, **form.cleaned_data)
            except (ValidationError, PermissionDenied) as why:
                tell_form(form, why)
            else:
                messages.success(request, f"{shop}开好了。加上店员，再上货。")
                return redirect("shops:shop", shop.pk)
        return self.render_to_response(self.get_context_data(form=form, village=village), status=422)


class ShopPage(DeskPage):
    """One shop: its keepers, goods, statements, and what went over its counter lately."""

    verb = MANAGES
    template_name = "points/shop/shop.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shop = shop_of(self.request, kwargs.pop("pk"))
        statements = list(shop.statements.select_related("shop_signed_by", "village_signed_by")[:24])
        recent = Redemption.objects.filter(shop=shop).select_related("household", "actor")
        recent = recent.prefetch_related("lines").order_by("-pk")[:RECENT]
        less = services.to_take_off(shop)
        owed = Account.objects.filter(shop=shop).values_list("balance", flat=True).first() or 0
        for each in statements:
            each.pays = services.to_be_paid(each, less)  # type: ignore[attr-defined]
        due = [each for each in statements if each.step == "payment"]
        later = {each.pk for each in due if services.waits_for_later(each, less, owed)}
        offered = {f"pay-{each.pk}" for each in due if each.pk not in later}
        offered |= {f"undo-{each.pk}" for each in recent if each.undone_id is None}
        offered |= {"statements"} if shop.closed_on else {"statements", "keepers", "close"}
        return super().get_context_data(
            stray=bool(kwargs.get("at")) and kwargs["at"] not in offered,
            shop=shop,
            keepers=list(shop.keepers.filter(_now()).select_related("officer").order_by("pk")),
            officers=list(services.possible_keepers(shop)),
            goods=list(Goods.objects.filter(shop=shop).order_by("-offered", "position", "pk")),
            owed=owed,
            statements=statements,
            later=later,
            due=next(iter(services.unmade(shop)), None),
            recent=[(row, mask_name(row.household.head_name)) for row in recent],
            today=clock.today(),
            **{
                "facts": ShopForm(initial={"name": shop.name, "address": shop.address}),
                "new_goods": GoodsForm(initial={"offered": True, "low": 0, "position": 0, "unit": "件"}),
                "refused": {},
                "at": "",
                "typed": "",
            }
            | kwargs,
        )


def _now() -> Q:
    return Q(since__lte=clock.today()) & (Q(until__isnull=True) | Q(until__gte=clock.today()))


def shop_of(request: HttpRequest, pk: int) -> Shop:
    rows = Shop.objects.visible_to(request.user, MANAGES).select_related("territory__parent")
    return get_object_or_404(rows, pk=pk)


def shop_page(request: HttpRequest, pk: int, status: int, **more: Any) -> HttpResponse:
    """The shop once more, with what was wrong at its place."""
    page = ShopPage()
    page.setup(request, pk=pk)
    return render(request, ShopPage.template_name, page.get_context_data(pk=pk, **more), status=status)


def _must_manage(request: HttpRequest) -> None:
    if not may(request.user, MANAGES):
        raise PermissionDenied(NOT_YOURS)


def _try(
    request: HttpRequest, shop: int, at: str, verb: Callable[[], Any], done: Callable[[Any], str]
) -> HttpResponse:
    """Do it and say so on the shop's page; or the page again with what was wrong where `at` is."""
    try:
        made = verb()
    except (ValidationError, PermissionDenied) as why:
        told, status = refusal(why)
        typed = request.POST.get("words") or request.POST.get("day") or ""
        return shop_page(request, shop, status, refused=told, at=at, typed=typed)
    messages.success(request, done(made))
    return redirect("shops:shop", shop)


@require_POST
def describe(request: HttpRequest, pk: int) -> HttpResponse:
    """改店名、地址."""
    _must_manage(request)
    shop, form = shop_of(request, pk), ShopForm(request.POST)
    if form.is_valid():
        try:
            services.change_shop(actor=request.user, shop=shop, **form.cleaned_data)
        except (ValidationError, PermissionDenied) as why:
            tell_form(form, why)
        else:
            messages.success(request, "改好了。")
            return redirect("shops:shop", pk)
    return shop_page(request, pk, 422, facts=form)


@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """停店."""
    _must_manage(request)
    shop = shop_of(request, pk)
    return _try(
        request,
        pk,
        "close",
        lambda: services.close_shop(actor=request.user, shop=shop),
        lambda made: f"{made}停了，货和账都清了。",
    )


# --- who stands there ------------------------------------------------------------------------------------------------


@require_POST
def add_keeper(request: HttpRequest, pk: int) -> HttpResponse:
    _must_manage(request)
    shop = shop_of(request, pk)
    chosen = key_of(request.POST.get("officer"))
    officer = services.possible_keepers(shop).filter(pk=chosen).first()

    def add() -> Officer:
        if officer is None:
            raise ValidationError({"officer": "选一位店员。"})
        services.add_keeper(actor=request.user, shop=shop, officer=officer)
        return officer

    return _try(request, pk, "keepers", add, lambda made: f"{made.name}现在是{shop}的店员。")


@require_POST
def end_keeper(request: HttpRequest, pk: int) -> HttpResponse:
    _must_manage(request)
    rows = Shopkeeper.objects.visible_to(request.user, MANAGES).select_related("shop__territory", "officer")
    keeper = get_object_or_404(rows, pk=pk)
    return _try(
        request,
        keeper.shop_id,
        "keepers",
        lambda: services.end_keeper(actor=request.user, keeper=keeper),
        lambda _: f"{keeper.officer.name}不再是{keeper.shop}的店员，现在起不能兑换。",
    )


# --- goods -----------------------------------------------------------------------------------------------------------


@require_POST
def add_goods(request: HttpRequest, pk: int) -> HttpResponse:
    """上货."""
    _must_manage(request)
    shop, form = shop_of(request, pk), GoodsForm(request.POST)
    if form.is_valid():
        goods = Goods(shop=shop, **form.cleaned_data)
        try:
            services.save_goods(actor=request.user, goods=goods)
        except (ValidationError, PermissionDenied) as why:
            tell_form(form, why)
        else:
            messages.success(
                request, f"{goods}上了，{goods.points} 分一{goods.unit}。有库存的，再记一笔进货。"
            )
            return redirect("shops:desk_goods", goods.pk)
    return shop_page(request, pk, 422, new_goods=form)


class GoodsPage(DeskPage):
    """One thing on offer: its price, whether it is offered, and its stock."""

    verb = MANAGES
    template_name = "points/shop/goods_desk.html"

    def _goods(self) -> Goods:
        rows = Goods.objects.visible_to(self.request.user, MANAGES).select_related("shop__territory")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        goods = kwargs.pop("goods", None) or self._goods()
        kwargs.pop("pk", None)
        initial = {name: getattr(goods, name) for name in GoodsForm.names}
        base = {"facts": GoodsForm(initial=initial), "form": StockForm()}
        return super().get_context_data(goods=goods, shop=goods.shop, moves=moves_of(goods), **base | kwargs)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """`do`: stock, or else the facts."""
        goods = self._goods()
        if request.POST.get("do") == "stock":
            form = StockForm(request.POST)
            if (status := move_stock(request, goods, form)) == 302:
                return redirect("shops:desk_goods", pk)
            return self.render_to_response(self.get_context_data(form=form), status=status)
        facts = GoodsForm(request.POST)
        if facts.is_valid():
            for name, value in facts.cleaned_data.items():
                setattr(goods, name, value)
            try:
                services.save_goods(actor=request.user, goods=goods)
            except (ValidationError, PermissionDenied) as why:
                tell_form(facts, why)
            else:
                messages.success(request, f"{goods}改好了。以前兑的照以前的分。")
                return redirect("shops:shop", goods.shop_id)
        return self.render_to_response(self.get_context_data(facts=facts), status=422)


# --- what is owed, and what went wrong --------------------------------------------------------------------------------


@require_POST
def make_statement(request: HttpRequest, pk: int) -> HttpResponse:
    """出结算单 of `month` (2026-11)."""
    _must_manage(request)
    shop = shop_of(request, pk)
    try:
        month = Month.parse(request.POST.get("month", ""))
    except ValueError:
        raise Http404 from None
    return _try(
        request,
        pk,
        "statements",
        lambda: services.make_statement(actor=request.user, shop=shop, month=month),
        lambda made: (
            f"{month.title}的结算单出了：{made.number} 笔，{made.points} 分，{made.yuan} 元。双方确认。"
        ),
    )


@require_POST
def pay(request: HttpRequest, pk: int) -> HttpResponse:
    """The village has paid."""
    _must_manage(request)
    statement = get_object_or_404(Statement.objects.visible_to(request.user, MANAGES), pk=pk)

    def paid() -> Statement:
        day = clock.read_day(request.POST.get("day", ""), "day")
        return services.pay_statement(actor=request.user, statement=statement, day=day)

    def done(made: Statement) -> str:
        return f"{made}已付，记进账了。" if made.paid_id else f"{made}结清了，没有要付的。"

    return _try(request, statement.shop_id, f"pay-{pk}", paid, done)


@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """冲正 after its day, by the village."""
    _must_manage(request)
    made = get_object_or_404(Redemption.objects.visible_to(request.user, MANAGES), pk=pk)
    return _try(
        request,
        made.shop_id,
        f"undo-{pk}",
        lambda: services.undo(actor=request.user, redemption=made, words=request.POST.get("words", "")),
        lambda done: f"{done.number} 冲正了，{done.points} 分退回去了。",
    )
