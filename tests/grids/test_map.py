"""Boundaries: hostile and broken files refused in words, overlaps and gaps said, the same checks at each door."""

import json
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from core import clock
from grids import services
from grids.models import Boundary
from grids.services import boundaries
from tests.factor import client_of as of
from tests.people import Town


@pytest.fixture(autouse=True)
def november() -> Any:
    with clock.stopped_at("2026-11-23T09:00"):
        yield


def square(west: float, south: float, size: float = 0.01) -> dict[str, Any]:
    """A square of about a kilometre, longitude first."""
    east, north = west + size, south + size
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


CROSSED = {
    "type": "Polygon",
    "coordinates": [[[116.5, 31.7], [116.51, 31.71], [116.51, 31.7], [116.5, 31.71], [116.5, 31.7]]],
}
WEST, EAST = square(116.50, 31.70), square(116.51, 31.70)


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def file_of(*features: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(features)}).encode()


def said(town: Town, raw: bytes) -> list[str]:
    shapes, faults = boundaries.read_file(raw, town.jinxing)
    assert faults or shapes
    return [f"{fault.where}：{fault.said}" for fault in faults]


@pytest.mark.parametrize(
    ("geometry", "sentence"),
    [
        (CROSSED, "界线自己交叉了，在经度 116.50500、纬度 31.70500 附近"),
        (None, "不是面"),
        ({"type": "Point", "coordinates": [116.5, 31.7]}, "不是面"),
        ({"type": "Polygon", "coordinates": []}, "没有点"),
        ({"type": "Polygon", "coordinates": None}, "没有点"),
        ({"type": "Polygon", "coordinates": [[[116.5, 31.7]]]}, "不到 4 个点"),
        ({"type": "Polygon", "coordinates": [WEST["coordinates"][0][:-1]]}, "没有合上"),
        ({"type": "Polygon", "coordinates": [[["x", 1]] * 4]}, "两个数"),
        ({"type": "Polygon", "coordinates": [[[True, 1]] * 4]}, "两个数"),
        ({"type": "Polygon", "coordinates": [[[10**400, 1]] * 4]}, "两个数"),
        ({"type": "Polygon", "coordinates": [[[float("nan"), 1]] * 4]}, "两个数"),
        ({"type": "Polygon", "coordinates": [[{"a": 1}] * 4]}, "两个数"),
        (square(31.7, 116.5), "经度在前"),
        (square(500_000, 3_500_000, 1000), "两个数"),
        (square(116.5, 31.7, 0.00005), "太小了"),
        ({"type": "Polygon", "coordinates": [[[116.5, 31.7]] * 20_001]}, "点太多了"),
        ({"type": "MultiPolygon", "coordinates": [5]}, "没有点"),
    ],
)
def test_what_is_no_area_is_refused_in_words(town: Town, geometry: Any, sentence: str) -> None:
    found = said(town, file_of(feature(WEST, name="金星第一网格"), feature(geometry, name="金星第二网格")))
    assert len(found) == 1
    assert found[0].startswith("第 2 个（金星第二网格）：")
    assert sentence in found[0]
    with pytest.raises(ValidationError):
        boundaries.save_boundaries(
            actor=town.office, village=town.jinxing, shapes={town.grid1.pk: geometry or 0}
        )


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"PK\x03\x04",
        b"\xff\xfe{}",
        b"[1]",
        b"{}",
        b'{"type": "FeatureCollection", "features": {}}',
        b'{"type": "FeatureCollection", "features": []}',
        b"[" * 200_000,
        b'{"a":' * 100_000,
        file_of(*([None] * 201)),
        b" " * (boundaries.MOST_BYTES + 1),
    ],
)
def test_a_file_that_is_none_is_refused_whole(town: Town, raw: bytes) -> None:
    (only,) = said(town, raw)
    assert only.startswith("整个文件：")


def test_shapes_are_matched_by_code_or_name(town: Town) -> None:
    raw = file_of(
        feature(WEST, 编码=town.grid1.code),
        feature(EAST, name="金星村金星第二网格"),
        feature(WEST, name="金星村"),
    )
    shapes, faults = boundaries.read_file(raw, town.jinxing)
    assert not faults
    assert list(shapes) == [town.grid1.pk, town.grid2.pk, town.jinxing.pk]
    shapes, faults = boundaries.read_file(
        json.dumps(feature(WEST, code=int(town.grid1.code))).encode(), town.jinxing
    )
    assert (list(shapes), faults) == ([town.grid1.pk], [])


