"""积分卡 and 兑换条 at the village's desk: given out, printed once, locked open again, made worthless."""

import datetime as dt
import re
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from core import clock
from core.faults import refusal
from core.qr import qr_picture
from core.scope import NOT_YOURS, may, reach_of
from core.views import DeskPage, ScopedListView, whole_number
from grids.models import Household, Territory
from points import services
from points.models import PointCard, Voucher
from points.models.shops import MANAGES

DAYS = 7  # a voucher is good for, unless one says otherwise


class Cards(ScopedListView):
    """Every household of a village, with its card; by name or number."""

    model = Household
    verb = MANAGES
    page_order = ("village_id", "number", "pk")
    template_name = "points/shop/cards.html"

    @cached_property
    def villages(self) -> list[Territory]:
        reach = reach_of(self.request.user, MANAGES)
        return list(Territory.objects.villages().in_use().filter(reach.q()).in_order())

    @cached_property
    def village(self) -> Territory | None:
        if not (asked := self.request.GET.get("village")):
            return None
        number = whole_number(asked)
        for each in self.villages:
            if each.pk == number:
                return each
        raise Http404

    def get_queryset(self) -> QuerySet:
        rows = super().get_queryset().present().select_related("group", "territory__parent")
        if self.village:
            rows = rows.at(self.village)
        if text := self.request.GET.get("q", "").strip()[:40]:
            rows = rows.filter(Q(number__startswith=text) | Q(head_name__startswith=text))
        card = PointCard.objects.in_force().values("household")
        match self.request.GET.get("card", ""):
            case "":
                return rows
            case "no":
                return rows.exclude(pk__in=card)
            case "locked":
                locked = PointCard.objects.in_force().locked().values("household")
                return rows.filter(pk__in=locked)
            case _:
                raise Http404

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = super().get_context_data(**kwargs)
        cards = {
            card.household_id: card
            for card in PointCard.objects.in_force().filter(household__in=found["rows"])
        }
        return found | {
            "rows": [(home, cards.get(home.pk)) for home in found["rows"]],
            "villages": self.villages,
            "village": self.village,
            "text": self.request.GET.get("q", ""),
            "which": self.request.GET.get("card", ""),
        }


def home_of(request: HttpRequest, pk: int) -> Household:
    rows = Household.objects.visible_to(request.user, MANAGES)
    return get_object_or_404(rows.select_related("group", "village", "territory__parent"), pk=pk)


class CardPage(DeskPage):
    """One household's card and vouchers; `at` says at which form `told` belongs."""

    verb = MANAGES
    template_name = "points/shop/card.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        home = home_of(self.request, kwargs.pop("pk"))
        today = clock.today()
        # The one in force is the newest, or there is none.
        cards = list(home.point_cards.select_related("issued_by").order_by("-pk")[:6])
        vouchers = list(home.vouchers.order_by("-pk")[:10])
        return super().get_context_data(
            home=home,
            card=next((card for card in cards if card.revoked_at is None), None),
            old=[card for card in cards if card.revoked_at is not None],
            newest_card=cards[0].pk if cards else 0,
            vouchers=vouchers,
            newest_voucher=vouchers[0].pk if vouchers else 0,
            balance=services.balance_of(home),
            last=today + dt.timedelta(days=DAYS),
            today=today,
            **{"at": "", "told": {}, "typed": {}} | kwargs,
        )


def _again(request: HttpRequest, home: int, at: str, why: ValidationError | PermissionDenied) -> HttpResponse:
    """The page once more with what was typed, except a PIN: that is the villager's own."""
    told, status = refusal(why)
    page = CardPage()
    page.setup(request, pk=home)
    typed = {name: request.POST.get(name, "") for name in ("why", "points", "last")}
    found = page.get_context_data(pk=home, at=at, told=told, typed=typed)
    return render(request, CardPage.template_name, found, status=status)


def _pin(request: HttpRequest) -> str:
    """What the villager typed, twice. ValidationError if it is not twice the same."""
    pin = request.POST.get("pin", "").strip()
    if pin != request.POST.get("again", "").strip():
        raise ValidationError({"again": "两次输的不一样，请村民再输一遍。"})
    return pin


def _newest(request: HttpRequest) -> int:
    """The last one that stood on the page; a form without it knows of none and is refused where there is any."""
    text = request.POST.get("newest", "")
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else 0


class Issue(DeskPage):
    """发卡. The answer is the card on paper: its code is on this page and nowhere else, now and never again."""

    verb = MANAGES
    http_method_names = ("post",)

    @method_decorator(sensitive_post_parameters())
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        home = home_of(request, pk)
        try:
            made = services.issue_card(
                actor=request.user, household=home, pin=_pin(request), newest=_newest(request)
            )
        except (ValidationError, PermissionDenied) as why:
            return _again(request, pk, "issue", why)
        address = request.build_absolute_uri(reverse("points:card", args=[made.code]))
        found = {"home": home, "card": made.card, "picture": qr_picture(address)}
        return render(request, "points/shop/card_paper.html", found)


class WriteVoucher(DeskPage):
    """开兑换条; likewise printed once."""

    verb = MANAGES
    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        home = home_of(request, pk)
        try:
            points, last = _points(request), clock.read_day(request.POST.get("last", ""), "last")
            made = services.write_voucher(
                actor=request.user, household=home, points=points, last=last, newest=_newest(request)
            )
        except (ValidationError, PermissionDenied) as why:
            return _again(request, pk, "voucher", why)
        found = {"home": home, "voucher": made.voucher, "picture": qr_picture(made.code)}
        return render(request, "points/shop/voucher_paper.html", found)


def _points(request: HttpRequest) -> int:
    text = request.POST.get("points", "").strip()
    if not re.fullmatch(r"[0-9]{1,6}", text):
        raise ValidationError({"points": "填最多兑几分，写数字。"})
    return int(text)


@require_POST
@sensitive_post_parameters()
def set_pin(request: HttpRequest, pk: int) -> HttpResponse:
    """改密码、解锁."""
    card = _card(request, pk)
    try:
        services.set_pin(actor=request.user, card=card, pin=_pin(request))
    except (ValidationError, PermissionDenied) as why:
        return _again(request, card.household_id, "pin", why)
    messages.success(request, "密码改好了，卡能用了。")
    return redirect("shops:card", card.household_id)


@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """作废."""
    card = _card(request, pk)
    try:
        services.revoke_card(actor=request.user, card=card, why=request.POST.get("why", ""))
    except (ValidationError, PermissionDenied) as why:
        return _again(request, card.household_id, "revoke", why)
    messages.success(request, "卡作废了，捡到的人用不了。分还在户上。")
    return redirect("shops:card", card.household_id)


@require_POST
def cancel_voucher(request: HttpRequest, pk: int) -> HttpResponse:
    """作废一张兑换条."""
    if not may(request.user, MANAGES):
        raise PermissionDenied(NOT_YOURS)
    voucher = get_object_or_404(Voucher.objects.visible_to(request.user, MANAGES), pk=pk)
    try:
        services.cancel_voucher(actor=request.user, voucher=voucher)
    except ValidationError as why:
        return _again(request, voucher.household_id, "voucher", why)
    messages.success(request, "这张兑换条作废了。")
    return redirect("shops:card", voucher.household_id)


def _card(request: HttpRequest, pk: int) -> PointCard:
    if not may(request.user, MANAGES):
        raise PermissionDenied(NOT_YOURS)
    rows = PointCard.objects.visible_to(request.user, MANAGES).select_related("household__territory")
    return get_object_or_404(rows, pk=pk)
