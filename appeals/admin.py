"""The town's promise in the office's desk: how many days of work a matter may take."""

from django.contrib import admin

from appeals.models import ResponseTime
from core.admin import ScopedModelAdmin, site


@admin.register(ResponseTime, site=site)
class ResponseTimeAdmin(ScopedModelAdmin):
    write_verb = "settings.manage"
    group, position = "规则", 25
    list_display = ("since", "until", "simple_days", "ordinary_days", "plan_days")
    ordering = ("-since",)
    fields = ("since", "until", "simple_days", "ordinary_days", "plan_days")
