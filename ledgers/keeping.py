"""Sealed workbooks: written once, kept for ever, and given out again only while they are what they were."""

import datetime as dt
import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction

from core import clock
from core.ledger import Column, Ledger, LedgerScope, registry
from core.ledger.writing import Progress
from core.periods import Month
from core.scope import NOT_YOURS, OPERATOR
from grids.models import Territory
from ledgers.files import FileGone, Sealed, kept_root, open_path, seal_file
from ledgers.models import SealedFile, SealedMonth

log = logging.getLogger(__name__)

ONLY_MASKED = "这个月封存了，封存稿里的号码是遮住的，没有完整号码的。"


class NotAsSealed(ValidationError):
    """The file on the disk is not the one that was sealed: it is never given out."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name}和封存的时候不一样了，不能下载。告诉管机器的人，从备份里把它恢复出来；数据库里的记录没有动。"
        )


@dataclass(frozen=True)
class Written:
    """One workbook on the disk that has no row yet: the sealed bytes and the sealed rows, as text."""

    ledger: Ledger
    name: str
    sha256: str
    rows: int
    book: Sealed
    lines: Sealed

    def remove(self) -> None:
        self.book.remove()
        self.lines.remove()

    def row(self, of: SealedMonth) -> SealedFile:
        file = SealedFile(of=of, slug=self.ledger.slug, title=self.ledger.title, name=self.name)
        file.sha256, file.rows, file.size = self.sha256, self.rows, self.book.size
        file.path, file.rows_path = self.book.path, self.lines.path
        return file


def monthly_ledgers() -> list[Ledger]:
    """What is sealed with a month."""
    return [ledger for ledger in registry.all() if ledger.period_kind == "month" and ledger.sealable]


def may_have(actor: Any, file: SealedFile) -> bool:
    """Whether a sealed workbook is this person's to have; of a ledger that is no more whoever may export had it."""
    ledger = next((each for each in registry.all() if each.slug == file.slug), None)
    return ledger is None or ledger.open_to(actor, file.of.village)


def may_have_all(actor: Any, place: Territory) -> bool:
    """Whether everything that is sealed with a month is this person's to have there: a package holds all of it."""
    return all(ledger.open_to(actor, place) for ledger in monthly_ledgers())


def official_scope(village: Territory, month: Month) -> LedgerScope:
    """A month's ledger as it goes upward: numbers masked, and the same whoever seals it."""
    return LedgerScope(OPERATOR, village, month, unmasked=False, made_on=clock.today())


