"""Fill an empty database with a town of any size, fast: the eleven villages first, then copies as numbered towns.

The first town is written in batches and owes what the plan says; hongji.town.copying pours it again for the others.
"""

import datetime as dt
import itertools
import random
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection, models, transaction

from accounts.models import User
from core import clock
from core.periods import Month
from grids.models import (
    Category,
    CategoryKind,
    GroupPlacement,
    Household,
    Membership,
    Officer,
    Person,
    Placement,
    Post,
    Territory,
    VillagerGroup,
)
from grids.services import spell
from hongji.town.copying import copy_town
from hongji.town.people import TOWN, TOWN_CODE, VILLAGES, MadeHousehold, PeopleMaker
from visits.models import Visit
from visits.services import ensure_owed

PER_TOWN = 12_000
GRIDS_PER_VILLAGE = 4
GROUPS_PER_GRID = 3
BATCH = 2_000
PASSWORD = "hongji-measure"


class NotEmpty(Exception):
    """There is a town already; a made-up one is never poured over people's data."""


def make_town(*, households: int, months: int, seed: int, say: Callable[[str], None] = print) -> None:
    """`households` households with `months` months of visits up to today, and what is owed since then."""
    if Territory.objects.exists():
        raise NotEmpty
    first_month = Month.of(clock.today()).shift(1 - max(months, 1))
    copies = -(-households // PER_TOWN) - 1
    with transaction.atomic():
        town = _Town(seed, first_month.first)
        town.fill(min(households, PER_TOWN))
        say(f"{TOWN}：{min(households, PER_TOWN)} 户")
        town.visit(first_month, months)
        analyse()
        owed = ensure_owed()
        if copies:
            copy_town(copies)
            say(f"另有 {copies} 个镇，每镇 {PER_TOWN} 户")
    analyse()
    say(f"应访 {owed * (copies + 1)} 条")


def analyse() -> None:
    """Tell the planner how large the tables have become; without it the next statement is planned for empty ones.

    Only our own tables: the catalogues all databases share would stay locked against every other one until the commit.
    """
    tables = ", ".join(
        connection.ops.quote_name(name)
        for name in connection.introspection.django_table_names(only_existing=True)
    )
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {tables}" if connection.vendor == "postgresql" else "ANALYZE")


class _Town:
    """The first town, written in batches through bulk_create."""

    def __init__(self, seed: int, since: dt.date) -> None:
        self.maker, self.draw, self.since = PeopleMaker(seed, clock.today()), random.Random(seed + 1), since
        self.kinds = {kind.code: kind for kind in CategoryKind.objects.visited_on(clock.today())}

    def fill(self, count: int) -> None:
        self._tree()
        self._officers()
        villages = list(Territory.objects.villages().order_by("code"))
        shares = [count // len(villages) + (index < count % len(villages)) for index in range(len(villages))]
        for village, share in zip(villages, shares, strict=True):
            self._village(village, share)

    def _tree(self) -> None:
        with Territory.objects.disable_mptt_updates():
            root = _node(None, "town", TOWN, TOWN_CODE)
            for number, name in enumerate(VILLAGES, 201):
                village = _node(root, "village", name, f"{TOWN_CODE}{number}", start_month=self.since)
                for order in range(1, GRIDS_PER_VILLAGE + 1):
                    grid = _node(
                        village,
                        "grid",
                        f"{name[:-1]}第{'一二三四'[order - 1]}网格",
                        f"{village.code}{order:03d}",
                    )
                    self._groups(village, grid, order)
        Territory.objects.rebuild()

    def _groups(self, village: Territory, grid: Territory, order: int) -> None:
        for index in range(GROUPS_PER_GRID):
            position = (order - 1) * GROUPS_PER_GRID + index + 1
            group = VillagerGroup.objects.create(
                village=village, grid=grid, name=f"{position}组", position=position
            )
            GroupPlacement.objects.create(group=group, grid=grid, since=self.since)

    def _officers(self) -> None:
        """A secretary per village, a leader and a worker per grid; accounts for the office and the first of each."""
        password = make_password(PASSWORD)
        root = Territory.objects.get(kind="town")
        places = [(root, "office"), *((village, "secretary") for village in Territory.objects.villages())]
        for grid in Territory.objects.grids():
            places += [(grid, "leader"), (grid, "worker")]
        named: set[str] = set()
        for territory, duty in places:
            officer = Officer(name=self.maker.name("M"), sex="M")
            officer.set_phone(self.maker.phone())
            if duty not in named:
                named.add(duty)
                officer.user = User.objects.create(username=duty, name=officer.name, password=password)
            officer.save()
            Post.objects.create(officer=officer, territory=territory, duty=duty, since=self.since)

    def _village(self, village: Territory, count: int) -> None:
        groups = {group.name: group for group in village.groups.order_by("position")}
        made = self.maker.households(list(groups), count, village.code[-2:])
        for batch in _batches(made, BATCH):
            self._save(village, groups, batch)

    def _save(self, village: Territory, groups: dict[str, VillagerGroup], made: list[MadeHousehold]) -> None:
        rows = [self._household(village, groups[each.group], each) for each in made]
        Household.objects.bulk_create(rows)
        people = [
            (self._person(row, person), person)
            for row, each in zip(rows, made, strict=True)
            for person in each.people
        ]
        Person.objects.bulk_create([row for row, _ in people])
        Placement.objects.bulk_create(
            Placement(household=row, territory_id=row.territory_id, group_id=row.group_id, since=self.since)
            for row in rows
        )
        Membership.objects.bulk_create(
            Membership(person=row, household=row.household, relation=row.relation, since=self.since)
            for row, _ in people
        )
        Category.objects.bulk_create(
            Category(household=row.household, person=row, kind=self.kinds[code], since=self.since)
            for row, made_person in people
            for code in made_person.categories
        )

    def _household(self, village: Territory, group: VillagerGroup, made: MadeHousehold) -> Household:
        row = Household(
            number=made.number,
            village=village,
            territory_id=group.grid_id,
            group=group,
            head_name=made.head.name,
            address=made.address,
            size=len(made.people),
            since=self.since,
        )
        row.set_phone(made.head.phone)
        return row

    def _person(self, household: Household, made: Any) -> Person:
        pinyin, initials = spell(made.name)
        row = Person(
            household=household,
            relation=made.relation,
            name=made.name,
            pinyin=pinyin,
            initials=initials,
            sex=made.sex,
            ethnicity="汉族",
            birth_date=made.born,
            politics=made.politics,
            education=made.education,
        )
        row.set_id_number(made.id_number)
        row.set_phone(made.phone)
        return row

    def visit(self, first_month: Month, months: int) -> None:
        """Category households most months, others most quarters; the rest stays owed."""
        workers = dict(Post.objects.filter(duty="worker").values_list("territory_id", "officer__user_id"))
        visitor = User.objects.get(username="worker").pk
        listed = set(Category.objects.values_list("household_id", flat=True))
        households = list(Household.objects.values_list("pk", "territory_id"))
        month = first_month
        for _ in range(months):
            days = (min(month.last, clock.today()) - month.first).days + 1
            Visit.objects.bulk_create(
                (
                    self._visit(pk, territory, workers.get(territory) or visitor, month.first, days)
                    for pk, territory in households
                    if self.draw.random() < (0.9 if pk in listed else 0.3)
                ),
                batch_size=BATCH,
            )
            month = month.next

    def _visit(self, household: int, territory: int, visitor: int, first: dt.date, days: int) -> Visit:
        day = first + dt.timedelta(days=self.draw.randrange(days))
        moment = clock.at_noon(day)
        return Visit(
            uuid=uuid.UUID(int=self.draw.getrandbits(128), version=4),
            household_id=household,
            territory_id=territory,
            visitor_id=visitor,
            day=day,
            happened_at=moment,
            received_at=moment,
            corrected_at=moment,
            counts=True,
            content_hash="made",
        )


def _node(parent: Territory | None, kind: str, name: str, code: str, **more: Any) -> Territory:
    node = Territory(parent=parent, kind=kind, name=name, code=code, **more)
    node.lft = node.rght = node.level = node.tree_id = 0  # rebuild() numbers the whole tree at once
    models.Model.save(node)
    return node


def _batches(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    source = iter(items)
    while batch := list(itertools.islice(source, size)):
        yield batch
