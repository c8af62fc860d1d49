"""What the outbox tells of a record the server did not simply take: on hold with a photo, not allowed, doubled."""

import datetime as dt
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from core import clock, epoch
from grids.models import Post
from tests.browser.offline import VISITS, Hold, Phone
from tests.people import Town
from visits import services
from visits.models import Held, Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
GONE = "ERR_INTERNET_DISCONNECTED"


@pytest.fixture
def phone(town: Town, keeping: Hold) -> Phone:
    return keeping(town.worker).ready()


def record_with_photo(phone: Phone, path: Any) -> None:
    Image.new("RGB", (2400, 1200), "green").save(path)
    phone.tap(phone.row("张三丰"))
    phone.tap(phone.page.get_by_text("补记别的日子"))
    phone.page.locator("[name=photo]").set_input_files(path)
    phone.tap(phone.save())
    expect(phone.toast()).to_contain_text("记下了")


def test_the_photo_of_a_record_on_hold_goes_to_the_village_too(
    phone: Phone, town: Town, tmp_path: Any, settings: Any, expected_complaints: list[str]
) -> None:
    expected_complaints.append(GONE)
    settings.MEDIA_ROOT = tmp_path / "media"
    phone.signal(False)
    record_with_photo(phone, tmp_path / "photo.jpg")
    Post.objects.filter(officer__user=town.worker).update(until=clock.today() - dt.timedelta(days=1))
    phone.signal(True)
    phone.to_outbox()
    expect(phone.item("张三丰家")).to_contain_text("走访那天，走访人不在岗")
    with Held.objects.get().photo.open("rb") as stored:
        assert max(Image.open(stored).size) == 1600
    expect(phone.waiting()).to_be_hidden()


def test_a_record_on_hold_is_taken_back_like_any_other(
    phone: Phone, town: Town, expected_complaints: list[str]
) -> None:
    expected_complaints += [GONE, "403"]
    phone.signal(False)
    phone.record("张三丰")
    Post.objects.filter(officer__user=town.worker).update(until=clock.today() - dt.timedelta(days=1))
    phone.signal(True)
    expect(phone.toast()).to_contain_text("村里先收着")
    phone.tap(phone.toast().get_by_role("button", name="撤销", exact=True))
    expect(phone.toast()).to_contain_text("撤销了，张三丰家的这次走访不算")
    assert Held.objects.get().state == Held.REFUSED
    phone.to_outbox()
    expect(phone.page.get_by_text("没有等着送的")).to_be_visible()


def test_a_record_on_hold_can_be_taken_back_later_from_the_outbox(
    phone: Phone, town: Town, expected_complaints: list[str]
) -> None:
    expected_complaints += [GONE, "403"]
    phone.signal(False)
    phone.record("张三丰")
    Post.objects.filter(officer__user=town.worker).update(until=clock.today() - dt.timedelta(days=1))
    phone.signal(True)
    phone.to_outbox()
    expect(phone.item("张三丰家")).to_contain_text("暂存")
    phone.tap(phone.item("张三丰家").get_by_role("button", name="撤销这一条"))
    expect(phone.toast()).to_contain_text("撤销了，张三丰家的这次走访不算")
    expect(phone.page.get_by_text("没有等着送的")).to_be_visible()
    assert Held.objects.get().state == Held.REFUSED


def test_a_record_on_hold_whose_photo_was_lost_on_the_way_stays_on_hold_and_the_photo_follows(
    phone: Phone, town: Town, tmp_path: Any, settings: Any, expected_complaints: list[str]
) -> None:
    # 403: a list asked for after the post ended.
    expected_complaints += [GONE, "503", "403"]
    settings.MEDIA_ROOT = tmp_path / "media"
    phone.page.route("**/photo/", lambda route: route.fulfill(status=503, json={"detail": "在升级。"}))
    phone.signal(False)
    record_with_photo(phone, tmp_path / "photo.jpg")
    Post.objects.filter(officer__user=town.worker).update(until=clock.today() - dt.timedelta(days=1))
    phone.signal(True)
    phone.to_outbox()
    expect(phone.item("张三丰家")).to_contain_text("照片等着送")
    phone.page.unroute("**/photo/")
    phone.send_now()
    expect(phone.item("张三丰家")).to_contain_text("暂存")
    expect(phone.page.get_by_text("已送达")).to_have_count(0)
    assert Held.objects.get().photo


def test_a_record_that_may_not_be_sent_now_is_kept_and_says_why(
    phone: Phone, expected_complaints: list[str]
) -> None:
    expected_complaints.append("403")
    words = {"detail": "要先用验证器登录。"}
    phone.page.route(VISITS, lambda route: route.fulfill(status=403, json=words))
    phone.record("张三丰")
    phone.to_outbox()
    expect(phone.page.get_by_text("等着送 1 条")).to_be_visible()
    expect(phone.item("张三丰家")).to_contain_text("没送成：要先用验证器登录。记录还在，会再送。")
    phone.page.unroute(VISITS)
    phone.send_now()
    expect(phone.item("张三丰家")).to_contain_text("回执")
    assert Visit.objects.count() == 1


def test_the_same_visit_made_by_somebody_else_that_day_is_told_when_it_arrives_and_in_the_list_of_sent(
    phone: Phone, town: Town
) -> None:
    import uuid

    other = services.record_visit(
        actor=town.leader, uuid=uuid.uuid4(), household=town.zhang, happened_at=clock.now()
    ).visit
    words = f"同一天周长也记过（{other.receipt}），可能重复。"
    phone.record("张三丰")
    expect(phone.toast()).to_contain_text(words)
    phone.to_outbox()
    expect(phone.item("张三丰家")).to_contain_text(words)


def test_a_visit_taken_back_does_not_stand_again_on_a_server_set_back_before_that(
    phone: Phone, town: Town
) -> None:
    phone.record("张三丰")
    expect(phone.toast()).to_contain_text("送达")
    phone.tap(phone.toast().get_by_role("button", name="撤销", exact=True))
    expect(phone.toast()).to_contain_text("撤销了")
    # The backup is from between the two: the visit stands in it.
    Visit.objects.update(void_at=None, void_by=None)
    epoch.renew()
    phone.page.reload()
    for _ in range(100):
        if Visit.objects.get().void_at:
            break
        phone.page.wait_for_timeout(100)
    assert Visit.objects.get().void_at is not None
    phone.to_outbox()
    expect(phone.page.get_by_text("没有等着送的")).to_be_visible()


def test_three_records_that_break_the_server_do_not_hold_up_those_behind_them_for_ever(
    phone: Phone, town: Town, expected_complaints: list[str]
) -> None:
    expected_complaints += ["500", GONE]
    bad: list[str] = []

    def break_for_three(route: Any) -> None:
        if "000000000003" in route.request.url:
            return route.continue_()
        bad.append(route.request.url)
        return route.fulfill(status=500, json={"detail": "出了毛病。"})

    phone.page.route(VISITS, break_for_three)
    phone.signal(False)
    phone.record("张三丰")
    phone.multiply(4)
    phone.signal(True)
    phone.to_outbox()
    expect(phone.band()).to_contain_text("服务器这会儿不收")
    phone.send_now()
    phone.arrived(1)
    assert len(set(bad)) == 3
