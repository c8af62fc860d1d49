"""The engine of the ledgers (台账): declare one, and it can be written, read, checked and brought in.

    # <app>/ledgers.py: found by itself, once the app is installed
    from core.ledger import Column, Entry, ImportContext, Ledger, LedgerScope, Plan, register, row_key

    @register
    class Members(Ledger):
        slug, title, group, order = "members", "成员花名册", "花名册", 10
        importable = keyed = True
        columns = (
            Column("number", "序号", "integer", imported=False),
            Column("house", "户编号", "code", digits=6, zero_fill=True, required=True, merged_down=True,
                   synonyms=("户号", "户编码")),
            Column("name", "姓名", required=True, squeeze=True),
            Column("id_number", "身份证号", "code", width=20, mask="id", checks=(id_problems,)),
            Column("born", "出生日期", "date"),
            Column("sex", "性别", "choice", choices=("男", "女")),
        )
        footnotes = ("身份证号只显示前 6 位。",)

        def rows(self, scope: LedgerScope):                      # one value per exported column, then the key
            for n, p in enumerate(self._people(scope).iterator(), 1):
                yield n, p.house, p.name, p.id_mask, p.born, p.sex, row_key(self.slug, scope.territory.code, p.pk)

        def unit_of(self, entry: Entry):                          # saved whole or not at all
            return entry.values.get("house")

        def examine(self, entries, context: ImportContext) -> Plan:   # reads, changes nothing
            plan = Plan()
            for entry in entries:
                if ...: plan.faults.append(entry.fault("born", "和身份证上的不一样", "身份证上是 1962-07-21"))
                plan.outcomes[entry.number] = "created"           # or "updated", "unchanged"
            return plan

        def save(self, plan: Plan, context: ImportContext) -> None:   # inside one transaction, after a fresh examine
            ...

    get("members").export(LedgerScope(actor, place, unmasked=False, made_on=today()), path)
    examined = get("members").open(path, ImportContext(actor, place))     # BadWorkbook: its text is for people
    examined.faults, examined.counts, examined.skipped, examined.ignored_headings, examined.plan.gone
    examined.good                                                     # entries and plan without the units at fault
    examined.write_returned(other_path, held_only=False)              # the marked workbook
    counts = examined.commit(skip_bad=False)                          # HasFaults: nothing was saved
    get("members").write_template(path, scope)                        # blank, with drop-down lists

A cell that comes in has four fates: a value, None (empty), None with its column in `entry.bad` (a fault was told), or
KEEP (a masked cell left as it was). A column whose heading the file lacks is not in `entry.values` at all. A required
column must have a heading; of the others the ledger says in `check_sheet` what it cannot do without.

Modules: `columns`, `cleaning`, `faults` (one cell); `gate`, `tracing`, `headings`, `reading` (a workbook in); `layout`,
`cells`, `zipping`, `whole`, `writing`, `plain`, `blank`, `returned` (a workbook out); `base`, `line`, `importing`,
`compared` (held against our books, never saved), `registry`, `keys`, `sealing` (what rooms tell of a sealed month).
"""

from core.ledger.base import Ledger, LedgerScope, Origins
from core.ledger.cleaning import KEEP
from core.ledger.columns import Column
from core.ledger.faults import BadCell, BadWorkbook, Fault, HasFaults, Problem
from core.ledger.importing import Entry, Examined, ImportContext, Plan
from core.ledger.keys import keys_in, row_key
from core.ledger.layout import Heading
from core.ledger.line import Line
from core.ledger.registry import all_ledgers, autodiscover, get, register, registry

__all__ = [
    "KEEP", "BadCell", "BadWorkbook", "Column", "Entry", "Examined", "Fault", "HasFaults", "Heading", "ImportContext",
    "Ledger", "LedgerScope", "Line", "Origins", "Plan", "Problem", "all_ledgers", "autodiscover", "get", "keys_in",
    "register", "registry", "row_key",
]  # fmt: skip
