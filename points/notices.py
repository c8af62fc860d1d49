"""What points tell people at once: the village, that somebody objected; who claimed a deed, that it was not accepted.
The sentences name nobody, the link leads to the row."""

from collections.abc import Iterator

from django.urls import reverse

from accounts.notices import Call, News, register
from accounts.notices.writing import tell_at_once
from grids.duties import DUTIES
from grids.models import Post
from points.models import Award, AwardMove, Challenge

CLAIMER = "claimer"


def tell_of_challenge(found: Challenge) -> None:
    """The secretary of the village, unless she wrote it down herself."""
    tell_at_once(kind=OBJECTED, about=found.pk)


def tell_of_refusal(move: AwardMove) -> None:
    """Who claimed it, unless he refused it himself."""
    tell_at_once(kind=REFUSED, about=move.pk)


def _of_challenge(about: str, whom: str) -> Iterator[Call]:
    rows = Challenge.objects.select_related("award__household__village")
    if (found := rows.filter(pk=about).first()) is None:
        return
    award, village = found.award, found.award.household.village
    posts = Post.objects.in_force().filter(duty=whom, territory=village, officer__user__isnull=False)
    link, still = reverse("points:award", args=[award.pk]), int(found.decided_at is None)
    for user in posts.order_by("pk").values_list("officer__user", flat=True):
        if user != found.noted_by_id:
            yield Call(user, still, f"您是{village.full_name}的{DUTIES[whom].title}", link, award.number_said)


def _of_refusal(about: str, whom: str) -> Iterator[Call]:
    move = AwardMove.objects.select_related("award").filter(pk=about).first()
    if move is None or move.award.state != Award.REFUSED:
        return
    award = move.award
    if award.claimed_by_id and award.claimed_by_id != move.actor_id:
        link = reverse("points:award", args=[award.pk])
        yield Call(award.claimed_by_id, 1, "这一件是您申报的", link, award.number_said)


OBJECTED = News(
    "points.objected",
    "积分公示有异议",
    "积分申报 {row} 有人提了异议，处理以前不入账。",
    {"secretary": DUTIES["secretary"].title},
    _of_challenge,
)
REFUSED = News(
    "points.refused",
    "积分申报没通过",
    "您报的积分申报 {row} 没有通过。",
    {CLAIMER: "申报人"},
    _of_refusal,
)


def register_kinds() -> None:
    """Called once, when Django is ready."""
    for kind in (OBJECTED, REFUSED):
        register(kind)
