"""随身名单: the cards of the households to visit, as they lie on a phone for days: least fields, level 3 never.

No identity number, not even its mask, no birth date, no petition's text; categories, phones and people only for who
may read them (grids.duties.FIELD_VERBS). A page costs the same number of queries, however many households there are.
"""

import datetime as dt
from collections import defaultdict
from typing import Any

from django.db.models import Q, Window
from django.db.models.functions import RowNumber

from core import clock
from core.scope import Reach, reach_of
from grids.models import Absence, Category, Person, Post
from grids.services import homes_near
from jobs.services import labour_on_cards
from points.letters import deeds_by_grid
from visits.card import finding_json, lately_json, owed_json, owed_plainly_json, promise_json, visit_json
from visits.models import Cadence, Finding, Obligation, Visit
from visits.services import DueRow, late_visits, undoable

KEPT = dt.timedelta(days=7)
MOST_VISITS, MOST_OWED = 3, 4
COMPANIONS = ("leader", "worker", "assistant", "secretary", "cadre")
_VERBS = ("phones.dial", "persons.see", "categories.see", "visits.see", "visits.record")
ByHome = dict[int, list[dict[str, Any]]]


def pack_json(actor: Any, rows: list[DueRow]) -> dict[str, Any]:
    """`cards` by household, `companions` and `deeds` by grid (the same for all its households), and when all of it is
    stale."""
    homes = [row.household for row in rows]
    reach = {verb: reach_of(actor, verb) for verb in _VERBS}
    return {
        "cards": _cards(actor, rows, reach),
        "companions": _companions(actor, homes),
        "deeds": deeds_by_grid(actor, homes),
        "expires": clock.now() + KEPT,
    }


def _cards(actor: Any, rows: list[DueRow], reach: dict[str, Reach]) -> dict[str, Any]:
    homes = [row.household for row in rows]
    somebody = {row.household.pk: lately_json(row.lately) for row in rows}

    def inside(verb: str) -> list[int]:
        return [home.pk for home in homes if reach[verb].covers(home.territory)]

    people, categories = _people(inside("persons.see")), _categories(inside("categories.see"))
    dials, sees, goes = inside("phones.dial"), inside("visits.see"), inside("visits.record")
    away = set(
        Absence.objects.in_force()
        .filter(household__in=[home.pk for home in homes], person__isnull=True)
        .values_list("household", flat=True)
    )
    parts = {
        "visits": _visits(actor, sees, goes),
        "owed": _owed(sees, goes),
        "open_findings": _findings(actor, sees, goes),
    }
    promises = _promises(actor, homes, set(sees), set(goes))
    own = homes_near(actor)
    cards = {}
    work = labour_on_cards(actor, homes)
    for home in homes:
        card = {
            "id": home.pk,
            "number": home.number,
            "head_name": home.head_name,
            "address": home.address,
            "group": {"id": home.group_id, "name": home.group.name},
            "grid": home.territory.name,
            "grid_id": home.territory_id,
            "size": home.size,
            "away": home.pk in away,
            "ended_on": None,
        }
        if home.pk in dials:
            card["phone"] = home.phone.open() if home.phone else ""
            card["phone_mask"] = home.phone_mask
        for name, found in (("people", people), ("categories", categories), ("labour", work)):
            if home.pk in found:
                card[name] = found[home.pk]
        if home.pk in own:
            card["deeds"] = []  # nobody claims for his own
        card["last_promise"], card["lately"] = promises.get(home.pk), somebody[home.pk]
        cards[str(home.pk)] = card | {name: found.get(home.pk, []) for name, found in parts.items()}
    return cards


def _people(ids: list[int]) -> ByHome:
    found: ByHome = {pk: [] for pk in ids}
    gone = set(
        Absence.objects.in_force()
        .filter(household__in=ids, person__isnull=False)
        .values_list("person", flat=True)
    )
    for person in Person.objects.present().filter(household__in=ids).order_by("pk").defer("id_number"):
        told = {
            "id": person.pk,
            "name": person.name,
            "relation": person.relation,
            "away": person.pk in gone,
        }
        found[person.household_id].append(told)
    return found


