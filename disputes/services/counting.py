"""How many pages the papers of a case file have that we print ourselves: counted once when one is printed or filed, or
when the 目录 needs it, and noted; where this machine makes no PDF nobody counts, and pages are entered by hand."""

import logging
from collections.abc import Mapping
from typing import Any

from django.db.models import Max
from django.template.loader import render_to_string

from core import paper as pdf
from disputes.models import Dispute, Sitting
from disputes.printing import PAPERS, minutes_of, paper_of
from disputes.services.casefile import RECORD, case_file
from disputes.services.minutes import whole_record
from disputes.services.scans import counted_at, note_printed

log = logging.getLogger(__name__)

# Our papers by the item that they are; the record of a sitting is its own (count_record).
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
    """Before the 目录 is printed: every paper of ours that is there and was not counted yet, the records of its
    sittings among them. What was put in as paper counts in their stead, and they are not laid out."""
    for line in case_file(dispute):
        if not line.there or line.scans:
            continue
        if line.item.code == RECORD:
            for sitting in Sitting.objects.filter(panel__dispute=dispute, ended_at__isnull=False).whole():
                count_record(sitting)
        elif line.pages is None and line.item.paper:
            count_paper(dispute, line.item.paper)


def count_record(sitting: Sitting) -> None:
    """The record of one sitting as it goes into the case file, with all that was said, if it is over and was not
    counted since the last word came in. Nobody reads it for that: nothing is shown, no row says that it was."""
    if sitting.is_on:
        return
    dispute, paper = sitting.panel.dispute, f"minutes-{sitting.pk}"
    last = sitting.words.aggregate(last=Max("received_at"))["last"]  # 补记, after the end
    counted = counted_at(dispute, paper)
    if counted is None or (last is not None and last > counted):
        found = minutes_of(sitting, whole_record(sitting))
        _note(dispute, RECORD, paper, "disputes/minutes_paper.html", found)


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
    note_printed(dispute=dispute, item=item, paper=paper, pages=pages)
