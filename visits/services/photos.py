"""A visit's photo: always drawn anew as a plain JPEG, so that no place, device or hidden file travels with it."""

import io
from typing import Any, BinaryIO

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from PIL import Image, ImageOps, UnidentifiedImageError

from core.scope import must
from visits.models import Visit

MOST_BYTES = 12 * 2**20
MOST_PIXELS = 60_000_000
LONGEST_SIDE = 1600
_KINDS = ("JPEG", "PNG", "WEBP")


@transaction.atomic
def add_photo(*, actor: Any, visit: Visit, photo: BinaryIO, size: int) -> Visit:
    """Keep a photo with the actor's own visit, where she still visits, in place of an earlier one. ValidationError: no
    picture."""
    visit = Visit.objects.select_for_update(of=("self",)).select_related("territory").get(pk=visit.pk)
    if visit.visitor_id != actor.pk:
        raise PermissionDenied("只有记走访的人能添照片。")
    must(actor, "visits.record", visit.territory)
    if visit.void_at is not None:
        raise ValidationError({"photo": "这次走访已撤销，不用再添照片。"})
    if size > MOST_BYTES:
        raise ValidationError({"photo": f"照片太大，最多 {MOST_BYTES // 2**20} MB，拍小一点再传。"})
    drawn = redraw_photo(photo)
    old = visit.photo.name
    visit.photo.save(f"{visit.uuid.hex}.jpg", ContentFile(drawn), save=True)
    if old and old != visit.photo.name:
        transaction.on_commit(lambda: visit.photo.storage.delete(old))
    return visit


def redraw_photo(photo: BinaryIO) -> bytes:
    """The picture alone, upright, at most 1600 pixels long, as JPEG without EXIF; ValidationError if it is none."""
    try:
        with Image.open(photo, formats=_KINDS) as found:
            if found.width * found.height > MOST_PIXELS:
                raise ValidationError({"photo": "照片的像素太多，拍小一点再传。"})
            found.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            picture = ImageOps.exif_transpose(found).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as fault:
        raise ValidationError({"photo": "这不是能打开的照片，换一张。"}) from fault
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    picture.info.clear()
    drawn = io.BytesIO()
    picture.save(drawn, "JPEG", quality=82, optimize=True)
    return drawn.getvalue()
