"""用工信息台账: cell by cell, phones masked, and back in: every fault at once, the same file changes nothing."""

import datetime as dt
import io

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse

from core import ledger as engine
from core.ledger import LedgerScope
from core.ledger.faults import Problem
from jobs import services
from jobs.models import Employer, Vacancy
from jobs.wages import Wage, read_wage
from ledgers import services as desk
from ledgers.models import Job
from tests.jobs.conftest import PHONE, employer_of, offered
from tests.jobs.market import seek

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
SLUG = "vacancies"
HEAD = ("单位名称", "行业", "岗位", "工种", "人数", "薪资", "地点", "联系人", "联系电话", "有效期")
GOOD = (
    "新美家具",
    "工厂",
    "木工学徒",
    "普工",
    5,
    "3500-4500元/月",
    "金星村东头",
    "马经理",
    "19900007777",
    "2026-12-31",
)


def book(place, tmp_path, actor, **more):
    path = tmp_path / "out.xlsx"
    engine.get(SLUG).export(LedgerScope(actor, place, made_on=dt.date(2026, 11, 23), **more), path)
    return openpyxl.load_workbook(path).active


def rows_of(sheet):
    rows = list(sheet.iter_rows(values_only=True))
    head = next(place for place, row in enumerate(rows) if "单位名称" in row)
    return [
        {str(name).replace("\n", ""): value for name, value in zip(rows[head], row, strict=True) if name}
        for row in rows[head + 1 :]
        if row[0] and str(row[0]).isdigit()
    ]


def workbook(*rows, head=HEAD):
    made = openpyxl.Workbook()
    made.active.append(head)
    for row in rows:
        made.active.append(row)
    return saved(made)


def saved(made) -> io.BytesIO:
    out = io.BytesIO()
    made.save(out)
    out.seek(0)
    return out


def examine(town, upload, actor=None, place=None):
    job = desk.ask_examine(
        actor=actor or town.secretary,
        slug=SLUG,
        territory=place or town.jinxing,
        upload=upload,
        name="用工.xlsx",
    )
    desk.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == Job.DONE, job.why
    return job


def commit(job):
    made = desk.ask_commit(actor=job.owner, examined=job)
    desk.run_job(made.pk)
    made.refresh_from_db()
    assert made.state == Job.DONE, made.why
    return made


def test_the_line_of_a_place_cell_by_cell(town, tmp_path):
    place = offered(town, kind="short", needs="能吃苦", starts_on=dt.date(2026, 12, 1))
    gone = offered(town, place.employer, title="包装")
    services.close_vacancy(actor=town.secretary, vacancy=gone, why="招满了")
    first, second = rows_of(book(town.jinxing, tmp_path, town.secretary))
    assert {name: first[name] for name in ("单位名称", "行业", "岗位", "工种", "人数", "类型", "薪资")} == {
        "单位名称": "明发制衣", "行业": "工厂", "岗位": "车工", "工种": "缝纫", "人数": 3, "类型": "临时工",
        "薪资": "3500—5000 元/月",
    }  # fmt: skip
    assert (first["联系人"], first["电话"], first["要求"]) == ("吴厂长", "199****5678", "能吃苦")
    assert (first["推荐人次"], first["到岗人数"], first["情况"], second["情况"]) == (0, 0, "在招", "不招了")
    assert rows_of(book(town.jinxing, tmp_path, town.neighbour)) == []
    assert rows_of(book(town.town, tmp_path, town.office, unmasked=True))[0]["电话"] == PHONE
    with pytest.raises(PermissionDenied):
        book(town.jinxing, tmp_path, town.secretary, unmasked=True)


def test_who_was_sent_by_a_slip_is_not_counted_anywhere(town, tmp_path):
    place = offered(town, number=2)
    people = (town.head(town.wang), town.head(town.li))
    for person in people:
        seek(person, "缝纫")
    slip, sent = (services.recommend(actor=town.secretary, person=each, vacancy=place) for each in people)
    services.drop(actor=town.secretary, match=slip)
    services.start(actor=town.secretary, match=sent)
    (row,) = rows_of(book(town.jinxing, tmp_path, town.secretary))
    assert (row["推荐人次"], row["到岗人数"]) == (1, 1)
    owner = services.make_link(actor=town.secretary, employer=place.employer)
    page = Client().get(reverse("vacancies:own", args=[owner.code])).content.decode()
    assert "推荐了 1 人，到岗 1 / 2" in page
    empty = Vacancy.objects.with_taken().with_sent().get(pk=offered(town, place.employer, title="包装").pk)
    assert (empty.sent, empty.taken) == (0, 0)


