"""The workbook that goes back to who sent it: what they wrote, faults marked, a 错误 column on how to mend them."""

from pathlib import Path

from core.ledger.faults import Fault
from core.ledger.reading import Sheet


def write_returned(path: Path, *, sheet: Sheet, faults: list[Fault]) -> None:
    raise NotImplementedError
