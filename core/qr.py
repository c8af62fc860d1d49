"""The picture of a QR code, drawn into the page itself: no file, no address that a log could keep."""

import segno
from django.utils.safestring import SafeString, mark_safe


def qr_picture(text: str) -> SafeString:
    """An `<svg class="qr-code">` of any size, without a frame: the paper around it has one."""
    drawn = segno.make(text, error="m", micro=False)
    picture = drawn.svg_inline(border=0, omitsize=True, svgclass="qr-code", lineclass=None)
    return mark_safe(picture)  # drawn by segno as squares; the text itself does not stand in it
