"""Two people share a phone, and the server is set back in time: nobody reads another's, and nothing is lost."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from core import epoch
from tests.browser.offline import VISITS, Hold, Phone
from tests.people import PASSWORD, Town
from visits.models import Finding, Held, Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

GONE = "ERR_INTERNET_DISCONNECTED"
SECRET = "老人独居腿脚不便"


@pytest.fixture
def phone(town: Town, keeping: Hold) -> Phone:
    return keeping(town.worker).ready()


def leave(phone: Phone) -> None:
    phone.page.evaluate("location.hash = '#/me'")
    phone.tap(phone.page.get_by_role("button", name="退出", exact=True))


def come_in(phone: Phone, username: str) -> None:
    page = phone.page
    page.locator("[name=username]").fill(username)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).tap()
    expect(page.locator("h1")).to_contain_text("走访")


def refused(response: Any) -> bool:
    return response is not None and response.status == 401


def nothing_readable(phone: Phone) -> None:
    everything = phone.everything()
    for canary in ("张三丰", "王大春", "李秀英", "19900000901", "19900000902", SECRET, "王格"):
        assert canary not in everything


def test_signed_out_without_a_signal_nothing_can_be_read_and_the_unsent_arrives_with_the_next_one(
    phone: Phone, town: Town, expected_complaints: list[str]
) -> None:
    expected_complaints += [GONE, "ERR_FAILED", "401", "403"]
    phone.signal(False)
    phone.tap(phone.row("张三丰"))
    phone.tap(phone.pill("弱势群体"))
    phone.page.locator("[name=words-weak]").fill(SECRET)
    phone.tap(phone.save())
    expect(phone.toast()).to_contain_text("记下了")
    leave(phone)
    expect(phone.page.get_by_text("退出了")).to_be_visible()
    nothing_readable(phone)
    # 1. No page opens before the server knows.
    phone.page.goto("/v/#/h/" + str(town.zhang.pk))
    expect(phone.page.get_by_text("退出了")).to_be_visible()
    assert Session.objects.exists()
    # 2. With a signal the server is told first of all, whatever address is opened.
    phone.signal(True)
    expect(phone.page.get_by_role("button", name="登录", exact=True)).to_be_visible()
    assert not Visit.objects.exists()
    # 3. Somebody else signs in; the visit arrives, and is its author's.
    come_in(phone, "xuxie")
    phone.arrived(1)
    expect(phone.waiting()).to_be_hidden()
    phone.to_outbox()
    expect(phone.page.get_by_text("张三丰")).to_have_count(0)
    visit = Visit.objects.get()
    assert (visit.visitor, visit.household) == (town.worker, town.zhang)
    assert Finding.objects.get().words == SECRET
    assert SECRET not in phone.everything()


def test_signed_out_with_a_signal_everything_readable_goes_and_the_mark_with_it(
    phone: Phone, expected_complaints: list[str]
) -> None:
    leave(phone)
    expect(phone.page.get_by_role("button", name="登录", exact=True)).to_be_visible()
    nothing_readable(phone)
    assert not Session.objects.exists()
    assert phone.page.evaluate("caches.open('flags').then(all => all.keys()).then(keys => keys.length)") == 0


def test_opened_again_by_the_next_one_nothing_is_asked_in_the_name_of_who_left_untold(
    phone: Phone, expected_complaints: list[str]
) -> None:
    expected_complaints += [GONE, "401"]
    page = phone.page
    phone.signal(False)
    leave(phone)
    expect(page.get_by_text("退出了")).to_be_visible()
    page.goto("about:blank")
    asked: list[Any] = []
    page.on("request", lambda request: "/api/" in request.url and asked.append(request))
    phone.signal(True)
    page.goto("/v/")
    expect(page.get_by_role("button", name="登录", exact=True)).to_be_visible()
    assert not Session.objects.exists(), "the server was told"
    # The page left behind may have told it the moment the signal came; then this one may ask, and is told to sign in.
    about_people = [request for request in asked if "due" in request.url or "pack" in request.url]
    assert not [request.url for request in about_people if not refused(request.response())]


def test_leaving_by_the_desks_button_takes_the_key_too(phone: Phone) -> None:
    phone.page.goto("/desk/")
    phone.page.locator("form[action='/logout/'] button").first.dispatch_event("click")
    expect(phone.page.get_by_role("button", name="登录", exact=True)).to_be_visible()
    nothing_readable(phone)


def test_what_is_half_written_is_named_before_leaving(phone: Phone) -> None:
    phone.tap(phone.row("张三丰"))
    phone.tap(phone.pill("人才"))
    phone.tap(phone.page.get_by_role("link", name="返回"))
    expect(phone.row("张三丰")).to_contain_text("记了一半")
    leave(phone)
    expect(phone.page.get_by_text("张三丰家记了一半，还没保存。")).to_be_visible()
    phone.tap(phone.page.get_by_role("button", name="先存好"))
    expect(phone.save()).to_have_text("保存（1 件新情况）")
    leave(phone)
    phone.tap(phone.page.get_by_role("button", name="不要了，退出"))
    expect(phone.page.get_by_role("button", name="登录", exact=True)).to_be_visible()
    nothing_readable(phone)


def test_twelve_hours_after_the_last_answer_nothing_can_be_read_and_the_unsent_is_still_there(
    phone: Phone, town: Town, expected_complaints: list[str], sign_in: Callable[..., None]
) -> None:
    expected_complaints += [GONE, "ERR_", "401"]
    phone.signal(False)
    phone.record("张三丰")
    context = phone.page.context
    phone.page.close()
    page = context.new_page()
    page.add_init_script("const real = Date.now; Date.now = () => real() + 12.1 * 3600000;")
    page.goto("/v/")
    late = Phone(page)
    expect(page.get_by_text("没有信号").first).to_be_visible()
    expect(late.row("张三丰")).to_have_count(0)
    nothing_readable(late)
    late.signal(True)
    sign_in(page, town.worker)
    page.reload()
    expect(late.row("王大春")).to_be_visible()
    late.arrived(1)
    late.to_outbox()
    expect(page.get_by_text("已送达")).to_be_visible()
    assert Visit.objects.get().visitor == town.worker


def test_somebody_else_signs_in_without_a_sign_out_and_sees_nothing_of_the_one_before(
    phone: Phone, town: Town, expected_complaints: list[str]
) -> None:
    expected_complaints += [GONE, "401", "403", "ERR_"]
    phone.signal(False)
    phone.record("张三丰")
    phone.signal(True)
    phone.page.route(VISITS, lambda route: route.abort())
    phone.page.context.clear_cookies()
    phone.page.goto("/login/?next=/v/")
    come_in(phone, "qiaoji")
    expect(phone.row("陈小军")).to_be_visible()
    phone.arrived(1)
    nothing_readable(phone)
    assert Visit.objects.get().visitor == town.worker


def test_what_its_author_was_to_correct_goes_to_the_village_when_she_has_left(
    phone: Phone, town: Town, expected_complaints: list[str]
) -> None:
    expected_complaints.append("422")
    phone.tap(phone.row("张三丰"))
    phone.tap(phone.page.get_by_text("补记别的日子"))
    phone.page.locator("[name=day]").fill("2099-01-01")
    phone.tap(phone.save())
    expect(phone.band()).to_contain_text("1 条没收")
    leave(phone)
    expect(phone.page.get_by_role("button", name="登录", exact=True)).to_be_visible()
    come_in(phone, "xuxie")
    expect(phone.row("张三丰")).to_be_visible()
    for _ in range(100):
        if Held.objects.exists():
            break
        phone.page.wait_for_timeout(100)
    held = Held.objects.get()
    assert (held.author, held.household) == (town.worker, town.zhang)
    assert not Visit.objects.exists()
    phone.to_outbox()
    expect(phone.page.get_by_text("没有等着送的")).to_be_visible()


def test_what_its_author_took_back_is_not_sent_by_the_next_one(
    phone: Phone, expected_complaints: list[str]
) -> None:
    expected_complaints.append("ERR_")
    phone.page.route(VISITS, lambda route: route.abort("connectionreset"))
    phone.record("张三丰")
    expect(phone.band()).to_contain_text("1 条等着送")
    phone.tap(phone.toast().get_by_role("button", name="撤销", exact=True))
    expect(phone.toast()).to_contain_text("撤销了")
    leave(phone)
    expect(phone.page.get_by_role("button", name="登录", exact=True)).to_be_visible()
    come_in(phone, "xuxie")
    phone.to_outbox()
    expect(phone.page.get_by_text("没有等着送的")).to_be_visible()
    assert not Visit.objects.exists()


def test_a_server_set_back_in_time_gets_back_what_it_lost_and_nothing_twice(phone: Phone, town: Town) -> None:
    phone.record("张三丰")
    expect(phone.toast()).to_contain_text("送达")
    phone.record("王大春")
    expect(phone.toast()).to_contain_text("王大春家“无事”送达")
    number = Visit.objects.get(household=town.wang).receipt
    # 1. The backup is from between the two.
    Visit.objects.filter(household=town.wang).update(void_at=None)
    lose(town.wang)
    epoch.renew()
    phone.page.reload()
    expect(phone.row("张三丰")).to_have_count(0)
    expect(phone.page.locator("#page")).to_be_visible()
    phone.arrived(2)
    assert sorted(Visit.objects.values_list("household", flat=True)) == sorted([town.zhang.pk, town.wang.pk])
    assert all(visit.visitor == town.worker for visit in Visit.objects.all())
    assert number.startswith("ZF-")


def test_a_server_set_back_by_another_tool_is_known_by_a_receipt_it_never_gave(
    phone: Phone, town: Town
) -> None:
    phone.record("张三丰")
    expect(phone.toast()).to_contain_text("送达")
    lose(town.zhang)
    phone.page.reload()
    phone.arrived(1)


def lose(household: Any) -> None:
    """As a backup would have it in which this visit is not yet made."""
    from visits.models import Obligation

    Obligation.objects.filter(visit__household=household).update(visit=None, discharged_on=None)
    Finding.objects.filter(household=household).delete()
    Visit.objects.filter(household=household).delete()


def test_what_waits_is_saved_to_a_file_unreadable_and_sent_from_another_phone(
    phone: Phone,
    town: Town,
    open_page: Callable[..., Any],
    sign_in: Callable[..., None],
    tmp_path: Any,
    expected_complaints: list[str],
) -> None:
    expected_complaints += [GONE, "ERR_"]
    phone.signal(False)
    phone.record("张三丰")
    phone.to_outbox()
    phone.tap(phone.page.get_by_text("手机坏了或一直没信号"))
    with phone.page.expect_download() as download:
        phone.tap(phone.page.get_by_role("button", name="存成文件（1 条）"))
    path = tmp_path / "outbox.json"
    download.value.save_as(path)
    text = path.read_text(encoding="utf-8")
    assert len(json.loads(text)["sealed"]) == 1
    assert "张三丰" not in text
    other = Phone(open_page(has_touch=True, is_mobile=True, viewport={"width": 360, "height": 740}))
    sign_in(other.page, town.leader)
    other.page.goto("/v/#/outbox")
    expect(other.page.locator("h1")).to_contain_text("发件箱")
    other.tap(other.page.get_by_text("手机坏了或一直没信号"))
    other.page.locator("input[type=file]").set_input_files(path)
    expect(other.toast()).to_contain_text("1 条放进发件箱了")
    other.arrived(1)
    assert Visit.objects.get().visitor == town.worker
    # The first phone sends its own later: the same visit.
    phone.signal(True)
    expect(phone.page.get_by_text("已送达")).to_be_visible()
    assert Visit.objects.count() == 1
    # Something else in a file is told in words.
    wrong = tmp_path / "wrong.json"
    wrong.write_text("{}", encoding="utf-8")
    other.page.locator("input[type=file]").set_input_files(wrong)
    expect(other.page.get_by_text("这不是发件箱存出来的文件")).to_be_visible()
