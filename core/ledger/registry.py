"""The list of all ledgers: an app's `ledgers.py` registers its classes, everything else asks here."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.utils.module_loading import autodiscover_modules

from core.ledger.base import Ledger

Kind = TypeVar("Kind", bound=type[Ledger])


class Registry:
    """Ledgers by slug. The application has one; a test may make its own, or empty this one for a while."""

    def __init__(self) -> None:
        self._ledgers: dict[str, Ledger] = {}

    def register(self, kind: Kind) -> Kind:
        """Class decorator. ValueError if the slug or the title is taken, or the class is not whole."""
        ledger = kind()
        ledger.check()
        for other in self._ledgers.values():
            if other.slug == ledger.slug or other.title == ledger.title:
                raise ValueError(
                    f"two ledgers are called {ledger.slug!r} {ledger.title}: {type(other)}, {kind}"
                )
        self._ledgers[ledger.slug] = ledger
        return kind

    def get(self, slug: str) -> Ledger:
        """The ledger of that slug; KeyError if there is none."""
        return self._ledgers[slug]

    def all(self) -> list[Ledger]:
        """By declared `order`, then by title."""
        return sorted(self._ledgers.values(), key=lambda ledger: (ledger.order, ledger.title))

    @contextmanager
    def emptied(self) -> Iterator["Registry"]:
        """For a test: nothing is registered inside, and everything is again afterwards."""
        kept, self._ledgers = self._ledgers, {}
        try:
            yield self
        finally:
            self._ledgers = kept


registry = Registry()
register = registry.register
get = registry.get
all_ledgers = registry.all


def autodiscover() -> None:
    """Import `<app>/ledgers.py` of every installed app that has one; called when Django is ready."""
    autodiscover_modules("ledgers")