def test_a_villages_own_sheet_comes_in_and_the_same_again_changes_nothing(town):
    second = (*GOOD[:2], "油漆工", "油漆工", 2, "200元/天", *GOOD[6:])
    job = examine(town, workbook(GOOD, second))
    assert job.report["faults"] == []
    assert job.report["counts"]["created"] == 2
    commit(job)
    employer = Employer.objects.get()
    assert (employer.state, employer.phone_mask) == (Employer.APPROVED, "199****7777")
    places = {row.title: row for row in Vacancy.objects.all()}
    assert (places["木工学徒"].wage_low, places["木工学徒"].wage_high) == (3500, 4500)
    assert (places["油漆工"].trade.name, places["油漆工"].unit, places["油漆工"].wage_low) == (
        "建筑",
        "day",
        200,
    )
    assert places["木工学徒"].village == town.jinxing
    again = examine(town, workbook(GOOD, second))
    assert again.report["counts"] | {"rows": 2} == again.report["counts"]
    assert (again.report["counts"]["created"], again.report["counts"]["unchanged"]) == (0, 2)
    with pytest.raises(ValidationError):
        desk.ask_commit(actor=town.secretary, examined=job, skip_bad=True)


def test_every_fault_of_every_row_at_once(town):
    def bad(**changes):
        names = (
            "employer",
            "industry",
            "title",
            "trade",
            "number",
            "wage",
            "place",
            "contact",
            "phone",
            "until",
        )
        return tuple((dict(zip(names, GOOD, strict=True)) | changes).values())

    head = (*HEAD, "最小年龄")
    job = examine(
        town,
        workbook(
            (*bad(wage="300000元/月"), None),
            (*bad(employer="没电话的", phone=None), None),
            (*bad(title="甲", until="2026-11-22"), None),
            (*bad(title="乙"), 15),
            (*bad(title="丙", trade="宇航员"), None),
            (*bad(title="丁", wage="面议"), None),
            (*bad(title="女工"), None),
            (*bad(employer="没写人数也没写电话的", number=None, phone=None, until="2026-11-22"), None),
            (*bad(employer="新厂13912345678", title="戊"), None),
            head=head,
        ),
    )
    told = {(fault["row"], fault["column"]): fault for fault in job.report["faults"]}
    assert {row for row, _ in told} == {2, 3, 4, 5, 6, 7, 8, 9, 10}
    assert {column for row, column in told if row == 9} == {"人数", "电话", "有效期"}
    assert {column for row, column in told if row == 10} == {"单位名称"}
    assert len(told) == len(job.report["faults"])
    text = "".join(str(fault) for fault in job.report["faults"])
    for said in ("多写了一个零", "联系电话", "已经过去了", "不满 16 岁", "宇航员", "面议", "不能限男女"):
        assert said in text
    assert not Vacancy.objects.exists()


def test_exported_edited_and_brought_back(town, tmp_path):
    place = offered(town)
    offered(town, place.employer, title="包装")
    sheet = book(town.jinxing, tmp_path, town.secretary)
    same = examine(town, saved(sheet.parent))
    assert (same.report["faults"], same.report["counts"]["unchanged"]) == ([], 2)
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value == "3500—5000 元/月" and sheet.cell(cell.row, 4).value == "车工":
                cell.value = "4000—5500元/月"
    job = examine(town, saved(sheet.parent))
    assert (job.report["counts"]["updated"], job.report["counts"]["unchanged"]) == (1, 1)
    commit(job)
    place.refresh_from_db()
    assert (place.wage_low, place.wage_high) == (4000, 5500)
    place.employer.refresh_from_db()
    assert place.employer.phone_mask == "199****5678"


