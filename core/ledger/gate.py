"""What an uploaded file must be before anything parses it: a real .xlsx, of bearable size, without macros or tricks.

The reader behind this gate lays a sheet out as a dense table and copies every shared string into its cells, so the gate
also measures how large that table will be: 2 KB of zip can ask for 60 GB.
"""

import io
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import ParseError

from defusedxml.ElementTree import fromstring

from core.ledger.faults import BadWorkbook
from core.ledger.tracing import Traced, quick_bounds, string_bytes, trace
from core.ledger.zipping import DeflateError, crc32, inflater

MAX_UPLOAD = 20 * 2**20
MAX_TOTAL = 200 * 2**20
MAX_PART = 64 * 2**20
MAX_STRINGS = 48 * 2**20
MAX_MEMBERS = 2000
MAX_RATIO = 400
MAX_ROWS = 50_000
MAX_CELLS = 1_000_000
MAX_QUICK_CELLS = 2_700_000
MAX_TEXT = 48 * 2**20
MAX_MERGES = 100_000

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CORRUPT = "这个文件打不开，多半是没传完或已损坏。用 Excel 或 WPS 打开看看，另存一份 .xlsx 再传。"
TOO_LARGE = "这张表展开后太大，多半是整列整行设了格式。把有内容的部分复制到一张新表再传。"
TOO_MANY_ROWS = f"这张表超过 {MAX_ROWS} 行，分成几份再传。表没有这么长的话，把最后一行以下的格子整行删掉。"
_FIRST = ("[content_types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedstrings.xml")


_BROKEN: tuple[type[Exception], ...] = (
    zipfile.BadZipFile, *DeflateError, ParseError, EOFError, OSError, ValueError, LookupError, StopIteration,
    NotImplementedError, RuntimeError, OverflowError,
)  # fmt: skip


def corrupt() -> BadWorkbook:
    return BadWorkbook("corrupt", _CORRUPT)


@dataclass
class Admitted:
    """A file that passed: its bytes, the sheet names in order, and what a value reader would not tell of each sheet."""

    content: bytes
    traced: dict[str, Traced] = field(default_factory=dict)


