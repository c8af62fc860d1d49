"""How what people type becomes a value: every spelling that is sure is read, every doubt is a problem told."""

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from core.ledger.faults import BadCell, Problem

if TYPE_CHECKING:
    from core.ledger.columns import Column


class Formula(str):
    """A formula whose result the file does not hold: the text of the formula itself, `=…`."""


class CellError(str):
    """A cell in which the spreadsheet shows an error, such as #REF!."""


class Masked(str):
    """A value with stars in a masked column: it can only mean "unchanged"."""


class Keep:
    """Stands for "unchanged" in a row whose masked cell equals the stored mask."""

    def __repr__(self) -> str:
        return "KEEP"

    def __bool__(self) -> bool:
        return False


KEEP = Keep()

LOST_DIGITS = Problem("Excel 已把后几位变成 0", "改成文本格式重填")
BECAME_DATE = Problem("被表格软件改成了日期", "改成文本格式重填")
NOT_COMPUTED = Problem("是公式，没有算出来的值", "复制后按“数值”粘贴")
NO_SUCH_DAY = Problem("没有这一天", "改成真实日期")
NOT_A_DATE = Problem("看不出是哪一天", "写成 2026-10-05")
NOT_A_MONTH = Problem("看不出是哪年哪月", "写成 2026.10")
NOT_A_NUMBER = Problem("不是数字", "只写数字")

SHOWN_ERRORS = frozenset(("#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"))

# Full-width letters and digits become half-width; Chinese punctuation in free text stays as it was written.
_HALF: dict[int, int | str | None] = {
    c: c - 0xFEE0 for c in [*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B)]
}
_HALF |= dict.fromkeys((0x3000, 0xA0, 0x202F, 9, 11, 12, *range(0x2000, 0x200B)), " ")
_HALF |= dict.fromkeys(
    [c for c in range(32) if c not in (9, 10, 11, 12, 13)]
    + [127, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF, 0xFFFE, 0xFFFF]
)
_ODD = re.compile("[" + re.escape("".join(map(chr, _HALF))) + "\r]")
_EXCEL_DAY_ZERO = dt.date(1899, 12, 30).toordinal()
_DAY = re.compile(r"(\d{4})[-./年\\](\d{1,2})[-./月\\](\d{1,2})[日号]?(?:[T(].*|\d{1,2}:\d{2}.*|星期.*)?")
_MONTH = re.compile(r"(\d{4})[-./年\\](\d{1,2})月?(?:份)?")
_MOMENT = re.compile(
    r"(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})[日号]?[\sT]*(?:(\d{1,2})[:时点](\d{1,2})?(?:[:分](\d{1,2})?秒?)?)?"
)
_INTEGER = re.compile(r"([+-]?\d+)(?:\.0+)?[户人个次件元分岁天组项名位]?")


def tidy(text: str) -> str:
    """Free text: trimmed line by line, letters and digits half-width, no invisible characters."""
    if _ODD.search(text):
        text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_HALF)
    if "\n" in text:
        return "\n".join(line.strip() for line in text.split("\n")).strip()
    return text.strip()


def compact(text: str) -> str:
    """Codes: half-width in everything (NFKC), no space anywhere."""
    if text.isascii():
        return "".join(text.translate(_HALF).split())
    text = "".join(unicodedata.normalize("NFKC", text).translate(_HALF).split())
    return unicodedata.normalize("NFKC", text)  # again: what stood apart may now be one character


def as_text(raw: Any, *, code: bool = False) -> str:
    """The text of a raw cell as a person would read it; BadCell if Excel has already spoilt it."""
    if isinstance(raw, CellError) or (isinstance(raw, str) and raw.strip() in SHOWN_ERRORS):
        raise BadCell(Problem(f"是公式错误 {raw}", "填上真实的内容"))
    if isinstance(raw, Formula) and code:
        raise BadCell(NOT_COMPUTED)
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool):
        return "是" if raw else "否"
    if isinstance(raw, int | float):
        if not math.isfinite(raw) or abs(raw) >= 1e15:
            raise BadCell(LOST_DIGITS)
        return str(int(raw)) if raw == int(raw) else repr(raw)
    if isinstance(raw, dt.date | dt.time | dt.timedelta):
        if code:
            raise BadCell(BECAME_DATE)
        return raw.isoformat(sep=" ") if isinstance(raw, dt.datetime) else str(raw)
    return str(raw)


def text_cell(column: "Column", raw: Any) -> str:
    text = tidy(as_text(raw))
    return "".join(text.split()) if column.squeeze else text


def code_cell(column: "Column", raw: Any) -> str:
    code = compact(as_text(raw, code=True))
    if column.mask == "id":
        code = code.upper()
    elif column.mask == "phone":
        code = re.sub(r"[-()]", "", code).removeprefix("+86")
    if "*" in code and column.mask:
        return Masked(code)
    if column.zero_fill and column.digits and isinstance(raw, int | float):
        code = code.zfill(column.digits)
    if column.digits and code and len(code) != column.digits:
        missing = column.digits - len(code)
        raise BadCell(
            Problem(f"{'少' if missing > 0 else '多'} {abs(missing)} 位", f"应是 {column.digits} 位")
        )
    return code


