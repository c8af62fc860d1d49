"""What the office sets for disputes: days to settle them, when they are looked at again, how even the thirds are."""

from django.contrib import admin

from core.admin import ScopedModelAdmin, site
from disputes.models import DisputeRule


@admin.register(DisputeRule, site=site)
class DisputeRuleAdmin(ScopedModelAdmin):
    write_verb = "settings.manage"
    group, position = "规则", 27
    list_display = (
        "since",
        "until",
        "settle_days",
        "remind_from",
        "first_revisit",
        "second_revisit",
        "uneven",
    )
    ordering = ("-since",)
    fields = ("since", "until", "settle_days", "remind_from", "first_revisit", "second_revisit", "uneven")