@contextmanager
def one_moment() -> Iterator[None]:
    """Every query inside sees the same moment: what is sealed together fits together."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def write_kept(ledger: Ledger, scope: LedgerScope, folder: Path) -> Written:
    """Write one ledger and seal it with its rows. OSError (disk full): nothing of it is left."""
    path, lines = folder / f"{ledger.slug}.xlsx", folder / f"{ledger.slug}.jsonl"
    with lines.open("w", encoding="utf-8") as beside:
        columns = ledger.exported

        def keep(row: Sequence[Any]) -> None:
            beside.write(json.dumps(told(ledger, columns, row).plain(), ensure_ascii=False) + "\n")

        rows = ledger.export(scope, path, seen=keep)
    with path.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
        source.seek(0)
        book = seal_file(source, kept_root())
    try:
        with lines.open("rb") as source:
            beside_book = seal_file(source, kept_root())
    except BaseException:
        book.remove()
        raise
    path.unlink()
    lines.unlink()
    return Written(ledger, ledger.file_name(scope), digest, rows, book, beside_book)


@dataclass(frozen=True)
class Told:
    """A row as text: its cells, its name among the rows ("": none but its cells), the households it tells of."""

    cells: list[str]
    name: str
    homes: tuple[int, ...] = ()

    def plain(self) -> list[Any]:
        """As JSON keeps it. Rows sealed before households were kept end with the name."""
        return [*self.cells, self.name, list(self.homes)]

    @classmethod
    def read(cls, said: list[Any]) -> "Told":
        homes = tuple(said.pop()) if isinstance(said[-1], list) else ()
        return cls(said[:-1], said[-1], homes)


def told(ledger: Ledger, columns: Sequence[Column], row: Sequence[Any]) -> Told:
    """A row as text, named by what the ledger says of it (core.ledger.Line) or by its hidden key."""
    cells = [as_text(column, value) for column, value in zip(columns, row, strict=False)]
    name = getattr(row, "name", "") or (str(row[len(columns)]) if ledger.keyed else "")
    return Told(cells, name, getattr(row, "homes", ()))


def as_text(column: Column, value: Any) -> str:
    if value is None or value == "":
        return ""
    if column.kind == "percent":
        return f"{100 * value:.1f}%"
    if column.kind == "month":
        return f"{value:%Y-%m}"
    if isinstance(value, dt.datetime):
        return f"{value.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"
    if isinstance(value, tuple | list):
        return "、".join(str(each) for each in value)
    return str(value)


# --- out again --------------------------------------------------------------------------------------------------------


def sealed_file_of(ledger: Ledger, scope: LedgerScope) -> SealedFile | None:
    """The sealed workbook that stands for this ledger of a village and month; None while it is not sealed."""
    if not (ledger.sealable and isinstance(scope.period, Month)):
        return None
    found = SealedFile.objects.filter(
        of__village=scope.territory, of__month=str(scope.period), of__state=SealedMonth.SEALED
    )
    return found.filter(slug=ledger.slug).first()


def live_notes(ledger: Ledger, scope: LedgerScope) -> tuple[str, ...]:
    """What a sheet of today's figures says of the villages whose month is sealed; () if none of its place is.

    Not put together from sealed rows: sums, running numbers and a grid's share of a village are in no sealed sheet.
    How many cells differ is as last counted (every night).
    """
    if not (ledger.sealable and isinstance(scope.period, Month)):
        return ()
    rows = SealedMonth.objects.sealed().filter(month=str(scope.period)).select_related("village")
    rows = rows.filter(village__in=scope.territory.village_ids)
    told = [
        f"{row.village}（第 {row.version} 版"
        + (f"，已查到差 {row.differences} 处）" if row.differences else "）")
        for row in rows.order_by("village__code")
    ]
    if not told:
        return ()
    return (
        f"这张表是现在的数。{scope.period.title}已经封存的村：{'、'.join(told)}。"
        "报上去的数以各村的封存稿为准；封存以后补录、更正的，见封存后差异表。",
    )


def write_ledger(ledger: Ledger, scope: LedgerScope, path: Path, progress: Progress | None = None) -> int:
    """The ledger at `path`: byte for byte the sealed one if its month is sealed, else as things stand now.

    Who may export there is asked before. PermissionDenied: not this ledger. ValidationError: full numbers of a sealed
    month; the file was changed.
    """
    if not ledger.open_to(scope.actor, scope.territory):
        raise PermissionDenied(NOT_YOURS)
    found = sealed_file_of(ledger, scope)
    if found is None:
        return ledger.export(replace(scope, notes=live_notes(ledger, scope)), path, progress)
    if scope.unmasked and ledger.masked:
        raise ValidationError(ONLY_MASKED)
    pieces = open_kept(found)
    try:
        with path.open("wb") as out:
            for piece in pieces:
                out.write(piece)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return found.rows


def open_kept(file: SealedFile) -> Iterator[bytes]:
    """The sealed bytes. Looked through before the first one is given out: NotAsSealed, and nothing came out."""
    digest = hashlib.sha256()
    try:
        for piece in open_path(file.path, kept_root()):
            digest.update(piece)
    except (FileGone, OSError):
        log.exception("sealed file %s cannot be opened", file.pk)
        raise NotAsSealed(file.name) from None
    if digest.hexdigest() != file.sha256:
        log.error("sealed file %s is not what was sealed", file.pk)
        raise NotAsSealed(file.name)
    return open_path(file.path, kept_root())


def kept_rows(file: SealedFile) -> Iterator[Told]:
    """The rows as they were sealed, one at a time."""
    tail = b""
    for piece in open_path(file.rows_path, kept_root()):
        *lines, tail = (tail + piece).split(b"\n")
        for line in lines:
            yield Told.read(json.loads(line))
