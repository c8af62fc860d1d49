"""Accounts in the office's desk: who there is, what was done to them, failed sign-ins, 意见建议."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.module_loading import import_string

from accounts import services
from accounts.models import AccountEvent, ApiToken, Feedback, SignInAttempt, User
from accounts.notices import admin as notices_admin  # noqa: F401  (registers the desks of reminders)
from core.admin import KEEPERS, ScopedModelAdmin, site, yes_no


@admin.register(User, site=site)
class UserAdmin(ScopedModelAdmin):
    """Only looked at: slips are given, and accounts closed, at the officer who holds the posts."""

    see_verbs = KEEPERS
    group, position, many_paths = "账号", 20, True
    is_active_shown = yes_no("is_active", "能登录")
    must_change_password_shown = yes_no("must_change_password", "要换密码")
    list_display = (
        "name",
        "username",
        "phone_mask",
        "is_active_shown",
        "must_change_password_shown",
        "last_login",
    )
    list_display_links = ("name", "username")
    list_filter = ("is_active", "must_change_password")
    search_fields = ("name", "username")
    search_help_text = "姓名或账号名"
    ordering = ("name", "pk")
    fields = (
        "name",
        "username",
        "phone_mask",
        "is_active_shown",
        "must_change_password_shown",
        "slip_until",
        "last_login",
        "date_joined",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Accounts without any post too: they lie in no territory, and somebody must be able to see that."""
        everyone = ModelAdmin.get_queryset(self, request)
        mine = super().get_queryset(request).values("pk")
        return everyone.filter(Q(pk__in=mine) | Q(officer__posts__isnull=True))


@admin.register(AccountEvent, site=site)
class AccountEventAdmin(ScopedModelAdmin):
    see_verbs = KEEPERS
    group, position, many_paths = "记录", 20, True
    list_display = ("at", "user", "kind", "actor")
    list_filter = ("kind",)
    list_select_related = ("user", "actor")
    search_fields = ("user__name", "user__username")
    search_help_text = "姓名或账号名"
    fields = readonly_fields = ("user", "kind", "actor", "at")


@admin.register(ApiToken, site=site)
class ApiTokenAdmin(ScopedModelAdmin):
    see_verbs = KEEPERS
    group, position = "账号", 30
    list_display = ("user", "name", "made_at", "until", "used_on", "revoked_at")
    list_select_related = ("user",)
    fields = readonly_fields = ("user", "name", "allowed", "made_at", "until", "used_on", "revoked_at")

    @admin.display(description="许办的事")
    def allowed(self, row: ApiToken) -> str:
        every: dict[str, str] = import_string(settings.SCOPE_VERBS)
        return "、".join(every.get(verb, verb) for verb in row.verbs)


@admin.register(SignInAttempt, site=site)
class SignInAttemptAdmin(ScopedModelAdmin):
    see_verbs = KEEPERS
    group, position = "记录", 30
    list_display = ("when", "who", "times", "where")
    ordering = ("-attempt_time",)
    fields = readonly_fields = ("when", "who", "times", "where", "agent")

    @admin.display(description="什么时候", ordering="attempt_time")
    def when(self, row: SignInAttempt) -> Any:
        return row.attempt_time

    @admin.display(description="填的账号")
    def who(self, row: SignInAttempt) -> str:
        return row.username or ""

    @admin.display(description="错了几次")
    def times(self, row: SignInAttempt) -> int:
        return row.failures_since_start

    @admin.display(description="网络地址")
    def where(self, row: SignInAttempt) -> str:
        return row.ip_address or ""

    @admin.display(description="浏览器")
    def agent(self, row: SignInAttempt) -> str:
        return row.user_agent


@admin.register(Feedback, site=site)
class FeedbackAdmin(ScopedModelAdmin):
    """Read by the town office, and answered."""

    see_verbs = ("settings.manage",)
    write_verb = "settings.manage"
    group, position = "记录", 10
    list_display = ("at", "author", "words", "page", "answer")
    list_select_related = ("author",)
    list_filter = (("answered_at", admin.EmptyFieldListFilter),)
    fields = ("at", "author", "page", "words", "answer", "answered_at")
    readonly_fields = ("at", "author", "page", "words", "answered_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Feedback, form: Any, change: bool) -> None:
        services.answer_feedback(feedback=obj, answer=obj.answer)
