"""What points put on pages that show several rooms: what waits for this person, and what hangs out."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from core.board import Ends, Figure, Number, Waiting, register_figure, register_rows, register_waiting
from core.scope import may
from points import services
from points.models import Award, Challenge
from points.models.awards import CHECKS, DECIDES, SEES

Ask = Callable[[Any], QuerySet[Award]]


def _url(state: str) -> str:
    return f"{reverse('points:awards')}?list={state}"


def _lines(verb: str, ask: Ask, said: str, why: str, url: Callable[[], str], step: str) -> tuple[Any, Any]:
    """(ask, count) of all the deeds of one kind that wait for somebody: one line for all of them."""

    def waiting(actor: Any, ends: Ends) -> list[Waiting]:
        rows = ask(actor) if may(actor, verb) else Award.objects.none()
        if not (number := rows.count()):
            return []
        first = rows.order_by("claimed_at").values_list("claimed_at", flat=True)[0]
        return [Waiting("积分", f"{number} 件积分申报{said}", url(), first, why, step)]

    def count(actor: Any) -> int:
        return int(may(actor, verb) and ask(actor).exists())

    return waiting, count


CHECK = _lines(CHECKS, services.to_check, "等初审", "报上来还没人看过", lambda: _url(Award.CLAIMED), "去初审")
DECIDE = _lines(DECIDES, services.to_decide, "等复核", "初审过了", lambda: _url(Award.CHECKED), "去复核")
SHOW = _lines(DECIDES, services.to_show, "等公示", "复核过了", lambda: reverse("points:notices"), "去公示")


def _objections(actor: Any) -> QuerySet[Challenge]:
    return services.to_answer(actor).select_related("award__item", "award__household")


def _objection(actor: Any, row: Challenge) -> Waiting:
    """It holds its award back until it is answered, at the notice on which the award hangs."""
    url = f"{reverse('points:notice', args=[row.award.notice_id])}#challenge-{row.pk}"
    told = f"{row.award.household} {row.award.item}：{row.words[:30]}"
    return Waiting("异议", told, url, row.noted_at, "处理以前不入账", "去处理")


def figure(actor: Any) -> Figure | None:
    """Deeds that hang out today, and how many of them somebody objected to."""
    if not may(actor, SEES):
        return None
    shown = Award.objects.visible_to(actor, SEES).in_state(Award.SHOWN)
    if not (number := shown.count()):
        return None
    objected = shown.objected().count()
    context: list[str | Number] = ["有异议 ", Number(objected, "件")] if objected else ["没有异议的期满入账"]
    return Figure("公示中的积分", number, "件", context, _url(Award.SHOWN), calm=not objected)


def register() -> None:
    """Called once, when Django is ready."""
    for name, (ask, count), order in (("check", CHECK, 30), ("decide", DECIDE, 31), ("show", SHOW, 32)):
        register_waiting(f"points.{name}", ask, order, count)
    register_rows("points.objections", (DECIDES,), _objections, _objection, 33)
    register_figure("points.shown", figure, 60)
