"""How a workbook comes in: too large is refused before it is read, and what fits stays in memory until it is sealed."""

import functools
import io
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from ledgers.asking import MOST_BYTES

AROUND = 64 * 1024  # the other fields of the form and the lines between them
DRAINED = 400 * 1024 * 1024


class InMemory(FileUploadHandler):
    """Keeps a file of at most MOST_BYTES in memory: no plain copy of a roster lies on the disk."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.held = io.BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) > MOST_BYTES:
            raise StopUpload(connection_reset=False)
        self.held.write(raw_data)

    def file_complete(self, file_size: int) -> SimpleUploadedFile:
        return SimpleUploadedFile(self.file_name or "", self.held.getvalue(), self.content_type or "")


def too_large(request: HttpRequest) -> bool:
    """Whether the request says that it is larger than any workbook we take, or does not say how large it is."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return not length.isdecimal() or int(length) > MOST_BYTES + AROUND


def prepare(request: HttpRequest) -> None:
    """To be called before anything asks for request.POST or request.FILES."""
    request.upload_handlers = [InMemory(request)]


def drain(request: HttpRequest) -> None:
    """Read what is still coming and throw it away: a browser shows an answer only once it has sent everything."""
    left = min(int(request.META.get("CONTENT_LENGTH") or 0), DRAINED)
    while left > 0 and (piece := request.read(min(left, 1 << 16))):
        left -= len(piece)


def takes_upload(refuse: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Decorator of a view that takes a workbook; `refuse(request)` answers what is too large (413).

    The size is looked at before the token of the form, because looking for the token reads the whole upload.
    """

    def wrap(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        guarded = csrf_protect(view)

        @csrf_exempt
        @functools.wraps(view)
        def first(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method == "POST":
                if too_large(request):
                    drain(request)
                    return refuse(request)
                prepare(request)
            return guarded(request, *args, **kwargs)

        return first

    return wrap