@pytest.mark.parametrize("shaped", [float, lambda code: f"{code}.0", lambda code: f"{int(code):.14e}"])
def test_a_code_that_a_program_took_for_a_number_still_matches(town: Town, shaped: Any) -> None:
    raw = file_of(feature(WEST, code=shaped(town.grid1.code)))
    assert boundaries.read_file(raw, town.jinxing) == ({town.grid1.pk: WEST}, [])


def test_a_code_that_lost_its_last_digits_is_nobodys(town: Town) -> None:
    (told,) = said(town, file_of(feature(WEST, code="3.41505E+11")))
    assert "没有“编码 341505000000”" in told


@pytest.mark.parametrize(
    "name", ["urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4490", None]
)
def test_a_file_that_names_degrees_is_taken(town: Town, name: str | None) -> None:
    told = json.loads(file_of(feature(WEST, name="金星第一网格")))
    told["crs"] = name and {"type": "name", "properties": {"name": name}}
    assert boundaries.read_file(json.dumps(told).encode(), town.jinxing)[1] == []


@pytest.mark.parametrize(
    ("crs", "which"),
    [
        (
            {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4549"}},
            "是 urn:ogc:def:crs:EPSG::4549",
        ),
        ({"type": "name", "properties": {"name": "EPSG:4610"}}, "是 EPSG:4610"),
        ({"type": "link", "properties": {"href": "x"}}, "没有写清楚是哪一种"),
        ({"type": "name", "properties": None}, "没有写清楚是哪一种"),
        ("EPSG:4326", "没有写清楚是哪一种"),
    ],
)
def test_a_file_in_another_system_is_refused_whole_and_told_what_to_do(
    town: Town, crs: Any, which: str
) -> None:
    for told in (json.loads(file_of(feature(WEST, name="金星第一网格"))), feature(WEST, name="金星第一网格")):
        (only,) = said(town, json.dumps(told | {"crs": crs}).encode())
        assert only.startswith(f"整个文件：文件里注明的坐标系{which}")
        assert "另存一份" in only


def test_who_is_unknown_nameless_or_twice_is_said_feature_by_feature(town: Town) -> None:
    found = said(
        town,
        file_of(
            feature(WEST, name="桥集第一网格"),
            feature(WEST),
            None,
            feature(WEST, name="金星第一网格"),
            feature(EAST, name="金星第一网格"),
            {"type": "Feature", "properties": 5, "geometry": WEST},
        ),
    )
    assert [line.split("：")[0] for line in found] == [
        "第 1 个",
        "第 2 个",
        "第 3 个",
        "第 5 个（金星第一网格）",
        "第 6 个",
    ]
    assert "没有“桥集第一网格”" in found[0]
    assert "出现了两次" in found[3]


def keep(town: Town, **shapes: Any) -> list[str]:
    """`keep(town, grid1=…, jinxing=…)`; what it says afterwards."""
    by_pk = {getattr(town, name).pk: shape for name, shape in shapes.items()}
    return boundaries.save_boundaries(actor=town.office, village=town.jinxing, shapes=by_pk)


def test_overlaps_gaps_and_what_sticks_out_are_said_and_kept(town: Town) -> None:
    assert keep(town, grid1=WEST) == ["还没有界线的网格：金星第二网格。"]
    assert keep(town, grid2=EAST) == []
    (overlap,) = keep(town, grid2=square(116.509, 31.70))
    # A tenth of the square: 95 m × 1106 m.
    assert overlap == "金星第一网格和金星第二网格重叠了 157.1 亩。"
    keep(town, grid2=EAST)
    wide = {
        "type": "Polygon",
        "coordinates": [[[116.5, 31.7], [116.515, 31.7], [116.515, 31.71], [116.5, 31.71], [116.5, 31.7]]],
    }
    (out,) = keep(town, jinxing=wide)
    assert out.startswith("金星第二网格有 78")
    assert out.endswith("亩在村界外面。")
    (gap,) = keep(town, jinxing=square(116.5, 31.7, 0.02))
    assert gap.startswith("村里还有 314")
    assert Boundary.objects.count() == 3


def test_where_a_grid_reaches_into_the_next_village_is_said_to_both(town: Town) -> None:
    other = {town.far_grid.pk: square(116.509, 31.70)}
    assert boundaries.save_boundaries(actor=town.office, village=town.qiaoji, shapes=other) == []
    found = keep(town, grid1=WEST)
    assert found[0].startswith(f"金星第一网格和桥集村 {town.far_grid.name}重叠了 157.1 亩。两个村对一对")
    assert any("重叠了 157.1 亩" in hint for hint in boundaries.hints(town.qiaoji))
    keep(town, grid1=square(116.499, 31.70))
    assert not [hint for hint in boundaries.hints(town.jinxing) if "重叠" in hint]


def test_a_grid_that_lies_far_from_the_town_is_said_and_the_others_are_not(town: Town) -> None:
    near = {town.far_grid.pk: square(116.52, 31.70)}
    boundaries.save_boundaries(actor=town.office, village=town.qiaoji, shapes=near)
    (told,) = keep(town, grid1=WEST, grid2=square(117.50, 31.70))
    assert told.startswith("金星第二网格离别的网格有 92 公里，多半画错了地方")
    assert not [hint for hint in boundaries.hints(town.qiaoji) if "公里" in hint]


def test_the_hints_cost_the_same_however_many_boundaries_there_are(
    town: Town, django_assert_num_queries: Any
) -> None:
    keep(town, grid1=WEST)
    with CaptureQueriesContext(connection) as few:
        boundaries.hints(town.jinxing)
    keep(town, grid2=EAST)
    boundaries.save_boundaries(
        actor=town.office, village=town.qiaoji, shapes={town.far_grid.pk: square(116.52, 31.70)}
    )
    with django_assert_num_queries(len(few)):
        boundaries.hints(town.jinxing)


def test_a_sliver_of_the_hand_is_no_fault(town: Town) -> None:
    assert keep(town, grid1=WEST, grid2=square(116.50999999, 31.70)) == []


def test_a_hole_between_the_grids_is_found_without_the_villages_boundary(town: Town) -> None:
    ring = {
        "type": "Polygon",
        "coordinates": [square(116.5, 31.7, 0.03)["coordinates"][0], square(116.51, 31.71)["coordinates"][0]],
    }
    (hole,) = keep(town, grid1=ring, grid2=square(116.51, 31.71, 0.005))
    assert hole.startswith("网格之间空着")
    assert keep(town, grid2=square(116.51, 31.71)) == []


def test_each_former_boundary_stays_in_the_history(town: Town) -> None:
    keep(town, grid1=WEST)
    keep(town, grid1=EAST)
    keep(town, grid1=None)
    assert not Boundary.objects.exists()
    lines = Boundary.history.filter(territory=town.grid1.pk).order_by("history_id")
    assert [line.history_type for line in lines] == ["+", "~", "-"]


def test_only_the_town_draws_and_only_in_the_village_it_names(town: Town) -> None:
    with pytest.raises(PermissionDenied):
        boundaries.save_boundaries(actor=town.secretary, village=town.jinxing, shapes={town.grid1.pk: WEST})
    with pytest.raises(ValidationError, match="不在本村"):
        keep(town, far_grid=WEST)


# --- pages ----------------------------------------------------------------------------------------------------------


def address(town: Town, more: str = "") -> str:
    return f"/desk/grids/{town.jinxing.pk}/map/{more}"


def upload(town: Town, raw: bytes) -> Any:
    file = SimpleUploadedFile("界线.geojson", raw)
    return of(town.office).post(address(town, "import/"), {"file": file}, follow=True)


def test_a_file_is_kept_whole_or_not_at_all(town: Town) -> None:
    answer = upload(town, file_of(feature(WEST, name="金星第一网格"), feature(CROSSED, name="金星第二网格")))
    assert answer.status_code == 422
    assert "第 2 个（金星第二网格）：界线自己交叉了" in answer.content.decode()
    assert not Boundary.objects.exists()
    text = upload(town, file_of(feature(WEST, name="金星第一网格"))).content.decode()
    assert "导入了 1 条界线" in text
    assert "还没有界线的网格：金星第二网格" in text
    assert "先选一个" in of(town.office).post(address(town, "import/")).content.decode()


def test_what_is_drawn_goes_through_the_same_checks(town: Town) -> None:
    client, door = of(town.office), address(town, "shapes/")

    def draw(content: Any) -> Any:
        raw = content if isinstance(content, str) else json.dumps(content)
        return client.post(door, raw, content_type="application/json")

    answer = draw({"territory": town.grid1.pk, "shape": CROSSED})
    assert (answer.status_code, "交叉" in answer.json()["said"]) == (422, True)
    answer = draw({"territory": town.grid1.pk, "shape": WEST})
    assert answer.json() == {"said": "界线存好了。", "hints": ["还没有界线的网格：金星第二网格。"]}
    for broken in (
        "",
        "x",
        "[]",
        "{}",
        {"territory": "1", "shape": WEST},
        {"territory": True, "shape": None},
        "[" * 9999,
    ):
        assert draw(broken).status_code == 400
    assert draw({"territory": town.far_grid.pk, "shape": WEST}).status_code == 422
    assert draw(" " * (1024 * 1024 + 1)).status_code == 413
    (only,) = client.get(door).json()["features"]
    assert (only["id"], only["properties"]["name"], only["geometry"]) == (town.grid1.pk, "金星第一网格", WEST)
    assert draw({"territory": town.grid1.pk, "shape": None}).json()["said"] == "界线删了。"


def test_the_secretary_looks_and_does_not_draw(town: Town) -> None:
    keep(town, grid1=WEST)
    client = of(town.secretary)
    text = client.get(address(town)).content.decode()
    assert "geoman" not in text
    assert "导入界线" not in text
    assert len(client.get(address(town, "shapes/")).json()["features"]) == 1
    sent = json.dumps({"territory": town.grid1.pk, "shape": None})
    assert client.post(address(town, "shapes/"), sent, content_type="application/json").status_code == 403
    assert client.post(address(town, "import/")).status_code == 403
    assert of(town.neighbour).get(address(town, "shapes/")).status_code == 404


def test_colours_say_what_the_table_says(town: Town) -> None:
    keep(town, grid1=WEST, grid2=EAST)
    from visits.services import ensure_owed

    ensure_owed()
    page = of(town.office).get(address(town))
    rows = [(row.grid.name, row.owed, row.made, row.step, row.words) for row, _ in page.context["rows"]]
    assert rows == [("金星第一网格", 2, 0, 1, "不到 20%"), ("金星第二网格", 1, 0, 1, "不到 20%")]
    page = of(town.office).get(address(town) + "?by=load")
    assert [(row.percent, row.step) for row, _ in page.context["rows"]] == [(140, 5), (60, 1)]
    shapes = of(town.office).get(address(town, "shapes/") + "?by=load").json()["features"]
    assert [each["properties"]["step"] for each in shapes] == [5, 1]


def test_without_a_key_no_other_server_is_named(town: Town) -> None:
    answer = of(town.office).get(address(town))
    assert "tianditu.gov.cn" not in answer.headers["Content-Security-Policy"]
    assert 'data-tianditu=""' in answer.content.decode()
    with override_settings(TIANDITU_KEY="abc"):
        assert 'data-tianditu="abc"' in of(town.office).get(address(town)).content.decode()


@pytest.mark.slow
def test_the_policy_admits_the_tiles_only_with_a_key(manage: Any) -> None:
    ask = "from django.conf import settings; print(settings.CONTENT_SECURITY_POLICY['DIRECTIVES']['img-src'])"
    said = [manage("shell", "-v0", "-c", ask, TIANDITU_KEY=key).stdout for key in ("", "abc")]
    assert said[0].strip() == "[\"'self'\", 'data:']"
    assert "'https://t0.tianditu.gov.cn'" in said[1]


def test_a_redrawn_grid_keeps_its_boundary(town: Town) -> None:
    """The picture is drawn by hand; only the register says who lies where."""
    keep(town, grid1=WEST)
    services.redraw(actor=town.office, group=town.group1, grid=town.grid2, since=clock.today())
    assert boundaries.shapes_of(town.jinxing) == {town.grid1.pk: WEST}
