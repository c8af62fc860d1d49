"""The ledger desk's jobs in the office's desk: what was asked for, by whom, and how far it is; never a file."""

from django.contrib import admin

from core.admin import KEEPERS, ScopedModelAdmin, site, yes_no
from ledgers.models import Job


@admin.register(Job, site=site)
class JobAdmin(ScopedModelAdmin):
    see_verbs = KEEPERS
    group, position = "记录", 60
    unmasked_shown = yes_no("unmasked", "完整号码")
    list_display = (
        "made_at",
        "kind",
        "slug",
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
        "slug",
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
