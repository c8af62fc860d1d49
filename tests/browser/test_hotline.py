"""A call in a real browser: on the duty phone in a few taps, at the desk without a mouse; a villager's old phone."""

import uuid
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from appeals import public_views, services
from appeals.models import Call, Card, Matter, PublicNumber
from tests.browser.hand import Hand

MOST_TAPS = 12
NUMBER = "19900000901"


@pytest.fixture
def hotline(page_phone: Any, sign_in: Any, town: Any) -> Hand:
    """The duty phone of the village, its page open."""
    services.add_talent(
        actor=town.secretary,
        uuid=uuid.uuid4(),
        village=town.jinxing,
        name="老电工",
        phone="19900005555",
        skills="电工",
        agreed=True,
    )
    sign_in(page_phone, town.secretary)
    page_phone.goto(reverse("appeals:hotline"))
    return Hand(page_phone)


def test_a_call_is_taken_on_the_duty_phone_in_at_most_twelve_taps(hotline, town):
    page = hotline.page
    hotline.taps += 1  # into the field of the number, which has the cursor already
    hotline.type(page.locator("#id_text"), NUMBER)
    expect(page.locator(".call-home").first).to_contain_text("张三丰")
    hotline.tap(hotline.pill("环境"))
    hotline.tap(hotline.pill("马上"))
    hotline.tap(hotline.pill("老电工"))
    hotline.tap(page.get_by_role("button", name="记下", exact=True))
    expect(page.locator("[role=status]")).to_contain_text("记下了")
    row = Call.objects.get()
    assert (row.household, row.matter.words, row.matter.urgency) == (town.zhang, "环境", "now")
    assert row.steps.get().sent == "老电工"
    assert hotline.taps <= MOST_TAPS, f"{hotline.taps} taps"
    assert hotline.typed == len(NUMBER), "nothing but the number was typed"


def test_the_button_is_within_reach_wherever_one_is_on_the_page_and_what_is_needed_comes_first(hotline):
    page = hotline.page
    height = page.viewport_size["height"]
    save = page.get_by_role("button", name="记下", exact=True)
    for place in (0, 300, 600):
        page.evaluate(f"scrollTo(0, {place})")
        box = save.bounding_box()
        assert 0 < box["y"] <= height - box["height"], place
    page.evaluate("scrollTo(0, 0)")
    tops = [
        page.locator(each).first.bounding_box()["y"] for each in ("#id_text", "#id_territory", "#id_words")
    ]
    assert tops == sorted(tops)
    assert tops[-1] < save.bounding_box()["y"], "seen without scrolling"
    urgent, field = (
        page.get_by_text(each, exact=True).bounding_box()["y"] for each in ("急不急", "幼有所育")
    )
    assert urgent < field, "what always is said comes before what may be left out"


def test_a_call_is_taken_at_the_desk_without_a_mouse(page_desk, sign_in, town):
    sign_in(page_desk, town.secretary)
    page_desk.goto(reverse("appeals:hotline"))
    expect(page_desk.locator("#id_text")).to_be_focused()
    pressed = 0

    def press(*keys: str) -> None:
        nonlocal pressed
        for key in keys:
            pressed += 1
            page_desk.keyboard.press(key)

    page_desk.keyboard.insert_text(NUMBER)
    press("Enter")
    expect(page_desk.locator(".call-home").first).to_contain_text("张三丰")
    expect(page_desk.locator("#id_text")).to_be_focused()
    while page_desk.evaluate("document.activeElement.id") != "id_words":
        press("Tab")
    page_desk.keyboard.insert_text("灯不亮了")
    press("Enter")
    expect(page_desk.locator("[role=status]")).to_contain_text("记下了")
    row = Call.objects.get()
    assert (row.household, row.matter.words) == (town.zhang, "灯不亮了")
    assert pressed <= MOST_TAPS, f"{pressed} keys besides number and words"


@pytest.mark.parametrize("script", [True, False])
def test_a_villager_leaves_a_need_on_an_old_phone(open_page, town, script, monkeypatch):
    monkeypatch.setattr(public_views, "QUICKEST", 0)  # no hand is as quick as this browser
    PublicNumber.objects.create(
        kind="hotline", territory=town.jinxing, number="0564-7001", since="2026-01-01"
    )
    services.print_cards(actor=town.secretary, grids=[town.grid1], run=uuid.uuid4())
    page = open_page(viewport={"width": 320, "height": 480}, java_script_enabled=script)
    page.goto(reverse("appeals:need", args=[Card.objects.get().code]))
    page.locator("label.pick", has_text="路灯水电").click()
    page.fill("#tel", "19900008888")
    page.get_by_role("button", name="交给网格员").click()
    expect(page.locator("[role=status]")).to_contain_text("收到了")
    assert Matter.objects.get().source == "online"
    assert page.context.cookies() == [] or {each["name"] for each in page.context.cookies()} == {"csrftoken"}
