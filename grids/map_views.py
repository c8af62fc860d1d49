"""The map of a village's grids: coloured, with the numbers in a table beside it; drawn, or imported as GeoJSON."""

import json
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from accounts import second_factor
from core.scope import may, must
from core.views import DeskPage, DeskView
from grids.models import Territory
from grids.services import boundaries, shades

SEE, REDRAW = "figures.see", "grids.redraw"
MOST_DRAWN = 1024 * 1024  # bytes of one shape that comes from the map
BROKEN = "没有看懂送来的界线，刷新页面再画。"


class OfVillage(DeskView):
    """One village in use, as far as `verb` sees it."""

    def village(self, verb: str) -> Territory:
        seen = Territory.objects.visible_to(self.request.user, verb).in_use().villages()
        return get_object_or_404(seen.select_related("parent"), pk=self.kwargs["pk"])

    def way(self) -> str:
        wanted = self.request.GET.get("by", "")
        return wanted if wanted in shades.WAYS else shades.COVERAGE


class MapPage(OfVillage, DeskPage):
    """The page; shapes come from Shapes below."""

    template_name = "grids/map.html"
    verb = SEE

    def context(self, village: Territory, **more: Any) -> dict[str, Any]:
        way = self.way()
        drawn = boundaries.shapes_of(village)
        rows = shades.shaded(actor=self.request.user, village=village, way=way)
        areas = {
            pk: boundaries.in_mu(boundaries.area_of(boundaries.shape(each))) for pk, each in drawn.items()
        }
        return self.get_context_data(
            node=village,
            way=way,
            ways=shades.WAYS,
            steps=list(enumerate(shades.STEPS[way], 1)),
            rows=[(row, areas.get(row.grid.pk, "")) for row in rows],
            hints=boundaries.hints(village),
            draws=may(self.request.user, REDRAW, village),
            places=[(village.pk, f"{village}村界"), *((row.grid.pk, row.grid.name) for row in rows)],
            tianditu=settings.TIANDITU_KEY,
            **more,
        )

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.context(self.village(SEE)))


class Import(second_factor.RequiresSecondFactor, MapPage):
    """A GeoJSON file: all of it is kept, or nothing and every fault is said."""

    verb = second_factor_verb = REDRAW
    http_method_names = ("post",)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        village, file = self.village(REDRAW), request.FILES.get("file")
        if file is None:
            faults = [boundaries.Fault("文件", "先选一个 GeoJSON 文件。")]
        else:
            raw = file.read(boundaries.MOST_BYTES + 1)
            shapes, faults = boundaries.read_file(raw, village)
        if faults:
            return self.render_to_response(self.context(village, faults=faults), status=422)
        boundaries.save_boundaries(actor=request.user, village=village, shapes=shapes)
        messages.success(request, f"导入了 {len(shapes)} 条界线。")
        return redirect(reverse("grids:map", args=[village.pk]))


class Shapes(OfVillage):
    """The JSON door of the map: GET all shapes of a village, POST `{"territory": id, "shape": GeoJSON or null}`."""

    verb = SEE

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        village = self.village(SEE)
        shapes = boundaries.shapes_of(village)
        rows = shades.shaded(actor=request.user, village=village, way=self.way())
        told: list[tuple[Territory, int, str]] = [(village, 0, "")]
        told += [(row.grid, row.step, row.words) for row in rows]
        # 第一网格 fits where 金星第一网格 does not.
        known = village.name.removesuffix("村").removesuffix("社区")
        features = [
            {
                "type": "Feature",
                "id": place.pk,
                "properties": {
                    "kind": place.kind,
                    "name": place.name,
                    "label": place.name.removeprefix(known),
                    "step": step,
                    "words": words,
                },
                "geometry": shapes[place.pk],
            }
            for place, step, words in told
            if place.pk in shapes
        ]
        return JsonResponse({"type": "FeatureCollection", "features": features})

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        must(request.user, REDRAW)
        if not second_factor.passed(request):  # what is drawn stays on the screen, so no way to another page
            return JsonResponse({"said": second_factor.SENTENCE}, status=403)
        village = self.village(REDRAW)
        if int(request.headers.get("Content-Length") or 0) > MOST_DRAWN:
            return JsonResponse({"said": "界线的点太多了，少点几个再画。"}, status=413)
        try:
            sent = json.loads(request.body)
            place, geometry = sent["territory"], sent["shape"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return JsonResponse({"said": BROKEN}, status=400)
        if not isinstance(place, int) or isinstance(place, bool):
            return JsonResponse({"said": BROKEN}, status=400)
        try:
            hints = boundaries.save_boundaries(actor=request.user, village=village, shapes={place: geometry})
        except ValidationError as fault:
            return JsonResponse({"said": "".join(fault.messages)}, status=422)
        return JsonResponse({"said": "界线存好了。" if geometry else "界线删了。", "hints": hints})
