"""每月排查 on the desk and on a phone: a whole group is ticked at once, and what saves it is always in sight."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from disputes.models import Seen
from tests.people import Town

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

IN_SIGHT = """(button) => {
    const { top, bottom } = button.getBoundingClientRect();
    const middle = document.elementFromPoint(innerWidth / 4, (top + bottom) / 2);
    return top >= 0 && bottom <= innerHeight && button.closest(".tick-save").contains(middle);
}"""


def test_a_group_is_ticked_at_once_and_saved_without_a_way_down(
    town: Town, page_phone: Any, sign_in: Any
) -> None:
    for number in range(20):
        town.household(town.group1, f"甲{number}")
    sign_in(page_phone, town.worker)
    page = page_phone
    page.goto(reverse("disputes:screening"))
    save = page.get_by_role("button", name="看过了，没有矛盾")
    page.get_by_label("全选二组（1 户）").check()
    expect(page.locator("[data-ticked]")).to_have_text("选了 1 户。")
    page.get_by_label("全选一组（22 户）").check()
    expect(page.locator("[data-ticked]")).to_have_text("选了 23 户。")
    page.locator("[name=home]").nth(3).uncheck()
    expect(page.get_by_label("全选一组（22 户）")).to_have_js_property("indeterminate", True)
    page.locator("[name=home]").nth(3).scroll_into_view_if_needed()
    assert save.evaluate(IN_SIGHT), "it stays in sight in the middle of the rows"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    save.click()
    expect(page.get_by_text("22 户记成看过了，没有矛盾。")).to_be_visible()
    assert Seen.objects.count() == 22
