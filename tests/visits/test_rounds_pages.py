"""The desk's pages of round sheets: who prints, who enters, what stands on the paper and never does."""

import datetime as dt
import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from visits import services
from visits.models import RoundSheet, Visit
from visits.services import rounds

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
LIST = "/desk/rounds/"
KINDS = ("低保", "鳏寡", "信访", "大病", "五必访", "特困")


@pytest.fixture
def sheet(town):
    return rounds.print_sheets(actor=town.secretary, grid=town.grid1)[0]


@pytest.fixture
def enter(town, sheet, client):
    """`enter(row, day="23")`: the line as the clerk's page sends it; (status, answer)."""

    def send(row, *, by=None, **said):
        client.force_login(by or town.secretary)
        body = {"day": "23", "seen": "met", "visitor": town.worker.pk, "companion": None} | said
        address = reverse("visits:round_line", args=[sheet.pk, row])
        answer = client.post(address, json.dumps(body), content_type="application/json")
        return answer.status_code, answer.json()

    return send


def page(client, user, address):
    client.force_login(user)
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def paper_of(sheet):
    return reverse("visits:round_paper", args=[sheet.pk])


@pytest.mark.parametrize("who", ["secretary", "worker", "leader", "assistant", "office"])
def test_who_visits_or_oversees_prints_and_comes_to_the_paper(town, client, who):
    assert "走访单" in page(client, getattr(town, who), LIST)
    answer = client.post(LIST, {"place": str(town.grid1.pk)}, follow=True)
    text = answer.content.decode()
    assert "ZD-1123-01" in text
    assert "张三丰" in text
    assert "重打" not in re.sub(r"<nav.*?</nav>", "", text, flags=re.DOTALL)


def test_one_group_is_printed_and_a_group_of_another_grid_is_not_found(town, client):
    client.force_login(town.secretary)
    text = client.post(LIST, {"place": f"{town.grid1.pk}-{town.group2.pk}"}, follow=True).content.decode()
    assert "李㻞" in text
    assert "张三丰" not in text
    for place in (f"{town.grid1.pk}-{town.group3.pk}", str(town.far_grid.pk), str(10**9)):
        assert client.post(LIST, {"place": place}).status_code == 404
    for place in ("", "x", f"{town.grid1.pk}-x"):
        assert client.post(LIST, {"place": place}).status_code == 400
    assert RoundSheet.objects.count() == 1


def test_nothing_to_print_is_said_and_no_number_is_lost(town, client, visit):
    for home in (town.zhang, town.wang, town.li):
        visit(home, "2026-11-02")
    client.force_login(town.secretary)
    answer = client.post(LIST, {"place": str(town.grid1.pk)})
    assert answer.status_code == 422
    assert "没有应访的户" in answer.content.decode()
    assert not RoundSheet.objects.exists()


def test_no_category_and_no_word_of_a_promise_ever_stands_on_the_paper(town, client, visit):
    visit(town.zhang, "2026-10-02", promise_kind="ask", promise_text="慢性病证", note="高血压")
    sheet = rounds.print_sheets(actor=town.secretary, grid=town.grid1)[0]
    text = page(client, town.secretary, paper_of(sheet))
    assert "问政策" in text
    for word in (*KINDS, "慢性病证", "高血压", "1990", "3499"):
        assert word not in text, word


def test_a_sheet_printed_again_later_says_so_and_keeps_its_rows(town, client, sheet, visit):
    visit(town.zhang, "2026-11-23")
    with clock.stopped_at(dt.date(2026, 11, 25)):
        text = page(client, town.secretary, paper_of(sheet))
    assert "重打" in text
    assert "2026年11月23日打印，2026年11月25日重打" in text
    assert "张三丰" in text


def test_another_villages_sheet_is_as_unknown_as_none(town, client, sheet):
    client.force_login(town.neighbour)
    for name, more in (("round", ()), ("round_paper", ()), ("round_line", (1,))):
        for pk in (sheet.pk, 10**9):
            address = reverse(f"visits:{name}", args=[pk, *more])
            method = client.post if more else client.get
            assert method(address).status_code == 404
    assert client.get(LIST, {"number": sheet.number}).status_code == 200
    assert sheet.number not in re.sub(r'value="[^"]*"', "", page(client, town.neighbour, LIST))


