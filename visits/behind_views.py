"""The page behind a number: exactly the households that a figure of coverage counts, page by page."""

from typing import Any

from django.http import Http404

from core import clock
from core.paging import BadKey, Keyset
from core.periods import Month
from core.scope import may, reach_of
from core.views import DeskPage, whole_number
from grids.models import Territory
from visits import figures, services
from visits.models import Cadence, Obligation

ORDER = (
    "household__village__code",
    "household__group__position",
    "household__group_id",
    "household__number",
    "pk",
)
WHOS = {code: (code,) for code in services.GROUPS} | {figures.BOTH: (Cadence.CATEGORY, Cadence.ORDINARY)}
WORDS = dict(Cadence.GROUPS) | {figures.BOTH: "五必访和一般户"}
# What can be said of a month that is over; whether a household has anything open is known of today alone.
ALWAYS = ("owed", "made", "left", "away")
NOW = ("calm", "busy")


class RowsPage(DeskPage):
    """走访覆盖 → the households behind one figure of one month and place."""

    verb = figures.OPENS
    template_name = "visits/behind.html"
    page_size = 50

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        actor, now = self.request.user, Month.of(clock.today())
        month, place = self._month(now), self._place()
        who = self._one_of("who", WHOS, Cadence.CATEGORY)
        parts = ALWAYS + (NOW if month == now and who == Cadence.CATEGORY else ())
        part = self._one_of("part", dict.fromkeys(parts), "owed")
        grids = Territory.objects.visible_to(actor, self.verb).grids()
        grids = grids if place is None else grids.at(place)
        rows = services.rows_behind(WHOS[who], month, grids=list(grids.values_list("pk", flat=True)))
        counts = services.count_parts(rows, month)
        page = self._page(services.part_of(rows, part, month))
        return super().get_context_data(
            rows=self._told(page.rows, month),
            pager={
                way: self._with(**{way: key}) for way in ("before", "after") if (key := getattr(page, way))
            },
            tabs=[(code, services.PARTS[code], counts[code], self._with(part=code)) for code in parts],
            part=part,
            place=place,
            month=month,
            who=WORDS[who],
            both=len(WHOS[who]) > 1,
            is_now=month == now,
            counts=counts,
            sealed=self._sealed(who, month, place, counts) if month < now else None,
            coverage=may(actor, figures.SEES),
            **kwargs,
        )

    def _month(self, now: Month) -> Month:
        try:
            month = Month.parse(self.request.GET.get("month") or str(now))
        except ValueError:
            raise Http404("no such month") from None
        if month > now:
            raise Http404("not yet here")
        return month

    def _place(self) -> Territory | None:
        """A place the reader oversees; None: all of them."""
        asked = self.request.GET.get("place")
        if not asked:
            return None
        seen = Territory.objects.visible_to(self.request.user, self.verb).select_related("parent")
        place = seen.filter(pk=whole_number(asked)).first()
        if place is None:
            raise Http404("no such place")
        return place

    def _one_of(self, name: str, allowed: Any, default: str) -> str:
        chosen = self.request.GET.get(name) or default
        if chosen not in allowed:
            raise Http404(f"no such {name}")
        return chosen

    def _page(self, rows: Any) -> Any:
        rows = rows.select_related("household__group", "household__village", "territory", "visit__visitor")
        try:
            return Keyset(*ORDER, size=self.page_size).page(
                rows, self.request.GET.get("after"), self.request.GET.get("before")
            )
        except BadKey:
            raise Http404("no such page") from None

    def _told(self, rows: list[Obligation], month: Month) -> list[dict[str, Any]]:
        """Each row with the grid it was counted in, and its visit for who may see visits there."""
        seen, then = reach_of(self.request.user, "visits.see"), services.place_then(rows, month)
        found = []
        for row in rows:
            made = row.discharged_on is not None and row.discharged_on <= month.last
            visit = row.visit if made and seen.covers(row.territory) else None
            late = visit is not None and clock.local_date(visit.received_at) > month.last
            found.append({"row": row, "grid": then[row.pk], "made": made, "visit": visit, "late": late})
        return found

    def _sealed(self, who: str, month: Month, place: Territory | None, counts: dict[str, int]) -> Any:
        """What was reported of this month, where some of it is sealed and something else than what is counted now."""
        places = services.shown_coverage(month=month, actor=self.request.user, verb=self.verb)
        if not any(each.sealed for each in places):
            return None
        shown = [each for village in places for each in (village, *village.grids)]
        found = (
            services.total(places)
            if place is None or place.kind == Territory.TOWN
            else next((each for each in shown if each.territory == place), None)
        )
        if found is None:
            return None
        told = [getattr(found, each) for each in WHOS[who]]
        owed, made = sum(each.owed for each in told), sum(each.made for each in told)
        same = (owed, made) == (counts["owed"], counts["made"])
        return {"owed": owed, "made": made, "same": same, "url": found.sealed and found.sealed.url}

    def _with(self, **changes: str) -> str:
        """This address with other filters, from the first page on."""
        query = self.request.GET.copy()
        for name in ("after", "before", *changes):
            query.pop(name, None)
        query.update(changes)
        return f"?{query.urlencode()}"
