"""The shapes of the visits API: what a phone sends, and how rows read as JSON. Rules live in services and models."""

from typing import Any

from rest_framework import serializers

from visits.card import promise_json
from visits.models import Finding, Obligation, Visit
from visits.services import DueRow


class FindingIn(serializers.ModelSerializer):
    """One of the five knows, or a need."""

    class Meta:
        model = Finding
        fields = ("kind", "detail", "urgency", "words")
        extra_kwargs = {"detail": {"required": False}, "urgency": {"required": False}}


class VisitIn(serializers.ModelSerializer):
    """One visit as the phone tells it. `sent_at` is the phone's clock at sending; `day` only if a person typed it."""

    household = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    happened_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(required=False)
    day = serializers.DateField(required=False, allow_null=True)
    companions = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), required=False, max_length=20
    )
    findings = FindingIn(many=True, required=False, max_length=len(Finding.KINDS))
    corrects = serializers.UUIDField(required=False, allow_null=True)

    class Meta:
        model = Visit
        fields = (
            "household",
            "happened_at",
            "sent_at",
            "day",
            "manner",
            "met",
            "changed",
            "note",
            "companions",
            "last_promise",
            "promise_kind",
            "promise_text",
            "promise_until",
            "findings",
            "corrects",
        )


class FindingOut(serializers.ModelSerializer):
    class Meta:
        model = Finding
        fields = ("id", "kind", "detail", "urgency", "words", "state", "settled_on", "outcome")


class VisitOut(serializers.ModelSerializer):
    """A stored visit, as its readers see it."""

    number = serializers.CharField(source="receipt")
    head_name = serializers.CharField(source="household.head_name")
    visitor = serializers.CharField(source="visitor.name")
    companions = serializers.SerializerMethodField()
    findings = FindingOut(many=True)
    undone = serializers.SerializerMethodField()
    has_photo = serializers.SerializerMethodField()
    corrects = serializers.UUIDField(source="corrects.uuid", default=None)
    summary = serializers.CharField()

    class Meta:
        model = Visit
        fields = (
            "uuid",
            "number",
            "household",
            "head_name",
            "territory",
            "visitor",
            "by_secretary",
            "companions",
            "day",
            "happened_at",
            "received_at",
            "manner",
            "met",
            "counts",
            "changed",
            "note",
            "last_promise",
            "promise_kind",
            "promise_text",
            "promise_until",
            "findings",
            "summary",
            "corrects",
            "undone",
            "has_photo",
        )

    def get_companions(self, visit: Visit) -> list[str]:
        return [officer.name for officer in visit.companions.all()]

    def get_undone(self, visit: Visit) -> bool:
        return visit.void_at is not None

    def get_has_photo(self, visit: Visit) -> bool:
        return bool(visit.photo)


def discharged_json(rows: list[Obligation]) -> list[dict[str, str]]:
    """What a visit discharged, for the receipt."""
    return [{"who": row.who, "period_title": row.period.title} for row in rows]


def due_json(row: DueRow) -> dict[str, Any]:
    """One row of the due list; `categories` only for who may see them."""
    home = row.household
    found: dict[str, Any] = {
        "household": home.pk,
        "name": home.head_name,
        "number": home.number,
        "group": {"id": home.group_id, "name": home.group.name, "position": home.group.position},
        "who": row.obligation.who,
        "due_on": row.obligation.due_on,
        "days_over": row.days_over,
        "last": {"day": row.last.day, "summary": row.last.summary} if row.last else None,
        "promise": promise_json(row.promise),
        "tries": row.tries,
        "away": row.obligation.away,
    }
    if row.categories is not None:
        found["categories"] = [kind.short for kind in row.categories]
    return found


class SettleIn(serializers.Serializer):
    """What came of an item: settled on the spot, or handed on."""

    state = serializers.ChoiceField(
        [choice for choice in Finding.STATES if choice[0] != Finding.OPEN], default=Finding.SETTLED
    )
    outcome = serializers.CharField(max_length=300, allow_blank=True, default="")
    settled_on = serializers.DateField(required=False, allow_null=True)


def finding_json(row: Finding, *, can_settle: bool) -> dict[str, Any]:
    """One item of 待办, with the household it was found at."""
    return {
        "id": row.pk,
        "kind": row.kind,
        "kind_title": row.get_kind_display(),
        "detail": row.detail,
        "words": row.words,
        "urgency": row.urgency,
        "day": row.visit.day,
        "visitor": row.visit.visitor.name,
        "household": {"id": row.household_id, "head_name": row.household.head_name},
        "state": row.state,
        "outcome": row.outcome,
        "can_settle": can_settle,
    }
