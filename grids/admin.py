"""The register in the office's desk: the town's lists are edited here, everything that has a verb is only looked at."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core.admin import ScopedModelAdmin, site, yes_no
from grids import services
from grids.history import lines_of
from grids.models import (
    CategoryKind,
    ElsewhereAnswer,
    GridSize,
    Household,
    Officer,
    Person,
    Post,
    RegisterChange,
    Territory,
    Unmasking,
    WithheldVerb,
)


class WithHistory(ScopedModelAdmin):
    """The link 历史 shows the lines simple-history keeps; Django's own log knows only what was typed in here."""

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        context = {
            **self.admin_site.each_context(request),
            "title": f"修改记录：{row}",
            "lines": lines_of(row),
            "object": row,
            "opts": self.opts,
        }
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return render(request, "admin/row_history.html", context)


@admin.register(CategoryKind, site=site)
class CategoryKindAdmin(ScopedModelAdmin):
    write_verb = "settings.manage"
    group, position = "规则", 30
    list_display = ("name", "short", "visited_since", "visited_until", "synonyms", "position")
    fields = ("code", "name", "short", "synonyms", "visited_since", "visited_until", "position")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj else ()


@admin.register(WithheldVerb, site=site)
class WithheldVerbAdmin(ScopedModelAdmin):
    """The town narrows what a post may do; giving back is taking the row away, so this one list may be shortened."""

    write_verb = "settings.manage"
    group, position = "规则", 40
    list_display = ("duty", "verb")
    list_filter = ("duty",)
    fields = ("duty", "verb")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)


@admin.register(GridSize, site=site)
class GridSizeAdmin(ScopedModelAdmin):
    """What size the town holds to be good for a grid: hints of the page 调整网格, nothing more. One row at most."""

    write_verb = "settings.manage"
    group, position = "规则", 50
    list_display = ("__str__", "uneven")
    fields = ("least", "most", "uneven")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not GridSize.objects.exists()


@admin.register(Territory, site=site)
class TerritoryAdmin(WithHistory):
    see_verbs = ("settings.manage", "accounts.admin")
    group, position = "网格和居民", 10
    list_display = ("indented", "kind", "code", "start_month", "party_group", "closed_on")
    list_filter = ("kind",)
    search_fields = ("name", "code")
    search_help_text = "名称或编码"
    ordering = ("tree_id", "lft")
    fields = readonly_fields = (
        "name",
        "kind",
        "code",
        "parent",
        "start_month",
        "party_group",
        "note",
        "closed_on",
    )

    @admin.display(description="名称")
    def indented(self, row: Territory) -> str:
        # Ideographic spaces, not mptt's own style=: the policy admits none.
        return "　" * {Territory.TOWN: 0, Territory.VILLAGE: 1}.get(row.kind, 2) + row.name


