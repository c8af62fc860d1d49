"""The API of visits: who am I, whom to visit, and the visit itself under the number the phone gave it."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError as Refused
from django.db.models import QuerySet
from django.http import FileResponse, Http404
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import second_factor
from core import clock
from core.paging import BadKey, Keyset, KeysetPagination
from core.periods import Month
from core.scope import may, must, reach_of
from grids.models import Household
from visits import services
from visits.me import me_json
from visits.models import Finding, Visit
from visits.serializers import (
    CHANGE_PATH,
    SettleIn,
    VisitIn,
    VisitOut,
    discharged_json,
    due_json,
    findings_json,
)

DUE_PAGE = 200
_PHOTO = {"type": "object", "properties": {"photo": {"type": "string", "format": "binary"}}}
_OBJECT = {200: OpenApiTypes.OBJECT}


class Door(APIView):
    """What every door of this room says when the content is wrong: 422 and the sentences, field by field."""

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, Refused):
            by_field = exc.message_dict if hasattr(exc, "error_dict") else {"__all__": exc.messages}
            return Response({"errors": by_field}, status=status.HTTP_422_UNPROCESSABLE_ENTITY)
        if isinstance(exc, ValidationError):
            return Response({"errors": _flat(exc.detail)}, status=status.HTTP_422_UNPROCESSABLE_ENTITY)
        return super().handle_exception(exc)


def _flat(detail: Any) -> dict[str, list[str]]:
    """DRF's nested faults as {field: [sentence]}."""

    def sentences(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [line for each in value.values() for line in sentences(each)]
        if isinstance(value, list):
            return [line for each in value for line in sentences(each)]
        return [str(value)]

    found = detail if isinstance(detail, dict) else {"__all__": detail}
    return {
        "__all__" if name == "non_field_errors" else name: sentences(value) for name, value in found.items()
    }


class Me(Door):
    @extend_schema(responses=_OBJECT)
    def get(self, request: Request) -> Response:
        """谁在用：姓名、岗位、能办的事，和写入时要带的令牌。"""
        found = me_json(request.user)
        found |= {
            "demo": settings.DEMO,
            "csrf": get_token(request),
            "second_factor": second_factor.passed(request),
        }
        return Response(found)


class Due(Door):
    @extend_schema(
        parameters=[
            OpenApiParameter("group", int, description="只要一个村民组"),
            OpenApiParameter("list", str, description="只要一类对象，如 lonely、special"),
            OpenApiParameter("page_key", str, description="上一页的 next"),
        ],
        responses=_OBJECT,
    )
    def get(self, request: Request) -> Response:
        """应访清单：没访到的在前，再按组和户编号；一户只列一次。"""
        today, actor = clock.today(), request.user
        reach = services.reach_for_due(actor)
        category = request.query_params.get("list", "")
        if category:
            must(actor, "categories.see")
        led = services.secretary_of(actor)
        wanted = services.Wanted(secretary_of=led)
        homes = services.due_households(
            reach=reach,
            wanted=wanted,
            today=today,
            group=_number(request, "group"),
            category=category,
            categories=reach_of(actor, "categories.see"),
        )
        try:
            page = Keyset(*services.ORDER, size=DUE_PAGE).page(homes, request.query_params.get("page_key"))
        except BadKey:
            raise Http404 from None
        rows = services.due_rows(actor=actor, found=page.rows, wanted=wanted, today=today)
        board, month = services.calm_board(reach=reach, today=today), Month.of(today)
        found: dict[str, Any] = {
            "today": today,
            "month": {"title": month.title, "last": month.last},
            "board": {"calm": board.calm, "busy": board.busy, "waiting": board.waiting, "total": board.total},
        }
        for section in ("overdue", "due", "ordinary", *(["secretary"] if led else [])):
            found[section] = [due_json(row) for row in rows if row.section == section]
        return Response(found | {"next": page.after})


def _number(request: Request, name: str) -> int | None:
    text = request.query_params.get(name)
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Http404
    return int(text)


class Visits(Door):
    """The log, newest first."""

    page_order = ("-pk",)
    page_size = 50

    @extend_schema(operation_id="visits_list", parameters=[OpenApiParameter("after", str)], responses=_OBJECT)
    def get(self, request: Request) -> Response:
        """走访记录，新的在前。"""
        pages = KeysetPagination()
        rows = pages.paginate_queryset(_whole(Visit.objects.readable_by(request.user)), request, self)
        return pages.get_paginated_response(VisitOut(rows, many=True).data)


def _whole(visits: QuerySet) -> QuerySet:
    return visits.select_related("household", "visitor", "corrects").prefetch_related(
        "companions", "findings"
    )


def _seen(request: Request, uuid: UUID) -> Visit:
    """A visit the actor may read, or her own where she still visits; the same 404 for any other and an unknown one."""
    return get_object_or_404(_whole(Visit.objects.readable_by(request.user)), uuid=uuid)


class OneVisit(Door):
    @extend_schema(responses=VisitOut)
    def get(self, request: Request, uuid: UUID) -> Response:
        """一次走访。"""
        return Response(VisitOut(_seen(request, uuid)).data)

    @extend_schema(request=VisitIn, responses={200: OpenApiTypes.OBJECT, 201: OpenApiTypes.OBJECT})
    def put(self, request: Request, uuid: UUID) -> Response:
        """记一次走访。编号由手机定：同样的内容再送一次，还是这一条；内容不同是 409。"""
        sent = VisitIn(data=request.data)
        sent.is_valid(raise_exception=True)
        content = dict(sent.validated_data)
        household = self._household(request, uuid, content.pop("household"))
        if corrects := content.pop("corrects", None):
            content["corrects"] = _seen(request, corrects)
        try:
            recorded = services.record_visit(actor=request.user, uuid=uuid, household=household, **content)
        except services.Conflict as conflict:
            return self._conflict(request, conflict)
        return Response(
            self._receipt(recorded),
            status=status.HTTP_201_CREATED if recorded.created else status.HTTP_200_OK,
        )

    def _household(self, request: Request, uuid: UUID, pk: int) -> Household:
        """The household within reach. What was recorded once keeps its answer after the household has moved on."""
        known = (
            Visit.objects.filter(uuid=uuid, visitor=request.user, household=pk)
            .select_related("household")
            .first()
        )
        if known:
            return known.household
        return get_object_or_404(Household.objects.visible_to(request.user, "households.see"), pk=pk)

    def _receipt(self, recorded: services.Recorded) -> dict[str, Any]:
        visit = recorded.visit
        return {
            "uuid": visit.uuid,
            "number": visit.receipt,
            "day": visit.day,
            "counts": visit.counts,
            "discharged": discharged_json(recorded.discharged()),
            "proposed": recorded.proposed(),
            "undo_until": services.undo_until(visit),
            "server_time": clock.now(),
        }

    def _conflict(self, request: Request, conflict: services.Conflict) -> Response:
        """One fixed body; both sides only for the author and for who may see the stored one."""
        found: dict[str, Any] = {"detail": str(conflict)}
        with suppress(Http404):
            found["mine"] = VisitOut(_seen(request, conflict.visit.uuid)).data
        return Response(found, status=status.HTTP_409_CONFLICT)


class Undo(Door):
    @extend_schema(request=None, responses=_OBJECT)
    def post(self, request: Request, uuid: UUID) -> Response:
        """撤销一次走访：它走到的，又变回待访。"""
        visit = services.undo_visit(actor=request.user, visit=_seen(request, uuid))
        return Response({"uuid": visit.uuid, "undone": True, "server_time": clock.now()})


class Photo(Door):
    parser_classes = [MultiPartParser]

    @extend_schema(responses={(200, "image/jpeg"): OpenApiTypes.BINARY})
    def get(self, request: Request, uuid: UUID) -> FileResponse:
        """这次走访的照片。"""
        visit = _seen(request, uuid)
        if not visit.photo or visit.void_at is not None:
            raise Http404
        return FileResponse(
            visit.photo.open("rb"), content_type="image/jpeg", filename=f"{visit.receipt}.jpg"
        )

    @extend_schema(
        request={
            "multipart/form-data": {
                "type": "object",
                "properties": {"photo": {"type": "string", "format": "binary"}},
            }
        },
        responses=_OBJECT,
    )
    def post(self, request: Request, uuid: UUID) -> Response:
        """添一张照片（可以不拍）：重新画过，不带位置。"""
        visit, photo = _seen(request, uuid), request.FILES.get("photo")
        if photo is None:
            raise Refused({"photo": "没有收到照片，再选一次。"})
        services.add_photo(actor=request.user, visit=visit, photo=photo.file, size=photo.size)
        return Response({"uuid": visit.uuid, "has_photo": True})


class Findings(Door):
    """What visits found, newest first: the phone's 待办."""

    page_order = ("-pk",)
    page_size = 50

    @extend_schema(
        parameters=[
            OpenApiParameter("after", str),
            OpenApiParameter("state", str, enum=[state for state, _ in Finding.STATES]),
        ],
        responses=_OBJECT,
    )
    def get(self, request: Request) -> Response:
        """走访发现的情况，新的在前。"""
        if not may(request.user, "visits.record"):
            must(request.user, "visits.see")
        found = Finding.objects.readable_by(request.user).filter(visit__void_at=None)
        if state := request.query_params.get("state"):
            found = found.filter(state=state)
        pages = KeysetPagination()
        found = found.select_related("household", "visit__visitor", "territory", "person", *CHANGE_PATH)
        rows = pages.paginate_queryset(found, request, self)
        return pages.get_paginated_response(findings_json(rows, request.user))


class Settle(Door):
    @extend_schema(request=SettleIn, responses=_OBJECT)
    def post(self, request: Request, pk: int) -> Response:
        """办结或转办一件走访发现的情况。"""
        finding = get_object_or_404(Finding.objects.readable_by(request.user), pk=pk)
        sent = SettleIn(data=request.data)
        sent.is_valid(raise_exception=True)
        settled = services.settle_finding(actor=request.user, finding=finding, **sent.validated_data)
        return Response(
            {"id": settled.pk, "state": settled.state, "state_title": settled.get_state_display()}
        )


urlpatterns = [
    path("me/", Me.as_view(), name="api-me"),
    path("due/", Due.as_view(), name="api-due"),
    path("visits/", Visits.as_view(), name="api-visits"),
    path("visits/<uuid:uuid>/", OneVisit.as_view(), name="api-visit"),
    path("visits/<uuid:uuid>/undo/", Undo.as_view(), name="api-visit-undo"),
    path("visits/<uuid:uuid>/photo/", Photo.as_view(), name="api-visit-photo"),
    path("findings/", Findings.as_view(), name="api-findings"),
    path("findings/<int:pk>/settle/", Settle.as_view(), name="api-finding-settle"),
]
