"""A visit is recorded on the phone: how many taps it costs; and, where the address lets nothing be kept on the phone,
that the form stays until the server has answered (for what is kept see test_offline_outbox.py)."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.hand import Hand
from tests.people import Town
from visits.models import Finding, Obligation, Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

VISITS = "**/api/visits/*/"


@pytest.fixture
def hand(town: Town, phone_of: Callable[..., Hand]) -> Hand:
    return phone_of(town.worker)


@pytest.fixture
def plain(town: Town, page_phone: Any, phone_of: Callable[..., Hand]) -> Hand:
    """A phone at an address without HTTPS: nothing is kept on it."""
    page_phone.add_init_script("Object.defineProperty(window, 'isSecureContext', {get: () => false})")
    return phone_of(town.worker)


def toast(hand: Hand) -> Any:
    return hand.page.locator("#toast .toast")


def test_a_visit_with_nothing_new_costs_two_taps_and_not_one_typed_character(hand: Hand, town: Town) -> None:
    hand.tap(hand.row("张三丰"))
    hand.tap(hand.save())

    expect(toast(hand)).to_contain_text("张三丰家“无事”送达")
    assert (hand.taps, hand.typed) == (2, 0)
    visit = Visit.objects.get()
    assert (visit.household, visit.visitor, visit.met, visit.counts) == (town.zhang, town.worker, True, True)
    expect(hand.page.locator("h1")).to_contain_text("走访")
    expect(hand.row("张三丰")).to_have_count(0)
    assert visit.receipt in toast(hand).inner_text()


def test_the_toast_takes_the_visit_back_and_the_household_is_on_the_list_again(hand: Hand) -> None:
    hand.tap(hand.row("张三丰"))
    hand.tap(hand.save())
    expect(toast(hand)).to_contain_text("送达")
    hand.tap(toast(hand).get_by_role("button", name="撤销", exact=True))

    expect(toast(hand)).to_contain_text("撤销了")
    expect(hand.row("张三丰")).to_be_visible()
    assert Visit.objects.get().void_at is not None
    assert not Obligation.objects.filter(discharged_on__isnull=False).exists()


def test_a_conflict_found_costs_four_taps_and_its_urgency_has_a_default(hand: Hand) -> None:
    hand.tap(hand.row("张三丰"))
    hand.tap(hand.pill("矛盾"))
    expect(hand.save()).to_have_text("保存（1 件新情况）")
    hand.tap(hand.pill("邻里"))
    hand.tap(hand.save())

    expect(toast(hand)).to_contain_text("1 件新情况")
    expect(toast(hand)).to_contain_text("送达")
    assert (hand.taps, hand.typed) == (4, 0)
    finding = Finding.objects.get()
    assert (finding.kind, finding.detail, finding.urgency) == ("conflict", "邻里", "days")


def test_two_findings_with_their_words_arrive_each_with_its_own(hand: Hand) -> None:
    hand.tap(hand.row("张三丰"))
    hand.tap(hand.pill("有诉求"))
    hand.tap(hand.pill("弱势群体"))
    hand.tap(hand.pill("病有所医"))
    hand.type(hand.page.locator("[name=words-weak]"), "老人独居，腿脚不便")
    expect(hand.save()).to_have_text("保存（2 件新情况）")
    hand.tap(hand.save())

    expect(toast(hand)).to_contain_text("2 件新情况")
    expect(toast(hand)).to_contain_text("送达")
    found = {each.kind: (each.detail, each.words) for each in Finding.objects.all()}
    assert found == {"need": ("病有所医", ""), "weak": ("", "老人独居，腿脚不便")}


def test_nobody_at_home_costs_three_taps_and_the_household_stays_on_the_list(hand: Hand) -> None:
    hand.tap(hand.row("张三丰"))
    hand.tap(hand.pill("没见到"))
    hand.tap(hand.save())

    expect(toast(hand)).to_contain_text("没见到人")
    expect(toast(hand)).to_contain_text("送达")
    assert (hand.taps, hand.typed) == (3, 0)
    expect(hand.row("张三丰")).to_contain_text("没见到人")
    assert Visit.objects.get().met is False


def test_a_phone_call_to_a_household_that_is_at_home_says_that_it_does_not_count(hand: Hand) -> None:
    hand.tap(hand.row("张三丰"))
    hand.tap(hand.pill("打电话"))
    expect(hand.page.get_by_text("别的家还要上门")).to_be_visible()
    hand.tap(hand.save())

    expect(toast(hand)).to_contain_text("电话不算走到，还要上门")
    expect(hand.row("张三丰")).to_be_visible()


def test_a_promise_made_stands_next_to_the_name_and_is_answered_at_the_next_visit(hand: Hand) -> None:
    hand.tap(hand.row("张三丰"))
    hand.tap(hand.page.get_by_text("这次答应的事"))
    hand.tap(hand.pill("问政策"))
    hand.type(hand.page.locator("[name=promise_text]"), "问清慢性病证怎么办")
    hand.tap(hand.save())
    expect(toast(hand)).to_contain_text("送达")

    hand.page.goto("/v/#/find")
    hand.type(hand.page.locator("#find-text"), "zsf")
    hand.tap(hand.page.get_by_role("button", name="找", exact=True))
    hand.tap(hand.row("张三丰"))
    expect(hand.page.locator(".promise")).to_have_text("问清慢性病证怎么办")
    hand.tap(hand.pill("已办好"))
    hand.tap(hand.save())
    expect(hand.page.locator("h1")).to_contain_text("找人找户")
    expect(toast(hand)).to_contain_text("送达")
    assert list(Visit.objects.order_by("pk").values_list("last_promise", flat=True)) == ["", "done"]


def test_a_double_tap_sends_once(hand: Hand) -> None:
    hand.tap(hand.row("张三丰"))
    sent: list[str] = []
    hand.page.on("request", lambda request: request.method == "PUT" and sent.append(request.url))
    hand.save().dblclick()

    expect(toast(hand)).to_contain_text("送达")
    assert len(sent) == 1
    assert Visit.objects.count() == 1


def test_when_the_server_breaks_the_form_stays_and_the_second_try_is_the_same_visit(
    plain: Hand, expected_complaints: list[str]
) -> None:
    hand = plain
    expected_complaints.append("500")
    sent: list[tuple[str, dict[str, Any]]] = []

    def break_once(route: Any) -> None:
        sent.append((route.request.url, json.loads(route.request.post_data)))
        if len(sent) == 1:
            route.fulfill(status=500, json={"detail": "出了毛病。"})
        else:
            route.continue_()

    hand.page.route(VISITS, break_once)
    hand.tap(hand.row("张三丰"))
    hand.tap(hand.pill("环境"))
    hand.type(hand.page.locator("[name=words-environment]"), "沟里有垃圾")
    hand.tap(hand.save())

    expect(hand.page.locator(".note")).to_contain_text("记的还在这一页")
    expect(hand.page.locator("[name=words-environment]")).to_have_value("沟里有垃圾")
    hand.tap(hand.save())
    expect(toast(hand)).to_be_visible()
    (first, before), (second, after) = sent
    before.pop("sent_at"), after.pop("sent_at")
    assert (first, before) == (second, after)
    assert Visit.objects.count() == 1


def test_without_a_signal_the_page_says_so_and_keeps_what_was_typed(
    plain: Hand, expected_complaints: list[str]
) -> None:
    hand = plain
    expected_complaints.append("ERR_INTERNET_DISCONNECTED")
    hand.tap(hand.row("张三丰"))
    hand.tap(hand.pill("人才"))
    hand.type(hand.page.locator("[name=words-talent]"), "会嫁接果树")
    hand.page.context.set_offline(True)
    hand.tap(hand.save())

    expect(hand.page.locator(".note")).to_contain_text("没有信号，记的还在这一页，有信号再按保存")
    hand.page.context.set_offline(False)
    hand.tap(hand.save())
    expect(toast(hand)).to_be_visible()
    assert Finding.objects.get().words == "会嫁接果树"


def test_a_lapsed_sign_in_keeps_the_form_and_offers_the_way_back_in(
    plain: Hand, expected_complaints: list[str], town: Town, sign_in: Callable[..., None]
) -> None:
    hand = plain
    expected_complaints += ["401", "403"]
    hand.tap(hand.row("张三丰"))
    hand.tap(hand.pill("人才"))
    hand.page.context.clear_cookies()
    hand.tap(hand.save())

    note = hand.page.locator(".note")
    expect(note).to_contain_text("登录过期了，记的还在这一页")
    expect(note.get_by_role("link", name="登录")).to_have_attribute("href", "/login/?next=%2Fv%2F")
    sign_in(hand.page, town.worker)
    hand.tap(hand.save())
    expect(toast(hand)).to_be_visible()
    assert Finding.objects.get().kind == "talent"


def test_a_begun_form_is_not_sent_in_the_name_of_somebody_else_who_signed_in(
    plain: Hand, expected_complaints: list[str], town: Town, sign_in: Callable[..., None]
) -> None:
    hand = plain
    expected_complaints += ["403", "401"]
    hand.tap(hand.row("张三丰"))
    expect(hand.page.get_by_text("家里人")).not_to_have_count(0)
    hand.page.context.clear_cookies()
    sign_in(hand.page, town.leader)
    hand.tap(hand.save())

    expect(hand.page.locator(".note")).to_contain_text("换了人登录")
    assert not Visit.objects.exists()


def test_a_typed_day_that_is_not_yet_here_is_told_at_the_field_and_focus_goes_there(
    plain: Hand, expected_complaints: list[str]
) -> None:
    hand = plain
    expected_complaints.append("422")
    hand.tap(hand.row("张三丰"))
    hand.tap(hand.page.get_by_text("补记别的日子"))
    hand.page.locator("[name=day]").fill("2099-01-01")
    hand.tap(hand.save())

    day = hand.page.locator("[name=day]")
    expect(day).to_be_focused()
    expect(day).to_have_attribute("aria-invalid", "true")
    expect(hand.page.locator(".field-error")).to_contain_text("这一天还没到，改成今天或以前。")
    expect(hand.page.locator(".field-error")).to_be_in_viewport()
    day.fill("")
    hand.tap(hand.save())
    expect(toast(hand)).to_be_visible()


def test_a_record_already_received_with_other_words_shows_both_and_can_be_replaced(
    plain: Hand, expected_complaints: list[str]
) -> None:
    """The answer to the first sending is lost on the way; meanwhile the cadre writes more and saves again."""
    hand = plain
    expected_complaints += ["409", "ERR_FAILED"]
    lost: list[bool] = []

    def lose_the_first_answer(route: Any) -> None:
        if lost:
            route.continue_()
            return
        lost.append(True)
        route.fetch()
        route.abort()

    hand.page.route(VISITS, lose_the_first_answer)
    hand.tap(hand.row("张三丰"))
    hand.tap(hand.save())
    expect(hand.page.locator(".note")).to_contain_text("没有信号")
    hand.tap(hand.pill("矛盾"))
    hand.tap(hand.save())

    note = hand.page.locator(".note")
    expect(note).to_contain_text("先收到的")
    expect(note).to_contain_text("现在写的")
    hand.tap(note.get_by_role("button", name="换成现在写的"))
    expect(toast(hand)).to_contain_text("1 件新情况")
    old, new = Visit.objects.order_by("pk")
    assert old.void_at is not None
    assert (new.corrects, new.void_at) == (old, None)
    assert Obligation.objects.filter(visit=new).exists()


def test_a_form_left_half_filled_is_found_again_as_it_was(hand: Hand) -> None:
    hand.tap(hand.row("张三丰"))
    hand.tap(hand.pill("人才"))
    hand.type(hand.page.locator("[name=words-talent]"), "会修农机")
    hand.tap(hand.page.get_by_role("link", name="返回"))
    expect(hand.row("张三丰")).to_contain_text("记了一半，还没保存")
    hand.tap(hand.row("张三丰"))
    expect(hand.page.locator("[name=words-talent]")).to_have_value("会修农机")
    expect(hand.save()).to_have_text("保存（1 件新情况）")


def test_a_photo_travels_after_the_visit_and_arrives_without_its_position(hand: Hand, tmp_path: Any) -> None:
    from PIL import Image

    path = tmp_path / "photo.jpg"
    picture = Image.new("RGB", (2400, 1200), "green")
    exif = picture.getexif()
    exif[0x010F] = "made up"
    picture.save(path, exif=exif)
    hand.tap(hand.row("张三丰"))
    hand.tap(hand.page.get_by_text("补记别的日子"))
    hand.page.locator("[name=photo]").set_input_files(path)
    expect(hand.page.get_by_text("选好 1 张")).to_be_visible()
    hand.tap(hand.save())

    expect(toast(hand)).to_contain_text("送达")
    with Visit.objects.get().photo.open("rb") as stored:
        kept = Image.open(stored)
        assert max(kept.size) <= 1600
        assert not kept.getexif()
