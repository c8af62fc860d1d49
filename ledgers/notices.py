"""What the ledger desk reminds people of: a month that is over and not submitted, and one that is not sealed."""

from collections.abc import Iterator

from django.urls import reverse

from accounts.notices import Call, Kind, register
from core import clock
from core.periods import Month
from grids.duties import DUTIES
from grids.models import Post, WithheldVerb
from ledgers.models import SealedMonth
from ledgers.months import villages_of_month


def not_submitted(month: Month, whom: str) -> Iterator[Call]:
    """The secretaries of villages whose month still lies with them."""
    done = (SealedMonth.SUBMITTED, SealedMonth.SEALED)
    return _calls(month, whom, "months.submit", done)


def not_sealed(month: Month, whom: str) -> Iterator[Call]:
    """The town, of the villages whose month is not sealed yet, submitted or not."""
    return _calls(month, whom, "months.seal", (SealedMonth.SEALED,))


def _calls(month: Month, whom: str, verb: str, done: tuple[str, ...]) -> Iterator[Call]:
    if month >= Month.of(clock.today()) or WithheldVerb.objects.filter(duty=whom, verb=verb).exists():
        return
    over = SealedMonth.objects.current().filter(month=str(month), state__in=done).values("village")
    waiting = villages_of_month(month).in_use().exclude(pk__in=over)
    posts = Post.objects.in_force().filter(duty=whom, territory__closed_on__isnull=True)
    for post in posts.filter(officer__user__isnull=False).select_related("officer", "territory__parent"):
        place, user = post.territory, post.officer.user_id
        assert user  # as asked above
        yield Call(
            user=user,
            number=waiting.at(place).count(),
            why=f"您是{place.full_name}的{DUTIES[whom].title}",
            link=f"{reverse('ledgers:months')}?year={month.first.year}",
        )


SUBMIT = Kind(
    code="ledgers.submit",
    title="台账还没报",
    sentence="{month}有 {number} 个村的台账还没报给镇里。",
    whom={"secretary": DUTIES["secretary"].title},
    ask=not_submitted,
)
SEAL = Kind(
    code="ledgers.seal",
    title="台账还没封存",
    sentence="{month}有 {number} 个村的台账还没封存。",
    whom={"office": DUTIES["office"].title},
    ask=not_sealed,
)


def register_kinds() -> None:
    """Called once, when Django is ready."""
    register(SUBMIT)
    register(SEAL)
