"""A register of points comes in: as villages keep it, once however often, every fault told by row and column."""

import datetime as dt

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse

from core import clock
from core import ledger as engine
from core.ledger import BadWorkbook, HasFaults, ImportContext, LedgerScope
from core.periods import Month
from core.scope import OPERATOR
from grids.models import Household, Officer, Person
from ledgers import services as jobs
from ledgers.models import Job
from points import services
from points.models import Award, Posting
from tests.factor import client_of

NOVEMBER = Month.parse("2026-11")
HEADINGS = (
    "序号 编号 户编号 户主 网格 组 申报日期 积分项目 事由 申报分 佐证 初审 复核 核定分 公示起止 异议及处理 入账日期"
    " 累计结余 备注"
)
SWEPT = {
    "编号": "2025-3",
    "户主": "张三丰",
    "组": "一组",
    "申报日期": "2025.3.2",
    "积分项目": "打扫公共地方",
    "事由": "扫塘边",
    "申报分": 6,
    "初审": "王组长",
    "核定分": 5,
    "入账日期": "2025-03-20",
}
HELPED = {"户主": "张三丰", "申报日期": "2025-05-01", "积分项目": "志愿服务", "核定分": 30, "累计结余": 12}


@pytest.fixture
def register(tmp_path):
    """`register(rows)`: a workbook as a village keeps it; each row is {heading: cell}."""

    def do(*rows, title="金星村积分登记表"):
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.append([title])
        names = HEADINGS.split()
        sheet.append(names)
        for number, row in enumerate(rows, 1):
            sheet.append([{"序号": number, **row}.get(name) for name in names])
        path = tmp_path / "register.xlsx"
        book.save(path)
        return path

    return do


def opened(path, market, actor=None):
    context = ImportContext(actor or market.town.secretary, market.town.jinxing)
    return engine.get("points-awards").open(path, context)


def test_a_household_has_what_the_old_register_says_is_left_and_not_what_it_ever_earned(market, register):
    assert opened(register(SWEPT, HELPED), market).commit()["created"] == 2
    swept, helped = Award.objects.order_by("pk")
    assert (swept.state, swept.claimed, swept.points, swept.day) == ("posted", 6, 5, dt.date(2025, 3, 2))
    assert swept.moves.get().words == "导入，原编号 2025-3，初审 王组长，入账 2025-03-20"
    assert {swept.posting.kind, helped.posting.kind} == {Posting.BRING}
    assert swept.posting.day == clock.today(), "the books say when they were told"
    assert services.balance_of(market.town.zhang) == 12
    assert list(services.faults()) == []
    market.redeem()
    assert services.balance_of(market.town.zhang) == 0


def test_what_was_saved_up_before_the_first_line_comes_in_too(market, register):
    opened(register(SWEPT | {"累计结余": 40}), market).commit()
    assert services.balance_of(market.town.zhang) == 40
    assert list(services.faults()) == []


def test_without_what_is_left_everything_counts_and_that_is_said(market, register):
    examined = opened(register(SWEPT), market)
    assert "没有写累计结余" in "".join(examined.plan.lines)
    examined.commit()
    assert services.balance_of(market.town.zhang) == 5


def test_the_same_file_twice_brings_nothing_and_a_longer_one_what_is_new(market, register):
    opened(register(SWEPT, HELPED, HELPED), market).commit()
    again = opened(register(SWEPT, HELPED), market).commit()
    assert (again["created"], again["unchanged"]) == (0, 2)
    more = HELPED | {"申报日期": "2025-06-01", "核定分": 10, "累计结余": 22}
    assert opened(register(SWEPT, HELPED, more), market).commit()["created"] == 1
    assert services.balance_of(market.town.zhang) == 22
    assert list(services.faults()) == []


def test_what_the_desk_has_registered_is_known_and_stays_out(market, register):
    market.posted(words="扫了村口")
    row = {
        "户主": "张三丰",
        "申报日期": "2026-11-23",
        "积分项目": "打扫公共地方",
        "事由": "扫了村口",
        "核定分": 5,
    }
    assert opened(register(row), market).commit()["created"] == 0
    assert services.balance_of(market.town.zhang) == 5


