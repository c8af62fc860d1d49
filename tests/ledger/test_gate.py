"""Every file that is refused before it is parsed, each with its own sentence."""

import io
import struct
import time
import zipfile
import zlib

import pytest

from core.ledger import BadWorkbook, gate
from core.ledger.gate import admit
from core.ledger.reading import open_workbook
from core.ledger.tracing import quick_bounds, string_bytes, trace
from tests.ledger.books import (
    GOOD_ROW,
    ROSTER,
    TITLES,
    parts_of,
    roster,
    save_book,
    with_sheet_xml,
    zip_bytes,
    zip_parts,
)

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture
def at(tmp_path):
    return tmp_path / "book.xlsx"


@pytest.fixture
def good(at):
    return save_book(at, roster())


def why(path):
    with pytest.raises(BadWorkbook) as bad:
        open_workbook(path, columns=ROSTER)
    assert str(bad.value).endswith("。")
    return bad.value.code


@pytest.mark.parametrize(("content", "code"), [
    (b"", "empty_file"),
    (bytes(5000), "empty_file"),
    (OLE, "old_xls"),
    (OLE + "EncryptedPackage".encode("utf-16-le"), "password"),
    ("户编号,姓名\n000001,王强\n".encode(), "csv"),
    ("户编号,姓名\r\n000001,王强\r\n".encode("gb18030"), "csv"),
    ("户编号\t姓名\n".encode("utf-8-sig"), "csv"),
    (b"<html><body><table></table></body></html>", "web_page"),
    (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', "web_page"),
    (b"%PDF-1.7", "pdf"),
    ('{"records": [{"name": "王强", "note": ""}]}'.encode(), "not_xlsx"),
    (b"\x89PNG\r\n\x1a\n" + bytes(100), "not_xlsx"),
    (b"PK\3\4 nothing more", "corrupt"),
    (zip_bytes({"word/document.xml": b"<w/>", "[Content_Types].xml": b"<Types/>"}), "not_xlsx"),
    (zip_bytes({"xl/workbook.bin": b"", "[Content_Types].xml": b"<Types/>"}), "xlsb"),
    (zip_bytes({"xl/workbook.xml": b"<workbook/>"}), "not_xlsx"),
])  # fmt: skip
def test_what_is_no_workbook_at_all(at, content, code):
    at.write_bytes(content)
    assert why(at) == code


def test_a_file_larger_than_uploads_may_be(at):
    with at.open("wb") as out:
        out.truncate(gate.MAX_UPLOAD + 1)
    assert why(at) == "too_large"


def test_each_reason_has_a_sentence_of_its_own(good, at):
    sentences = set()
    for content in (
        b"",
        OLE,
        OLE + "EncryptedPackage".encode("utf-16-le"),
        b"a,b",
        b"<html>",
        b"%PDF",
        b"\x89PNG",
        b"PK\3\4",
    ):
        at.write_bytes(content)
        with pytest.raises(BadWorkbook) as bad:
            admit(at)
        sentences.add(str(bad.value))
    assert len(sentences) == 8


@pytest.mark.parametrize("cut", [10, 100, 1000, -1, -10, -22, -100])
def test_a_file_that_was_cut_off(good, cut):
    good.write_bytes(good.read_bytes()[:cut])
    assert why(good) == "corrupt"


def change(path, **parts):
    return zip_parts(
        path, parts_of(path) | {name.replace("__", "/"): content for name, content in parts.items()}
    )


def test_macros(good):
    parts = parts_of(good)
    assert why(zip_parts(good, parts | {"xl/vbaProject.bin": b"x"})) == "macros"
    assert why(zip_parts(good, parts | {"xl/macrosheets/sheet1.xml": b"<x/>"})) == "macros"
    types = parts["[Content_Types].xml"].replace(
        b"spreadsheetml.sheet.main+xml", b"sheet.macroEnabled.main+xml"
    )
    assert why(zip_parts(good, parts | {"[Content_Types].xml": types})) == "macros"


@pytest.mark.parametrize(
    "part",
    [
        SHEET,
        "xl/workbook.xml",
        "xl/styles.xml",
        "xl/_rels/workbook.xml.rels",
        "docProps/core.xml",
        "xl/drawings/vml1.vml",
    ],
)
@pytest.mark.parametrize(
    "declaration",
    [b'<!DOCTYPE x [<!ENTITY a "b">]>', b'<!doctype x SYSTEM "file:///etc/passwd">', b'<! ENTITY a "b">'],
)
def test_document_types_and_entities_anywhere(good, part, declaration):
    parts = parts_of(good)
    parts[part] = declaration + parts.get(part, b"<x/>")
    assert why(zip_parts(good, parts)) == "dtd"


def test_an_encoding_that_would_hide_a_declaration(good):
    parts = parts_of(good)
    parts[SHEET] = parts[SHEET].decode().encode("utf-16")
    assert why(zip_parts(good, parts)) == "corrupt"
    parts[SHEET] = b'<?xml version="1.0" encoding="UTF-7"?><worksheet/>'
    assert why(zip_parts(good, parts)) == "corrupt"


def test_an_encrypted_member(good):
    content = bytearray(good.read_bytes())
    for signature, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(signature) + place] |= 1
    good.write_bytes(content)
    assert why(good) == "password"


