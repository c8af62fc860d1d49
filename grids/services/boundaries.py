"""Boundaries (界线) of villages and grids: read from GeoJSON without trusting it, checked, kept; a picture, not a fact.

WGS84 degrees, longitude first (RFC 7946). A shape that is none is refused with a sentence; overlaps (with another
village's grids too), gaps, what lies outside the village or far away are said and saved all the same: "界限清晰" is
reached one grid after another.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from typing import Any

import shapely
from django.core.exceptions import ValidationError
from django.db import transaction
from shapely.geometry import mapping, shape
from shapely.ops import nearest_points
from shapely.validation import explain_validity

from core import clock
from grids.models import Boundary, Territory
from grids.services.rights import must
from grids.services.territory import lock_tree

MOST_BYTES = 5 * 1024 * 1024
MOST_FEATURES, MOST_POINTS = 200, 20_000
DIGITS = 7  # about a centimetre
LONGITUDES, LATITUDES = (73.0, 136.0), (3.0, 54.0)
SMALLEST = 100.0  # square metres: what is smaller is a slip of the hand, as an area or as an overlap
FAR = 20.0  # kilometres from every other boundary of the town, which is about 15 across: the coordinates are wrong
# Coordinate systems of degrees that agree within the width of a pen: WGS84 (both orders of its name) and CGCS2000.
KNOWN_SYSTEMS = ("CRS84", "4326", "4490")
MU = 2000 / 3  # square metres in a 亩
CODES = ("code", "编码", "网格编码", "CODE")
NAMES = ("name", "名称", "网格", "网格名称", "NAME")


@dataclass(frozen=True)
class Fault:
    """Something wrong with one feature of a file: which one, and how to mend it."""

    where: str
    said: str


def _square_metres(degrees: float, latitude: float) -> float:
    return degrees * 111_320 * 110_574 * math.cos(math.radians(latitude))


def area_of(area: Any) -> float:
    """Square metres; good to a percent at the size of a village."""
    return _square_metres(area.area, area.centroid.y) if not area.is_empty else 0.0


def in_mu(metres: float) -> str:
    """`12.5 亩`."""
    return f"{metres / MU:.1f} 亩"


def checked(geometry: Any) -> dict[str, Any]:
    """The geometry as it is stored. ValidationError with one sentence if it is no area, or none of this country."""
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        raise ValidationError("不是面。界线要画成一个围起来的面（Polygon 或 MultiPolygon）。")
    parts = geometry.get("coordinates")
    parts = [parts] if geometry["type"] == "Polygon" else parts
    if not isinstance(parts, list) or not parts or not all(isinstance(part, list) and part for part in parts):
        raise ValidationError("界线里没有点。")
    if sum(len(ring) for part in parts for ring in part if isinstance(ring, list)) > MOST_POINTS:
        raise ValidationError(f"点太多了，一条界线最多 {MOST_POINTS} 个点，先简化再导入。")
    rings = [[_ring(ring) for ring in part] for part in parts]
    area = shape({"type": "MultiPolygon", "coordinates": rings})
    if not area.is_valid:
        raise ValidationError(_crossing(explain_validity(area)))
    if area_of(area) < SMALLEST:
        raise ValidationError("面太小了，不到 100 平方米，看看是不是画错了。")
    # As JSON has it: lists, not tuples, so that what was checked can be checked again.
    plain: dict[str, Any] = json.loads(json.dumps(mapping(area.geoms[0] if len(area.geoms) == 1 else area)))
    return plain


def _ring(ring: Any) -> list[tuple[float, float]]:
    """One closed ring of positions; a height is dropped."""
    if not isinstance(ring, list) or len(ring) < 4:
        raise ValidationError("有一圈不到 4 个点，围不成面。")
    points = [_position(point) for point in ring]
    if points[0] != points[-1]:
        raise ValidationError("有一圈没有合上，最后一个点要和第一个点一样。")
    return points


def _position(point: Any) -> tuple[float, float]:
    if not isinstance(point, list | tuple) or len(point) < 2:
        raise ValidationError("有一个点不是“经度、纬度”两个数。")
    numbers = point[:2]
    # Compared before anything is reckoned with them: a JSON number may be larger than any float, or none.
    if not all(isinstance(n, int | float) and not isinstance(n, bool) and -1000 < n < 1000 for n in numbers):
        raise ValidationError("有一个点不是“经度、纬度”两个数，要 WGS84（CGCS2000）的度数。")
    longitude, latitude = (round(float(n), DIGITS) for n in numbers)
    if not (LONGITUDES[0] <= longitude <= LONGITUDES[1] and LATITUDES[0] <= latitude <= LATITUDES[1]):
        raise ValidationError("坐标不是我国的经纬度。要 WGS84（CGCS2000）的度数，经度在前、纬度在后。")
    return longitude, latitude


def _crossing(reason: str) -> str:
    """shapely's `Self-intersection[116.1 31.7]` as a sentence that says where to look."""
    _, found, place = reason.partition("[")
    at = place.rstrip("]").split()
    near = f"，在经度 {float(at[0]):.5f}、纬度 {float(at[1]):.5f} 附近" if found and len(at) >= 2 else ""
    if "Self-intersection" in reason:
        return f"界线自己交叉了{near}，把那里拉开。"
    return f"界线围不成一个面{near}，重新画。"


