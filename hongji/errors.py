"""How the API says no: one shape, in Chinese, for every door's refusal."""

from typing import Any

from django.core.exceptions import ValidationError as Refused
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler, set_rollback

from core.faults import by_field

WHOLE = "__all__"  # where the sentences stand that belong to no single field


def answer(fault: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER. What was sent is wrong, whether a serializer or a service says so: 422 and
    `{"errors": {field: [sentence]}}`. A stranger's row and an unknown one are the same 404, whatever was said when it
    was not found."""
    if isinstance(fault, Refused):
        set_rollback()
        return _refused(by_field(fault, WHOLE))
    if isinstance(fault, exceptions.ValidationError):
        set_rollback()
        return _refused(fault.detail)
    if isinstance(fault, Http404 | exceptions.NotFound):
        fault = exceptions.NotFound("没有找到。")
    elif isinstance(fault, exceptions.ParseError):
        # The parser's own words are English and may repeat what was sent.
        fault = exceptions.ParseError("发来的内容读不懂，格式不对。")
    return exception_handler(fault, context)


def _refused(detail: Any) -> Response:
    found = detail if isinstance(detail, dict) else {WHOLE: detail}
    own = api_settings.NON_FIELD_ERRORS_KEY
    told = {WHOLE if name == own else name: _sentences(said) for name, said in found.items()}
    return Response({"errors": told}, status=422)


def _sentences(told: Any) -> list[str]:
    """What nested faults say, one after the other."""
    if isinstance(told, dict):
        told = list(told.values())
    return [line for each in told for line in _sentences(each)] if isinstance(told, list) else [str(told)]
