"""The small pieces every page draws the same way: icons, states, bars, tables, dates, the desk's menu."""

import datetime as dt
import re
from typing import Any

from django import template
from django.template.defaultfilters import date as format_date
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from core import clock
from core.board import Number
from core.menu import menu_for
from core.scope import may

register = template.Library()

_PART = re.compile(r"<(table|thead|tbody|tr|th|td)\b([^>]*)>")
_CELL = re.compile(r"(<td\b[^>]*>)\s*(</td>)")
_HEADING = re.compile(r"<th\b[^>]*>(.*?)</th>", re.DOTALL)
_HIDDEN = re.compile(r'<span class="(?:sr|read-only)">.*?</span>')
_TAG = re.compile(r"<[^>]*>")
ROLES = {
    "table": "table",
    "thead": "rowgroup",
    "tbody": "rowgroup",
    "tr": "row",
    "th": "columnheader",
    "td": "cell",
}

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


@register.simple_tag
def number(value: Number) -> SafeString:
    """`{% number figure %}`: a number with its unit, a link to the rows it counts where there are any to be seen."""
    said = f"{value.number} {value.unit}".strip()
    if not value.opens:
        return format_html("{}", said)
    return format_html('<a class="n" href="{}">{}</a>', value.url, said)


@register.filter
def is_number(part: Any) -> bool:
    """Whether a part of a sentence is a number that opens, and not words."""
    return isinstance(part, Number)


@register.filter
def plain(value: float) -> str:
    """A place in a drawing as SVG has it: 36.5, never 36,5."""
    return f"{value:g}"


@register.tag(name="cards")
def cards(parser: Any, token: Any) -> "Cards":
    """`{% cards %}<table class="tbl">…</table>{% endcards %}`: a table on the desk, a card for each row on a phone."""
    inside = parser.parse(("endcards",))
    parser.delete_first_token()
    return Cards(inside)


class Cards(template.Node):
    """Writes each cell's heading beside it for desk.css, and says by role what the cards are: drawn as blocks, a table
    is none any more to a screen reader. One table with one row of headings; a hidden heading labels nothing."""

    def __init__(self, nodelist: Any) -> None:
        self.nodelist = nodelist

    def render(self, context: template.Context) -> SafeString:
        html = _CELL.sub(r"\1\2", self.nodelist.render(context))
        head, cut, body = html.partition("</thead>")
        labels = [_TAG.sub("", _HIDDEN.sub("", each)).strip() for each in _HEADING.findall(head)]
        column = 0

        def marked(part: re.Match[str]) -> str:
            nonlocal column
            name, more = part.groups()
            label = ""
            if name == "tr":
                column = 0
            elif name == "td":
                label = labels[column] if column < len(labels) else ""
                column += 1
            elif name == "table":
                more = more.replace('class="tbl', 'class="tbl tbl-cards')
            return f'<{name}{more} role="{ROLES[name]}"' + (f' data-label="{label}">' if label else ">")

        return mark_safe(_PART.sub(marked, head) + cut + _PART.sub(marked, body))


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
    return clock.cn_day(day) if day else ""


@register.filter
def cn_date(day: dt.date | dt.datetime | None) -> str:
    """2026年11月23日: on paper and in sentences."""
    day = _day(day)
    return clock.cn_date(day) if day else ""


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
    words = {0: "今天", 1: "昨天"}.get((today - day).days, clock.cn_day(day))
    return f"{words} {format_date(moment.astimezone(clock.SHANGHAI), 'G:i')}"


def _day(value: dt.date | dt.datetime | None) -> dt.date | None:
    return clock.local_date(value) if isinstance(value, dt.datetime) else value
