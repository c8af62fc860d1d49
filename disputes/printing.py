"""What stands on each paper of a case file, from the rows: nothing is typed for a paper that is known already."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core import clock
from disputes.models import Agreement, Dispute, Move, Party, Seat, Sitting, Word
from disputes.services.casefile import case_file, missing_of
from disputes.services.minutes import Read
from disputes.services.signing import about, both_sides

BLANK_LINES = 8


@dataclass(frozen=True)
class Paper:
    """One kind of paper: its template under templates/disputes/papers/ is `<code>.html`. `lack` says what is needed
    first, "" if it can be printed."""

    code: str
    title: str
    lack: Callable[[Dispute], str]


def _nothing(dispute: Dispute) -> str:
    return ""


def _parties(dispute: Dispute) -> str:
    return "" if both_sides(dispute.parties.all()) else "先把甲方、乙方写全。"


def _summons(dispute: Dispute) -> str:
    return "" if dispute.summonses.exists() else "先填什么时候、在哪里调解。"


def _agreement(dispute: Dispute) -> str:
    return "" if dispute.agreements.exclude(state=Agreement.DISCARDED).exists() else "先写协议。"


def _revisits(dispute: Dispute) -> str:
    return "" if dispute.moves.filter(kind=Move.REVISIT).exists() else "还没有回访过。"


PAPERS: Mapping[str, Paper] = {
    paper.code: paper
    for paper in (
        Paper("application", "人民调解申请书", _parties),
        Paper("register", "人民调解受理登记表", _parties),
        Paper("rights", "权利义务告知书", _nothing),
        Paper("summons", "调解通知书", _summons),
        Paper("agreement", "人民调解协议书", _agreement),
        Paper("revisit", "人民调解回访记录", _revisits),
        Paper("cover", "卷宗封面", _nothing),
        Paper("contents", "卷宗目录", _nothing),
        Paper("remarks", "卷宗情况说明", _nothing),
    )
}


def paper_of(paper: Paper, dispute: Dispute, version: int | None = None) -> dict[str, Any] | None:
    """What its template says; `version`: the key of an agreement that is not the present one. None: no such thing."""
    parties = list(dispute.parties.select_related("person"))
    found: dict[str, Any] = {
        "dispute": dispute,
        "paper": paper,
        "parties": parties,
        "first": [each for each in parties if each.side == Party.FIRST],
        "others": [each for each in parties if each.side != Party.FIRST],
        "committee": f"{dispute.village}人民调解委员会",
        "today": clock.today(),
        "accepted": dispute.moves.filter(kind="accept").select_related("actor").order_by("pk").first(),
        "lines": range(BLANK_LINES),
    }
    if paper.code == "summons":
        found["summons"] = dispute.summonses.order_by("-pk").first()
    elif paper.code in ("agreement", "cover"):
        rows = dispute.agreements.select_related("replaces__village", "village")
        agreement = rows.filter(pk=version).first() if version else present(rows)
        if agreement is None and paper.code == "agreement":
            return None
        found |= {"agreement": agreement} | (_signed(agreement, parties) if agreement else {})
    elif paper.code == "revisit":
        moves = dispute.moves.filter(kind=Move.REVISIT).select_related("actor")
        found["revisits"] = list(moves.order_by("pk"))
    elif paper.code in ("contents", "remarks"):
        lines = case_file(dispute)
        found |= {"items": lines, "missing": missing_of(lines)}
    return found


def minutes_of(sitting: Sitting, read: Read) -> dict[str, Any]:
    """What the record of one sitting says on paper, of what its reader gets."""
    panel = sitting.panel
    seats = list(panel.seats.all())
    return {
        "sitting": sitting,
        "panel": panel,
        "dispute": panel.dispute,
        "read": read,
        "steps": [
            {"title": title, "words": [word for word in read.words if word.step == code]}
            for code, title in Word.STEPS
        ],
        "stances": read.stances,
        "parties": list(panel.dispute.parties.all()),
        "thirds": [
            (code, title, [each for each in seats if each.side == code]) for code, title in Seat.SIDES
        ],
        "observers": list(panel.observers.all()),
    }


def present(rows: Any) -> Agreement | None:
    """The agreement that is asked for without a number: the one that stands, else the draft, else the last one."""
    found = list(rows.order_by("-pk"))
    for states in (Agreement.STANDING, (Agreement.DRAFTED,), (Agreement.SUPERSEDED,)):
        for agreement in found:
            if agreement.state in states:
                return agreement
    return None


def panel_of(dispute: Dispute) -> dict[str, Any]:
    """What the dispute's own page says of its papers: the agreement, and what the case file still lacks."""
    rows = dispute.agreements.select_related("village")
    return {"agreement": present(rows), "missing": missing_of(case_file(dispute))}


def _signed(agreement: Agreement, parties: list[Party]) -> dict[str, Any]:
    """Who stands under it: of a draft the parties of today, each with the day if he has signed; of what is in force
    those who signed then, as they were."""
    signatures = list(agreement.signatures.all())
    if agreement.state != Agreement.DRAFTED:
        signers = [
            {"side": Party.SHORT[each.side], "name": each.name, "about": each.about, "day": each.signed_on}
            for each in signatures
        ]
    else:
        days = {each.party_id: each.signed_on for each in signatures}
        signers = [
            {"side": each.side_said, "name": each.name, "about": about(each), "day": days.get(each.pk)}
            for each in parties
        ]
    return {"signers": signers}
