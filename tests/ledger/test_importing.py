"""From an uploaded workbook to saved rows: every fault told, whole units, one transaction, nothing half."""

import datetime as dt
from types import SimpleNamespace

import openpyxl
import pytest
from django.contrib.auth.models import Group

from core.ledger import (
    KEEP,
    BadWorkbook,
    HasFaults,
    ImportContext,
    Ledger,
    LedgerScope,
    Plan,
    registry,
    row_key,
)
from core.periods import Month
from tests.ledger.books import GOOD_ROW, ROSTER, TITLES, roster, save_book

VILLAGE = SimpleNamespace(name="桥集村", code="341504999201", full_name="洪集镇桥集村")
STORED = {"p1": {"id_number": "349901************", "phone": "199****0001"}}


class Members(Ledger):
    """A ledger whose rows are saved as groups of the user model: any table will do for the engine."""

    slug, title = "members", "成员花名册"
    importable = keyed = True
    columns = ROSTER
    footnotes = ("只列在册的人。",)
    period_kind = "month"

    def __init__(self):
        self.calls = []

    def rows(self, scope):
        for name in ("王强", "王丽"):
            yield [
                1,
                "一组",
                "000001",
                name,
                "男",
                "349901************",
                None,
                None,
                ("低保",),
                None,
                row_key(self.slug, scope.territory.code, name),
            ]

    def check_sheet(self, sheet, context):
        if "双墩村" in sheet.meta.get("unit", ""):
            raise BadWorkbook("other_village", "这是双墩村的表。")

    def unit_of(self, entry):
        return entry.values.get("house")

    def stored_masks(self, context):
        self.calls.append("masks")
        return lambda key, column: STORED.get(key, {}).get(column)

    def lock(self, context):
        self.calls.append("lock")

    def examine(self, entries, context):
        self.calls.append(f"examine {len(entries)}")
        plan = Plan(lines=[f"从 {context.meta.get('made_on')} 算起"])
        seen = {}
        for entry in entries:
            name = entry.values["name"]
            if name in seen:
                for twin in (seen[name], entry):
                    plan.faults.append(twin.fault("name", "表里写了两次", "留一行"))
            seen.setdefault(name, entry)
            if name == "坏人":
                plan.faults.append(entry.fault("", "这一行不行"))
            if name == "老人":
                plan.warnings.append(entry.fault("note", "再核对"))
            exists = Group.objects.filter(name=name or "").exists()
            plan.outcomes[entry.number] = "unchanged" if exists else "created"
        plan.work = list(seen)
        plan.extra = {"households": len({entry.values.get("house") for entry in entries})}
        return plan

    def save(self, plan, context):
        self.calls.append("save")
        for name in plan.work:
            if name == "炸":
                raise RuntimeError("in the middle")
            Group.objects.get_or_create(name=name)


@pytest.fixture
def ledger():
    return Members()


@pytest.fixture
def book(tmp_path):
    return lambda *rows, **more: save_book(tmp_path / "in.xlsx", roster(*rows), **more)


def member(number, house, name, **cells):
    row = dict(
        zip(
            (c.name for c in ROSTER),
            [number, "一组", house, name, "男", None, None, None, None, None],
            strict=True,
        )
    )
    return list((row | cells).values())


def names():
    return sorted(Group.objects.values_list("name", flat=True))


CONTEXT = ImportContext(actor=None, territory=VILLAGE)