# --- a file ---------------------------------------------------------------------------------------------------------


def read_file(raw: bytes, village: Territory) -> tuple[dict[int, dict[str, Any]], list[Fault]]:
    """Shapes by territory out of a GeoJSON file, matched by code or name, and every fault of every feature."""
    try:
        features = _features(raw)
    except ValidationError as fault:
        return {}, [Fault("整个文件", "".join(fault.messages))]
    places = [village, *village.get_children().in_use().grids().in_order()]
    found: dict[int, dict[str, Any]] = {}
    faults: list[Fault] = []
    for number, feature in enumerate(features, 1):
        where = f"第 {number} 个"
        try:
            place = _place(feature, village, places)
            where = f"第 {number} 个（{place.name}）"
            if place.pk in found:
                raise ValidationError(f"{place.name}在文件里出现了两次，留一个。")
            found[place.pk] = checked(feature.get("geometry"))
        except ValidationError as fault:
            faults.append(Fault(where, "".join(fault.messages)))
    return found, faults


def _features(raw: bytes) -> list[Any]:
    if len(raw) > MOST_BYTES:
        raise ValidationError(f"文件太大了，最大 {MOST_BYTES // 1024 // 1024} MB，先简化再导入。")
    try:
        told = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise ValidationError("不是 GeoJSON 文件，打不开。从制图软件里另存为 GeoJSON（UTF-8）。") from None
    if isinstance(told, dict) and told.get("type") == "Feature":
        _must_be_degrees(told)
        return [told]
    features = told.get("features") if isinstance(told, dict) else None
    _must_be_degrees(told)
    if not isinstance(features, list) or told.get("type") != "FeatureCollection":
        raise ValidationError("不是 GeoJSON 的图形集（FeatureCollection）。")
    if not features:
        raise ValidationError("文件里一个图形也没有。")
    if len(features) > MOST_FEATURES:
        raise ValidationError(f"图形太多了，一次最多 {MOST_FEATURES} 个，一个村一个村地导入。")
    return features


def _must_be_degrees(told: Any) -> None:
    """A `crs` member (older programs write one) must name a system of degrees that we take. ValidationError else."""
    said = told.get("crs") if isinstance(told, dict) else None
    if said is None:
        return
    about = said.get("properties") if isinstance(said, dict) else None
    name = about.get("name") if isinstance(about, dict) else None
    if not isinstance(name, str) or re.split(r"[:/#]", name.strip())[-1].upper() not in KNOWN_SYSTEMS:
        which = f"是 {name.strip()[:60]}" if isinstance(name, str) and name.strip() else "没有写清楚是哪一种"
        raise ValidationError(
            f"文件里注明的坐标系{which}，不是 WGS84 或 CGCS2000 的经纬度。"
            "在制图软件里另存一份，坐标系选 WGS84（EPSG:4326）或 CGCS2000（EPSG:4490），再导入。"
        )


def _text(value: Any) -> str:
    """A code or name as text: a program that took the code for a number has written 341504999206.0 or 3.41504999206e11.

    A double is exact up to 2**53; beyond it the number may be another one and is left as it stands.
    """
    text = str(value).strip()
    if isinstance(value, bool) or not re.fullmatch(r"\d+(\.\d+)?([eE]\+?\d{1,2})?", text):
        return text
    number = Decimal(text)
    return str(int(number)) if number == number.to_integral_value() and number < 2**53 else text


def _place(feature: Any, village: Territory, places: Iterable[Territory]) -> Territory:
    told = feature.get("properties") if isinstance(feature, dict) else None
    told = told if isinstance(told, dict) else {}
    code = next((_text(told[key]) for key in CODES if told.get(key) not in (None, "")), "")
    name = next((_text(told[key]) for key in NAMES if told.get(key) not in (None, "")), "")
    for place in places:
        if code == place.code or (not code and name and name in (place.name, f"{village.name}{place.name}")):
            return place
    if not code and not name:
        raise ValidationError("没有写是哪个网格，在属性里加上 name（名称）或 code（编码）。")
    said = (f"编码 {code}" if code else name)[:40]
    raise ValidationError(f"{village}没有“{said}”，改成本村网格的名称或编码。")


# --- keeping --------------------------------------------------------------------------------------------------------


