"""Several awards at once: each is a step of its own, so that one that cannot be does not hold up the others."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError

from points.models import Award
from points.services.deciding import check, decide


@dataclass
class Done:
    """How many steps were taken, and of the others the award with the sentence that says why not."""

    number: int = 0
    refused: list[tuple[Award, str]] = field(default_factory=list)


def check_many(*, actor: Any, awards: Iterable[Award]) -> Done:
    """初审 for the points that were claimed."""
    return _each(check, actor, awards)


def decide_many(*, actor: Any, awards: Iterable[Award]) -> Done:
    """复核 for the points that were checked."""
    return _each(decide, actor, awards)


def _each(verb: Callable[..., Award], actor: Any, awards: Iterable[Award]) -> Done:
    done = Done()
    for award in awards:
        try:
            verb(actor=actor, award=award)
        except ValidationError as refused:
            done.refused.append((award, "".join(refused.messages)))
        except PermissionDenied as refused:
            done.refused.append((award, str(refused)))
        else:
            done.number += 1
    return done
