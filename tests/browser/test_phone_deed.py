"""报一件好事 on the phone: a few taps, kept without a signal, sent once, and said where something is missing."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from points import services
from points.models import Award, Item
from tests.browser.offline import Hold, Phone
from tests.people import Town
from visits.models import Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def rules(town: Town) -> None:
    """Two deeds that 金星村 thanks for: one by itself, one by the hour."""
    said = {"since": dt.date(2026, 1, 1), "resolution": "2026年1月5日村民代表会议"}
    scheme = services.adopt_scheme(actor=town.secretary, village=town.jinxing, **said)
    for item in (
        Item(scheme=scheme, title="打扫公共地方", points=5, position=1),
        Item(scheme=scheme, title="志愿服务", points=2, unit="小时", most=8, position=2),
    ):
        services.save_item(actor=town.secretary, item=item)


def stored(phone: Phone) -> Award:
    for _ in range(100):
        if Award.objects.exists():
            break
        phone.page.wait_for_timeout(100)
    return Award.objects.get()


def test_told_at_the_door_without_a_signal_it_arrives_once(
    town: Town, rules: None, keeping: Hold, expected_complaints: list[str]
) -> None:
    expected_complaints.append("ERR_INTERNET_DISCONNECTED")
    phone = keeping(town.worker).ready()
    phone.tap(phone.row("张三丰"))
    link = phone.page.get_by_role("link", name="报一件好事")
    link.wait_for()
    phone.signal(False)
    phone.taps = 0
    phone.tap(link)
    phone.tap(phone.pill("志愿服务"))
    expect(phone.page.locator("[name=number]")).to_have_value("1")
    phone.page.locator("[name=number]").fill("3")
    phone.page.locator("[name=words]").fill("陪李奶奶看病")
    # Half written it stays on the phone.
    phone.page.evaluate("location.hash = '#/'")
    phone.page.evaluate(f"location.hash = '#/h/{town.zhang.pk}/deed'")
    expect(phone.page.locator("[name=words]")).to_have_value("陪李奶奶看病")
    expect(phone.page.locator("[name=number]")).to_have_value("3")
    phone.tap(phone.save())
    assert phone.taps == 3, "the button, the deed, and to save it"
    expect(phone.toast()).to_contain_text("张三丰家“志愿服务”记下了")
    phone.to_outbox()
    expect(phone.item("张三丰家 · 志愿服务")).to_be_visible()
    assert not Award.objects.exists()
    phone.signal(True)
    found = stored(phone)
    assert (found.item.title, found.number, found.words) == ("志愿服务", 3, "陪李奶奶看病")
    assert (found.claimed_by, found.household, found.claimed) == (town.worker, town.zhang, 6)
    expect(phone.page.get_by_text(found.number_said)).to_be_visible()
    expect(phone.waiting()).to_be_hidden()


def test_what_is_missing_is_said_and_what_the_server_refuses_is_corrected(
    town: Town, rules: None, keeping: Hold, expected_complaints: list[str]
) -> None:
    expected_complaints.append("422")
    Item.objects.filter(title="打扫公共地方").update(once=True)
    phone = keeping(town.worker, f"#/h/{town.zhang.pk}/deed")
    phone.tap(phone.save())
    expect(phone.page.locator(".field-error")).to_have_count(2)
    phone.tap(phone.pill("打扫公共地方"))
    phone.page.locator("[name=words]").fill("扫了村口")
    phone.tap(phone.save())
    expect(phone.toast()).to_contain_text("等组长、网格长初审")
    first = stored(phone)
    phone.page.evaluate(f"location.hash = '#/h/{town.zhang.pk}/deed'")
    phone.tap(phone.pill("打扫公共地方"))
    phone.page.locator("[name=words]").fill("又扫了")
    phone.tap(phone.save())
    phone.to_outbox()
    expect(phone.page.get_by_text("一户只算一次")).to_be_visible()
    phone.tap(phone.page.get_by_role("link", name="改好再送"))
    expect(phone.page.locator("[name=words]")).to_have_value("又扫了")
    phone.tap(phone.pill("志愿服务"))
    phone.tap(phone.save())
    for _ in range(100):
        if Award.objects.count() == 2:
            break
        phone.page.wait_for_timeout(100)
    assert Award.objects.exclude(pk=first.pk).get().item.title == "志愿服务"


def test_seen_on_a_visit_it_is_told_in_two_taps_and_sent_with_the_visit(
    town: Town, rules: None, keeping: Hold, expected_complaints: list[str]
) -> None:
    expected_complaints.append("ERR_INTERNET_DISCONNECTED")
    phone = keeping(town.worker).ready()
    phone.tap(phone.row("张三丰"))
    fold = phone.page.locator("summary", has_text="做了好事")
    fold.wait_for()
    phone.signal(False)
    phone.taps = 0
    phone.tap(fold)
    phone.tap(phone.pill("志愿服务"))
    assert phone.taps == 2
    phone.page.locator("[name^=many-]").fill("3")
    expect(phone.save()).to_have_text("保存（1 件新情况）")
    # Half written it stays on the phone.
    phone.page.evaluate("location.hash = '#/'")
    phone.page.evaluate(f"location.hash = '#/h/{town.zhang.pk}'")
    expect(phone.page.locator("[name^=many-]")).to_have_value("3")
    phone.tap(phone.save())
    expect(phone.toast()).to_contain_text("记下了")
    assert not Award.objects.exists()
    phone.signal(True)
    found = stored(phone)
    visit = Visit.objects.get()
    assert (found.item.title, found.number, found.household) == ("志愿服务", 3, town.zhang)
    assert found.key == f"visit:{visit.uuid}:rule:{found.item_id}"
    assert (visit.summary, visit.counts) == ("没有新情况", True)


def test_what_demands_proof_goes_with_its_photo_without_a_signal_too(
    town: Town, rules: None, keeping: Hold, expected_complaints: list[str], tmp_path: Path, settings: Any
) -> None:
    expected_complaints.append("ERR_INTERNET_DISCONNECTED")
    settings.MEDIA_ROOT = tmp_path
    Item.objects.filter(title="打扫公共地方").update(proof=True)
    picture = tmp_path / "a.jpg"
    Image.new("RGB", (60, 40), "red").save(picture)
    phone = keeping(town.worker).ready()
    phone.page.evaluate(f"location.hash = '#/h/{town.zhang.pk}/deed'")
    phone.page.locator("[name=words]").fill("扫了村口")
    phone.tap(phone.pill("打扫公共地方"))
    phone.signal(False)
    phone.tap(phone.save())
    expect(phone.page.locator(".field-error")).to_contain_text("要有佐证")
    phone.page.locator("[name=photo]").set_input_files(picture)
    phone.tap(phone.save())
    expect(phone.toast()).to_contain_text("记下了")
    phone.signal(True)
    found = stored(phone)
    for _ in range(100):
        found.refresh_from_db()
        if found.photo:
            break
        phone.page.wait_for_timeout(100)
    assert found.photo, "the photo came behind it"
    # On a visit it is not offered: there its proof would be forgotten.
    phone.page.evaluate(f"location.hash = '#/h/{town.zhang.pk}'")
    phone.tap(phone.page.locator("summary", has_text="做了好事"))
    expect(phone.pill("志愿服务")).to_be_visible()
    assert phone.page.locator("[name=deed]").count() == 1


def test_a_phone_that_keeps_nothing_sends_the_photo_at_once(
    town: Town, rules: None, phone_of: Any, tmp_path: Path, settings: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    Item.objects.filter(title="打扫公共地方").update(proof=True)
    picture = tmp_path / "a.jpg"
    Image.new("RGB", (60, 40), "red").save(picture)
    hand = phone_of(town.worker, f"#/h/{town.zhang.pk}/deed")
    hand.page.locator("[name=words]").fill("扫了村口")
    hand.page.locator(".pick", has_text="打扫公共地方").click()
    hand.page.locator("[name=photo]").set_input_files(picture)
    hand.page.locator(".bar .btn-main").click()
    expect(hand.page.locator(".toast")).to_contain_text("等组长、网格长初审")
    assert Award.objects.get().photo


def test_where_the_village_has_no_rules_the_visit_asks_for_no_deed(town: Town, keeping: Hold) -> None:
    asked: list[str] = []
    phone = keeping(town.worker).ready()
    phone.page.on("request", lambda request: asked.append(request.url))
    phone.tap(phone.row("张三丰"))
    expect(phone.page.locator("summary", has_text="补记别的日子")).to_be_visible()
    phone.page.wait_for_load_state("networkidle")
    assert phone.page.locator("summary", has_text="做了好事").count() == 0
    assert not [each for each in asked if "seen.js" in each]
