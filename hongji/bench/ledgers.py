"""G1, G2, G3: writing a ledger, against COPY, openpyxl and django-import-export, and what it costs in memory."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Side

from core import clock
from core.ledger import LedgerScope, get
from core.periods import Month
from grids.models import Territory
from hongji.bench.measure import Ratio, at_least, at_most, ratios, side_by_side
from visits.models import Finding, Visit

# What django-import-export reads by itself; the rest of the log's columns it is told by `_log_resource`.
FIELDS = (
    "id",
    "day",
    "visitor__name",
    "territory__parent__name",
    "territory__name",
    "household__group__name",
    "household__head_name",
    "manner",
    "met",
    "changed",
    "note",
)


def busiest_month() -> Month:
    return Month.of(clock.today()).previous


def g1_g2() -> Iterator[Ratio]:
    """The visit log of the whole town for a month, heading and print set-up included."""
    month = busiest_month()
    rows = Visit.objects.during(month).count()
    with tempfile.TemporaryDirectory() as folder:
        sides = {
            "ours": lambda: export_visits(Path(folder) / "ours.xlsx", month),
            "openpyxl": lambda: _openpyxl(Path(folder) / "openpyxl.xlsx", month),
            "import-export": lambda: _import_export(month),
        }
        if connection.vendor == "postgresql":
            sides["copy"] = lambda: _copy(Path(folder) / "copy.csv", month)
        seen = side_by_side(sides)
    if "copy" in seen:
        yield at_most(
            "G1", f"导出走访日志 {rows} 行 ÷ COPY（CPU）", ratios(seen["ours"].cpu, seen["copy"].cpu), 7
        )
    for name, must in (("openpyxl", 10), ("import-export", 20)):
        yield at_least(
            "G2", f"{name} ÷ 导出 {rows} 行（CPU）", ratios(seen[name].cpu, seen["ours"].cpu), must
        )


def _scope(month: Month) -> LedgerScope:
    return LedgerScope(
        actor=get_user_model().objects.get(username="office"),
        territory=Territory.objects.towns().first(),
        period=month,
        made_on=clock.today(),
    )


def export_visits(path: Path, month: Month) -> int:
    return get("visits").export(_scope(month), path)


def _openpyxl(path: Path, month: Month) -> None:
    """The same rows as a careful programmer writes them with openpyxl: write-only mode, every cell styled."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    thin = Side(style="thin")
    border, alignment = Border(thin, thin, thin, thin), Alignment(wrap_text=True, vertical="center")
    for row in get("visits").rows(_scope(month)):
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, value)
            cell.border, cell.alignment = border, alignment
            cells.append(cell)
        sheet.append(cells)
    book.save(path)


def _import_export(month: Month) -> bytes:
    """The same columns by a resource of django-import-export, with everything fetched beforehand."""
    from import_export.formats.base_formats import XLSX

    related = ("visitor", "household__group", "territory__parent")
    rows = (
        Visit.objects.in_force().during(month).order_by("day", "corrected_at", "pk").select_related(*related)
    )
    rows = rows.prefetch_related("companions", "findings", "household__categories__kind")
    return XLSX().export_data(_log_resource()().export(rows))


def _log_resource() -> Any:
    from import_export.fields import Field
    from import_export.resources import ModelResource

    def said(kind: str) -> Any:
        return lambda self, visit: "".join(
            each.words or each.detail for each in visit.findings.all() if each.kind == kind
        )

    kinds = [kind for kind, _ in Finding.KINDS]
    told: dict[str, Any] = {
        "companions": lambda self, visit: "、".join(each.name for each in visit.companions.all()),
        "categories": lambda self, visit: "、".join(
            each.kind.name for each in visit.household.categories.all() if each.holds_on(visit.day)
        ),
        "states": lambda self, visit: "、".join(each.get_state_display() for each in visit.findings.all()),
        **{kind: said(kind) for kind in kinds},
    }
    body = {name: Field(column_name=name) for name in told}
    body |= {f"dehydrate_{name}": tell for name, tell in told.items()}
    meta = type("Meta", (), {"model": Visit, "fields": (*FIELDS, *told), "chunk_size": 2000})
    return type("LogResource", (ModelResource,), {**body, "Meta": meta})


