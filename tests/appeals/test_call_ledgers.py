"""The hotline's and the devices' ledgers cell by cell, as things stood at the month's end."""

import datetime as dt
import uuid

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from appeals import services
from appeals.models import Call, Device
from appeals.services.devices import hold
from core import clock
from core import ledger as engine
from core.ledger import LedgerScope
from core.periods import Month
from core.scope import OPERATOR
from tests.factor import client_of
from tests.ledgers.months import found, seal, submit
from tests.people import make_town_that_owes

NOVEMBER = Month.parse("2026-11")
HOTLINE = "编号 来电时间 来电人 电话 事项 派给 派单时间 到场时间 处理结果 回访 用时"
DEVICES = "村 组 户主 对象类别 是否需要呼叫器 联系亲属 安装状态 编号 点位 位置 用途 供电网络 产权 状态"


def sheet(slug, place, tmp_path, month=NOVEMBER, actor=OPERATOR):
    """(headings, rows as lists) of one workbook."""
    path = tmp_path / f"{slug}.xlsx"
    scope = LedgerScope(actor, place, month, made_on=dt.date(2026, 12, 1))
    ledger = engine.get(slug)
    ledger.export(scope, path)
    every = [
        ["" if cell is None else cell for cell in row]
        for row in openpyxl.load_workbook(path).active.iter_rows(values_only=True)
    ]
    titles = [column.title for column in ledger.exported]
    head = next(
        number for number, row in enumerate(every) if row[: len(titles)] == titles or row[1:4] == titles[1:4]
    )
    rows = [row[: len(titles)] for row in every[head + 1 :]]
    count = ledger.count(scope)
    return titles, rows[:count]


def at(text):
    return dt.datetime.fromisoformat(text)


@pytest.fixture
def november(town, call, button):
    """One sent, reached and called back; one of a button that nobody was sent to yet; one about an older matter."""
    first = call("灯不亮了", to=town.worker, phone="19900000901")
    device, _key = button(town.li)
    with clock.stopped_at("2026-11-23T09:40"):
        services.press(
            device=device, uuid=uuid.uuid4(), pressed_at=clock.now(), kind="press", address="10.0.0.1"
        )
    with clock.stopped_at("2026-11-23T10:15"):
        services.arrived(actor=town.worker, call=first, at=clock.now() - dt.timedelta(minutes=5))
        services.take(actor=town.worker, matter=first.matter)
        services.settle(actor=town.worker, matter=first.matter, words="换了灯泡")
        services.called_back(actor=town.secretary, call=first)
    with clock.stopped_at("2026-11-24T08:00"):
        third = services.take_call(
            actor=town.secretary, uuid=uuid.uuid4(), household=town.zhang, matter=first.matter
        ).call
    return first, Call.objects.get(device=device), third


def test_the_hotline_cell_by_cell(town, november, tmp_path):
    titles, rows = sheet("hotline", town.jinxing, tmp_path)
    first, pressed, third = november
    assert titles == HOTLINE.split()
    assert rows == [
        [
            first.number, at("2026-11-23T09:30"), "张三丰", "199****0901", "灯不亮了", "王格",
            at("2026-11-23T09:30"), at("2026-11-23T10:10"), "换了灯泡", at("2026-11-23T10:15"), "40 分钟",
        ],
        [
            pressed.number, at("2026-11-23T09:40"), "李㻞", "199****0903", "按了呼叫器", "", "", "", "", "", "",
        ],
        [
            third.number, at("2026-11-24T08:00"), "张三丰", "199****0901",
            f"问 {first.matter.number}：灯不亮了", "", "", "", "换了灯泡", "", "",
        ],
    ]  # fmt: skip


def test_what_comes_later_stays_out_of_the_month_and_what_waits_goes_on(town, november, tmp_path):
    before = sheet("hotline", town.jinxing, tmp_path)
    _first, pressed, third = november
    with clock.stopped_at("2026-12-02T10:00"):
        services.send(actor=town.secretary, call=pressed, to=town.leader)
        services.called_back(actor=town.secretary, call=third)
        assert sheet("hotline", town.jinxing, tmp_path) == before
    _, december = sheet("hotline", town.jinxing, tmp_path, NOVEMBER.next)
    assert [row[0] for row in december] == [pressed.number, third.number], (
        "the first was called back in November"
    )
    assert december[0][5] == "周长"


def test_a_call_over_midnight_of_the_last_day_is_one_of_its_day(town, call, tmp_path):
    with clock.stopped_at("2026-11-30T23:59"):
        call("夜里")
    with clock.stopped_at("2026-12-01T00:01"):
        call("天亮前")
    assert [row[4] for row in sheet("hotline", town.jinxing, tmp_path)[1]] == ["夜里"]


def test_a_neighbour_finds_nothing_and_many_ask_no_more_questions_than_one(
    town, november, call, button, tmp_path
):
    for slug in ("hotline", "devices"):
        assert sheet(slug, town.jinxing, tmp_path, actor=town.neighbour)[1] == []
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            for slug in ("hotline", "devices"):
                sheet(slug, town.jinxing, tmp_path)
        counts.append(len(asked))
        for number in range(12):
            call(f"第 {number} 件", to=town.leader)
        for home in (town.zhang, town.wang, town.zhao):
            if not Device.objects.filter(household=home).exists():
                button(home)
    assert counts[0] == counts[1]


def test_text_that_looks_like_a_formula_stays_text(town, call, tmp_path):
    call("=1+1")
    assert sheet("hotline", town.jinxing, tmp_path)[1][0][4] == "=1+1"


