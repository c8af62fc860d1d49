"""The shopkeeper's counter: scan, choose, hand out; what was done today; and back again when it was wrong."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from core import clock
from core.faults import refusal
from core.idnumber import mask_name
from core.limits import knock
from core.views import DeskPage, whole_number
from points import counter, services
from points.models import Goods, Redemption, Shop
from points.models.shops import SERVES

CHOSEN = "shop"
# Six digits are no secret, so nobody may try them one after the other to read what the neighbours have.
MOST_CARDS, WITHIN = 60, counter.KEPT
TOO_MANY = "十分钟里扫的、输的太多了，歇一会儿再来。"
TOO_LONG = "放得太久了，为了不兑错，再扫一次。分没有动。"
SHOWN_TODAY = 20


Told = Mapping[str, Sequence[str]]


def _one_line(told: Told) -> str:
    return "".join(sentence for each in told.values() for sentence in each)


class ShopPage(DeskPage):
    """A page of who stands behind a counter today; `shop` is the one he chose, of several."""

    verb = SERVES
    tab = ""

    @cached_property
    def shops(self) -> list[Shop]:
        rows = Shop.objects.served_by(self.request.user).open()
        return list(rows.select_related("territory").order_by("pk"))

    @cached_property
    def chosen(self) -> Shop | None:
        known = self.request.session.get(CHOSEN)
        return next((each for each in self.shops if each.pk == known), self.shops[0] if self.shops else None)

    @property
    def shop(self) -> Shop:
        if self.chosen is None:
            raise Http404("behind no counter")
        return self.chosen

    def redemption(self, uuid: UUID) -> Redemption:
        rows = Redemption.objects.filter(shop__in=Shop.objects.served_by(self.request.user))
        rows = rows.select_related("shop__territory", "household", "actor", "undone")
        return get_object_or_404(rows.prefetch_related("lines"), uuid=uuid)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"shop": self.chosen, "tab": self.tab} | kwargs)


class Start(ShopPage):
    """扫码或者输号; what went out today, the newest first."""

    template_name = "points/shop/start.html"
    tab = "start"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shop, today = self.chosen, clock.today()
        rows = services.day_sheet(self.request.user, shop, today)[::-1] if shop else []
        standing = [row for row in rows if row.undone_id is None]
        return super().get_context_data(
            shops=self.shops,
            rows=rows[:SHOWN_TODAY],
            more=len(rows) > SHOWN_TODAY,
            number=len(standing),
            points=sum(row.points for row in standing),
            today=today,
            **{"fault": ""} | kwargs,
        )

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if asked := request.GET.get("shop"):
            number = whole_number(asked)
            if number not in {each.pk for each in self.shops}:
                raise Http404
            request.session[CHOSEN] = number
            return redirect("shops:start")
        return super().get(request, *args, **kwargs)

    @method_decorator(sensitive_post_parameters("code"))
    def post(self, request: HttpRequest) -> HttpResponse:
        code = request.POST.get("code", "").strip()[:100]
        fault, status = self._looked_at(code)
        if not fault:
            return redirect("shops:goods", counter.lay(request, self.shop.pk, code))
        return self.render_to_response(self.get_context_data(fault=fault), status=status)

    def _looked_at(self, code: str) -> tuple[str, int]:
        """What is wrong with the card that is put there ("": nothing), and the status that says so."""
        if not code:
            return "先扫卡，或者输卡上的 6 位数。", 422
        if not knock("points.counter", str(self.request.user.pk), most=MOST_CARDS, within=WITHIN):
            return TOO_MANY, 429
        try:
            services.lay_down(actor=self.request.user, shop=self.shop, code=code)
        except services.WrongPin as locked:
            return str(locked), 422
        except (ValidationError, PermissionDenied) as why:
            told, status = refusal(why)
            return _one_line(told), status
        return "", 302


# --- what is on offer, and what was chosen ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One thing on offer: how many were chosen, and how many points are short of one (0: none)."""

    goods: Goods
    number: int
    short: int

    @property
    def most(self) -> int:
        return 999 if self.goods.stock is None else min(self.goods.stock, 999)


class Chosen:
    """What a form says: how many of which, at the prices that the page showed."""

    def __init__(self, shop: Shop, sent: Mapping[str, str]) -> None:
        self.numbers: dict[int, int] = {}
        self.points, self.fault = 0, ""
        asked = {int(key[2:]): text for key, text in sent.items() if re.fullmatch(r"n-[0-9]{1,18}", key)}
        for pk, text in asked.items():
            if not re.fullmatch(r"[0-9]{0,4}", text.strip()):
                self.fault = "件数写数字，例如 1。"
                continue
            self.numbers[pk] = int(text.strip() or 0)
            price = sent.get(f"p-{pk}", "")
            self.points += self.numbers[pk] * (int(price) if re.fullmatch(r"[0-9]{1,6}", price) else 0)
        there = Goods.objects.filter(shop=shop, pk__in=self.numbers)
        self.lines = [(goods, self.numbers[goods.pk]) for goods in there]

    @property
    def count(self) -> int:
        return sum(self.numbers.values())


