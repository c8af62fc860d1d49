"""和美积分: a month goes out in the office's columns, and the platform's workbook is compared, never saved."""

import datetime as dt
import io
import tracemalloc

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from core import ledger as engine
from core.ledger import Column, LedgerScope
from core.ledger.laid import Laid, lay_out, layout_of
from core.ledger.plain import write_plain
from core.models import SheetLayout
from core.periods import Month
from core.scope import OPERATOR
from grids.models import Unmasking
from ledgers import services as desk
from ledgers.models import Job
from points import services
from points.city_columns import UNKNOWN
from points.models import Account, Entry
from tests.factor import client_of
from tests.ledgers.jobs import content
from tests.points.conftest import Market

pytestmark = pytest.mark.django_db
NOVEMBER = Month.parse("2026-11")
AWARDS, REDEMPTIONS, BALANCES = "city-awards", "city-redemptions", "city-balances"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def book(place, tmp_path, slug=AWARDS, actor=OPERATOR, month=NOVEMBER, **more):
    path = tmp_path / f"{slug}.xlsx"
    engine.get(slug).export(LedgerScope(actor, place, month, made_on=dt.date(2026, 12, 1), **more), path)
    return openpyxl.load_workbook(path)


def table(made):
    """The first sheet as one dict a row: headings stand in the first row, nothing above."""
    head, *rows = made.worksheets[0].iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def told(made) -> str:
    return "\n".join("：".join(map(str, row)) for row in made.worksheets[1].iter_rows(values_only=True))


@pytest.fixture
def spent(market: Market) -> Market:
    """张三丰: 20 for blood, 5 for sweeping that was taken back, soap for 12; 王大春: 5 for sweeping."""
    market.posted(item=market.blood)
    wrong = market.posted(words="扫了塘边")
    services.reverse_award(actor=market.cadre, award=wrong, words="记错户了")
    market.posted(market.town.wang)
    market.redeem()
    return market


# --- out -------------------------------------------------------------------------------------------------


def test_the_month_goes_out_as_the_books_have_it_and_says_that_nobody_knows_the_order(spent, tmp_path):
    made = book(spent.town.jinxing, tmp_path)
    rows = table(made)
    assert (
        list(rows[0])
        == "月份 村（社区） 村民组 户编号 户主 联系电话 编号 积分项目 事由 哪天做的 入账日期 积分".split()
    )
    assert [(row["户主"], row["积分"]) for row in rows] == [
        ("张三丰", 20),
        ("张三丰", 5),
        ("张三丰", -5),
        ("王大春", 5),
    ]
    assert UNKNOWN in told(made)
    assert "平台的真实列序我们不知道" in UNKNOWN
    (soap,) = table(book(spent.town.jinxing, tmp_path, REDEMPTIONS))
    assert (soap["户主"], soap["兑换物资"], soap["消耗积分"]) == ("张三丰", "洗衣粉 1 袋", 12)
    held = {row["户主"]: row for row in table(book(spent.town.jinxing, tmp_path, BALANCES))}
    zhang = held["张三丰"]
    assert (zhang["本月收进"], zhang["本月支出"], zhang["月底结余"]) == (25, 17, 8)
    assert held["王大春"]["月底结余"] == 5
    assert sum(Account.objects.filter(kind="household").values_list("balance", flat=True)) == 8 + 5


def test_the_office_lays_the_columns_out_and_the_workbook_follows(spent, tmp_path):
    laid = [
        Laid("points", "分值"),
        Laid("", "区划代码", "341504"),
        Laid("number", "家庭号"),
        Laid("day", "时间"),
    ]
    lay_out(actor=spent.town.office, kind=AWARDS, laid=laid, checked="2026年12月1日照区里的模板")
    made = book(spent.town.jinxing, tmp_path)
    assert list(table(made)[0].items())[:3] == [("分值", 20), ("区划代码", "341504"), ("家庭号", "060001")]
    assert "列序核对过：2026年12月1日照区里的模板" in told(made)
    assert UNKNOWN not in told(made)


