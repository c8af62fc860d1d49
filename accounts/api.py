"""The API of one's own notices."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Notice
from accounts.notices import writing
from core.paging import KeysetPagination


class NoticeOut(serializers.ModelSerializer):
    class Meta:
        model = Notice
        fields = ("id", "kind", "period", "title", "words", "link", "why", "created", "read_at")
        read_only_fields = fields


@extend_schema_view(list=extend_schema(description="发给自己的提醒，新的在前；别人的看不到。"))
class NoticeViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """One's own; somebody else's do not exist."""

    serializer_class = NoticeOut
    pagination_class = KeysetPagination
    page_order = ("-created", "-pk")
    filter_backends: list = []
    queryset = Notice.objects.none()
    lookup_value_regex = r"[0-9]{1,18}"

    def get_queryset(self) -> Any:
        user = self.request.user
        return Notice.objects.of(user) if user.is_authenticated else Notice.objects.none()

    @extend_schema(
        description="看过了。",
        request=None,
        responses=NoticeOut,
        parameters=[OpenApiParameter("id", OpenApiTypes.INT, OpenApiParameter.PATH)],
    )
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        notice = self.get_object()
        writing.mark_read(notice=notice)
        notice.refresh_from_db()
        return Response(NoticeOut(notice).data)


ROUTES = [("notices", NoticeViewSet)]
