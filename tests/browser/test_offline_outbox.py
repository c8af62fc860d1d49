"""Visits recorded where nothing gets through: each arrives once, whatever the net, the server or the phone does."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from tests.browser.offline import VISITS, Hold, Phone
from tests.people import Town
from visits.models import Finding, Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def phone(town: Town, keeping: Hold) -> Phone:
    return keeping(town.worker).ready()


def lose_answers(phone: Phone) -> None:
    """The server commits the first, and no answer comes through; then nothing at all gets through."""
    sent: list[str] = []

    def lose(route: Any) -> None:
        if not sent:
            sent.append(route.fetch().text())
        route.abort("connectionreset")

    phone.page.route(VISITS, lose)


def test_without_a_signal_a_visit_costs_two_taps_and_arrives_by_itself_with_its_number(
    phone: Phone, town: Town, expected_complaints: list[str]
) -> None:
    expected_complaints.append("ERR_INTERNET_DISCONNECTED")
    phone.signal(False)
    phone.tap(phone.row("张三丰"))
    phone.tap(phone.save())

    expect(phone.toast()).to_contain_text("张三丰家“无事”记下了")
    assert (phone.taps, phone.typed) == (2, 0)
    expect(phone.toast()).not_to_contain_text("送达")
    expect(phone.band()).to_contain_text("没有信号，照常记。1 条等着送。")
    expect(phone.row("张三丰")).to_have_count(0)
    assert not Visit.objects.exists()
    phone.signal(True)
    expect(phone.toast()).to_contain_text("送达")
    visit = Visit.objects.get()
    assert (visit.household, visit.visitor) == (town.zhang, town.worker)
    expect(phone.toast()).to_contain_text(visit.receipt)
    expect(phone.waiting()).to_be_hidden()
    phone.to_outbox()
    expect(phone.item("张三丰家")).to_contain_text(visit.receipt)


def test_a_visit_undone_while_nobody_knows_whether_it_arrived_does_not_stand(
    phone: Phone, expected_complaints: list[str]
) -> None:
    expected_complaints.append("ERR_")
    lose_answers(phone)
    phone.record("张三丰")
    phone.arrived(1)
    expect(phone.waiting()).to_have_text("1")
    phone.tap(phone.toast().get_by_role("button", name="撤销", exact=True))
    phone.to_outbox()
    expect(phone.item("张三丰家")).to_contain_text("撤销，等着送")
    phone.page.unroute(VISITS)
    phone.send_now()
    expect(phone.page.get_by_text("没有等着送的")).to_be_visible()
    assert Visit.objects.get().void_at is not None


def test_a_visit_undone_before_it_was_sent_never_arrives(
    phone: Phone, expected_complaints: list[str]
) -> None:
    expected_complaints.append("ERR_INTERNET_DISCONNECTED")
    phone.signal(False)
    phone.record("张三丰")
    phone.tap(phone.toast().get_by_role("button", name="撤销", exact=True))
    expect(phone.toast()).to_contain_text("撤销了")
    expect(phone.row("张三丰")).to_be_visible()
    phone.signal(True)
    phone.to_outbox()
    expect(phone.page.get_by_text("没有等着送的")).to_be_visible()
    assert not Visit.objects.exists()


def test_an_answer_lost_after_the_server_had_committed_makes_no_second_visit(
    phone: Phone, expected_complaints: list[str]
) -> None:
    expected_complaints.append("ERR_")
    lose_answers(phone)
    phone.record("张三丰")
    expect(phone.band()).to_contain_text("1 条等着送")
    expect(phone.toast()).not_to_contain_text("送达")
    phone.arrived(1)
    phone.page.unroute(VISITS)
    phone.tap(phone.band().get_by_role("button", name="现在送"))
    expect(phone.toast()).to_contain_text("送达")
    assert Visit.objects.count() == 1


def test_a_tab_killed_while_sending_sends_again_when_it_is_opened_and_makes_no_second_visit(
    phone: Phone, expected_complaints: list[str]
) -> None:
    expected_complaints.append("ERR_")
    lose_answers(phone)
    phone.record("张三丰")
    phone.arrived(1)
    other = phone.page.context.new_page()
    phone.page.close()  # without a word to the page
    other.goto("/v/#/outbox")
    expect(other.locator(".item", has_text="张三丰家")).to_contain_text(Visit.objects.get().receipt)
    assert Visit.objects.count() == 1


def test_two_tabs_send_thirty_taps_worth_of_records_once_each(
    phone: Phone, town: Town, expected_complaints: list[str]
) -> None:
    expected_complaints.append("ERR_INTERNET_DISCONNECTED")
    sent: list[str] = []
    context = phone.page.context
    phone.signal(False)
    phone.record("张三丰")
    phone.record("王大春")
    phone.record("李㻞")
    other = context.new_page()
    context.on("request", lambda request: request.method == "PUT" and sent.append(request.url))
    other.goto("/v/#/outbox")
    expect(other.get_by_text("等着送 3 条")).to_be_visible()
    phone.signal(True)
    expect(other.get_by_text("已送达 7 天里 3 条")).to_be_visible()
    expect(phone.waiting()).to_be_hidden()
    assert Visit.objects.count() == 3
    assert len(sent) == len(set(sent)) == 3


@pytest.mark.parametrize("status", [500, 502, 503, 403])
def test_a_server_that_breaks_keeps_nothing_from_the_phone(
    phone: Phone, expected_complaints: list[str], status: int
) -> None:
    expected_complaints.append(str(status))
    phone.page.route(VISITS, lambda route: route.fulfill(status=status, json={"detail": "出了毛病。"}))
    phone.record("张三丰")
    expect(phone.waiting()).to_have_text("1")
    phone.to_outbox()
    expect(phone.item("张三丰家")).to_be_visible()
    expect(phone.page.get_by_text("已送达")).to_have_count(0)
    phone.page.unroute(VISITS)
    phone.send_now()
    expect(phone.item("张三丰家")).to_contain_text("回执")
    assert Visit.objects.count() == 1


def test_an_answer_without_a_number_is_no_receipt(phone: Phone) -> None:
    """A page of the hotel's net answers 200 to everything."""
    phone.page.route(VISITS, lambda route: route.fulfill(status=200, json={"welcome": "wifi"}))
    phone.record("张三丰")
    phone.to_outbox()
    expect(phone.page.get_by_text("等着送 1 条")).to_be_visible()
    expect(phone.page.get_by_text("已送达")).to_have_count(0)


