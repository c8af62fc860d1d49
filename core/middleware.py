"""What is done to every answer: it stays out of caches, and the session lives as long as it is used."""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from core import clock
from core.scope import reading_only

Answer = Callable[[HttpRequest], HttpResponse]


class NoStore:
    """Nothing the app answers is kept by a browser or a proxy, or listed by a search engine.

    A view that knows its answer to be free of personal data (the phone's shell) sets its own Cache-Control.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
        return response


class ReadingOnly:
    """A GET asks for its reader's posts once: a desk page asks a dozen times who may see what. A request that may
    write asks every time, so that no post outlives its end within one."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        with reading_only():
            return self.get_response(request)


class RollingSession:
    """The session ends after SESSION_COOKIE_AGE without use.

    Django's own switch for that writes the session at every request, and on SQLite every write waits its turn; here
    it is written at most every ten minutes.
    """

    EVERY = timedelta(minutes=10)
    KEY = "used_at"

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Strangers have no session cookie, and asking for their session would cost a query.
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            now = int(clock.now().timestamp())
            if now - request.session.get(self.KEY, 0) >= self.EVERY.total_seconds():
                request.session[self.KEY] = now
        return self.get_response(request)
