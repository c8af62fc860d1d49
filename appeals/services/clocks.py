"""By when: the town's own promise in days of work, counted from the day somebody said it."""

import datetime as dt

from appeals.models import Matter, ResponseTime
from core.workdays import Calendar


class Promises:
    """Promised days of many matters: the town's rules of a day and its days of work are fetched once. Keep one for as
    long as one thing is done, not longer."""

    def __init__(self) -> None:
        self._calendar, self._times = Calendar(), dict[dt.date, ResponseTime]()

    def of(self, matter: Matter, since: dt.date | None = None) -> dt.date:
        """As `promised`."""
        day = since or matter.opened_on
        if day not in self._times:
            self._times[day] = ResponseTime.on(day)
        times = self._times[day]
        if matter.urgency == Matter.NOW or matter.grade == Matter.SIMPLE:
            days = times.simple_days
        elif matter.grade == Matter.COMPLEX:
            days = times.plan_days
        else:
            days = times.ordinary_days
        return self._calendar.add_workdays(day, days)


def promised(matter: Matter, since: dt.date | None = None) -> dt.date:
    """简单的事 at once, 一般的 in so many days of work, of 复杂的 a plan by then (domain.md, "Needs"); 马上 is at once.

    Counted from the day it was said, or from `since` if it is taken up again.
    """
    return Promises().of(matter, since)