def test_a_lapsed_sign_in_keeps_the_record_and_it_goes_after_signing_in_again(
    phone: Phone, town: Town, expected_complaints: list[str], sign_in: Callable[..., None]
) -> None:
    expected_complaints += ["401", "403"]
    Session.objects.all().delete()
    phone.record("张三丰")
    expect(phone.band()).to_contain_text("登录过期了，照常记。1 条等着送。")
    assert not Visit.objects.exists()
    phone.page.context.clear_cookies()
    sign_in(phone.page, town.worker)
    phone.page.reload()
    phone.arrived(1)
    phone.to_outbox()
    expect(phone.item("张三丰家")).to_contain_text(Visit.objects.get().receipt)


def test_a_clock_three_days_wrong_is_put_right_by_the_server(
    keeping: Hold, town: Town, page_phone: Any, expected_complaints: list[str]
) -> None:
    from core import clock

    page_phone.clock.install(time=clock.now() + dt.timedelta(days=3))
    phone = keeping(town.worker).ready()
    phone.record("张三丰")
    page_phone.clock.run_for(1000)
    expect(phone.toast()).to_contain_text("送达")
    assert Visit.objects.get().day == clock.today()


def test_a_refused_record_says_why_is_corrected_in_its_form_and_arrives(
    phone: Phone, expected_complaints: list[str]
) -> None:
    expected_complaints.append("422")
    phone.tap(phone.row("张三丰"))
    phone.tap(phone.pill("人才"))
    phone.page.locator("[name=words-talent]").fill("会嫁接果树")
    phone.tap(phone.page.get_by_text("补记别的日子"))
    phone.page.locator("[name=day]").fill("2099-01-01")
    phone.tap(phone.save())
    expect(phone.band()).to_contain_text("1 条没收，要您看一下。")
    phone.tap(phone.band().get_by_role("link", name="去看"))
    item = phone.item("张三丰家")
    expect(item).to_contain_text("这一天还没到，改成今天或以前。")
    phone.tap(item.get_by_role("link", name="改好再送"))
    day = phone.page.locator("[name=day]")
    expect(day).to_have_value("2099-01-01")
    expect(day).to_be_focused()
    expect(phone.page.locator(".field-error")).to_contain_text("这一天还没到")
    expect(phone.page.locator("[name=words-talent]")).to_have_value("会嫁接果树")
    day.fill("")
    phone.tap(phone.save())
    expect(phone.toast()).to_contain_text("送达")
    assert Visit.objects.count() == 1
    assert Finding.objects.get().words == "会嫁接果树"
    expect(phone.waiting()).to_be_hidden()


