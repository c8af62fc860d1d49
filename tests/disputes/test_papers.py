"""文书和卷宗: the thirteen items and what is missing, scans, pages, papers to print and as PDF, and who reads them."""

import datetime as dt
import io
import re
import uuid
import zlib

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from core import clock, paper
from disputes import printing, services
from disputes.models import Agreement, MinuteReading, Party, Scan
from tests.disputes.conftest import NOVEMBER_23, PDF, TEXT, keep, sign
from tests.disputes.seats import gone_through, matched, sat
from tests.factor import client_of

pytestmark = pytest.mark.usefixtures("media")


def lacks(found):
    return [line.item.code for line in services.missing_of(services.case_file(found))]


def test_the_thirteen_items_stand_in_their_order_and_what_is_missing_says_what_to_do(town, taken, draft):
    lines = services.case_file(taken)
    assert [line.number for line in lines] == list(range(1, 14))
    assert [line.item.code for line in lines][:3] == ["cover", "contents", "register"]
    assert lacks(taken) == ["rights", "identity", "record"]
    assert all(line.item.lack for line in services.missing_of(lines))
    agreement = draft()
    assert lacks(taken) == ["rights", "identity", "record", "agreement"]
    sign(town.secretary, agreement)
    taken.refresh_from_db()
    assert lacks(taken) == ["rights", "identity", "record"]
    with clock.stopped_at("2026-12-28T10:00"):
        assert lacks(taken) == ["rights", "identity", "record", "revisit"]
        services.revisit(actor=town.secretary, dispute=taken, words="墙砌好了", kept=True)
        taken.refresh_from_db()
        assert lacks(taken) == ["rights", "identity", "record"]


def test_the_contents_have_page_numbers_as_far_as_pages_were_counted(town, taken):
    for item, pages in (("register", 2), ("rights", 1), ("identity", 2), ("identity", 1)):
        keep(town.secretary, taken, item, pages)
    said = {line.item.code: line.pages_said for line in services.case_file(taken)}
    assert (said["cover"], said["contents"]) == ("", "")
    assert (said["register"], said["rights"], said["identity"]) == ("1-2", "3", "4-6")
    keep(town.secretary, taken, "agreement", 2)
    assert {line.item.code: line.pages_said for line in services.case_file(taken)}["agreement"] == "", (
        "the record before it is not there yet"
    )
    keep(town.secretary, taken, "record", 3)
    said = {line.item.code: line.pages_said for line in services.case_file(taken)}
    assert (said["record"], said["agreement"]) == ("7-9", "10-11")


def test_a_scan_lies_sealed_is_drawn_anew_and_comes_back_whole(town, taken, tmp_path):
    kept = keep(town.secretary, taken, "identity", 2, io.BytesIO(PDF))
    photo = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(photo, "PNG")
    photo.seek(0)
    drawn = keep(town.secretary, taken, "evidence", None, photo)
    assert (kept.kind, drawn.kind, drawn.pages) == (Scan.PDF, Scan.JPEG, 1)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 2
    assert not any(b"PDF" in path.read_bytes() or b"JFIF" in path.read_bytes() for path in files)
    assert b"".join(services.open_scan(kept)) == PDF
    assert b"".join(services.open_scan(drawn)).startswith(b"\xff\xd8")


def test_a_scan_sent_again_is_the_same_and_another_paper_under_its_number_is_refused(town, taken):
    number = uuid.uuid4()

    def send(actor=town.secretary, pages=1, plain=PDF):
        return services.keep_scan(
            actor=actor, dispute=taken, uuid=number, item="identity", pages=pages, file=io.BytesIO(plain)
        )

    kept = send()
    assert send().pk == kept.pk
    assert taken.moves.filter(words__startswith="卷宗放进").count() == 1
    # The same length, another text; other pages; somebody else.
    for other in (
        {"plain": PDF.replace(b"obj", b"OBJ")},
        {"pages": 9},
        {"actor": town.office},
    ):
        with pytest.raises(services.Conflict, match="编号已用过"):
            send(**other)
    assert b"".join(services.open_scan(kept)) == PDF