_SAME_IN_SQL = """
SELECT row_number() OVER (ORDER BY v.day, v.corrected_at, v.id), v.day, u.name,
    (SELECT string_agg(o.name, '、' ORDER BY o.id) FROM visits_visit_companions w
        JOIN grids_officer o ON o.id = w.officer_id WHERE w.visit_id = v.id),
    village.name, grid.name, g.name, h.head_name,
    (SELECT string_agg(k.name, '、' ORDER BY k.position) FROM grids_category c
        JOIN grids_categorykind k ON k.id = c.kind_id
        WHERE c.household_id = h.id AND c.since <= v.day AND (c.until IS NULL OR c.until >= v.day)),
    v.manner, v.met, v.changed, f.weak, f.family, f.talent, f.conflict, f.environment, f.need, f.states, '', v.note
FROM visits_visit v
JOIN accounts_user u ON u.id = v.visitor_id
JOIN grids_territory grid ON grid.id = v.territory_id
JOIN grids_territory village ON village.id = grid.parent_id
JOIN grids_household h ON h.id = v.household_id
JOIN grids_villagergroup g ON g.id = h.group_id
LEFT JOIN LATERAL (SELECT
    max(words) FILTER (WHERE kind = 'weak') weak, max(words) FILTER (WHERE kind = 'family') family,
    max(words) FILTER (WHERE kind = 'talent') talent, max(words) FILTER (WHERE kind = 'conflict') conflict,
    max(words) FILTER (WHERE kind = 'environment') environment, max(words) FILTER (WHERE kind = 'need') need,
    string_agg(state, '、') states
    FROM visits_finding WHERE visit_id = v.id) f ON TRUE
WHERE v.void_at IS NULL AND v.day BETWEEN %s AND %s ORDER BY v.day, v.corrected_at, v.id
"""


def _copy(path: Path, month: Month) -> None:
    """The limit: PostgreSQL itself writes the same columns of the same rows as CSV."""
    with connection.cursor() as cursor, open(path, "wb") as out:
        filled = cursor.cursor.mogrify(_SAME_IN_SQL, [month.first, month.last]).decode()
        cursor.cursor.copy_expert(f"COPY ({filled}) TO STDOUT WITH CSV", out)


_EXPORT = """
import django; django.setup()
import itertools, sys
from pathlib import Path
from core import clock
from core.ledger import LedgerScope, get
from core.ledger.writing import write_workbook
from hongji.bench.ledgers import busiest_month
from django.contrib.auth import get_user_model
from grids.models import Territory
ledger = get("visits")
scope = LedgerScope(get_user_model().objects.get(username="office"), Territory.objects.towns().first(), busiest_month(),
                    made_on=clock.today())
wanted = int(sys.argv[2])
again = itertools.chain.from_iterable(ledger.rows(scope) for _ in itertools.count())
write_workbook(Path(sys.argv[1]), heading=ledger.heading(scope), columns=ledger.exported,
               rows=itertools.islice(again, wanted), key=ledger.keyed)
status = Path("/proc/self/status").read_text()  # ru_maxrss would still know the parent before exec
print(status.split("VmHWM:")[1].split()[0])
"""


def g3(large: int, small: int) -> Iterator[Ratio]:
    """Peak memory of a process of its own that writes `large` rows, against `small` rows."""
    big, little = [_peak(large) for _ in range(3)], [_peak(small) for _ in range(3)]
    note = f"{max(big) / 1024:.0f} MiB，须 ≤ 120"
    yield at_most("G3", f"导出 {large} 行 ÷ {small} 行（内存峰值）", ratios(big, little), 1.2, note)


def _peak(rows: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", _EXPORT, f"{folder}/out.xlsx", str(rows)]
        done = subprocess.run(
            command, env=_scratch_env(), capture_output=True, text=True, check=True, timeout=900
        )
    return float(done.stdout.strip().splitlines()[-1])


def _scratch_env() -> dict[str, str]:
    """The environment of a process that looks at the scratch database, not at the one the settings name."""
    given = connection.settings_dict
    if connection.vendor == "postgresql":
        login = f"{given['USER']}:{given['PASSWORD']}@{given['HOST'] or '127.0.0.1'}:{given['PORT'] or 5432}"
        url = f"postgres://{login}/{given['NAME']}"
    else:
        url = f"sqlite:///{given['NAME']}"
    keys = {
        "DJANGO_SETTINGS_MODULE": "hongji.settings",
        "DATA_DIR": str(settings.DATA_DIR),
        "DATABASE_URL": url,
    }
    return {**os.environ, **keys, "PYTHONPATH": str(settings.BASE_DIR)}
