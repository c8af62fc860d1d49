"""The API of the register: households in pages, one card, finding, and the changes of the register."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError as Refused
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.idnumber import looks_secret
from core.paging import KeysetPagination
from core.scope import must
from grids import services
from grids.card import as_values, card, rows
from grids.models import Household, Person, RegisterChange
from grids.serializers import ChangeIn, FindText, Why, change_json

SECRET = "身份证号和电话不写在地址里。用搜索框找，地址栏里不留号码。"
_OBJECT = {200: OpenApiTypes.OBJECT}
_UUID = OpenApiParameter("uuid", OpenApiTypes.UUID, OpenApiParameter.PATH)


class Door(viewsets.ViewSet):
    """A number that is taken is 409."""

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, services.Conflict):
            return Response({"detail": str(exc)}, status=status.HTTP_409_CONFLICT)
        return super().handle_exception(exc)


def _whole_number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise Http404
    return int(text)


def _found(actor: Any, text: str) -> list[dict[str, Any]]:
    """List rows of the households found, each with the person whose name or number it was."""
    found = services.find(actor, text)
    ids = {row.household.pk for row in found}
    shown = {row["id"]: row for row in rows(actor, list(as_values(Household.objects.filter(pk__in=ids))))}
    return [
        shown[row.household.pk] | {"person": row.person and {"id": row.person.pk, "name": row.person.name}}
        for row in found
    ]


def _shown(actor: Any, found: list[RegisterChange]) -> list[dict[str, Any]]:
    decides = services.acceptable(actor, found)
    return [change_json(row, row.pk in decides, actor) for row in found]


class Households(Door):
    """户."""

    page_order = ("village_id", "id")
    page_size = 50

    @extend_schema(
        operation_id="households_list",
        parameters=[
            OpenApiParameter("after", str, description="上一页的 next"),
            OpenApiParameter("group", int, description="只要一个村民组"),
            OpenApiParameter("q", str, description="姓名、拼音或户编号；身份证号和电话用 POST find/"),
        ],
        responses=_OBJECT,
    )
    def list(self, request: Request) -> Response:
        """户的清单，一页一页给。"""
        must(request.user, "households.see")
        if any(looks_secret(text) for values in request.query_params.lists() for text in values[1]):
            raise Refused({"q": SECRET})
        if text := request.query_params.get("q", ""):
            return Response({"results": _found(request.user, text), "next": None})
        households = Household.objects.present().visible_to(request.user, "households.see")
        if group := request.query_params.get("group", ""):
            households = households.filter(group=_whole_number(group))
        pages = KeysetPagination()
        page = pages.paginate_queryset(as_values(households), request, self)
        return pages.get_paginated_response(rows(request.user, page))

    @extend_schema(parameters=[OpenApiParameter("id", int, OpenApiParameter.PATH)], responses=_OBJECT)
    def retrieve(self, request: Request, pk: str) -> Response:
        """一户的卡片。"""
        households = Household.objects.visible_to(request.user, "households.see")
        households = households.select_related("group", "territory__parent")
        household = get_object_or_404(households, pk=_whole_number(pk))
        return Response(card(request.user, household))

    @extend_schema(request=FindText, responses=_OBJECT)
    @action(detail=False, methods=["post"])
    def find(self, request: Request) -> Response:
        """按姓名、拼音、户编号、身份证号或电话找，最多 20 条。"""
        must(request.user, "households.see")
        asked = FindText(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response({"results": _found(request.user, asked.validated_data["text"])})


class Changes(Door):
    """户籍变动."""

    lookup_field = "uuid"
    lookup_value_converter = "uuid"
    page_order = ("-id",)
    page_size = 50

    def _visible(self, actor: Any) -> QuerySet:
        found = RegisterChange.objects.visible_to(actor, "register.propose")
        return found.select_related(
            "territory", "household__territory", "other__territory", "person", "proposed_by", "decided_by"
        )

    def _one(self, request: Request, uuid: UUID, status_code: int = 200) -> Response:
        row = self._visible(request.user).get(client_id=uuid)
        return Response(_shown(request.user, [row])[0], status=status_code)

    @extend_schema(
        parameters=[
            OpenApiParameter("after", str),
            OpenApiParameter("state", str, enum=[state for state, _ in RegisterChange.STATES]),
        ],
        responses=_OBJECT,
    )
    def list(self, request: Request) -> Response:
        """报上来的变动，新的在前。"""
        must(request.user, "register.propose")
        found = self._visible(request.user)
        if state := request.query_params.get("state", ""):
            found = found.filter(state=state)
        pages = KeysetPagination()
        page = pages.paginate_queryset(found, request, self)
        return pages.get_paginated_response(_shown(request.user, page))

    @extend_schema(parameters=[_UUID], request=ChangeIn, responses=_OBJECT | {201: OpenApiTypes.OBJECT})
    def update(self, request: Request, uuid: UUID) -> Response:
        """报一件变动；同一个编号、同样的内容再报一次，还是那一件。"""
        must(request.user, "register.propose")
        asked = ChangeIn(data=request.data)
        asked.is_valid(raise_exception=True)
        told = dict(asked.validated_data)
        told["household"] = self._row(Household, request, told.get("household"))
        told["person"] = self._row(Person, request, told.get("person"))
        is_new = not RegisterChange.objects.filter(client_id=uuid).exists()
        services.change(actor=request.user, client_id=uuid, **told)
        return self._one(request, uuid, 201 if is_new else 200)

    def _row(self, model: Any, request: Request, pk: int | None) -> Any:
        """A visible row by its id, 404 for a stranger's."""
        if pk is None:
            return None
        if pk >= 2**63 or pk < 0:
            raise Http404
        return get_object_or_404(model.objects.visible_to(request.user, "register.propose"), pk=pk)

    def _decide(self, request: Request, uuid: UUID, verb: Any, **more: Any) -> Response:
        row = get_object_or_404(self._visible(request.user), client_id=uuid)
        verb(actor=request.user, change=row, **more)
        return self._one(request, uuid)

    @extend_schema(parameters=[_UUID], request=None, responses=_OBJECT)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, uuid: UUID) -> Response:
        """同意，当时就办。"""
        return self._decide(request, uuid, services.accept)

    @extend_schema(parameters=[_UUID], request=Why, responses=_OBJECT)
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, uuid: UUID) -> Response:
        """不同意，写明原因。"""
        asked = Why(data=request.data)
        asked.is_valid(raise_exception=True)
        return self._decide(request, uuid, services.refuse, why=asked.validated_data["why"])

    @extend_schema(parameters=[_UUID], request=None, responses=_OBJECT)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, uuid: UUID) -> Response:
        """撤销，恢复原样。"""
        return self._decide(request, uuid, services.undo)


ROUTES = [("households", Households), ("changes", Changes)]
