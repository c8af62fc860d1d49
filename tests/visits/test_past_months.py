"""A month that is over stays as it was: what ends, what is undone, and what the town changes in its categories."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from core import clock
from core.ledger import LedgerScope
from core.periods import Month
from grids import services as register
from grids.models import Category, CategoryKind, RegisterChange
from tests.factor import client_of
from tests.people import kept, make_town_that_owes
from tests.visits.conftest import TODAY, record
from visits import services
from visits.ledgers.five import FiveVisits
from visits.models import Obligation

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
DAY = dt.timedelta(days=1)


def rows(*, before=None):
    """All that is owed as it stands, every column but the key; `before`: only periods that ended before that day."""
    found = Obligation.objects.filter(period_end__lt=before) if before else Obligation.objects.all()
    return sorted(
        ({k: v for k, v in row.items() if k != "id"} for row in found.values()),
        key=lambda row: (row["household_id"], row["who"], row["period_start"]),
    )


def owed(household, who):
    found = Obligation.objects.filter(household=household, who=who).order_by("period_start")
    return [f"{row.period_start:%m-%d}" for row in found]


def change(town, kind, household, day, *, person=None, **facts):
    return register.change(
        actor=town.secretary,
        kind=kind,
        household=household,
        person=person,
        happened_on=dt.date.fromisoformat(day),
        facts=facts,
    )


def end(town, household, day, code="lowincome"):
    return change(town, "category_end", household, day, person=town.head(household), category=code)


def begin(town, household, day, code="illness"):
    return change(town, "category_begin", household, day, person=town.head(household), category=code)


def undo(town, made):
    register.undo(actor=town.secretary, change=made)


FIRST_OF_NOVEMBER = dt.date(2026, 11, 1)


def leave_by_death(town, day):
    son = town.zhang.people.get(relation="长子")
    return change(town, "death", town.zhang, day, person=town.head(town.zhang), new_head=son.pk)


ENDINGS = {
    "category_end": lambda town: end(town, town.zhang, "2026-09-10"),
    "on its first day": lambda town: end(town, town.zhang, "2026-09-01"),
    "death": lambda town: leave_by_death(town, "2026-09-20"),
    "death of all": lambda town: change(town, "death", town.li, "2026-09-20", person=town.head(town.li)),
    "move_out": lambda town: change(town, "move_out", town.zhang, "2026-09-20"),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_end_in_the_past_leaves_every_month_that_is_over(town, ending):
    before = rows(before=FIRST_OF_NOVEMBER)
    ENDINGS[ending](town)
    services.ensure_owed()
    assert rows(before=FIRST_OF_NOVEMBER) == before


def test_an_end_in_the_past_still_frees_the_running_month(town):
    end(town, town.zhang, "2026-09-10")
    assert owed(town.zhang, "category") == ["09-01", "10-01"]
    assert owed(town.zhang, "ordinary") == ["10-01"], "from now on it is an ordinary household"


def test_octobers_coverage_stays_when_a_category_ends_in_september(town):
    def october():
        [village] = services.coverage(month=Month.parse("2026-10"), actor=town.secretary)
        return village.category.owed, village.ordinary.owed

    before = october()
    end(town, town.zhang, "2026-09-10")
    assert october()[0] == before[0]


def test_ending_and_beginning_anew_launders_no_missed_month(town):
    end(town, town.zhang, "2026-09-01")
    begin(town, town.zhang, "2026-11-22", "lowincome")
    services.ensure_owed()
    assert owed(town.zhang, "category")[:2] == ["09-01", "10-01"]


def test_ending_beginning_and_undoing_launders_no_missed_month(town):
    end(town, town.zhang, "2026-09-10")
    undo(town, begin(town, town.zhang, "2026-09-11"))
    assert owed(town.zhang, "category") == ["09-01", "10-01"]


def test_a_late_category_that_never_held_leaves_no_missed_quarter_behind(town):
    """It began on 25 September, too late for September: no row of the third quarter, and there will be none."""
    with clock.stopped_at("2026-09-26"):
        begin(town, town.wang, "2026-09-25")
    with clock.stopped_at("2026-10-05"):
        services.ensure_owed()
    before = rows(before=FIRST_OF_NOVEMBER)
    spouse = town.wang.people.get(relation="配偶")
    change(town, "death", town.wang, "2026-09-20", person=town.head(town.wang), new_head=spouse.pk)
    services.ensure_owed()
    assert not Category.objects.filter(household=town.wang).exists()
    assert rows(before=FIRST_OF_NOVEMBER) == before


def test_a_quarter_a_household_was_followed_in_is_never_written_later(town):
    """Its open quarter went when the category began; undone in November, the quarter is not missed for ever."""
    home = town.household(town.group1, "新来", since=dt.date(2026, 9, 1), number="060009")
    with clock.stopped_at("2026-09-05"):
        services.ensure_owed()
        made = begin(town, home, "2026-09-03")
        assert owed(home, "ordinary") == []
    services.ensure_owed()
    undo(town, made)
    services.ensure_owed()
    assert (owed(home, "category"), owed(home, "ordinary")) == ([], ["10-01"])


def test_a_household_that_becomes_known_late_still_gets_its_past_quarter(town):
    home = town.household(town.group1, "新来", since=dt.date(2026, 9, 1), number="060009")
    services.ensure_owed()
    assert owed(home, "ordinary") == ["07-01", "10-01"]


def test_an_earlier_start_month_still_fills_the_quarters_before(town):
    for home in (town.zhang, town.wang):
        home.since = dt.date(2026, 1, 1)
        home.save()
    Category.objects.filter(household=town.zhang).update(since=dt.date(2026, 6, 1))
    register.start_village(actor=register.SERVER, village=town.jinxing, month=dt.date(2026, 4, 1))
    services.ensure_owed()
    assert owed(town.wang, "ordinary") == ["04-01", "07-01", "10-01"]
    assert owed(town.zhang, "category") == ["06-01", "07-01", "08-01", "09-01", "10-01", "11-01"]


def test_months_that_came_after_a_begin_go_with_it_when_it_is_undone(town):
    made = begin(town, town.wang, "2026-11-02")
    with clock.stopped_at("2027-01-08"):
        services.ensure_owed()
        assert owed(town.wang, "category") == ["11-01", "12-01", "01-01"]
        undo(town, made)
        assert owed(town.wang, "category") == []


def test_a_month_two_begins_support_goes_with_the_second_of_them(town):
    first, second = begin(town, town.wang, "2026-09-02"), begin(town, town.wang, "2026-09-01", "veteran")
    undo(town, first)
    assert owed(town.wang, "category") == ["09-01", "10-01", "11-01"]
    undo(town, second)
    assert owed(town.wang, "category") == []


def test_what_was_missed_by_an_older_category_stays_when_another_is_undone(town):
    made = begin(town, town.zhang, "2026-09-02")
    end(town, town.zhang, "2026-09-10")
    undo(town, made)
    assert owed(town.zhang, "category") == ["09-01", "10-01"]


def test_a_correction_moves_no_month(town):
    end(town, town.zhang, "2026-09-10")
    before = rows()
    change(town, "correct_household", town.zhang, "2026-11-23", note="门口有狗")
    assert rows() == before


def test_the_ledger_of_a_past_month_still_says_of_what_category_a_household_was(town):
    end(town, town.zhang, "2026-09-10")
    scope = LedgerScope(town.secretary, town.jinxing, Month.parse("2026-10"), made_on=dt.date(2026, 11, 23))
    [line] = [row for row in FiveVisits().rows(scope) if "张三丰" in row]
    assert "低保困难户" in line


# --- any change + undo: the same rows ---------------------------------------------------------------------------------

PERSON = {"name": "何铁手", "relation": "女儿"}
CHANGES = {
    "move_in": lambda t: {
        "household": None,
        "group": t.group1.pk,
        "people": [{"name": "何红药", "relation": "户主"}],
    },
    "join": lambda t: {"household": t.wang, "people": [PERSON]},
    "move_out": lambda t: {"household": t.zhang},
    "move_out of one": lambda t: {
        "household": t.zhang, "person": t.head(t.zhang), "new_head": son(t.zhang).pk,
    },
    "move": lambda t: {
        "household": t.zhang, "person": t.head(t.zhang), "to": t.wang.pk, "relation": "其他",
        "new_head": son(t.zhang).pk,
    },
    "away": lambda t: {"household": t.wang},
    "back": lambda t: {"household": t.zhao},
    "birth": lambda t: {"household": t.zhang, "name": "张无忌", "relation": "孙子"},
    "death": lambda t: {
        "household": t.zhang, "person": t.head(t.zhang), "new_head": son(t.zhang).pk,
    },
    "death of all": lambda t: {"household": t.li, "person": t.head(t.li)},
    "split": lambda t: {
        "household": t.zhang, "members": {str(t.head(t.zhang).pk): "户主"}, "new_head": son(t.zhang).pk,
    },
    "merge": lambda t: {
        "household": t.li, "into": t.wang.pk, "members": {str(t.head(t.li).pk): "其他"},
    },
    "category_begin": lambda t: {"household": t.wang, "person": t.head(t.wang), "category": "illness"},
    "category_begin of a second": lambda t: {
        "household": t.zhang, "person": t.head(t.zhang), "category": "illness",
    },
    "category_end": lambda t: {"household": t.zhang, "person": t.head(t.zhang), "category": "lowincome"},
    "regroup": lambda t: {"household": t.zhang, "group": t.group3.pk},
    "correct_person": lambda t: {"household": t.zhang, "person": t.head(t.zhang), "note": "耳背"},
    "correct_household": lambda t: {"household": t.zhang, "note": "门口有狗"},
}  # fmt: skip


def son(household):
    return household.people.get(relation="长子")


def test_every_kind_of_change_is_tried():
    assert {name.split()[0] for name in CHANGES} - {"join"} == set(dict(RegisterChange.KINDS))


VISITS = {
    "nobody visited": (),
    "visited last month": ("2026-10-09",),
    "visited this month": ("2026-11-05",),
    "visited in both": ("2026-09-03", "2026-11-05"),
}


@pytest.fixture
def lived(db):
    """`lived("visited last month")`: the town that owes, with these visits to four households, made once for each."""

    def make(visited):
        town = make_town_that_owes()
        town.zhao.absences.create(since=dt.date(2026, 9, 1))
        for home in (town.zhang, town.wang, town.li, town.zhao):
            for when in VISITS[visited]:
                record(town, home, when)
        services.ensure_owed()
        return town

    with clock.stopped_at(TODAY):
        yield lambda visited: kept(f"a past of {visited}", lambda: make(visited))


@pytest.mark.parametrize("day", ["2026-09-10", "2026-10-20", "2026-11-01", "2026-11-23"])
@pytest.mark.parametrize("visited", VISITS)
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_and_its_undoing_leave_the_same_rows(lived, name, visited, day):
    town = lived(visited)
    before = rows()
    told = CHANGES[name](town)
    kind = "move_in" if name == "join" else name.split()[0]
    made = change(town, kind, told.pop("household"), day, person=told.pop("person", None), **told)
    undo(town, made)
    assert rows() == before
    assert services.ensure_owed() == 0
    assert rows() == before


def test_what_was_visited_because_it_was_owed_stays_when_the_end_is_undone(town):
    """The quarter the ended category made was walked to before the end was undone: the visit did discharge it."""
    made = end(town, town.zhang, "2026-11-10")
    services.record_visit(
        actor=town.worker,
        uuid=uuid.uuid4(),
        household=town.zhang,
        happened_at=clock.now(),
        day=dt.date(2026, 11, 22),
        manner="door",
        met=True,
    )
    undo(town, made)
    assert owed(town.zhang, "ordinary") == ["10-01"]


# --- the list of categories -------------------------------------------------------------------------------------------


def kind(code):
    return CategoryKind.objects.get(code=code)


def turn_on(code, since):
    row = kind(code)
    row.visited_since = dt.date.fromisoformat(since)
    row.full_clean()
    row.save()


def turn_off(code, until):
    row = kind(code)
    row.visited_until = dt.date.fromisoformat(until)
    row.full_clean()
    row.save()


def test_a_kind_that_is_visited_from_now_on_makes_no_past_month_owed(town):
    begin(town, town.wang, "2026-09-02", "disabled")
    turn_on("disabled", "2026-11-01")
    services.ensure_owed()
    assert owed(town.wang, "category") == ["11-01"]
    assert owed(town.wang, "ordinary") == ["07-01"], "the open quarter goes, the one that is over stays"


def test_a_kind_that_is_visited_from_late_in_the_month_is_first_owed_next_month(town):
    begin(town, town.wang, "2026-09-02", "disabled")
    turn_on("disabled", "2026-11-21")
    services.ensure_owed()
    assert owed(town.wang, "category") == []
    services.ensure_owed(today=dt.date(2026, 12, 1))
    assert owed(town.wang, "category") == ["12-01"]


def test_a_kind_that_is_visited_no_more_keeps_its_past_months(town):
    before = rows(before=FIRST_OF_NOVEMBER)
    turn_off("lowincome", "2026-10-31")
    change(town, "correct_household", town.zhang, "2026-11-23", note="门口有狗")
    services.ensure_owed()
    assert rows(before=FIRST_OF_NOVEMBER) == before
    assert owed(town.zhang, "category") == ["09-01", "10-01"]
    assert owed(town.zhang, "ordinary") == ["10-01"]


def test_a_kind_that_stops_in_the_month_is_owed_until_that_day(town):
    turn_off("lowincome", "2026-11-12")
    services.ensure_owed()
    row = Obligation.objects.get(household=town.zhang, who="category", period_start="2026-11-01")
    assert row.due_on == dt.date(2026, 11, 12)


@pytest.mark.parametrize(
    ("code", "since", "until"),
    [
        ("disabled", "2026-10-31", None),
        ("lowincome", "2026-11-01", None),
        ("lowincome", None, None),
        ("lowincome", "same", "2026-10-30"),
        ("disabled", None, "2026-11-30"),
        ("disabled", "2026-11-20", "2026-11-10"),
    ],
)
def test_the_list_of_categories_does_not_reach_into_months_that_are_over(town, code, since, until):
    row = kind(code)
    if since != "same":
        row.visited_since = since and dt.date.fromisoformat(since)
    row.visited_until = until and dt.date.fromisoformat(until)
    with pytest.raises(ValidationError):
        row.full_clean()


def test_a_kind_that_has_stopped_may_start_again_from_this_month(town):
    CategoryKind.objects.filter(code="lowincome").update(visited_until=dt.date(2026, 9, 30))
    row = kind("lowincome")
    row.visited_until = None
    with pytest.raises(ValidationError):
        row.full_clean()
    row.visited_since = FIRST_OF_NOVEMBER
    row.full_clean()


def test_the_office_reads_in_chinese_why_a_day_is_too_early(town):
    client, row = client_of(town.office), kind("disabled")
    page = reverse("admin:grids_categorykind_change", args=[row.pk])
    fields = {"name": row.name, "short": row.short, "synonyms": row.synonyms, "position": row.position}
    answer = client.post(page, fields | {"visited_since": "2026-10-01"})
    assert "从哪天起每月必访" in answer.content.decode()
    assert "2026-11-01" in answer.content.decode()
    assert client.post(page, fields | {"visited_since": "2026-11-01"}).status_code == 302


def test_the_plans_five_are_visited_and_the_others_are_not():
    on = CategoryKind.objects.visited_on(dt.date(2022, 5, 10))
    assert set(on.values_list("code", flat=True)) == {"petition", "illness", "lonely", "lowincome", "veteran"}
