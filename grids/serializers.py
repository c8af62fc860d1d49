"""What the API of the register takes and gives."""

from typing import Any

from rest_framework import serializers

from grids.models import RegisterChange


class ChangeIn(serializers.Serializer):
    """`PUT /api/changes/<uuid>/`. The facts of each kind are declared in grids/services/facts.py."""

    kind = serializers.ChoiceField(RegisterChange.KINDS)
    household = serializers.IntegerField(required=False, allow_null=True)
    person = serializers.IntegerField(required=False, allow_null=True)
    happened_on = serializers.DateField()
    facts = serializers.DictField(required=False, default=dict)


class Why(serializers.Serializer):
    why = serializers.CharField(max_length=200)


class FindText(serializers.Serializer):
    text = serializers.CharField(max_length=60)


def change_json(row: RegisterChange, may_decide: bool, actor: Any) -> dict[str, Any]:
    """One change, with what this actor may do with it."""
    waiting = row.state == RegisterChange.PROPOSED
    mine = row.proposed_by_id == actor.pk
    return {
        "uuid": str(row.client_id),
        "kind": row.kind,
        "kind_title": row.get_kind_display(),
        "household": row.household and {"id": row.household_id, "head_name": row.household.head_name},
        "other": row.other and {"id": row.other_id, "head_name": row.other.head_name},
        "person": row.person and {"id": row.person_id, "name": row.person.name},
        "happened_on": row.happened_on,
        "facts": row.facts,
        "state": row.state,
        "state_title": row.get_state_display(),
        "proposed_by": str(row.proposed_by),
        "proposed_at": row.proposed_at,
        "decided_by": row.decided_by and str(row.decided_by),
        "decided_at": row.decided_at,
        "why": row.why,
        "can_accept": waiting and may_decide,
        "can_undo": (row.state == RegisterChange.ACCEPTED and may_decide)
        or (waiting and (mine or may_decide)),
    }
