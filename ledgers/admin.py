"""The ledger desk in the office's desk: what was asked for, by whom, how far it is; what was sealed; never a file."""

from django.contrib import admin

from core.admin import KEEPERS, ScopedModelAdmin, site, yes_no
from ledgers.models import Job, SealedMonth


@admin.register(Job, site=site)
class JobAdmin(ScopedModelAdmin):
    see_verbs = KEEPERS
    group, position = "记录", 60
    unmasked_shown = yes_no("unmasked", "完整号码")
    list_display = (
        "made_at",
        "kind",
        "title_shown",
        "territory",
        "period",
        "owner",
        "state",
        "unmasked_shown",
        "ended_at",
    )
    list_filter = ("state", "kind", "unmasked")
    list_select_related = ("territory", "owner")
    fields = readonly_fields = (
        "kind",
        "title_shown",
        "territory",
        "period",
        "owner",
        "unmasked_shown",
        "state",
        "tries",
        "made_at",
        "ended_at",
        "why",
    )

    @admin.display(description="台账", ordering="slug")
    def title_shown(self, row: Job) -> str:
        return row.title


@admin.register(SealedMonth, site=site)
class SealedMonthAdmin(ScopedModelAdmin):
    """Only looked at: months are submitted, sealed and opened again on their own page."""

    see_verbs = KEEPERS
    group, position = "记录", 61
    list_display = (
        "month", "village", "version", "state", "submitted_by", "submitted_at", "sealed_by", "sealed_at",
        "reopened_by", "reopened_at",
    )  # fmt: skip
    list_filter = ("state", "month")
    list_select_related = ("village", "submitted_by", "sealed_by", "reopened_by")
    fields = readonly_fields = (*list_display, "reason")