def test_the_number_on_the_paper_opens_the_sheet(town, client, sheet):
    client.force_login(town.secretary)
    assert client.get(LIST, {"number": "zd-1123-01 "}).url == reverse("visits:round", args=[sheet.pk])
    assert "没有这个单号" in client.get(LIST, {"number": "ZD-1123-99"}).content.decode()


def test_a_line_is_saved_with_its_receipt_and_stands_when_the_page_is_opened_again(
    town, client, enter, sheet
):
    status, answer = enter(1, knows=["conflict"], words="院墙")
    visit = Visit.objects.get()
    assert (status, answer["outcome"], answer["number"]) == (200, "saved", visit.receipt)
    assert (visit.visitor, visit.entered_by) == (town.worker, town.secretary)
    text = page(client, town.secretary, reverse("visits:round", args=[sheet.pk]))
    assert visit.receipt in text
    assert 'data-last-day="11-23"' in text
    assert text.count("data-saved") == 1
    assert enter(1, knows=["conflict"], words="院墙")[1]["number"] == visit.receipt
    assert Visit.objects.count() == 1


def test_a_fault_is_told_with_the_box_to_stand_in(enter):
    assert enter(1, day="99") == (
        422,
        {"outcome": "fault", "field": "day", "fault": "没有 99 这一天，或者还没到。改过来。"},
    )
    assert enter(1, visitor=None)[1]["field"] == "visitor"
    assert enter(1, words="长" * 301)[1]["field"] == "words"
    assert not Visit.objects.exists()


@pytest.mark.parametrize(
    "said",
    [
        {"seen": "x"},
        {"knows": ["need"]},
        {"knows": 5},
        {"knows": [["weak"]]},
        {"visitor": "x"},
        {"visitor": 10**30},
        {"companion": 10**9},
    ],
)
def test_what_the_page_never_sends_is_refused_and_never_a_crash(enter, said):
    status, _ = enter(1, **said)
    assert status in (404, 422)
    assert not Visit.objects.exists()


def test_what_no_keyboard_writes_is_left_out_of_the_words(enter):
    assert enter(1, words="\x00住\u200b院")[0] == 200
    assert Visit.objects.get().note == "住院"


def test_a_line_is_entered_by_who_opened_the_page_and_nobody_who_signed_in_since(town, enter):
    status, answer = enter(1, by=town.leader, visitor=town.leader.pk, clerk=town.secretary.pk)
    assert (status, answer["field"]) == (422, "row")
    assert "换了人登录" in answer["fault"]
    assert not Visit.objects.exists()
    assert enter(1, by=town.leader, visitor=town.leader.pk, clerk=town.leader.pk)[0] == 200


def test_a_body_that_is_no_json_is_refused(town, client, sheet):
    client.force_login(town.secretary)
    for body in (b"", b"[]", b"{", b"\xff", b"null"):
        answer = client.post(
            reverse("visits:round_line", args=[sheet.pk, 1]), body, content_type="application/json"
        )
        assert answer.status_code == 422, body


def test_the_same_day_on_the_phone_is_a_question(enter, visit, town):
    made = visit(town.zhang, "2026-11-23")
    status, answer = enter(1)
    assert (status, answer["outcome"], answer["number"]) == (409, "twin", made.receipt)
    assert "王格记过这一户" in answer["question"]
    assert answer["same"] == {"how": "same", "words": "同一次，不再记"}
    assert enter(1, twin="same")[0] == 409, "an answer without the number that was shown is none"
    assert enter(1, twin="same", shown=made.receipt)[1]["number"] == made.receipt
    assert Visit.objects.count() == 1


def test_the_question_says_what_becomes_of_what_was_ticked_and_written(enter, visit, town):
    made = visit(town.zhang, "2026-11-23")
    said = {"knows": ["conflict", "talent"], "words": "院墙"}
    answer = enter(1, **said)[1]
    assert answer["question"].endswith("是的话，勾的“矛盾、人才”和写的话补到那一次上。")
    assert answer["same"] == {"how": "same", "words": "同一次，补上"}
    kept = enter(1, twin="same", shown=made.receipt, **said)[1]
    assert (kept["outcome"], kept["summary"]) == ("saved", "矛盾、人才")
    visit(town.wang, "2026-11-23", actor=town.leader)
    answer = enter(2, by=town.worker, words="住院")[1]
    assert answer["question"].endswith("那一次您不能改，写的话不会记下。")
    assert answer["same"] == {"how": "drop", "words": "同一次，这些不记"}


