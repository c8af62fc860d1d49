"""The net is slow, the phone is full, its clock is put right: what waits arrives all the same, and says so."""

import datetime as dt
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from core import clock
from tests.browser.offline import VISITS, Hold, Phone
from tests.browser.test_offline_outbox import lose_answers
from tests.browser.test_offline_people import come_in, leave
from tests.people import Town
from visits.models import Finding, Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Every writing fails, deleting does not: as in a browser whose space is used up.
FULL = """() => { IDBObjectStore.prototype.put = () => {
    throw new DOMException('The quota has been exceeded.', 'QuotaExceededError'); }; }"""


@pytest.fixture
def phone(town: Town, keeping: Hold, expected_complaints: list[str]) -> Phone:
    expected_complaints += ["ERR_", "401", "403", "404", "422"]
    return keeping(town.worker).ready()


def with_photo(phone: Phone, name: str, folder: Any) -> None:
    path = folder / "photo.jpg"
    Image.new("RGB", (600, 300), "green").save(path)
    phone.tap(phone.row(name))
    phone.tap(phone.page.get_by_text("补记别的日子"))
    phone.page.locator("[name=photo]").set_input_files(path)
    phone.tap(phone.save())
    expect(phone.toast()).to_contain_text("记下了")


def test_a_phone_that_is_full_sends_what_waits_and_lets_it_go(phone: Phone) -> None:
    phone.signal(False)
    phone.record("张三丰")
    phone.page.evaluate(FULL)
    phone.signal(True)
    phone.arrived(1)
    expect(phone.waiting()).to_be_hidden()
    expect(phone.band()).to_contain_text("手机存满了")
    phone.to_outbox()
    expect(phone.page.get_by_text("没有等着送的")).to_be_visible()
    expect(phone.item("张三丰家")).to_have_count(0)


def test_a_phone_that_is_full_when_it_is_opened_sends_too(phone: Phone) -> None:
    phone.signal(False)
    phone.record("张三丰")
    phone.page.add_init_script(f"({FULL})()")
    phone.page.goto("about:blank")
    phone.signal(True)
    phone.page.goto("/v/")
    phone.arrived(1)


def test_a_photo_that_does_not_get_through_holds_up_no_visit(phone: Phone, tmp_path: Any) -> None:
    hanging: list[Any] = []
    phone.page.route("**/photo/", lambda route: hanging.append(route))
    phone.signal(False)
    with_photo(phone, "张三丰", tmp_path)
    phone.record("王大春")
    phone.signal(True)
    phone.arrived(2)
    phone.to_outbox()
    expect(phone.item("王大春家")).to_contain_text(Visit.objects.get(household__head_name="王大春").receipt)
    expect(phone.item("张三丰家")).to_contain_text("正在送")
    assert len(hanging) == 1


def test_a_visit_that_does_not_get_through_in_time_holds_up_no_other(
    town: Town, keeping: Hold, page_phone: Any, expected_complaints: list[str]
) -> None:
    expected_complaints.append("ERR_")
    # The phone's patience, and nothing else, is shortened.
    page_phone.add_init_script(
        "const real = setTimeout; globalThis.setTimeout = (act, after, ...rest) =>"
        " real(act, after >= 20000 && after < 30000 ? 1500 : after, ...rest);"
    )
    phone = keeping(town.worker).ready()
    phone.signal(False)
    phone.record("张三丰")
    phone.record("王大春")
    first: list[str] = []

    def hang(route: Any) -> None:
        first[:] = first or [route.request.url]
        if route.request.url != first[0]:
            route.continue_()

    page_phone.route("**/api/visits/*/", hang)
    phone.signal(True)
    phone.arrived(1)
    assert Visit.objects.get().household == town.wang
    expect(phone.waiting()).to_have_text("1")


def test_a_clock_put_right_before_sending_moves_no_visit_to_another_day(
    town: Town, keeping: Hold, page_phone: Any, expected_complaints: list[str]
) -> None:
    expected_complaints.append("ERR_")
    page_phone.clock.install(time=clock.now() - dt.timedelta(days=3))
    phone = keeping(town.worker).ready()
    phone.signal(False)
    phone.record("张三丰")
    page_phone.clock.set_system_time(clock.now())
    phone.signal(True)
    page_phone.clock.run_for(1000)
    phone.arrived(1)
    assert Visit.objects.get().day == clock.today()


def test_a_clock_put_right_before_somebody_else_sends_moves_none_either(
    town: Town, keeping: Hold, page_phone: Any, expected_complaints: list[str]
) -> None:
    expected_complaints += ["ERR_", "401", "403"]
    page_phone.clock.install(time=clock.now() - dt.timedelta(days=2))
    phone = keeping(town.worker).ready()
    phone.signal(False)
    phone.record("张三丰")
    leave(phone)
    expect(page_phone.get_by_text("退出了")).to_be_visible()
    page_phone.clock.set_system_time(clock.now())
    phone.signal(True)
    expect(page_phone.get_by_role("button", name="登录", exact=True)).to_be_visible()
    come_in(phone, "xuxie")
    page_phone.clock.run_for(1000)
    phone.arrived(1)
    assert Visit.objects.get().day == clock.today()