def admit(path: Path) -> Admitted:
    """Check the file at `path`; BadWorkbook with its own sentence for each reason to refuse it."""
    size = path.stat().st_size
    if size > MAX_UPLOAD:
        raise BadWorkbook(
            "too_large",
            f"文件有 {size / 2**20:.0f} MB，最多 {MAX_UPLOAD // 2**20} MB。删掉图片和多余的工作表再传。",
        )
    content = path.read_bytes()
    _refuse_other_formats(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_members(archive)
            return _check_parts(archive, content)
    except BadWorkbook:
        raise
    except _BROKEN as error:
        raise corrupt() from error


def _refuse_other_formats(content: bytes) -> None:
    start = content[:4096]
    if not content.strip(b"\0 \r\n\t"):
        raise BadWorkbook("empty_file", "这个文件是空的，重新选一次。")
    if start.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise BadWorkbook("password", "这个表有打开密码。去掉密码，另存一份再传。")
        raise BadWorkbook(
            "old_xls", "这是旧格式（.xls 或 .et）。用 Excel 或 WPS 另存为“Excel 工作簿（.xlsx）”再传。"
        )
    if start.startswith(b"PK"):
        return
    if (
        b"<html" in start.lower()
        or b"<table" in start.lower()
        or b"urn:schemas-microsoft-com:office" in start
    ):
        raise BadWorkbook("web_page", "这是网页改名来的表，不是真的 Excel 文件。打开后另存为 .xlsx 再传。")
    if start.startswith(b"%PDF"):
        raise BadWorkbook("pdf", "这是 PDF，不是 Excel 表。传 .xlsx 文件。")
    if _looks_like_csv(start):
        raise BadWorkbook("csv", "这是 CSV 文本，身份证号容易丢位。用 Excel 另存为 .xlsx 再传。")
    raise BadWorkbook("not_xlsx", "这不是 Excel 表（.xlsx）。看看是不是选错了文件。")


def _looks_like_csv(start: bytes) -> bool:
    if b"\0" in start:
        return False
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = start[:-4].decode(encoding) if len(start) == 4096 else start.decode(encoding)
        except UnicodeDecodeError:
            continue
        if text.lstrip()[:1] in ("{", "["):  # the phone's outbox, a map: names and commas, but no table
            return False
        return "," in text or "\t" in text or "，" in text
    return False


def _check_members(archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    names = {member.filename.lower().replace("\\", "/") for member in members}
    if any(name.endswith("vbaproject.bin") or name.startswith("xl/macrosheets") for name in names):
        raise BadWorkbook("macros", "这个表带宏。另存为“Excel 工作簿（.xlsx）”，去掉宏再传。")
    if "encryptedpackage" in names or any(member.flag_bits & 0x1 for member in members):
        raise BadWorkbook("password", "这个表有打开密码。去掉密码，另存一份再传。")
    if "[content_types].xml" not in names or "xl/workbook.xml" not in names:
        if "xl/workbook.bin" in names:
            raise BadWorkbook("xlsb", "这是 .xlsb 格式。另存为“Excel 工作簿（.xlsx）”再传。")
        raise BadWorkbook("not_xlsx", "这不是 Excel 表（.xlsx）。看看是不是选错了文件。")
    if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_TOTAL:
        raise BadWorkbook("bomb", TOO_LARGE)
    for member in members:
        if member.file_size > MAX_PART or member.file_size > MAX_RATIO * max(member.compress_size, 4096):
            raise BadWorkbook("bomb", TOO_LARGE)
    odd = (
        len(names) != len(members) or archive.comment or min(member.header_offset for member in members) != 0
    )
    if odd or any(
        member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members
    ):
        raise corrupt()


def _read_part(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """The part, refused if it is not exactly what the directory says: another reader would go on where we stop."""
    raw = archive.fp
    assert raw is not None
    raw.seek(member.header_offset)
    local = raw.read(30)
    if len(local) != 30 or local[:4] != b"PK\3\4":
        raise corrupt()
    raw.seek(int.from_bytes(local[26:28], "little") + int.from_bytes(local[28:30], "little"), 1)
    body = raw.read(member.compress_size)
    if len(body) != member.compress_size:
        raise corrupt()
    if member.compress_type == zipfile.ZIP_DEFLATED:
        inflate = inflater()
        body = inflate.decompress(body, member.file_size + 1)
        if not inflate.eof or inflate.unused_data:
            raise corrupt()
    if len(body) != member.file_size or crc32(body, 0) != member.CRC:
        raise corrupt()
    return body


def _refuse_declarations(name: str, body: bytes) -> None:
    if not name.endswith((".xml", ".rels", ".vml")):
        return
    if b"\0" in body[:1024] or re.search(
        rb"""encoding\s*=\s*["'](?!utf-?8|us-ascii)""", body[:200], re.IGNORECASE
    ):
        raise corrupt()
    if b"<!" in body and re.search(rb"<!\s*(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST)", body, re.IGNORECASE):
        raise BadWorkbook(
            "dtd", "这个文件里有不该有的内容，不能收。用 Excel 或 WPS 打开，另存一份 .xlsx 再传。"
        )


def _check_parts(archive: zipfile.ZipFile, content: bytes) -> Admitted:
    members = {member.filename.lower(): member for member in archive.infolist()}
    kept = {name: _checked(archive, members.pop(name)) for name in _FIRST if name in members}
    if b"macroEnabled" in kept["[content_types].xml"]:
        raise BadWorkbook("macros", "这个表带宏。另存为“Excel 工作簿（.xlsx）”，去掉宏再传。")
    strings = kept.get("xl/sharedstrings.xml", b"")
    if len(strings) > MAX_STRINGS:
        raise BadWorkbook("bomb", TOO_LARGE)
    sheets = _sheet_parts(kept)
    if missing := set(sheets.values()) - members.keys():
        raise KeyError(missing)
    found = Admitted(content)
    for name, member in members.items():
        body = _checked(archive, member)
        for title, part in sheets.items():
            if part == name:
                found.traced[title] = _measure(body, strings)
    return found


def _checked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    body = _read_part(archive, member)
    _refuse_declarations(member.filename.lower(), body)
    return body


def _sheet_parts(kept: dict[str, bytes]) -> dict[str, str]:
    """Sheet name → part name, in the order of the workbook."""
    targets = {}
    for relation in fromstring(kept["xl/_rels/workbook.xml.rels"]):
        target = relation.get("Target", "").replace("\\", "/")
        targets[relation.get("Id")] = target.lstrip("/") if target.startswith("/") else "xl/" + target
    sheets = {}
    for sheet in fromstring(kept["xl/workbook.xml"]).iterfind(".//{*}sheet"):
        part = targets[next(value for name, value in sheet.attrib.items() if name.endswith("}id"))]
        if "worksheets/" in part:
            sheets[sheet.attrib["name"]] = part.lower()
    if not sheets:
        raise corrupt()
    return sheets


def _measure(body: bytes, strings: bytes) -> Traced:
    """How large the sheet's table will be, and its formulas and errors; refused if it cannot be borne."""
    if body.count(b"mergeCell") > MAX_MERGES:
        raise BadWorkbook("bomb", TOO_LARGE)
    bounds = quick_bounds(body)
    if bounds is None or bounds[0] * bounds[1] > MAX_QUICK_CELLS:
        traced = trace(body)
        if traced.rows > MAX_ROWS:
            raise BadWorkbook("too_many_rows", TOO_MANY_ROWS)
        if traced.rows * traced.columns > MAX_CELLS:
            raise BadWorkbook("bomb", TOO_LARGE)
    else:
        traced = Traced()
    if string_bytes(body, strings) > MAX_TEXT:
        raise BadWorkbook("bomb", TOO_LARGE)
    return traced