def test_external_links_and_pictures_do_no_harm(good):
    parts = parts_of(good) | {
        "xl/externalLinks/externalLink1.xml": b"<externalLink/>",
        "xl/media/image1.png": b"\x89PNG<!DOCTYPE",
    }
    assert len(open_workbook(zip_parts(good, parts), columns=ROSTER).rows()) == 1


def test_too_many_members(good):
    assert (
        why(zip_parts(good, parts_of(good) | {f"xl/x{n}.xml": b"" for n in range(gate.MAX_MEMBERS)}))
        == "bomb"
    )


def test_a_bomb_by_its_own_account(good):
    assert why(zip_parts(good, parts_of(good) | {"xl/media/x.bin": bytes(40 * 2**20)})) == "bomb"


def test_a_bomb_that_lies_about_its_size(good):
    """The directory says 100 bytes, the stream has 50 MB: a reader that trusts the stream would go on."""
    parts = parts_of(good)
    truth = parts[SHEET] + b" " * 50 * 2**20
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    stream = packed.compress(truth) + packed.flush()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            if name != SHEET:
                archive.writestr(name, content)
        member = zipfile.ZipInfo(SHEET)
        member.compress_type = zipfile.ZIP_DEFLATED
        member.header_offset = made.tell()
        member.CRC, member.compress_size, member.file_size = zlib.crc32(truth[:100]), len(stream), 100
        made.write(member.FileHeader() + stream)
        archive.filelist.append(member)
        archive.NameToInfo[SHEET] = member
        archive.start_dir = made.tell()
        archive._didModify = True
    good.write_bytes(made.getvalue())
    assert why(good) == "corrupt"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name(good):
    parts = parts_of(good)
    for twin in (SHEET, SHEET.upper()):
        with zipfile.ZipFile(good, "w") as archive:
            for name, content in [*parts.items(), (twin, b"<worksheet/>")]:
                archive.writestr(name, content)
        assert why(good) == "corrupt"


def test_something_before_or_behind_the_archive(good):
    content = good.read_bytes()
    good.write_bytes(b"PK" + b"x" * 50 + content)
    assert why(good) == "corrupt"
    end = content.rindex(b"PK\5\6")
    good.write_bytes(content[: end + 20] + struct.pack("<H", 5) + b"hello")
    assert why(good) == "corrupt"


def sparse(*cells):
    return lambda xml: xml.replace(
        "</sheetData>",
        "".join(f'<row r="{row}"><c r="{at}"><v>1</v></c></row>' for at, row in cells) + "</sheetData>",
    )


