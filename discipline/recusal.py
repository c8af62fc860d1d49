"""回避: who must not learn of a report. Whom it may be about, and everybody who stands below that person.

It is decided when somebody looks, from the words themselves and the posts as they are: not from marks written down
when a report came in. Marks would not know the officer who is renamed, registered or given a post afterwards, and keyed
hashes of subjects in the database would still tell which reports are about the same one. The price is that every report
and step is opened for a list: a second for 1,000 of 200 characters, and a town has some dozens a year.

1. A reader's circle: himself, and everybody who stands above him by posts held now, to come, or within LOOKS_BACK.
   Above is: at a place higher up in the tree; at the same place with a duty that leads his (grids.duties.LEADS).
   The roster may hold one person as two rows: all rows of one name, present or former, are taken for one person.
2. A report concerns a circle if a name of it stands anywhere in what was said or in the words of a step (one of three
   characters and more also as it sounds), if one sounds like a name that was given, or if one of it held the office
   that was named, at that place or on its line in the tree, within LOOKS_BACK of it. Where the office is not known it
   is anybody of that place, unless the name that was given is the whole name of an officer there: 老王 and 王主任 may
   be anybody.
3. Whatever does not open, lies outside the reach, or is asked for by somebody who is no officer, is closed.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from core import clock
from core.scope import kept, nodes_of, reach_of
from discipline.told import OFFICES, UNSURE, Told
from grids.models import Officer, Post, Territory
from grids.services import spell, syllables

LOOKS_BACK = dt.timedelta(days=366)
_SHORTEST = 2  # a name of one character would be found in every text
_LONG = 3  # and the sound of one of two in many


@dataclass(frozen=True)
class Circle:
    """Somebody and all who stand above: what they are called and were, and the posts they held. `parents`: of each node
    of their town the node above it. `roster`: of each name there the nodes at which somebody of it held a post, from
    when to when."""

    names: frozenset[str]
    posts: tuple[Post, ...]
    parents: dict[int, int | None]
    roster: dict[str, list[tuple[int, dt.date, dt.date | None]]]

    @cached_property
    def sounds(self) -> frozenset[str]:
        return frozenset(spell(name).pinyin for name in self.names)

    @cached_property
    def long_sounds(self) -> frozenset[str]:
        """Of names long enough not to be heard by chance in any text; both ways to read the first character."""
        long = [name for name in self.names if len(name) >= _LONG]
        return frozenset(_run(name, surname=surname) for name in long for surname in (True, False))

    def is_concerned(self, told: Told, steps: str, day: dt.date) -> bool:
        """Whether a report of that day, with those words of its steps, may be about one of them."""
        return self._is_named(told, steps) or any(self._fits(post, told, day) for post in self.posts)

    def _is_named(self, told: Told, steps: str) -> bool:
        whole = plain(f"{told.name}\n{told.what}\n{told.also}\n{steps}")
        if any(name in whole for name in self.names):
            return True
        if any(self._sounds_like(plain(given)) for given in (told.name, *told.also.splitlines())):
            return True
        sound = _run(whole)
        return any(each in sound for each in self.long_sounds)

    def _sounds_like(self, given: str) -> bool:
        if len(given) < _SHORTEST:
            return False
        sound = spell(given).pinyin
        return any(given in name for name in self.names) or any(each in sound for each in self.sounds)

    def _fits(self, post: Post, told: Told, day: dt.date) -> bool:
        if not _is_near(post.since, post.until, day) or post.duty not in OFFICES[told.office].duties:
            return False
        if told.office == UNSURE:
            # Who knows the whole name need not know the office; else it is anybody of that village, or of the town.
            place: Any = post.territory
            return told.place == (place.village or place).pk and not self._is_whole_name(told, day)
        return told.place in self._up_from(post.territory_id) or post.territory_id in self._up_from(
            told.place
        )

    def _is_whole_name(self, told: Told, day: dt.date) -> bool:
        return any(
            told.place in self._up_from(node) and _is_near(since, until, day)
            for node, since, until in self.roster.get(plain(told.name), ())
        )

    def _up_from(self, node: int | None) -> Iterator[int]:
        while node is not None:
            yield node
            node = self.parents.get(node)


def _is_near(since: dt.date, until: dt.date | None, day: dt.date) -> bool:
    return since <= day and (until is None or until >= day - LOOKS_BACK)


def _run(text: str, *, surname: bool = False) -> str:
    """-wang-jian-guo-"""
    return f"-{'-'.join(syllables(text, surname=surname))}-"


def plain(text: str) -> str:
    """Half-width and without spaces and dots, so that 王 建国 and 王·建国 are 王建国."""
    return re.sub(r"[\s·•.]", "", unicodedata.normalize("NFKC", text))


def officers_called(name: str) -> QuerySet:
    """Every row of the roster that is called so, or was."""
    called = _called()
    return Officer.objects.filter(pk__in=_of_one_name(called, {plain(name)})).order_by("pk")


def _called() -> dict[int, set[str]]:
    """What each officer is called and was."""
    found: dict[int, set[str]] = {}
    once = Officer.history.order_by().values_list("id", "name")
    for officer, name in Officer.objects.values_list("pk", "name").union(once):
        found.setdefault(officer, set()).add(plain(name))
    return found


def _of_one_name(called: dict[int, set[str]], names: set[str]) -> set[int]:
    return {officer for officer, theirs in called.items() if theirs & names}


def circle_of(actor: Any) -> Circle | None:
    """The circle of somebody who holds posts, None for whoever never did.

    One person may stand in the roster as several rows: whoever has or had the name of one of the circle is of it.
    """
    # Who has no account is nobody's officer: asked for none, the database would give one of those without an account.
    key = getattr(actor, "pk", None)
    officer = Officer.objects.filter(user=key).first() if key else None
    if officer is None:
        return None
    called = _called()
    himself = _of_one_name(called, called[officer.pk] | {plain(actor.name)})
    around = Post.objects.from_day(clock.today() - LOOKS_BACK)
    own = list(around.filter(officer__in=himself).select_related("territory"))
    leading = set(around.leading(own).values_list("officer", flat=True))
    people = himself | _of_one_name(called, set().union(*(called[each] for each in himself | leading)))
    names = set().union({plain(actor.name)}, *(called[each] for each in people))
    posts = tuple(Post.objects.filter(officer__in=people).select_related("territory__parent"))
    trees = {post.territory.tree_id for post in posts}
    parents = dict(Territory.objects.filter(tree_id__in=trees).values_list("pk", "parent"))
    roster: dict[str, list[tuple[int, dt.date, dt.date | None]]] = {}
    held = Post.objects.filter(territory__tree_id__in=trees)
    for each, node, since, until in held.values_list("officer", "territory", "since", "until"):
        for name in called[each]:
            roster.setdefault(name, []).append((node, since, until))
    return Circle(frozenset(name for name in names if len(name) >= _SHORTEST), posts, parents, roster)


class Reader:
    """Somebody who asks with a verb."""

    def __init__(self, actor: Any, verb: str) -> None:
        reach = reach_of(actor, verb)
        self._circle = circle_of(actor) if reach else None
        self._inside = set(nodes_of(reach)) if self._circle else set()

    @property
    def sees_any(self) -> bool:
        return self._circle is not None

    def is_open(self, told: Told, received_at: dt.datetime, steps: str = "") -> bool:
        """Whether this report, with the words of its `steps`, exists for her."""
        if self._circle is None or told.place not in self._inside:
            return False
        return not self._circle.is_concerned(told, steps, clock.local_date(received_at))


def reader(actor: Any, verb: str) -> Reader:
    """The same one for a whole request that only reads."""
    return kept(("reader of reports", getattr(actor, "pk", None), verb), lambda: Reader(actor, verb))
