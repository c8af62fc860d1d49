"""How the API says no: one shape, in Chinese, for every door's refusal."""

from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.core.exceptions import ValidationError as Refused
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback


def answer(fault: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER. A service's ValidationError is the client's 400, by field; `non_field_errors` holds the
    rest. A stranger's row and an unknown one are the same 404, whatever was said when it was not found."""
    if isinstance(fault, Refused):
        set_rollback()
        if not hasattr(fault, "error_dict"):
            return Response({"non_field_errors": fault.messages}, status=400)
        by_field = dict(fault.message_dict)
        if NON_FIELD_ERRORS in by_field:
            by_field["non_field_errors"] = by_field.pop(NON_FIELD_ERRORS)
        return Response(by_field, status=400)
    if isinstance(fault, Http404 | exceptions.NotFound):
        fault = exceptions.NotFound("没有找到。")
    elif isinstance(fault, exceptions.ParseError):
        # The parser's own words are English and may repeat what was sent.
        fault = exceptions.ParseError("发来的内容读不懂，格式不对。")
    return exception_handler(fault, context)
