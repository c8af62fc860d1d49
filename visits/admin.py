"""The rules of visiting in the office's desk: how often whom, and the town's answers where the plan is silent."""

from django.contrib import admin

from core.admin import ScopedModelAdmin, site, yes_no
from visits.models import Cadence, Practice


@admin.register(Cadence, site=site)
class CadenceAdmin(ScopedModelAdmin):
    write_verb = "settings.manage"
    group, position = "规则", 10
    list_display = ("who", "unit", "since", "until")
    ordering = ("who", "-since")
    fields = ("who", "unit", "since", "until")


@admin.register(Practice, site=site)
class PracticeAdmin(ScopedModelAdmin):
    write_verb = "settings.manage"
    group, position = "规则", 20
    phone_counts_when_away_shown = yes_no("phone_counts_when_away", "家里没人时，打电话算走访")
    phone_not_twice_running_shown = yes_no("phone_not_twice_running", "打电话不能连着两期都算")
    list_display = (
        "since",
        "until",
        "phone_counts_when_away_shown",
        "phone_not_twice_running_shown",
        "late_category_day",
        "tries_before_leader",
        "undo_hours",
    )
    ordering = ("-since",)
    fields = (
        "since",
        "until",
        "phone_counts_when_away",
        "phone_not_twice_running",
        "late_category_day",
        "tries_before_leader",
        "undo_hours",
    )