@transaction.atomic
def save_boundaries(*, actor: Any, village: Territory, shapes: Mapping[int, Any]) -> list[str]:
    """Keep the shapes (None takes one away) of a village and its grids; what to look at afterwards, in sentences."""
    lock_tree()
    village = Territory.objects.get(pk=village.pk)
    must(actor, "grids.redraw", village)
    places = {village.pk, *village.get_children().in_use().values_list("pk", flat=True)}
    for pk, geometry in shapes.items():
        if pk not in places:
            raise ValidationError("这个网格不在本村，刷新页面再画。")
        if geometry is None:
            for row in Boundary.objects.filter(territory=pk):
                row.delete()
            continue
        row = Boundary.objects.filter(territory=pk).first() or Boundary(territory_id=pk)
        row.shape, row.updated_at = checked(geometry), clock.now()
        row.save()
    return hints(village)


def shapes_of(village: Territory) -> dict[int, dict[str, Any]]:
    """The stored shapes of a village and its grids in use, by territory."""
    places = [village.pk, *village.get_children().in_use().values_list("pk", flat=True)]
    return dict(Boundary.objects.filter(territory__in=places).values_list("territory", "shape"))


def hints(village: Territory) -> list[str]:
    """Overlaps, gaps, what lies outside the village or far away, and which grids have no boundary yet."""
    areas = {pk: shape(stored) for pk, stored in shapes_of(village).items()}
    whole = areas.pop(village.pk, None)
    grids = list(village.get_children().in_use().grids().in_order())
    drawn = [(grid, areas[grid.pk]) for grid in grids if grid.pk in areas]
    if not drawn:
        return []
    found = []
    for (one, a), (other, b) in combinations(drawn, 2):
        if (metres := area_of(a.intersection(b))) > SMALLEST:
            found.append(f"{one}和{other}重叠了 {in_mu(metres)}。")
    for grid, area in drawn:
        if whole is not None and (metres := area_of(area.difference(whole))) > SMALLEST:
            found.append(f"{grid}有 {in_mu(metres)}在村界外面。")
    others = _others(village)
    found += _beside(drawn, others) + _far_away(drawn, others)
    lacking = [grid.name for grid in grids if grid.pk not in areas]
    if lacking:
        return [*found, f"还没有界线的网格：{'、'.join(lacking)}。"]
    return found + _gaps([area for _, area in drawn], whole)


def _others(village: Territory) -> list[tuple[str, Any]]:
    """The grids of the town's other villages that have a boundary: what they are called, and the area."""
    rows = Boundary.objects.filter(
        territory__kind=Territory.GRID,
        territory__closed_on__isnull=True,
        territory__parent__parent=village.parent_id,
    ).exclude(territory__parent=village)
    return [(row.territory.full_name, shape(row.shape)) for row in rows.select_related("territory__parent")]


def _beside(drawn: list[tuple[Territory, Any]], others: list[tuple[str, Any]]) -> list[str]:
    """Where a grid reaches into one of another village."""
    found = []
    tree = shapely.STRtree([area for _, area in others])
    for grid, area in drawn:
        for place in sorted(tree.query(area)):
            name, other = others[place]
            if (metres := area_of(area.intersection(other))) > SMALLEST:
                found.append(
                    f"{grid}和{name}重叠了 {in_mu(metres)}。两个村对一对界线在哪，把画过去的那一边改回来。"
                )
    return found


def _far_away(drawn: list[tuple[Territory, Any]], others: list[tuple[str, Any]]) -> list[str]:
    """Grids that lie nowhere near any other of the town; nothing can be said of the only one."""
    boxes = [shapely.box(*area.bounds) for _, area in [*drawn, *others]]
    found = []
    for place, (grid, _) in enumerate(drawn):
        away = [_kilometres(boxes[place], box) for other, box in enumerate(boxes) if other != place]
        if away and min(away) > FAR:
            found.append(
                f"{grid}离别的网格有 {min(away):.0f} 公里，多半画错了地方：看看坐标是不是 WGS84（CGCS2000）"
                "的经纬度、有没有写错，改好再画、再导入。"
            )
    return found


def _kilometres(one: Any, other: Any) -> float:
    """Between the nearest points of two areas; good enough to tell a village from the next county."""
    a, b = nearest_points(one, other)
    east = (a.x - b.x) * 111.32 * math.cos(math.radians((a.y + b.y) / 2))
    return math.hypot(east, (a.y - b.y) * 110.574)


def _gaps(areas: list[Any], whole: Any) -> list[str]:
    """What belongs to no grid: of the village where its boundary is known, else holes between the grids."""
    together = shapely.union_all(areas)
    if whole is not None:
        metres = area_of(whole.difference(together))
        return [f"村里还有 {in_mu(metres)}没有划进网格。"] if metres > SMALLEST else []
    parts = getattr(together, "geoms", [together])
    holes = [shapely.Polygon(ring) for part in parts for ring in part.interiors]
    metres = sum(area_of(hole) for hole in holes)
    return [f"网格之间空着 {in_mu(metres)}。"] if metres > SMALLEST else []
