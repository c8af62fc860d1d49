"""What disputes tells people: at once, that a dispute was noticed or given to them, or that they sit in a panel and
when; each month, how many of them nobody has looked at. The sentences name nobody, the link leads to the rows."""

from collections.abc import Iterator

from django.db.models import Count
from django.urls import reverse

from accounts.models import Notice
from accounts.notices import Call, Kind, News, register
from accounts.notices.writing import tell_at_once
from core import clock
from core.periods import Month
from disputes.models import Dispute, Move, Panel
from grids.duties import DUTIES
from grids.models import Post, Territory

OWNER, MEMBER = "owner", "member"
# After these steps a dispute lies with somebody who may not know of it yet.
TELLING = ("open", "escalate", "restore", "assign")
_POSTS = {code: DUTIES[code].title for code in ("secretary", "office", "justice")}
_LEVELS = {
    Dispute.GRID: ("secretary",),
    Dispute.VILLAGE: ("secretary",),
    Dispute.TOWN: ("office", "justice"),
    Dispute.DISTRICT: (),  # it is taken up there
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


def tell_of_panel(move: Move) -> None:
    """Whoever sits, watches or leads in the panel that this step has settled, except who settled it."""
    tell_at_once(kind=SEATED, about=move.pk)


def _of_panel(about: str, whom: str) -> Iterator[Call]:
    """When and where stand in `why`, which nobody reads but who is told; who knows them already is not told again."""
    if (move := Move.objects.select_related("dispute").filter(pk=about).first()) is None:
        return
    panel = move.dispute.panels.filter(settled_at__lte=move.at).order_by("-number").first()
    if panel is None or panel.at is None:
        return
    meets = f"{clock.cn_moment(panel.at)} 在{panel.place}议事"
    why, link = f"您在第 {panel.number} 次议事的小组里，{meets}", reverse("disputes:panel", args=[panel.pk])
    told = Notice.objects.filter(kind=SEATED.code, link=link).exclude(period=about).order_by("pk")
    known = dict(told.values_list("user", "why"))  # of several the last
    still = int(panel.state not in Panel.OVER)
    for user in sorted(_members(panel)):
        if user != move.actor_id and known.get(user) != f"{why}。":
            yield Call(user, still, why, link, move.dispute.number)


def _members(panel: Panel) -> set[int]:
    """The accounts of who sits in it, watches it or leads it."""
    found = {panel.host.user_id} if panel.host else set()
    for rows in (panel.seats, panel.observers):
        found.update(rows.values_list("officer__user", flat=True))
    return {user for user in found if user}


SEATED = News(
    "disputes.seated",
    "议事小组里有您",
    "矛盾纠纷 {row} 的议事小组里有您，时间、地点登录看。",
    {MEMBER: "议事小组的人"},
    _of_panel,
)


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
    for kind in (NEW, GIVEN, SEATED, UNREVIEWED):
        register(kind)
