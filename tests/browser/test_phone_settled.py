"""就地化解 on the phone: one screen, kept without a signal, sent once, and said where something is missing."""

from typing import Any

import pytest
from playwright.sync_api import expect

from disputes.models import Dispute
from tests.browser.offline import Hold
from tests.people import Town

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_settled_at_the_door_without_a_signal_it_arrives_once(
    town: Town, keeping: Hold, expected_complaints: list[str]
) -> None:
    expected_complaints.append("ERR_INTERNET_DISCONNECTED")
    phone = keeping(town.worker).ready()
    phone.tap(phone.row("张三丰"))
    phone.page.get_by_role("link", name="就地化解了一件纠纷").wait_for()
    phone.signal(False)
    phone.tap(phone.page.get_by_role("link", name="就地化解了一件纠纷"))
    phone.tap(phone.save())
    expect(phone.page.locator(".field-error")).to_have_count(3)
    phone.type(phone.page.locator("[name=other]"), "王大春")
    phone.tap(phone.pill("邻里"))
    # Half written it stays on the phone.
    phone.page.evaluate("location.hash = '#/'")
    phone.tap(phone.row("张三丰"))
    phone.tap(phone.page.get_by_role("link", name="就地化解了一件纠纷"))
    expect(phone.page.locator("[name=other]")).to_have_value("王大春")
    phone.tap(phone.pill("各让一步"))
    phone.tap(phone.save())
    expect(phone.toast()).to_contain_text("张三丰和王大春“就地化解”记下了")
    phone.to_outbox()
    expect(phone.item("张三丰和王大春 · 就地化解")).to_be_visible()
    assert not Dispute.objects.exists()
    phone.signal(True)
    for _ in range(100):
        if Dispute.objects.exists():
            break
        phone.page.wait_for_timeout(100)
    found = Dispute.objects.get()
    assert (found.state, found.outcome, found.registered_by) == ("settled", "各让一步", town.worker)
    expect(phone.page.get_by_text(found.number)).to_be_visible()
    expect(phone.waiting()).to_be_hidden()


def test_from_the_list_of_what_is_to_do_two_names_are_enough(town: Town, keeping: Hold) -> None:
    phone = keeping(town.assistant, "#/todo")
    phone.tap(phone.page.get_by_role("link", name="就地化解了一件纠纷"))
    phone.type(phone.page.locator("[name=one]"), "李四")
    phone.type(phone.page.locator("[name=other]"), "王五")
    phone.tap(phone.pill("山林土地"))
    phone.type(phone.page.locator("[name=words]"), "量了地，立了桩")
    phone.tap(phone.save())
    expect(phone.toast()).to_contain_text("送达")
    assert [party.name for party in Dispute.objects.get().parties.all()] == ["李四", "王五"]


def other_side(phone: Any) -> Any:
    return phone.page.locator("[data-opponent]")


def test_a_neighbour_is_tapped_and_not_typed_also_without_a_signal(
    town: Town, keeping: Hold, expected_complaints: list[str]
) -> None:
    expected_complaints.append("ERR_INTERNET_DISCONNECTED")
    phone = keeping(town.worker).ready()
    phone.signal(False)
    phone.tap(phone.row("张三丰"))
    phone.tap(phone.page.get_by_role("link", name="就地化解了一件纠纷"))
    phone.tap(other_side(phone).get_by_role("button", name="王大春"))
    expect(other_side(phone).locator(".home-chosen")).to_contain_text("王大春 家")
    # Half written it stays on the phone.
    phone.page.wait_for_timeout(300)
    phone.page.evaluate("location.hash = '#/'")
    phone.tap(phone.row("张三丰"))
    phone.tap(phone.page.get_by_role("link", name="就地化解了一件纠纷"))
    expect(other_side(phone).locator(".home-chosen")).to_contain_text("王大春 家")
    phone.tap(phone.pill("邻里"))
    phone.tap(phone.pill("各让一步"))
    phone.tap(phone.save())
    expect(phone.toast()).to_contain_text("张三丰和王大春“就地化解”记下了")
    phone.signal(True)
    for _ in range(100):
        if Dispute.objects.exists():
            break
        phone.page.wait_for_timeout(100)
    assert Dispute.objects.get().parties.get(side="second").household == town.wang
    assert phone.typed == 0


def test_a_household_is_found_as_one_types_and_by_the_register(town: Town, keeping: Hold) -> None:
    phone = keeping(town.worker, "#/todo")
    phone.tap(phone.page.get_by_role("link", name="就地化解了一件纠纷"))
    phone.type(phone.page.locator("[name=one]"), "李四")
    phone.type(phone.page.locator("[name=other]"), "wdc")
    phone.tap(other_side(phone).get_by_role("button", name="找", exact=True))
    phone.tap(other_side(phone).get_by_role("button", name="王大春"))
    phone.tap(other_side(phone).get_by_role("button", name="换一个", exact=True))
    phone.type(phone.page.locator("[name=other]"), "没有这个人")
    phone.tap(other_side(phone).get_by_role("button", name="找", exact=True))
    expect(other_side(phone)).to_contain_text("花名册里没有找到，就记写的这个名字")
    phone.tap(phone.pill("山林土地"))
    phone.tap(phone.pill("各让一步"))
    phone.tap(phone.save())
    expect(phone.toast()).to_contain_text("送达")
    assert [party.name for party in Dispute.objects.get().parties.all()] == ["李四", "没有这个人"]
