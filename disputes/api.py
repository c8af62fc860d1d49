"""The API of disputes: one that was settled on the spot, under the number its phone gave it."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from core.doors import KB, Bounded
from core.scope import NOT_YOURS, may
from disputes import services
from disputes.models import Dispute
from disputes.models.disputes import REPORTS
from disputes.serializers import SettledIn, SettledOut, settled_json
from grids.models import Household

UNKNOWN_HOME = "没有找到这一户。重新选一户，或者写姓名。"


class SettledOnSpot(Bounded):
    most_bytes = 16 * KB

    @extend_schema(request=SettledIn, responses=dict.fromkeys((200, 201), SettledOut))
    def put(self, request: Request, uuid: UUID) -> Response:
        """就地化解一件纠纷：登记和化解一次记下。编号由客户端定：同样的再送一次，答复一样；内容不同是 409。"""
        if not may(request.user, REPORTS):
            self.permission_denied(request, NOT_YOURS)
        sent = SettledIn(data=request.data)
        sent.is_valid(raise_exception=True)
        homes = {
            "household": _household(request, uuid, sent.validated_data.get("household")),
            "other_household": _other(request, uuid, sent.validated_data.get("other_household")),
        }
        try:
            opened = services.settle_on_spot(actor=request.user, uuid=uuid, **homes, **sent.said())
        except services.Conflict as conflict:
            return Response({"detail": str(conflict)}, status=status.HTTP_409_CONFLICT)
        code = status.HTTP_201_CREATED if opened.created else status.HTTP_200_OK
        return Response(settled_json(opened.dispute), status=code)


def _household(request: Request, uuid: UUID, key: int | None) -> Household | None:
    """Of those where this person may report; what she has sent before is answered wherever the household is now."""
    if key is None:
        return None
    own = Dispute.objects.filter(uuid=uuid, registered_by=request.user.pk).exists()
    rows = Household.objects.all() if own else Household.objects.visible_to(request.user, REPORTS)
    return get_object_or_404(rows.select_related("territory__parent", "group", "village"), pk=key)


def _other(request: Request, uuid: UUID, key: int | None) -> Household | None:
    """The same for the other side, told at its field: she picked it, and can name it instead."""
    try:
        return _household(request, uuid, key)
    except Http404:
        raise ValidationError({"other": UNKNOWN_HOME}) from None


urlpatterns = [
    path("disputes/settled/<uuid:uuid>/", SettledOnSpot.as_view(), name="api-dispute-settled"),
]