def _categories(ids: list[int]) -> ByHome:
    found: ByHome = {pk: [] for pk in ids}
    held = Category.objects.in_force().filter(household__in=ids).select_related("kind", "person")
    for row in held.order_by("kind__position", "since"):
        told = {"code": row.kind.code, "name": row.kind.name, "short": row.kind.short}
        found[row.household_id].append(told | {"since": row.since, "person": row.person.name})
    return found


def _own(actor: Any, sees: list[int], goes: list[int], visitor: str) -> Q:
    """Where visits are seen all of them, elsewhere what the actor said herself."""
    return Q(household__in=sees) | Q(household__in=goes, **{visitor: actor.pk})


def _visits(actor: Any, sees: list[int], goes: list[int]) -> ByHome:
    can_undo = undoable(actor)
    found: ByHome = defaultdict(list)
    latest = Window(RowNumber(), partition_by="household", order_by=("-day", "-happened_at", "-pk"))
    made = Visit.objects.in_force().filter(_own(actor, sees, goes, "visitor"))
    made = made.annotate(place=latest).filter(place__lte=MOST_VISITS).order_by("household", "place")
    rows = list(made.select_related("visitor", "household__territory").prefetch_related("findings"))
    late = late_visits(rows)
    for each in rows:
        found[each.household_id].append(visit_json(each, can_undo(each), each.pk in late))
    return found


def _owed(sees: list[int], goes: list[int]) -> ByHome:
    """What is open; who only goes there reads 本月, 本季 and not for which reason."""
    plain = set(goes) - set(sees)
    found: ByHome = defaultdict(list)
    rows = Obligation.objects.open().filter(household__in={*sees, *goes}, period_start__lte=clock.today())
    for row in rows.select_related("cadence").order_by("household", "-period_start", "who"):
        told = found[row.household_id]
        if len(told) < MOST_OWED and not (row.household_id in plain and row.who == Cadence.SECRETARY):
            told.append(owed_plainly_json(row) if row.household_id in plain else owed_json(row))
    return found


def _findings(actor: Any, sees: list[int], goes: list[int]) -> ByHome:
    found: ByHome = defaultdict(list)
    rows = Finding.objects.open().filter(_own(actor, sees, goes, "visit__visitor")).select_related("visit")
    for each in rows.order_by("household", "-visit__day", "-pk"):
        found[each.household_id].append(finding_json(each))
    return found


def _promises(actor: Any, homes: list[Any], sees: set[int], goes: set[int]) -> dict[int, Any]:
    """上次答应的事 in its words for who may read them, by its kind for who just goes there."""
    by_key = {home.promise_pk: home.pk for home in homes if home.promise_pk}
    found = {}
    for visit in Visit.objects.filter(pk__in=list(by_key)).exclude(promise_kind=""):
        home, told = by_key[visit.pk], promise_json(visit) or {}
        if home in sees or (home in goes and visit.visitor_id == actor.pk):
            found[home] = told
        elif home in goes:
            found[home] = told | {"text": ""}
    return found


def _companions(actor: Any, homes: list[Any]) -> dict[str, list[dict[str, Any]]]:
    """Who may have come along, by grid: those in force at the grid or its village, the actor left out."""
    grids = {home.territory_id: home.village_id for home in homes}
    posts = Post.objects.filter(duty__in=COMPANIONS, until__isnull=True)
    posts = posts.filter(territory__in={*grids, *grids.values()}).exclude(officer__user=actor.pk)
    at: dict[int, dict[int, str]] = defaultdict(dict)
    for post in posts.select_related("officer").order_by("officer"):
        at[post.territory_id][post.officer_id] = post.officer.name
    return {
        str(grid): [{"id": pk, "name": name} for pk, name in sorted((at[grid] | at[village]).items())]
        for grid, village in grids.items()
    }