class ChooseGoods(ShopPage):
    """选东西: the purse, the goods, one button. The address is the number of the redemption that is to be."""

    template_name = "points/shop/goods.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        uuid = kwargs["uuid"]
        if self._stored(uuid):
            return redirect("shops:done", uuid)
        return self._page(uuid, {}, {}, 200)

    @method_decorator(sensitive_post_parameters("pin"))
    def post(self, request: HttpRequest, uuid: UUID) -> HttpResponse:
        on = counter.laid(request, uuid)
        if on is None:
            if self._stored(uuid):
                return self._go(reverse("shops:done", args=[uuid]))
            return self._again(TOO_LONG)
        shop = get_object_or_404(
            Shop.objects.served_by(request.user).select_related("territory", "account"), pk=on.shop
        )
        said = Chosen(shop, request.POST)
        if "count" in request.POST:  # without a script: what it would cost
            return self._page(uuid, said.numbers, {"lines": [said.fault]} if said.fault else {}, 200)
        try:
            if said.fault:
                raise ValidationError({"lines": said.fault})
            pin = request.POST.get("pin", "").strip()
            services.redeem(
                actor=request.user,
                uuid=uuid,
                shop=shop,
                code=on.code,
                lines=said.lines,
                points=said.points,
                pin=pin,
            )
        except services.Conflict as taken:
            messages.warning(request, str(taken))
            mine = self._stored(uuid)
            return self._go(reverse("shops:done", args=[uuid]) if mine else reverse("shops:start"))
        except services.WrongPin as wrong:
            return self._page(uuid, said.numbers, {"pin": [str(wrong)]}, 422)
        except (ValidationError, PermissionDenied) as why:
            told, status = refusal(why)
            return self._page(uuid, said.numbers, told, status)
        return self._go(reverse("shops:done", args=[uuid]))

    def _stored(self, uuid: UUID) -> bool:
        """Whether it was done already, by this very person."""
        return Redemption.objects.filter(uuid=uuid, actor=self.request.user.pk).exists()

    def _page(self, uuid: UUID, numbers: Mapping[int, int], told: Told, status: int) -> HttpResponse:
        """The page as things are now; what cannot go on is said on the first one."""
        on = counter.laid(self.request, uuid)
        if on is None:
            return self._again(TOO_LONG)
        shop = get_object_or_404(Shop.objects.served_by(self.request.user), pk=on.shop)
        try:
            purse = services.on_counter(actor=self.request.user, shop=shop, code=on.code)
        except services.WrongPin as locked:
            return self._again(str(locked))
        except (ValidationError, PermissionDenied) as why:
            return self._again(_one_line(refusal(why)[0]))
        found = {
            **_shelf(shop, purse.most, numbers),
            "shop": shop,
            "uuid": uuid,
            "purse": purse,
            "name": mask_name(purse.shown.household.head_name),
            "told": told,
            "others": [s for field, each in told.items() if field != "pin" for s in each],
        }
        return self.render_to_response(self.get_context_data(**found), status=status)

    def _go(self, address: str) -> HttpResponse:
        """Onward; the page's script asks for the address and goes there itself."""
        if self.request.headers.get("Accept") == "application/json":
            return JsonResponse({"go": address})
        return redirect(address)

    def _again(self, why: str) -> HttpResponse:
        messages.error(self.request, why)
        return self._go(reverse("shops:start"))


def _shelf(shop: Shop, most: int, numbers: Mapping[int, int]) -> dict[str, Any]:
    """What is on offer, what of it was chosen, and what all of it costs at the prices of now."""
    goods = Goods.objects.filter(shop=shop).offered()
    rows = [Row(each, numbers.get(each.pk, 0), max(0, each.points - most)) for each in goods]
    cost = sum(row.number * row.goods.points for row in rows)
    return {"rows": rows, "cost": cost, "rest": most - cost, "count": sum(row.number for row in rows)}


# --- afterwards ------------------------------------------------------------------------------------------------------


class Done(ShopPage):
    """兑换好了; the same page later in the day, to print the slip or to take it back."""

    template_name = "points/shop/done.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        made = self.redemption(kwargs["uuid"])
        return super().get_context_data(
            made=made,
            shop=made.shop,
            name=mask_name(made.household.head_name),
            undoable=made.undone_id is None and made.day == clock.today(),
            **{"told": {}, "typed": ""} | kwargs,
        )


class Undo(ShopPage):
    """给错了，冲正."""

    template_name = Done.template_name

    def post(self, request: HttpRequest, uuid: UUID) -> HttpResponse:
        made, words = self.redemption(uuid), request.POST.get("words", "")
        try:
            services.undo(actor=request.user, redemption=made, words=words)
        except (ValidationError, PermissionDenied) as why:
            told, status = refusal(why)
            page = Done()
            page.setup(request, uuid=uuid)
            found = page.get_context_data(uuid=uuid, told=told, typed=words)
            return self.render_to_response(found, status=status)
        messages.success(request, f"冲正了，{made.points} 分退回去了。东西收回来。")
        return redirect("shops:done", uuid)

    http_method_names = ("post",)


class Receipt(ShopPage):
    """小票."""

    template_name = "points/shop/receipt.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        made = self.redemption(kwargs["uuid"])
        return super().get_context_data(made=made, shop=made.shop, name=mask_name(made.household.head_name))