def test_a_refused_record_is_given_up_only_in_words(phone: Phone, expected_complaints: list[str]) -> None:
    expected_complaints.append("404")
    phone.page.route(VISITS, lambda route: route.fulfill(status=404, json={"detail": "没有找到。"}))
    phone.record("张三丰")
    phone.to_outbox()
    item = phone.item("张三丰家")
    expect(item).to_contain_text("没有找到")
    expect(item.get_by_text("改好再送")).to_have_count(0)
    expect(item.get_by_text("再送一次")).to_have_count(0)
    phone.tap(item.get_by_text("看全部"))
    expect(item).to_contain_text("见到人")
    phone.tap(item.get_by_role("button", name="不要了", exact=True))
    phone.tap(item.get_by_role("button", name="先留着"))
    expect(item).to_be_visible()
    phone.tap(item.get_by_role("button", name="不要了", exact=True))
    phone.tap(item.get_by_role("button", name="不要了，删掉"))
    expect(item).to_have_count(0)
    expect(phone.waiting()).to_be_hidden()


def test_one_record_that_breaks_the_server_does_not_hold_up_the_rest(
    phone: Phone, town: Town, expected_complaints: list[str]
) -> None:
    expected_complaints += ["500", "ERR_"]

    def break_for_zhang(route: Any) -> None:
        if json.loads(route.request.post_data)["household"] == town.zhang.pk:
            route.fulfill(status=500, json={"detail": "出了毛病。"})
        else:
            route.continue_()

    phone.page.route(VISITS, break_for_zhang)
    phone.record("张三丰")
    phone.record("王大春")
    phone.to_outbox()
    expect(phone.item("王大春家")).to_contain_text("回执")
    assert Visit.objects.get().household == town.wang


def test_records_that_are_never_taken_are_not_asked_about_without_end(
    phone: Phone, town: Town, expected_complaints: list[str]
) -> None:
    expected_complaints += ["500", "403"]
    asked: list[str] = []

    def refuse(route: Any) -> None:
        asked.append(route.request.url)
        mine = json.loads(route.request.post_data)["household"] == town.zhang.pk
        route.fulfill(status=500 if mine else 403, json={"detail": "出了毛病。"})

    phone.page.route(VISITS, refuse)
    phone.record("张三丰")
    phone.record("王大春")
    expect(phone.waiting()).to_have_text("2")
    phone.page.wait_for_timeout(3000)
    assert 2 <= len(asked) <= 12
    assert not Visit.objects.exists()


def test_a_conflict_shows_both_sides_and_the_new_one_corrects_the_old(
    phone: Phone, town: Town, expected_complaints: list[str]
) -> None:
    expected_complaints += ["409", "ERR_"]
    seen: list[str] = []

    def another_was_first(route: Any) -> None:
        """The same uuid, with other words, has come in before."""
        if not seen:
            other = json.loads(route.request.post_data) | {"note": "先记的"}
            seen.append(route.fetch(post_data=json.dumps(other)).text())
        route.continue_()

    phone.page.route(VISITS, another_was_first)
    phone.record("张三丰", "矛盾")
    phone.to_outbox()
    note = phone.page.locator(".note")
    expect(note).to_contain_text("先收到的")
    expect(note).to_contain_text("先记的")
    expect(note).to_contain_text("现在写的")
    expect(note).to_contain_text("矛盾")
    phone.tap(note.get_by_role("button", name="换成现在写的"))
    expect(phone.page.get_by_text("已送达 7 天里 1 条")).to_be_visible()
    old, new = Visit.objects.order_by("pk")
    assert old.void_at is not None
    assert new.corrects == old


def test_when_the_phone_is_full_the_form_stays_and_says_so(
    phone: Phone, expected_complaints: list[str]
) -> None:
    expected_complaints += ["ERR_INTERNET_DISCONNECTED", "Quota"]
    phone.tap(phone.row("张三丰"))
    phone.tap(phone.pill("人才"))
    phone.page.locator("[name=words-talent]").fill("会嫁接果树")
    phone.signal(False)
    # The browser's own override of the quota is heeded only half a minute later: the store says it itself.
    phone.page.evaluate(
        """() => { IDBObjectStore.prototype.put = () => {
            throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
        }; }"""
    )
    phone.tap(phone.save())
    expect(phone.page.locator("main")).to_contain_text("手机存满了，这一条没存进手机")
    expect(phone.page.locator("[name=words-talent]")).to_have_value("会嫁接果树")
    phone.signal(True)
    phone.tap(phone.save())
    expect(phone.toast()).to_contain_text("送达")
    assert Visit.objects.count() == 1


