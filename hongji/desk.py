"""The desk's first page: what every room has registered in core.board, as this actor sees it; and what came in."""

import datetime as dt
from typing import Any

from django.http import Http404
from django.urls import reverse

from appeals.services import open_by_village
from core import board, clock
from core.menu import register_menu
from core.paging import BadKey, Keyset
from core.periods import Month
from core.scope import may
from core.views import DeskPage, whole_number
from grids.models import Post, Territory

register_menu("", "首页", "desk", "", 0)
register_menu("", "无事板", "waiting", "", 1)


class DeskHome(DeskPage):
    """Figures, panels, what came in and what waits; somebody without a post is told whom to ask."""

    template_name = "desk/home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        actor, today = self.request.user, clock.today()
        panels = board.panels_for(actor)
        posts = list(Post.objects.of(actor).select_related("territory__parent"))
        return super().get_context_data(
            today=today,
            now=clock.now(),
            place=_where(posts),
            before=Month.of(today).previous if may(actor, "figures.see") else None,
            opened=whole_number(asked) if (asked := self.request.GET.get("open")) else None,
            figures=board.figures_for(actor),
            arrived=arrived_on(actor, today),
            waiting=board.waiting_for(actor),
            wide=[panel for panel in panels if panel.wide],
            narrow=[panel for panel in panels if not panel.wide],
            posted=bool(posts),
            records=may(actor, "visits.record"),
            **kwargs,
        )


def _where(posts: list[Post]) -> str:
    """全镇, or the places of her posts."""
    places = [post.territory for post in posts]
    if any(place.kind == Territory.TOWN for place in places):
        return "全镇"
    return "、".join(dict.fromkeys(place.full_name for place in places))


def arrived_on(actor: Any, day: dt.date) -> list[tuple[board.Arrival, board.Number]]:
    """Every kind of which this actor sees rows, with how many came in on that day."""
    found = []
    for arrival in board.arrivals():
        rows = arrival.rows(actor, day)
        if rows is not None:
            url = f"{reverse('arrived')}?list={arrival.code}&day={day}"
            found.append((arrival, board.Number(rows.count(), arrival.unit, url)))
    return found


class WaitingPage(DeskPage):
    """无事板: everything whose next step is this person's, the oldest first; village by village what is still open."""

    template_name = "desk/waiting.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        actor = self.request.user
        return super().get_context_data(
            lines=board.all_waiting(actor),
            count=board.count_waiting(actor),
            most=board.OLDEST.most,
            villages=open_by_village(actor),
            today=clock.today(),
            **kwargs,
        )


class ArrivedPage(DeskPage):
    """今天到的: every row of one kind that came in on one day, newest first."""

    template_name = "desk/arrived.html"
    page_size = 50

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        actor, today = self.request.user, clock.today()
        day = self._day(today)
        kinds = arrived_on(actor, day)
        asked = self.request.GET.get("list") or (kinds[0][0].code if kinds else "")
        arrival = next((each for each, _ in kinds if each.code == asked), None)
        if arrival is None and asked:
            raise Http404("no such list")
        page = self._page(arrival.rows(actor, day)) if arrival else None
        return super().get_context_data(
            day=day,
            is_today=day == today,
            kinds=kinds,
            arrival=arrival,
            lines=arrival.tell(actor, page.rows) if arrival and page else [],
            pager=self._pager(page) if page else {},
            before=day - dt.timedelta(days=1),
            after=day + dt.timedelta(days=1) if day < today else None,
            **kwargs,
        )

    def _day(self, today: dt.date) -> dt.date:
        try:
            day = dt.date.fromisoformat(self.request.GET.get("day") or today.isoformat())
        except ValueError:
            raise Http404("no such day") from None
        if not dt.date(2000, 1, 1) <= day <= today:
            raise Http404("not yet here")
        return day

    def _page(self, rows: Any) -> Any:
        try:
            return Keyset("-pk", size=self.page_size).page(
                rows, self.request.GET.get("after"), self.request.GET.get("before")
            )
        except BadKey:
            raise Http404("no such page") from None

    def _pager(self, page: Any) -> dict[str, str]:
        found = {}
        for way in ("before", "after"):
            if key := getattr(page, way):
                query = self.request.GET.copy()
                query.pop("before", None)
                query.pop("after", None)
                query[way] = key
                found[way] = f"?{query.urlencode()}"
        return found
