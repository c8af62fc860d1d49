"""就业平台: three sheets out in the office's order, and the platform's own compared, never saved."""

import datetime as dt
import io

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import ledger as engine
from core.ledger import LedgerScope
from core.ledger.laid import Laid, lay_out, layout_of
from grids.models import Person
from jobs import services
from jobs.exchange_columns import EMPLOYERS, KINDS, SEEKERS, UNKNOWN, VACANCIES
from jobs.models import Labour, Trade, Vacancy
from ledgers import services as desk
from ledgers.models import Job
from tests.factor import client_of
from tests.jobs.conftest import employer_of, offered
from tests.ledgers.jobs import content

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def seeks(town, household, name="普工", wage=4000):
    return services.note_labour(
        actor=town.secretary,
        person=town.head(household),
        status=Labour.IDLE,
        wish=Labour.SEEKS,
        wage=wage,
        trades=[Trade.objects.get(name=name)],
    )


def book(place, tmp_path, slug, actor, **more):
    path = tmp_path / f"{slug}.xlsx"
    engine.get(slug).export(LedgerScope(actor, place, made_on=dt.date(2026, 11, 23), **more), path)
    return openpyxl.load_workbook(path)


def table(made):
    head, *rows = made.worksheets[0].iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def theirs(head, *rows):
    made = openpyxl.Workbook()
    made.active.append(head)
    for row in rows:
        made.active.append(row)
    out = io.BytesIO()
    made.save(out)
    out.seek(0)
    return out


def examine(town, upload, slug, place=None, actor=None):
    job = desk.ask_examine(
        actor=actor or town.secretary,
        slug=slug,
        territory=place or town.jinxing,
        upload=upload,
        name="平台.xlsx",
    )
    desk.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == Job.DONE, job.why
    return job


def found(job):
    return {(row["word"], row["who"], row["ours"], row["theirs"]) for row in job.report["compared"]["rows"]}


# --- out -------------------------------------------------------------------------------------------------


def test_who_seeks_goes_out_masked_and_the_sheet_says_that_nobody_knows_the_order(town, tmp_path):
    seeks(town, town.zhang)
    made = book(town.jinxing, tmp_path, SEEKERS, town.secretary)
    (row,) = table(made)
    assert (row["姓名"], row["求职工种"], row["期望工资"], row["就业状态"]) == (
        town.zhang.head_name, "普工", 4000, "在家待业",
    )  # fmt: skip
    assert "*" in row["身份证号"]
    assert "健康状况" not in row
    told = "\n".join(str(line) for line in made.worksheets[1].iter_rows(values_only=True))
    assert UNKNOWN in told
    assert "我们不知道" in UNKNOWN
    full = table(book(town.jinxing, tmp_path, SEEKERS, town.office, unmasked=True))[0]
    assert "*" not in full["身份证号"]
    with pytest.raises(PermissionDenied):
        book(town.jinxing, tmp_path, SEEKERS, town.secretary, unmasked=True)
    assert table(book(town.jinxing, tmp_path, SEEKERS, town.neighbour)) == []


def test_employers_and_places_go_out_in_the_order_the_office_lays_out(town, tmp_path):
    offered(town)
    (row,) = table(book(town.jinxing, tmp_path, EMPLOYERS, town.secretary))
    assert (row["单位名称"], row["在招人数"], row["联系电话"]) == ("明发制衣", 3, "199****5678")
    laid = [
        Laid("title", "职位"),
        Laid("", "区划", "341504"),
        Laid("employer", "用人单位"),
        Laid("wage", "月薪"),
    ]
    lay_out(actor=town.office, kind=VACANCIES, laid=laid)
    (row,) = table(book(town.jinxing, tmp_path, VACANCIES, town.secretary))
    assert list(row.items()) == [
        ("职位", "车工"), ("区划", "341504"), ("用人单位", "明发制衣"), ("月薪", "3500—5000 元/月"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "laid", "sentence"),
    [
        (SEEKERS, [Laid("wage", "工资")], "不知道是谁"),
        (EMPLOYERS, [Laid("address", "地址")], "单位名称那一列不能不要"),
        (VACANCIES, [Laid("employer", "单位")], "岗位名称那一列不能不要"),
    ],
)
def test_an_order_without_what_a_row_is_known_by_is_refused(town, kind, laid, sentence):
    with pytest.raises(ValidationError, match=sentence):
        lay_out(actor=town.office, kind=kind, laid=laid)


def test_many_rows_cost_no_more_questions_than_one(town, tmp_path):
    counts = []
    seeks(town, town.zhang)
    offered(town)
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            for slug in KINDS:
                book(town.jinxing, tmp_path, slug, town.secretary)
        counts.append(len(asked))
        for home in (town.wang, town.li):
            seeks(town, home)
        offered(town, employer_of(town, name="别家"), title="别的") if len(counts) == 1 else None
    assert counts[0] == counts[1]


# --- in: compared ----------------------------------------------------------------------------------------


