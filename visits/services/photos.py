"""A visit's photo: whose visit it may be added to."""

from typing import Any, BinaryIO

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from core.photos import keep_photo
from core.scope import must
from visits.models import Held, Visit
from visits.services.rights import carried_then


@transaction.atomic
def add_photo(*, actor: Any, visit: Visit | Held, photo: BinaryIO, size: int) -> None:
    """Keep a photo with the actor's own visit, where she still visits, or with what is on hold of hers; in place of an
    earlier one. ValidationError: no picture."""
    kept = _held_of(actor, visit) if isinstance(visit, Held) else _visit_of(actor, visit)
    keep_photo(kept, photo, size)


def _visit_of(actor: Any, visit: Visit) -> Visit:
    visit = Visit.objects.select_for_update(of=("self",)).select_related("territory").get(pk=visit.pk)
    if visit.visitor_id != actor.pk:
        raise PermissionDenied("只有记走访的人能添照片。")
    if not carried_then(actor, visit):
        must(actor, "visits.record", visit.territory)
    if visit.void_at is not None:
        raise ValidationError({"photo": "这次走访已撤销，不用再添照片。"})
    return visit


def _held_of(actor: Any, held: Held) -> Visit | Held:
    """The row on hold, locked; the visit, if the village has said yes this moment."""
    held = Held.objects.select_for_update(of=("self",)).get(pk=held.pk)
    if held.author_id != actor.pk:
        raise PermissionDenied("只有记走访的人能添照片。")
    if held.state == Held.REFUSED:
        raise ValidationError({"photo": "村里没有记这一次，不用再添照片。"})
    return held.visit or held
