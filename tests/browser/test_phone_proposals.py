"""What is found of a person becomes a category by one tap of the secretary, and what happened in a family a change."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from grids.models import Category, Person, RegisterChange
from tests.browser.hand import Hand
from tests.browser.test_phone_pages import visited
from tests.people import Town
from visits.models import Finding

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_worker_says_who_is_ill_and_reads_that_the_village_decides(
    town: Town, phone_of: Callable[..., Hand]
) -> None:
    hand = phone_of(town.worker)
    hand.tap(hand.row("王大春"))
    hand.tap(hand.pill("弱势群体"))
    expect(hand.page.locator(".becomes")).to_contain_text("交给村里办")
    hand.tap(hand.pill("重病"))
    expect(hand.page.locator(".becomes")).to_contain_text("村里同意才算")
    hand.tap(hand.pill("李秀英"))
    hand.tap(hand.save())

    expect(hand.page.locator("#toast .toast")).to_contain_text("认定对象的事报给村里了")
    change = RegisterChange.objects.get()
    assert (change.person.name, change.facts, change.state) == ("李秀英", {"category": "illness"}, "proposed")
    hand.page.goto("/v/#/todo?part=others")
    expect(hand.page.locator(".item")).to_have_count(1)
    expect(hand.page.locator(".item")).to_contain_text("等村里定")


def test_nobody_is_offered_where_one_lives_alone(town: Town, phone_of: Callable[..., Hand]) -> None:
    hand = phone_of(town.worker)
    hand.tap(hand.row("李㻞"))
    hand.page.get_by_text("对象类别").first.wait_for()
    hand.tap(hand.pill("弱势群体"))
    hand.tap(hand.pill("残疾"))
    expect(hand.page.locator("[name=person-weak]")).to_have_count(0)
    hand.tap(hand.save())
    expect(hand.page.locator("#toast .toast")).to_contain_text("报给村里了")
    assert RegisterChange.objects.get().person == town.head(town.li)


def test_the_secretary_says_yes_with_one_tap(town: Town, phone_of: Callable[..., Hand]) -> None:
    visited(town.wang, town.worker, findings=[{"kind": "weak", "detail": "孤寡老人"}])
    hand = phone_of(town.secretary, "#/todo")
    item = hand.page.locator(".item")
    expect(item).to_have_count(1)
    expect(item).to_contain_text("认定对象 王大春，鳏寡孤独老人")
    hand.tap(item.get_by_role("button", name="同意", exact=True))

    expect(hand.page.locator(".empty")).to_contain_text("没有要办的事")
    assert hand.taps == 1
    assert Category.objects.get(household=town.wang).kind.code == "lonely"
    assert Finding.objects.get().state == "settled"


def test_a_no_leaves_the_matter_with_its_reason(town: Town, phone_of: Callable[..., Hand]) -> None:
    visited(town.wang, town.worker, findings=[{"kind": "weak", "detail": "孤寡老人"}])
    hand = phone_of(town.secretary, "#/todo")
    hand.tap(hand.page.get_by_role("button", name="不同意", exact=True))
    hand.type(hand.page.locator("[name=why]"), "还有儿子在家")
    hand.tap(hand.page.get_by_role("button", name="不同意，退回"))
    expect(hand.page.locator(".item")).to_contain_text("没同意，还有儿子在家")
    expect(hand.page.get_by_role("button", name="办好了，写结果")).to_be_visible()


def test_a_wedding_leads_to_the_form_of_who_moves_in(
    town: Town, phone_of: Callable[..., Hand], expected_complaints: list[str]
) -> None:
    expected_complaints.append("422")
    visited(town.wang, town.worker, findings=[{"kind": "family", "detail": "结婚"}])
    hand = phone_of(town.secretary, "#/todo")
    hand.tap(hand.page.get_by_role("link", name="报迁入"))
    hand.tap(hand.save())
    expect(hand.page.locator(".note, .field-error").first).to_be_visible()
    hand.type(hand.page.locator("[name='fact-people.0.name']"), "赵小燕")
    hand.page.locator("select").select_option("儿媳")
    hand.tap(hand.pill("女"))
    hand.tap(hand.save())

    expect(hand.page.locator("#toast .toast")).to_contain_text("记进户口册")
    bride = Person.objects.get(name="赵小燕")
    assert (bride.household, bride.relation, bride.sex) == (town.wang, "儿媳", "F")
