"""上级纪委的电话 in the desk of rules. Reports themselves have no desk there, nor a history: not even their number."""

from django.contrib import admin

from core.admin import ScopedModelAdmin, site
from discipline.models import HigherOffice


@admin.register(HigherOffice, site=site)
class HigherOfficeAdmin(ScopedModelAdmin):
    """The system administrator's, not the office's: people whom a report may be about do not choose who is called."""

    see_verbs = ("accounts.admin",)
    write_verb = "accounts.admin"
    group, position = "规则", 70
    list_display = ("name", "phone", "since", "until")
    ordering = ("-since",)
    fields = ("name", "phone", "since", "until")
