"""The map in a real browser: drawn by hand, saved, refused, taken away and put back; wizard and map without a fault."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from accounts import second_factor
from core import clock
from grids.models import Boundary
from grids.services import SERVER, boundaries
from tests.grids.test_map import EAST, WEST
from tests.people import Town, make_town_of_two


@pytest.fixture(autouse=True)
def past_the_second_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_factor, "passed", lambda request: True)


@pytest.fixture
def town(live_server: Any) -> Town:
    return make_town_of_two()


def hold(page: Any, town: Town, sign_in: Callable[..., None], outside: list[str]) -> Any:
    """The office's map, and every address asked for elsewhere."""
    page.on("request", lambda request: outside.append(request.url))
    sign_in(page, town.office)
    page.goto(f"/desk/grids/{town.jinxing.pk}/map/")
    page.locator("#map[data-ready]").wait_for()
    return page


def click_at(page: Any, *corners: tuple[int, int]) -> None:
    """Corners of a shape, counted from the middle of the map."""
    box = page.locator("#map").bounding_box()
    for x, y in corners:
        page.mouse.move(box["x"] + box["width"] / 2 + x, box["y"] + box["height"] / 2 + y)
        page.mouse.click(box["x"] + box["width"] / 2 + x, box["y"] + box["height"] / 2 + y)


def test_a_boundary_is_drawn_by_hand_taken_away_and_put_back(
    page_desk: Any, town: Town, sign_in: Callable[..., None], live_server: Any
) -> None:
    outside: list[str] = []
    page = hold(page_desk, town, sign_in, outside)
    page.locator('[title="多边形：围一圈"]').click()
    click_at(page, (-90, -90), (90, -90), (90, 90), (-90, 90), (-90, -90))
    expect(page.locator("#map-said")).to_have_text("金星第一网格：界线存好了。")
    expect(page.locator("#hints li")).to_have_text(["还没有界线的网格：金星第二网格。"])
    drawn = Boundary.objects.get().shape
    assert len(drawn["coordinates"][0]) == 5
    page.locator('[title="删界线"]').click()
    click_at(page, (40, 40))
    expect(page.locator("#map-said")).to_contain_text("界线删了。")
    assert not Boundary.objects.exists()
    page.get_by_role("button", name="放回去").click()
    expect(page.locator("#map-said")).to_have_text("金星第一网格：界线存好了。")
    assert Boundary.objects.get().shape == drawn
    assert [url for url in outside if not url.startswith((live_server.url, "data:"))] == []


def test_a_corner_that_is_moved_is_saved(page_desk: Any, town: Town, sign_in: Callable[..., None]) -> None:
    boundaries.save_boundaries(
        actor=SERVER, village=town.jinxing, shapes={town.grid1.pk: WEST, town.grid2.pk: EAST}
    )
    page = hold(page_desk, town, sign_in, [])
    page.locator('[title="改界线"]').click()
    corner = page.locator(".marker-icon:not(.marker-icon-middle)").first
    box = corner.bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] - 40, box["y"] + 30, steps=5)
    page.mouse.up()
    expect(page.locator("#map-said")).to_contain_text("界线存好了")
    assert set(map(str, boundaries.shapes_of(town.jinxing).values())) != {str(WEST), str(EAST)}


@pytest.mark.parametrize("expected_complaints", [["Applying inline style violates"]])
def test_nothing_hinders_a_reader_of_the_map_that_is_drawn_on(
    page_desk: Any, town: Town, sign_in: Callable[..., None], axe: Callable[[Any], list[str]]
) -> None:
    boundaries.save_boundaries(
        actor=SERVER, village=town.jinxing, shapes={town.grid1.pk: WEST, town.grid2.pk: EAST}
    )
    complaints: list[str] = []
    page_desk.on("console", lambda message: complaints.append(message.text))
    page = hold(page_desk, town, sign_in, [])
    assert complaints == []
    for width in (1366, 360):
        page.set_viewport_size({"width": width, "height": 740})
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_result_follows_every_choice_in_the_wizard(
    page_desk: Any, town: Town, sign_in: Callable[..., None]
) -> None:
    sign_in(page_desk, town.office)
    page_desk.goto(f"/desk/grids/{town.jinxing.pk}/redraw/")
    save = page_desk.get_by_role("button", name="从这天起这样划")
    expect(save).to_be_disabled()
    page_desk.locator(f'[name="group-{town.group1.pk}"][value="{town.grid2.pk}"]').check()
    expect(page_desk.locator("#result")).to_contain_text("要划 1 个组，另划 0 户")
    page_desk.fill("[name=why]", "任务相当")
    save.click()
    expect(page_desk.locator(".says")).to_contain_text(f"从 {clock.today():%Y-%m-%d} 起")
    page_desk.get_by_role("button", name="撤销这次调整").click()
    expect(page_desk.locator(".says")).to_contain_text("都回到了原来的网格")
