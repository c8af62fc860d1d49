"""The verbs of the ledger desk, for every door: ask, stop, do again; do, sweep; store and open files."""

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
from ledgers.files import FileGone, open_file, remove_file, store_file
from ledgers.report import hide, report_of, summary
from ledgers.running import RegisterChanged, run_job
from ledgers.sweeping import sweep, tidy

__all__ = [
    "KEEP_RESULT",
    "KEEP_UPLOAD",
    "MOST_BYTES",
    "TOO_LARGE",
    "FileGone",
    "RegisterChanged",
    "again",
    "ask_commit",
    "ask_examine",
    "ask_export",
    "drop",
    "hide",
    "open_file",
    "remove_file",
    "report_of",
    "run_job",
    "stop",
    "store_file",
    "summary",
    "sweep",
    "tidy",
]