def test_a_killed_tab_loses_nothing_that_was_typed(phone: Phone, expected_complaints: list[str]) -> None:
    expected_complaints.append("ERR_INTERNET_DISCONNECTED")
    phone.signal(False)
    phone.tap(phone.row("张三丰"))
    phone.tap(phone.pill("弱势群体"))
    phone.tap(phone.page.locator(".follow label.pick").first)
    phone.page.locator("[name=words-weak]").press_sequentially("老人独居，腿脚不便")
    expect(phone.page.get_by_text("写的已存在手机上")).to_have_attribute("data-now", "yes")
    context = phone.page.context
    phone.page.close()
    page = context.new_page()
    page.goto("/v/")
    again = Phone(page)
    expect(again.row("张三丰")).to_contain_text("记了一半，还没保存")
    again.tap(again.row("张三丰"))
    expect(page.locator("[name=words-weak]")).to_have_value("老人独居，腿脚不便")
    expect(page.locator(".follow input:checked").first).to_be_checked()
    expect(again.save()).to_have_text("保存（1 件新情况）")
    again.signal(True)
    again.tap(again.save())
    expect(again.toast()).to_contain_text("送达")
    assert Finding.objects.get().words == "老人独居，腿脚不便"
    again.page.reload()
    expect(again.page.get_by_text("记了一半")).to_have_count(0)


def test_a_photo_waits_with_its_visit_and_arrives_after_it(
    phone: Phone, tmp_path: Any, expected_complaints: list[str]
) -> None:
    from PIL import Image

    expected_complaints.append("ERR_INTERNET_DISCONNECTED")
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (2400, 1200), "green").save(path)
    phone.signal(False)
    phone.tap(phone.row("张三丰"))
    phone.tap(phone.page.get_by_text("补记别的日子"))
    phone.page.locator("[name=photo]").set_input_files(path)
    phone.tap(phone.save())
    expect(phone.toast()).to_contain_text("记下了")
    phone.signal(True)
    expect(phone.toast()).to_contain_text("送达")
    with Visit.objects.get().photo.open("rb") as stored:
        assert max(Image.open(stored).size) <= 1600


def test_a_record_on_hold_is_shown_with_its_reason_until_the_village_has_decided(phone: Phone) -> None:
    told = {"number": "ZC-261126-1", "outcome": "held", "reason": "这户迁到三组了，等村里定算哪个网格。"}
    uuids: list[str] = []

    def hold(route: Any) -> None:
        uuids.append(route.request.url.rstrip("/").rpartition("/")[2])
        route.fulfill(status=202, json=told | {"uuid": uuids[-1]})

    phone.page.route(VISITS, hold)
    phone.record("张三丰")
    expect(phone.toast()).to_contain_text("回执 ZC-261126-1，村里先收着，等村里定。您不用再记。")
    phone.to_outbox()
    item = phone.item("张三丰家")
    expect(item).to_contain_text("这户迁到三组了")
    expect(item).to_contain_text("您不用再记")
    expect(item).to_contain_text("ZC-261126-1")
    decided = {"uuid": uuids[0], "state": "accepted", "words": "", "visit_number": "ZF-261126-9"}
    phone.page.route("**/api/held/", lambda route: route.fulfill(json={"results": [decided], "next": None}))
    phone.page.reload()
    expect(phone.page.get_by_text("已送达 7 天里 1 条")).to_be_visible()
    expect(item).to_contain_text("ZF-261126-9")
    expect(phone.page.get_by_text("要您处理")).to_have_count(0)


@pytest.mark.parametrize("store", ["IDBFactory", "CacheStorage"])
def test_a_browser_that_keeps_nothing_still_records_with_a_signal(
    town: Town, page_phone: Any, phone_of: Callable[..., Any], store: str
) -> None:
    page_phone.add_init_script(f"{store}.prototype.open = () => {{ throw new Error('private'); }}")
    hand = phone_of(town.worker)
    hand.tap(hand.row("张三丰"))
    hand.tap(hand.save())
    expect(hand.page.locator("#toast .toast")).to_contain_text("送达")
    assert Visit.objects.count() == 1


def test_a_photo_no_phone_can_make_smaller_and_no_server_takes_is_told_at_the_form(
    phone: Phone, tmp_path: Any
) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"no picture at all" * 3_000_000)
    phone.tap(phone.row("张三丰"))
    phone.tap(phone.page.get_by_text("补记别的日子"))
    phone.page.locator("[name=photo]").set_input_files(path)
    phone.tap(phone.save())
    expect(phone.page.locator(".note")).to_contain_text("这张照片太大")
    phone.page.locator("[name=photo]").set_input_files([])
    phone.tap(phone.save())
    expect(phone.toast()).to_contain_text("送达")
    assert Visit.objects.count() == 1