@pytest.mark.parametrize(
    ("laid", "sentence"),
    [
        ([Laid("points", ""), Laid("number", "户号"), Laid("day", "日期")], "写这一列叫什么"),
        ([Laid("points", "分"), Laid("number", "分 "), Laid("day", "日期")], "有两列都叫"),
        ([Laid("number", "户号"), Laid("day", "日期")], "分值那一列不能不要"),
        ([Laid("points", "分"), Laid("day", "日期")], "不知道是哪一户"),
        ([Laid("points", "分"), Laid("head", "户主")], "不知道是哪个月"),
    ],
)
def test_an_order_that_cannot_be_says_why_and_nothing_is_stored(market, laid, sentence):
    with pytest.raises(ValidationError, match=sentence):
        lay_out(actor=market.town.office, kind=AWARDS, laid=laid)
    assert not SheetLayout.objects.exists()


def test_only_the_office_lays_out(market):
    with pytest.raises(PermissionDenied):
        lay_out(actor=market.town.secretary, kind=AWARDS, laid=layout_of(AWARDS).laid)


def test_nothing_of_it_is_a_formula(market, tmp_path):
    market.posted(words='=HYPERLINK("http://x")')
    laid = [
        Laid("points", "=1+1"),
        Laid("number", "户号"),
        Laid("day", "日期"),
        Laid("words", "@事由"),
        Laid("", "代码", "+1"),
    ]
    lay_out(actor=market.town.office, kind=AWARDS, laid=laid)
    made = book(market.town.jinxing, tmp_path)
    kinds = {cell.data_type for sheet in made.worksheets for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    assert table(made)[0]["@事由"] == '=HYPERLINK("http://x")'


def test_numbers_are_masked_unless_somebody_who_may_asks_with_a_reason(spent, tmp_path):
    town = spent.town
    laid = [*layout_of(AWARDS).laid, Laid("id_number", "身份证号")]
    lay_out(actor=town.office, kind=AWARDS, laid=laid)
    masked = table(book(town.jinxing, tmp_path, actor=town.secretary))[0]
    assert masked["身份证号"].endswith("*" * 12)
    assert "*" in masked["联系电话"]
    full = table(book(town.jinxing, tmp_path, actor=town.office, unmasked=True))[0]
    assert "*" not in full["身份证号"] + full["联系电话"]
    with pytest.raises(PermissionDenied):
        book(town.jinxing, tmp_path, actor=town.secretary, unmasked=True)
    asked = {"slug": AWARDS, "territory": town.jinxing, "period": "2026-11", "unmasked": True}
    with pytest.raises(ValidationError, match="写上为什么要完整号码"):
        desk.ask_export(actor=town.office, **asked)
    desk.ask_export(actor=town.office, reason="区里要", **asked)
    assert Unmasking.objects.get().what == "和美积分：入账（整份）"


def test_a_neighbour_finds_nothing_and_many_cost_no_more_questions_than_one(spent, tmp_path):
    town = spent.town
    counts = []
    services.take_in(actor=spent.keeper, goods=spent.soap, number=20)
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            for slug in (AWARDS, REDEMPTIONS, BALANCES):
                book(town.town, tmp_path, slug)
        counts.append(len(asked))
        for number in range(4):
            spent.posted(item=spent.hours, number=8, words=f"第 {number} 回")
            spent.redeem()
        spent.posted(town.li)
    assert counts[0] == counts[1]
    for slug in (AWARDS, REDEMPTIONS, BALANCES):
        assert table(book(town.jinxing, tmp_path, slug, actor=town.neighbour)) == []


def test_a_worker_makes_it_like_every_ledger_and_all_of_a_month_leaves_it_out(spent):
    town = spent.town
    job = desk.ask_export(actor=town.secretary, slug=BALANCES, territory=town.jinxing, period="2026-11")
    assert desk.run_job(job.pk) == Job.DONE
    job.refresh_from_db()
    assert job.result.name == "金星村-和美积分：结余-2026-11.xlsx"
    assert {row["户主"]: row["月底结余"] for row in table(openpyxl.load_workbook(content(job.result)))}[
        "张三丰"
    ] == 8
    body = {"place": town.jinxing.pk, "month": "2026-11", "slug": ""}
    client_of(town.secretary).post(reverse("ledgers:generate_all"), body)
    assert (
        set(Job.objects.exclude(pk=job.pk).values_list("slug", flat=True)) & {AWARDS, REDEMPTIONS, BALANCES}
        == set()
    )
    assert Job.objects.filter(slug="points-awards").exists()


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(tmp_path):
    columns = [Column("who", "户主"), Column("points", "积分", "integer")]

    def peak(rows: int) -> int:
        lines = ((f"户{n}", n) for n in range(rows))
        tracemalloc.start()
        assert (
            write_plain(tmp_path / "x.xlsx", title="表", columns=columns, rows=lines, said=[("甲", "乙")])
            == rows
        )
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(120_000) <= 1.2 * peak(40_000)


# --- in: compared ----------------------------------------------------------------------------------------


def theirs(*rows, head=("家庭编号", "户主", "月份", "积分")) -> io.BytesIO:
    made = openpyxl.Workbook()
    made.active.append(head)
    for row in rows:
        made.active.append(row)
    out = io.BytesIO()
    made.save(out)
    out.seek(0)
    return out


def examine(market: Market, upload: io.BytesIO, slug=AWARDS, actor=None) -> Job:
    job = desk.ask_examine(
        actor=actor or market.town.secretary,
        slug=slug,
        territory=market.town.jinxing,
        upload=upload,
        name="平台.xlsx",
    )
    desk.run_job(job.pk)
    job.refresh_from_db()
    return job


def found(job: Job) -> set:
    return {(row["word"], row["who"], row["ours"], row["theirs"]) for row in job.report["compared"]["rows"]}


def test_both_only_here_only_there_and_different_are_told_and_no_point_moves(spent):
    town = spent.town
    spent.posted(town.li, day=dt.date(2026, 11, 22))
    books = list(Entry.objects.order_by("pk").values()), dict(Account.objects.values_list("pk", "balance"))
    # 张三丰 has 20 in both, 王大春 5 here and 8 there, 李 only here; of another month only there
    job = examine(
        spent,
        theirs(
            ("060001", "张三丰", "2026.11", 12),
            ("060001", "张三丰", "2026.11", 8),
            (town.wang.number, "王大春", "2026.11", 8),
            (town.wang.number, "王大春", "2026.10", 3),
        ),
    )
    assert job.state == Job.DONE, job.why
    assert found(job) == {
        ("两边不一样", "王大春", 5, 8),
        ("只有我们", town.li.head_name, 5, None),
        ("只有对方", "王大春", None, 3),
    }
    assert job.report["compared"]["totals"] == {"both": 1, "differs": 1, "ours": 1, "theirs": 1}
    rows = list(openpyxl.load_workbook(content(job.result)).active.iter_rows(values_only=True))
    assert any(row[1] == "两边都有" and row[5:7] == (20, 20) for row in rows)
    assert any(row[1] == "两边不一样" and row[5:8] == (5, 8, -3) for row in rows)
    with pytest.raises(ValidationError, match="只用来对账，不存"):
        desk.ask_commit(actor=town.secretary, examined=job)
    assert books == (
        list(Entry.objects.order_by("pk").values()),
        dict(Account.objects.values_list("pk", "balance")),
    )


def test_what_went_out_comes_back_the_same_under_the_offices_own_headings(spent, tmp_path):
    laid = [Laid("points", "分值"), Laid("", "代码", "3415"), Laid("number", "家庭号"), Laid("day", "时间")]
    lay_out(actor=spent.town.office, kind=AWARDS, laid=laid)
    for slug in (AWARDS, REDEMPTIONS, BALANCES):
        out = io.BytesIO()
        book(spent.town.jinxing, tmp_path, slug).save(out)
        job = examine(spent, out, slug)
        assert job.state == Job.DONE, job.why
        assert (job.report["faults_total"], job.report["compared"]["odd"]) == (0, 0)


def test_every_fault_is_named_by_its_row_and_the_sheet_comes_back_marked(spent):
    job = examine(
        spent,
        theirs(
            ("060001", "张三丰", "2026.11", 20),
            ("999999", "谁", "2026.11", 5),
            (None, "没有这个人", "2026.11", 5),
            ("060001", "张三丰", "2027.01", 5),
            ("060001", "张三丰", None, 5),
            ("060001", "张三丰", "2026.11", None),
            ("060001", "张三丰", "2026.11", "很多"),
        ),
    )
    told = {(fault["row"], fault["what"]) for fault in job.report["faults"]}
    assert (5, "这个月还没到") in told
    assert {row for row, _ in told} == {5, 6, 7, 8}
    # whoever is nobody of ours, and well told, is only there
    assert {("只有对方", "谁", None, 5), ("只有对方", "没有这个人", None, 5)} <= found(job)
    marked = [
        cell
        for row in openpyxl.load_workbook(content(job.result)).active.iter_rows(values_only=True)
        for cell in row
    ]
    assert "错误" in marked


def test_two_lines_of_one_balance_are_a_fault_and_a_balance_is_that_of_the_months_end(spent):
    head = ("户编号", "户主", "月份", "结余")
    good = examine(
        spent,
        theirs(("060001", "张三丰", "2026.11", 8), (spent.town.wang.number, "", "2026.11", 5), head=head),
        BALANCES,
    )
    assert good.report["compared"]["odd"] == 0
    with clock.stopped_at("2026-12-02T09:00"):
        spent.posted(words="又扫了一回")
        again = examine(
            spent,
            theirs(("060001", "张三丰", "2026.11", 8), ("060001", "张三丰", "2026.11", 8), head=head),
            BALANCES,
        )
    assert [fault["what"] for fault in again.report["faults"]] == ["这一户这个月写了两行"]


def test_the_list_is_shown_on_a_page_and_offers_nothing_to_save(spent):
    job = examine(spent, theirs(("060001", "张三丰", "2026.11", 21)))
    page = client_of(spent.town.secretary).get(reverse("ledgers:import", args=[job.pk])).content.decode()
    for said in ("对账单", "两边不一样", "只有我们", "积分账一笔也不改", "下载对账单"):
        assert said in page
    assert "存入" not in page.replace("存入</li>", "")
    assert reverse("shops:card", args=[spent.town.zhang.pk]) in page
    assert client_of(spent.town.neighbour).get(reverse("ledgers:import", args=[job.pk])).status_code == 404


# --- the order of the columns on the desk ------------------------------------------------------------------


def sent(kind=AWARDS, **changes) -> dict:
    """The page's form as it stands at first, with `changes`."""
    body = {"checked": ""}
    for number, each in enumerate(layout_of(kind).laid, 1):
        body |= {f"order-{each.field}": number, f"title-{each.field}": each.title}
    return body | changes


def test_the_page_says_that_the_order_is_not_known_and_the_office_changes_it(market):
    client = client_of(market.town.office)
    address = reverse("points:city_layout", args=[AWARDS])
    assert UNKNOWN in client.get(address).content.decode()
    body = sent(checked="照区里模板") | {
        "order-points": "1", "title-points": "分值", "out-words": "on",
        "title-fixed1": "代码", "order-fixed1": "2", "fixed-fixed1": "3415",
    }  # fmt: skip
    assert client.post(address, body).url == reverse("points:city")
    layout = layout_of(AWARDS)
    assert [each.title for each in layout.laid][:3] == ["月份", "分值", "村（社区）"]
    assert Laid("", "代码", "3415") in layout.laid
    assert "words" not in {each.field for each in layout.laid}
    shown = client_of(market.town.secretary).get(reverse("points:city")).content.decode()
    assert "列序核对过：照区里模板" in shown
    assert "改列序" not in shown
    assert client_of(market.town.secretary).get(address).status_code == 403
    assert client_of(market.town.office, factor=False).get(address).status_code == 302


def test_what_is_wrong_is_said_at_its_line_and_nothing_typed_is_lost(market):
    client = client_of(market.town.office)
    address = reverse("points:city_layout", args=[AWARDS])
    for changes, sentence in (
        ({"title-points": " "}, "写这一列叫什么"),
        ({"order-points": "三"}, "排第几填一个数"),
        ({"out-points": "on"}, "分值那一列不能不要"),
    ):
        answer = client.post(address, sent(**{"title-head": "户主名字"} | changes))
        text = answer.content.decode()
        assert answer.status_code == 422
        assert sentence in text
        assert 'value="户主名字"' in text
    assert not SheetLayout.objects.exists()
    assert client.get(reverse("points:city_layout", args=["nothing"])).status_code == 404
