"""The API of visits: who am I, whom to visit, and the visit itself under the number the phone gave it."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as Refused
from django.db.models import QuerySet
from django.http import FileResponse, Http404
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import second_factor
from core import clock, photos
from core.doors import KB, Bounded
from core.paging import BadKey, Keyset, KeysetPagination
from core.periods import Month
from core.scope import may, must
from visits import services
from visits.letters import answer_json, held_json, read_letter
from visits.me import me_json
from visits.models import Finding, Held, Visit
from visits.outbox_api import HeldList, Receipts, Sealed
from visits.pack import pack_json
from visits.serializers import (
    CHANGE_PATH,
    SettleIn,
    VisitIn,
    VisitOut,
    due_json,
    findings_json,
    visits_out,
)

DUE_PAGE = 200
_PHOTO = {"type": "object", "properties": {"photo": {"type": "string", "format": "binary"}}}
_OBJECT = {200: OpenApiTypes.OBJECT}
_RECORDED = dict.fromkeys((200, 201, 202), OpenApiTypes.OBJECT)


class Me(APIView):
    @extend_schema(
        parameters=[OpenApiParameter("with", str, enum=["due"], description="连应访清单一起要")],
        responses=_OBJECT,
    )
    def get(self, request: Request) -> Response:
        """谁在用：姓名、岗位、能办的事，和写入时要带的令牌；要了应访清单又归他走的，连清单的第一页。"""
        found = me_json(request.user)
        found |= {
            "demo": settings.DEMO,
            "csrf": get_token(request),
            "second_factor": second_factor.passed(request),
            "sealing": services.sealing_for(request.user),
        }
        if request.query_params.get("with") == "due":
            with suppress(PermissionDenied):
                found["due"] = Due().list(request)[0]
        return Response(found)


class Due(APIView):
    @extend_schema(
        parameters=[
            OpenApiParameter("group", int, description="只要一个村民组"),
            OpenApiParameter(
                "list", str, description="只要一类对象，如 lonely、special；quarrel 是有纠纷没化解的户"
            ),
            OpenApiParameter("page_key", str, description="上一页的 next"),
        ],
        responses=_OBJECT,
    )
    def get(self, request: Request) -> Response:
        """应访清单：没访到的在前，再按组和户编号；一户只列一次。"""
        return Response(self.list(request)[0])

    def list(self, request: Request) -> tuple[dict[str, Any], list[services.DueRow]]:
        """One page, and the rows it shows."""
        today, actor = clock.today(), request.user
        reach = services.reach_for_due(actor)
        category = request.query_params.get("list", "")
        if category and category != services.QUARREL:
            must(actor, "categories.see")
        led = services.secretary_of(actor)
        wanted = services.Wanted(secretary_of=led)
        homes = services.due_households(
            reach=reach,
            wanted=wanted,
            today=today,
            group=_number(request, "group"),
            **services.narrowed(actor, category),
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
        return found | {"next": page.after}, rows


class Pack(Due):
    """The same list with what the phone needs at each door, to be kept for a week."""

    @extend_schema(
        operation_id="pack_retrieve",
        parameters=[OpenApiParameter("page_key", str, description="上一页的 next")],
        responses=_OBJECT,
    )
    def get(self, request: Request) -> Response:
        """随身名单：应访的户和它们的卡片，没有信号时用，七天后作废；没有身份证号，类别、电话只给能看的人。"""
        must(request.user, "visits.record")
        found, rows = self.list(request)
        return Response(found | pack_json(request.user, rows))


def _number(request: Request, name: str) -> int | None:
    text = request.query_params.get(name)
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Http404
    return int(text)


class Visits(APIView):
    """The log, newest first."""

    page_order = ("-pk",)
    page_size = 50

    @extend_schema(operation_id="visits_list", parameters=[OpenApiParameter("after", str)], responses=_OBJECT)
    def get(self, request: Request) -> Response:
        """走访记录，新的在前。"""
        pages = KeysetPagination()
        rows = pages.paginate_queryset(_whole(Visit.objects.readable_by(request.user)), request, self)
        return pages.get_paginated_response(visits_out(rows))


def _whole(visits: QuerySet) -> QuerySet:
    return visits.select_related("household", "visitor", "entered_by", "corrects").prefetch_related(
        "companions", "findings"
    )


def _seen(request: Request, uuid: UUID) -> Visit:
    """A visit the actor may read, or her own where she still visits; the same 404 for any other and an unknown one."""
    return get_object_or_404(_whole(Visit.objects.readable_by(request.user)), uuid=uuid)


class OneVisit(Bounded):
    @extend_schema(responses=VisitOut)
    def get(self, request: Request, uuid: UUID) -> Response:
        """一次走访。"""
        return Response(visits_out([_seen(request, uuid)])[0])

    @extend_schema(request=VisitIn, responses=_RECORDED)
    def put(self, request: Request, uuid: UUID) -> Response:
        """记一次走访。编号由手机定：同样的内容再送一次，答复一样；内容不同是 409；那天不归她走的，202 暂存，村里定。"""
        try:
            letter = read_letter(request.user, uuid, request.data)
            delivered = services.deliver(letter)
        except services.Conflict as conflict:
            return self._conflict(request, conflict)
        except services.Missing:
            raise Http404 from None
        return Response(answer_json(letter, delivered), status=self._status(delivered))

    def _status(self, delivered: services.Delivered) -> int:
        if delivered.recorded and delivered.recorded.created:
            return status.HTTP_201_CREATED
        return status.HTTP_202_ACCEPTED if delivered.outcome == services.HELD else status.HTTP_200_OK

    def _conflict(self, request: Request, conflict: services.Conflict) -> Response:
        """One fixed body; both sides only for the author and for who may see the stored one."""
        found: dict[str, Any] = {"detail": str(conflict)}
        stored = conflict.stored
        if isinstance(stored, Held):
            if stored.author_id == request.user.pk:
                found["held"] = held_json(request.user, [stored])[0]
            return Response(found, status=status.HTTP_409_CONFLICT)
        with suppress(Http404):
            found["mine"] = visits_out([_seen(request, stored.uuid)])[0]
        return Response(found, status=status.HTTP_409_CONFLICT)


class Undo(APIView):
    @extend_schema(request=None, responses=_OBJECT)
    def post(self, request: Request, uuid: UUID) -> Response:
        """撤销一次走访：它走到的，又变回待访；暂存着的，村里不用再定。"""
        held = Held.objects.filter(uuid=uuid, author=request.user.pk, visit=None).first()
        late = ""
        # The village may have said yes this moment: then there is a visit to undo.
        if held is None or services.withdraw_held(actor=request.user, held=held).visit is not None:
            undone = services.undo_visit(actor=request.user, visit=_seen(request, uuid))
            late = services.late_note(undone)
        return Response({"uuid": uuid, "undone": True, "late": late, "server_time": clock.now()})


class Photo(Bounded):
    parser_classes = [MultiPartParser]
    # The picture, and what multipart adds around it.
    most_bytes = photos.MOST_BYTES + 64 * KB
    too_large = ("photo", photos.TOO_LARGE)

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
        visit, photo = self._own(request, uuid), request.FILES.get("photo")
        if photo is None:
            raise Refused({"photo": "没有收到照片，再选一次。"})
        services.add_photo(actor=request.user, visit=visit, photo=photo.file, size=photo.size)
        return Response({"uuid": visit.uuid, "has_photo": True})

    def _own(self, request: Request, uuid: UUID) -> Visit | Held:
        """Also what she made while she still visited there: its photo may arrive after her post has ended; and what
        of hers waits for the village."""
        if held := Held.objects.waiting().filter(uuid=uuid, author=request.user.pk).first():
            return held
        own = Visit.objects.filter(uuid=uuid, visitor=request.user.pk).select_related("territory").first()
        return own if own and services.carried_then(request.user, own) else _seen(request, uuid)


class Findings(APIView):
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


class Settle(APIView):
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
    path("pack/", Pack.as_view(), name="api-pack"),
    path("visits/", Visits.as_view(), name="api-visits"),
    path("visits/<uuid:uuid>/", OneVisit.as_view(), name="api-visit"),
    path("visits/<uuid:uuid>/undo/", Undo.as_view(), name="api-visit-undo"),
    path("visits/<uuid:uuid>/photo/", Photo.as_view(), name="api-visit-photo"),
    path("sealed/", Sealed.as_view(), name="api-sealed"),
    path("receipts/", Receipts.as_view(), name="api-receipts"),
    path("held/", HeldList.as_view(), name="api-held"),
    path("findings/", Findings.as_view(), name="api-findings"),
    path("findings/<int:pk>/settle/", Settle.as_view(), name="api-finding-settle"),
]
