"""The pages of villages and grids: who holds which post, who is missing, and accounts by a printed slip."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.second_factor import RequiresSecondFactor, requires_second_factor
from core import clock
from core.forms import tell_form
from core.scope import may
from core.views import DeskPage, DeskView, ScopedDetailView
from grids import services
from grids.duties import DUTIES
from grids.forms import AppointForm, OfficerForm
from grids.models import Officer, Person, Post, Territory, VillagerGroup

MANAGE = "posts.manage"


class Grids(DeskPage):
    """Every village and grid of the reach, with its posts; above them what the plan misses."""

    verb = MANAGE
    template_name = "grids/grids.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        actor = self.request.user
        return super().get_context_data(
            nodes=services.roster(actor),
            towns=Territory.objects.visible_to(actor, "grids.redraw").towns().in_use().in_order(),
            without_leader=services.grids_lacking(actor, "leader"),
            without_worker=services.grids_lacking(actor, "worker"),
            without_party_group=services.grids_without_party_group(actor),
            ages=services.age_notices(actor),
            clashes=services.phone_clashes(actor),
            **kwargs,
        )


class TerritoryPage(ScopedDetailView):
    """One village or grid: posts in force, what can be done with them."""

    model = Territory
    verb = MANAGE
    template_name = "grids/territory.html"

    def get_queryset(self) -> Any:
        return super().get_queryset().in_use().select_related("parent")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        actor, node = self.request.user, self.object
        posts = Post.objects.filter(territory=node).select_related("officer__user", "officer__person")
        in_force = list(posts.in_force().order_by("duty", "pk"))
        duties = {post.duty for post in in_force}
        given = {duty for duty in duties if services.may_appoint(actor, duty, node)}
        return super().get_context_data(
            posts=sorted(in_force, key=lambda post: list(DUTIES).index(post.duty)),
            past=list(posts.exclude(pk__in=[p.pk for p in in_force]).order_by("-since")[:20]),
            manageable={post.pk for post in in_force if post.duty in given},
            groups=_groups(node),
            grids=list(node.get_children().in_use()) if node.kind == Territory.VILLAGE else [],
            redraws=may(actor, "grids.redraw", node),
            **kwargs,
        )


def _groups(node: Territory) -> list[VillagerGroup]:
    """The villager groups in use of a village or a grid, each with its grid."""
    here = {"village": node} if node.kind == Territory.VILLAGE else {"grid": node}
    return list(VillagerGroup.objects.in_use().filter(**here).select_related("grid"))


class Appoint(RequiresSecondFactor, DeskView):
    """Give a post at one territory; asked before the form is filled in, so that nothing typed is lost."""

    verb = second_factor_verb = MANAGE

    def _answer(self, node: Territory, form: AppointForm, status: int = 200) -> HttpResponse:
        return render(self.request, "grids/appoint.html", {"node": node, "form": form}, status=status)

    def _node(self, pk: int) -> Territory:
        return get_object_or_404(Territory.objects.visible_to(self.request.user, MANAGE).in_use(), pk=pk)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        node = self._node(pk)
        start = {"duty": request.GET.get("duty", "")}
        return self._answer(node, AppointForm(actor=request.user, territory=node, initial=start))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        node = self._node(pk)
        form = AppointForm(request.POST, actor=request.user, territory=node)
        if form.is_valid():
            try:
                post = self._appoint(node, form)
            except ValidationError as fault:
                tell_form(form, fault)
            else:
                messages.success(request, f"{post}，从 {post.since:%Y-%m-%d} 起。")
                for clash in services.phone_clashes(request.user):
                    if post.officer in clash.officers:
                        messages.warning(request, str(clash))
                return redirect("grids:territory", node.pk)
        return self._answer(node, form, 422)

    @transaction.atomic
    def _appoint(self, node: Territory, form: AppointForm) -> Post:
        data = form.cleaned_data
        officer = form.officers.get(data["officer"]) if data["officer"] else None
        if officer is None:
            officer = services.new_officer(
                actor=self.request.user,
                name=data["name"],
                phone=data["phone"],
                sex=data["sex"],
                birth_month=data["birth_month"],
            )
        return services.appoint(
            actor=self.request.user,
            officer=officer,
            territory=node,
            duty=data["duty"],
            since=data["since"],
            source=data["source"],
            replace=data["replace"],
        )


class OfficerPage(RequiresSecondFactor, DeskView):
    """Somebody who holds posts: what is known, and which person of the register he is (only by a click)."""

    verb = second_factor_verb = MANAGE

    def _officer(self, pk: int) -> Officer:
        seen = Officer.objects.visible_to(self.request.user, MANAGE).select_related(
            "user", "person__household"
        )
        return get_object_or_404(seen, pk=pk)

    def _answer(
        self, officer: Officer, form: OfficerForm, status: int = 200, found: Any = None
    ) -> HttpResponse:
        posts = Post.objects.filter(officer=officer).select_related("territory__parent").order_by("-since")
        context = {"officer": officer, "form": form, "posts": posts, "found": found}
        return render(self.request, "grids/officer.html", context, status=status)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        officer = self._officer(pk)
        return self._answer(officer, OfficerForm(instance=officer))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        officer = self._officer(pk)
        if "look" in request.POST:
            found = [
                row for row in services.find(request.user, request.POST.get("text", "")[:40]) if row.person
            ]
            return self._answer(officer, OfficerForm(instance=officer), found=found)
        if "match" in request.POST:
            return self._match(officer, request.POST["match"])
        form = OfficerForm(request.POST, instance=self._officer(pk))
        status = 422
        if form.is_valid():
            phone = form.cleaned_data["new_phone"] or None
            try:
                services.change_officer(actor=request.user, officer=officer, phone=phone, **form.changed())
            except ValidationError as fault:
                form.add_error("new_phone" if phone else None, fault.messages)
            else:
                messages.success(request, f"{officer}的资料改好了。")
                return redirect("grids:officer", officer.pk)
        return self._answer(officer, form, status)

    def _match(self, officer: Officer, text: str) -> HttpResponse:
        seen = Person.objects.visible_to(self.request.user, "persons.see")
        person = get_object_or_404(seen, pk=text) if text.isdecimal() and len(text) < 19 else None
        try:
            services.match_officer(actor=self.request.user, officer=officer, person=person)
        except ValidationError as fault:
            messages.error(self.request, "".join(fault.messages))
        else:
            messages.success(
                self.request,
                f"{officer}对上了花名册里的人。" if person else f"{officer}不再对应花名册里的人。",
            )
        return redirect("grids:officer", officer.pk)


@require_POST
@requires_second_factor(MANAGE)
def end_post(request: HttpRequest, pk: int) -> HttpResponse:
    """The last day of a post."""
    post = get_object_or_404(Post.objects.visible_to(request.user, MANAGE), pk=pk)
    try:
        post = services.end_post(
            actor=request.user, post=post, until=clock.read_day(request.POST.get("until", ""))
        )
    except ValidationError as fault:
        messages.error(request, "".join(fault.messages))
    else:
        messages.success(request, f"{post}，到 {post.until:%Y-%m-%d} 止。")
    return redirect("grids:territory", post.territory_id)


@require_POST
@requires_second_factor(MANAGE)
def describe(request: HttpRequest, pk: int) -> HttpResponse:
    """Name the party group of a grid."""
    node = get_object_or_404(Territory.objects.visible_to(request.user, MANAGE), pk=pk)
    try:
        services.describe_territory(
            actor=request.user, territory=node, party_group=request.POST.get("party_group", "").strip()
        )
    except ValidationError as fault:
        messages.error(request, "".join(fault.messages))
    else:
        messages.success(request, f"{node}的党小组记下了。")
    return redirect("grids:territory", node.pk)


@require_POST
@requires_second_factor("accounts.issue")
def issue(request: HttpRequest, pk: int) -> HttpResponse:
    """Open an account, or print a new slip for one; the password is shown this once and kept nowhere."""
    officer = get_object_or_404(Officer.objects.visible_to(request.user, "accounts.issue"), pk=pk)
    try:
        user, password = services.issue_account(actor=request.user, officer=officer)
    except ValidationError as fault:
        messages.error(request, "".join(fault.messages))
        return redirect("grids:officer", officer.pk)
    back = reverse("grids:officer", args=[officer.pk])
    return render(request, "accounts/slip.html", {"holder": user, "password": password, "back": back})