def test_each_cell_leads_to_its_call(town, november):
    page = reverse("ledgers:look", args=["hotline"])
    text = client_of(town.secretary).get(f"{page}?month=2026-11").content.decode()
    assert reverse("appeals:call", args=[november[0].pk]) in text


def test_the_register_of_devices_cell_by_cell(town, button, tmp_path):
    device, _ = button(town.li)
    services.describe_device(actor=town.secretary, device=device, relative="侄子李强", phone="19900006666")
    services.survey(actor=town.secretary, wants=[town.zhang], declines=[town.zhao])
    services.add_device(
        actor=town.secretary, uuid=uuid.uuid4(), territory=town.grid1,
        point="河塘", place="东头河塘边", purpose="防溺水", power="市电、4G", ownership="村集体",
    )  # fmt: skip
    titles, rows = sheet("devices", town.jinxing, tmp_path)
    assert titles == DEVICES.split()
    kind = dict(_kinds())
    assert rows == [
        ["金星村", "二组", "李㻞", kind["lonely"], "是", "侄子李强 199****6666", "在用", "HJ-7", *[""] * 6],
        ["金星村", "一组", "张三丰", kind["lowincome"], "是", "", "要装", "", *[""] * 6],
        ["金星村", "三组", "赵建国", kind["petition"], "否", "", "不要装", "", *[""] * 6],
        ["金星村", *[""] * 7, "河塘", "东头河塘边", "防溺水", "市电、4G", "村集体", "要装"],
    ]


def _kinds():
    from grids.models import CategoryKind

    return CategoryKind.objects.values_list("code", "name")


def test_a_repair_of_the_next_month_changes_nothing_of_this_one(town, button, tmp_path):
    device, _ = button(town.li)
    services.move_device(actor=town.secretary, device=device, code="report", words="不响")
    before = sheet("devices", town.jinxing, tmp_path)
    assert before[1][0][6] == "报修"
    with clock.stopped_at("2026-12-02T10:00"):
        services.move_device(actor=town.secretary, device=device, code="repair", words="换电池")
        services.survey(actor=town.secretary, wants=[town.zhang])
        assert sheet("devices", town.jinxing, tmp_path) == before
    assert len(sheet("devices", town.jinxing, tmp_path, NOVEMBER.next)[1]) == 2


def test_what_is_written_into_a_sealed_month_is_told_with_who_and_when(db):
    with clock.stopped_at("2026-11-03T09:30"):
        cast = make_town_that_owes()
    with clock.stopped_at("2026-10-30T10:00"):
        row = services.take_call(
            actor=cast.secretary, uuid=uuid.uuid4(), household=cast.zhang, words="灯不亮", to=cast.worker
        ).call
        services.survey(actor=cast.secretary, wants=[cast.li])
    with clock.stopped_at("2026-11-03T09:30"):
        submit(cast)
        sealed = seal(cast)
        assert found(sealed, "书记热线台账") == []
        assert found(sealed, "呼叫器、摄像头摸排表") == []
    with clock.stopped_at("2026-11-10T15:20"):
        services.arrived(
            actor=cast.worker, call=row, at=at("2026-10-30T10:40").replace(tzinfo=clock.SHANGHAI)
        )
        services.move_device(
            actor=cast.secretary,
            device=Device.objects.get(),
            code="install",
            serial="HJ-9",
            day=dt.date(2026, 10, 31),
        )
        calls, devices = found(sealed, "书记热线台账"), found(sealed, "呼叫器、摄像头摸排表")
    assert {(each.column, each.who, each.when) for each in calls} == {
        ("到场时间", "王格", "2026-11-10 15:20"),
        ("用时", "王格", "2026-11-10 15:20"),
    }
    assert {(each.column, each.who, each.when) for each in devices} == {
        ("安装状态", "金书记", "2026-11-10 15:20"),
        ("编号", "金书记", "2026-11-10 15:20"),
    }


def test_a_held_call_that_is_let_in_after_the_month_was_sealed_leaves_the_month_as_it_was(db, tmp_path):
    with clock.stopped_at("2026-11-03T09:30"):
        cast = make_town_that_owes()
    with clock.stopped_at("2026-10-30T10:00"):
        services.survey(actor=cast.secretary, wants=[cast.li])
        device = Device.objects.get()
        services.move_device(actor=cast.secretary, device=device, code="install", serial="HJ-9")
        device.refresh_from_db()
        hold(device=device, why="试")
    pressed = []
    for at_hour in ("10:00", "11:00"):
        with clock.stopped_at(f"2026-10-30T{at_hour}"):
            sent = {"uuid": uuid.uuid4(), "pressed_at": clock.now(), "kind": "press", "address": "10.0.0.1"}
            pressed.append(services.press(device=device, **sent).call)
    with clock.stopped_at("2026-10-31T09:00"):
        services.let_in(actor=cast.secretary, call=pressed[1])
    with clock.stopped_at("2026-11-03T09:30"):
        submit(cast)
        sealed = seal(cast)
        assert [row[4] for row in sheet("hotline", cast.jinxing, tmp_path, NOVEMBER.previous)[1]] == [
            "按了呼叫器，先停着",
            "按了呼叫器",
        ]
    with clock.stopped_at("2026-11-10T15:20"):
        services.let_in(actor=cast.secretary, call=pressed[0])
        assert found(sealed, "书记热线台账") == []
    assert [row[4] for row in sheet("hotline", cast.jinxing, tmp_path)[1]] == ["按了呼叫器"] * 2
