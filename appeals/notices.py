"""What appeals tells people at once: that a matter lies with them, was given to them, was asked about; that a button's
key is on hold. Once for each person and step; the sentences have the number of the row in them, nothing else of it."""

from collections.abc import Iterator

from django.urls import reverse

from accounts.notices import Call as Told
from accounts.notices import News, register
from accounts.notices.writing import tell_at_once
from appeals.models import Call, DeviceStep, Matter, Move
from appeals.models.matters import HANDLES
from grids.duties import DUTIES
from grids.models import Post, Territory

OWNER = "owner"
# After these steps a matter lies with somebody who may not know of it yet.
TELLING = ("open", "dispatch", "give_back", "escalate", "reopen", "restore")
# The posts that are told, and where they are held: of the level with which a matter lies.
LEVELS = {
    Matter.GRID: ("leader", "worker"),
    Matter.VILLAGE: ("secretary",),
    Matter.TOWN: ("office",),
    Matter.DISTRICT: ("office",),
}
_POSTS = {code: DUTIES[code].title for code in ("leader", "worker", "secretary", "office")}
_ANY = _POSTS | {OWNER: "承办人"}


def tell_of_move(move: Move) -> None:
    """Whoever has the matter after this step, and of a call the secretary, except who took the step herself."""
    if move.kind in TELLING:
        urgent = move.matter.urgency == Matter.NOW
        plain = GIVEN if move.kind == "dispatch" else NEW
        tell_at_once(kind=NOW if urgent else plain, about=move.pk)


def tell_of_call(call: Call) -> None:
    """Of a call that opened nothing: it asked about a matter, or its button is on hold."""
    tell_at_once(kind=HELD_CALL if call.matter_id is None else ASKED, about=call.pk)


def tell_of_hold(step: DeviceStep) -> None:
    tell_at_once(kind=HELD, about=step.pk)


# --- who is to be told, asked when it happens and again before anything leaves the house ------------------------------


def _of_move(about: str, whom: str) -> Iterator[Told]:
    rows = Move.objects.select_related("matter__territory__parent__parent")
    if (move := rows.filter(pk=about).first()) is None:
        return
    matter, link = move.matter, reverse("appeals:matter", args=[move.matter_id])
    later = matter.moves.filter(pk__gt=move.pk).exclude(kind="note")
    still = int(matter.is_open and not later.exists())
    if whom == OWNER:
        if move.kind == "dispatch" and move.to_id:
            yield Told(move.to_id, still, "这件事交给了您办", link, matter.number)
        return
    level = move.level if move.level != Matter.GRID or _served(matter.territory) else Matter.VILLAGE
    place = _place(matter, level)
    lies = move.kind != "dispatch" and whom in LEVELS[level] and not _hers(move, place)
    called = move.kind == "open" and whom == "secretary" and _from_outside(matter)
    if called:
        yield from _holders(whom, matter.village, int(matter.is_open), link, move.actor_id, matter.number)
    elif lies:
        yield from _holders(whom, place, still, link, move.actor_id, matter.number)


def _of_call(about: str, whom: str) -> Iterator[Told]:
    rows = Call.objects.select_related("matter", "territory__parent__parent")
    if (call := rows.filter(pk=about).first()) is None:
        return
    matter = call.matter
    if matter is None:
        place = {"secretary": call.territory.village, "worker": call.territory}.get(whom)
        waits = Call.objects.on_hold().filter(pk=call.pk).exists()
        if place:
            link = reverse("appeals:call", args=[call.pk])
            yield from _holders(whom, place, int(waits), link, None, call.number)
        return
    link = reverse("appeals:matter", args=[matter.pk])
    if whom == OWNER and matter.owner_id and matter.owner_id != call.taken_by_id:
        yield Told(matter.owner_id, int(matter.is_open), "有人打热线问您办的事", link, matter.number)
    elif whom == "secretary":
        still = int(matter.is_open)
        yield from _holders(whom, matter.village, still, link, call.taken_by_id, matter.number)


def _of_hold(about: str, whom: str) -> Iterator[Told]:
    rows = DeviceStep.objects.select_related("device__territory__parent__parent")
    if (step := rows.filter(pk=about).first()) is None:
        return
    village = step.device.territory.village
    assert village is not None
    place = {"secretary": village, "office": village.parent}[whom]
    link = reverse("appeals:device", args=[step.device_id])
    yield from _holders(whom, place, int(step.device.held_at is not None), link, None)


def _from_outside(matter: Matter) -> bool:
    """Calls, and what somebody outside says cannot wait: of these the secretary is told wherever they lie."""
    urgent = matter.source == Matter.ONLINE and matter.urgency == Matter.NOW
    return urgent or matter.source in (Matter.HOTLINE, Matter.BUTTON)


def _place(matter: Matter, level: str) -> Territory:
    if level == Matter.GRID:
        return matter.territory
    return matter.village if level == Matter.VILLAGE else matter.village.parent


def _served(grid: Territory) -> bool:
    """Whether somebody who can sign in serves there: what lies with a grid without her waits for the village."""
    return Post.objects.carrying(HANDLES).filter(territory=grid).exists()


def _hers(move: Move, place: Territory) -> bool:
    """Whether who took the step serves in the office it lies with: then that office knows."""
    posts = Post.objects.carrying(HANDLES).filter(territory=place)
    return move.actor_id is not None and posts.filter(officer__user=move.actor_id).exists()


def _holders(
    whom: str, place: Territory, number: int, link: str, but: int | None, row: str = ""
) -> Iterator[Told]:
    posts = Post.objects.in_force().filter(duty=whom, territory=place, officer__user__isnull=False)
    for user in posts.order_by("pk").values_list("officer__user", flat=True):
        if user != but:
            yield Told(user, number, f"您是{place.full_name}的{DUTIES[whom].title}", link, row)


NEW = News("appeals.new", "新的诉求", "诉求 {row} 等着办。", _ANY, _of_move)
NOW = News("appeals.now", "马上要办的诉求", "诉求 {row} 马上要办。", _ANY, _of_move, urgent=True)
GIVEN = News("appeals.given", "交给您的诉求", "诉求 {row} 交给了您。", _ANY, _of_move)
ASKED = News(
    "appeals.asked",
    "热线问起的诉求",
    "有人打热线问诉求 {row} 办到哪了。",
    {"secretary": _POSTS["secretary"], OWNER: "承办人"},
    _of_call,
)
HELD = News(
    "appeals.held",
    "呼叫器先停着",
    "有一个呼叫器的钥匙用得不对，先停着，等人看。",
    {"secretary": _POSTS["secretary"], "office": _POSTS["office"]},
    _of_hold,
    urgent=True,
)
HELD_CALL = News(
    "appeals.held_call",
    "停着的呼叫器有人按",
    "停着的呼叫器有人按（{row}），等人看是不是真的。",
    {"secretary": _POSTS["secretary"], "worker": _POSTS["worker"]},
    _of_call,
    urgent=True,
)


def register_kinds() -> None:
    """Called once, when Django is ready."""
    for kind in (NEW, NOW, GIVEN, ASKED, HELD, HELD_CALL):
        register(kind)
