"""What is typed in one form of a page stands there still when another form of it was sent."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from disputes import services
from disputes.models import Dispute
from tests.disputes.conftest import over_a_wall
from tests.disputes.seats import draft
from tests.people import Town

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def taken(town: Town) -> Dispute:
    quarrel = over_a_wall(town)
    services.accept(actor=town.secretary, dispute=quarrel)
    quarrel.refresh_from_db()
    return quarrel


@pytest.fixture
def desk(page_desk: Any, sign_in: Any, town: Town) -> Any:
    sign_in(page_desk, town.secretary)
    return page_desk


def test_a_review_half_written_outlives_the_search_for_a_party_and_another_step(desk: Any, taken: Dispute):
    page = desk
    page.goto(reverse("disputes:dispute", args=[taken.pk]))
    page.fill("#review-words", "去看过，还在吵")
    page.get_by_text("添当事人").click()
    page.locator("#parties [name=second-look]").fill("李四")
    page.locator("#parties").get_by_role("button", name="找", exact=True).click()
    expect(page.get_by_text("花名册里没有找到")).to_be_visible()
    expect(page.locator("#review-words")).to_have_value("去看过，还在吵")
    page.get_by_text("采取措施", exact=True).first.click()
    page.fill("#measure-words", "两家分开说")
    page.get_by_role("button", name="采取措施").click()
    expect(page.get_by_text("采取措施，记好了。")).to_be_visible()
    expect(page.locator("#review-words")).to_have_value("去看过，还在吵")
    expect(page.locator("#parties [name=second-look]")).to_have_value("李四")
    assert page.evaluate("sessionStorage.getItem('hongji-typed')") is None, "and it lies nowhere any more"


def test_when_and_where_of_a_panel_outlive_the_search_for_a_guest(desk: Any, taken: Dispute, town: Town):
    panel = draft(town, taken)
    page = desk
    page.goto(reverse("disputes:panel", args=[panel.pk]))
    page.locator("#facts [name=place]").fill("村党群服务中心")
    page.locator("#friends").get_by_text("加人").click()
    page.locator("#friends [name=look]").fill("王")
    page.locator("#friends").get_by_role("button", name="找", exact=True).click()
    expect(page.locator("#friends .ticks-one").last).to_contain_text("王大春")
    expect(page.locator("#facts [name=place]")).to_have_value("村党群服务中心")


def test_ticks_of_a_screening_outlive_a_project_that_is_added(desk: Any, town: Town):
    page = desk
    page.goto(reverse("disputes:screening"))
    page.locator("[name=home]").first.check()
    page.get_by_text("添一项").click()
    page.fill("#subject-name", "修路")
    page.get_by_role("button", name="添上").click()
    expect(page.get_by_text("“修路”添上了")).to_be_visible()
    expect(page.locator("[name=home]").first).to_be_checked()
    expect(page.locator("[data-ticked]")).to_have_text("选了 1 户。")


def test_what_is_carried_goes_at_sign_out_and_is_not_shown_to_who_comes_next(
    desk: Any, taken: Dispute, town: Town, sign_in: Any
):
    page = desk
    address = reverse("disputes:dispute", args=[taken.pk])
    page.goto(address)
    page.fill("#review-words", "去看过，还在吵")
    page.get_by_role("button", name="组议事小组").click()
    expect(page.locator("h1")).to_have_text("议事小组")
    assert "还在吵" in page.evaluate("sessionStorage.getItem('hongji-typed')"), "it waits for that page"
    page.context.clear_cookies()
    sign_in(page, town.office)
    page.goto(address)
    expect(page.locator("#review-words")).to_have_value("")
    assert page.evaluate("sessionStorage.getItem('hongji-typed')") is None


def test_who_signs_out_on_one_tab_has_left_what_another_one_carried(desk: Any, taken: Dispute):
    page = desk
    page.goto(reverse("disputes:dispute", args=[taken.pk]))
    page.fill("#review-words", "去看过，还在吵")
    page.get_by_role("button", name="组议事小组").click()
    expect(page.locator("h1")).to_have_text("议事小组")
    assert page.evaluate("sessionStorage.getItem('hongji-typed')")
    other = page.context.new_page()
    other.goto(reverse("disputes:disputes"))
    other.get_by_role("button", name="退出", exact=True).click()
    expect(other.locator("[name=username]")).to_be_visible()
    page.wait_for_function("sessionStorage.getItem('hongji-typed') === null")
