"""What matches put on 无事板 and the desk's first page: whom to call, what has come of it, whom to ask after."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from core import clock
from core.board import Figure, Number, Waiting, register_figure, register_rows
from core.scope import may
from jobs import services
from jobs.models import Match
from jobs.models.words import MANAGES, NOTES_LABOUR, SEES


def _line(match: Match, text: str, why: str, step: str, at: Any) -> Waiting:
    url = reverse("matches:match", args=[match.pk])
    return Waiting("对接", f"{match.person} → {match.vacancy}：{text}", url, at, why, step)


def _to_contact(actor: Any, match: Match) -> Waiting:
    text = "上次没联系上" if match.state == Match.UNREACHED else "推荐了，还没联系"
    return _line(match, text, f"{clock.cn_day(match.day)}推荐的", "去联系", match.made_at)


def _to_follow(actor: Any, match: Match) -> Waiting:
    return _line(match, match.get_state_display(), "看去不去、要不要", "去记结果", match.made_at)


def _to_ask(actor: Any, match: Match) -> Waiting:
    assert match.started_on is not None
    assert match.ask_on is not None
    at, _ = clock.hours_of(match.ask_on)
    return _line(match, "还在不在干", f"{clock.cn_day(match.started_on)}到岗的，该回访了", "去回访", at)


def figure(actor: Any) -> Figure | None:
    """Who was sent to a place and has no answer yet, and who is to be asked whether he still works there."""
    if not may(actor, SEES):
        return None
    rows = Match.objects.readable_by(actor)
    running = rows.running().count()
    asked = rows.to_be_asked().count()
    if not running and not asked:
        return None
    lists = reverse("matches:matches")
    context: list[str | Number] = ["没有该回访的"]
    if asked:
        context = ["该回访的 ", Number(asked, "人", f"{lists}?list=ask")]
    return Figure("正在对接", running, "人次", context, lists, calm=not asked)


def register() -> None:
    """Called once, when Django is ready."""
    kinds = (
        ("contact", NOTES_LABOUR, services.to_contact, _to_contact),
        ("follow", MANAGES, services.to_follow, _to_follow),
        ("ask", NOTES_LABOUR, services.to_ask, _to_ask),
    )
    for order, (name, verb, ask, tell) in enumerate(kinds, 60):
        register_rows(f"jobs.{name}", (verb,), _named(ask), tell, order)
    register_figure("jobs.matches", figure, 70)


def _named(ask: Callable[[Any], QuerySet[Match]]) -> Callable[[Any], QuerySet[Match]]:
    return lambda actor: ask(actor).select_related("person", "vacancy__employer")