@pytest.mark.django_db
class TestSaving:
    def test_a_good_file_goes_in_once(self, ledger, book):
        path = book(member(1, "000001", "王强"), member(2, 1, "王丽"))
        examined = ledger.open(path, CONTEXT)
        assert examined.faults == []
        assert examined.counts == {
            "rows": 2,
            "created": 2,
            "updated": 0,
            "unchanged": 0,
            "refused": 0,
            "households": 1,
        }
        assert examined.plan.lines == ["从 2026-10-20 算起"]
        assert names() == []
        assert examined.commit() == {
            "rows": 2,
            "created": 2,
            "updated": 0,
            "unchanged": 0,
            "refused": 0,
            "households": 1,
        }
        assert names() == ["王丽", "王强"]
        again = ledger.open(path, CONTEXT).commit()
        assert (again["created"], again["unchanged"]) == (0, 2)

    def test_the_commit_locks_and_looks_again_before_it_saves(self, ledger, book):
        examined = ledger.open(book(member(1, "000001", "王强")), CONTEXT)
        examined.faults  # noqa: B018 - the preview
        Group.objects.create(name="王强")
        assert examined.commit()["unchanged"] == 1
        assert ledger.calls == ["examine 1", "lock", "examine 1", "save"]

    def test_without_a_preview_it_is_examined_once(self, ledger, book):
        ledger.open(book(member(1, "000001", "王强")), CONTEXT).commit()
        assert ledger.calls == ["lock", "examine 1", "save"]

    def test_a_file_with_a_fault_is_refused_whole(self, ledger, book):
        examined = ledger.open(book(member(1, "000001", "王强"), member(2, "000002", None)), CONTEXT)
        with pytest.raises(HasFaults) as refused:
            examined.commit()
        assert refused.value.counts == {
            "rows": 2,
            "created": 0,
            "updated": 0,
            "unchanged": 0,
            "refused": 2,
            "households": 0,
        }
        assert [fault.sentence for fault in refused.value.faults] == ["姓名没填，填上姓名。"]
        assert names() == []

    def test_only_whole_units_without_fault_if_that_is_chosen(self, ledger, book):
        examined = ledger.open(book(
            member(1, "000001", "王强"), member(2, "000001", None),
            member(3, "000002", "李四"), member(4, "000003", "老人"),
        ), CONTEXT)  # fmt: skip
        assert examined.counts == {
            "rows": 4,
            "created": 2,
            "updated": 0,
            "unchanged": 0,
            "refused": 2,
            "households": 2,
        }
        assert [entry.number for entry in examined.good[0]] == [6, 7]
        assert [warning.sentence for warning in examined.warnings] == ["备注再核对。"]
        assert examined.commit(skip_bad=True) == examined.counts
        assert names() == ["李四", "老人"]

    def test_a_row_whose_unit_cannot_be_read_holds_its_neighbours(self, ledger, book):
        examined = ledger.open(book(
            member(1, "000001", "甲"), member(2, "000002", "乙"), member(3, "坏", "丙"), member(4, "000002", "丁"),
            member(5, "000003", "戊"), member(6, "000004", "己"),
        ), CONTEXT)  # fmt: skip
        assert examined.commit(skip_bad=True)["refused"] == 3
        assert names() == ["己", "戊", "甲"]

    def test_faults_that_come_up_only_later_are_told_too(self, ledger, book, tmp_path):
        def examine(entries, context):
            plan = Plan(work=[], outcomes={entry.number: "created" for entry in entries})
            leader = any(entry.values["name"] == "队长" for entry in entries)
            plan.faults = (
                []
                if leader
                else [entry.fault("name", "没有队长") for entry in entries if entry.values["name"] == "队员"]
            )
            return plan

        ledger.examine = examine
        examined = ledger.open(book(
            member(1, "000001", "队长", sex="公"), member(2, "000002", "队员"), member(3, "000003", "别人"),
        ), CONTEXT)  # fmt: skip
        assert [fault.row for fault in examined.faults] == [4]
        assert [entry.values["name"] for entry in examined.good[0]] == ["别人"]
        assert [(fault.row, fault.what) for fault in examined.held_faults][1:] == [(5, "没有队长")]
        examined.write_returned(tmp_path / "held.xlsx", held_only=True)
        assert openpyxl.load_workbook(tmp_path / "held.xlsx").active["K5"].value == "姓名没有队长。"

    def test_a_row_without_a_unit_stands_alone(self, ledger, book):
        ledger.unit_of = lambda entry: None
        examined = ledger.open(book(member(1, "000001", "王强"), member(2, "000001", None)), CONTEXT)
        assert examined.commit(skip_bad=True)["refused"] == 1
        assert names() == ["王强"]

    def test_if_nothing_good_is_left_nothing_is_called_saved(self, ledger, book):
        examined = ledger.open(book(member(1, "000001", None)), CONTEXT)
        with pytest.raises(HasFaults):
            examined.commit(skip_bad=True)
        assert "save" not in ledger.calls

    def test_when_saving_fails_in_the_middle_nothing_is_saved(self, ledger, book):
        with pytest.raises(RuntimeError):
            ledger.open(book(member(1, "000001", "王强"), member(2, "000002", "炸")), CONTEXT).commit()
        assert names() == []

    def test_a_fault_on_a_row_that_is_not_there_is_a_mistake_of_ours(self, ledger, book):
        examined = ledger.open(book(member(1, "000001", "王强")), CONTEXT)
        examined.plan.faults.append(
            examined.entries[0].fault("name", "x").__class__(99, "name", "姓名", "", "x")
        )
        with pytest.raises(ValueError, match="99"):
            _ = examined.good


