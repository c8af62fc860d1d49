"""The shapes of the visits API: what a phone sends, and how rows read as JSON. Rules live in services and models."""

from typing import Any

from rest_framework import serializers

from core.scope import reach_of
from grids.models import RegisterChange
from grids.services import acceptable, tell
from jobs.models import Labour
from visits.card import lately_json, promise_json
from visits.knows import change_of
from visits.models import Finding, Obligation, Visit
from visits.services import DueRow, late_visits


class FindingIn(serializers.ModelSerializer):
    """One of the five knows, or a need; `person` if it is about one of the household."""

    person = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False, allow_null=True)

    class Meta:
        model = Finding
        fields = ("kind", "detail", "urgency", "words", "person")
        extra_kwargs = {"detail": {"required": False}, "urgency": {"required": False}}


class DeedIn(serializers.Serializer):
    """A good deed that was seen there, for points."""

    item = serializers.IntegerField(label="哪个积分项目（项目的 id）", min_value=1, max_value=2**63 - 1)
    number = serializers.IntegerField(
        label="几个（次、小时、人）", min_value=1, max_value=1000, required=False, default=1
    )
    words = serializers.CharField(
        label="做了什么，一句话", max_length=300, required=False, allow_blank=True, default=""
    )


class LabourIn(serializers.Serializer):
    """What is so of one person's work: what he does, what he wishes, or both."""

    person = serializers.IntegerField(label="谁（人的 id）", min_value=1, max_value=2**63 - 1)
    status = serializers.ChoiceField(
        Labour.STATUSES, label="就业状态", required=False, allow_blank=True, default=""
    )
    wish = serializers.ChoiceField(
        Labour.WISHES, label="求职意愿", required=False, allow_blank=True, default=""
    )


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
    deeds = DeedIn(many=True, required=False, max_length=10, label="看到的好事，给积分")
    labour = LabourIn(many=True, required=False, max_length=20, label="家里人的就业情况")
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
            "deeds",
            "labour",
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
    entered_by = serializers.CharField(source="entered_by.name", default=None)
    companions = serializers.SerializerMethodField()
    findings = FindingOut(many=True)
    undone = serializers.SerializerMethodField()
    has_photo = serializers.SerializerMethodField()
    corrects = serializers.UUIDField(source="corrects.uuid", default=None)
    summary = serializers.CharField()
    late = serializers.SerializerMethodField(help_text="补录：走访的月份封存以后才记、才撤的")

    class Meta:
        model = Visit
        fields = (
            "uuid",
            "number",
            "household",
            "head_name",
            "territory",
            "visitor",
            "entered_by",
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
            "late",
        )

    def get_companions(self, visit: Visit) -> list[str]:
        return [officer.name for officer in visit.companions.all()]

    def get_undone(self, visit: Visit) -> bool:
        return visit.void_at is not None

    def get_has_photo(self, visit: Visit) -> bool:
        return bool(visit.photo)

    def get_late(self, visit: Visit) -> bool:
        return visit.pk in self.context["late"]


def visits_out(rows: list[Visit]) -> list[dict[str, Any]]:
    """Stored visits as their readers see them; in one question which of them are 补录. Reads `household`."""
    found: list[dict[str, Any]] = VisitOut(rows, many=True, context={"late": late_visits(rows)}).data
    return found


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
        "planned": row.planned,
        "last": {"day": row.last.day, "summary": row.last.summary} if row.last else None,
        "lately": lately_json(row.lately),
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


def findings_json(rows: list[Finding], actor: Any) -> list[dict[str, Any]]:
    """Items of 待办: each with what this actor may do with it, in as many queries for a page as for one.

    The rows come with what `CHANGE_PATH` and the keys below read.
    """
    settles, sees = reach_of(actor, "findings.settle"), reach_of(actor, "persons.see")
    proposes = reach_of(actor, "register.propose")
    changes = [row.proposal for row in rows if row.proposal and proposes.covers(row.territory)]
    decides, words = acceptable(actor, changes), tell(changes)
    found = []
    for row in rows:
        item = _finding_json(row) | {"can_settle": settles.covers(row.territory)}
        if row.person and sees.covers(row.territory):
            item["person"] = row.person.name
        if proposes.covers(row.territory):
            item["change"] = change_of(row)
            item["proposal"] = row.proposal and {
                "uuid": str(row.proposal.client_id),
                "told": "，".join(part for part in (str(row.proposal), words[row.proposal.pk]) if part),
                "state": row.proposal.state,
                "state_title": row.proposal.get_state_display(),
                "why": row.proposal.why,
                "can_accept": row.proposal.state == RegisterChange.PROPOSED and row.proposal.pk in decides,
            }
        found.append(item)
    return found


CHANGE_PATH = (
    "proposal__territory",
    "proposal__person",
    "proposal__household__territory",
    "proposal__other__territory",
)


def _finding_json(row: Finding) -> dict[str, Any]:
    """What everybody reads who may see the visit."""
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
        "person": None,
        "change": None,
        "proposal": None,
    }
