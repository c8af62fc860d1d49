"""What disputes tells people: at once, that a dispute was noticed or given to them; each month, how many of them nobody
has looked at. The sentences name nobody, the link leads to the rows."""

from collections.abc import Iterator

from django.db.models import Count
from django.urls import reverse

from accounts.notices import Call, Kind, News, register
from accounts.notices.writing import tell_at_once
from core.periods import Month
from disputes.models import Dispute, Move
from grids.duties import DUTIES
from grids.models import Post, Territory

OWNER = "owner"
# After these steps a dispute lies with somebody who may not know of it yet.
TELLING = ("open", "escalate", "restore", "assign")
_POSTS = {code: DUTIES[code].title for code in ("secretary", "office", "justice")}
_LEVELS = {
    Dispute.GRID: ("secretary",),
    Dispute.VILLAGE: ("secretary",),
    Dispute.TOWN: ("office", "justice"),
    Dispute.DISTRICT: ("office",),
}


def tell_of_move(move: Move) -> None:
    """Whoever has the dispute after this step, except who took the step herself."""
    if move.kind in TELLING:
        tell_at_once(kind=GIVEN if move.kind == "assign" else NEW, about=move.pk)


def _of_move(about: str, whom: str) -> Iterator[Call]:
    rows = Move.objects.select_related("dispute__territory__parent__parent")
    if (move := rows.filter(pk=about).first()) is None:
        return
    dispute, link = move.dispute, reverse("disputes:dispute", args=[move.dispute_id])
    still = int(dispute.is_open)
    if whom == OWNER:
        told = {move.owner_id: "您是这件纠纷的负责人", move.keeper_id: "您是这件纠纷的稳控负责人"}
        for user, why in told.items():
            if move.kind == "assign" and user and user != move.actor_id:
                yield Call(user, still, why, link, dispute.number)
        return
    if move.kind == "assign" or whom not in _LEVELS[move.level]:
        return
    village = dispute.village
    place = village if whom == "secretary" else village.parent
    posts = Post.objects.in_force().filter(duty=whom, territory=place, officer__user__isnull=False)
    for user in posts.order_by("pk").values_list("officer__user", flat=True):
        if user != move.actor_id:
            why = f"您是{place.full_name}的{DUTIES[whom].title}"
            yield Call(user, still, why, link, dispute.number)


NEW = News("disputes.new", "新的矛盾纠纷", "矛盾纠纷 {row} 等着受理。", _POSTS, _of_move)
GIVEN = News("disputes.given", "交给您的矛盾纠纷", "矛盾纠纷 {row} 交给了您。", {OWNER: "负责人"}, _of_move)


def unreviewed(month: Month, whom: str) -> Iterator[Call]:
    """For each holder of the post with an account: the open disputes of the place that nobody has looked at this month
    (附件3 之 6: 每月进行 1 次梳理更新)."""
    rows = Dispute.objects.unreviewed(month)
    counted = rows.order_by().values_list("territory", "territory__parent").annotate(number=Count("pk"))
    found: dict[int, int] = {}
    for place, above, number in counted:
        for each in (place, above):
            found[each] = found.get(each, 0) + number
    posts = Post.objects.in_force().filter(
        duty=whom,
        territory__kind=Territory.VILLAGE,
        territory__closed_on__isnull=True,
        officer__user__isnull=False,
    )
    for post in posts.select_related("officer", "territory__parent").order_by("pk"):
        assert post.officer.user_id is not None  # as asked above
        yield Call(
            user=post.officer.user_id,
            number=found.get(post.territory_id, 0),
            why=f"您是{post.territory.full_name}的{DUTIES[whom].title}",
            link=f"{reverse('disputes:disputes')}?list=review",
        )


UNREVIEWED = Kind(
    code="disputes.unreviewed",
    title="纠纷还没梳理",
    sentence="{month}还有 {number} 件矛盾纠纷没有梳理。",
    whom={code: DUTIES[code].title for code in ("secretary", "cadre")},
    ask=unreviewed,
)


def register_kinds() -> None:
    """Called once, when Django is ready."""
    for kind in (NEW, GIVEN, UNREVIEWED):
        register(kind)
