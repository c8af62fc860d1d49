"""The base of every desk page: who lacks the verb is refused, what lies out of reach is not found, long lists turn
pages by key, and no identity number or phone is searched for in an address."""

import re
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.generic import DetailView, TemplateView
from django.views.generic.base import View

from core.idnumber import looks_secret
from core.paging import BadKey, Keyset
from core.scope import NOT_YOURS, may


class DeskView(View):
    """A page for holders of `verb` (anywhere; "a|b": of either); "" lets in everybody who is signed in."""

    verb = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.verb and not any(may(request.user, verb) for verb in self.verb.split("|")):
            raise PermissionDenied(NOT_YOURS)
        if any(looks_secret(value) for values in request.GET.lists() for value in values[1]):
            return refuse_secret(request)
        return super().dispatch(request, *args, **kwargs)


def refuse_secret(request: HttpRequest) -> HttpResponse:
    """The answer to a search by identity number or phone in the address, which logs and browsers keep (422)."""
    return render(request, "desk/secret_in_address.html", status=422)


class DeskPage(DeskView, TemplateView):
    """A page without a row of its own."""


class ScopedMixin(DeskView):
    """Rows are looked up through `visible_to(actor, verb)`: another village's row does not exist here."""

    model: Any = None
    queryset: Any = None

    def get_queryset(self) -> QuerySet:
        rows = self.model._default_manager.all() if self.queryset is None else self.queryset.all()
        return rows.visible_to(self.request.user, self.verb)

    def fetch(self, **lookup: Any) -> Any:
        """One visible row or 404."""
        return get_object_or_404(self.get_queryset(), **lookup)


class ScopedListView(ScopedMixin, TemplateView):
    """A list by key: say `model` (or `queryset`), `verb`, `page_order`, `template_name`; the template gets `page`."""

    page_order: tuple[str, ...] = ("pk",)
    page_size = 50

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        try:
            page = Keyset(*self.page_order, size=self.page_size).page(
                self.get_queryset(), self.request.GET.get("after"), self.request.GET.get("before")
            )
        except BadKey:
            raise Http404("no such page") from None
        return super().get_context_data(page=page, rows=page.rows, pager=self._pager(page), **kwargs)

    def _pager(self, page: Any) -> dict[str, str]:
        """Addresses of 上一页 and 下一页 that keep the filters."""
        found = {}
        for way in ("before", "after"):
            if key := getattr(page, way):
                query = self.request.GET.copy()
                query.pop("before", None)
                query.pop("after", None)
                query[way] = key
                found[way] = f"?{query.urlencode()}"
        return found


class ScopedDetailView(ScopedMixin, DetailView):
    """One visible row."""


def key_of(text: str | None) -> int:
    """The key of a row out of what was sent; 0, which is nobody's, for what is none."""
    return int(text) if text and re.fullmatch(r"[0-9]{1,18}", text) else 0


def whole_number(text: str | None) -> int:
    """A number out of an address or a form; BadRequest (400) if it is none."""
    if text is None or not re.fullmatch(r"[0-9]{1,18}", text):
        raise BadRequest("not a number")
    return int(text)
