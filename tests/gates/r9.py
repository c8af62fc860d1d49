"""R9: month after month, whatever beat and clock do: one reminder for each person, month and kind, one ledger for each
village and month, one package for the town."""

import datetime as dt
import io
import threading
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator

from django.db import connection

from accounts.models import Notice
from accounts.notices.writing import ensure_notices
from core import clock
from core.periods import Month
from core.workdays import Calendar
from grids.models import Post, Territory
from ledgers import services as ledgers
from ledgers.files import open_path
from ledgers.models import Package, SealedMonth
from tests.gates.line import Line, Size
from visits import services as visits

LEAP = Month.parse("2028-02")
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
MIDNIGHT, MORNING = dt.time(0, 30), dt.time(9, 20)
PATIENCE = 120.0  # seconds for two who write at once
# Who is told of what, on which day: by the migrations that planted the rules, said here once more in plain words.
RULES = (
    ("visits.owed", "worker", 20),
    ("visits.owed", "leader", 25),
    ("visits.owed", "secretary", 28),
    ("ledgers.submit", "secretary", "first day of work"),
    ("ledgers.seal", "office", "third day of work"),
)
Moments = list[dt.datetime]


def run(size: Size) -> Iterator[Line]:
    first = LEAP.shift(-size.months // 3)
    months = [first.shift(number) for number in range(size.months)]
    calm, late = [], []
    for number, month in enumerate(months):
        name, fault = FAULTS[number % len(FAULTS)]
        late += [f"{name}，{month}：{why}" for why in fault(month)]
        calm += [month] if fault in (_ordinary, _two_at_once) else []
    yield _reminders(months, calm)
    yield _months(months, late)


# --- beats ------------------------------------------------------------------------------------------------------------


def _beat() -> None:
    """What the table of beats rings at such an hour, in its order."""
    visits.ensure_owed()
    ensure_notices()
    ledgers.sweep_packages()


def _at(moment: dt.datetime) -> None:
    with clock.stopped_at(moment):
        _beat()


def _moments(month: Month) -> Moments:
    """Twice on each day that some rule or the month's end falls on, and on the days beside them."""
    calendar, following = Calendar(), month.next
    days = {month.first + DAY * (number - 1) for number in (20, 25, 28)}
    days |= {month.last - DAY, month.last, following.first, following.first + DAY}
    days |= {
        day
        for number in (1, 3)
        for day in [calendar.nth_workday(following, number)]
        for day in (day, day + DAY)
    }
    times = [
        dt.datetime.combine(day, time, tzinfo=clock.SHANGHAI) for day in days for time in (MIDNIGHT, MORNING)
    ]
    return sorted(times)


def _ordinary(month: Month, beat: Callable[[dt.datetime], None] = _at) -> Iterator[str]:
    ready = dt.datetime.combine(month.next.first, MIDNIGHT, tzinfo=clock.SHANGHAI)
    for moment in _moments(month):
        beat(moment)
        if moment == ready and not Package.objects.filter(month=str(month), state=Package.DONE).exists():
            yield "1 日 0:30 敲过，整月台账包还没有"


def _two_at_once(month: Month) -> Iterator[str]:
    yield from _ordinary(month, _both)


def _both(moment: dt.datetime) -> None:
    """Two beats on connections of their own, let go in the same instant."""
    meet, faults = threading.Barrier(2), []

    def one() -> None:
        try:
            meet.wait(PATIENCE)
            _at(moment)
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    beats = [threading.Thread(target=one) for _ in range(2)]
    for each in beats:
        each.start()
    for each in beats:
        each.join(PATIENCE)
    if faults:
        raise faults[0]


def _down(month: Month, since: dt.datetime, until: dt.datetime) -> Iterator[str]:
    for moment in _moments(month):
        if not since < moment < until:
            _at(moment)
    yield from ()


def _over_midnight(month: Month) -> Iterator[str]:
    noon = clock.at_noon(month.last)
    return _down(month, noon, noon + DAY)


def _three_days(month: Month) -> Iterator[str]:
    noon = clock.at_noon(month.last)
    return _down(month, noon - 2 * DAY, noon + DAY)


def _set_back(month: Month, by: dt.timedelta) -> Iterator[str]:
    for moment in _moments(month):
        for then in (moment, moment - by, moment):
            _at(then)
    yield from ()


FAULTS: tuple[tuple[str, Callable[[Month], Iterator[str]]], ...] = (
    ("平常", _ordinary),
    ("两个定时器同时敲", _two_at_once),
    ("月底半夜停了", _over_midnight),
    ("停了三天", _three_days),
    ("钟退一小时", lambda month: _set_back(month, HOUR)),
    ("钟退一天", lambda month: _set_back(month, DAY)),
)


# --- what there is ----------------------------------------------------------------------------------------------------


def _reminders(months: list[Month], calm: list[Month]) -> Line:
    line = Line("停过、两个同时敲、钟退回：提醒", "")
    told = Counter(Notice.objects.values_list("user", "kind", "period"))
    more = {key: count for key, count in told.items() if count > 1}
    line.must(not more, f"{len(more)} 人月种提醒了不止一次，如 {next(iter(more), '')}")
    wanted = {
        (user, kind, str(month)) for month in months for kind, whom, _ in RULES for user in _holders(whom)
    }
    # The walk begins within its first month: of the one before somebody may still be reminded, as after a stop.
    before = {key for key in told if key[2] == str(months[0].previous)}
    lost, extra = wanted - told.keys(), told.keys() - wanted - before
    line.must(not lost, f"{len(lost)} 个没有提醒到，如 {min(lost, default='')}")
    line.must(not extra, f"{len(extra)} 个不该提醒，如 {min(extra, default='')}")
    line.wrong += _untimely(calm)[:3]
    leap = "，2028年2月29日在内" if LEAP in months else ""
    line.done = f"{len(months)} 个月底{leap}，{len(wanted)} 条提醒，各一次"
    return line


def _holders(duty: str) -> list[int]:
    return list(
        Post.objects.filter(duty=duty, officer__user__isnull=False).values_list("officer__user", flat=True)
    )


def _untimely(calm: list[Month]) -> list[str]:
    """Reminders of months in which nothing was down that were not written on their rule's day."""
    calendar, found = Calendar(), []
    for kind, whom, when in RULES:
        for month in calm:
            if isinstance(when, int):
                day = month.first + DAY * (when - 1)
            else:
                day = calendar.nth_workday(month.next, 1 if when.startswith("first") else 3)
            rows = Notice.objects.filter(kind=kind, whom=whom, period=str(month)).values_list(
                "created", flat=True
            )
            found += [f"{kind} {month} 写在 {at:%m-%d}" for at in rows if clock.local_date(at) != day]
    return found


def _months(months: list[Month], late: list[str]) -> Line:
    """A version of each village's month, and one package of the town that was made once and is whole."""
    line = Line("同样的毛病：月末台账", "")
    line.wrong += late[:3]
    villages = set(
        Territory.objects.villages().filter(start_month__isnull=False).values_list("pk", flat=True)
    )
    # The walk begins within its first month: by then the one before is over and has ledgers too.
    known = {str(month) for month in (months[0].previous, *months)}
    rows = Counter(SealedMonth.objects.values_list("village", "month"))
    wanted = {(village, month) for village in villages for month in known}
    line.must(set(rows) == wanted, f"村的月份：少 {len(wanted - set(rows))}，多 {len(set(rows) - wanted)}")
    line.must(max(rows.values()) == 1, "有的村一个月有两份")
    packages = list(Package.objects.select_related("territory"))
    line.must(
        sorted(each.month for each in packages) == sorted(known),
        f"{len(packages)} 个包，不是 {len(known)} 个",
    )
    for each in packages:
        line.must(each.state == Package.DONE, f"{each}：{each.get_state_display()} {each.why}")
        line.must(each.tries == 1, f"{each} 做了 {each.tries} 次")
        line.must(_whole(each, len(villages)), f"{each} 打不开，或者不全")
    line.done = f"{len(villages)} 村 {len(rows)} 份，{len(packages)} 个包各做一次、都打得开"
    line.wrong = line.wrong[:5]
    return line


def _whole(package: Package, villages: int) -> bool:
    if not package.path:
        return False
    with zipfile.ZipFile(io.BytesIO(b"".join(open_path(package.path)))) as archive:
        books = [name for name in archive.namelist() if name.endswith(".xlsx")]
        return archive.testzip() is None and len(books) == villages * len(ledgers.monthly_ledgers())
