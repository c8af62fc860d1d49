"""What has changed since a month was sealed: the rows as they were sealed against the same ledger's rows of today.

Nothing is held in memory but what came in since: the rows wait in a small database in the worker's folder.
"""

import datetime as dt
import json
import secrets
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from core import clock
from core.ledger import Ledger, registry
from core.ledger.sealing import ROW, Late, late_in
from ledgers.files import FileGone, work_folder
from ledgers.keeping import Told, kept_rows, monthly_ledgers, official_scope, told
from ledgers.models import SealedFile, SealedMonth

SLACK = dt.timedelta(minutes=2)  # a visit that was being stored while the month was being written
RECENT = dt.timedelta(days=62)
WHOLE, NONE = "整行", "（没有这一行）"
SUMS = ("小计", "合计", "总计")
MOST_SAID = 3
UNTOLD = "没有单独的记录：走访规则、网格或岗位改过"


@dataclass(frozen=True)
class Difference:
    """One cell (or a whole row) that is other than it was sealed, and who made it so."""

    ledger: str
    row: str
    column: str
    sealed: str
    now: str
    who: str
    when: str
    why: str


def compare(sealed: SealedMonth) -> Iterator[Difference]:
    """Ledger by ledger, in their order."""
    files = {file.slug: file for file in sealed.files.all()}
    late = list(late_in(sealed.village, sealed.period, (sealed.sealed_at or clock.now()) - SLACK))
    known = {ledger.slug for ledger in registry.all()}
    for ledger in monthly_ledgers():
        if file := files.get(ledger.slug):
            try:
                yield from _compare_one(sealed, file, ledger, Reasons(ledger, late))
            except (
                FileGone
            ):  # damaged on the disk: said on the sheet, and the other ledgers are still compared
                yield Difference(
                    file.title, "", WHOLE, "封存时的行打不开", "比不了，从备份里恢复", "", "", ""
                )
    for slug, file in files.items():
        if (
            slug not in known
        ):  # a ledger that a later version of the program no longer has: nothing to compare with
            yield Difference(file.title, "", WHOLE, "封存稿还在", "现在没有这种台账", "", "", "")


def count_differences(sealed: SealedMonth) -> int:
    """How many there are now; the row keeps it, so that a page of a whole year need not compare."""
    found = sum(1 for _ in compare(sealed))
    SealedMonth.objects.filter(pk=sealed.pk).update(differences=found, compared_at=clock.now())
    return found


def compare_months() -> int:
    """Nightly: count anew where something came in since the last count; the last two months always. How many."""
    rows, recent, done = SealedMonth.objects.sealed().select_related("village"), clock.now() - RECENT, 0
    for sealed in rows.order_by("month", "pk"):
        at = sealed.sealed_at or clock.now()
        since = (sealed.compared_at or at) - SLACK
        late = late_in(sealed.village, sealed.period, since)
        if at > recent or any(each.when is not None for each in late):
            count_differences(sealed)
            done += 1
    return done


def _compare_one(
    sealed: SealedMonth, file: SealedFile, ledger: Ledger, reasons: "Reasons"
) -> Iterator[Difference]:
    columns = ledger.exported
    token, named = f"compare-{secrets.token_hex(6)}", True
    with work_folder(token) as folder, closing(_Rows(folder / "rows", _weighed(ledger))) as rows:
        for was in kept_rows(file):
            named = named and bool(was.name)  # rows sealed by an earlier version have no names
            rows.add("was", was.name or _label(ledger, was.cells), was)
        for row in ledger.rows(official_scope(sealed.village, sealed.period)):
            now = told(ledger, columns, row)
            rows.meet(now.name if named and now.name else _label(ledger, now.cells), now)
        for before, after in rows.left():
            yield from _cells(file, ledger, before, after, reasons)


def _cells(
    file: SealedFile, ledger: Ledger, was: Told | None, now: Told | None, reasons: "Reasons"
) -> Iterator[Difference]:
    shown = now or was
    assert shown  # one side is always there
    label = _label(ledger, shown.cells)
    if was is None or now is None:
        said = reasons.of(shown)
        yield Difference(file.title, label, WHOLE, _whole(ledger, was), _whole(ledger, now), *said)
        return
    both = Told(now.cells, now.name, (*was.homes, *now.homes))
    for column, before, after in zip(ledger.exported, was.cells, now.cells, strict=False):
        if before != after and not _counts_rows(column.title):
            said = reasons.of(both, column.name, (before, after))
            yield Difference(file.title, label, column.title, before, after, *said)


def _counts_rows(title: str) -> bool:
    return title == "序号"


def _weighed(ledger: Ledger) -> list[int]:
    """The places of the cells that are compared: a running number moves with every row that comes in above."""
    return [place for place, column in enumerate(ledger.exported) if not _counts_rows(column.title)]


def _label(ledger: Ledger, cells: Sequence[str]) -> str:
    naming = set(ledger.naming)
    shown = [text for column, text in zip(ledger.exported, cells, strict=False) if column in naming and text]
    return " ".join(shown)


