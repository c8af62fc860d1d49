"""The verbs of the ledger desk, for every door: ask, stop, do again; do, sweep; files; months sealed."""

from ledgers.asking import (
    KEEP_RESULT,
    KEEP_UPLOAD,
    MOST_BYTES,
    TOO_LARGE,
    again,
    ask_commit,
    ask_examine,
    ask_export,
    drop,
    stop,
)
from ledgers.comparing import compare, compare_months, count_differences
from ledgers.files import FileGone, open_file, remove_file, store_file
from ledgers.keeping import NotAsSealed, monthly_ledgers, open_kept, sealed_file_of, write_ledger
from ledgers.months import (
    AlreadySealed,
    ask_count,
    ensure_months,
    month_named,
    reopen_month,
    seal_month,
    submit_month,
    villages_of_month,
)
from ledgers.packing import ask_package, ensure_packages, run_package, sweep_packages
from ledgers.report import hide, report_of, summary
from ledgers.resealing import files_by_key, reseal_files
from ledgers.running import RegisterChanged, run_job
from ledgers.sweeping import sweep, tidy

__all__ = [
    "KEEP_RESULT",
    "KEEP_UPLOAD",
    "MOST_BYTES",
    "TOO_LARGE",
    "AlreadySealed",
    "FileGone",
    "NotAsSealed",
    "RegisterChanged",
    "again",
    "ask_commit",
    "ask_count",
    "ask_examine",
    "ask_export",
    "ask_package",
    "compare",
    "compare_months",
    "count_differences",
    "drop",
    "ensure_months",
    "ensure_packages",
    "files_by_key",
    "hide",
    "month_named",
    "monthly_ledgers",
    "open_file",
    "open_kept",
    "remove_file",
    "reopen_month",
    "report_of",
    "reseal_files",
    "run_job",
    "run_package",
    "seal_month",
    "sealed_file_of",
    "stop",
    "store_file",
    "submit_month",
    "summary",
    "sweep",
    "sweep_packages",
    "tidy",
    "villages_of_month",
    "write_ledger",
]
