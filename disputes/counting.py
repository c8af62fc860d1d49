"""How many pages the papers of a case file have that we print ourselves: counted once when one is printed or filed, or
when the 目录 needs it, and noted; where this machine makes no PDF nobody counts, and pages are entered by hand."""

import logging
from collections.abc import Mapping
from typing import Any

from django.template.loader import render_to_string

from core import paper as pdf
from disputes import services
from disputes.models import Dispute, Sitting
from disputes.printing import PAPERS, paper_of

log = logging.getLogger(__name__)

# Our papers by the item that they are; the record of a sitting is counted where it is read.
ITEM_OF = {
    "application": "register",
    "register": "register",
    "rights": "rights",
    "summons": "summons",
    "agreement": "agreement",
    "revisit": "revisit",
}


def count_paper(dispute: Dispute, code: str, found: Mapping[str, Any] | None = None) -> None:
    """Note the pages of one paper, if they are of the case file. `found`: what stands on it, where that is known."""
    if code not in ITEM_OF:
        return
    if found is None:
        found = None if PAPERS[code].lack(dispute) else paper_of(PAPERS[code], dispute)
    if found is not None:
        _note(dispute, ITEM_OF[code], code, f"disputes/papers/{code}.html", dict(found) | {"filed": True})


def count_file(dispute: Dispute) -> None:
    """Before the 目录 is printed: every paper of ours that is there and was not counted yet."""
    for line in services.case_file(dispute):
        if line.there and line.pages is None and line.item.paper:
            count_paper(dispute, line.item.paper)


def count_minutes(sitting: Sitting, found: Mapping[str, Any]) -> None:
    """The record of one sitting that is over, as its page to print has it for who reads all of it."""
    dispute = sitting.panel.dispute
    _note(dispute, "record", f"minutes-{sitting.pk}", "disputes/minutes_paper.html", dict(found))


def _note(dispute: Dispute, item: str, paper: str, template: str, found: dict[str, Any]) -> None:
    try:
        pages = pdf.pages_of(render_to_string(template, found))
    except pdf.NoPdf:
        return
    except (
        Exception
    ):  # whatever drawing it fails at: what was signed or said is stored, and must not look as if not
        log.exception("the pages of %s were not counted", paper)
        return
    services.note_printed(dispute=dispute, item=item, paper=paper, pages=pages)