def test_who_reads_no_visits_is_not_told_whose_the_other_one_is(enter, visit, town):
    visit(town.zhang, "2026-11-23", actor=town.secretary)
    answer = enter(1, by=town.assistant, visitor=town.assistant.pk)[1]
    assert "有人记过这一户" in answer["question"]
    assert "金书记" not in answer["question"]


def test_who_reads_only_her_own_is_not_told_what_others_found(town, client, enter, sheet, visit):
    assert enter(1, knows=["conflict"])[1]["summary"] == "矛盾"
    other = visit(town.wang, "2026-11-23", actor=town.secretary, findings=[{"kind": "talent"}])
    linked = enter(2, by=town.assistant, visitor=town.assistant.pk, twin="same", shown=other.receipt)
    assert linked[0] == 200
    assert linked[1]["summary"] == "录过了"
    entry = reverse("visits:round", args=[sheet.pk])
    assert "矛盾" in page(client, town.secretary, entry)
    text = page(client, town.assistant, entry)
    assert "矛盾" not in text
    assert "人才" not in text
    assert text.count("录过了") == 2


def test_a_worker_may_choose_herself_alone_and_the_office_nobody(town, client, sheet, enter):
    chosen = r'<select class="input" id="visitor">(.*?)</select>'
    text = page(client, town.worker, reverse("visits:round", args=[sheet.pk]))
    found = re.search(chosen, text, re.DOTALL)[1]
    assert "王格" in found
    assert "周长" not in found
    assert "要能记走访的人来录" in page(client, town.office, reverse("visits:round", args=[sheet.pk]))
    client.force_login(town.office)
    assert client.post(reverse("visits:round_line", args=[sheet.pk, 1])).status_code == 403
    assert enter(1, by=town.worker, visitor=town.leader.pk)[1]["field"] == "visitor"


def test_the_clerk_chooses_among_the_officers_with_accounts_the_grids_worker_first(town, client, sheet):
    text = page(client, town.secretary, reverse("visits:round", args=[sheet.pk]))
    found = re.search(r'id="visitor">(.*?)</select>', text, re.DOTALL)[1]
    assert re.findall(r">([^<]+)</option>", found) == [
        "选走访人",
        "王格",
        "周长",
        "许协",
        "金书记",
    ]
    assert re.search(r"selected>王格", found)


def test_what_a_clerk_entered_is_told_in_the_households_story(town, client, enter):
    enter(1)
    assert "金书记代录" in page(client, town.secretary, reverse("visits:household", args=[town.zhang.pk]))


def test_the_visitor_reads_in_the_log_who_entered_it_for_him(town, client, enter, visit):
    enter(1)
    visit(town.wang, "2026-11-22")
    client.force_login(town.worker)
    told = client.get("/api/visits/").json()["results"]
    clerks = {each["head_name"]: (each["visitor"], each["entered_by"]) for each in told}
    assert clerks == {"张三丰": ("王格", "金书记"), "王大春": ("王格", None)}


def test_a_sheet_that_came_back_says_so(town, client, sheet):
    assert "还在外面" in page(client, town.secretary, LIST)
    client.post(reverse("visits:round_returned", args=[sheet.pk]))
    text = page(client, town.secretary, LIST)
    assert "还在外面" not in text
    assert client.get(reverse("visits:round_returned", args=[sheet.pk])).status_code == 405


def test_the_menu_offers_round_sheets_to_who_visits_and_to_who_oversees(town, client):
    for who, shown in (("worker", True), ("assistant", True), ("office", True), ("supervisor", False)):
        assert (LIST in page(client, getattr(town, who), "/desk/")) is shown, who


def test_twice_the_lines_and_the_sheets_cost_no_more_queries(town, client, sheet):
    def cost(address):
        page(client, town.secretary, address)
        with CaptureQueriesContext(connection) as found:
            page(client, town.secretary, address)
        return len(found)

    entry = reverse("visits:round", args=[sheet.pk])
    before = {address: cost(address) for address in (LIST, paper_of(sheet))}
    homes = [town.household(town.group1, f"户{n}", number=f"0601{n:02d}") for n in range(12)]
    services.ensure_owed(households=[home.pk for home in homes])
    more = rounds.print_sheets(actor=town.secretary, grid=town.grid1)[0]
    assert cost(LIST) <= before[LIST]
    assert cost(paper_of(more)) <= before[paper_of(sheet)]
    assert cost(reverse("visits:round", args=[more.pk])) <= cost(entry)