def test_a_photo_sent_again_is_the_same_paper(town, taken):
    photo = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(photo, "PNG")
    said = {"actor": town.secretary, "dispute": taken, "uuid": uuid.uuid4(), "item": "evidence"}
    kept = services.keep_scan(**said, pages=None, file=io.BytesIO(photo.getvalue()))
    assert services.keep_scan(**said, pages=None, file=io.BytesIO(photo.getvalue())).pk == kept.pk
    with pytest.raises(services.Conflict):
        services.keep_scan(**said, pages=1)


def test_scans_change_keys_with_everything_else(town, taken, settings):
    kept = keep(town.secretary, taken, "identity", 2, io.BytesIO(PDF))
    settings.FIELD_KEYS = {"k9": b"9" * 32} | settings.FIELD_KEYS
    assert services.reseal_scans().changed == 1
    assert dict(services.scans_by_key()) == {"k9": 1}
    settings.FIELD_KEYS = {"k9": b"9" * 32}
    assert b"".join(services.open_scan(kept)) == PDF


@pytest.mark.parametrize(
    ("item", "pages", "file", "field", "sentence"),
    [
        ("identity", 1, b"MZ\x90", "file", "只收 PDF 和照片"),
        ("identity", 1, PDF[:-8], "file", "不完整"),
        ("identity", None, PDF, "pages", "填页数"),
        ("identity", 900, None, "pages", "填页数"),
        ("cover", 1, None, "item", "哪一项"),
        ("gossip", 1, None, "item", "哪一项"),
    ],
)
def test_what_cannot_be_put_in_is_said_and_nothing_stays(
    town, taken, tmp_path, item, pages, file, field, sentence
):
    with pytest.raises(ValidationError) as refused:
        keep(town.secretary, taken, item, pages, io.BytesIO(file) if file else None)
    assert sentence in "".join(refused.value.message_dict[field])
    assert not Scan.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


# --- pages and papers -------------------------------------------------------------------------------------------------


def test_only_who_works_on_the_dispute_reads_its_papers(town, taken, draft):
    draft()
    scan = keep(town.secretary, taken, "identity", 2, io.BytesIO(PDF))
    addresses = [
        reverse("disputes:papers", args=[taken.pk]),
        reverse("disputes:paper", args=[taken.pk, "agreement"]),
        reverse("disputes:paper_pdf", args=[taken.pk, "agreement"]),
        reverse("disputes:scan", args=[scan.pk]),
    ]
    for address in addresses:
        assert client_of(town.worker).get(address).status_code == 403, "he reported it and may read it"
        assert client_of(town.neighbour).get(address).status_code == 404
        assert client_of(town.assistant).get(address).status_code in (403, 404)
    for address in (addresses[0], addresses[1], addresses[3]):
        assert client_of(town.secretary).get(address).status_code == 200
    answer = client_of(town.secretary).get(addresses[3])
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Disposition"].startswith("attachment")
    assert [(each.reader, each.title) for each in services.scan_readings(taken)][:1] == [
        (town.secretary, "当事人身份证明")
    ]
    assert "谁下载过" in client_of(town.secretary).get(addresses[0]).content.decode()
    page = client_of(town.secretary).get(reverse("disputes:dispute", args=[taken.pk])).content.decode()
    assert "文书和卷宗" in page
    page = client_of(town.worker).get(reverse("disputes:dispute", args=[taken.pk])).content.decode()
    assert "文书和卷宗" not in page