def test_every_fault_is_told_by_row_and_column_and_nothing_is_saved(market, register):
    town = market.town
    Household.objects.filter(pk=town.zhao.pk).update(head_name="王大春")
    good = {"户主": "李善人", "申报日期": "2025-03-02", "积分项目": "打扫公共地方", "核定分": 5}
    good["户主"] = town.li.head_name
    rows = (
        good | {"申报日期": "昨天"},
        good | {"申报日期": "2026-11-30"},
        good | {"户主": "没有的人"},
        good | {"户主": "王大春"},
        good | {"户编号": "999999"},
        good | {"积分项目": "天文"},
        good | {"核定分": 0},
        good | {"核定分": None},
        good | {"累计结余": -3},
        good,
    )
    examined = opened(register(*rows), market)
    assert [(fault.row, fault.column) for fault in examined.faults] == [
        (3, "claimed_on"), (4, "claimed_on"), (5, "head"), (6, "head"), (7, "household_number"), (8, "item"),
        (9, "points"), (10, "points"), (11, "left"),
    ]  # fmt: skip
    for fault in examined.faults:
        assert not any("a" <= letter.lower() <= "z" for letter in fault.sentence), fault.sentence
    assert "填户编号" in examined.faults[3].sentence
    with pytest.raises(HasFaults):
        examined.commit()
    assert not Award.objects.exists()
    assert not Posting.objects.exists()


def test_what_is_earlier_than_what_was_brought_says_what_to_do_with_its_balance(market, register):
    opened(register(HELPED), market).commit()
    early = SWEPT | {"累计结余": 5}
    (fault,) = opened(register(early), market).faults
    assert (fault.column, fault.what) == ("left", "这一户已经导入到 2025年5月1日")
    assert "累计结余空着" in fault.how
    opened(register(SWEPT), market).commit()
    assert services.balance_of(market.town.zhang) == 17


def test_points_that_are_spent_here_already_are_not_taken_back_by_a_register(market, register):
    opened(register(HELPED), market).commit()
    market.redeem()
    later = HELPED | {"申报日期": "2025-08-01", "核定分": 3, "累计结余": 1}
    (fault,) = opened(register(later), market).faults
    assert fault.column == "left"
    assert "累计结余对不上" in fault.sentence
    assert services.balance_of(market.town.zhang) == 0


def test_a_deed_since_the_village_claims_here_comes_in_by_no_file(market, register):
    """One person alone could award it else: nobody would check it, no cap hold it back, nobody see it hang out."""
    market.claim(day=dt.date(2026, 11, 20))
    row = {"户主": market.town.li.head_name, "积分项目": "打扫公共地方", "核定分": 5000}
    (fault,) = opened(register(row | {"申报日期": "2026-11-23"}), market).faults
    assert (fault.column, "照常申报" in fault.how) == ("claimed_on", True)
    assert opened(register(row | {"申报日期": "2026-11-22", "核定分": 5}), market).commit()["created"] == 1
    assert services.balance_of(market.town.li) == 5
    line = services.Brought(item=market.sweeping, day=clock.today(), words="扫了塘边", points=5)
    with pytest.raises(ValidationError, match="照常申报"):
        services.bring_in(actor=market.town.secretary, household=market.town.li, lines=[line])


def test_everybody_sees_on_the_next_notice_what_a_register_brought_to_whom(market, register):
    """Nobody checked it here; on the one after that it does not stand again."""
    opened(register(SWEPT, HELPED), market).commit()
    village, secretary = market.town.jinxing, market.town.secretary
    notices = []
    for minute in (1, 2):
        with clock.stopped_at(f"2026-11-23T10:0{minute}"):
            decided = [market.decided(market.town.li, words=f"扫了{minute}回")]
            notices.append(services.show(actor=secretary, village=village, awards=decided))
    first, second = notices
    (came,) = services.brought_before(first)
    assert (came.household, came.points) == (market.town.zhang, 12)
    assert services.brought_before(second) == []
    for page, name in ((Client(), "points:public"), (client_of(secretary), "points:notice_paper")):
        text = page.get(reverse(name, args=[first.pk])).content.decode()
        assert "登记簿" in text
        assert "张*丰" in text
        assert "张三丰" not in text
        assert "登记簿" not in page.get(reverse(name, args=[second.pk])).content.decode()
    services.take_down(actor=secretary, notice=first, words="印错了")
    assert services.brought_before(second) == [came], "what was taken down early nobody has seen"


