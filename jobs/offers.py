"""Which places somebody may read of: on the desk by his posts, and everybody what is open, never whom to ring."""

from typing import Any

from django.db.models import Q, QuerySet

from core.scope import nodes_of, reach_of
from grids.models import Territory
from jobs.models import Centre, Trade, Vacancy
from jobs.models.words import SEES
from jobs.services.reading import around


def readable(actor: Any) -> QuerySet[Any]:
    """The places looked after within the actor's reach and around it; of the town's own what was approved, for people
    are sent there from every village."""
    rows = Vacancy.objects.filter(territory__in=around(actor))
    unsaid = Q(territory__kind=Territory.TOWN, state__in=(Vacancy.PENDING, Vacancy.REFUSED))
    return rows.exclude(unsaid & ~Q(territory__in=list(nodes_of(reach_of(actor, SEES)))))


def sendable(actor: Any) -> QuerySet[Any]:
    """To which somebody may be sent, or was: open ones are everybody's, others of who sees jobs there."""
    rows = Vacancy.objects.filter(
        Q(territory__in=list(nodes_of(reach_of(actor, SEES)))) | Q(pk__in=Vacancy.objects.open().values("pk"))
    )
    return rows.select_related("employer", "territory", "trade", "village")


def where_to_say_it(village: Territory | None) -> str:
    """Where somebody goes who wants a place, as the public page and the poster say it: to a centre, if there is one."""
    if village is None:
        return "到村里说一声"
    if (centre := Centre.objects.filter(territory=village).select_related("territory").first()) is None:
        return f"到{village}说一声"
    return f"到{centre}说一声（{centre.address}，{centre.hours}）"


def offered_at(village: Territory | None = None, trade: Trade | None = None) -> QuerySet[Any]:
    """Open places with room, the newest first. Of a village: those looked after or worked in there, and the town's."""
    rows = Vacancy.objects.open().with_room().select_related("employer", "trade", "village")
    if village is not None:
        here = Q(territory=village) | Q(village=village)
        rows = rows.filter(here | Q(territory__kind=Territory.TOWN))
    if trade is not None:
        rows = rows.filter(trade=trade)
    return rows.order_by("-pk")
