"""The API of the ledger desk: catalogue, exports, imports, one's own jobs. The same verbs as the pages."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import second_factor
from core.ledger import Ledger, registry
from core.ledger.writing import XLSX
from core.paging import KeysetPagination
from core.scope import must
from grids.models import Territory
from ledgers import services, uploads, views
from ledgers.models import Job

ID = OpenApiParameter("id", OpenApiTypes.INT, OpenApiParameter.PATH)
SLUG = OpenApiParameter("slug", OpenApiTypes.STR, OpenApiParameter.PATH)


class LedgerOut(serializers.Serializer):
    slug = serializers.CharField()
    title = serializers.CharField()
    group = serializers.CharField()
    period = serializers.CharField(source="period_kind", allow_null=True)
    importable = serializers.BooleanField()
    columns = serializers.SerializerMethodField()
    notes = serializers.ListField(source="footnotes", child=serializers.CharField())

    def get_columns(self, ledger: Ledger) -> list[str]:
        return [column.title for column in ledger.exported]


class Strict(serializers.Serializer):
    """A field that is not known is a fault: `month` for `period` would otherwise export another month in silence."""

    def to_internal_value(self, data: Any) -> Any:
        if unknown := sorted(set(data) - set(self.fields) - {"csrfmiddlewaretoken"}):
            known = "、".join(self.fields)
            raise serializers.ValidationError(
                {name: [f"没有这一项，能写的是：{known}。"] for name in unknown}
            )
        return super().to_internal_value(data)


class ExportIn(Strict):
    territory = serializers.CharField(max_length=40, help_text="村名、镇名或编码")
    period = serializers.CharField(
        max_length=10, required=False, default="", allow_blank=True, help_text="哪个月，如 2026-10"
    )
    unmasked = serializers.BooleanField(required=False, default=False)
    reason = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class ImportIn(Strict):
    file = serializers.FileField()
    slug = serializers.CharField(max_length=40)
    territory = serializers.CharField(max_length=40, help_text="村名、镇名或编码")
    as_of = serializers.DateField(required=False, allow_null=True, default=None)


class CommitIn(Strict):
    skip_bad = serializers.BooleanField(required=False, default=False)


class JobOut(serializers.ModelSerializer):
    territory = serializers.CharField(source="territory.code", default=None)
    territory_name = serializers.CharField(source="territory.name", default=None)
    file = serializers.SerializerMethodField()

    class Meta:
        model = Job
        fields = (
            "id", "kind", "slug", "title", "territory", "territory_name", "period", "unmasked", "as_of", "skip_bad",
            "state", "done", "total", "rows", "why", "report", "examined", "made_at", "ended_at", "file",
        )  # fmt: skip
        read_only_fields = fields

    title = serializers.CharField(read_only=True)

    def get_file(self, job: Job) -> str | None:
        return job.result.name if job.result else None


class Asked(serializers.Serializer):
    job = serializers.IntegerField()


class LedgerViewSet(viewsets.GenericViewSet):
    """The catalogue, and asking for one ledger of one place and month."""

    serializer_class = LedgerOut
    pagination_class = None
    filter_backends: list = []
    lookup_field = "slug"
    lookup_value_regex = r"[a-z0-9-]{1,40}"
    queryset = Job.objects.none()

    @extend_schema(description="有哪些台账。", responses=LedgerOut(many=True))
    def list(self, request: Request) -> Response:
        must(request.user, "ledgers.see")
        return Response(LedgerOut(registry.all(), many=True).data)

    @extend_schema(
        description="要一种台账，一个地方、一个期间的；答的是一件活，做好了再下载。",
        request=ExportIn,
        responses={202: Asked},
        parameters=[SLUG],
    )
    @action(detail=True, methods=["post"], parser_classes=[JSONParser, FormParser])
    def export(self, request: Request, slug: str) -> Response:
        must(request.user, "ledgers.export")
        second_factor.ask(request)
        if slug not in {ledger.slug for ledger in registry.all()}:
            raise Http404("no such ledger")
        asked = _checked(ExportIn, request)
        asked["territory"] = _place(request, "ledgers.export", asked["territory"])
        job = services.ask_export(actor=request.user, slug=slug, **asked)
        return Response({"job": job.pk}, status=202)


@extend_schema_view(
    list=extend_schema(description="自己要过的台账和导入，新的在前；别人的看不到。"),
    retrieve=extend_schema(description="一件活做到哪了。", parameters=[ID]),
)
class JobViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """One's own jobs; somebody else's do not exist."""

    serializer_class = JobOut
    pagination_class = KeysetPagination
    page_order = ("-pk",)
    filter_backends: list = []
    queryset = Job.objects.none()
    lookup_value_regex = r"[0-9]{1,18}"

    def get_queryset(self) -> Any:
        rows = Job.objects.of(self.request.user) if self.request.user.is_authenticated else Job.objects.none()
        return rows.select_related("territory", "result")

    @extend_schema(description="停下一件还没做完的活。", request=None, responses=JobOut, parameters=[ID])
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: str) -> Response:
        job = self.get_object()
        if not services.stop(actor=request.user, job=job):
            return Response({"detail": "已经做完，停不下来了。"}, status=409)
        job.refresh_from_db()
        return Response(JobOut(job).data)

    @extend_schema(
        description="下载做好的表。", responses={(200, XLSX): OpenApiTypes.BINARY}, parameters=[ID]
    )
    @action(detail=True, methods=["get"])
    def download(self, request: Request, pk: str) -> HttpResponseBase:
        job = self.get_object()
        if job.kind == Job.EXPORT:
            second_factor.ask(request)
        return views.file_answer(job)


class ImportViewSet(viewsets.GenericViewSet):
    """A workbook in: examined at once as a job, saved only by a second request."""

    serializer_class = ImportIn
    queryset = Job.objects.none()
    lookup_value_regex = r"[0-9]{1,18}"
    parser_classes = (MultiPartParser,)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        # Before anything, the check of the token included, reads the upload.
        if request.method == "POST":
            if uploads.too_large(request):
                uploads.drain(request)
                answer = {"errors": {"file": [services.TOO_LARGE]}}
                return JsonResponse(answer, status=413, json_dumps_params={"ensure_ascii": False})
            uploads.prepare(request)
        return super().dispatch(request, *args, **kwargs)

    @extend_schema(
        description="传一张表来核对，一行都还不存；答的是一件活，核对的结果写在那件活里。",
        request={"multipart/form-data": ImportIn},
        responses={202: Asked},
    )
    def create(self, request: Request) -> Response:
        must(request.user, "imports.run")
        asked = _checked(ImportIn, request)
        file = asked.pop("file")
        asked["territory"] = _place(request, "imports.run", asked["territory"])
        job = services.ask_examine(actor=request.user, upload=file.file, name=file.name or "", **asked)
        return Response({"job": job.pk}, status=202)

    @extend_schema(
        description="把核对过的表存进去，一次存完。",
        request=CommitIn,
        responses={202: Asked},
        parameters=[ID],
    )
    @action(detail=True, methods=["post"], parser_classes=[JSONParser, FormParser])
    def commit(self, request: Request, pk: str) -> Response:
        examined = get_object_or_404(Job.objects.of(request.user).filter(kind=Job.EXAMINE), pk=int(pk))
        if examined.ledger and examined.ledger.approves:
            second_factor.ask(request)
        chosen = _checked(CommitIn, request)
        job = services.ask_commit(actor=request.user, examined=examined, **chosen)
        return Response({"job": job.pk}, status=202)


def _checked(kind: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    given = kind(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def _place(request: Request, verb: str, name_or_code: str) -> Territory:
    """A place by code or name inside the actor's reach; one that is not there is the same as one she may not see."""
    rows = Territory.objects.visible_to(request.user, verb).in_use()
    by = {"code": name_or_code} if name_or_code.isdecimal() else {"name": name_or_code}
    found = list(rows.filter(**by)[:2])
    if len(found) > 1:
        raise ValidationError({"territory": "有两个地方叫这个名字，写编码。"})
    if not found:
        raise Http404("no such place")
    return found[0]


ROUTES = [("ledgers", LedgerViewSet), ("jobs", JobViewSet), ("imports", ImportViewSet)]
