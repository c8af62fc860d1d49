"""就业一览 on the desk: the figures of the reader's villages, as bars and one chart."""

from typing import Any

from core import charts, clock
from core.charts import Value
from core.periods import Month
from core.scope import may
from core.views import DeskPage
from grids.models import Territory
from jobs import services
from jobs.desk_pages import place_of
from jobs.match_views import places_of
from jobs.models.words import MANAGES, SEES, SEES_LABOUR


class Overview(DeskPage):
    """Who wants work by trade and village, open places, placed and kept."""

    verb = SEES
    template_name = "jobs/overview.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        actor = self.request.user
        places = places_of(actor)
        place = place_of(self.request, places)
        found = services.overview(actor, place)
        villages = [each for each in places if each.kind == Territory.VILLAGE]
        most = max((max(line.seekers, line.room) for line in found.trades), default=0)
        return super().get_context_data(
            found=found,
            places=places,
            place=place,
            # The figures are of who lives there; the lists also have who is sent there from elsewhere.
            of=place or (villages[0] if len(villages) == 1 else None),
            most=most,
            most_village=max((number for _, number in found.villages), default=0),
            most_reason=max((number for _, number in found.reasons), default=0),
            chart=_chart(found.cohorts),
            said=_said(found.cohorts),
            knows_people=may(actor, SEES_LABOUR),
            manages=may(actor, MANAGES),
            **kwargs,
        )


def _chart(cohorts: list[Any]) -> Any:
    """Of those sent in a month, how many of a hundred have begun; of those begun long enough ago, how many stayed."""
    now = Month.of(clock.today())
    began = [
        Value(100 * each.began / each.sent, final=each.month < now) if each.sent else None for each in cohorts
    ]
    kept = [
        Value(100 * each.kept / each.due, final=each.due == each.began) if each.due else None
        for each in cohorts
    ]
    if not any(began):
        return None
    labels = [str(each.month.first.month) for each in cohorts]
    series = [("到岗", began)] + ([("稳岗", kept)] if any(kept) else [])
    return charts.line_chart(labels, series)


def _said(cohorts: list[Any]) -> str:
    told = [
        f"{each.month.title}推荐 {each.sent} 人次，到岗 {each.began}，该回访的 {each.due} 里稳岗 {each.kept}"
        for each in cohorts
        if each.sent
    ]
    return "；".join(told) or "近十二个月没有推荐过人"