def test_a_scanned_record_goes_no_further_than_minutes_and_relatives_of_a_party_get_nothing_at_all(
    town, taken
):
    scans = {
        item: keep(town.secretary, taken, item, 1, io.BytesIO(PDF))
        for item in ("record", "identity", "inquiry", "evidence")
    }
    cadre = town.post("jincun", "金村", "cadre", town.jinxing)
    matched(cadre, town.wang.people.exclude(relation="户主").first())
    for who, closed, told in (
        (town.secretary, set(), ""),
        (town.office, {"record"}, "调解记录只给"),
    ):
        client = client_of(who)
        page = client.get(reverse("disputes:papers", args=[taken.pk])).content.decode()
        assert told in page
        for item, scan in scans.items():
            address = reverse("disputes:scan", args=[scan.pk])
            answer = client.get(address)
            assert answer.status_code == (403 if item in closed else 200), (who, item)
            assert (f'"{address}"' in page) == (item not in closed)
            assert services.ITEMS[item].title in page, "its line in the catalogue stays"
        for item in closed:
            answer = client.post(reverse("disputes:remove_scan", args=[scans[item].pk]))
            assert answer.status_code == 403
    page = client_of(cadre).get(reverse("disputes:papers", args=[taken.pk]))
    assert (page.status_code, "您家里人是当事人" in page.content.decode()) == (403, True)
    for scan in scans.values():
        assert client_of(cadre).get(reverse("disputes:scan", args=[scan.pk])).status_code == 403
    assert Scan.objects.count() == 4
    assert client_of(town.neighbour).get(address).status_code == 404


def test_on_the_desk_it_goes_from_draft_to_force_and_what_is_wrong_stands_at_its_place(town, taken):
    client, papers = client_of(town.secretary), reverse("disputes:papers", args=[taken.pk])
    typed = TEXT | {"uuid": str(uuid.uuid4()), "terms": ""}
    answer = client.post(reverse("disputes:draft", args=[taken.pk]), typed)
    assert answer.status_code == 422
    assert "写明双方说定了什么" in answer.content.decode()
    assert TEXT["performance"] in answer.content.decode()
    client.post(reverse("disputes:draft", args=[taken.pk]), typed | {"terms": "墙退半尺"})
    agreement = Agreement.objects.get()
    step = reverse("disputes:agreement_step", args=[agreement.pk, "sign"])
    days = {f"party-{each.pk}": "2026-11-23" for each in taken.parties.all()}
    days |= {"mediators": "金书记", "mediated_on": "2026-11-23", "text": agreement.digest_of_text}
    answer = client.post(step, days | {"sealed_on": "2026-11-24"})
    assert answer.status_code == 422
    assert "之间，改过来" in answer.content.decode()
    client.post(step, days | {"sealed_on": "2026-11-23"})
    agreement.refresh_from_db()
    assert agreement.state == Agreement.IN_FORCE
    assert "12月23日" in client.get(papers).content.decode()
    listed = client.get(reverse("disputes:agreements") + "?list=force").content.decode()
    assert agreement.number in listed


def test_a_scan_comes_in_and_goes_out_on_the_desk(town, taken, django_capture_on_commit_callbacks):
    client = client_of(town.secretary)
    sent = {"uuid": str(uuid.uuid4()), "item": "identity", "pages": "2"}
    file = SimpleUploadedFile("身份证.pdf", PDF, "application/pdf")
    client.post(reverse("disputes:add_scan", args=[taken.pk]), sent | {"file": file})
    scan = Scan.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("disputes:remove_scan", args=[scan.pk]))
    assert not Scan.objects.exists()
    assert services.open_scan(scan) is None
    assert [move.words for move in taken.moves.filter(kind="note")] == [
        "卷宗放进“当事人身份证明” 2 页",
        "卷宗里去掉“当事人身份证明” 2 页",
    ]


def test_the_page_asks_as_many_questions_for_much_as_for_little(
    town, taken, draft, django_assert_num_queries
):
    client, address = client_of(town.secretary), reverse("disputes:papers", args=[taken.pk])
    sign(town.secretary, draft())
    draft()
    keep(town.secretary, taken, "identity", 1)
    client.get(address)
    with CaptureQueriesContext(connection) as little:
        client.get(address)
    sign(town.secretary, taken.agreements.get(state="drafted"))
    sign(town.secretary, draft())
    draft()
    for item in ("identity", "evidence", "record"):
        keep(town.secretary, taken, item, 1)
    with django_assert_num_queries(len(little)):
        client.get(address)