def _day_of(year: str, month: str, day: str) -> dt.date:
    try:
        found = dt.date(int(year), int(month), int(day))
    except ValueError:
        raise BadCell(NO_SUCH_DAY) from None
    if not 1800 <= found.year <= 2200:
        raise BadCell(Problem(f"年份 {year} 不对", "改成真实日期"))
    return found


def _serial_day(serial: float) -> dt.date | None:
    """The day an Excel serial number stands for; None outside 1910 to 2199, where it is more likely something else."""
    if 3654 <= serial < 109_575:
        return dt.date.fromordinal(_EXCEL_DAY_ZERO + int(serial))
    return None


def _date_text(raw: Any) -> str:
    return compact(as_text(raw))


def date_cell(column: "Column", raw: Any) -> dt.date | None:
    """datetime, 2026-1-7, 2026.10.18, 2026年1月7日, 20260107, or an Excel serial number."""
    if isinstance(raw, dt.datetime):
        return raw.date()
    if isinstance(raw, dt.date):
        return raw
    _refuse_no_date(raw)
    if isinstance(raw, int | float) and not isinstance(raw, bool) and (day := _serial_day(raw)):
        return day
    text = _date_text(raw)
    if not text:
        return None
    if found := _DAY.fullmatch(text):
        return _day_of(*found.groups())
    if re.fullmatch(r"(?:18|19|20|21)\d{6}", text):
        return _day_of(text[:4], text[4:6], text[6:])
    if text.isdigit() and (day := _serial_day(int(text))):
        return day
    if _MONTH.fullmatch(text):
        raise BadCell(Problem("只有年月", "把哪一日也写上"))
    if re.fullmatch(r"\d{2}[-./年]\d{1,2}[-./月]\d{1,2}日?", text):
        raise BadCell(Problem("年份只有两位", "写满 4 位，如 1988-06-01"))
    raise BadCell(NOT_A_DATE)


def month_cell(column: "Column", raw: Any) -> dt.date | None:
    """A year and a month, as the 1st of it: 1988.06, 1988-6, 1988年6月, 198806, or any full date."""
    if isinstance(raw, dt.date):
        return dt.date(raw.year, raw.month, 1)
    _refuse_no_date(raw)
    if isinstance(raw, float) and 1800 <= raw < 2200 and raw != int(raw):
        if round(raw, 1) == raw:
            raise BadCell(
                Problem(
                    f"{raw} 看不出是 1 月还是 10 月", f"改成文本格式，写成 {int(raw)}.01 或 {int(raw)}.10"
                )
            )
        raw = f"{raw:.2f}" if round(raw, 2) == raw else str(raw)
    text = _date_text(raw)
    if not text:
        return None
    if found := _MONTH.fullmatch(text) or re.fullmatch(r"((?:18|19|20|21)\d{2})(\d{2})", text):
        if not 1 <= int(found[2]) <= 12:
            raise BadCell(Problem(f"没有 {int(found[2])} 月", "改成真实年月"))
        return _day_of(found[1], found[2], "1")
    try:
        full = date_cell(column, raw)
    except BadCell as bad:
        raise BadCell(NOT_A_MONTH if bad.problems == (NOT_A_DATE,) else bad.problems[0]) from None
    return full.replace(day=1) if full else None


def _refuse_no_date(raw: Any) -> None:
    if isinstance(raw, Formula):
        raise BadCell(NOT_COMPUTED)
    if isinstance(raw, bool | dt.time | dt.timedelta):
        raise BadCell(NOT_A_DATE)


def datetime_cell(column: "Column", raw: Any) -> dt.datetime | None:
    """A naive moment: datetime, or 2026-10-18 08:30, 2026年10月18日8时30分; a bare day is its midnight."""
    if isinstance(raw, dt.datetime):
        return raw
    if isinstance(raw, str) and not isinstance(raw, Formula | CellError):
        text = unicodedata.normalize("NFKC", tidy(raw))
        found = _MOMENT.fullmatch(text)
        if found and found[4]:
            on = _day_of(found[1], found[2], found[3])
            try:
                return dt.datetime.combine(on, dt.time(int(found[4]), int(found[5] or 0), int(found[6] or 0)))
            except ValueError:
                raise BadCell(Problem("没有这个时刻", "写成 2026-10-18 08:30")) from None
    elif isinstance(raw, float) and (day := _serial_day(raw)) and raw % 1:
        return dt.datetime.combine(day, dt.time()) + dt.timedelta(seconds=round(raw % 1 * 86400))
    full = date_cell(column, raw)
    return dt.datetime.combine(full, dt.time()) if full else None


def _number_text(raw: Any) -> str:
    if isinstance(raw, dt.date | dt.time | dt.timedelta):
        raise BadCell(Problem("被表格软件改成了日期", "把格式改成“数值”重填"))
    if isinstance(raw, Formula):
        raise BadCell(NOT_COMPUTED)
    if isinstance(raw, bool):
        raise BadCell(NOT_A_NUMBER)
    return compact(as_text(raw)).replace(",", "")


