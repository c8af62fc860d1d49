"""招聘会 on the desk: all places, or all of one employer, are ticked at once."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from core import clock
from jobs.models import JobFair
from tests.jobs.market import offer
from tests.people import Town

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_employer_comes_with_all_its_places_or_with_some(town: Town, page_desk: Any, sign_in: Any) -> None:
    for trade in ("缝纫", "质检", "包装"):
        offer(town.jinxing, trade)
    offer(town.jinxing, "保洁员", employer="金星保洁")
    page = page_desk
    sign_in(page, town.secretary)
    page.goto(reverse("matches:fair_new"))
    said, everything = page.locator("[data-ticked]"), page.get_by_label("全选（4 个岗位）")
    page.get_by_label("洪集制衣厂的都来（3 个岗位）").check()
    expect(said).to_have_text("选了 3 个岗位。")
    expect(everything).to_have_js_property("indeterminate", True)
    everything.check()
    expect(said).to_have_text("选了 4 个岗位。")
    page.get_by_label("质检").uncheck()
    for name, words in (("title", "春风招聘会"), ("place", "村部"), ("day", f"{clock.today()}")):
        page.locator(f"[name={name}]").fill(words)
    page.get_by_role("button", name="定下来").click()
    expect(page.get_by_role("heading", name="春风招聘会")).to_be_visible()
    assert JobFair.objects.get().vacancies.count() == 3