@admin.register(Officer, site=site)
class OfficerAdmin(WithHistory):
    """Whoever holds posts, and may be handed a slip to sign in."""

    see_verbs = ("posts.manage", "accounts.admin")
    group, position, many_paths = "账号", 10, True
    smartphone_shown = yes_no("smartphone", "会用智能手机")
    card_consent_shown = yes_no("card_consent", "同意把电话印在联系卡上")
    list_display = ("name", "where", "phone_mask", "user", "signs_in")
    list_select_related = ("user",)
    search_fields = ("name",)
    search_help_text = "姓名"
    ordering = ("name", "pk")
    fields = readonly_fields = (
        "name",
        "where",
        "sex",
        "birth_month",
        "phone_mask",
        "politics",
        "education",
        "smartphone_shown",
        "card_consent_shown",
        "user",
    )
    actions = ("give_slip", "close", "reopen", "clear_factor")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("posts__territory__parent")

    @admin.display(description="岗位")
    def where(self, row: Officer) -> str:
        held = [post for post in row.posts.all() if post.in_force()]
        return "；".join(f"{post.territory.full_name} {post.get_duty_display()}" for post in held)

    @admin.display(description="能登录")
    def signs_in(self, row: Officer) -> str:
        return "是" if row.user and row.user.is_active else "否"

    @admin.action(description="发登录条（选一个人）")
    def give_slip(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        done = self._one(
            request, chosen, lambda officer: services.issue_account(actor=request.user, officer=officer)
        )
        return _slip(request, *done) if done else None

    @admin.action(description="停用账号（选一个人）")
    def close(self, request: HttpRequest, chosen: QuerySet) -> None:
        def do(officer: Officer) -> bool:
            services.close_account(actor=request.user, officer=officer)
            return True

        if self._one(request, chosen, do):
            messages.success(request, "账号停用了，下一次点击就退出。")

    @admin.action(description="重新启用账号（选一个人）")
    def reopen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        done = self._one(
            request, chosen, lambda officer: services.reopen_account(actor=request.user, officer=officer)
        )
        return _slip(request, *done) if done else None

    @admin.action(description="清掉第二道验证（选一个人）")
    def clear_factor(self, request: HttpRequest, chosen: QuerySet) -> None:
        def do(officer: Officer) -> bool:
            services.reset_second_factor(actor=request.user, officer=officer)
            return True

        if self._one(request, chosen, do):
            messages.success(request, "清掉了，下次要用时重新办。")

    def _one(self, request: HttpRequest, chosen: QuerySet, do: Callable[[Officer], Any]) -> Any:
        """Do it for the one officer chosen; a sentence and None where it cannot be done."""
        officers = list(chosen[:2])
        if len(officers) != 1:
            messages.error(request, "一次只能选一个人。")
            return None
        try:
            return do(officers[0])
        except ValidationError as fault:
            messages.error(request, "".join(fault.messages))
        except PermissionDenied as fault:
            messages.error(request, str(fault))
        return None


def _slip(request: HttpRequest, user: Any, password: str) -> HttpResponse:
    context = {"holder": user, "password": password, "back": request.path}
    return render(request, "accounts/slip.html", context)


@admin.register(Post, site=site)
class PostAdmin(WithHistory):
    see_verbs = ("posts.manage", "accounts.admin")
    group, position = "网格和居民", 20
    list_display = ("territory", "duty", "officer", "since", "until")
    list_filter = ("duty",)
    list_select_related = ("territory", "officer")
    search_fields = ("officer__name",)
    search_help_text = "姓名"
    ordering = ("territory__tree_id", "territory__lft", "duty", "-since", "pk")
    fields = readonly_fields = ("officer", "territory", "duty", "since", "until", "source", "note")


@admin.register(Household, site=site)
class HouseholdAdmin(WithHistory):
    see_verbs = ("households.see",)
    group, position = "网格和居民", 30
    list_display = ("number", "head_name", "territory", "group", "size", "phone_mask", "ended_on")
    list_select_related = ("territory", "group")
    search_fields = ("=number", "head_name__startswith")
    search_help_text = "户编号或户主"
    ordering = ("pk",)
    fields = readonly_fields = (
        "number",
        "head_name",
        "village",
        "territory",
        "group",
        "address",
        "size",
        "phone_mask",
        "since",
        "ended_on",
        "note",
    )


@admin.register(Person, site=site)
class PersonAdmin(WithHistory):
    see_verbs = ("persons.see",)
    group, position = "网格和居民", 40
    list_display = ("name", "relation", "household", "id_number_mask", "phone_mask", "left_on")
    list_select_related = ("household",)
    search_fields = ("name__startswith", "pinyin__startswith", "=initials")
    search_help_text = "姓名、全拼或首字母"
    ordering = ("pk",)
    fields = readonly_fields = (
        "name",
        "household",
        "relation",
        "sex",
        "ethnicity",
        "birth_date",
        "id_number_mask",
        "phone_mask",
        "politics",
        "education",
        "left_on",
        "left_why",
        "note",
    )


@admin.register(RegisterChange, site=site)
class RegisterChangeAdmin(ScopedModelAdmin):
    see_verbs = ("persons.see",)
    group, position = "记录", 40
    list_display = ("proposed_at", "kind", "household", "person", "state", "proposed_by", "decided_by")
    list_filter = ("state", "kind")
    list_select_related = ("household", "person", "proposed_by", "decided_by")
    fields = readonly_fields = (
        "kind",
        "territory",
        "household",
        "person",
        "happened_on",
        "state",
        "proposed_by",
        "proposed_at",
        "decided_by",
        "decided_at",
        "why",
    )


@admin.register(Unmasking, site=site)
class UnmaskingAdmin(ScopedModelAdmin):
    group, position = "记录", 50
    list_display = ("at", "actor", "person", "what", "reason", "territory")
    list_select_related = ("actor", "person", "territory")
    fields = readonly_fields = ("at", "actor", "person", "what", "reason", "territory")


@admin.register(ElsewhereAnswer, site=site)
class ElsewhereAnswerAdmin(ScopedModelAdmin):
    group, position = "记录", 55
    list_display = ("at", "actor", "count", "what", "territory")
    list_select_related = ("actor", "territory")
    fields = readonly_fields = ("at", "actor", "count", "what", "territory")