def integer_cell(column: "Column", raw: Any) -> int | None:
    text = _number_text(raw)
    if not text:
        return None
    found = _INTEGER.fullmatch(text)
    if not found:
        raise BadCell(Problem("不是整数", "只写整数"))
    if len(found[1]) > 15:
        raise BadCell(Problem("数太大", "核对一下"))
    return _within(column, int(found[1]))


def number_cell(column: "Column", raw: Any) -> Decimal | None:
    text = _number_text(raw)
    if not text:
        return None
    try:
        value = (
            Decimal(text)
            if re.fullmatch(r"[+-]?\d{1,15}(\.\d{1,12})?", text)
            else Decimal(text.rstrip("元亩公斤"))
        )
    except InvalidOperation:
        raise BadCell(NOT_A_NUMBER) from None
    if not value.is_finite() or abs(value) >= Decimal(10) ** 15:
        raise BadCell(NOT_A_NUMBER)
    return _within(column, value)


def _within(column: "Column", value: Any) -> Any:
    if column.least is not None and value < column.least:
        raise BadCell(Problem(f"太小，写的是 {value}", f"不能小于 {column.least}"))
    if column.most is not None and value > column.most:
        raise BadCell(Problem(f"太大，写的是 {value}", f"不能大于 {column.most}"))
    return value


def percent_cell(column: "Column", raw: Any) -> float | None:
    text = _number_text(raw)
    if not text:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?(?:e-\d+)?)(%?)", text)
    if not found:
        raise BadCell(Problem("不是百分数", "写成 95.3%"))
    value = float(found[1]) / (100 if found[2] else 1)
    if not found[2] and value > 1:
        raise BadCell(Problem("看不出是不是百分数", f"写成 {found[1]}%"))
    return round(value, 10)


class ChoiceCells:
    """Cleans the cells of one choice column; knows its words and their other spellings."""

    def __init__(self, column: "Column") -> None:
        self.column = column
        self.words = column.allowed()
        synonyms = column.choice_synonyms() if callable(column.choice_synonyms) else column.choice_synonyms
        if strange := set(synonyms.values()) - {*self.words, ""}:
            raise ValueError(f"column {column.name}: synonyms for words that are no choice: {strange}")
        self.known: Mapping[str, str] = {compact(k): v for k, v in synonyms.items()} | {
            compact(w): w for w in self.words
        }

    def __call__(self, column: "Column", raw: Any) -> Any:
        text = tidy(as_text(raw, code=True))
        if not column.multiple:
            return self._word(text) if text else None
        whole = compact(text) in self.known
        found: list[str] = []
        problems: list[Problem] = []
        for part in [text] if whole else re.split(r"[、，,;；/|\s]+", text):
            try:
                if part and (word := self._word(part)) and word not in found:
                    found.append(word)
            except BadCell as bad:
                problems += bad.problems
        if problems:
            raise BadCell(*problems)
        return tuple(sorted(found, key=self.words.index))

    def _word(self, text: str) -> str | None:
        key = compact(text)
        if key in self.known:
            return self.known[key] or None
        shown = text if len(text) <= 12 else text[:12] + "…"
        some = "、".join(self.words[:8]) + (" 等" if len(self.words) > 8 else "")
        raise BadCell(Problem(f"不认识“{shown}”这个写法", f"从这些里选：{some}"))


_BY_KIND: dict[str, Callable[["Column", Any], Any]] = {
    "text": text_cell, "code": code_cell, "integer": integer_cell, "number": number_cell, "date": date_cell,
    "month": month_cell, "datetime": datetime_cell, "percent": percent_cell,
}  # fmt: skip


def cleaner_of(column: "Column") -> Callable[[Any], Any]:
    """The function that cleans raw cells of `column`; it raises BadCell with every problem of the cell."""
    by_kind = ChoiceCells(column) if column.kind == "choice" else _BY_KIND[column.kind]
    nothing = column.empty_words
    known: dict[str, Any] = {}  # a roster says 汉族 twenty thousand times

    def clean(raw: Any) -> Any:
        if raw.__class__ is not str:
            return afresh(raw)
        if raw in known:
            return known[raw]
        value = afresh(raw)
        if len(known) < 5000:
            known[raw] = value
        return value

    def afresh(raw: Any) -> Any:
        if isinstance(raw, str) and (not raw or (nothing and raw.strip() in nothing)):
            raw = None
        value = None if raw is None else by_kind(column, raw)
        if value is None or value == "" or value == ():
            if column.required:
                raise BadCell(Problem("没填", f"填上{column.title}"))
            return () if column.multiple else None
        if isinstance(value, Masked):
            return value
        problems = [Problem.of(said) for check in column.checks for said in check(value)]
        if column.longest and isinstance(value, str) and len(value) > column.longest:
            problems.insert(0, Problem(f"太长，有 {len(value)} 个字", f"最多 {column.longest} 个字"))
        if problems:
            raise BadCell(*problems)
        return value

    return clean
