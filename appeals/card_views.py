"""The desk's pages of the contact cards: which are to be printed again, and the A4 with four of them."""

from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

import segno
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST

from appeals import services
from appeals.models import Card, CardPrint
from appeals.services.cards import PRINTS, faces, printed
from core.scope import NOT_YOURS, may, reach_of
from core.views import DeskPage, DeskView, whole_number
from grids.models import Territory

A_PAGE = 4


class Cards(DeskPage):
    """便民联系卡 of the reader's villages, grid by grid; those that are to be printed again say why."""

    verb = PRINTS
    template_name = "appeals/cards.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = printed(_grids(self.request))
        return super().get_context_data(
            # Each form has a number of its own: sent twice it is one printing.
            rows=[(row, uuid4()) for row in rows],
            stale=[row for row in rows if row.to_print],
            run=uuid4(),
            **kwargs,
        )


def _grids(request: HttpRequest) -> list[Territory]:
    reach = reach_of(request.user, PRINTS)
    rows = Territory.objects.grids().in_use().filter(reach.q()).in_order()
    return list(rows.select_related("parent__parent"))


class Print(DeskView):
    """Remember the printing, then show the paper. `grid` chooses some; none is those that are to be printed again."""

    verb = PRINTS

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            run = UUID(request.POST.get("run", ""))
        except ValueError:
            raise Http404 from None
        grids = _grids(request)
        if asked := {whole_number(pk) for pk in request.POST.getlist("grid")}:
            grids = [grid for grid in grids if grid.pk in asked]
        else:
            grids = [row.face.grid for row in printed(grids) if row.to_print]
        if not grids:
            messages.info(request, "没有要重印的卡。")
            return redirect("appeals:cards")
        services.print_cards(actor=request.user, grids=grids, run=run)
        each = "?each=4" if request.POST.get("each") == "4" else ""
        return redirect(reverse("appeals:card_paper", args=[run]) + each)


class Paper(DeskPage):
    """The A4 for the browser to print; `?each=4` a whole page of each grid. What has changed since the printing is not
    shown as if it had been printed: it is to be printed again."""

    verb = PRINTS
    template_name = "appeals/card_paper.html"

    @cached_property
    def prints(self) -> list[CardPrint]:
        rows = CardPrint.objects.visible_to(self.request.user, PRINTS).filter(run=self.kwargs["run"])
        return list(rows.select_related("card__territory__parent__parent"))

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.prints:
            raise Http404
        shown = faces([row.card.territory for row in self.prints])
        if any(row.digest != face.digest for row, face in zip(self.prints, shown, strict=True)):
            messages.warning(request, "印过以后，人或者电话变了，重新印一次。")
            return redirect("appeals:cards")
        copies = A_PAGE if request.GET.get("each") == str(A_PAGE) else 1
        found = [(face, self._qr(face.code)) for face in shown for _ in range(copies)]
        leaves = [found[first : first + A_PAGE] for first in range(0, len(found), A_PAGE)]
        context = self.get_context_data(leaves=leaves, printed_at=self.prints[0].printed_at)
        return self.render_to_response(context)

    def _qr(self, code: str) -> str:
        """The picture of the public page's address, without a frame: the card has one."""
        address = self.request.build_absolute_uri(reverse("appeals:need", args=[code]))
        drawn = segno.make(address, error="m", micro=False)
        picture = drawn.svg_inline(border=0, omitsize=True, svgclass="qr-code", lineclass=None)
        return mark_safe(picture)  # drawn by segno out of an address of ours


@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """停用 a code: somebody misuses it, or it lies where it should not."""
    if not may(request.user, PRINTS):
        raise PermissionDenied(NOT_YOURS)
    card = get_object_or_404(
        Card.objects.visible_to(request.user, PRINTS).in_use().select_related("territory"), pk=pk
    )
    services.revoke_card(actor=request.user, card=card)
    messages.success(request, f"{card.territory}的卡停用了。再印一次，就有新的二维码。")
    return redirect("appeals:cards")
