"""三个三分之一议事登记表: which sittings a month had, who sat there, that the plan's order was kept, what came of it.

What was said is level 3 and stays in the minutes, as what was agreed stays in the agreement: this sheet goes upward, to
people who read neither. It names who spoke in each step and how often, which is what the plan asks for.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery

from core import clock
from core.ledger import Column, LedgerScope, Line, register
from core.periods import Month
from disputes.coming_in import outcome_said
from disputes.models import Agreement, Observer, Panel, Party, Seat, Sitting, Word
from disputes.models.disputes import SEES
from disputes.services import Standing, stood_on
from grids.stepped import FromSteps

SLUG = "panels"
# The columns of the plan's steps, in its order; what was concluded stands in a column of its own.
STEPS = {"stated": Word.STATE, "added": Word.ADD, "explained": Word.POLICY, "spoken": Word.SPEAK}
THIRDS = {"friends": Seat.FRIENDS, "between": Seat.BETWEEN, "cadres": Seat.CADRES}
Said = dict[tuple[int, str], list[str]]


@register
class PanelLedger(FromSteps):
    """One line for each sitting, in the order in which they began."""

    slug, title, group, order = SLUG, "三个三分之一议事登记表", "矛盾纠纷", 47
    verb = SEES
    shown = "disputes:panel"
    named_by = ("number", "meeting")
    columns = (
        Column("number", "纠纷编号", "code", width=8),
        Column("meeting", "第几次", "integer", width=4),
        Column("topic", "议题", left=True, width=11),
        Column("when", "时间地点", left=True, width=10),
        Column("host", "主持人", width=5.5),
        Column("parties", "诉求人", left=True, width=10),
        Column("friends", "亲友团名单", left=True, width=12),
        Column("between", "中间人名单", left=True, width=12),
        Column("cadres", "镇村干部名单", left=True, width=12),
        Column("observers", "旁听", left=True, width=10),
        Column("objections", "回避情况", left=True, width=7),
        Column("stated", "陈述", left=True, width=9),
        Column("added", "补充", left=True, width=9),
        Column("explained", "政策解读", left=True, width=9),
        Column("spoken", "讲话", left=True, width=9),
        Column("concluded", "议定意见", left=True, width=8),
        Column("signed", "各方签字", left=True, width=12),
        Column("sequel", "后续", left=True, width=10),
    )
    footnotes = (
        "本月开过的议事，一次一行；上月没议完、本月接着议的也列。写的是到月底的情况。",
        "名单前面是小组里的人数，三方要一样多；写着“没来”的没有到会。",
        "陈述、补充、政策解读、讲话写的是谁说过、几条。说了什么在议事记录里，议定了什么在协议书里，这张表上不写。",
    )

    def found(self, scope: LedgerScope) -> QuerySet:
        assert isinstance(scope.period, Month)
        first, last = clock.hours_of(scope.period.first)[0], clock.hours_of(scope.period.last)[1]
        rows = Panel.objects.visible_to(scope.actor, "ledgers.export").visible_to(scope.actor, self.verb)
        rows = rows.at(scope.territory).filter(sitting__began_at__lt=last)
        rows = rows.filter(Q(sitting__ended_at=None) | Q(sitting__ended_at__gte=first))
        after = Sitting.objects.filter(
            panel__dispute=OuterRef("dispute"), panel__number__gt=OuterRef("number")
        )
        rows = rows.annotate(next_began=Subquery(after.order_by("panel__number").values("began_at")[:1]))
        rows = rows.select_related("dispute", "host", "sitting")
        rows = rows.prefetch_related("seats", "observers", "objections", "dispute__parties")
        return rows.order_by("sitting__began_at", "pk")

    def lines(self, batch: Sequence[Panel], month: Month) -> Iterator[tuple[Sequence[Any], int]]:
        disputes = list({panel.dispute_id for panel in batch})
        said, signed = _said([panel.sitting.pk for panel in batch], month), _agreements(disputes, month)
        standing = stood_on(month.last, disputes)
        for panel in batch:
            after = _after(panel, signed[panel.dispute_id], standing[panel.dispute_id], month)
            cells = _who(panel) | _objected(panel, month) | after
            for column, step in STEPS.items():
                cells[column] = "、".join(said[panel.sitting.pk, step])
            row = tuple(cells[column.name] for column in self.exported)
            yield Line(row, name=name_of(panel)), panel.pk


def name_of(panel: Panel) -> str:
    """What its line is called for as long as it stands in a ledger."""
    return f"{panel.dispute.number}-{panel.number}"


def _who(panel: Panel) -> dict[str, Any]:
    """About what, where, and everybody who was asked; whoever sits keeps the name he had then."""
    seats = list(panel.seats.all())
    host = next((seat.name for seat in seats if seat.officer_id and seat.officer_id == panel.host_id), "")
    parties = panel.dispute.parties.all()
    cells: dict[str, Any] = {
        "number": panel.dispute.number,
        "meeting": panel.number,
        "topic": panel.topic,
        "host": host or str(panel.host or ""),
        "parties": "；".join(f"{party.side_said} {party.name}" for party in parties),
        "observers": "、".join(
            f"{each.name}（{each.get_kind_display()}{_absent(each)}）" for each in panel.observers.all()
        ),
    }
    for column, side in THIRDS.items():
        names = [
            f"{seat.name}（没来）" if _absent(seat) else seat.name for seat in seats if seat.side == side
        ]
        cells[column] = f"{len(names)} 人：{'、'.join(names)}"
    return cells


def _absent(each: Seat | Observer) -> str:
    return "，没来" if each.came is False else ""


def _objected(panel: Panel, month: Month) -> dict[str, str]:
    """How many there were and how they were decided; who said what of whom is read on the panel's page."""
    end = clock.hours_of(month.last)[1]
    rows = [each for each in panel.objections.all() if each.made_at < end]
    decided = [each.upheld for each in rows if each.decided_at and each.decided_at < end]
    counts = (
        (decided.count(True), "换人"),
        (decided.count(False), "不换"),
        (len(rows) - len(decided), "还没定"),
    )
    return {"objections": "，".join(f"{title} {count} 条" for count, title in counts if count) or "没有人提"}


