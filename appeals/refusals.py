"""A page of one row once more after a refused step, with the sentence and what was typed at the step's form."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from appeals.services import Conflict
from core.faults import refusal
from core.views import DeskPage

STORED = "这张表记过一次了，写的和这次不一样。先看看记着的；要另记一次，再点一次。"
Told = Mapping[str, Sequence[str]]


def shown_again(
    page: type[DeskPage],
    request: HttpRequest,
    pk: int,
    code: str,
    why: ValidationError | PermissionDenied | Conflict,
    put: Callable[[Told], dict[str, Any]] | None = None,
) -> HttpResponse:
    """`page` of the row `pk`: what was said and typed at the step `code`, above all where it is offered no more. `put`:
    what the page is given instead, out of the sentences by field. Of a Conflict it can be sent once more: each form of
    the page has a number of its own."""
    told, status = ({"": [STORED]}, 409) if isinstance(why, Conflict) else refusal(why)
    shown = page()
    shown.setup(request, pk=pk)
    more = put(told) if put else {"refused": told, "typed": request.POST, "opened": code}
    assert page.template_name is not None
    return render(request, page.template_name, shown.get_context_data(pk=pk, **more), status=status)
