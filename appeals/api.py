"""The API of appeals: whose turn it is, a matter under the number its client gave it, and its steps under theirs."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from appeals import device_api, services
from appeals.forms import read_step
from appeals.models import Matter, Move
from appeals.models.matters import OPENS
from appeals.serializers import MatterIn, StepIn, matter_json, matters_json
from appeals.views import page_order
from core import photos
from core.doors import KB, Bounded
from core.paging import KeysetPagination
from core.scope import NOT_YOURS, may
from grids.models import Household, Territory

_PHOTO = {
    "multipart/form-data": {"type": "object", "properties": {"photo": {"type": "string", "format": "binary"}}}
}
_OBJECT = {200: OpenApiTypes.OBJECT}
_RECORDED = dict.fromkeys((200, 201), OpenApiTypes.OBJECT)
LISTS = ("mine", "open", "done")


class Matters(APIView):
    """The promised day first; of those that are done the newest."""

    page_size = 50

    @extend_schema(
        operation_id="matters_list",
        parameters=[
            OpenApiParameter("after", str),
            OpenApiParameter("list", str, enum=LISTS, description="该我办的、没办完的、办完的"),
        ],
        responses=_OBJECT,
    )
    def get(self, request: Request) -> Response:
        """诉求，到期早的在前；办完的，新登记的在前。"""
        chosen = request.query_params.get("list", "mine")
        if chosen not in LISTS:
            raise Http404
        rows = Matter.objects.readable_by(request.user).listed(chosen, request.user).whole()
        self.page_order = page_order(chosen)
        pages = KeysetPagination()
        found = pages.paginate_queryset(rows, request, self)
        return pages.get_paginated_response(matters_json(found, request.user))


class OneMatter(APIView):
    @extend_schema(responses=_OBJECT)
    def get(self, request: Request, uuid: UUID) -> Response:
        """一件诉求，连流转记录和现在能走的步子。"""
        return Response(matter_json(_seen(request, uuid), request.user))

    @extend_schema(request=MatterIn, responses=_RECORDED)
    def put(self, request: Request, uuid: UUID) -> Response:
        """登记一件诉求。编号由客户端定：同样的内容再送一次，答复一样；内容不同是 409。"""
        if not may(request.user, OPENS):
            self.permission_denied(request, NOT_YOURS)
        sent = MatterIn(data=request.data)
        sent.is_valid(raise_exception=True)
        try:
            opened = services.open_matter(
                actor=request.user, uuid=uuid, **_placed(request, dict(sent.validated_data))
            )
        except services.Conflict as conflict:
            return Response({"detail": str(conflict)}, status=status.HTTP_409_CONFLICT)
        code = status.HTTP_201_CREATED if opened.created else status.HTTP_200_OK
        return Response(matter_json(_seen(request, opened.matter.uuid), request.user), status=code)


def _placed(request: Request, said: dict[str, Any]) -> dict[str, Any]:
    """Household and place as rows, of those where this person may register; any other is none at all."""
    home, code = said.pop("household", None), said.pop("territory", "")
    if home is not None:
        rows = Household.objects.visible_to(request.user, OPENS).select_related("territory__parent")
        said["household"] = get_object_or_404(rows, pk=home)
    elif code:
        rows = Territory.objects.visible_to(request.user, OPENS).in_use()
        said["territory"] = get_object_or_404(rows, code=code)
    return said


def _seen(request: Request, uuid: UUID) -> Matter:
    return get_object_or_404(Matter.objects.readable_by(request.user).whole(), uuid=uuid)


class Step(APIView):
    @extend_schema(request=StepIn, responses=_OBJECT)
    def put(self, request: Request, uuid: UUID, step_uuid: UUID) -> Response:
        """走一步（受理、办好、回复 …）。步子的编号由客户端定：再送一次，还是那一步；内容不同是 409。"""
        sent = StepIn(data=request.data)
        sent.is_valid(raise_exception=True)
        # Her own step sent again is answered although she may read the matter no more: it is she who passed it on.
        own = Q(moves__uuid=step_uuid, moves__actor=request.user.pk)
        matter = Matter.objects.filter(own, uuid=uuid).whole().first() or _seen(request, uuid)
        step = services.STEPS[sent.validated_data["step"]]
        said = read_step(step, matter, {k: v for k, v in sent.validated_data.items() if k in step.fields})
        try:
            services.take_step(
                actor=request.user,
                matter=matter,
                code=step.code,
                uuid=step_uuid,
                said=said,
                on=sent.taken_on(),
            )
        except services.Conflict as conflict:
            return Response({"detail": str(conflict)}, status=status.HTTP_409_CONFLICT)
        # Whoever has given it back or passed it on may read it no more.
        if not Matter.objects.readable_by(request.user).filter(pk=matter.pk).exists():
            return Response({"uuid": uuid, "number": matter.number, "left": True})
        return Response(matter_json(_seen(request, uuid), request.user))


class StepPhoto(Bounded):
    parser_classes = [MultiPartParser]
    # The picture, and what multipart adds around it.
    most_bytes = photos.MOST_BYTES + 64 * KB
    too_large = ("photo", photos.TOO_LARGE)

    @extend_schema(responses={(200, "image/jpeg"): OpenApiTypes.BINARY})
    def get(self, request: Request, uuid: UUID, step_uuid: UUID) -> FileResponse:
        """这一步的照片。"""
        move = get_object_or_404(Move, matter=_seen(request, uuid), uuid=step_uuid)
        if not move.photo:
            raise Http404
        return FileResponse(move.photo.open("rb"), content_type="image/jpeg", filename=f"{move.uuid}.jpg")

    @extend_schema(request=_PHOTO, responses=_OBJECT)
    def post(self, request: Request, uuid: UUID, step_uuid: UUID) -> Response:
        """给自己走的一步添一张照片（可以不拍）：重新画过，不带位置。"""
        own = Move.objects.filter(matter__uuid=uuid, uuid=step_uuid, actor=request.user.pk)
        move, photo = get_object_or_404(own), request.FILES.get("photo")
        if photo is None:
            raise ValidationError({"photo": "没有收到照片，再选一次。"})
        services.add_photo(actor=request.user, move=move, photo=photo.file, size=photo.size)
        return Response({"uuid": move.uuid, "has_photo": True})


urlpatterns = [
    path("matters/", Matters.as_view(), name="api-matters"),
    path("matters/<uuid:uuid>/", OneMatter.as_view(), name="api-matter"),
    path("matters/<uuid:uuid>/steps/<uuid:step_uuid>/", Step.as_view(), name="api-matter-step"),
    path(
        "matters/<uuid:uuid>/steps/<uuid:step_uuid>/photo/",
        StepPhoto.as_view(),
        name="api-matter-step-photo",
    ),
    *device_api.urlpatterns,
]
