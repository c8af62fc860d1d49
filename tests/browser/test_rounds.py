"""The round sheet in a real browser: one A4 for thirty households, and thirty lines entered by the keyboard alone."""

from typing import Any

import pytest
from django.urls import reverse

from grids import services as grids
from tests.people import START
from visits import services
from visits.models import RoundSheet, Visit
from visits.services import rounds

PER_KEY, READING = 0.4, 3.0  # seconds, for the estimate that is printed
A4 = (794, 1123)  # CSS pixels


@pytest.fixture
def sheet(town: Any) -> RoundSheet:
    """A full sheet: thirty households of three villager groups."""
    third = grids.add_group(actor=grids.SERVER, grid=town.grid1, name="四组", since=START)
    groups = (town.group1, town.group2, third)
    homes = [town.household(groups[n % 3], f"周满{n:02d}", number=f"0605{n:02d}") for n in range(27)]
    services.ensure_owed(households=[home.pk for home in homes])
    sheets = rounds.print_sheets(actor=town.secretary, grid=town.grid1)
    assert sheets[0].lines.count() == 30
    return sheets[0]


class Keys:
    """A keyboard that counts. No mouse is touched."""

    def __init__(self, page: Any) -> None:
        self.page, self.pressed = page, 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.pressed += 1
            self.page.keyboard.press(key)

    def write(self, text: str) -> None:
        """Chinese comes through an input method: about two keys for each character."""
        self.pressed += 2 * len(text)
        self.page.keyboard.insert_text(text)


@pytest.fixture
def desk(page_desk: Any, sign_in: Any, town: Any, sheet: RoundSheet) -> Any:
    """The sheet's page, open before the village secretary."""
    sign_in(page_desk, town.secretary)
    page_desk.goto(reverse("visits:round", args=[sheet.pk]))
    focused(page_desk, 1, "day")
    return page_desk


def focused(page: Any, row: int, part: str) -> None:
    page.locator(f'#row-{row} [data-part="{part}"]:focus').first.wait_for()


def saved(page: Any, row: int) -> Any:
    found = page.locator(f"#row-{row}[data-saved]")
    found.wait_for()
    return found


def today() -> Any:
    from core import clock

    return clock.today()


def test_thirty_lines_by_keyboard_alone_with_at_most_three_keys_for_an_untouched_one(desk, sheet, capsys):
    keys, day, untouched = Keys(desk), f"{today().day:02d}", []
    for row in range(1, 31):
        focused(desk, row, "day")
        before = keys.pressed
        if row == 5:  # nobody there
            keys.press("Tab", "3", "Enter")
        elif row == 9:  # by telephone, with a word
            keys.press("Tab", "2", "Tab")
            keys.write("在合肥")
            keys.press("Enter")
        elif row == 14:  # a quarrel and rubbish
            keys.press("Tab", "1", "4", "5", "Tab")
            keys.write("院墙没谈拢")
            keys.press("Enter")
        else:
            if row == 1:
                keys.press(*day)
            keys.press("Enter")
            untouched.append(keys.pressed - before)
    for row in range(1, 31):
        assert "ZF-" in saved(desk, row).inner_text()
    assert desk.locator("#done").inner_text() == "30"
    assert max(untouched) <= 3
    by_row = {line.row: line.visit for line in sheet.lines.select_related("visit")}
    assert len({visit.pk for visit in by_row.values()}) == 30
    assert (by_row[5].met, by_row[9].manner, by_row[9].note) == (False, "phone", "在合肥")
    assert {each.kind for each in by_row[14].findings.all()} == {"conflict", "environment"}
    assert all(visit.summary == "没有新情况" for row, visit in by_row.items() if row not in (5, 9, 14))
    seconds = keys.pressed * PER_KEY + 30 * READING
    with capsys.disabled():
        print(
            f"\n30 lines: {keys.pressed} keys, about {seconds / 60:.1f} minutes ({PER_KEY} s a key, {READING} s a line)"
        )


def test_a_number_jumps_an_arrow_skips_and_a_line_left_alone_is_not_entered(desk, sheet):
    keys = Keys(desk)
    keys.press(*f"{today().day:02d}", "Enter")
    focused(desk, 2, "day")
    keys.press("ArrowDown")
    focused(desk, 3, "day")
    assert desk.locator("#row-2 .round-day").input_value() == ""
    keys.press("/", "1", "7", "Enter")
    focused(desk, 17, "day")
    keys.press("Enter")
    saved(desk, 17)
    focused(desk, 18, "day")
    assert sorted(sheet.lines.entered().values_list("row", flat=True)) == [1, 17]


def test_a_fault_keeps_the_line_with_its_sentence_and_the_cursor(desk, sheet):
    keys = Keys(desk)
    keys.press("9", "Backspace", "3", "2", "Enter")
    row = desk.locator("#row-1")
    row.get_by_text("没有 32 这一天").wait_for()
    focused(desk, 1, "day")
    assert desk.locator("#row-1 .round-day").input_value() == "32"
    keys.press(*f"{today().day:02d}", "Enter")
    saved(desk, 1)
    assert Visit.objects.count() == 1


def test_a_day_still_to_come_brings_the_cursor_back_and_is_no_pattern_for_the_next(desk, expected_complaints):
    expected_complaints.append("422")
    keys = Keys(desk)
    keys.press("2", "-", "3", "0", "Enter")
    desk.locator("#row-1").get_by_text("没有 2-30 这一天").wait_for()
    focused(desk, 1, "day")
    keys.press(*f"{today().day:02d}", "Enter")
    saved(desk, 1)
    focused(desk, 2, "day")
    assert desk.locator("#row-2 .round-day").input_value() == f"{today().day:02d}"


