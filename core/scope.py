"""Who sees what: one question, `visible_to(actor, verb)`, asked of every query.

A model that holds village data names its path to the tree in `TERRITORY`, or says `TERRITORY = None` with
`TERRITORY_NONE_BECAUSE`; core.checks refuses to start otherwise. Core knows only ranges of a nested-set tree; what
posts give which ranges is answered by the callable named in settings.SCOPE_REACH. One actor has no posts and reaches
everything: OPERATOR, who types commands on the server itself. No request can ever carry it.
"""

import datetime as dt
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Q
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class Reach:
    """Where an actor may use a verb: ranges (tree, left, right), both ends included. Empty reaches nothing."""

    ranges: frozenset[tuple[int, int, int]] = frozenset()
    everywhere: bool = False

    def __bool__(self) -> bool:
        return self.everywhere or bool(self.ranges)

    def covers(self, territory: Any) -> bool:
        """Whether a node of the tree lies inside."""
        return self.everywhere or any(
            tree == territory.tree_id and left <= territory.lft and territory.rght <= right
            for tree, left, right in self.ranges
        )

    def q(self, path: str = "") -> Q:
        """The same as a filter; `path` leads from the model to the tree."""
        if self.everywhere:
            return Q()
        at = f"{path}__" if path else ""
        found = Q(pk__in=[])
        for tree, left, right in sorted(self.ranges):
            found |= Q(**{f"{at}tree_id": tree, f"{at}lft__gte": left, f"{at}rght__lte": right})
        return found


_kept: ContextVar[dict[Hashable, Any] | None] = ContextVar("kept", default=None)


@contextmanager
def reading_only() -> Iterator[None]:
    """Around a request that changes nothing (core.middleware.ReadingOnly): posts and nodes are fetched once in it.

    Never around anything that writes: a post that ends in the same breath must be gone at the next question.
    """
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def is_reading_only() -> bool:
    return _kept.get() is not None


def kept(key: Hashable, ask: Callable[[], Any]) -> Any:
    """What `ask` answers; inside reading_only it is asked once for each key."""
    known = _kept.get()
    if known is None:
        return ask()
    if key not in known:
        known[key] = ask()
    return known[key]


class Operator:
    """Whoever may type commands on the server: the first roster, the demo town, a ledger for the office."""

    is_authenticated = False
    is_active = False

    def __str__(self) -> str:
        return "服务器"


OPERATOR = Operator()


def signer(actor: Any) -> Any:
    """Whose name a row carries: the account; nobody's, where it was a command on the server."""
    return None if actor is OPERATOR else actor


# For whoever reads it: why, and whom to ask; a secretary is not sent to herself.
NOT_YOURS = "这件事不归您办：您的岗位里没有这一项。要办，找村党组织书记；书记也办不了的，找镇办公室。"


@cache
def _answerer() -> Callable[..., Reach]:
    return import_string(settings.SCOPE_REACH)


def reach_of(actor: Any, verb: str) -> Reach:
    """Where `actor` may do `verb` today; nobody, and who has no post, reaches nothing."""
    if actor is OPERATOR:
        return Reach(everywhere=True)
    if actor is None or not actor.is_authenticated or not actor.is_active:
        return Reach()
    return _answerer()(actor, verb)


def reach_on(actor: Any, verb: str, day: dt.date, *, since: dt.date | None = None) -> Reach:
    """Where `actor` might do `verb` on that day, or on one of the days from `since` to it.

    For work that arrives later than it was done: neither a post that has ended since nor an account that was closed
    or replaced takes the day away.
    """
    if actor is OPERATOR:
        return Reach(everywhere=True)
    if actor is None or not actor.is_authenticated:
        return Reach()
    return _answerer()(actor, verb, (since or day, day))


def may(actor: Any, verb: str, territory: Any = None) -> bool:
    """Whether `actor` may do `verb` at `territory`, or anywhere at all."""
    reach = reach_of(actor, verb)
    return bool(reach) if territory is None else reach.covers(territory)


def must(actor: Any, verb: str, territory: Any = None) -> None:
    """Like may, but PermissionDenied (403) instead of False: for verbs on rows the actor already sees."""
    if not may(actor, verb, territory):
        raise PermissionDenied(NOT_YOURS)


class ScopedQuerySet(models.QuerySet):
    """A query that knows how to leave out what an actor may not see."""

    def visible_to(self, actor: Any, verb: str) -> Self:
        """Only rows inside the actor's reach for `verb`; the nodes are fetched first so that indexes on them serve."""
        path = getattr(self.model, "TERRITORY", None)
        if path is None:
            raise TypeError(f"{self.model.__name__} lies outside the tree; it has no visible_to")
        reach = reach_of(actor, verb)
        if not reach:
            return self.none()
        if path == "":
            return self.filter(reach.q())
        return self.filter(**{f"{path}__in": nodes_of(reach)})

    def at(self, territory: Any) -> Self:
        """Only rows of one node and what lies below it."""
        path = getattr(self.model, "TERRITORY", None)
        if path is None:
            raise TypeError(f"{self.model.__name__} lies outside the tree; it has no at")
        reach = Reach(frozenset({(territory.tree_id, territory.lft, territory.rght)}))
        return self.filter(reach.q()) if path == "" else self.filter(**{f"{path}__in": nodes_of(reach)})


def nodes_of(reach: Reach) -> Iterable[int]:
    from django.apps import apps

    nodes = apps.get_model(settings.SCOPE_TREE)._default_manager.filter(reach.q())
    return kept(("nodes", reach), lambda: list(nodes.values_list("pk", flat=True)))


def roots_of(reach: Reach) -> Iterable[int]:
    """The nodes at which the posts are held: what lies below them is reached, but first of all somebody else's."""
    from django.apps import apps

    at = Q(pk__in=[])
    for tree, left, right in sorted(reach.ranges):
        at |= Q(tree_id=tree, lft=left, rght=right)
    nodes = apps.get_model(settings.SCOPE_TREE)._default_manager.filter(at)
    return kept(("roots", reach), lambda: list(nodes.values_list("pk", flat=True)))
