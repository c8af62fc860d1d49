"""What reading a household roster leads to: the rows of each household, and everything that is to be written."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from core.ledger import Entry
from grids.models import CategoryKind, Household, Person, VillagerGroup


@dataclass
class Home:
    """The rows of one household number."""

    number: str
    entries: list[Entry] = field(default_factory=list)
    group: VillagerGroup | None = None
    head: Entry | None = None


class Changed:
    """Stored rows that were changed in memory, and in which fields."""

    def __init__(self) -> None:
        self.rows: dict[int, Any] = {}
        self.fields: dict[int, set[str]] = defaultdict(set)

    def add(self, row: Any, fields: Iterable[str]) -> None:
        self.rows[row.pk] = row
        self.fields[row.pk].update(fields)

    def __bool__(self) -> bool:
        return bool(self.rows)

    def with_field(self, name: str) -> list[Any]:
        """The rows of which this field changed."""
        return [row for pk, row in self.rows.items() if name in self.fields[pk]]


@dataclass
class Work:
    """What is to be written. Texts (by `id()` of their person, who may be unsaved) are sealed only while saving."""

    village: Any
    since: dt.date
    new_households: list[Household] = field(default_factory=list)
    households: Changed = field(default_factory=Changed)
    emptied: list[Household] = field(default_factory=list)
    new_people: list[Person] = field(default_factory=list)
    people: Changed = field(default_factory=Changed)
    id_texts: dict[int, tuple[Person, str]] = field(default_factory=dict)
    phone_texts: dict[int, tuple[Person, str]] = field(default_factory=dict)
    moved: dict[int, Person] = field(default_factory=dict)
    callers: list[tuple[Household, Person]] = field(default_factory=list)
    categories: list[tuple[Person, CategoryKind]] = field(default_factory=list)