def _whole(ledger: Ledger, row: Told | None) -> str:
    if row is None:
        return NONE
    pairs = zip(ledger.exported, row.cells, strict=False)
    return "，".join(f"{c.title} {text}" for c, text in pairs if text and not _counts_rows(c.title))[:300]


class _Rows:
    """Rows by name on the disk: those that were sealed, less those that are still the same."""

    def __init__(self, path: Path, weighed: Sequence[int]) -> None:
        self.weighed = weighed
        self.base = sqlite3.connect(path, isolation_level=None)
        for line in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-2000"):
            self.base.execute(f"PRAGMA {line}")
        self.base.execute("BEGIN")
        for table in ("was", "now"):
            self.base.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, name TEXT, cells TEXT)")
            self.base.execute(f"CREATE INDEX {table}_name ON {table} (name)")

    def close(self) -> None:
        self.base.close()

    def add(self, table: str, name: str, row: Told) -> None:
        self.base.execute(f"INSERT INTO {table} (name, cells) VALUES (?, ?)", (name, _packed(row)))

    def meet(self, name: str, row: Told) -> None:
        """A row of today: gone with its equal if there is one, else kept to be looked at."""
        for key, packed in self.base.execute("SELECT id, cells FROM was WHERE name = ? ORDER BY id", (name,)):
            was = _unpacked(packed)
            if all(was.cells[place] == row.cells[place] for place in self.weighed):
                self.base.execute("DELETE FROM was WHERE id = ?", (key,))
                return
        self.add("now", name, row)

    def left(self) -> Iterator[tuple[Told | None, Told | None]]:
        """(as sealed, as it is now) of each row that has no equal; None on the side where it is not."""
        names = self.base.execute(
            "SELECT name FROM (SELECT name, id, 0 AS side FROM was UNION ALL SELECT name, id, 1 FROM now)"
            " GROUP BY name ORDER BY MIN(side), MIN(id)"
        )
        for (name,) in names:
            sides = [
                self.base.execute(f"SELECT cells FROM {table} WHERE name = ? ORDER BY id", (name,)).fetchall()
                for table in ("was", "now")
            ]
            for was, now in zip_longest(*sides):
                yield was and _unpacked(was[0]), now and _unpacked(now[0])


def _packed(row: Told) -> str:
    return json.dumps(row.plain(), ensure_ascii=False)


def _unpacked(text: str) -> Told:
    return Told.read(json.loads(text))


class Reasons:
    """Who, when and why for a cell: of what came later, what its households share with it and can have moved it."""

    def __init__(self, ledger: Ledger, late: Sequence[Late]) -> None:
        self.slug = ledger.slug
        self.places = {column.name: place for place, column in enumerate(ledger.exported)}
        self.by_home: dict[int, list[Late]] = defaultdict(list)
        self.by_marks: dict[tuple[tuple[str, str], ...], list[Late]] = defaultdict(list)
        self.anywhere = [each for each in late if each.home is None]
        for each in late:
            if each.home is not None:
                self.by_home[each.home].append(each)
            marks = tuple(mark for mark in each.marks if mark[0] in self.places)
            for end in range(1, len(marks) + 1):
                self.by_marks[marks[:end]].append(each)
        self.names = list(
            dict.fromkeys(name for each in late for name, _ in each.marks if name in self.places)
        )

    def of(self, row: Told, column: str = ROW, texts: Sequence[str] = ()) -> tuple[str, str, str]:
        """(who, when, why), several joined; a line of sums is explained by all it sums up."""
        near = self._near(row)
        found = [each for each in near if each.explains(self.slug, column, row.name, texts)]
        if not found:
            return "", "", UNTOLD
        latest = max((each.when for each in found if each.when), default=None)
        return (
            "、".join(dict.fromkeys(each.who for each in found if each.who)),
            f"{latest.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}" if latest else "",
            _joined("；", [each.why for each in found]),
        )

    def _near(self, row: Told) -> list[Late]:
        """What came later to the households of a row; to those of its place if it sums them up."""
        if row.homes:
            return [each for home in dict.fromkeys(row.homes) for each in self.by_home[home]] + [
                each for each in self.anywhere if self._has(row, each)
            ]
        marks = [(name, row.cells[self.places[name]]) for name in self.names]
        marks = [mark for mark in marks if mark[1] and mark[1] not in SUMS]
        found = self.by_marks.get(tuple(marks), []) if marks else []
        return found + [each for each in self.anywhere if not each.marks]

    def _has(self, row: Told, late: Late) -> bool:
        return all(
            name not in self.places or row.cells[self.places[name]] == text for name, text in late.marks
        )


def _joined(between: str, words: Sequence[str]) -> str:
    different = list(dict.fromkeys(words))
    more = f"等 {len(different)} 项" if len(different) > MOST_SAID else ""
    return between.join(different[:MOST_SAID]) + more
