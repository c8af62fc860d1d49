"""A ledger on the page, before it is a workbook: its lines as they are now, each cell leading to what it came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.second_factor import RequiresSecondFactor
from core import clock
from core.ledger import Column, Ledger, LedgerScope, Origins, registry
from core.periods import Month
from core.scope import NOT_YOURS
from core.views import DeskPage, whole_number
from grids.models import Territory
from ledgers import pages
from ledgers.keeping import as_text, live_notes
from ledgers.models import SealedMonth

SHOWN = 100  # lines at a time
EXPORT = "ledgers.export"


@dataclass(frozen=True)
class Cell:
    """What stands in a cell, and where the entries behind it are shown, "" where nowhere."""

    text: str
    url: str
    kind: str
    """A class: numbers stand at the right, short words on one line."""


class LookPage(RequiresSecondFactor, DeskPage):
    """One ledger of one place and month, masked, a hundred lines at a time in its own order."""

    verb = second_factor_verb = EXPORT
    template_name = "ledgers/look.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        try:
            ledger = registry.get(kwargs["slug"])
        except KeyError:
            raise Http404("no such ledger") from None
        place, month = self._place(), self._month(ledger)
        if not ledger.open_to(self.request.user, place):
            raise PermissionDenied(NOT_YOURS)
        skipped = whole_number(asked) if (asked := self.request.GET.get("after")) else 0
        scope = LedgerScope(self.request.user, place, month, unmasked=False, made_on=clock.today())
        rows = list(islice(ledger.traced_rows(scope), skipped, skipped + SHOWN + 1))
        here = f"?place={place.pk}" + (f"&month={month}" if month else "")
        return super().get_context_data(
            ledger=ledger,
            place=place,
            month=month,
            columns=ledger.exported,
            rows=[_cells(ledger.exported, row, origins) for row, origins in rows[:SHOWN]],
            pager={
                "before": f"{here}&after={max(skipped - SHOWN, 0)}" if skipped else "",
                "after": f"{here}&after={skipped + SHOWN}" if len(rows) > SHOWN else "",
            },
            sealed=month
            and ledger.sealable
            and SealedMonth.objects.sealed().filter(village=place, month=str(month)).first(),
            notes=(*ledger.notes(scope), *live_notes(ledger, scope)),
            **kwargs,
        )

    def _place(self) -> Territory:
        found = pages.places(self.request.user, EXPORT)
        if asked := self.request.GET.get("place"):
            rows = Territory.objects.visible_to(self.request.user, EXPORT).in_use()
            return get_object_or_404(rows, pk=whole_number(asked))
        place = pages.default_place(found)
        if place is None:
            raise Http404("no place")
        return place

    def _month(self, ledger: Ledger) -> Month | None:
        if ledger.period_kind != "month":
            return None
        try:
            month = Month.parse(self.request.GET.get("month") or pages.default_month())
        except ValueError:
            raise Http404("no such month") from None
        if month > Month.of(clock.today()):
            raise Http404("not yet here")
        return month


def _cells(columns: Sequence[Column], row: Sequence[Any], origins: Origins) -> list[Cell]:
    return [
        Cell(
            as_text(column, value),
            origins.get(column.name, ""),
            "num" if column.kind in ("integer", "number", "percent") else "" if column.left else "nowrap",
        )
        for column, value in zip(columns, row, strict=False)
    ]
