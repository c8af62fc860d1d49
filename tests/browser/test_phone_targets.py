"""Whatever can be touched is as large as a thumb (44 px), in each size of the type, and nothing runs sideways."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.offline import VISITS, Hold
from tests.people import Town

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = ("", "large", "largest")

# A radio or checkbox lies in its label; what is hidden nobody touches.
SMALL = """() => {
    const parts = 'a[href], button, summary, input, select, textarea, label.pick, label.check';
    const found = [];
    for (const node of document.querySelectorAll(parts)) {
        const place = node.matches('input') ? node.closest('label') || node : node;
        if (!node.checkVisibility({visibilityProperty: true, opacityProperty: false})) continue;
        const {width, height} = place.getBoundingClientRect();
        if (width < 1 || height < 1) continue;
        if (width < 43.9 || height < 43.9)
            found.push(`${Math.round(width)}×${Math.round(height)} ${place.outerHTML.slice(0, 90)}`);
    }
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) {
        const over = [...document.body.querySelectorAll('*')]
            .filter((node) => node.getBoundingClientRect().right > root.clientWidth + 1);
        found.push(`sideways: ${over.slice(-1).map((node) => node.outerHTML.slice(0, 90))}`);
    }
    return found;
}"""
UNFOLD = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"


def test_every_button_link_and_field_is_as_large_as_a_thumb(
    town: Town, keeping: Hold, visit_before: Any, expected_complaints: list[str]
) -> None:
    expected_complaints += ["ERR_INTERNET_DISCONNECTED", "404", "422", "403"]
    phone = keeping(town.worker).ready()
    page = phone.page
    small: dict[str, list[str]] = {}

    def look(name: str) -> None:
        page.evaluate(UNFOLD)
        for size in SIZES:
            page.evaluate("(size) => { document.documentElement.dataset.type = size; }", size)
            if found := page.evaluate(SMALL):
                small[f"{name}, {size or 'usual'}"] = found
        page.evaluate("document.documentElement.dataset.type = ''")

    look("the list")
    phone.tap(phone.row("张三丰"))
    expect(page.get_by_text("走访记录").first).to_be_visible()
    pills = [pill for pill in page.locator("label.pick:has(input[type=checkbox])").all() if pill.is_visible()]
    for pill in pills:
        pill.tap()
    look("the card and its form")
    for pill in pills:
        pill.tap()  # what is ticked and says nothing would be refused below, for it is kept as a draft
    for place, words in (
        ("/me", "我的"),
        ("/find", "找"),
        ("/todo", "待办"),
        ("/log", "走访"),
        ("/all", "户"),
    ):
        page.evaluate("(place) => { location.hash = '#' + place; }", place)
        expect(page.locator("h1")).to_contain_text(words)
        page.wait_for_load_state("networkidle")
        look(place)

    def refuse(route: Any) -> None:
        if f'"household":{town.zhang.pk},' in route.request.post_data.replace(" ", ""):
            return route.fulfill(status=404, json={"detail": "没有找到。"})
        return route.fulfill(status=422, json={"errors": {"day": ["这一天还没到。"]}})

    page.route(VISITS, refuse)
    for name in ("张三丰", "王大春"):
        page.goto("/v/")
        phone.ready()
        phone.record(name)
    phone.signal(False)
    phone.record("李㻞")
    phone.to_outbox()
    expect(page.get_by_text("要您处理 2 条")).to_be_visible()
    look("the outbox")
    phone.tap(page.get_by_role("button", name="不要了", exact=True).first)
    look("the outbox, asking")
    assert not small, "\n".join(f"{name}:\n  " + "\n  ".join(found) for name, found in small.items())


@pytest.fixture
def visit_before(town: Town) -> None:
    """A visit that can be undone and left something open, so that every fold has something in it."""
    import uuid

    from core import clock
    from visits import services

    services.record_visit(
        actor=town.worker,
        uuid=uuid.uuid4(),
        household=town.zhang,
        happened_at=clock.now(),
        met=False,
        findings=[{"kind": "conflict", "detail": "邻里", "urgency": "days", "words": "为一条田埂"}],
    )
