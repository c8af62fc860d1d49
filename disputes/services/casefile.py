"""卷宗: the thirteen items of a case of people's mediation in their order, what is there, what is missing, which pages.

The order is that of the ministry's forms (司法部 人民调解文书格式, 2010): cover, contents, application or register, …,
statement and back cover. What we print from rows is there as soon as the rows are; the rest is put in as paper.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core import clock
from core.scope import may
from disputes.models import Agreement, Dispute, Move, Scan, Sitting
from disputes.models.sittings import MINUTES
from disputes.services.minutes import ties_of
from disputes.services.signing import both_sides


@dataclass(frozen=True)
class Item:
    """`paper`: what we print of it ourselves (templates/disputes/papers/); `lack`: what to do when it is not there.

    Cover, contents and the last sheets carry no page numbers.
    """

    code: str
    title: str
    lack: str = ""
    paper: str = ""
    numbered: bool = True


ITEMS: Mapping[str, Item] = {
    item.code: item
    for item in (
        Item("cover", "卷宗封面", paper="cover", numbered=False),
        Item("contents", "卷宗目录", paper="contents", numbered=False),
        Item("register", "人民调解申请书、受理登记表", "把甲方、乙方写全，打印出来请当事人签字。", "register"),
        Item("rights", "权利义务告知书", "打印出来交给每个当事人，再记哪天告知的。", "rights"),
        Item("identity", "当事人身份证明", "复印当事人的身份证，扫描放进来，或者登记页数。"),
        Item("inquiry", "调查记录", "到现场看了、问了人的，把记录放进来。"),
        Item("evidence", "证据材料", "照片、合同、收条这些，放进来。"),
        Item("summons", "调解通知书", "填什么时候、在哪里调解，给每个当事人打印一张。", "summons"),
        Item("record", "人民调解记录", "把有当事人签字的调解记录放进来；开过三方议事的，就是议事记录。"),
        Item("agreement", "人民调解协议书、口头协议登记表", "写协议，请当事人和调解员签字，盖章。", "agreement"),
        Item("revisit", "履行情况、回访记录", "到日子去回访，在纠纷页记“回访了”。", "revisit"),
        Item("confirmation", "司法确认文书", "把申请书和法院的裁定放进来。"),
        Item("remarks", "卷宗情况说明、封底", paper="remarks", numbered=False),
    )
}  # fmt: skip
ALWAYS = ("cover", "contents", "register", "rights", "identity", "record", "remarks")
RECORD = "record"
# What one party said for itself, or lets nobody see but who mediates; a scan cannot leave out a line, as minutes can.
APART = ("identity", "inquiry", RECORD)


@dataclass
class Line:
    """An item of one case file. `pages`: of what was put in as paper, else of what we printed of it (counting.py), None
    while nobody counted them. `first`, `last`:
    its page numbers, None where they are not known: after an item that is there and not counted, nothing is. `closed`:
    why its scans are not the reader's, "" if they are."""

    number: int
    item: Item
    required: bool
    there: bool
    scans: list[Scan] = field(default_factory=list)
    pages: int | None = None
    first: int | None = None
    last: int | None = None
    closed: str = ""
    printed: int = 0

    @property
    def missing(self) -> bool:
        return self.required and not self.there

    @property
    def pages_said(self) -> str:
        """3, 3-5, or nothing."""
        if self.first is None:
            return ""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


def closed_items(actor: Any, dispute: Dispute) -> dict[str, str]:
    """Items whose scans this actor neither reads nor puts in, each with a sentence why; the others are for everybody
    who works on the dispute.

    domain.md, "Who may do what": the record of a mediation goes as far as minutes do, so not to the town's office as
    such; nor does it, or what one party alone handed in or said, go to near relatives of a party.
    """
    if ties := ties_of(actor, dispute):
        told = f"{'，'.join(ties.values())}，这一项不归您看，也不归您放。"
        return dict.fromkeys(APART, told)
    sittings = Sitting.objects.readable_by(actor).filter(panel__dispute=dispute)
    if may(actor, MINUTES, dispute.territory) or sittings.exists():
        return {}
    return {RECORD: "调解记录只给村里调处的人、司法所和参加调解的人看、放。"}


def case_file(dispute: Dispute, reader: Any = None) -> list[Line]:
    """The thirteen items of one case file, with what is closed to that reader; a constant number of queries."""
    closed = closed_items(reader, dispute) if reader is not None else {}
    scans: dict[str, list[Scan]] = {}
    printed: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    for scan in dispute.scans.select_related("added_by").order_by("pk"):
        if scan.is_ours:
            printed[scan.item] += scan.pages
            counted[scan.item] += 1
        else:
            scans.setdefault(scan.item, []).append(scan)
    agreements = list(dispute.agreements.exclude(state=Agreement.DISCARDED).order_by("pk"))
    sat = Sitting.objects.filter(panel__dispute=dispute, ended_at__isnull=False).count()
    # Of one of its sittings nobody knows how many they are: fewer pages than there are would be a lie.
    if counted[RECORD] < sat:
        printed.pop(RECORD, None)
    ours, required = _ours(dispute, agreements, sat), _required(dispute, agreements)
    lines = [
        Line(number, item, item.code in required, item.code in ours or item.code in scans, scans.get(item.code, []),
             closed=closed.get(item.code, ""), printed=printed[item.code])
        for number, item in enumerate(ITEMS.values(), 1)
    ]  # fmt: skip
    _count_pages(lines)
    return lines


def missing_of(lines: list[Line]) -> list[Line]:
    """What has to be there and is not."""
    return [line for line in lines if line.missing]


def _ours(dispute: Dispute, agreements: list[Agreement], sat: int) -> set[str]:
    """Items that our own rows fill; `sat`: how many sittings are over."""
    found = {"cover", "contents", "remarks"}
    parties = list(dispute.parties.all())
    if both_sides(parties):
        found.add("register")
    if parties and all(party.rights_told_on for party in parties):
        found.add("rights")
    if dispute.summonses.exists():
        found.add("summons")
    if sat:
        found.add(RECORD)
    if any(each.state != Agreement.DRAFTED for each in agreements):
        found.add("agreement")
    kept = any(each.state in (Agreement.PERFORMED, Agreement.BROKEN) for each in agreements)
    if kept or dispute.moves.filter(kind=Move.REVISIT).exists():
        found.add("revisit")
    return found


def _required(dispute: Dispute, agreements: list[Agreement]) -> set[str]:
    found = set(ALWAYS)
    if agreements:
        found.add("agreement")
    if dispute.revisit_on and dispute.revisit_on <= clock.today():
        found.add("revisit")
    if any(each.asked_on for each in agreements):
        found.add("confirmation")
    return found


def _count_pages(lines: list[Line]) -> None:
    following: int | None = 1
    for line in lines:
        if line.scans:
            line.pages = sum(scan.pages for scan in line.scans)
        elif line.there:
            line.pages = line.printed or None
        if not line.item.numbered or not (line.there or line.required):
            continue
        if following is None or line.pages is None:
            following = None
            continue
        line.first, line.last = following, following + line.pages - 1
        following += line.pages