def test_people_are_found_by_number_or_name_and_every_difference_is_told(town):
    for home, wage in ((town.zhang, 4000), (town.wang, 3500), (town.li, 3000)):
        seeks(town, home, wage=wage)
    number = town.head(town.zhang).id_number.open()
    job = examine(
        town,
        theirs(
            ("姓名", "身份证号", "意向工种", "期望月薪"),
            ("改了名", number, "操作工", 4000),
            (town.wang.head_name, "3499**********1234", "普工", 4500),
            ("外来的人", None, "瓦工", 6000),
        ),
        SEEKERS,
    )
    assert job.report["faults"] == []
    assert found(job) == {
        ("两边不一样", town.wang.head_name, "期望工资 3500", "期望工资 4500"),
        ("只有对方", "外来的人", None, "求职工种 瓦工；期望工资 6000"),
        ("只有我们", town.li.head_name, "就业状态 在家待业；求职工种 普工；期望工资 3000", None),
    }
    assert job.report["compared"]["totals"] == {"both": 1, "differs": 1, "ours": 1, "theirs": 1}
    with pytest.raises(ValidationError, match="只用来对账，不存"):
        desk.ask_commit(actor=town.secretary, examined=job)
    page = client_of(town.secretary).get(reverse("ledgers:import", args=[job.pk])).content.decode()
    for said in ("对账单", "我们的登记一条也不改", "下载对账单", "期望工资 4500"):
        assert said in page
    rows = list(openpyxl.load_workbook(content(job.result)).active.iter_rows(values_only=True))
    assert any(row[1] == "两边都有" and row[3] == town.zhang.head_name for row in rows)
    assert any(row[1] == "两边不一样" and row[4:6] == ("期望工资 3500", "期望工资 4500") for row in rows)


def test_two_of_one_name_and_nobody_at_all_are_faults(town):
    for home in (town.zhang, town.wang):
        seeks(town, home)
    Person.objects.filter(pk__in=[town.head(town.zhang).pk, town.head(town.wang).pk]).update(name="王小明")
    job = examine(
        town, theirs(("姓名", "身份证号", "期望工资"), ("王小明", None, 1), (None, None, 4000)), SEEKERS
    )
    assert {(fault["row"], fault["what"]) for fault in job.report["faults"]} == {
        (2, "我们有 2 个求职人叫这个名字"),
        (3, "没写是谁"),
    }


def test_employers_by_code_or_name_and_places_by_both_names(town):
    place = offered(town, employer_of(town, credit_code="91341504MA2T0000XX"))
    offered(town, employer_of(town, name="只有我们"), title="小工")
    job = examine(
        town,
        theirs(
            ("企业名称", "信用代码", "联系人"),
            ("六安明发制衣有限公司", "91341504MA2T0000XX", "吴厂长"),
            ("平台才有的厂", "", "谁"),
        ),
        EMPLOYERS,
    )
    assert {(word, who) for word, who, _, _ in found(job)} == {
        ("只有对方", "平台才有的厂"),
        ("只有我们", "只有我们"),
    }
    job = examine(
        town,
        theirs(
            ("单位名称", "岗位", "人数", "薪资", "截止日期"),
            ("明发制衣", "车工", 2, "3500-5000元/月", "2026-12-20"),
            ("明发制衣", "车工", 3, "3500-5000元/月", "2026-12-20"),
            ("明发制衣", "厂长", 1, "面议", "2026-12-20"),
            ("明发制衣", None, 1, "面议", "2026-12-20"),
        ),
        VACANCIES,
    )
    assert ("两边不一样", "明发制衣 车工", "人数 3", "人数 5") in found(job)
    assert {(word, who) for word, who, _, _ in found(job)} >= {
        ("只有对方", "明发制衣 厂长"),
        ("只有我们", "只有我们 小工"),
    }
    assert [fault["row"] for fault in job.report["faults"]] == [5]
    assert Vacancy.objects.get(pk=place.pk).number == 3


def test_what_went_out_comes_back_the_same(town, tmp_path):
    seeks(town, town.zhang, name="叉车、机械")
    seeks(town, town.wang)
    offered(town)
    for slug in KINDS:
        out = io.BytesIO()
        book(town.jinxing, tmp_path, slug, town.secretary).save(out)
        out.seek(0)
        job = examine(town, out, slug)
        assert (job.report["faults_total"], job.report["compared"]["odd"]) == (0, 0), slug


def test_the_towns_own_employers_are_the_towns_file(town):
    offered(town, employer_of(town, town.office, town.town, name="镇敬老院"), town.office)
    job = examine(town, theirs(("单位名称",), ("镇敬老院",)), EMPLOYERS, place=town.town, actor=town.office)
    assert job.report["compared"]["odd"] == 0


# --- on the desk -------------------------------------------------------------------------------------------


def test_the_page_shows_the_sheets_and_the_office_lays_one_out(town):
    shown = client_of(town.secretary).get(reverse("vacancies:exchange")).content.decode()
    assert UNKNOWN in shown
    assert "改列序" not in shown
    client, address = client_of(town.office), reverse("vacancies:layout", args=[EMPLOYERS])
    body = {"checked": "照市里模板"}
    for number, each in enumerate(layout_of(EMPLOYERS).laid, 1):
        body |= {f"order-{each.field}": number, f"title-{each.field}": each.title}
    assert client.post(address, body | {"out-employer": "on"}).status_code == 422
    assert client.post(address, body).url == reverse("vacancies:exchange")
    assert layout_of(EMPLOYERS).checked == "照市里模板"
    assert client.get(reverse("vacancies:layout", args=["city-awards"])).status_code == 404
    assert client_of(town.secretary).get(address).status_code == 403