def test_every_party_is_called_on_a_paper_of_its_own(town, taken):
    client = client_of(town.secretary)
    papers = reverse("disputes:paper", args=[taken.pk, "summons"])
    assert client.get(papers).status_code == 302, "nothing to print before the day is known"
    sent = {"uuid": str(uuid.uuid4()), "day": "2026-11-26", "time": "09:30", "place": "村部"}
    late = client.post(reverse("disputes:summon", args=[taken.pk]), sent | {"day": "2026-11-20"})
    assert "已经过了" in late.content.decode()
    client.post(reverse("disputes:summon", args=[taken.pk]), sent)
    page = client.get(papers).content.decode()
    assert page.count("<h1") == 2
    assert "2026年11月26日 09:30 在村部" in page


@pytest.mark.parametrize("code", [code for code in printing.PAPERS if code != "summons"])
def test_each_paper_prints_from_the_rows_with_numbers_masked(town, taken, draft, code):
    sign(town.secretary, draft())
    taken.refresh_from_db()
    services.revisit(actor=town.secretary, dispute=taken, words="墙砌好了", kept=True)
    answer = client_of(town.secretary).get(reverse("disputes:paper", args=[taken.pk, code]))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert not re.search(r"\d{17}[\dX]", page)
    assert "style=" not in page
    if code in ("application", "register", "agreement"):
        assert "349901************" in page
    if code == "agreement":
        assert "HJTX-206-2026-0001" in page
        assert "2026年11月23日" in page


def test_where_no_pdf_can_be_made_the_page_says_what_to_install_and_prints_on(town, taken, monkeypatch):
    def gone():
        raise paper.NoPdf

    monkeypatch.setattr(paper, "_library", gone)
    client = client_of(town.secretary)
    answer = client.get(reverse("disputes:paper_pdf", args=[taken.pk, "cover"]), follow=True)
    assert "apt install libpango" in answer.content.decode()
    assert client.get(reverse("disputes:paper", args=[taken.pk, "cover"])).status_code == 200


@pytest.mark.parametrize(
    "address",
    ["http://example.org/x.css", "file:///etc/passwd", "http://hongji.invalid/static/../hongji/settings.py"],
)
def test_a_pdf_fetches_nothing_but_our_static_files(address):
    with pytest.raises(Exception, match=r"static|path"):
        paper.static_file(address)
    assert b"--ink" in paper.static_file("http://hongji.invalid/static/look/tokens.css")


def test_in_production_it_takes_them_from_where_they_were_collected(settings, tmp_path):
    settings.PRODUCTION, settings.STATIC_ROOT = True, tmp_path / "static"
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "print.0a1b.css").write_bytes(b"p{}")
    (tmp_path / "secret").write_bytes(b"k1")
    assert paper.static_file("http://hongji.invalid/static/print.0a1b.css") == b"p{}"
    for name in ("../secret", "%2e%2e/secret", "none.css"):
        with pytest.raises(ValueError, match="static"):
            paper.static_file(f"http://hongji.invalid/static/{name}")


@pytest.mark.skipif(not paper.can_make_pdf(), reason="no pango on this machine: apt install libpango-1.0-0")
def test_the_pdf_has_its_pages_its_text_and_no_more(town, taken, draft):
    sign(town.secretary, draft())
    answer = client_of(town.secretary).get(reverse("disputes:paper_pdf", args=[taken.pk, "remarks"]))
    assert answer["Content-Type"] == "application/pdf"
    made = answer.content
    assert made.startswith(b"%PDF-")
    plain = b"".join(unpacked(made))
    assert re.search(rb"/Count 2\b", plain), "the statement and the back cover"
    assert b"/ToUnicode" in plain, "its characters can be searched and copied"


def unpacked(made):
    """The streams of a PDF, and what is between them."""
    for part in re.split(rb"stream\r?\n", made):
        try:
            yield zlib.decompressobj().decompress(part)
        except zlib.error:
            yield part


# --- who was told of his rights, and when -----------------------------------------------------------------------------


