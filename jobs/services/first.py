"""Whom the law helps first: households on 低保 in which who could work has no work."""

from django.db.models import Exists, OuterRef, QuerySet

from core import clock
from grids.models import Category, Household, Territory
from jobs.models import Labour
from jobs.services.registering import of_working_age

LOW_INCOME = "lowincome"


def homes_to_help_first(place: Territory | None = None) -> QuerySet:
    """Keys of the households (of a place) that are on 低保 today, with somebody of working age who could work, and
    nobody in work (社会救助暂行办法 §43). Whose age or work the register does not know counts for neither."""
    noted = Labour.objects.living().filter(person__household=OuterRef("pk"), until__isnull=True)
    helped = Category.objects.in_force().filter(household=OuterRef("pk"), kind__code=LOW_INCOME)
    able = noted.filter(of_working_age(clock.today(), "person__"), status__in=Labour.ABLE)
    rows = Household.objects.present() if place is None else Household.objects.present().at(place)
    rows = rows.filter(Exists(helped), Exists(able)).exclude(Exists(noted.in_work()))
    return rows.order_by().values_list("pk", flat=True)