@pytest.mark.django_db
class TestFaults:
    def test_all_faults_of_all_rows_in_the_order_of_the_sheet(self, ledger, book):
        examined = ledger.open(book(
            member(1, "1", "坏人", sex="公", phone=1990000018),
            member(2, "000002", "王强", kinds="低宝、大病、优扶"),
            member(3, "000003", "王强", id_number=3.49908197306138e17),
        ), CONTEXT)  # fmt: skip
        assert [(fault.row, fault.title, fault.what) for fault in examined.faults] == [
            (4, "", "这一行不行"), (4, "户编号", "少 5 位"), (4, "性别", "不认识“公”这个写法"),
            (4, "联系电话", "少 1 位"), (5, "姓名", "表里写了两次"), (5, "对象类别", "不认识“低宝”这个写法"),
            (5, "对象类别", "不认识“优扶”这个写法"), (6, "姓名", "表里写了两次"),
            (6, "身份证号", "Excel 已把后几位变成 0"),
        ]  # fmt: skip
        assert examined.counts["refused"] == 3

    def test_no_list_of_faults_shows_a_whole_identity_number(self, ledger, book):
        examined = ledger.open(book(member(1, "000001", "王强", id_number="34990119430105285")), CONTEXT)
        assert examined.faults[0].written == "349901***********"
        assert examined.faults[0].sentence == "身份证号少 1 位，应是 18 位。"

    def test_a_faulty_cell_is_none_and_named(self, ledger, book):
        (entry,) = ledger.open(book(member(1, "000001", "王强", born="去年")), CONTEXT).entries
        assert entry.values["born"] is None
        assert entry.bad == {"born"}
        assert "position" not in entry.values

    def test_only_headings_is_not_a_success(self, ledger, tmp_path):
        with pytest.raises(BadWorkbook, match="没有一行内容"):
            ledger.open(save_book(tmp_path / "in.xlsx", [TITLES]), CONTEXT)

    def test_another_villages_file(self, ledger, tmp_path):
        with pytest.raises(BadWorkbook, match="双墩村"):
            ledger.open(save_book(tmp_path / "in.xlsx", [["填报单位：双墩村"], TITLES, GOOD_ROW]), CONTEXT)

    def test_another_ledgers_file_is_known_by_the_registry(self, ledger, book):
        other = type(
            "Other", (Members,), {"slug": "other", "title": "别的台账", "columns": ROSTER[3:4] + ROSTER[6:]}
        )
        wanted = type(
            "Wanted",
            (Members,),
            {
                "slug": "wanted",
                "title": "想要的",
                "columns": (ROSTER[1], *ROSTER[3:5], ROSTER[2].__class__("x", "没有的列", required=True)),
            },
        )
        with registry.emptied() as own:
            own.register(other)
            with pytest.raises(BadWorkbook, match="这像是《别的台账》的表，不是《想要的》"):
                wanted().open(book(), CONTEXT)


