"""积分办法 on the desk: what holds in a village, in sentences, what held before, and new rules with their items."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from core import clock
from core.forms import tell_form
from core.scope import may, reach_of
from core.views import DeskPage, whole_number
from grids.models import Territory
from points import services
from points.models import Award, Item, Scheme
from points.models.awards import SEES
from points.scheme_forms import AdoptForm, ItemForm


class Schemes(DeskPage):
    """The rules of one of the reader's villages: what holds, what is to come, what held before."""

    verb = SEES
    template_name = "points/schemes.html"

    @cached_property
    def villages(self) -> list[Territory]:
        """Those in which she sees points, be it from one of their grids."""
        nodes = Territory.objects.in_use().filter(reach_of(self.request.user, SEES).q())
        keys = {each.pk if each.kind == Territory.VILLAGE else each.parent_id for each in nodes}
        return list(Territory.objects.villages().filter(pk__in=keys).in_order())

    @cached_property
    def village(self) -> Territory | None:
        if not (asked := self.request.GET.get("village")):
            return self.villages[0] if self.villages else None
        number = whole_number(asked)
        if found := next((each for each in self.villages if each.pk == number), None):
            return found
        raise Http404

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        used = Exists(Award.objects.filter(item=OuterRef("pk")))
        rows = list(Scheme.objects.filter(territory=self.village).order_by("-since"))
        items: dict[int, list[Item]] = {}
        for item in Item.objects.filter(scheme__in=rows).annotate(used=used):
            items.setdefault(item.scheme_id, []).append(item)
        today = clock.today()
        for row in rows:
            row.clauses, row.every = services.clauses(row), items.get(row.pk, [])
            row.deeds = [each for each in row.every if not each.refuses]
            row.grounds = [each for each in row.every if each.refuses]
        return super().get_context_data(
            villages=self.villages,
            village=self.village,
            current=[row for row in rows if row.holds_on(today)],
            coming=[row for row in rows if row.since > today],
            earlier=[row for row in rows if row.until and row.until < today],
            cover=services.cover_of(self.village) if self.village else None,
            rules=self.village is not None and may(self.request.user, services.RULES, self.village),
            **kwargs,
        )


def _page(village: int) -> str:
    return f"{reverse('points:schemes')}?village={village}"


class _Form(DeskPage):
    """A form of the rules: what the service refuses comes back at its field, with what was typed."""

    verb = services.RULES
    form_class: Any = None

    @cached_property
    def village(self) -> Territory:
        raise NotImplementedError

    def save(self, form: Any) -> str:
        """Store what was typed; the sentence for the next page."""
        raise NotImplementedError

    def make(self, sent: Any = None) -> Any:
        """The form: as it is to begin with, or with what was sent."""
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", self.make())
        back = _page(self.village.pk)
        return super().get_context_data(village=self.village, back=back, today=clock.today(), **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form, status = self.make(request.POST), 422
        if form.is_valid():
            try:
                told = self.save(form)
            except ValidationError as refused:
                status = tell_form(form, refused)
            else:
                messages.success(request, told)
                return redirect(_page(self.village.pk))
        return self.render_to_response(self.get_context_data(form=form), status=status)


class Adopt(_Form):
    """定新办法: from a day on, by which resolution; the items of the rules before come along."""

    template_name = "points/adopt.html"

    @cached_property
    def village(self) -> Territory:
        rows = Territory.objects.visible_to(self.request.user, services.RULES).villages().in_use()
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    @cached_property
    def before(self) -> Scheme | None:
        return Scheme.objects.filter(territory=self.village, until__isnull=True).first()

    def make(self, sent: Any = None) -> AdoptForm:
        before = self.before
        said = {name: getattr(before, name) for name in services.NUMBERS} if before else {}
        return AdoptForm(sent, initial=said)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(before=self.before, **kwargs)

    def save(self, form: Any) -> str:
        made = services.adopt_scheme(actor=self.request.user, village=self.village, **form.cleaned_data)
        return f"新办法定好了，{clock.cn_date(made.since)}起用。下面核对项目：没人申报过的，还可以改。"


@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """定错了: rules that have not begun."""
    rows = Scheme.objects.visible_to(request.user, services.RULES).select_related("territory")
    scheme = get_object_or_404(rows, pk=pk)
    since = clock.cn_date(scheme.since)
    return _press(
        request,
        scheme.territory_id,
        lambda: services.drop_scheme(actor=request.user, scheme=scheme),
        f"{since}起的那份去掉了，在用的办法接着用。",
    )


class _ItemForm(_Form):
    template_name = "points/item.html"

    @cached_property
    def item(self) -> Item:
        raise NotImplementedError

    @cached_property
    def village(self) -> Territory:
        return self.item.scheme.territory

    def make(self, sent: Any = None) -> ItemForm:
        return ItemForm(sent, instance=self.item)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(item=self.item, **kwargs)

    def save(self, form: Any) -> str:
        item = services.save_item(actor=self.request.user, item=form.fill(self.item))
        return f"“{item}”存好了。"


class NewItem(_ItemForm):
    """Add one to the rules of a village."""

    @cached_property
    def item(self) -> Item:
        rows = Scheme.objects.visible_to(self.request.user, services.RULES).select_related("territory")
        scheme = get_object_or_404(rows, pk=self.kwargs["pk"])
        return Item(scheme=scheme, position=scheme.items.count() + 1)


class EditItem(_ItemForm):
    """Change one by which nothing was claimed."""

    @cached_property
    def item(self) -> Item:
        return _item(self.request, self.kwargs["pk"])


def _item(request: HttpRequest, pk: int) -> Item:
    rows = Item.objects.visible_to(request.user, services.RULES).select_related("scheme__territory")
    return get_object_or_404(rows, pk=pk)


@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one out by which nothing was claimed."""
    item = _item(request, pk)
    return _press(
        request,
        item.scheme.territory_id,
        lambda: services.remove_item(actor=request.user, item=item),
        f"“{item.title}”去掉了。",
    )


def _press(request: HttpRequest, village: int, verb: Callable[[], None], said: str) -> HttpResponse:
    """Do it and say so on the village's page, or there why it was refused."""
    try:
        verb()
    except ValidationError as refused:
        messages.error(request, "".join(refused.messages))
    else:
        messages.success(request, said)
    return redirect(_page(village))
