"""What other parts of the room add to the line of a dispute in its ledger: panels, and written agreements.

Each is asked once for all disputes of a batch, by their keys, as things stood at the end of that day; whoever keeps
panels and agreements answers here, and here alone.
"""

import datetime as dt
from collections.abc import Iterable


def agreements_of(disputes: Iterable[int], day: dt.date) -> dict[int, str]:
    """协议书编号 of each dispute that has one; none is kept yet, and the cells stay empty."""
    return {}
