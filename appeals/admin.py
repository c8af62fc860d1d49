"""What the office sets for appeals: how many days of work a matter may take, and the numbers that are given out."""

from django.contrib import admin

from appeals.models import PublicNumber, ResponseTime
from core.admin import ScopedModelAdmin, site


@admin.register(ResponseTime, site=site)
class ResponseTimeAdmin(ScopedModelAdmin):
    write_verb = "settings.manage"
    group, position = "规则", 25
    list_display = ("since", "until", "simple_days", "ordinary_days", "plan_days")
    ordering = ("-since",)
    fields = ("since", "until", "simple_days", "ordinary_days", "plan_days")


@admin.register(PublicNumber, site=site)
class PublicNumberAdmin(ScopedModelAdmin):
    """The numbers that stand on cards and on the public page."""

    write_verb = "settings.manage"
    group, position = "规则", 26
    list_display = ("territory", "kind", "number", "since", "until")
    list_select_related = ("territory",)
    ordering = ("territory__code", "kind", "-since")
    fields = ("kind", "territory", "number", "since", "until")
