"""货架: what lies there and what runs low, 进货 盘点 报损, by the shopkeeper or by the village; and the day's sheet."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from core import clock
from core.forms import tell_form
from core.idnumber import mask_name
from points import services
from points.models import Goods, StockMove
from points.shop_views import ShopPage

KINDS = (
    (StockMove.INTAKE, "进货", "进了几{}"),
    (StockMove.COUNT, "盘点", "点下来有几{}"),
    (StockMove.WRITE_OFF, "报损", "坏了、过期、丢了几{}"),
)
_VERBS: dict[str, Any] = {
    StockMove.INTAKE: services.take_in,
    StockMove.COUNT: services.count,
    StockMove.WRITE_OFF: services.write_off,
}
SHOWN = 20


class StockForm(forms.Form):
    """What happened to how many of one thing."""

    kind = forms.ChoiceField(
        label="什么事",
        choices=[(code, title) for code, title, _ in KINDS],
        initial=StockMove.INTAKE,
        widget=forms.RadioSelect,
        error_messages={"required": "选什么事。", "invalid_choice": "选什么事。"},
    )
    number = forms.IntegerField(
        label="几件",
        widget=forms.TextInput(
            attrs={"class": "input", "inputmode": "numeric", "maxlength": "6", "autocomplete": "off"}
        ),
        error_messages={"required": "填几件，写数字。", "invalid": "填几件，写数字。"},
    )
    words = forms.CharField(
        label="说明",
        required=False,
        max_length=120,
        help_text="报损要写为什么；进货可以写哪儿进的",
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
        error_messages={"max_length": "说明最多 120 个字。"},
    )


def move_stock(request: HttpRequest, goods: Goods, form: StockForm) -> int:
    """Write it down; the status of the answer: 302 if it was, else 422 or 403 with the sentences in the form."""
    if not form.is_valid():
        return 422
    said = form.cleaned_data
    try:
        move = _VERBS[said["kind"]](
            actor=request.user, goods=goods, number=said["number"], words=said["words"]
        )
    except (ValidationError, PermissionDenied) as why:
        status = tell_form(form, why)
        return status
    messages.success(request, f"{goods}{move.get_kind_display()}，记下了，现在有 {move.left} {goods.unit}。")
    return 302


def moves_of(goods: Goods) -> list[StockMove]:
    """The newest few."""
    return list(goods.moves.select_related("actor", "redemption").order_by("-pk")[:SHOWN])


class Shelf(ShopPage):
    """All goods of the shop, first what runs low."""

    template_name = "points/shop/shelf.html"
    tab = "shelf"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = list(Goods.objects.filter(shop=self.shop))
        low = [each for each in rows if each.is_low]
        return super().get_context_data(low=low, rows=[each for each in rows if not each.is_low], **kwargs)


class ShelfGoods(ShopPage):
    """One thing on the shelf: what happened to it, and what happens now."""

    template_name = "points/shop/shelf_goods.html"
    tab = "shelf"

    def _goods(self) -> Goods:
        rows = Goods.objects.filter(shop__in=self.shops).select_related("shop__territory")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        goods = kwargs.pop("goods", None) or self._goods()
        return super().get_context_data(
            goods=goods, shop=goods.shop, moves=moves_of(goods), **{"form": StockForm()} | kwargs
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        goods, form = self._goods(), StockForm(request.POST)
        if (status := move_stock(request, goods, form)) == 302:
            return redirect("shops:shelf")
        return self.render_to_response(self.get_context_data(goods=goods, form=form), status=status)


class DaySheet(ShopPage):
    """日清单: all that went over the counter on one day, to be printed and kept."""

    template_name = "points/shop/day.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        day = self._day()
        rows = services.day_sheet(self.request.user, self.shop, day)
        standing = [row for row in rows if row.undone_id is None]
        return super().get_context_data(
            rows=[(row, mask_name(row.household.head_name)) for row in rows],
            number=len(standing),
            points=sum(row.points for row in standing),
            day=day,
            before=day - dt.timedelta(days=1),
            after=day + dt.timedelta(days=1) if day < clock.today() else None,
            **kwargs,
        )

    def _day(self) -> dt.date:
        try:
            day = dt.date.fromisoformat(self.request.GET.get("day") or clock.today().isoformat())
        except ValueError:
            raise Http404("no such day") from None
        if not self.shop.since <= day <= clock.today():
            raise Http404("nothing went out then")
        return day
