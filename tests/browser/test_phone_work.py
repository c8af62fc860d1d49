"""What is so of somebody's work, on a visit: two taps, without a signal too, in the labour register when it arrives."""

import datetime as dt

import pytest
from playwright.sync_api import expect

from grids.models import Person
from jobs.models import Labour
from tests.browser.offline import Hold
from tests.people import Town
from visits.models import Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_two_taps_say_it_without_a_signal_and_it_arrives_with_the_visit(
    town: Town, keeping: Hold, expected_complaints: list[str]
) -> None:
    expected_complaints.append("ERR_INTERNET_DISCONNECTED")
    Person.objects.filter(name__in=["张翠山", "殷素素"]).update(birth_date=dt.date(1990, 3, 1))
    phone = keeping(town.worker).ready()
    phone.tap(phone.row("张三丰"))
    expect(phone.page.locator("summary", has_text="就业")).to_have_count(1)  # one line, however many they are
    work = phone.page.locator("summary", has_text="家里人的就业（2 人没登记）")
    work.wait_for()
    phone.signal(False)
    phone.taps = 0
    phone.tap(work)
    phone.tap(
        phone.page.get_by_role("group", name="张翠山现在的就业").locator("label", has_text="在家，想找活")
    )
    assert phone.taps == 2
    expect(phone.save()).to_have_text("保存（1 件新情况）")
    # Half written it stays on the phone.
    phone.page.evaluate("location.hash = '#/'")
    phone.page.evaluate(f"location.hash = '#/h/{town.zhang.pk}'")
    expect(phone.page.locator("[name^=work-]:checked")).to_have_value("idle:seeks")
    phone.tap(phone.save())
    expect(phone.toast()).to_contain_text("1 件新情况")
    assert not Labour.objects.exists()
    phone.signal(True)
    for _ in range(100):
        if Labour.objects.exists():
            break
        phone.page.wait_for_timeout(100)
    row = Labour.objects.get()
    assert (row.person.name, row.status, row.wish) == ("张翠山", "idle", "seeks")
    assert row.source == f"visit:{Visit.objects.get().uuid}:person:{row.person_id}"


def test_who_does_not_keep_the_register_is_not_asked(town: Town, keeping: Hold) -> None:
    Person.objects.filter(name="张翠山").update(birth_date=dt.date(1990, 3, 1))
    phone = keeping(town.assistant).ready()
    phone.tap(phone.row("张三丰"))
    expect(phone.page.locator("summary", has_text="补记别的日子")).to_be_visible()
    phone.page.wait_for_load_state("networkidle")
    assert phone.page.locator("summary", has_text="就业").count() == 0
