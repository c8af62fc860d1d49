"""The API of points: what can be claimed for a household, a claim under the number its phone gave it, and one's own.

Goods are handed out on the shop's own page alone: a card and a PIN are shown to a person, not to a program.
"""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import FileResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import photos
from core.doors import KB, Bounded
from core.paging import KeysetPagination
from core.scope import NOT_YOURS, may
from grids.models import Household
from points import services
from points.letters import claim_of
from points.models import Award
from points.models.awards import CLAIMS, SEES
from points.serializers import AwardIn, AwardOut, AwardsOut, ItemsOut, award_json, item_json

_PHOTO = {
    "multipart/form-data": {"type": "object", "properties": {"photo": {"type": "string", "format": "binary"}}}
}
MINE = OpenApiParameter("mine", bool, description="true：只要自己申报的")


class Items(APIView):
    @extend_schema(
        parameters=[OpenApiParameter("household", int, required=True, description="哪一户（户的 id）")],
        responses=ItemsOut,
    )
    def get(self, request: Request) -> Response:
        """这一户今天能申报哪些积分项目，一项几分；自己家的一项也没有。"""
        if not may(request.user, CLAIMS):
            self.permission_denied(request, NOT_YOURS)
        asked = request.query_params.get("household", "")
        if not asked.isascii() or not asked.isdigit() or len(asked) > 18:
            raise ValidationError({"household": "写明哪一户，用户的编号（id）。"})
        rows = Household.objects.visible_to(request.user, CLAIMS).select_related("territory__parent")
        household = get_object_or_404(rows, pk=int(asked))
        return Response({"items": list(map(item_json, services.offered_for(request.user, household)))})


class Awards(APIView):
    """Newest first."""

    page_order = ("-pk",)
    page_size = 50

    @extend_schema(parameters=[MINE, OpenApiParameter("after", str)], responses=AwardsOut)
    def get(self, request: Request) -> Response:
        """积分申报到哪一步了，新的在前：自己申报的，和自己看得到的。"""
        if not (may(request.user, CLAIMS) or may(request.user, SEES)):
            self.permission_denied(request, NOT_YOURS)
        rows: QuerySet[Award] = Award.objects.readable_by(request.user)
        if request.query_params.get("mine", "").lower() in ("1", "true"):
            rows = rows.filter(claimed_by=request.user.pk)
        pages = KeysetPagination()
        found = pages.paginate_queryset(rows.select_related("item", "household"), request, self)
        return pages.get_paginated_response([award_json(each) for each in found])


class OneAward(Bounded):
    most_bytes = 16 * KB

    @extend_schema(request=AwardIn, responses=dict.fromkeys((200, 201), AwardOut))
    def put(self, request: Request, uuid: UUID) -> Response:
        """申报一件好事。编号由客户端定：同样的再送一次，答复一样；内容不同是 409。"""
        if not may(request.user, CLAIMS):
            self.permission_denied(request, NOT_YOURS)
        sent = AwardIn(data=request.data)
        sent.is_valid(raise_exception=True)
        try:
            claimed = claim_of(request.user, uuid, _household(request, uuid, sent), sent)
        except services.Conflict as conflict:
            return Response({"detail": str(conflict)}, status=status.HTTP_409_CONFLICT)
        code = status.HTTP_201_CREATED if claimed.created else status.HTTP_200_OK
        return Response(award_json(claimed.award), status=code)


class AwardPhoto(Bounded):
    parser_classes = [MultiPartParser]
    # The picture, and what multipart adds around it.
    most_bytes = photos.MOST_BYTES + 64 * KB
    too_large = ("photo", photos.TOO_LARGE)

    @extend_schema(responses={(200, "image/jpeg"): OpenApiTypes.BINARY})
    def get(self, request: Request, uuid: UUID) -> FileResponse:
        """佐证的照片，给看得到这一件的人。"""
        award = get_object_or_404(Award.objects.readable_by(request.user).exclude(photo=""), uuid=uuid)
        return FileResponse(
            award.photo.open("rb"), content_type="image/jpeg", filename=f"{award.number_said}.jpg"
        )

    @extend_schema(request=_PHOTO, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, uuid: UUID) -> Response:
        """给自己申报的一件添佐证的照片：重新画过，不带位置。"""
        own = Award.objects.filter(uuid=uuid, claimed_by=request.user.pk).first()
        award = own or get_object_or_404(Award.objects.readable_by(request.user), uuid=uuid)
        photo = request.FILES.get("photo")
        if photo is None:
            raise ValidationError({"photo": "没有收到照片，再选一次。"})
        services.add_proof(actor=request.user, award=award, photo=photo.file, size=photo.size)
        return Response({"uuid": award.uuid, "has_photo": True})


def _household(request: Request, uuid: UUID, sent: AwardIn) -> Any:
    """Of those where this person may claim; what she has sent before is answered wherever the household is now."""
    own = Award.objects.filter(uuid=uuid, claimed_by=request.user.pk).exists()
    rows = Household.objects.all() if own else Household.objects.visible_to(request.user, CLAIMS)
    whole = rows.select_related("territory__parent", "group", "village")
    return get_object_or_404(whole, pk=sent.validated_data["household"])


urlpatterns = [
    path("points/items/", Items.as_view(), name="api-points-items"),
    path("awards/", Awards.as_view(), name="api-awards"),
    path("awards/<uuid:uuid>/", OneAward.as_view(), name="api-award"),
    path("awards/<uuid:uuid>/photo/", AwardPhoto.as_view(), name="api-award-photo"),
]