def test_a_household_whose_visit_has_arrived_is_not_due_again_without_a_signal(phone: Phone) -> None:
    phone.record("张三丰")
    expect(phone.toast()).to_contain_text("送达")
    phone.signal(False)
    phone.page.goto("/v/")
    expect(phone.page.get_by_text("手机里存的名单")).to_be_visible()
    expect(phone.row("王大春")).to_be_visible()
    expect(phone.row("张三丰")).to_have_count(0)


def test_who_came_along_can_be_chosen_without_a_signal_and_stays_in_the_draft(phone: Phone) -> None:
    phone.signal(False)
    phone.page.goto("/v/")
    phone.tap(phone.row("张三丰"))
    phone.tap(phone.page.get_by_text("补记别的日子"))
    phone.tap(phone.page.locator("label.pick:has([name=companions])").first)
    first = phone.page.locator("[name=companions]").first
    expect(first).to_be_checked()
    expect(phone.page.get_by_text("写的已存在手机上")).to_have_attribute("data-now", "yes")
    phone.page.reload()
    expect(first).to_be_checked()


def test_an_hour_before_the_key_ends_the_form_says_so_and_after_it_the_page_says_what_is_safe(
    town: Town, keeping: Hold, page_phone: Any, expected_complaints: list[str]
) -> None:
    expected_complaints.append("ERR_")
    page_phone.clock.install(time=clock.now())
    phone = keeping(town.worker).ready()
    phone.signal(False)
    phone.record("王大春")
    phone.tap(phone.row("张三丰"))
    phone.tap(phone.pill("人才"))
    expect(page_phone.get_by_text("写了一半的先存好")).to_have_count(0)
    page_phone.clock.fast_forward(11 * 3600 * 1000 + 120_000)
    page_phone.clock.run_for(61_000)
    expect(page_phone.get_by_text("写了一半的先存好")).to_be_visible()
    page_phone.clock.fast_forward(3600 * 1000)
    page_phone.clock.run_for(5000)
    expect(page_phone.get_by_text("没送的 1 条封在手机里，不会丢")).to_be_visible()


def test_a_visit_the_server_does_not_take_back_any_more_says_so_at_the_record(phone: Phone) -> None:
    phone.page.route(
        "**/api/visits/*/undo/",
        lambda route: route.fulfill(status=422, json={"detail": "过了 24 小时，不能撤销了。"}),
    )
    lose_answers(phone)
    phone.record("张三丰")
    phone.arrived(1)
    expect(phone.waiting()).to_have_text("1")
    phone.tap(phone.toast().get_by_role("button", name="撤销", exact=True))
    phone.page.unroute(VISITS)
    phone.to_outbox()
    phone.send_now()
    expect(phone.item("张三丰家")).to_contain_text("没撤成，这一条还算数。过了 24 小时")
    phone.tap(phone.page.get_by_role("button", name="知道了", exact=True))
    expect(phone.page.get_by_text("没撤成")).to_have_count(0)
    expect(phone.item("张三丰家")).to_contain_text(Visit.objects.get().receipt)


def test_what_was_taken_back_and_left_on_the_phone_does_not_stand(phone: Phone) -> None:
    lose_answers(phone)
    phone.record("张三丰")
    phone.arrived(1)
    expect(phone.waiting()).to_have_text("1")
    phone.tap(phone.toast().get_by_role("button", name="撤销", exact=True))
    expect(phone.toast()).to_contain_text("撤销了")
    leave(phone)
    expect(phone.page.get_by_role("button", name="登录", exact=True)).to_be_visible()
    phone.page.unroute(VISITS)
    come_in(phone, "xuxie")
    phone.to_outbox()
    expect(phone.page.get_by_text("没有等着送的")).to_be_visible()
    assert Visit.objects.get().void_at is not None


def test_what_was_typed_is_back_before_the_card_has_come(phone: Phone) -> None:
    phone.tap(phone.row("张三丰"))
    phone.tap(phone.pill("人才"))
    phone.page.locator("[name=words-talent]").press_sequentially("会嫁接果树")
    expect(phone.page.get_by_text("写的已存在手机上")).to_have_attribute("data-now", "yes")
    phone.page.route("**/api/households/*/", lambda route: None)  # a card that does not come
    phone.page.goto("/v/")
    phone.tap(phone.row("张三丰"))
    expect(phone.save()).to_have_text("保存（1 件新情况）")
    phone.tap(phone.save())
    expect(phone.toast()).to_contain_text("送达")
    assert Finding.objects.get().words == "会嫁接果树"