def test_a_household_that_has_ended_gets_its_sentence_at_its_line(desk, sheet, expected_complaints):
    expected_complaints.append("422")
    home = sheet.lines.get(row=1).household
    home.ended_on = today()
    home.save(update_fields=["ended_on"])
    Keys(desk).press(*f"{today().day:02d}", "Enter")
    desk.locator("#row-1").get_by_text("已销户").wait_for()
    focused(desk, 1, "day")


def test_a_lost_connection_keeps_the_line_says_so_and_sends_it_when_it_is_back(
    desk, sheet, expected_complaints
):
    expected_complaints += ["ERR_INTERNET_DISCONNECTED", "Failed to load"]
    keys = Keys(desk)
    desk.context.set_offline(True)
    keys.press(*f"{today().day:02d}", "Tab", "Tab")
    keys.write("住院")
    keys.press("Enter")
    desk.locator("#row-1").get_by_text("没有连上，这一行还没存").wait_for()
    assert desk.locator("#row-1 .round-words").input_value() == "住院"
    assert "1 行还没存下" in desk.locator(".round-sum").inner_text()
    desk.context.set_offline(False)
    saved(desk, 1)
    assert Visit.objects.get().note == "住院"
    assert desk.locator("#unsent").is_hidden()


def test_the_page_opened_again_midway_shows_what_is_saved_and_goes_on_with_the_day(desk, sheet):
    keys = Keys(desk)
    keys.press(*f"{today().day:02d}", "Enter", "Enter")
    saved(desk, 2)
    desk.reload()
    focused(desk, 3, "day")
    assert "ZF-" in saved(desk, 1).inner_text()
    keys.press("Enter")
    saved(desk, 3)
    assert Visit.objects.count() == 3


def test_the_same_visit_on_the_phone_is_asked_about_by_keyboard(desk, sheet, town, expected_complaints):
    import uuid

    from core import clock

    expected_complaints.append("409")
    home = sheet.lines.get(row=1).household
    services.record_visit(actor=town.worker, uuid=uuid.uuid4(), household=home, happened_at=clock.now())
    keys = Keys(desk)
    keys.press(*f"{today().day:02d}", "Enter")
    desk.locator("#row-1").get_by_text("是同一次吗").wait_for()
    desk.locator("#row-1 [data-same]:focus").wait_for()
    desk.locator("#row-1 [data-same][data-ready]").wait_for()
    keys.press("Enter")
    saved(desk, 1)
    assert Visit.objects.count() == 1


def test_what_is_ticked_of_the_same_visit_is_added_to_it_by_keyboard(desk, sheet, town, expected_complaints):
    import uuid

    from core import clock

    expected_complaints.append("409")
    home = sheet.lines.get(row=1).household
    services.record_visit(actor=town.worker, uuid=uuid.uuid4(), household=home, happened_at=clock.now())
    keys = Keys(desk)
    keys.press(*f"{today().day:02d}", "Tab", "4", "Enter")
    same = desk.locator("#row-1 [data-same][data-ready]")
    same.wait_for()
    assert same.inner_text() == "同一次，补上"
    desk.locator('#row-1 [data-part="knows"]').first.focus()
    keys.press("5")
    assert desk.locator("#row-1 .round-ask").count() == 0, (
        "the line is another one now, and is asked about anew"
    )
    keys.press("Enter")
    desk.locator("#row-1").get_by_text("勾的“矛盾、环境”补到那一次上").wait_for()
    same.wait_for()
    keys.press("Enter")
    assert "矛盾、环境" in saved(desk, 1).inner_text()
    assert Visit.objects.in_force().get().visitor == town.worker


@pytest.mark.parametrize("renewed", [True, False], ids=["token renewed", "same token"])
def test_whoever_signs_in_on_another_page_does_not_enter_the_lines_of_who_left(
    desk, sheet, town, sign_in, expected_complaints, renewed
):
    expected_complaints += ["403", "422"]
    other = desk.context.new_page()
    sign_in(other, town.leader)
    if renewed:
        desk.context.clear_cookies(name="csrftoken")
    Keys(desk).press(*f"{today().day:02d}", "Enter")
    desk.locator("#row-1").get_by_text("换了人登录，这一行没有存").wait_for()
    assert desk.locator("#row-1 .round-day").input_value() == f"{today().day:02d}"
    assert not Visit.objects.exists()
    sign_in(other, town.secretary)
    Keys(desk).press("/", "1", "Enter", "Enter")
    saved(desk, 1)
    assert Visit.objects.get().entered_by == town.secretary


def test_thirty_households_fit_on_one_a4(page_desk, sign_in, town, sheet, tmp_path):
    sign_in(page_desk, town.secretary)
    page_desk.goto(reverse("visits:round_paper", args=[sheet.pk]))
    page_desk.emulate_media(media="print")
    leaf = page_desk.locator(".leaf")
    box = leaf.bounding_box()
    assert abs(box["width"] - A4[0]) < 2
    assert A4[1] - 4 < box["height"] <= A4[1]
    held, shown = leaf.evaluate("each => [each.scrollHeight, each.clientHeight]")
    assert held <= shown, "something hangs over the edge of the paper"
    assert page_desk.locator(".paper-bar").is_hidden()
    pdf = page_desk.pdf(path=tmp_path / "sheet.pdf", prefer_css_page_size=True)
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type/Page/") + pdf.count(b"/Type /Page ") == 1
