"""Coverage of months that are sealed: pages show what was reported upward, and beside it what has come in since."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.ledger.sealing import SealedFigures, kept_figures
from core.periods import Month
from core.scope import reach_of
from grids.models import Territory
from visits.services.coverage import GROUPS, Covered, Figure, coverage

NAME = "coverage"


@dataclass(frozen=True)
class SealedPlace:
    """A village's month as it was sealed; `grids` by code, each with its name then and its figures."""

    figures: dict[str, Figure]
    grids: dict[str, tuple[str, dict[str, Figure]]]
    version: int
    url: str


def sealed_places(
    villages: Iterable[Territory], months: Iterable[Month]
) -> dict[tuple[int, Month], SealedPlace]:
    """Of these villages and months those that are sealed, by village and month. One query."""
    asked = {str(month): month for month in months}
    found = kept_figures(NAME, list(villages), list(asked.values()))
    return {(place, asked[month]): _read(kept) for (place, month), kept in found.items() if kept.figures}


def plain(place: Covered) -> dict[str, Any]:
    """The figures of a place and its grids as JSON keeps them."""
    said: dict[str, Any] = {"code": place.territory.code, "name": place.territory.name}
    for who in GROUPS:
        figure = getattr(place, who)
        said[who] = {"owed": figure.owed, "made": figure.made, "away": figure.away}
    if place.grids:
        said["grids"] = [plain(grid) for grid in place.grids]
    return said


def _read(kept: SealedFigures) -> SealedPlace:
    village = kept.figures[0]
    grids = {grid["code"]: (grid["name"], _figures(grid)) for grid in village.get("grids", ())}
    return SealedPlace(_figures(village), grids, kept.version, kept.url)


def _figures(said: dict[str, Any]) -> dict[str, Figure]:
    return {who: Figure(**said[who]) for who in GROUPS}


def shown_coverage(*, month: Month, actor: Any, verb: str = "figures.see") -> list[Covered]:
    """What pages show of a month: coverage, and of a village whose month is sealed what was sealed.

    Such a village has `sealed`, and in `since` what is counted now where that is something else. Who sees only some
    grids of a village sees them as they are counted now.
    """
    found, reach = coverage(month=month, actor=actor, verb=verb), reach_of(actor, verb)
    whole = [place.territory for place in found if reach.covers(place.territory)]
    sealed = sealed_places(whole, [month])
    return [
        _as_sealed(place, sealed[place.territory.pk, month])
        if (place.territory.pk, month) in sealed
        else place
        for place in found
    ]


def _as_sealed(now: Covered, sealed: SealedPlace) -> Covered:
    of_code = {grid.territory.code: grid.territory for grid in now.grids}
    found = _with(Covered(now.territory, sealed=sealed), sealed.figures)
    for code, (name, figures) in sealed.grids.items():
        grid = of_code.get(code) or Territory(code=code, name=name, kind=Territory.GRID)
        found.grids.append(_with(Covered(grid), figures))
    found.since = now if any(getattr(now, who) != getattr(found, who) for who in GROUPS) else None
    return found


def _with(place: Covered, figures: Mapping[str, Figure]) -> Covered:
    for who, figure in figures.items():
        setattr(place, who, figure)
    return place