def test_the_second_factor_stands_before_points_come_out_of_a_file(market, register):
    secretary = market.town.secretary
    with register(SWEPT).open("rb") as upload:
        job = jobs.ask_examine(
            actor=secretary,
            slug="points-awards",
            territory=market.town.jinxing,
            upload=upload,
            name="旧账.xlsx",
        )
    jobs.run_job(job.pk)
    plain, trusted = client_of(secretary, factor=False), client_of(secretary)
    answer = plain.post(reverse("ledgers:choose", args=[job.pk]), {"how": "all"})
    assert answer["Location"].startswith(reverse("accounts:second_factor"))
    assert plain.post(f"/api/imports/{job.pk}/commit/", {"how": "all"}).status_code == 403
    assert not Job.objects.filter(kind=Job.COMMIT).exists()
    trusted.post(reverse("ledgers:choose", args=[job.pk]), {"how": "all"})
    jobs.run_job(Job.objects.get(kind=Job.COMMIT).pk)
    assert services.balance_of(market.town.zhang) == 5


def test_nobody_brings_in_points_of_his_own_household_and_no_shopkeeper_any(market, register):
    zhang = Person.objects.get(name="张翠山")
    Officer.objects.filter(user=market.town.secretary).update(person=zhang)
    (fault,) = opened(register(SWEPT), market).faults
    assert (fault.column, "请别人来办" in fault.sentence) == ("head", True)
    assert opened(register(SWEPT), market, market.cadre).commit()["created"] == 1


def test_an_exported_register_comes_back_unchanged_and_a_changed_row_is_refused(market, register, tmp_path):
    opened(register(SWEPT, HELPED), market).commit()
    award = market.decided(words="扫了村口")
    path = tmp_path / "out.xlsx"
    scope = LedgerScope(OPERATOR, market.town.jinxing, NOVEMBER, made_on=dt.date(2026, 11, 23))
    engine.get("points-awards").export(scope, path)
    services.show(actor=market.town.secretary, village=market.town.jinxing, awards=[award])
    with clock.stopped_at("2026-12-25T10:00"):
        services.post_due()
        counts = opened(path, market).commit()
        assert (counts["created"], counts["unchanged"]) == (0, 3), "also when it has moved on since"
        engine.get("points-awards").export(LedgerScope(OPERATOR, market.town.jinxing, NOVEMBER.next), path)
        assert opened(path, market).commit()["unchanged"] == 1
        book = openpyxl.load_workbook(path)
        cell = next(cell for row in book.active.iter_rows() for cell in row if cell.value == "扫了村口")
        cell.value = "扫了塘边"
        book.save(path)
        faults = opened(path, market).faults
    assert [(fault.column, fault.what) for fault in faults] == [("number", "登记过了，不能在表里改")]


def test_who_may_not_decide_is_refused_and_so_is_the_wrong_villages_file(market, register):
    town = market.town
    for actor in (town.worker, town.neighbour, town.supervisor):
        with pytest.raises(PermissionDenied):
            opened(register(SWEPT), market, actor)
    with pytest.raises(BadWorkbook, match="请村党组织书记"):
        opened(register(SWEPT), market, town.office)
    with pytest.raises(BadWorkbook, match="桥集村"):
        opened(register(SWEPT, title="桥集村积分登记表"), market)


def test_the_command_of_the_server_brings_it_in_too(market, register):
    opened(register(SWEPT, HELPED), market, OPERATOR).commit()
    assert services.balance_of(market.town.zhang) == 12
