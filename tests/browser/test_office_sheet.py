"""Pages on paper: the office's is one A4 sheet, however many villages are named; a meeting's is read on a phone too."""

import re
import uuid
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from appeals import services as appeals
from core import clock
from grids.models import Officer, Territory
from hongji.town.filling import make_town
from tests.people import make_town_of_two
from visits.services import ensure_owed, record_visit

A4 = (595, 842)  # points


def leaves(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))


def paper(pdf: bytes) -> set[tuple[int, int]]:
    boxes = re.findall(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)\s*\]", pdf)
    return {(round(float(width)), round(float(height))) for width, height in boxes}


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_first_page_is_one_sheet_of_a4(page_desk: Any, sign_in: Any) -> None:
    make_town(households=220, months=14, seed=7, say=lambda text: None)
    village = Territory.objects.villages().in_order().first()
    assert village
    for name, address in (
        ("office", f"/desk/?open={village.pk}"),
        ("office", "/desk/"),
        ("secretary", "/desk/"),
    ):
        page_desk.context.clear_cookies()
        sign_in(page_desk, User.objects.get(username=name))
        page_desk.goto(address)
        page_desk.get_by_role("heading", name="走访覆盖").wait_for()
        sheet = page_desk.pdf(prefer_css_page_size=True)
        assert leaves(sheet) == 1, address
        assert paper(sheet) == {A4}, "upright A4"
    page_desk.emulate_media(media="print")
    assert page_desk.locator(".panel-coverage").is_visible()
    assert page_desk.locator(".panel-trend").is_visible()
    assert not page_desk.locator(".d-side").is_visible()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_names_of_households_do_not_go_on_the_sheet(page_desk: Any, sign_in: Any) -> None:
    town = make_town_of_two()
    ensure_owed()
    record_visit(
        actor=town.worker,
        uuid="7d0c7e2a-6f5c-4d0c-9d42-0000000000aa",
        household=town.zhang,
        happened_at=clock.now(),
        findings=[{"kind": "talent", "detail": "土专家"}],
    )
    sign_in(page_desk, town.secretary)
    page_desk.goto("/desk/")
    assert page_desk.get_by_text("张三丰").first.is_visible()
    page_desk.emulate_media(media="print")
    assert not page_desk.get_by_text("张三丰").first.is_visible()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_record_of_a_meeting_is_read_on_a_phone_and_stays_a4_on_paper(
    page_phone: Any, sign_in: Any
) -> None:
    town = make_town_of_two()
    needs = [appeals.Need(words="路口的灯坏了三盏，晚上老人不敢出门", caller="路过的老陈")]
    meeting = appeals.hold_meeting(
        actor=town.secretary,
        uuid=uuid.uuid4(),
        kind="bench",
        territory=town.jinxing,
        place="村部",
        held_on=clock.today(),
        topics="医保",
        others=3,
        led_by=Officer.objects.get(user=town.secretary),
        needs=needs,
    ).meeting
    sign_in(page_phone, town.secretary)
    page_phone.goto(reverse("appeals:meeting_paper", args=[meeting.pk]))
    wide = page_phone.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1], "nothing is pushed beyond the edge, nothing shrunk to fit"
    cell = page_phone.get_by_text("路口的灯坏了三盏").evaluate(
        "cell => parseFloat(getComputedStyle(cell).fontSize)"
    )
    assert cell >= 16
    pdf = page_phone.pdf(prefer_css_page_size=True)
    assert paper(pdf) == {A4}
