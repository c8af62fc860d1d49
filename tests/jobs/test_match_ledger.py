"""人岗对接台账 of November, cell by cell; what is over stays as it was."""

import datetime as dt

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock
from core import ledger as engine
from core.ledger import LedgerScope
from core.periods import Month
from core.scope import OPERATOR
from jobs import services
from jobs.models import Match
from jobs.services import Said
from tests.jobs.market import man_of, offer, seek
from tests.ledgers.months import found, seal, submit
from tests.people import make_town_that_owes

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
NOVEMBER = Month.parse("2026-11")
TITLES = "日期 求职人 岗位 推荐人 理由 结果 未成原因 三个月回访 稳岗".split()


def lines(place, tmp_path, month=NOVEMBER, actor=OPERATOR):
    """The rows by heading, below the one heading row whose titles are these."""
    path = tmp_path / "matches.xlsx"
    engine.get("matches").export(LedgerScope(actor, place, month, made_on=dt.date(2026, 12, 1)), path)
    rows = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
    cells = [["" if cell is None else cell for cell in row] for row in rows]
    head = next(number for number, row in enumerate(cells) if row[0] == TITLES[0])
    assert cells[head] == TITLES
    rows = [dict(zip(TITLES, row, strict=True)) for row in cells[head + 1 :]]
    return [row for row in rows if row["岗位"]]


@pytest.fixture
def november(town):
    """One who would not go, one who has begun, one whom nobody has called."""
    people = man_of(town), town.head(town.li), town.head(town.zhao)
    found = []
    for person in people:
        seek(person, "缝纫", wage=3000)
        found.append(
            services.recommend(
                actor=town.secretary,
                person=person,
                vacancy=offer(town.jinxing, f"缝纫工{len(found)}", village=town.jinxing),
            )
        )
    services.decline(actor=town.worker, match=found[0], said=Said(reason="care", words="孙子没人带"))
    with clock.stopped_at("2026-11-26T10:00"):
        services.start(actor=town.secretary, match=found[1])
    return found


def test_the_sheet_is_this_one_cell_by_cell(town, november, tmp_path):
    no, begun, waits = lines(town.jinxing, tmp_path)
    assert list(no.values()) == [
        dt.datetime(2026, 11, 23),
        "王大春",
        "洪集制衣厂 缝纫工0",
        "金书记",
        "工种对口：缝纫；就在本村；工资 3000—4000 元，够想要的 3000 元；时间是全天，没有不合的",
        "不愿",
        "要照顾家里：孙子没人带",
        "",
        "",
    ]
    assert (begun["结果"], begun["三个月回访"], begun["稳岗"]) == ("到岗 11-26", "应 2027-02-26 回访", "")
    assert (waits["结果"], waits["未成原因"]) == ("还没联系", "")


def test_what_comes_later_stands_in_its_own_month_and_changes_none_before(town, november, tmp_path):
    before = lines(town.jinxing, tmp_path)
    with clock.stopped_at("2027-02-26T10:00"):
        services.keep(actor=town.worker, match=november[1])
        services.miss(actor=town.secretary, match=november[2])
        assert lines(town.jinxing, tmp_path) == before
        january = lines(town.jinxing, tmp_path, month=Month.parse("2027-01"))
        february = lines(town.jinxing, tmp_path, month=Month.parse("2027-02"))
    assert [row["结果"] for row in january] == ["还没联系"]
    told = [(row["结果"], row["三个月回访"], row["稳岗"]) for row in february]
    assert told == [("到岗 11-26", "2027-02-26 还在干", "是"), ("未联系上", "", "")]


def test_who_left_before_he_was_asked_was_not_kept(town, november, tmp_path):
    with clock.stopped_at("2026-12-10T10:00"):
        services.leave(actor=town.worker, match=november[1], said=Said(reason="wage"))
        (left, _) = lines(town.jinxing, tmp_path, month=NOVEMBER.next)
    assert (left["结果"], left["未成原因"], left["三个月回访"], left["稳岗"]) == (
        "离岗 12-10",
        "工资低",
        "2026-12-10 不干了",
        "否",
    )


def test_a_neighbour_reads_none_of_it(town, november, tmp_path):
    assert lines(town.jinxing, tmp_path, actor=town.neighbour) == []
    assert len(lines(town.jinxing, tmp_path, actor=town.secretary)) == 3


def test_a_sealed_month_stays_and_a_new_name_says_who_wrote_it(db, tmp_path):
    with clock.stopped_at("2026-10-20T09:00"):
        town = make_town_that_owes()
        seek(man_of(town), "缝纫")
        place = offer(town.jinxing)
        match = services.recommend(actor=town.secretary, person=man_of(town), vacancy=place)
    with clock.stopped_at("2026-11-03T09:30"):
        submit(town)
        row = seal(town)
        assert found(row) == []
    with clock.stopped_at("2026-11-10T15:20"):
        services.start(actor=town.secretary, match=match)
        assert found(row, "人岗对接台账") == []
        place.title = "车工"
        place._history_user = town.secretary
        place.save()
        (told,) = found(row, "人岗对接台账")
    assert (told.column, told.who) == ("岗位", "金书记")
    assert "把“缝纫工”改成“车工”" in told.why


def test_many_matches_cost_no_more_questions_than_a_few(town, november, tmp_path):
    def cost():
        with CaptureQueriesContext(connection) as asked:
            lines(town.jinxing, tmp_path)
        return len(asked)

    cost()
    few = cost()
    for number in range(6):
        person = town.person(town.wang, f"王{number}", "子")
        seek(person, "缝纫")
        services.recommend(actor=town.secretary, person=person, vacancy=offer(town.jinxing, f"多{number}"))
    assert Match.objects.count() == 9
    assert cost() == few
