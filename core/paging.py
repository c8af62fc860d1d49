"""Pages by key: the next page begins after the last row of this one, so page 2,000 costs what page 1 costs.

The key is the values of the ordering columns of one row, so order by columns that may stand in an address: numbers,
dates, positions, ids; never a name, a phone or an identity number.
"""

import base64
import binascii
import datetime as dt
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet, FullResultSet, ValidationError
from django.db.models import F, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from rest_framework.exceptions import NotFound
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response


class BadKey(ValueError):
    """The key of a page was not made by us, or not for this list."""


@dataclass(frozen=True)
class Page:
    """The rows of one page and the keys that lead on and back (None at the ends)."""

    rows: list[Any]
    after: str | None
    before: str | None


class Keyset:
    """Pages over a queryset in one order. `order` names columns that are never empty, "-" for downwards; the last one
    must be unique (`pk`), and all go the same way."""

    def __init__(self, *order: str, size: int = 50) -> None:
        if len({_way(name) for name in order}) != 1:
            raise TypeError(f"a list is ordered upwards or downwards, not both: {order}")
        self.order, self.size = order, size

    def page(self, rows: QuerySet, after: str | None = None, before: str | None = None) -> Page:
        """One page; BadKey if a key is not ours. With `before`, the page that ends just above that row."""
        back = bool(before) and not after
        order = [self._turned(name) for name in self.order] if back else list(self.order)
        key = before if back else after
        found = rows.order_by(*order)
        if key:
            found = self._from(found, order, _read(key, len(order)))
        got = list(found[: self.size + 1])
        more, got = len(got) > self.size, got[: self.size]
        if back:
            got.reverse()
        if not got:
            return Page([], None, None)
        onward = more if not back else True
        backward = bool(key) if not back else more
        return Page(got, self._key(got[-1]) if onward else None, self._key(got[0]) if backward else None)

    def _from(self, rows: QuerySet, order: Sequence[str], values: list[Any]) -> QuerySet:
        names = [name.lstrip("-") for name in order]
        # (village, id) > (7, 400) as PostgreSQL compares rows: an index in this order begins right there. For SQLite
        # Django writes it out with OR, which hides the range from the index: the first column alone bounds it there.
        beyond = _BEYOND[_way(order[0])](Tuple(*map(F, names)), tuple(values))
        bound = Q(**{f"{names[0]}__{_way(order[0])}e": values[0]})
        try:
            found = rows.filter(bound, beyond)
            # Some values are only looked at when the condition is written.
            with suppress(EmptyResultSet, FullResultSet):
                found.query.get_compiler(using=found.db).compile(found.query.where)
        except (ValueError, TypeError, OverflowError, ValidationError) as wrong:
            raise BadKey("not a key of this list") from wrong
        return found

    def _key(self, row: Any) -> str:
        values = [_value(row, name.lstrip("-")) for name in self.order]
        return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")

    @staticmethod
    def _turned(name: str) -> str:
        return name[1:] if name.startswith("-") else f"-{name}"


class KeysetPagination(BasePagination):
    """The API's pages: `?after=<key>` gives {"results", "next"}; a viewset says `page_order` (and `page_size`)."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        keyset = Keyset(*getattr(view, "page_order", ("pk",)), size=getattr(view, "page_size", 50))
        try:
            self.page = keyset.page(queryset, request.query_params.get("after"))
        except BadKey:
            raise NotFound from None
        return self.page.rows

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self.page.after})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["results", "next"],
            "properties": {"results": schema, "next": {"type": "string", "nullable": True}},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": "after",
                "in": "query",
                "required": False,
                "description": "上一页最后一条的 next",
                "schema": {"type": "string"},
            }
        ]


_BEYOND = {"lt": TupleLessThan, "gt": TupleGreaterThan}


def _way(name: str) -> str:
    return "lt" if name.startswith("-") else "gt"


def _value(row: Any, name: str) -> Any:
    if isinstance(row, dict):
        found = row[name]
    else:
        found = row
        for step in name.split("__"):
            found = getattr(found, step)
    return found.isoformat() if isinstance(found, dt.date | dt.datetime) else found


def _fit(text: str) -> bool:
    """Whether the database takes such a text: no zero, no half of a character."""
    return len(text) <= 200 and "\0" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def _read(key: str, length: int) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)))
    except (binascii.Error, ValueError, RecursionError) as wrong:
        raise BadKey("not a key") from wrong
    plain = (str, int)
    if not isinstance(values, list) or len(values) != length or not all(isinstance(v, plain) for v in values):
        raise BadKey("not a key of this list")
    if any(isinstance(v, bool) or (isinstance(v, int) and abs(v) >= 2**63) for v in values) or any(
        isinstance(v, str) and not _fit(v) for v in values
    ):
        raise BadKey("not a key of this list")
    return values
