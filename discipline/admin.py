"""上级纪委的电话 in the desk of rules. Reports themselves have no desk there, nor a history: not even their number."""

from django.contrib import admin

from core.admin import KEEPERS, ScopedModelAdmin, site
from discipline.models import HigherOffice


@admin.register(HigherOffice, site=site)
class HigherOfficeAdmin(ScopedModelAdmin):
    """The system administrator's to change: whom a report may be about does not choose who is called instead."""

    see_verbs = KEEPERS
    write_verb = "accounts.admin"
    group, position = "规则", 70
    list_display = ("name", "phone", "since", "until")
    ordering = ("-since",)
    fields = ("name", "phone", "since", "until")
