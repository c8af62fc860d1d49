"""What discipline tells people: that something new has come in, to whoever may read it and to nobody else."""

from collections.abc import Iterator

from django.urls import reverse

from accounts.models import User
from accounts.notices import Call, Kind, register
from core.periods import Month
from discipline.models import READS, Report
from grids.duties import DUTIES
from grids.models import Post

WHOM = "discipline"


def readers() -> list[User]:
    """Everybody with an account whose post lets her read reports; which ones is asked of each."""
    posts = Post.objects.carrying(READS)
    return list(User.objects.active().filter(pk__in=posts.values("officer__user")).order_by("pk"))


def call(user: User, number: int) -> Call:
    title = DUTIES[WHOM].title
    return Call(user=user.pk, number=number, why=f"您在{title}", link=reverse("discipline:reports"))


def not_begun(month: Month, whom: str) -> Iterator[Call]:
    """For each reader those that lie there for her and that nobody has begun with."""
    for user in readers():
        yield call(user, Report.objects.readable_by(user).new().count())


NEW = Kind(
    code="discipline.new",
    title="有新的反映",
    sentence="有新的反映，打开看。",
    whom={WHOM: DUTIES[WHOM].title},
    ask=not_begun,
    inside=True,
)


def register_kinds() -> None:
    """Called once, when Django is ready."""
    register(NEW)
