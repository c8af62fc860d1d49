"""What the office sets for appeals: how many days of work a matter may take, and the numbers that are given out."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from appeals.models import PublicNumber, ResponseTime
from core.admin import KEEPERS, ScopedModelAdmin, held, site


@admin.register(ResponseTime, site=site)
class ResponseTimeAdmin(ScopedModelAdmin):
    write_verb = "settings.manage"
    group, position = "规则", 25
    list_display = ("since", "until", "simple_days", "ordinary_days", "plan_days")
    ordering = ("-since",)
    fields = ("since", "until", "simple_days", "ordinary_days", "plan_days")


@admin.register(PublicNumber, site=site)
class PublicNumberAdmin(ScopedModelAdmin):
    """The numbers that stand on cards and on the public page. 纪委电话 is the system administrator's to change: whoever
    a report may be about does not choose who answers there (as discipline.admin.HigherOfficeAdmin)."""

    see_verbs = KEEPERS
    group, position = "规则", 26
    list_display = ("territory", "kind", "number", "since", "until")
    list_select_related = ("territory",)
    ordering = ("territory__code", "kind", "-since")
    fields = ("kind", "territory", "number", "since", "until")

    def _writes(self, request: HttpRequest) -> list[str]:
        """The kinds this user may write."""
        return [
            kind
            for kind, _ in PublicNumber.KINDS
            if held(request, "accounts.admin" if kind == PublicNumber.DISCIPLINE else "settings.manage")
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(self._writes(request))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        writes = self._writes(request)
        return obj.kind in writes if obj else bool(writes)

    def formfield_for_choice_field(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "kind":
            titles = dict(PublicNumber.KINDS)
            kwargs["choices"] = [("", "选一样"), *((kind, titles[kind]) for kind in self._writes(request))]
        return super().formfield_for_choice_field(db_field, request, **kwargs)
