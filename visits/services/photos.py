"""A visit's photo: always drawn anew as a plain JPEG, so that no place, device or hidden file travels with it."""

import io
from typing import Any, BinaryIO

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from PIL import Image, ImageOps, UnidentifiedImageError

from core.scope import must
from visits.models import Held, Visit
from visits.services.rights import carried_then

MOST_BYTES = 8 * 2**20
MOST_PIXELS = 60_000_000
LONGEST_SIDE = 1600
TOO_LARGE = f"照片太大，最多 {MOST_BYTES // 2**20} MB，拍小一点再传。"
TOO_MANY_PIXELS = "照片的像素太多，拍小一点再传。"
_KINDS = ("JPEG", "PNG", "WEBP")


@transaction.atomic
def add_photo(*, actor: Any, visit: Visit | Held, photo: BinaryIO, size: int) -> None:
    """Keep a photo with the actor's own visit, where she still visits, or with what is on hold of hers; in place of an
    earlier one. ValidationError: no picture."""
    kept = _held_of(actor, visit) if isinstance(visit, Held) else _visit_of(actor, visit)
    if size > MOST_BYTES:
        raise ValidationError({"photo": TOO_LARGE})
    keep_drawn(kept, redraw_photo(photo))


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


def keep_drawn(visit: Visit | Held, drawn: bytes) -> None:
    """Store a picture that redraw_photo made, in place of an earlier one."""
    old = visit.photo.name
    visit.photo.save(f"{visit.uuid.hex}.jpg", ContentFile(drawn), save=True)
    if old and old != visit.photo.name:
        transaction.on_commit(lambda: visit.photo.storage.delete(old))


def redraw_photo(photo: BinaryIO) -> bytes:
    """The picture alone, upright, at most 1600 pixels long, as JPEG without EXIF; ValidationError if it is none."""
    try:
        with Image.open(photo, formats=_KINDS) as found:
            if found.width * found.height > MOST_PIXELS:
                raise ValidationError({"photo": TOO_MANY_PIXELS})
            found.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            picture = ImageOps.exif_transpose(found).convert("RGB")
    except Image.DecompressionBombError as fault:
        raise ValidationError({"photo": TOO_MANY_PIXELS}) from fault
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as fault:
        raise ValidationError({"photo": "这不是能打开的照片，换一张。"}) from fault
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    picture.info.clear()
    drawn = io.BytesIO()
    picture.save(drawn, "JPEG", quality=82, optimize=True)
    return drawn.getvalue()
