"""The office's reference-data desk: Django's own admin under our name, scoped like everything else.

Who comes in is asked of the verbs and the second factor, never of is_staff. Rows are those of `visible_to`, another
village's row is 404, nothing is deleted, and what has a rule of its own is only looked at: its service changes it.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite, ModelAdmin, display
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, reverse, reverse_lazy
from django.utils.module_loading import import_string

from core import workdays
from core.idnumber import looks_secret
from core.models import WorkdayChange
from core.scope import Reach, reach_of

KEEPERS = ("settings.manage", "accounts.admin")
GROUPS = ("规则", "网格和居民", "账号", "记录")
SECRET = "身份证号和电话不写在地址里，地址会留在浏览器和日志里。回工作台，在最上面的框里找。"
MOST_COUNTED = 10_000


def held(request: Any, verb: str) -> Reach:
    """The user's reach for a verb, asked once per request: a page of the admin asks it for every model."""
    known = request.__dict__.setdefault("_admin_reach", {})
    if verb not in known:
        known[verb] = reach_of(request.user, verb)
    return known[verb]


class Site(AdminSite):
    """Closed to everybody but holders of KEEPERS who passed the second factor."""

    site_title = site_header = "洪集镇网格治理"
    index_title = "规则和账号"
    site_url = "/"
    empty_value_display = "—"

    def has_permission(self, request: HttpRequest) -> bool:
        return any(held(request, verb) for verb in KEEPERS)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if not request.user.is_authenticated:
                return self.login(request)
            if not self.has_permission(request):
                raise PermissionDenied("这里是镇办公室管规则和账号的地方。")
            away = import_string(settings.SECOND_FACTOR)(request)
            return away or inner(request, *args, **kwargs)

        return guarded

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        from django.contrib.auth.views import redirect_to_login

        return redirect_to_login(request.get_full_path(), reverse(settings.LOGIN_URL))

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Without the doors that stand elsewhere: sign-in, sign-out, password, addresses by content type."""
        elsewhere = {"login", "logout", "password_change", "password_change_done", "view_on_site"}
        urls = [pattern for pattern in super().get_urls() if getattr(pattern, "name", None) not in elsewhere]
        for pattern in urls:
            # LoginRequiredMiddleware would ask for the admin's own sign-in page, which is not there.
            if hasattr(getattr(pattern, "callback", None), "login_url"):
                pattern.callback.login_url = reverse_lazy(settings.LOGIN_URL)  # type: ignore[union-attr]
        return urls

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """The menu by what the office looks for, not by how the code is cut."""
        apps = list(self._build_app_dict(request, app_label).values())
        if app_label:
            return apps
        groups: dict[str, dict[str, Any]] = {}
        home = reverse("admin:index", current_app=self.name)
        for app in apps:
            for model in app["models"]:
                name = self._ours(model["model"]).group
                group = groups.setdefault(
                    name,
                    {
                        "name": name,
                        "app_label": f"group{GROUPS.index(name)}",
                        "app_url": f"{home}#group{GROUPS.index(name)}",
                        "has_module_perms": True,
                        "models": [],
                    },
                )
                group["models"].append(model)
        for group in groups.values():
            group["models"].sort(key=lambda model: self._ours(model["model"]).position)
        return sorted(groups.values(), key=lambda group: GROUPS.index(group["name"]))

    def _ours(self, model: Any) -> Any:
        return self._registry[model]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return super().index(request, {"exists": self._exists(request), **(extra_context or {})})

    def _exists(self, request: HttpRequest) -> list[tuple[str, int]]:
        """How many there are of what this user may not read: the system administrator sees that, and no more."""
        found = []
        for model, model_admin in self._registry.items():
            if not model_admin.has_view_permission(request):
                every = model._default_manager.all()
                rows = narrow(every, request.user, "accounts.admin", model_admin.many_paths)  # type: ignore[attr-defined]
                found.append((str(model._meta.verbose_name), capped_count(rows)))
        return found


def capped_count(rows: QuerySet) -> int:
    """The number of rows, as far as MOST_COUNTED: nobody turns to the hundredth page."""
    return rows.order_by()[:MOST_COUNTED].count()


class CappedPaginator(Paginator):
    """A table of two million rows is not counted to show a hundred of them."""

    @property
    def count(self) -> int:
        if not hasattr(self, "_count"):
            rows: Any = self.object_list
            self._count = capped_count(rows) if isinstance(rows, QuerySet) else len(rows)
        return self._count


def yes_no(field: str, title: str) -> Callable[[Any, Any], str]:
    """A column that says 是 or nothing: the stock one is a picture whose text is English."""

    @display(description=title, ordering=field)
    def shown(self: Any, row: Any) -> str:
        value = getattr(row, field)
        return "不知道" if value is None else ("是" if value else "否")

    return shown


class ScopedModelAdmin(ModelAdmin):
    """Rows by `see_verbs` (the first one held decides), changes by `write_verb` (none: only looked at)."""

    see_verbs: tuple[str, ...] = KEEPERS[:1]
    write_verb = ""
    group = GROUPS[0]
    position = 100
    many_paths = False  # TERRITORY leads through several rows: a row would come once for each
    actions: Any = None
    list_per_page = 100
    show_full_result_count = False
    paginator = CappedPaginator
    save_as = False
    view_on_site = False

    def _seen_by(self, request: HttpRequest) -> str | None:
        return next((verb for verb in self.see_verbs if held(request, verb)), None)

    # --- which rows -------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request)
        return narrow(rows, request.user, self._seen_by(request), self.many_paths)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404
        return found

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> Any:
        if looks_secret(search_term):
            return queryset.none(), False
        return super().get_search_results(request, queryset, search_term)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        if any(looks_secret(value) for _, values in request.GET.lists() for value in values):
            messages.error(request, SECRET)
            return redirect(request.path)
        return super().changelist_view(request, extra_context)

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        related = db_field.related_model
        if "queryset" not in kwargs and getattr(related, "TERRITORY", None) is not None:
            rows = related._default_manager.visible_to(
                request.user, self._seen_by(request) or self.see_verbs[0]
            )
            kwargs["queryset"] = rows
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    # --- who may ------------------------------------------------------------------------------------------------

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._seen_by(request) is not None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(self.write_verb and held(request, self.write_verb))

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(self.write_verb and held(request, self.write_verb))

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Only our own: the stock action deletes."""
        return {
            name: action for name, action in super().get_actions(request).items() if name != "delete_selected"
        }


def narrow(rows: QuerySet, user: Any, verb: str | None, many_paths: bool = False) -> QuerySet:
    """Rows of an admin list inside the user's reach; all of a model that lies outside the tree."""
    if verb is None:
        return rows.none()
    if getattr(rows.model, "TERRITORY", None) is None:
        return rows
    if not many_paths:
        return rows.visible_to(user, verb)  # type: ignore[attr-defined]
    mine: Iterable[Any] = rows.model._default_manager.visible_to(user, verb).values("pk")
    return rows.filter(pk__in=mine)


site = Site(name="admin")


class WorkdayChangeAdmin(ScopedModelAdmin):
    """The town's own table of holidays; says which year must still be filled in."""

    write_verb = "settings.manage"
    position = 30
    list_display = ("day", "works", "name")
    list_filter = ("works",)
    fields = ("day", "works", "name")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        for year in workdays.unknown_years():
            messages.warning(
                request,
                f"{year} 年的节假日还没填：国务院公布以后，把放假的日子和调休上班的日子填在这里；没填以前只按周末算。",
            )
        return super().changelist_view(request, extra_context)


site.register(WorkdayChange, WorkdayChangeAdmin)