def _after(panel: Panel, agreements: Sequence[Agreement], then: Standing, month: Month) -> dict[str, str]:
    """When it was, what came of it, who signed, and how the dispute stood at the month's end."""
    sitting = panel.sitting
    began, end = sitting.began_at.astimezone(clock.SHANGHAI), clock.hours_of(month.last)[1]
    over = sitting.ended_at if sitting.ended_at and sitting.ended_at < end else None
    until = f"到 {over.astimezone(clock.SHANGHAI):%H:%M}" if over else "开始，还没议完"
    outcome = sitting.outcome if over else ""
    sequel = outcome_said(then)
    if then.revisited_on and then.revisited_on >= began.date():
        sequel += f"；{clock.cn_day(then.revisited_on)}回访过"
    return {
        "when": f"{clock.cn_moment(began)} {until}，{panel.place}",
        "concluded": _concluded(sitting) if outcome else "",
        "signed": _signed(_agreement_of(panel, agreements, began.date()))
        if outcome == Sitting.AGREED
        else "",
        "sequel": sequel,
    }


def _concluded(sitting: Sitting) -> str:
    """What came of it; why, and which side did not want to go on, is read in the minutes."""
    return str(sitting.get_outcome_display())


def _agreement_of(panel: Panel, agreements: Sequence[Agreement], day: dt.date) -> Agreement | None:
    """The last that came into force after this sitting and was not written for the next one."""
    rows = [each for each in agreements if each.in_force_on and each.in_force_on >= day]
    bound = panel.next_began  # type: ignore[attr-defined]
    rows = [each for each in rows if bound is None or each.drafted_at < bound]
    return rows[-1] if rows else None


def _signed(agreement: Agreement | None) -> str:
    if agreement is None or agreement.in_force_on is None:
        return "还没签"
    names = "、".join(each.name for each in agreement.signatures.all())
    how = f"{names}口头同意" if agreement.is_oral else f"{names}签了字"
    return f"{how}，{agreement} {clock.cn_day(agreement.in_force_on)}生效"


def _agreements(disputes: Iterable[int], month: Month) -> dict[int, list[Agreement]]:
    """By dispute, in the order in which they came into force; at most a batch of disputes."""
    found: dict[int, list[Agreement]] = defaultdict(list)
    rows = Agreement.objects.filter(dispute__in=disputes, in_force_on__lte=month.last)
    rows = rows.select_related("village").prefetch_related("signatures")
    for each in rows.order_by("in_force_on", "pk"):
        found[each.dispute_id].append(each)
    return found


def _said(sittings: Sequence[int], month: Month) -> Said:
    """By sitting and step: who spoke until the month's end, each with how often; a correction is no other word.

    What a party said when it refused stands in the step they had come to: it neither added nor explained anything.
    """
    end = clock.hours_of(month.last)[1]
    rows = Word.objects.filter(sitting__in=sittings, said_at__lt=end, corrects=None)
    rows = rows.exclude(step__in=(Word.ADD, Word.POLICY), party__isnull=False)
    who = ("party", "party__name", "party__side", "seat", "seat__name", "seat__side")
    found: Said = defaultdict(list)
    counted = rows.values("sitting", "step", *who).annotate(many=Count("pk"), first=Min("pk"))
    for row in counted.order_by("first"):
        name = row["party__name"] or row["seat__name"]
        side = Party.SHORT[row["party__side"]] if row["party"] else dict(Seat.SIDES)[row["seat__side"]]
        found[row["sitting"], row["step"]].append(f"{name}（{side}）{row['many']} 条")
    return found
