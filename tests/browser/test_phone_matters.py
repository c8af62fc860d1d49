"""诉求 on the phone: one tap or one sentence a step, without a signal too, in order, each credited to who took it."""

import io
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from appeals import services
from appeals.models import Matter
from tests.browser.hand import Hand
from tests.browser.offline import Hold
from tests.browser.test_offline_people import come_in, leave
from tests.people import Town

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
GONE = "ERR_INTERNET_DISCONNECTED"


def asked(town: Town, words: str = "路灯坏了三盏", **more: Any) -> Matter:
    said = {"source": "walk_in", "household": town.zhang, "field": "environment", "words": words} | more
    return services.open_matter(actor=town.assistant, uuid=uuid.uuid4(), **said).matter


def kinds(matter: Matter) -> list[str]:
    return list(matter.moves.order_by("pk").values_list("kind", flat=True))


def until(phone: Hand, matter: Matter, *wanted: str) -> None:
    """Wait until the server has these steps, in this order."""
    for _ in range(100):
        if kinds(matter) == ["open", *wanted]:
            return
        phone.page.wait_for_timeout(100)
    assert kinds(matter) == ["open", *wanted]


def press(hand: Hand, name: str) -> None:
    hand.tap(hand.page.get_by_role("button", name=name, exact=True))


def test_accepted_with_one_tap_and_answered_with_one_sentence(town: Town, keeping: Hold) -> None:
    matter = asked(town)
    phone = keeping(town.worker, "#/todo")
    expect(phone.item("路灯坏了三盏")).to_contain_text(f"诉求 {matter.number}")
    press(phone, "受理")
    until(phone, matter, "accept")
    assert phone.taps == 1
    press(phone, "回复群众了")
    phone.type(phone.page.locator("[name=words]"), "换好了，当面说了")
    phone.tap(phone.pill("基本满意"))
    press(phone, "回复群众了")
    until(phone, matter, "accept", "answer", "close")
    matter.refresh_from_db()
    assert (matter.state, matter.rating, matter.outcome) == ("closed", "fair", "换好了，当面说了")
    expect(phone.page.locator(".empty")).to_contain_text("没有要办的事")


def test_what_is_done_without_a_signal_arrives_in_its_order(
    town: Town, keeping: Hold, expected_complaints: list[str]
) -> None:
    expected_complaints.append(GONE)
    matter = asked(town)
    phone = keeping(town.worker, "#/todo")
    expect(phone.item("路灯坏了三盏")).to_be_visible()
    phone.page.goto("/v/")
    phone.ready()
    phone.signal(False)
    phone.page.evaluate("location.hash = '#/todo'")
    expect(phone.page.get_by_text("没有信号，先列手机里有的诉求")).to_be_visible()
    press(phone, "受理")
    expect(phone.item("路灯坏了三盏")).to_contain_text("记下了“受理”，等着送")
    press(phone, "办好了")
    press(phone, "办好了")
    expect(phone.page.locator(".field-error")).to_contain_text("写一句办理结果")
    phone.type(phone.page.locator("[name=words]"), "灯泡换了")
    # Half written it stays on the phone; then it is written down.
    phone.page.evaluate("location.hash = '#/'")
    phone.page.evaluate("location.hash = '#/todo'")
    press(phone, "办好了")
    expect(phone.page.locator("[name=words]")).to_have_value("灯泡换了")
    press(phone, "办好了")
    expect(phone.item("路灯坏了三盏")).to_contain_text("记下了“受理”“办好了”，等着送")
    phone.to_outbox()
    expect(phone.item(f"诉求 {matter.number} · 受理")).to_be_visible()
    expect(phone.waiting()).to_have_text("2")
    assert kinds(matter) == ["open"]
    phone.signal(True)
    until(phone, matter, "accept", "settle")
    phone.to_outbox()
    expect(phone.waiting()).to_be_hidden()
    expect(phone.page.get_by_text("已送达")).to_be_visible()


def test_somebody_was_quicker_and_the_phone_says_who(
    town: Town, keeping: Hold, expected_complaints: list[str]
) -> None:
    expected_complaints += [GONE, "422"]
    matter = asked(town)
    phone = keeping(town.worker)
    phone.ready()
    phone.page.evaluate("location.hash = '#/todo'")
    expect(phone.item("路灯坏了三盏")).to_be_visible()
    phone.signal(False)
    press(phone, "受理")
    services.withdraw(actor=town.secretary, matter=matter, words="说重了")
    phone.signal(True)
    phone.to_outbox()
    expect(phone.item("没收")).to_contain_text("金书记")
    assert kinds(matter) == ["open", "withdraw"]


