"""商超结算单: the shopkeeper's list, each side's word that it is right, and the A4 that both sign."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from core import clock
from core.periods import Month
from core.scope import NOT_YOURS, may
from core.views import DeskPage
from points import services
from points.models import Shop, Statement
from points.models.shops import MANAGES, SERVES
from points.shop_views import ShopPage

EITHER = f"{MANAGES}|{SERVES}"


def statement_of(request: HttpRequest, pk: int) -> Statement:
    """One that the actor may read, or 404."""
    rows = Statement.objects.readable_by(request.user)
    rows = rows.select_related(
        "shop__territory__parent", "shop_signed_by", "village_signed_by", "made_by", "paid_by"
    )
    return get_object_or_404(rows, pk=pk)


class ShopStatements(ShopPage):
    """对账单: how this month stands, and every statement with what it waits for."""

    template_name = "points/shop/statements.html"
    tab = "statements"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        month = Month.of(clock.today())
        return super().get_context_data(
            month=month,
            now=services.counted(self.shop, month),
            things=services.sold(self.shop, month),
            rows=list(self.shop.statements.order_by("-month")[:24]),
            **kwargs,
        )


class Paper(DeskPage):
    """The A4: thing by thing what the month's points were for, and where both sign."""

    verb = EITHER
    template_name = "points/shop/statement_paper.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        statement = statement_of(self.request, kwargs["pk"])
        shop, month = statement.shop, Month.of(statement.month)
        things = services.sold(shop, month)
        return super().get_context_data(
            statement=statement,
            shop=shop,
            month=month,
            things=things,
            left=statement.yuan - statement.paid_yuan,
            village=shop.territory,
            serves=Shop.objects.served_by(self.request.user).filter(pk=shop.pk).exists(),
            **kwargs,
        )


@require_POST
def sign(request: HttpRequest, pk: int) -> HttpResponse:
    """Each side for itself."""
    if not any(may(request.user, verb) for verb in (MANAGES, SERVES)):
        raise PermissionDenied(NOT_YOURS)
    statement = statement_of(request, pk)
    services.sign_statement(actor=request.user, statement=statement)
    messages.success(request, f"{Month.of(statement.month).title}的结算单，您这边确认了。")
    if Shop.objects.served_by(request.user).filter(pk=statement.shop_id).exists():
        return redirect("shops:statements")
    return redirect("shops:shop", statement.shop_id)