def told(actor, dispute, **days):
    keys = {each.side: each.pk for each in dispute.parties.all()}
    return services.tell_rights(
        actor=actor, dispute=dispute, told={keys[side]: day for side, day in days.items()}
    )


def test_the_paper_of_rights_is_there_once_every_party_got_it_and_the_step_says_who_gave_it(town, taken):
    told(town.secretary, taken, first=NOVEMBER_23)
    assert "rights" in lacks(taken), "one of two"
    move = told(town.secretary, taken, first=NOVEMBER_23, second=NOVEMBER_23)
    assert "rights" not in lacks(taken)
    assert (move.actor, move.words) == (town.secretary, "权利义务告知书：2026年11月23日交给乙方 王大春")
    assert told(town.secretary, taken, second=NOVEMBER_23) is None, "nothing is new"
    services.add_party(actor=town.secretary, dispute=taken, named=services.Named(Party.THIRD, name="李四"))
    assert "rights" in lacks(taken), "who came later was not told"
    told(town.secretary, taken, second=None)
    assert "记错了" in taken.moves.last().words


def test_a_day_before_the_dispute_or_to_come_is_refused_at_its_party_and_nothing_is_kept(town, taken):
    for day in (dt.date(2026, 11, 1), dt.date(2026, 11, 24)):
        with pytest.raises(ValidationError) as refused:
            told(town.secretary, taken, first=NOVEMBER_23, second=day)
        assert list(refused.value.message_dict) == [f"told-{taken.parties.get(side='second').pk}"]
    assert not taken.parties.exclude(rights_told_on=None).exists()
    with pytest.raises(PermissionDenied):
        told(town.worker, taken, first=NOVEMBER_23)


def test_on_the_desk_each_party_has_a_day_and_the_catalogue_follows(town, taken):
    client, page = client_of(town.secretary), reverse("disputes:papers", args=[taken.pk])
    sent = {f"told-{each.pk}": "2026-11-23" for each in taken.parties.all()}
    wrong = client.post(reverse("disputes:tell_rights", args=[taken.pk]), dict.fromkeys(sent, "2026-11-24"))
    assert wrong.status_code == 422
    assert "日子在纠纷发现那天到今天之间" in wrong.content.decode()
    assert client.post(reverse("disputes:tell_rights", args=[taken.pk]), sent).status_code == 302
    assert "rights" not in lacks(taken)
    assert 'value="2026-11-23"' in client.get(page).content.decode()


def test_who_may_not_read_the_record_of_a_mediation_puts_none_in_either(town, taken):
    client = client_of(town.office)
    page = client.get(reverse("disputes:papers", args=[taken.pk])).content.decode()
    assert '<option value="record"' not in page
    assert '<option value="identity"' in page
    sent = {"uuid": str(uuid.uuid4()), "item": "record", "pages": "2"}
    assert client.post(reverse("disputes:add_scan", args=[taken.pk]), sent).status_code == 422
    with pytest.raises(PermissionDenied, match="调解记录只给"):
        keep(town.office, taken, "record", 2)
    assert not Scan.objects.exists()
    assert keep(town.office, taken, "identity", 2)
    assert keep(town.secretary, taken, "record", 2)


def test_what_was_agreed_stands_in_the_draft_for_who_may_read_the_minutes_and_leaves_a_row(town, dispute):
    sitting = sat(town, dispute())
    gone_through(town.secretary, sitting)
    quarrel = sitting.panel.dispute
    stances = {party.pk: True for party in quarrel.parties.all()}
    said = {"agreed": True, "conclusion": "墙退半尺整", "stances": stances}
    services.conclude(actor=town.secretary, sitting=sitting, **said)
    address = reverse("disputes:papers", args=[quarrel.pk])
    for actor, told in ((town.office, False), (town.secretary, True)):
        answer = client_of(actor).get(address)
        assert answer.status_code == 200
        assert ("墙退半尺整" in answer.content.decode()) is told
        assert MinuteReading.objects.filter(sitting=sitting, reader=actor).exists() is told
    assert client_of(town.office).get(reverse("disputes:minutes", args=[sitting.pk])).status_code == 404
