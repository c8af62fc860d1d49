"""The legal clocks of 信访登记 (信访工作条例, in force since 1 May 2022), as functions of days and a calendar.

How days are counted. The regulation names 日 and 工作日 and does not say how they are counted; we count as 民法典
§201 and §203 do: the day itself is not counted, the next is the first; 日 are days of the calendar, and if the last
of them is no day of work (weekend, statutory holiday, Spring Festival) the period ends on the next day of work; a
make-up day of work is one. (That §203 applies to these periods is custom of the offices, not a word of the
regulation.) A year whose holidays are not announced is reckoned by weeks alone (core.workdays); `refresh_due` counts
again once they are known.

§36 lets the time of a hearing out of the 30 days of a re-review; hearings are not recorded here, so it is counted.
"""

import datetime as dt
from dataclasses import dataclass

from appeals.models import Petition
from core.workdays import Calendar

NOTICE_DAYS, OBJECTION_WORKDAYS, REPLY_DAYS, REVIEW_DAYS = 15, 5, 60, 30
MOST_EXTENDED = Petition.MOST_EXTENDED


def last_day(day: dt.date, days: int, calendar: Calendar) -> dt.date:
    """The last day of a period of `days` calendar days after `day`, moved on to a day of work."""
    return calendar.next_workday(day + dt.timedelta(days=days))


def notice_by(registered_on: dt.date, calendar: Calendar) -> dt.date:
    """§23: 属于本机关、单位职权范围的，有关机关、单位应当自收到之日起15日内书面告知信访人接收情况以及处理途径和程序.

    (§22 gives the offices of 信访 the same 15 days to register and pass on what they receive.)
    """
    return last_day(registered_on, NOTICE_DAYS, calendar)


def objection_by(registered_on: dt.date, calendar: Calendar) -> dt.date:
    """§23: 不属于本机关、单位或者本系统职权范围的，有关机关、单位应当自收到之日起5个工作日内提出异议，并详细说明
    理由."""
    return calendar.add_workdays(registered_on, OBJECTION_WORKDAYS)


def reply_by(noticed_on: dt.date, calendar: Calendar, extended_days: int = 0) -> dt.date:
    """§34: 应当自受理之日起60日内办结；情况复杂的，经本机关、单位负责人批准，可以适当延长办理期限，但延长期限不得超过
    30日，并告知信访人延期理由.

    受理之日 is the day of the notice. The days of an extension follow the 60 without a break: only the end of the
    whole is moved to a day of work. ValueError for more than 30.
    """
    if not 0 <= extended_days <= MOST_EXTENDED:
        raise ValueError(f"an extension has 0 to {MOST_EXTENDED} days, not {extended_days}")
    return last_day(noticed_on, REPLY_DAYS + extended_days, calendar)


def review_asked_by(replied_on: dt.date, calendar: Calendar) -> dt.date:
    """§35: 信访人对信访处理意见不服的，可以自收到书面答复之日起30日内请求原办理机关、单位的上一级机关、单位复查."""
    return last_day(replied_on, REVIEW_DAYS, calendar)


def review_by(review_asked_on: dt.date, calendar: Calendar) -> dt.date:
    """§35: 收到复查请求的机关、单位应当自收到复查请求之日起30日内提出复查意见，并予以书面答复."""
    return last_day(review_asked_on, REVIEW_DAYS, calendar)


def recheck_asked_by(reviewed_on: dt.date, calendar: Calendar) -> dt.date:
    """§36: 信访人对复查意见不服的，可以自收到书面答复之日起30日内向复查机关、单位的上一级机关、单位请求复核."""
    return last_day(reviewed_on, REVIEW_DAYS, calendar)


def recheck_by(recheck_asked_on: dt.date, calendar: Calendar) -> dt.date:
    """§36: 收到复核请求的机关、单位应当自收到复核请求之日起30日内提出复核意见."""
    return last_day(recheck_asked_on, REVIEW_DAYS, calendar)


@dataclass(frozen=True)
class Clock:
    """One period of a petition. `ours`: the office owes it; of the others the villager may make use, or the office.

    `done_on`: when it was kept or made use of; `stopped`: it runs no more without that.
    """

    code: str
    title: str
    article: str
    due_on: dt.date
    done_on: dt.date | None = None
    ours: bool = True
    stopped: bool = False

    @property
    def runs(self) -> bool:
        return self.done_on is None and not self.stopped

    def days_left(self, today: dt.date) -> int:
        """Days of the calendar until its last day; below 0 once it is over."""
        return (self.due_on - today).days

    def days_over(self, today: dt.date) -> int:
        """By how many days of the calendar it was, or is, exceeded; 0 if it is nobody's duty."""
        return max(0, ((self.done_on or today) - self.due_on).days) if self.ours and not self.stopped else 0


def clocks(petition: Petition, calendar: Calendar) -> list[Clock]:
    """Every period that has begun, in the order of the law."""
    p, ended = petition, not petition.is_running
    found = [
        Clock(
            "notice",
            "告知受理",
            "第二十三条，15 日",
            notice_by(p.registered_on, calendar),
            p.noticed_on,
            stopped=ended or p.state == p.NOT_OURS,
        ),
    ]
    if p.noticed_on is None:
        by, stopped = objection_by(p.registered_on, calendar), ended or p.state != p.REGISTERED
        found.append(
            Clock(
                "objection", "不属于本级，提异议", "第二十三条，5 个工作日", by, p.objected_on, False, stopped
            )
        )
    else:
        more = f"，延长 {p.extended_days} 日" if p.extended_days else ""
        by = reply_by(p.noticed_on, calendar, p.extended_days)
        found.append(Clock("reply", "办结答复", f"第三十四条，60 日{more}", by, p.replied_on, stopped=ended))
    if p.replied_on:
        by = review_asked_by(p.replied_on, calendar)
        found.append(
            Clock("ask_review", "群众申请复查", "第三十五条，30 日", by, p.review_asked_on, False, ended)
        )
    if p.review_asked_on:
        by = review_by(p.review_asked_on, calendar)
        found.append(Clock("review", "复查意见", "第三十五条，30 日", by, p.reviewed_on))
    if p.reviewed_on:
        by = recheck_asked_by(p.reviewed_on, calendar)
        found.append(
            Clock("ask_recheck", "群众申请复核", "第三十六条，30 日", by, p.recheck_asked_on, False, ended)
        )
    if p.recheck_asked_on:
        by = recheck_by(p.recheck_asked_on, calendar)
        found.append(Clock("recheck", "复核意见", "第三十六条，30 日", by, p.rechecked_on))
    return found


def owed(petition: Petition, calendar: Calendar) -> Clock | None:
    """The period that the office has to keep now; None while it owes nothing."""
    return next((clock for clock in clocks(petition, calendar) if clock.ours and clock.runs), None)
