"""How much a door takes in at most: said before anything of it is looked at or kept."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

KB, MB = 2**10, 2**20
MOST_POURED = 200 * MB


class Bounded(APIView):
    """A body of more than `most_bytes` is refused by its sentence (422): sending it again would not help."""

    most_bytes = 256 * KB
    too_large = ("__all__", "内容太长，写短一点再存。")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # First of all: to look whether a page may send at all, the body is parsed already.
        if length_of(request) > self.most_bytes:
            _pour_away(request)
            field, sentence = self.too_large
            raise ValidationError({field: sentence})
        self.take_in(request)
        super().initial(request, *args, **kwargs)

    def take_in(self, request: Request) -> None:
        """A door for bodies larger than Django's own bound reads them here, for whoever is signed in."""
        django_request = request._request
        large = length_of(request) > (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0)
        if large and request.content_type == "application/json" and django_request.user.is_authenticated:
            django_request._body = django_request.read()


def _pour_away(request: Request) -> None:
    """Whoever still sends does not listen: an answer before the end of the body is a broken line to a browser, and a
    phone would send the same again for ever."""
    poured = 0
    while poured < MOST_POURED and (piece := request._request.read(64 * KB)):
        poured += len(piece)


def length_of(request: Request) -> int:
    """What the body says of its length; without that the server hands over nothing."""
    told = request.META.get("CONTENT_LENGTH") or "0"
    return int(told) if str(told).isdigit() else 0
