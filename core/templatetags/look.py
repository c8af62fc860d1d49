"""The small pieces every page draws the same way: icons, states, bars, dates, the desk's menu."""

import datetime as dt
from typing import Any

from django import template
from django.template.defaultfilters import date as format_date
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core import clock
from core.menu import menu_for
from core.scope import may

register = template.Library()

# state: its icon (look.md, "States"); every state also carries its word
STATES = {
    "late": "alert",
    "soon": "clock",
    "hold": "pause",
    "hand": "half",
    "no": "x",
    "ok": "check",
    "wait": "clock",
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """`{% icon "check" %}`: one symbol of templates/_sprite.html, beside a word that says the same."""
    return format_html('<svg class="i" aria-hidden="true"><use href="#i-{}"/></svg>', name)


@register.simple_tag
def state(kind: str, word: Any) -> SafeString:
    """`{% state "late" "超 23 天" %}`: filled, tinted, outlined or plain, with its icon and its word."""
    return format_html('<span class="state state-{}">{}{}</span>', kind, icon(STATES[kind]), word)


@register.simple_tag
def bar(part: int | float, whole: int | float, kind: str = "fill") -> SafeString:
    """A bar that prints and needs no script; its number stands beside it. `kind`: fill (dark) or part (light)."""
    width = round(100 * part / whole) if whole else 0
    return format_html(
        '<span class="bar-row"><svg class="bar-svg" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="b-track" width="100" height="12"/><rect class="b-{}" width="{}" height="12"/></svg>'
        "<span>{}</span></span>",
        kind,
        width,
        f"{width}%" if whole else "–",
    )


@register.simple_tag(takes_context=True)
def desk_menu(context: template.Context) -> list[Any]:
    """The side menu as this actor sees it; asked once per page."""
    if "request" not in context:
        return []
    request = context["request"]
    if not hasattr(request, "_desk_menu"):
        request._desk_menu = menu_for(request.user, request.path)
    return request._desk_menu


@register.simple_tag(takes_context=True, name="may")
def _may(context: template.Context, verb: str) -> bool:
    """Whether this actor holds the verb anywhere; asked once per page."""
    if "request" not in context:
        return False
    request = context["request"]
    known = request.__dict__.setdefault("_may", {})
    if verb not in known:
        known[verb] = may(request.user, verb)
    return known[verb]


@register.filter
def cn_day(day: dt.date | dt.datetime | None) -> str:
    """11月23日: on screen, where the year is plain."""
    day = _day(day)
    return f"{day.month}月{day.day}日" if day else ""


@register.filter
def cn_date(day: dt.date | dt.datetime | None) -> str:
    """2026年11月23日: on paper and in sentences."""
    day = _day(day)
    return f"{day.year}年{day.month}月{day.day}日" if day else ""


@register.filter
def iso_day(day: dt.date | dt.datetime | None) -> str:
    """2026-11-23: in tables and files."""
    day = _day(day)
    return day.isoformat() if day else ""


@register.filter
def weekday(day: dt.date) -> str:
    return f"星期{'一二三四五六日'[day.weekday()]}"


@register.filter
def when(moment: dt.datetime | None) -> str:
    """今天 9:31, 昨天 17:06, 11月3日 9:31, 2025-11-03."""
    if moment is None:
        return ""
    day, today = clock.local_date(moment), clock.today()
    if day.year != today.year:
        return day.isoformat()
    words = {0: "今天", 1: "昨天"}.get((today - day).days, f"{day.month}月{day.day}日")
    return f"{words} {format_date(moment.astimezone(clock.SHANGHAI), 'G:i')}"


def _day(value: dt.date | dt.datetime | None) -> dt.date | None:
    return clock.local_date(value) if isinstance(value, dt.datetime) else value
