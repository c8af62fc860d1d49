"""What appeals reminds people of: the legal days of a petition, 7 and 3 days before they end, and once they are over.

Unlike the reminders of a month (accounts.notices) these are told when a day of the law says so, not when a rule of the
town does: a town may not choose to be told late.
"""

import datetime as dt
from collections.abc import Iterator

from django.urls import reverse

from accounts.notices import Call, Kind
from accounts.notices.writing import tell
from appeals.models import Petition
from appeals.services import refresh_due
from appeals.services.legal import Clock, owed
from appeals.services.petitions import WALKS
from core import clock
from core.periods import Month
from core.workdays import Calendar
from grids.duties import DUTIES, duties_with
from grids.models import Post

FIRST, SECOND = 7, 3  # days before the last one


def remind_of_petitions() -> int:
    """Every reminder that is due today and was not written yet; how many are new. Safe to do again.

    One for each person, petition, period, last day and stage: an extension begins anew.
    """
    refresh_due()
    calendar, today = Calendar(), clock.today()
    near = Petition.objects.running().filter(due_on__lte=today + dt.timedelta(days=FIRST)).whole()
    rows = list(near.order_by("due_on", "pk"))
    posts = [(post, set(near.at(post.territory).values_list("pk", flat=True))) for post in _who_walks()]
    written = 0
    for petition in rows:
        found = owed(petition, calendar)
        assert found is not None  # due_on says so
        kind = _kind(petition, found, found.days_left(today))
        there = [post for post, reached in posts if petition.pk in reached]
        for duty in sorted({post.duty for post in there}):
            calls = _calls(petition, found, today, (post for post in there if post.duty == duty))
            written += tell(kind=kind, month=Month.of(found.due_on), whom=duty, calls=calls)
    return written


def _who_walks() -> Iterator[Post]:
    yield from Post.objects.carrying(WALKS).select_related("officer", "territory").order_by("pk")


def _kind(petition: Petition, owes: Clock, left: int) -> Kind:
    """The reminder of this stage. Its words name a number and a day, nobody: they may leave the house."""
    stage = "over" if left < 0 else SECOND if left <= SECOND else FIRST
    number, last = petition.matter.number, clock.cn_day(owes.due_on)
    if left < 0:
        told = f"信访件 {number} 的“{owes.title}”{last}到期，超了 {{number}} 天。"
    elif left == 0:
        told = f"信访件 {number} 的“{owes.title}”今天（{last}）到期。"
    else:
        told = f"信访件 {number} 的“{owes.title}”还有 {{number}} 天，{last}到期。"
    return Kind(
        code=f"petition-{petition.pk}-{owes.code}-{owes.due_on:%m%d}-{stage}",
        title="信访期限",
        sentence=told,
        whom={duty: DUTIES[duty].title for duty in duties_with(WALKS)},
        ask=lambda month, whom: (),
    )


def _calls(petition: Petition, owes: Clock, today: dt.date, posts: Iterator[Post]) -> Iterator[Call]:
    for post in posts:
        assert post.officer.user_id is not None  # as asked above
        yield Call(
            user=post.officer.user_id,
            number=max(1, abs(owes.days_left(today))),
            why=f"您是{post.territory.full_name}的{DUTIES[post.duty].title}",
            link=f"{reverse('appeals:matter', args=[petition.matter_id])}#petition",
        )
