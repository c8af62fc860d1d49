"""A photo somebody sends: always drawn anew as a plain JPEG, so that no place or device travels hidden in it."""

import io
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from PIL import Image, ImageOps, UnidentifiedImageError

MOST_BYTES = 8 * 2**20
MOST_PIXELS = 60_000_000
LONGEST_SIDE = 1600
TOO_LARGE = f"照片太大，最多 {MOST_BYTES // 2**20} MB，拍小一点再传。"
TOO_MANY_PIXELS = "照片的像素太多，拍小一点再传。"
_KINDS = ("JPEG", "PNG", "WEBP")


def keep_photo(row: Any, photo: BinaryIO, size: int) -> None:
    """Keep a picture with a row that has `photo` and `uuid`. ValidationError: too large, or no picture."""
    if size > MOST_BYTES:
        raise ValidationError({"photo": TOO_LARGE})
    keep_drawn(row, redraw_photo(photo))


def keep_drawn(row: Any, drawn: bytes) -> None:
    """Store a picture that redraw_photo made, in place of an earlier one."""
    old = row.photo.name
    row.photo.save(f"{row.uuid.hex}.jpg", ContentFile(drawn), save=True)
    if old and old != row.photo.name:
        transaction.on_commit(lambda: row.photo.storage.delete(old))


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
