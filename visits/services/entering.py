"""代录: a clerk enters what somebody else did, from paper or from a workbook. The visit stays the visitor's."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet

from core.scope import OPERATOR, may
from grids.models import Household, Officer, Post, Territory
from visits.services.recording import Recorded, record_visit

# Whose posts can carry visits; whether one did on the day is asked by record_visit.
DUTIES = ("worker", "leader", "assistant", "secretary", "cadre")


class NotClerk(PermissionDenied):
    """Who asks may not enter visits in somebody else's name there."""


def may_enter_for(clerk: Any, visitor: Any, territory: Territory) -> bool:
    """Everybody enters her own; for others, who visits there and leads the village (书记、村干部)."""
    if clerk.pk == visitor.pk:
        return may(clerk, "visits.record", territory)
    return may(clerk, "visits.record", territory) and may(clerk, "register.accept", territory)


@transaction.atomic
def enter_visit(*, clerk: Any, visitor: Any, uuid: UUID, household: Household, **content: Any) -> Recorded:
    """Record a visit in its visitor's name, with who entered it; content and errors as record_visit.

    NotClerk if the clerk may not enter for this visitor there.
    """
    own = clerk is OPERATOR or clerk.pk == visitor.pk
    by = None if own else clerk
    recorded = record_visit(actor=visitor, uuid=uuid, household=household, entered_by=by, **content)
    places = (recorded.visit.territory, household.territory)
    if not own and not any(may_enter_for(clerk, visitor, place) for place in places):
        raise NotClerk("替别人录走访，要村党组织书记或者村干部来录。")
    return recorded


def visitors_at(village: Territory, since: dt.date) -> list[Officer]:
    """Officers with an account who held, on that day or later, a post in the village that visits."""
    found = companions_at(village, since).filter(user__isnull=False, user__is_active=True)
    return list(found.select_related("user"))


def companions_at(village: Territory, since: dt.date) -> QuerySet[Officer]:
    """As visitors_at, with those who have no account: they may have gone along."""
    held = Post.objects.at(village).from_day(since).filter(duty__in=DUTIES)
    return Officer.objects.filter(pk__in=held.values("officer")).order_by("pk")