def test_what_the_file_has_no_column_for_and_the_village_somebody_chose_stay(town):
    place = offered(
        town,
        needs="会开叉车",
        kind="short",
        starts_on=dt.date(2026, 12, 1),
        village=town.qiaoji,
        place="工业园",
    )
    head = ("单位名称", "岗位", "工种", "人数", "薪资", "地点", "有效期")
    row = ("明发制衣", "车工", "缝纫", 8, "3500-5000元/月", "工业园", "2026-12-20")
    commit(examine(town, workbook(row, head=head)))
    place.refresh_from_db()
    assert (place.number, place.needs, place.kind) == (8, "会开叉车", "short")
    assert (place.starts_on, place.village) == (dt.date(2026, 12, 1), town.qiaoji)


def test_two_rows_never_overwrite_one_place(town, tmp_path):
    place = offered(town, title="普工", place="镇上")

    def row(place, number):
        return (
            "明发制衣",
            "工厂",
            "普工",
            "普工",
            number,
            "3500-5000元/月",
            place,
            "吴厂长",
            PHONE,
            "2026-12-20",
        )

    job = examine(town, workbook(row("镇上", 3), row("县里", 9), row("县里", 9)))
    assert job.report["faults"] == []
    commit(job)
    assert set(Vacancy.objects.values_list("place", "number")) == {("镇上", 3), ("县里", 9)}
    for place_of_work in ("镇上", "县里"):
        job = examine(town, workbook(row(place_of_work, 3), row(place_of_work, 4)))
        assert "同一个岗位" in job.report["faults"][0]["what"]
    job = examine(town, workbook(row("镇上", 5)))
    commit(job)
    place.refresh_from_db()
    assert place.number == 5


def test_of_a_new_employer_the_first_row_says_whom_to_ring_and_another_is_told(town):
    second = (*GOOD[:2], "油漆工", "油漆工", 2, "200元/天", GOOD[6], "牛经理", "19900008888", GOOD[9])
    job = examine(town, workbook(GOOD, second))
    assert [(each["row"], each["column"]) for each in job.report["warnings"]] == [(3, "联系人"), (3, "电话")]
    commit(job)
    assert Employer.objects.get().contact == "马经理"


def test_a_copied_row_is_a_fault_and_not_a_change_of_the_first(town, tmp_path):
    place = offered(town)
    sheet = book(town.jinxing, tmp_path, town.secretary)
    line = next(row for row in sheet.iter_rows() if str(row[0].value) == "1")
    at, cells = line[0].row, [cell.value for cell in line]
    number = next(cell.column for cell in sheet[at - 1] if cell.value == "人数")
    sheet.insert_rows(at + 1)
    for column, value in enumerate(cells, 1):
        sheet.cell(at + 1, column, 77 if column == number else value)
    job = examine(town, saved(sheet.parent))
    (fault,) = job.report["faults"]
    assert (fault["row"], "不要复制" in fault["how"]) == (at + 1, True)
    place.refresh_from_db()
    assert place.number == 3


def test_who_is_rung_is_not_changed_by_a_sheet_and_it_says_so(town):
    offered(town, employer_of(town, name="新美家具"))
    job = examine(town, workbook(GOOD))
    assert {warning["column"] for warning in job.report["warnings"]} == {"联系人", "电话"}
    commit(job)
    assert Employer.objects.get().contact == "吴厂长"


@pytest.mark.parametrize(
    ("text", "wage"),
    [
        ("3500-5000元/月", Wage(3500, 5000, "month")),
        ("3500—5000 元/月", Wage(3500, 5000, "month")),
        ("150元/天", Wage(150, None, "day")),
        ("15元/小时", Wage(15, None, "hour")),
        ("4000", Wage(4000, None, "month")),
        ("月薪4000～6000", Wage(4000, 6000, "month")),
        ("4-6千", Wage(4000, 6000, "month")),
        ("0.5万/月", Wage(5000, None, "month")),
        ("日工资 180", Wage(180, None, "day")),
    ],
)
def test_wages_are_read_as_people_write_them(text, wage):
    assert read_wage(text) == wage


@pytest.mark.parametrize(
    "text", ["面议", "", "按件", "多劳多得", "年薪5万", "周薪1000", "计件，每件2元", "每亩200元", "50000/年"]
)
def test_what_has_no_number_is_no_wage(text):
    assert isinstance(read_wage(text), Problem)