@pytest.mark.django_db
class TestMasked:
    def rows(self, ledger, tmp_path, key, **cells):
        path = save_book(
            tmp_path / "in.xlsx", [[*TITLES, "行标识（勿改）"], [*member(1, "000001", "王强", **cells), key]]
        )
        return ledger.open(path, CONTEXT)

    def test_an_unchanged_mask_means_unchanged(self, ledger, tmp_path):
        examined = self.rows(ledger, tmp_path, "p1", id_number="349901************", phone="199****0001")
        assert examined.faults == []
        assert examined.entries[0].values["id_number"] is KEEP
        assert examined.entries[0].values["phone"] is KEEP
        assert not KEEP

    @pytest.mark.parametrize(
        ("key", "mask"),
        [
            ("p1", "349902************"),
            ("p2", "349901************"),
            ("", "349901************"),
            ("p1", "3499*1"),
        ],
    )
    def test_any_other_mask_is_a_fault(self, ledger, tmp_path, key, mask):
        examined = self.rows(ledger, tmp_path, key, id_number=mask)
        assert [fault.sentence for fault in examined.faults] == ["身份证号这个号被遮住了，填完整的号或留空。"]
        assert examined.entries[0].bad == {"id_number"}

    def test_masks_are_asked_for_only_if_there_are_any(self, ledger, tmp_path):
        self.rows(ledger, tmp_path, "p1")
        assert "masks" not in ledger.calls


class TestOut:
    scope = LedgerScope(
        actor=None, territory=VILLAGE, period=Month.parse("2026-10"), made_on=dt.date(2026, 11, 2)
    )

    def test_heading_and_file_name(self, ledger):
        heading = ledger.heading(self.scope)
        assert heading.title == "洪集镇桥集村 成员花名册（2026年10月）"
        assert heading.period_title == "2026年10月1日至10月31日"
        assert heading.footnotes == ("只列在册的人。",)
        assert ledger.file_name(self.scope) == "桥集村-成员花名册-2026-10.xlsx"
        assert ledger.masked
        odd = LedgerScope(actor=None, territory=SimpleNamespace(name='a/b:"c*', code="1"))
        assert ledger.file_name(odd) == "abc-成员花名册.xlsx"

    @pytest.mark.django_db
    def test_what_is_exported_can_come_in_again(self, ledger, tmp_path):
        assert ledger.export(self.scope, tmp_path / "out.xlsx") == 2
        examined = ledger.open(tmp_path / "out.xlsx", CONTEXT)
        assert [entry.values["name"] for entry in examined.entries] == ["王强", "王丽"]
        assert examined.entries[0].key == row_key("members", VILLAGE.code, "王强")
        assert {fault.what for fault in examined.faults} == {"这个号被遮住了"}

    @pytest.mark.django_db
    def test_the_blank_template_filled_in_comes_in(self, ledger, tmp_path):
        path = tmp_path / "blank.xlsx"
        ledger.write_template(path, self.scope)
        with pytest.raises(BadWorkbook, match="没有一行内容"):
            ledger.open(path, CONTEXT)
        book = openpyxl.load_workbook(path)
        assert book.sheetnames == ["填这里", "选项", "填表说明"]
        assert book["选项"].sheet_state == "hidden"
        page = book.active
        assert page["A1"].value == "洪集镇桥集村 成员花名册"
        assert page["F4"].number_format == "@"
        rules = {str(rule.sqref): rule for rule in page.data_validations.dataValidation}
        assert rules["E4:E5004"].formula1 == "选项!$A$1:$A$2"
        assert [cell.value for cell in book["选项"]["B"]] == ["低保", "大病", "优抚"]
        for place, value in enumerate(member(1, "000001", "王强"), 1):
            page.cell(4, place, value)
        book.save(path)
        examined = ledger.open(path, CONTEXT)
        assert examined.faults == []
        assert len(examined.entries) == 1
