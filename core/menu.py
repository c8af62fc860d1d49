"""The desk's side menu: each app registers its entries in `AppConfig.ready`; without the verb an entry is not shown."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse

from core.scope import may


@dataclass(frozen=True)
class Entry:
    """One line of the menu. `group` "" stands above all groups; `verb` "" is for everybody who is
    signed in, "a|b" for who has either. `finds`: whether such a reader finds anything there, where the verb alone does
    not say it."""

    group: str
    title: str
    url_name: str
    verb: str
    order: int
    finds: Callable[[Any], bool] | None = None


@dataclass(frozen=True)
class Line:
    """An entry as one actor sees it on one page."""

    title: str
    url: str
    current: bool


_entries: dict[str, Entry] = {}


def register_menu(
    group: str,
    title: str,
    url_name: str,
    verb: str,
    order: int,
    finds: Callable[[Any], bool] | None = None,
) -> None:
    """Add an entry. Entries stand by `order`, a group where its first entry stands; the same url twice is a mistake."""
    entry = Entry(group, title, url_name, verb, order, finds)
    if _entries.get(url_name, entry) != entry:
        raise ValueError(f"menu entry registered twice: {url_name}")
    _entries[url_name] = entry


def entries() -> list[Entry]:
    return sorted(_entries.values(), key=lambda entry: (entry.order, entry.url_name))


def menu_for(actor: Any, path: str) -> list[tuple[str, list[Line]]]:
    """The groups with the lines this actor may use; the line whose address leads to `path` most closely is current."""
    held: dict[str, bool] = {"": True}
    shown = []
    for entry in entries():
        url = _url(entry.url_name)
        if url is None:
            continue
        if entry.verb not in held:
            held[entry.verb] = any(may(actor, verb) for verb in entry.verb.split("|"))
        if held[entry.verb] and (entry.finds is None or entry.finds(actor)):
            shown.append((entry, url))
    here = max((url for _, url in shown if path.startswith(url)), key=len, default="")
    groups: dict[str, list[Line]] = {}
    for entry, url in shown:
        groups.setdefault(entry.group, []).append(Line(entry.title, url, url == here))
    return list(groups.items())


def _url(name: str) -> str | None:
    try:
        return reverse(name)
    except NoReverseMatch:
        return None