def test_one_cell_at_the_far_end_does_not_ask_for_sixty_gigabytes(good):
    started = time.process_time()
    assert why(with_sheet_xml(good, sparse(("XFD1048576", 1048576)))) == "too_many_rows"
    assert why(with_sheet_xml(save_book(good, roster()), sparse(("XFD40000", 40000)))) == "bomb"
    assert why(with_sheet_xml(save_book(good, roster()), sparse(("A1048576", 4)))) == "too_many_rows"
    assert why(with_sheet_xml(save_book(good, roster()), sparse(("ZZZZ5", 5)))) == "corrupt"
    assert time.process_time() - started < 5


def test_rows_that_are_only_formatted_do_not_count(good):
    tail = "".join(f'<row r="{n}"><c r="A{n}" s="0"/></row>' for n in range(60_000, 60_400))
    far = '<row r="1048576"><c r="XFD1048576" s="0"/></row>'
    with_sheet_xml(good, lambda xml: xml.replace("</sheetData>", tail + far + "</sheetData>"))
    assert len(open_workbook(good, columns=ROSTER).rows()) == 1


def test_one_long_string_used_by_every_cell(good):
    parts = parts_of(good)
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(10, 10_010))
    parts[SHEET] = parts[SHEET].replace(b"</sheetData>", cells.encode() + b"</sheetData>")
    parts["xl/sharedStrings.xml"] = b"<sst><si><t>" + b"x" * 30_000 + b"</t></si></sst>"
    assert why(zip_parts(good, parts, level=zipfile.ZIP_STORED)) == "bomb"


def test_too_many_merged_ranges(good):
    merges = '<mergeCell ref="A1:A2"/>' * (gate.MAX_MERGES + 1)
    assert (
        why(
            with_sheet_xml(
                good,
                lambda xml: xml.replace("</sheetData>", f"</sheetData><mergeCells>{merges}</mergeCells>"),
            )
        )
        == "bomb"
    )


def test_a_sheet_that_the_workbook_names_but_does_not_have(good):
    parts = parts_of(good)
    del parts[SHEET]
    assert why(zip_parts(good, parts)) == "corrupt"


def test_a_reader_that_gives_up_is_a_corrupt_file(good, monkeypatch):
    class PanicException(BaseException):
        pass

    def panic(_):
        raise PanicException

    monkeypatch.setattr("core.ledger.reading.calamine.load_workbook", panic)
    assert why(good) == "corrupt"

    def stop(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("core.ledger.reading.calamine.load_workbook", stop)
    with pytest.raises(KeyboardInterrupt):
        open_workbook(good, columns=ROSTER)


def test_quick_bounds_agree_with_the_exact_walk_or_keep_silent(at):
    for rows in ([TITLES, GOOD_ROW], [[n] * 40 for n in range(120)], [[None] * 30 + ["x"]]):
        body = parts_of(save_book(at, rows))[SHEET]
        quick, exact = quick_bounds(body), trace(body)
        assert quick is not None
        assert quick[0] >= exact.rows
        assert quick[1] >= exact.columns
    body = parts_of(save_book(at, [["=", ("=", "1+1")]]))[SHEET]
    assert quick_bounds(body) is None
    assert trace(body).texts == {(1, 2): "=1+1"}
    for odd in (b'<c s="1" r="A1">', b"<c\n", b"<x:c ", b'<row  r="1">', b'<c r="A&#49;0">', b'<c r="a1">'):
        assert quick_bounds(b'<worksheet><sheetData><row r="1">' + odd + b"</row>") is None


def test_shared_strings_are_weighed_by_use():
    strings = b"<sst><si><t>" + b"a" * 10_000 + b"</t></si><si><t>b</t></si></sst>"
    short = b'<c r="A1" t="s"><v>1</v></c>' * 10_000
    assert string_bytes(short, strings) < 2**20
    assert string_bytes(short.replace(b"<v>1", b"<v>0"), strings) > 48 * 2**20
