"""What visits puts on the desk's first page: the 无事 board, coverage and its trend, what is overdue and what waits."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from core import charts, clock
from core.board import Ends, Figure, Number, Panel, Waiting, register_figure, register_panel, register_waiting
from core.periods import Month
from core.scope import may, reach_of
from grids.models import RegisterChange
from visits import figures
from visits.models import Cadence, Finding, Held
from visits.services import calm_board, missed_households, months_with_figures, shown_coverage, trend

SHOWN_LINES = (Cadence.CATEGORY, Cadence.ORDINARY)  # of the chart; the table has all


def calm(actor: Any) -> Figure | None:
    """无事: visited this month and nothing open."""
    if not (reach := reach_of(actor, figures.SEES)):
        return None
    found = calm_board(reach=reach)
    opens = figures.Opening.of(actor).at(None)

    def part(code: str, number: int) -> Number:
        url = figures.rows_url(Month.of(clock.today()), Cadence.CATEGORY, code) if opens else ""
        return Number(number, url=url)

    said = (
        "五必访 ",
        part("owed", found.total),
        " 户，走过 ",
        part("made", found.calm + found.busy),
        " 户，",
        part("busy", found.busy),
        " 户有事没办完",
    )
    url = part("calm", found.calm).url or reverse("visits:coverage")
    return Figure("无事板", found.calm, "户走过，没有新情况", said, url, calm=True)


def missed(actor: Any) -> Figure | None:
    """Five-category households whose last month is over and that nobody has visited since."""
    if not may(actor, figures.OPENS):
        return None
    number = missed_households(actor=actor, verb=figures.OPENS).late[Cadence.CATEGORY].number
    url = figures.owed_url(Cadence.CATEGORY, "overdue")
    return Figure("前面没访到", number, "户", ("五必访，到今天还没补上",), url)


def _open_findings(actor: Any) -> QuerySet:
    """What visits found and nobody has settled; what waits as a change for the village's yes is nobody's to settle."""
    rows = Finding.objects.visible_to(actor, "findings.settle").open()
    return rows.exclude(proposal__state=RegisterChange.PROPOSED)


def count_found(actor: Any) -> int:
    return _open_findings(actor).count()


def found(actor: Any, ends: Ends) -> list[Waiting]:
    """Findings whose result is to be written."""
    rows = _open_findings(actor).select_related("household", "visit")
    return [
        Waiting(
            each.get_kind_display()[:2],
            "，".join(word for word in (str(each.household), each.detail) if word),
            reverse("visits:household", args=[each.household_id]),
            each.visit.received_at,
            f"{clock.cn_day(each.visit.day)}走访时记的，还没办",
            "写结果",
        )
        for each in ends.of(rows)
    ]


def _held(actor: Any) -> QuerySet:
    """Visits that wait for the village's yes or no; nobody decides about her own."""
    rows = Held.objects.visible_to(actor, "register.accept").waiting()
    return rows.exclude(author=getattr(actor, "pk", None))


def count_on_hold(actor: Any) -> int:
    return _held(actor).count()


def on_hold(actor: Any, ends: Ends) -> list[Waiting]:
    """Held visits as lines."""
    rows = _held(actor).select_related("author", "household")
    return [
        Waiting(
            "暂存",
            f"{each.author} {clock.cn_day(each.day)}走访{each.household}，{each.get_reason_display()}",
            reverse("visits:held"),
            each.received_at,
            "记录暂存着",
            "去定",
        )
        for each in ends.of(rows)
    ]


def covered(actor: Any) -> Panel | None:
    """Coverage by village, in the order of the plan."""
    if not may(actor, figures.SEES):
        return None
    month = Month.of(clock.today())
    places = shown_coverage(month=month, actor=actor)
    context = {
        "lines": figures.coverage_lines(month, actor, places),
        "month": month,
        "opens": may(actor, figures.OPENS),
        "page": f"{reverse('desk')}?",
    }
    return Panel("visits/_coverage.html", context, wide=True)


def moved(actor: Any) -> Panel | None:
    """Twelve months of coverage as two lines, with every number below."""
    if not may(actor, figures.SEES):
        return None
    points = list(months_with_figures(trend(last=Month.of(clock.today()), actor=actor)))
    if not points:
        return None
    series = [(dict(Cadence.GROUPS)[who], [_value(point, who) for point in points]) for who in SHOWN_LINES]
    rows = figures.trend_rows(actor, points)
    context = {
        "chart": charts.line_chart([str(point.month.first.month) for point in points], series),
        "rows": rows,
        "said": _said(points, rows),
    }
    return Panel("visits/_trend.html", context)


def _value(point: Any, who: str) -> charts.Value | None:
    """A month's value, final or of the period that runs today; between the quarter's ends there is no point."""
    share = point.figures[who].share
    running = point.month == Month.of(clock.today())
    if share is None or not (point.final[who] or running):
        return None
    return charts.Value(100 * share, final=point.final[who])


def _said(points: Sequence[Any], rows: Sequence[tuple[str, Sequence[Number | None]]]) -> str:
    """The numbers as sentences, for who hears the chart."""
    today = clock.today()
    parts = []
    for word, cells in rows:
        said = [
            f"{point.month.first.month}月{'到今天' if today in point.month else ''} {cell.number}%"
            for point, cell in zip(points, cells, strict=True)
            if cell
        ]
        parts.append(f"{word}：{'，'.join(said)}。")
    return "近十二个月走访完成率。" + "".join(parts)


def late(actor: Any) -> Panel | None:
    """What is overdue, village by village, and for how long."""
    if not may(actor, figures.SEES):
        return None
    whole = missed_households(actor=actor)
    context = {
        "lines": figures.late_lines(actor, whole),
        "one": len(whole.grids) == 1,
        "lengths": figures.late_lengths(actor, whole) if whole.any else [],
    }
    return Panel("visits/_late.html", context, wide=True)


def register() -> None:
    """Called once, when Django is ready."""
    register_figure("visits.calm", calm, order=10)
    register_figure("visits.missed", missed, order=20)
    register_waiting("visits.found", found, 10, count_found)
    register_waiting("visits.on_hold", on_hold, 15, count_on_hold)
    register_panel("visits.coverage", covered, order=10)
    register_panel("visits.late", late, order=20)
    register_panel("visits.trend", moved, order=30)
