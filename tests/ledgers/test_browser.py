"""The ledger desk in a real browser: upload, look, save; generate, watch, download. No script, no style is refused."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from accounts import second_factor
from grids.models import VillagerGroup
from ledgers import services
from ledgers.models import Job
from tests.people import Town, make_town_of_two

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("ledgers"),
]


@pytest.fixture
def town(live_server: Any, monkeypatch: Any) -> Town:
    monkeypatch.setattr(second_factor, "passed", lambda request: True)
    return make_town_of_two()


def work() -> None:
    """What the worker does when the bell rings."""
    for pk in Job.objects.waiting().values_list("pk", flat=True):
        services.run_job(pk)


def test_a_roster_is_looked_at_then_saved(
    town: Town, page_desk: Any, sign_in: Any, axe: Any, sheet: Callable[..., io.BytesIO], tmp_path: Path
) -> None:
    sign_in(page_desk, town.secretary)
    (tmp_path / "组.xlsx").write_bytes(sheet(("四组", 4), ("坏组", 5)).getvalue())
    page_desk.goto("/desk/imports/")
    assert axe(page_desk) == []
    page_desk.set_input_files("#file", tmp_path / "组.xlsx")
    assert page_desk.inner_text(".file-name") == "组.xlsx"
    page_desk.click("text=传上来核对")
    page_desk.wait_for_selector(".jobline")
    assert axe(page_desk) == []
    work()
    page_desk.wait_for_selector("text=不能叫这个名字")  # the page drew itself anew
    assert axe(page_desk) == []
    assert page_desk.inner_text("[data-choice]") == "下载标好错的表"
    with page_desk.expect_download() as got:
        page_desk.click("[data-choice]")
    assert "错误" in [
        c.value for row in load_workbook(io.BytesIO(Path(got.value.path()).read_bytes())).active for c in row
    ]
    page_desk.click("text=只存没错的行")
    assert page_desk.inner_text("[data-choice]") == "存没错的 1 行"
    page_desk.click("[data-choice]")
    page_desk.wait_for_selector(".jobline")
    work()
    page_desk.wait_for_selector("text=留下 1 行没存")
    assert axe(page_desk) == []
    assert VillagerGroup.objects.filter(village=town.jinxing, name="四组").exists()


def test_a_ledger_is_generated_and_downloaded(town: Town, page_desk: Any, sign_in: Any, axe: Any) -> None:
    sign_in(page_desk, town.secretary)
    page_desk.goto("/desk/ledgers/monthly/")
    page_desk.select_option("select[name=month]", index=1)
    page_desk.click("text=生成台账")
    page_desk.wait_for_selector("text=排着队")
    assert axe(page_desk) == []
    work()
    page_desk.wait_for_selector("text=做好了")
    with page_desk.expect_download() as got:
        page_desk.click("a:has-text('下载')")
    assert got.value.suggested_filename.startswith("金星村-村民组月报-")
    page_desk.keyboard.press("/")
    assert page_desk.evaluate("document.activeElement.id") == "find"


def test_on_a_phone_the_menu_opens_without_a_script(
    town: Town, open_page: Any, sign_in: Any, axe: Any
) -> None:
    page = open_page(viewport={"width": 360, "height": 740}, java_script_enabled=False)
    sign_in(page, town.secretary)
    page.goto("/desk/ledgers/")
    assert not page.is_visible(".d-fold a")
    page.click(".d-fold summary")
    page.click(".d-fold >> text=导入")
    page.wait_for_selector("text=传上来核对")
    assert page.viewport_size["width"] == 360
