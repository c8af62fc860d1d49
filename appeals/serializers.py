"""The shapes of the appeals API: what a client sends, how matters read as JSON. Rules live in services and models."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from appeals import services
from appeals.models import Matter, Move
from core import clock
from core.workdays import Calendar


class MatterIn(serializers.ModelSerializer):
    """A matter as somebody tells it: of a household, or of a grid or village with a name or a number left."""

    household = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False, allow_null=True)
    territory = serializers.CharField(max_length=15, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=30, required=False, allow_blank=True)
    opened_on = serializers.DateField(required=False, allow_null=True)

    class Meta:
        model = Matter
        fields = (
            "source",
            "field",
            "words",
            "urgency",
            "household",
            "territory",
            "caller",
            "phone",
            "opened_on",
        )
        extra_kwargs = {"field": {"required": False}, "urgency": {"required": False}}


class StepIn(serializers.Serializer):
    """One step; which of the rest it takes is told with the matter (`steps`)."""

    step = serializers.ChoiceField([(step.code, step.button) for step in services.STEPS.values()])
    words = serializers.CharField(max_length=500, required=False, allow_blank=True)
    to = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    grade = serializers.ChoiceField(Matter.GRADES, required=False)
    rating = serializers.ChoiceField(Matter.RATINGS, required=False)
    due_on = serializers.DateField(required=False)
    answered_on = serializers.DateField(required=False)
    happened_at = serializers.DateTimeField(label="手机上记的时间", required=False)
    sent_at = serializers.DateTimeField(label="送出的时候手机上的时间", required=False)

    def taken_at(self) -> dt.datetime | None:
        """When it was taken, by our clock; None if that was not told."""
        told = self.validated_data
        if not told.get("happened_at"):
            return None
        return clock.corrected_time(told["happened_at"], told.get("sent_at"), clock.now())

    def taken_on(self) -> dt.date | None:
        at = self.taken_at()
        return at and clock.local_date(at)


def matters_json(rows: Sequence[Matter], actor: Any) -> list[dict[str, Any]]:
    """Matters with their household, territory and owner fetched, as a list shows them."""
    today, calendar = clock.today(), Calendar()
    return [
        {
            "uuid": row.uuid,
            "number": row.number,
            "words": row.words,
            "who": row.who,
            "household": row.household_id,
            "place": row.territory.full_name,
            "field": row.field,
            "field_title": row.get_field_display(),
            "source_title": row.get_source_display(),
            "opened_on": row.opened_on,
            "state": row.state,
            "state_title": row.where if row.is_open else row.get_state_display(),
            "owner": str(row.owner or ""),
            "due_on": row.due_on,
            "days_over": row.days_over(today, calendar),
            "steps": [
                {"code": step.code, "button": step.button, "fields": step.fields, "ask": step.ask}
                for step in services.steps_for(actor, row)
            ],
        }
        for row in rows
    ]


def matter_json(matter: Matter, actor: Any) -> dict[str, Any]:
    """One matter with its story."""
    found = matters_json([matter], actor)[0]
    moves = services.story_of(actor, matter)
    return found | {
        "outcome": matter.outcome,
        "phone": services.number_to_call(actor, matter),
        "plan": matter.plan,
        "answered_on": matter.answered_on,
        "rating": matter.rating,
        "moves": [_move_json(move) for move in moves],
        "people": [
            {"id": user.pk, "name": str(user), "posts": getattr(user, "posts_said", "")}
            for user in services.candidates(matter)
        ]
        if services.dispatches(actor, matter)
        else [],
    }


def _move_json(move: Move) -> dict[str, Any]:
    return {
        "title": move.get_kind_display(),
        "who": str(move.actor or ""),
        "to": str(move.to or ""),
        "at": move.at,
        "words": move.words,
        "photo": bool(move.photo),
        "uuid": move.uuid,
    }
