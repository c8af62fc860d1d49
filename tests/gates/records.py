"""Records as people write them, and what the database holds of them, without what depends on when they came."""

import random
from typing import Any

from visits.models import Finding, Held, Obligation, Visit

WORDS = {
    Finding.WEAK: ("低保困难", "重病", "残疾"),
    Finding.TALENT: ("田秀才", "土专家"),
    Finding.CONFLICT: ("邻里", "土地"),
    Finding.NEED: ("安全隐患", "病有所医"),
}


def content(draw: random.Random, household: int, note: str) -> dict[str, Any]:
    """The body of one visit but for its times."""
    met = draw.random() < 0.85
    kinds = draw.sample(sorted(WORDS), draw.choice((0, 0, 0, 1, 2))) if met else []
    said: dict[str, Any] = {"household": household, "note": note, "met": met}
    said["manner"] = draw.choice((Visit.DOOR, Visit.DOOR, Visit.PHONE))
    said["changed"] = bool(kinds)
    said["findings"] = [
        {"kind": kind, "detail": draw.choice(WORDS[kind]), "words": f"{note}说的"} for kind in kinds
    ]
    if met and draw.random() < 0.2:
        said |= {"promise_kind": "ask", "promise_text": "问一问"}
    return said


def visits() -> list[tuple]:
    """Every visit: whose, of whom, on what day, and what it counts for."""
    columns = "uuid household territory visitor day manner met changed note away counts by_secretary".split()
    rows = Visit.objects.values_list(*columns, "corrects__uuid", "void_at", "promise_kind")
    return sorted(((*row[:-2], row[-2] is not None, row[-1]) for row in rows), key=str)


def findings() -> list[tuple]:
    columns = "visit__uuid household territory kind detail urgency words state".split()
    return sorted(Finding.objects.values_list(*columns), key=str)


def owed() -> list[tuple]:
    """What is owed and which visit discharged it."""
    columns = "household who period_start due_on away discharged_on visit__uuid rested_on".split()
    return sorted(Obligation.objects.values_list(*columns), key=str)


def on_hold() -> list[tuple]:
    columns = "uuid author household day reason state content_hash".split()
    return sorted(Held.objects.values_list(*columns), key=str)


def stands() -> dict[str, list[tuple]]:
    """All of it, to be compared with another time."""
    return {"visits": visits(), "findings": findings(), "owed": owed(), "held": on_hold()}


def differing(one: dict[str, list[tuple]], other: dict[str, list[tuple]]) -> list[str]:
    """Which parts differ, by how many rows, with one example each."""
    found = []
    for part, rows in one.items():
        mine, theirs = set(rows), set(other[part])
        if gone := mine ^ theirs or len(rows) != len(other[part]):
            example = sorted(mine ^ theirs, key=str)[:2]
            found.append(f"{part}: {gone if gone is True else len(gone)} rows differ: {example}"[:500])
    return found