def test_a_photo_goes_with_a_note(town: Town, keeping: Hold, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    matter = asked(town)
    services.accept(actor=town.worker, matter=matter)
    phone = keeping(town.worker, f"#/m/{matter.uuid}")
    press(phone, "记一笔")
    phone.type(phone.page.locator("[name=words]"), "换到第二盏")
    drawn = io.BytesIO()
    Image.new("RGB", (60, 40), "orange").save(drawn, "PNG")
    phone.page.locator("[type=file]").set_input_files(
        {"name": "灯.png", "mimeType": "image/png", "buffer": drawn.getvalue()}
    )
    press(phone, "记一笔")
    until(phone, matter, "accept", "note")
    expect(phone.page.get_by_role("link", name="看照片")).to_be_visible()
    assert matter.moves.latest("pk").photo


def test_the_next_on_a_shared_phone_sends_it_and_reads_nothing(
    town: Town, keeping: Hold, expected_complaints: list[str]
) -> None:
    expected_complaints += [GONE, "ERR_FAILED", "401", "403"]
    matter = asked(town, "孙子上学的事")
    phone = keeping(town.worker, "#/todo")
    expect(phone.item("孙子上学的事")).to_be_visible()
    phone.page.goto("/v/")
    phone.ready()
    phone.signal(False)
    phone.page.evaluate("location.hash = '#/todo'")
    press(phone, "受理")
    expect(phone.item("孙子上学的事")).to_contain_text("等着送")
    leave(phone)
    expect(phone.page.get_by_text("退出了")).to_be_visible()
    assert "孙子上学的事" not in phone.everything()
    phone.signal(True)
    expect(phone.page.get_by_role("button", name="登录", exact=True)).to_be_visible()
    come_in(phone, "xuxie")
    until(phone, matter, "accept")
    assert matter.moves.latest("pk").actor == town.worker
    assert "孙子上学的事" not in phone.everything()


def test_the_secretary_passes_it_on_to_somebody_by_name(town: Town, phone_of: Callable[..., Hand]) -> None:
    matter = asked(town)
    hand = phone_of(town.secretary, f"#/m/{matter.uuid}")
    press(hand, "交办")
    hand.page.locator("[name=to]").select_option(
        label=hand.page.locator("[name=to] option", has_text="王格").inner_text()
    )
    hand.type(hand.page.locator("[name=words]"), "今天去看看")
    press(hand, "交办")
    until(hand, matter, "dispatch")
    matter.refresh_from_db()
    assert matter.owner == town.worker
    expect(hand.page.get_by_text("交办给王格")).to_be_visible()


def test_of_more_than_fifty_the_figure_is_true_and_the_rest_is_one_press_away(
    town: Town, phone_of: Callable[..., Hand]
) -> None:
    for number in range(54):
        asked(town, f"第 {number} 盏灯")
    hand = phone_of(town.worker, "#/todo")
    expect(hand.page.get_by_role("link", name="该我办 54")).to_be_visible()
    expect(hand.page.locator(".count[data-tab='/todo']")).to_have_text("54")
    expect(hand.page.locator(".rows > .item")).to_have_count(50)
    expect(hand.page.get_by_text("先列 50 件，一共 54 件。")).to_be_visible()
    press(hand, "再看 50 件")
    expect(hand.page.locator(".rows > .item")).to_have_count(54)
    expect(hand.page.get_by_text("先列 50 件")).to_be_hidden()
    last = hand.page.locator(".rows > .item").last
    hand.tap(last.get_by_role("button", name="受理", exact=True))
    expect(last.get_by_role("button", name="办好了", exact=True)).to_be_visible()
    expect(hand.page.locator(".rows > .item")).to_have_count(54)


def test_a_server_with_a_fault_is_no_missing_signal_and_what_is_done_is_sent_again(
    town: Town, keeping: Hold, expected_complaints: list[str]
) -> None:
    expected_complaints.append("500 (Internal Server Error)")
    matter = asked(town)
    phone = keeping(town.worker, "#/todo")
    expect(phone.item("路灯坏了三盏")).to_be_visible()
    phone.page.route("**/api/matters/**", lambda route: route.fulfill(status=500, body="broken"))
    phone.page.evaluate("location.hash = '#/'")
    phone.page.evaluate("location.hash = '#/todo'")
    told = "服务器这会儿不收，先列手机里有的诉求；办了的存在手机里，服务器好了自动送。"
    expect(phone.page.get_by_text(told)).to_be_visible()
    press(phone, "受理")
    expect(phone.item("路灯坏了三盏")).to_contain_text("记下了“受理”，等着送")
    expect(phone.page.get_by_text("没有信号")).to_be_hidden()
    phone.page.unroute("**/api/matters/**")
    phone.to_outbox()
    press(phone, "现在送")
    until(phone, matter, "accept")
