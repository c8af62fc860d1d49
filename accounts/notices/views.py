"""One's own inbox, on the desk and on the phone: the same list in two frames."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from accounts.models import Notice
from accounts.notices import writing
from core.views import ScopedListView


class Inbox(ScopedListView):
    """提醒 on the desk, the newest first. They belong to one person: no reach shows another's."""

    template_name = "accounts/notices.html"
    page_order = ("-created", "-pk")
    page_size = 20

    def get_queryset(self) -> QuerySet:
        return Notice.objects.of(self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(unread=self.get_queryset().unread().count(), **kwargs)


class PhoneInbox(Inbox):
    """The same, held in one hand; linked from 我的."""

    template_name = "accounts/my_notices.html"


@require_POST
def follow(request: HttpRequest, pk: int) -> HttpResponse:
    """Read, and on to where it is done; with `stay`, only read."""
    notice = get_object_or_404(Notice.objects.of(request.user), pk=pk)
    writing.mark_read(notice=notice)
    return _back(request) if "stay" in request.POST else redirect(notice.link)


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    if writing.mark_all_read(user=user):
        messages.success(request, "都算知道了。")
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    return redirect("accounts:my_notices" if "phone" in request.POST else "accounts:notices")
