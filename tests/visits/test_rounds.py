"""The round sheet as a verb: who is on it, what it says of them, and how its lines become visits."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from core import clock
from core.photos import keep_drawn
from grids import services as grids
from grids.models import Placement
from visits import services
from visits.models import Finding, RoundLine, RoundSheet, Visit
from visits.services import rounds
from visits.services.adding import Beyond
from visits.services.rounds import Told

pytestmark = pytest.mark.django_db


@pytest.fixture
def sheet(town):
    """The sheet of 金星第一网格, printed by the secretary: 张 (五必访), 王 (ordinary), 李 (五必访)."""
    return rounds.print_sheets(actor=town.secretary, grid=town.grid1)[0]


def line_of(sheet, household):
    return sheet.lines.get(household=household)


def enter(town, line, day="23", *, clerk=None, visitor=None, how="ask", shown=None, companion=None, **told):
    return rounds.enter_line(
        clerk=clerk or town.secretary,
        line=line,
        visitor=visitor or town.worker,
        told=Told(day, **told),
        companion=companion,
        answer=rounds.Answer(how, shown.receipt if shown else ""),
    )


def fault(refused):
    return "".join(refused.value.messages)


# --- printing -------------------------------------------------------------------------------------------------


def test_a_sheet_lists_the_owed_households_group_by_group_those_of_the_month_first(town, sheet):
    assert sheet.number == "ZD-1123-01"
    assert [(line.row, line.head_name, line.group_name, line.owed) for line in sheet.lines.all()] == [
        (1, "张三丰", "一组", "month"),
        (2, "王大春", "一组", "quarter"),
        (3, "李㻞", "二组", "month"),
    ]


def test_the_paper_says_who_was_missed_and_the_kind_of_the_last_promise_and_never_the_words(town, visit):
    visit(town.zhang, "2026-10-02", promise_kind="ask", promise_text="慢性病证", actor=town.secretary)
    visit(town.li, "2026-11-02", met=False)
    visit(town.li, "2026-11-03", met=False)
    sheet = rounds.print_sheets(actor=town.worker, grid=town.grid1)[0]
    said = {line.head_name: (line.missed, line.promise_kind) for line in sheet.lines.all()}
    assert said["张三丰"] == ("", "ask")
    assert said["李㻞"][0].startswith("前面没访到")
    assert said["李㻞"][0].endswith("2次没见到人")


def test_a_group_or_only_the_month_may_be_printed(town):
    of_group = rounds.print_sheets(actor=town.secretary, grid=town.grid1, group=town.group2)[0]
    assert [line.head_name for line in of_group.lines.all()] == ["李㻞"]
    of_month = rounds.print_sheets(actor=town.secretary, grid=town.grid1, only_month=True)[0]
    assert [line.head_name for line in of_month.lines.all()] == ["张三丰", "李㻞"]
    assert [of_group.number, of_month.number] == ["ZD-1123-01", "ZD-1123-02"]


def test_numbers_go_on_in_a_village_and_begin_anew_in_another(town, sheet):
    assert rounds.print_sheets(actor=town.leader, grid=town.grid1)[0].number == "ZD-1123-02"
    assert rounds.print_sheets(actor=town.neighbour, grid=town.far_grid)[0].number == "ZD-1123-01"
    assert rounds.print_sheets(actor=town.office, grid=town.far_grid)[0].number == "ZD-1123-02"


def test_more_than_thirty_households_are_sheets_with_numbers_of_their_own(town):
    homes = [town.household(town.group1, f"户{n:02d}", number=f"0601{n:02d}") for n in range(40)]
    services.ensure_owed(households=[home.pk for home in homes])
    sheets = rounds.print_sheets(actor=town.secretary, grid=town.grid1)
    assert [each.number for each in sheets] == ["ZD-1123-01", "ZD-1123-02"]
    assert [each.lines.count() for each in sheets] == [30, 13]
    assert len({each.printing for each in sheets}) == 1
    assert [line.row for line in sheets[1].lines.all()] == list(range(1, 14))


def test_many_small_groups_leave_room_for_their_headings():
    lines = [RoundLine(group_name=f"{n}组") for n in range(30)]
    assert [len(leaf) for leaf in rounds.leaves(lines)] == [18, 12]
    assert [len(leaf) for leaf in rounds.leaves([RoundLine(group_name="一组")] * 31)] == [30, 1]


def test_nobody_prints_another_villages_sheet_and_an_empty_one_is_not_printed(town, visit):
    for actor in (town.neighbour, town.supervisor, town.nobody, town.sysadmin):
        with pytest.raises(PermissionDenied):
            rounds.print_sheets(actor=actor, grid=town.grid1)
    with pytest.raises(PermissionDenied):
        rounds.print_sheets(actor=town.secretary, grid=town.grid1, group=town.group3)
    for home in (town.zhang, town.wang, town.li):
        visit(home, "2026-11-02")
    with pytest.raises(ValidationError, match="没有应访的户"):
        rounds.print_sheets(actor=town.secretary, grid=town.grid1)
    assert not RoundSheet.objects.exists()


# --- entering -------------------------------------------------------------------------------------------------


def test_a_line_with_only_a_day_is_a_visit_with_nothing_new_in_the_visitors_name(town, sheet):
    visit = enter(town, line_of(sheet, town.zhang), "23").visit
    assert (visit.visitor, visit.entered_by, visit.day) == (town.worker, town.secretary, clock.today())
    assert (visit.met, visit.manner, visit.summary, visit.counts) == (True, "door", "没有新情况", True)
    sheet.refresh_from_db()
    assert sheet.returned_at is not None
    assert sheet.visitor == town.worker


def test_telephone_nobody_there_knows_and_a_word(town, sheet):
    called = enter(town, line_of(sheet, town.wang), "20", seen="phone", words="在合肥").visit
    assert (called.manner, called.met, called.note) == ("phone", True, "在合肥")
    missed = enter(town, line_of(sheet, town.li), "20", seen="missed", companion=town.leader.officer).visit
    assert (missed.met, missed.counts, list(missed.companions.all())) == (False, False, [town.leader.officer])
    found = enter(town, line_of(sheet, town.zhang), "21", knows=("conflict",), words="院墙").visit
    assert [(each.kind, each.words) for each in found.findings.all()] == [("conflict", "院墙")]
    assert found.note == ""


def test_two_knows_share_their_word_as_the_note(town, sheet):
    visit = enter(town, line_of(sheet, town.zhang), knows=("weak", "talent"), words="住院；会木工").visit
    assert {each.kind for each in visit.findings.all()} == {"weak", "talent"}
    assert visit.note == "住院；会木工"


def test_a_line_entered_twice_is_one_visit_and_other_content_is_refused_in_words(town, sheet):
    line = line_of(sheet, town.zhang)
    first = enter(town, line).visit
    assert enter(town, line).visit == first
    assert Visit.objects.count() == 1
    with pytest.raises(ValidationError) as refused:
        enter(town, line, words="又想起来一句")
    assert "录过了" in fault(refused)


def test_an_undone_line_may_be_entered_once_more(town, sheet):
    line = line_of(sheet, town.zhang)
    services.undo_visit(actor=town.secretary, visit=enter(town, line).visit)
    again = enter(town, line, "22").visit
    assert again.void_at is None
    assert again.day == dt.date(2026, 11, 22)
    assert Visit.objects.count() == 2


def test_the_same_day_on_the_phone_is_asked_about_and_nothing_is_recorded_before_the_answer(
    town, sheet, visit
):
    on_phone = visit(town.zhang, "2026-11-23")
    line = line_of(sheet, town.zhang)
    asked = enter(town, line)
    assert (asked.visit, asked.twin) == (None, on_phone)
    assert not line_of(sheet, town.zhang).is_entered
    assert enter(town, line, how="same", shown=on_phone).visit == on_phone
    assert enter(town, line).visit == on_phone, "asked once is enough"
    assert Visit.objects.count() == 1


def test_what_the_paper_says_beyond_the_same_visit_is_added_to_it_and_stays_its_visitors(town, sheet, visit):
    on_phone = visit(
        town.zhang,
        "2026-11-23",
        note="身体好",
        promise_kind="ask",
        findings=[{"kind": "family", "detail": "怀孕"}, {"kind": "need", "detail": "老有所养"}],
    )
    services.settle_finding(
        actor=town.worker,
        finding=on_phone.findings.get(kind="family"),
        state=Finding.SETTLED,
        outcome="谈拢了",
    )
    line, said = line_of(sheet, town.zhang), {"knows": ("family", "talent", "weak"), "words": "会木工"}
    asked = enter(town, line, **said)
    assert (asked.twin, asked.more) == (on_phone, Beyond(("talent", "weak"), "会木工", addable=True))
    made = enter(town, line, how="same", shown=on_phone, **said).visit
    assert (made.corrects, made.visitor, made.entered_by) == (on_phone, town.worker, town.secretary)
    assert (made.note, made.promise_kind, made.day, made.counts) == (
        "身体好；会木工",
        "ask",
        on_phone.day,
        True,
    )
    assert {each.kind: each.outcome for each in made.findings.all()} == {
        "family": "谈拢了",
        "need": "",
        "talent": "",
        "weak": "",
    }
    on_phone.refresh_from_db()
    assert on_phone.void_at is not None
    assert enter(town, line, **said).visit == made, "an answer that was lost is given again"
    assert Visit.objects.in_force().count() == 1


def test_one_know_keeps_its_words_and_words_that_stand_already_add_nothing(town, sheet, visit):
    on_phone = visit(town.zhang, "2026-11-23", note="身体好；在家")
    line = line_of(sheet, town.zhang)
    assert not enter(town, line, words="在家").more
    made = enter(town, line, how="same", shown=on_phone, knows=("conflict",), words="院墙").visit
    assert [(each.kind, each.words) for each in made.findings.all()] == [("conflict", "院墙")]
    assert made.note == "身体好；在家"


def test_what_is_ticked_after_the_line_was_taken_for_the_same_is_asked_about_and_not_lost(town, sheet, visit):
    on_phone = visit(town.zhang, "2026-11-23")
    line = line_of(sheet, town.zhang)
    assert enter(town, line, how="same", shown=on_phone).visit == on_phone
    again = enter(town, line, knows=("weak",))
    assert (again.visit, again.twin, again.more.knows) == (None, on_phone, ("weak",))
    assert enter(town, line, how="other", shown=on_phone).visit != on_phone
    assert Visit.objects.in_force().count() == 2


@pytest.mark.parametrize("how", ["same", "drop", "other"])
def test_an_answer_is_about_the_visit_that_was_shown_and_no_other(town, sheet, visit, how):
    shown = visit(town.zhang, "2026-11-23")
    newer = visit(town.zhang, "2026-11-23", actor=town.leader)
    asked = enter(town, line_of(sheet, town.zhang), how=how, shown=shown, knows=("weak",))
    assert (asked.visit, asked.twin) == (None, newer)
    assert Visit.objects.count() == 2


def test_the_shown_visit_was_undone_meanwhile(town, sheet, visit):
    shown = visit(town.zhang, "2026-11-23")
    services.undo_visit(actor=town.worker, visit=shown)
    line = line_of(sheet, town.zhang)
    with pytest.raises(ValidationError) as refused:
        enter(town, line, how="same", shown=shown)
    assert "刚撤销了" in fault(refused)
    assert enter(town, line).visit.void_at is None


def test_who_may_not_change_the_other_visit_is_told_and_gives_up_in_so_many_words(town, sheet, visit):
    leaders = visit(town.zhang, "2026-11-23", actor=town.leader, findings=[{"kind": "weak"}])
    line, said = line_of(sheet, town.zhang), {"knows": ("weak", "talent"), "words": "会木工"}
    asked = enter(town, line, clerk=town.worker, **said)
    assert asked.more == Beyond(("weak", "talent"), "会木工"), "what the other one found is not given away"
    assert enter(town, line, clerk=town.worker, how="same", shown=leaders, **said).twin == leaders
    assert enter(town, line, clerk=town.worker, how="drop", shown=leaders, **said).visit == leaders
    assert Visit.objects.count() == 1


def test_a_photo_goes_along_and_a_visit_that_cannot_be_corrected_is_said(
    town, sheet, visit, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    on_phone = visit(town.zhang, "2026-11-23", note="长" * 490)
    keep_drawn(on_phone, b"picture")
    line = line_of(sheet, town.zhang)
    with pytest.raises(ValidationError) as refused:
        enter(town, line, how="same", shown=on_phone, words="住院了，还没出来呢，下周")
    assert f"补不到 {on_phone.receipt} 上" in fault(refused)
    made = enter(town, line, how="same", shown=on_phone, knows=("weak",)).visit
    with made.photo.open() as picture:
        assert picture.read() == b"picture"


def test_another_visit_on_that_day_is_recorded_if_the_clerk_says_so(town, sheet, visit):
    on_phone = visit(town.zhang, "2026-11-23", actor=town.leader)
    recorded = enter(town, line_of(sheet, town.zhang), how="other", shown=on_phone).visit
    assert recorded != on_phone
    assert recorded.visitor == town.worker


def test_a_household_that_has_moved_since_is_entered_for_the_grid_of_that_day(town):
    with clock.stopped_at(dt.date(2026, 11, 10)):
        sheet = rounds.print_sheets(actor=town.secretary, grid=town.grid1)[0]
    grids.redraw(actor=town.office, group=town.group1, grid=town.grid2, since=dt.date(2026, 11, 15))
    assert Placement.objects.get(household=town.zhang, until=None).territory == town.grid2
    visit = enter(town, line_of(sheet, town.zhang), "12").visit
    assert visit.territory == town.grid1
    with pytest.raises(ValidationError) as refused:
        enter(town, line_of(sheet, town.wang), "20")
    assert "不归王格走" in fault(refused)


def test_a_household_that_has_ended_gets_its_sentence(town, sheet):
    town.li.ended_on = dt.date(2026, 11, 20)
    town.li.save(update_fields=["ended_on"])
    with pytest.raises(ValidationError) as refused:
        enter(town, line_of(sheet, town.li))
    assert "已销户" in fault(refused)


def test_a_worker_enters_her_own_and_nobody_elses(town, sheet):
    own = enter(town, line_of(sheet, town.zhang), clerk=town.worker).visit
    assert own.entered_by is None
    with pytest.raises(ValidationError) as refused:
        enter(town, line_of(sheet, town.li), clerk=town.worker, visitor=town.leader)
    assert "替别人录" in fault(refused)
    with pytest.raises(ValidationError):
        enter(town, line_of(sheet, town.li), clerk=town.neighbour)
    assert Visit.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "printed", "day"),
    [
        ("23", "2026-11-20", "2026-11-23"),
        ("21", "2026-11-20", "2026-11-21"),
        ("5", "2026-11-20", "2026-11-05"),
        ("25", "2026-11-20", "2026-10-25"),
        ("29", "2026-10-28", "2026-10-29"),
        ("2", "2026-10-28", "2026-11-02"),
        ("24", "2026-09-20", "2026-09-24"),
        ("10-24", "2026-11-20", "2026-10-24"),
        ("12.3", "2026-11-20", "2025-12-03"),
        ("11月3日", "2026-11-20", "2026-11-03"),
    ],
)
def test_a_day_alone_is_the_first_since_the_sheet_was_printed(town, text, printed, day):
    assert rounds.day_of(text, printed=dt.date.fromisoformat(printed)) == dt.date.fromisoformat(day)


@pytest.mark.parametrize("text", ["", "x", "0", "32", "2-30", "123", "1-1-1", "明天"])
def test_what_is_no_day_is_a_fault_of_the_day(town, text):
    with pytest.raises(ValidationError) as refused:
        rounds.day_of(text, printed=clock.today())
    assert list(refused.value.message_dict) == ["day"]
