"""What visits tell the monthly screening of disputes (村不漏户): who was met, and who was not after all."""

import datetime as dt

from core.periods import Month
from disputes import services as disputes
from grids.models import Household
from visits.models import Visit


def tell_seen(household: Household, *days: dt.date) -> None:
    """After visits of these days came, were taken back or stand again: the months are told anew from what is in force.

    Runs inside the visit's transaction, under the household's lock. The earliest visit that met somebody counts.
    """
    for month in {Month.of(day) for day in days}:
        met = Visit.objects.in_force().during(month).filter(household=household, met=True)
        first = met.select_related("territory", "visitor").order_by("day", "pk").first()
        if first is None:
            disputes.forget_seen(household=household, month=month)
        else:
            disputes.note_seen(
                household=household, territory=first.territory, day=first.day, actor=first.visitor
            )
