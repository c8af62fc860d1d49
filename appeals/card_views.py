"""The desk's pages of the contact cards: which are to be printed again, and the sheets of A4 with four on each."""

from functools import cached_property
from itertools import cycle, islice
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from appeals import services
from appeals.models import Card, CardPrint
from appeals.services.cards import PRINTS, faces, printed
from core.qr import qr_picture
from core.scope import NOT_YOURS, may, reach_of
from core.views import DeskPage, DeskView, whole_number
from grids.models import Territory

A_PAGE = 4  # A6 on A4
MOST_COPIES, MOST_AT_ONCE = (
    500,
    1000,
)  # as many as a big grid has households; what a browser prints without choking
COPIES = f"每个网格印 1 到 {MOST_COPIES} 张，改过来。"


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
            most=MOST_COPIES,
            **{"refused": "", "typed": str(A_PAGE), "at": None} | kwargs,
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
        typed = request.POST.get("copies", "1").strip()
        copies = _copies(typed)
        if copies is None or copies * len(grids) > MOST_AT_ONCE:
            told = COPIES if copies is None else _too_many(copies * len(grids))
            page = Cards()
            page.setup(request)
            at = min(asked) if asked else None
            found = page.get_context_data(refused=told, typed=typed, at=at)
            return render(request, Cards.template_name, found, status=422)
        services.print_cards(actor=request.user, grids=grids, run=run)
        return redirect(reverse("appeals:card_paper", args=[run]) + f"?copies={copies}")


def _copies(text: str) -> int | None:
    """How many of each grid; None for what is no such number."""
    number = int(text) if text.isdecimal() and len(text) <= len(str(MOST_COPIES)) else 0
    return number if 1 <= number <= MOST_COPIES else None


def _too_many(number: int) -> str:
    return f"一共 {number} 张，一次最多印 {MOST_AT_ONCE} 张。少印几张，或者一个网格一个网格地印。"


class Paper(DeskPage):
    """The A4 for the browser to print: `?copies=` of each grid, every sheet full, the last one too. What has changed
    since the printing is not shown as if it had been printed: it is to be printed again."""

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
        copies = _copies(request.GET.get("copies", "1"))
        if copies is None or copies * len(shown) > MOST_AT_ONCE:
            raise Http404
        drawn = [(face, self._qr(face.code)) for face in shown]
        wanted = [each for each in drawn for _ in range(copies)]
        more = list(islice(cycle(drawn), -len(wanted) % A_PAGE))
        cards = wanted + more
        leaves = [cards[first : first + A_PAGE] for first in range(0, len(cards), A_PAGE)]
        printed_at = self.prints[0].printed_at
        found = self.get_context_data(leaves=leaves, more=len(more), count=len(cards), printed_at=printed_at)
        return self.render_to_response(found)

    def _qr(self, code: str) -> str:
        """The picture of the public page's address."""
        return qr_picture(self.request.build_absolute_uri(reverse("appeals:need", args=[code])))


@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """停用 a code: somebody misuses it, or it lies where it should not."""
    if not may(request.user, PRINTS):
        raise PermissionDenied(NOT_YOURS)
    card = get_object_or_404(Card.objects.visible_to(request.user, PRINTS).select_related("territory"), pk=pk)
    services.revoke_card(actor=request.user, card=card)
    messages.success(request, f"{card.territory}的卡停用了。再印一次，就有新的二维码。")
    return redirect("appeals:cards")
