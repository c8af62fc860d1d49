"""公益性岗位 on the desk: posts, who holds them to which day, and who comes next."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from core import clock
from core.scope import Reach, may, must, reach_of
from core.views import DeskPage
from grids.models import Person, Territory
from jobs.desk_pages import Facts, RowPage, VillagePage, day_of, masked, places_of
from jobs.models import WelfarePost, WelfareTerm
from jobs.models.words import MANAGES, SEES
from jobs.services import welfare as services
from jobs.services.reading import readable


class PostForm(Facts):
    """A post: what is done, by how many, for how much and how long."""

    class Meta(Facts.Meta):
        model = WelfarePost
        fields = ("territory", "title", "duty", "number", "wage", "months", "document")


class Posts(VillagePage):
    """The posts around the reader, the terms that end soon, and, of one village, who could come next."""

    template_name = "jobs/welfare/posts.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        posts = list(self.known(WelfarePost).select_related("territory").order_by("territory__code", "pk"))
        posts.sort(key=lambda post: post.closed_on is not None)
        running = WelfareTerm.objects.running().filter(post__in=posts)
        terms = list(running.select_related("post__territory", "person__household__territory"))
        held: dict[int, int] = {}
        for term in terms:
            held[term.post_id] = held.get(term.post_id, 0) + 1
        sees = reach_of(self.request.user, SEES)
        soon = services.ending(running).select_related("post__territory", "person__household__territory")
        return super().get_context_data(
            rows=[(post, held.get(post.pk, 0)) for post in posts],
            soon=[shown(term, sees) for term in soon.order_by("until", "pk")],
            waiting=services.waiting(self.request.user, self.village) if self.village else (),
            **kwargs,
        )


def shown(term: WelfareTerm, sees: Reach) -> dict[str, Any]:
    """A term with the name as this reader may read it, and how many days are left of it."""
    assert term.until is not None
    name = masked(term.person.name, sees.covers(term.person.household.territory))
    left = (term.until - clock.today()).days
    fresh = clock.local_date(term.noted_at) == clock.today()
    return {"row": term, "name": name, "left": left, "here": f"term-{term.pk}", "fresh": fresh}


class New(DeskPage):
    """设一个公益性岗位."""

    verb = MANAGES
    template_name = "jobs/welfare/form.html"

    def form(self, *said: Any) -> PostForm:
        form = PostForm(*said)
        form.place(places_of(self.request.user, Territory.VILLAGE))
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"form": self.form()} | kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.form(request.POST)
        made = form.done(lambda row: services.set_post(actor=request.user, post=row))
        if made is None:
            return self.render_to_response(self.get_context_data(form=form), status=422)
        messages.success(request, f"“{made}”设好了。")
        return redirect("centres:post", made.pk)


class PostPage(RowPage):
    """One post: who holds it, who held it, who could come next."""

    model, whole, home = WelfarePost, ("territory__parent", "made_by"), "centres:post"
    template_name = "jobs/welfare/post.html"

    def has_place(self, shown: dict[str, Any]) -> bool:
        return bool(shown["manages"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        post, actor = self.row, self.request.user
        sees = reach_of(actor, SEES)
        rows = post.terms.select_related("person__household__territory", "post").order_by("-since", "-pk")
        terms = [shown(term, sees) for term in rows]
        manages = may(actor, MANAGES, post.territory) and post.closed_on is None
        if manages and "form" not in kwargs:
            kwargs["form"] = form_of(post)
        on = [each for each in terms if each["row"].in_force() and not each["row"].ended_why]
        return super().get_context_data(
            post=post,
            on=on,
            over=[each for each in terms if each not in on],
            manages=manages,
            waiting=services.waiting(actor, post.territory) if manages else (),
            until=services.last_day(clock.today(), post.months),
            **kwargs,
        )


def form_of(post: WelfarePost, *said: Any) -> PostForm:
    form = PostForm(*said, instance=post)
    form.place([post.territory])
    return form


@require_POST
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """改这个岗位."""
    post = PostPage.find(request, pk)
    must(request.user, MANAGES, post.territory)
    form = form_of(post, request.POST)

    def do(row: WelfarePost) -> WelfarePost:
        return services.set_post(actor=request.user, post=row)

    return PostPage.change(request, pk, form, do, "改好了，已经上岗的照原来的任期。")


@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """撤掉."""
    post = PostPage.find(request, pk)
    return PostPage.press(
        request,
        pk,
        "close",
        lambda: services.close_post(actor=request.user, post=post),
        lambda made: f"“{made}”撤了。",
    )


@require_POST
def give(request: HttpRequest, pk: int) -> HttpResponse:
    """上岗 by name; of namesakes it is asked which."""
    post = PostPage.find(request, pk)
    must(request.user, MANAGES, post.territory)

    def do(person: Person) -> None:
        since = day_of(request, "since")
        until = day_of(request, "until") if request.POST.get("until") else None
        services.give_post(actor=request.user, post=post, person=person, since=since, until=until)

    return PostPage.by_name(request, pk, "give", post.territory, do, lambda name: f"{name}上岗了。")


def term_of(request: HttpRequest, pk: int) -> WelfareTerm:
    """One around the reader, for who manages there."""
    rows = readable(WelfareTerm.objects.all(), request.user).select_related("post__territory", "person")
    term = get_object_or_404(rows, pk=pk)
    must(request.user, MANAGES, term.post.territory)
    return term


@require_POST
def end_early(request: HttpRequest, pk: int) -> HttpResponse:
    """提前结束."""
    term = term_of(request, pk)

    def do() -> WelfareTerm:
        said = {"why": request.POST.get("why", ""), "seeks": "seeks" in request.POST}
        return services.end_early(actor=request.user, term=term, day=day_of(request), **said)

    return PostPage.press(
        request,
        term.post_id,
        f"term-{pk}",
        do,
        lambda made: f"{term.person.name}这一任到 {made.until} 为止。",
    )


@require_POST
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """给错了，撤回."""
    term = term_of(request, pk)

    def said(goes_back: bool) -> str:
        register = "也改回去了" if goes_back else "后来有人改过，照现在的不动"
        return f"{term.person.name}这一任撤回了，劳动力登记{register}。"

    return PostPage.press(
        request,
        term.post_id,
        f"term-{pk}",
        lambda: services.take_back_term(actor=request.user, term=term),
        said,
    )
