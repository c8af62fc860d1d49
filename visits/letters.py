"""Records as they come in and answers as they go out, sent by their author or, sealed, by somebody else."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from rest_framework import serializers

from core import clock
from core.scope import reach_of
from visits import services
from visits.models import Held, Visit
from visits.serializers import VisitIn, discharged_json
from visits.services import Content, Delivered, Letter

SLACK = dt.timedelta(minutes=5)  # between two clocks that are both right


def read_letter(author: Any, uuid: UUID, body: Any) -> Letter:
    """The record of a body that must be right; ValidationError (DRF's) if it is not."""
    sent = VisitIn(data=body)
    sent.is_valid(raise_exception=True)
    _check_clock(sent.validated_data)
    return _letter(author, uuid, dict(sent.validated_data), body)


def read_sealed(author: Any, uuid: UUID, body: Mapping[str, Any], sent_at: Any) -> Letter | None:
    """The record of a body whose author is not there to mend it; None if not even the household can be read."""
    if not isinstance(body, dict):
        return None
    sent = VisitIn(data=body)
    if sent.is_valid():
        return _letter(author, uuid, dict(sent.validated_data) | {"sent_at": sent_at}, body)
    household = body.get("household")
    if not isinstance(household, int) or isinstance(household, bool) or not 0 < household < 2**63:
        return None
    faults = "".join(_sentences(sent.errors))
    return Letter(author, uuid, household, None, sent_at=sent_at, body=body, faults=faults)


def _check_clock(said: Mapping[str, Any]) -> None:
    """A time of tomorrow can be put right only if the sender's clock came along."""
    if said["happened_at"] > clock.now() + SLACK and not said.get("sent_at"):
        raise serializers.ValidationError(
            {"sent_at": ["时间比现在晚，要带上 sent_at：送出的时候手机上是几点。"]}
        )


def _sentences(errors: Any) -> list[str]:
    """What a serializer's faults say, each sentence once."""
    inside = errors.values() if isinstance(errors, dict) else errors if isinstance(errors, list) else None
    if inside is None:
        return [str(errors)]
    return list(dict.fromkeys(line for each in inside for line in _sentences(each)))


def _letter(author: Any, uuid: UUID, said: dict[str, Any], body: Mapping[str, Any]) -> Letter:
    household, corrects, sent_at = (said.pop(name, None) for name in ("household", "corrects", "sent_at"))
    said["companions"] = tuple(said.get("companions") or ())
    for name in ("findings", "deeds", "labour"):
        said[name] = tuple(dict(each) for each in said.get(name) or ())
    return Letter(author, uuid, household, Content(**said), corrects, sent_at, body)


def answer_json(letter: Letter, delivered: Delivered) -> dict[str, Any]:
    """What the author of a record is told of it."""
    found: dict[str, Any] = {
        "uuid": letter.uuid,
        "number": delivered.number,
        "outcome": delivered.outcome,
        "server_time": clock.now(),
    }
    if delivered.recorded is None:
        held = delivered.held
        assert held is not None
        return found | {"reason": held.why, "words": held.words}
    visit = delivered.recorded.visit
    found |= {
        "day": visit.day,
        "counts": visit.counts,
        "discharged": discharged_json(delivered.recorded.discharged()),
        "proposed": delivered.recorded.proposed(),
        "undo_until": services.undo_until(visit),
        "late": services.late_note(visit),
        "deeds": services.told_of_deeds(visit, letter.content.deeds if letter.content else ()),
        "labour": services.told_of_labour(visit, letter.content.labour if letter.content else ()),
    }
    if twin := services.twin_of(visit):
        readable = Visit.objects.readable_by(letter.author).filter(pk=twin.pk).exists()
        found["twin"] = {
            "number": twin.receipt,
            "day": twin.day,
            "visitor": str(twin.visitor) if readable else "",
        }
    return found


def held_json(actor: Any, rows: list[Held]) -> list[dict[str, Any]]:
    """The author's own on hold; the head's name where she visits, or did when she had the household in hand."""
    sees = reach_of(actor, "households.see")
    found = []
    for row in rows:
        known = row.reason != Held.ELSEWHERE or sees.covers(row.household.territory)
        content, _ = services.content_of(row)
        found.append(
            {
                "uuid": row.uuid,
                "number": row.number,
                "household": row.household_id,
                "head_name": row.household.head_name if known else "",
                "day": row.day,
                "reason": row.why,
                "state": row.state,
                "state_title": row.get_state_display(),
                "words": row.words,
                "decided_at": row.decided_at,
                "visit_number": row.visit.receipt if row.visit else "",
                "visit": json.loads(content.plain()) if content else None,
            }
        )
    return found
