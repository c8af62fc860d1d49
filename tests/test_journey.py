"""The way of one row: a roster line → a household → a visit that falls due → a visit made on a phone → a need it
found → a line in the month's ledgers → a figure the town reports."""

import datetime as dt
import io
import uuid
from pathlib import Path

import openpyxl
import pytest
from django.core.management import call_command

from core import clock
from grids import services
from grids.models import Household, Post, Territory
from tests.factor import client_of

SAMPLES = Path(__file__).parent / "samples"
pytestmark = pytest.mark.slow
NOVEMBER = "2026-11-23T09:40:00+08:00"
VILLAGE = "桥集村"


def run(*words, **options):
    out = io.StringIO()
    call_command(*words, stdout=out, **options)
    return out.getvalue()


def sheet_of(slug, folder, month="2026-11"):
    path = folder / f"{slug}.xlsx"
    run("export_ledger", slug, territory=VILLAGE, period=month, out=str(path))
    return [[cell for cell in row if cell is not None] for row in openpyxl.load_workbook(path).active.values]


def line_with(rows, text):
    found = [row for row in rows if text in row]
    assert len(found) == 1, f"{text}: {len(found)} lines"
    return found[0]


@pytest.fixture
def town(db):
    with clock.stopped_at(NOVEMBER):
        run("import_ledger", "grids", str(SAMPLES / "洪集镇网格花名册.xlsx"))
        run("import_ledger", "persons", str(SAMPLES / f"{VILLAGE}花名册.xlsx"), territory=VILLAGE)
        yield Territory.objects.get(name=VILLAGE)


def signed_in(household, duty):
    """Whoever holds the post at this household's grid, with the account the office issued."""
    post = Post.objects.get(territory=household.territory, duty=duty)
    user, _ = services.issue_account(actor=services.SERVER, officer=post.officer)
    return client_of(user)


def test_one_entry_on_the_phone_feeds_every_ledger_and_every_figure(town, tmp_path):
    # 1. The roster's first household is listed as a petitioner since 1 October: it owes October and November.
    household = Household.objects.get(village=town, number="580001")
    assert household.head_name == "卢明亮"
    phone = signed_in(household, "worker")
    due = phone.get("/api/due/").json()
    row = next(row for row in due["overdue"] if row["household"] == household.pk)
    assert (row["name"], row["days_over"], row["categories"]) == ("卢明亮", 23, ["信访"])
    waiting = due["board"]["waiting"]

    # 2. One entry on the phone, with one thing found.
    answer = phone.put(
        f"/api/visits/{uuid.uuid4()}/",
        {
            "household": household.pk,
            "happened_at": NOVEMBER,
            "sent_at": NOVEMBER,
            "manner": "door",
            "met": True,
            "promise_kind": "ask",
            "promise_text": "问清低保怎么申请",
            "findings": [
                {"kind": "conflict", "detail": "邻里", "urgency": "days", "words": "为排水沟争过几句"}
            ],
        },
        content_type="application/json",
    )
    assert answer.status_code == 201, answer.content

    # 3. The list and the board follow at once; the missed October stays missed but leaves the list.
    due = phone.get("/api/due/").json()
    assert household.pk not in [
        row["household"] for part in ("overdue", "due", "ordinary") for row in due[part]
    ]
    assert due["board"]["waiting"] == waiting - 1
    assert due["board"]["busy"] == 1

    # 4. The month's ledgers have it, each in its own place, and nobody typed anything again.
    assert line_with(sheet_of("visits", tmp_path), "卢明亮")[1].date() == dt.date(2026, 11, 23)
    five = line_with(sheet_of("five-visits", tmp_path), "卢明亮")
    assert "信访户" in five
    known = line_with(sheet_of("five-knows", tmp_path), "卢明亮")
    assert any("排水沟" in str(cell) for cell in known)

    # 5. The figure the town reports is the sum of such rows: one of the village's category households this month.
    november = line_with(sheet_of("coverage", tmp_path), "桥集第一网格")
    october = line_with(sheet_of("coverage", tmp_path, "2026-10"), "桥集第一网格")
    assert november[3] == october[3] + 1 == 1


def test_what_is_taken_back_leaves_no_trace_in_any_ledger(town, tmp_path):
    household = Household.objects.get(village=town, number="580001")
    phone = signed_in(household, "worker")
    number = uuid.uuid4()
    body = {"household": household.pk, "happened_at": NOVEMBER, "manner": "door", "met": True}
    phone.put(f"/api/visits/{number}/", body, content_type="application/json")
    assert phone.post(f"/api/visits/{number}/undo/").status_code == 200
    assert not [row for row in sheet_of("visits", tmp_path) if "卢明亮" in row]
    assert line_with(sheet_of("coverage", tmp_path), "桥集第一网格")[3] == 0
    assert household.pk in [row["household"] for row in phone.get("/api/due/").json()["overdue"]]
