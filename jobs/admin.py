"""Employment in the office's desk: the town's lists and numbers are edited here, what has a verb is only looked at."""

from typing import Any

from django.contrib import admin

from core.admin import ScopedModelAdmin, site, yes_no
from grids.models import Territory
from jobs.models import JobsRule, Labour, LabourProposal, Road, Skill, Trade


@admin.register(Trade, site=site)
class TradeAdmin(ScopedModelAdmin):
    write_verb = "settings.manage"
    group, position = "规则", 70
    offered_shown = yes_no("offered", "还在用")
    list_display = ("name", "synonyms", "position", "offered_shown")
    fields = ("name", "synonyms", "position", "offered")


@admin.register(Skill, site=site)
class SkillAdmin(ScopedModelAdmin):
    write_verb = "settings.manage"
    group, position = "规则", 71
    offered_shown = yes_no("offered", "还在用")
    list_display = ("name", "trade", "synonyms", "position", "offered_shown")
    list_select_related = ("trade",)
    fields = ("name", "trade", "synonyms", "position", "offered")


@admin.register(Road, site=site)
class RoadAdmin(ScopedModelAdmin):
    write_verb = "settings.manage"
    group, position = "规则", 72
    list_display = ("one", "other", "km")
    list_select_related = ("one", "other")
    ordering = ("one", "other")
    fields = ("one", "other", "km")

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        rows = Territory.objects.villages().in_use().order_by("pk")
        return super().formfield_for_foreignkey(db_field, request, **kwargs | {"queryset": rows})


@admin.register(JobsRule, site=site)
class JobsRuleAdmin(ScopedModelAdmin):
    write_verb = "settings.manage"
    group, position = "规则", 73
    list_display = ("since", "until", "age_men", "age_women", "ask_after", "stale_after")
    ordering = ("-since",)
    fields = (
        *("since", "until", "age_men", "age_women", "ask_after", "stale_after"),
        *("days_a_month", "welfare_months"),
    )


@admin.register(Labour, site=site)
class LabourAdmin(ScopedModelAdmin):
    group, position = "记录", 80
    list_display = ("person", "territory", "status", "wish", "since", "until")
    list_filter = ("status", "wish")
    list_select_related = ("person", "territory")
    ordering = ("-pk",)
    fields = (
        *("person", "household", "territory", "since", "until", "status", "wish", "trades", "skills"),
        *("wage", "distance", "hours", "health", "limits_told", "care", "learns", "place", "employer"),
        *("subsidy", "note", "noted_at", "noted_by"),
    )
    readonly_fields = ("limits_told", "noted_at", "noted_by")

    @admin.display(description="干不了的")
    def limits_told(self, row: Labour) -> str:
        return row.limits_said


@admin.register(LabourProposal, site=site)
class LabourProposalAdmin(ScopedModelAdmin):
    group, position = "记录", 81
    list_display = ("person", "territory", "day", "words", "state")
    list_filter = ("state",)
    list_select_related = ("person", "territory")
    ordering = ("-pk",)
    fields = (
        *("person", "household", "territory", "day", "words", "state"),
        *("made_at", "made_by", "decided_at", "decided_by"),
    )
