"""公示 on the desk: what waits to hang out and what of it deserves a look, the notice itself, its sheet, objections."""

from collections import defaultdict
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts import second_factor
from core import clock
from core.faults import refusal
from core.idnumber import mask_name
from core.qr import qr_picture
from core.scope import may
from core.views import DeskPage, ScopedDetailView, ScopedListView, whole_number
from grids.models import Territory
from points import services
from points.award_forms import AnswerForm
from points.models import Award, Challenge, PublicNotice, Scheme
from points.models.awards import DECIDES, SEES

A_NOTICE = 300  # so many awards at most on one notice: what a wall and one page hold


class Notices(ScopedListView):
    """Every notice of the reader's villages, the newest first, and where awards wait for one."""

    verb = SEES
    template_name = "points/notices.html"
    page_order = ("-pk",)
    page_size = 30

    def get_queryset(self) -> QuerySet:
        objected = Count("awards", filter=Q(awards__in=Award.objects.objected()), distinct=True)
        rows = _readable(self.request.user).annotate(number=Count("awards", distinct=True), objected=objected)
        return rows.select_related("territory", "made_by", "taken")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        waiting = services.to_show(self.request.user).order_by()
        counts = dict(waiting.values_list("household__village").annotate(Count("pk")))
        villages = Territory.objects.filter(pk__in=counts).in_order()
        return super().get_context_data(
            waiting=[(village, counts[village.pk]) for village in villages], today=clock.today(), **kwargs
        )


def _readable(actor: Any) -> QuerySet[PublicNotice]:
    """Of her villages; who sees the points of a grid alone sees the notices on which it stands."""
    mine = Award.objects.visible_to(actor, SEES).filter(notice__isnull=False).values("notice")
    village = PublicNotice.objects.visible_to(actor, SEES).values("pk")
    return PublicNotice.objects.filter(Q(pk__in=village) | Q(pk__in=mine))


class Show(second_factor.RequiresSecondFactor, DeskPage):
    """贴公示: the decided awards of a village, each with what deserves a look, ticked unless one takes it out."""

    verb = second_factor_verb = DECIDES
    template_name = "points/show.html"

    @cached_property
    def village(self) -> Territory:
        rows = Territory.objects.visible_to(self.request.user, DECIDES).villages()
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def _rows(self) -> QuerySet[Award]:
        rows = services.to_show(self.request.user).filter(household__village=self.village)
        return rows.order_by("group__position", "group_id", "household__number", "pk").whole()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = list(self._rows()[:A_NOTICE])
        ticked = kwargs.pop("ticked", {row.pk for row in rows})
        by_key = {row.pk: row for row in rows}
        # What is the same of several is said once, with all of them.
        odd = defaultdict(list)
        for each in services.oddities(rows):
            odd[each.words].append(by_key[each.award])
        looked_at = {row.pk for some in odd.values() for row in some}
        for row in rows:
            row.odd, row.ticked = row.pk in looked_at, row.pk in ticked
        scheme = Scheme.objects.of(self.village, clock.today())
        return super().get_context_data(
            village=self.village,
            rows=rows,
            odd=list(odd.items()),
            looked_at=len(looked_at),
            more=self._rows().count() - len(rows),
            over=services.over_budget(self.village, sum(row.worth for row in rows)),
            days=scheme.notice_days if scheme else None,
            today=clock.today(),
            **{"refused": {}, "first": clock.today().isoformat()} | kwargs,
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        asked = {whole_number(each) for each in request.POST.getlist("award")}
        typed = request.POST.get("first", "")
        try:
            first = clock.read_day(typed, "first")
            rows = self._rows().filter(pk__in=asked)
            notice = services.show(actor=request.user, village=self.village, awards=rows, first=first)
        except (ValidationError, PermissionDenied) as refused:
            told, status = refusal(refused)
            context = self.get_context_data(refused=told, ticked=asked, first=typed)
            return self.render_to_response(context, status=status)
        messages.success(request, f"公示贴出来了，到{clock.cn_day(notice.last)}。打印一张，贴到公示栏。")
        return redirect("points:notice", notice.pk)


class NoticePage(ScopedDetailView):
    """One notice: what hangs out, what was objected, and the answers."""

    verb = SEES
    template_name = "points/notice.html"
    context_object_name = "notice"

    def get_queryset(self) -> QuerySet:
        return _readable(self.request.user).select_related("territory__parent", "made_by", "taken__by")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows, actor = _hung(self.object).filter(pk__in=self._mine()), self.request.user
        rows = list(rows)
        open_ones = Challenge.objects.filter(award__in=rows).select_related("noted_by", "decided_by")
        by_award = defaultdict(list)
        for each in open_ones:
            by_award[each.award_id].append(each)
        for row in rows:
            row.said = by_award.get(row.pk, [])
            row.open = [each for each in row.said if each.decided_at is None]
            row.answers = bool(row.open) and not services.why_not(actor, "answer", row)
        return super().get_context_data(
            rows=rows,
            objected=[row for row in rows if row.said],
            gone=services.taken_off(self.object).filter(award__in=Award.objects.visible_to(actor, SEES)),
            outcomes=AnswerForm.OUTCOMES,
            today=clock.today(),
            decides=may(actor, DECIDES, self.object.territory),
            address=_public(self.request, self.object),
            **{"refused": {}, "typed": {}, "opened": None, "down_refused": []} | kwargs,
        )

    def _mine(self) -> Any:
        return Award.objects.visible_to(self.request.user, SEES).filter(notice=self.object).values("pk")


def _hung(notice: PublicNotice) -> QuerySet[Award]:
    """What hangs on it, group by group."""
    rows = Award.objects.filter(notice=notice).whole()
    return rows.order_by("group__position", "group_id", "household__number", "pk")


def _public(request: HttpRequest, notice: PublicNotice) -> str:
    return request.build_absolute_uri(reverse("points:public", args=[notice.pk]))


class Paper(ScopedDetailView):
    """The sheet for the wall: masked names, the days, how to object, and a QR of the public page."""

    verb = SEES
    template_name = "points/notice_paper.html"
    context_object_name = "notice"

    def get_queryset(self) -> QuerySet:
        return _readable(self.request.user).select_related("territory__parent", "made_by")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = list(_hung(self.object).in_state(Award.SHOWN, Award.POSTED))
        for row in rows:
            row.who = mask_name(row.household.head_name)
        scheme = Scheme.objects.of(self.object.territory, self.object.first)
        return super().get_context_data(
            rows=rows,
            total=sum(row.worth for row in rows),
            came=services.brought_before(self.object),
            scheme=scheme,
            qr=qr_picture(_public(self.request, self.object)),
            **kwargs,
        )


@require_POST
@second_factor.requires_second_factor(DECIDES)
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """处理异议; a refusal comes back at its form with what was typed."""
    rows = Challenge.objects.visible_to(request.user, SEES).select_related("award")
    found = get_object_or_404(rows, pk=pk)
    form = AnswerForm(request.POST)
    try:
        if not form.is_valid():
            raise ValidationError({name: list(told) for name, told in form.errors.items()})
        services.answer_challenge(actor=request.user, challenge=found, **form.said())
    except (ValidationError, PermissionDenied) as refused:
        told, status = refusal(refused)
        return _answer_again(request, found, told, status)
    messages.success(request, "异议处理好了，记在这一件的经过里。")
    if found.award.notice_id is None:
        return redirect("points:award", found.award_id)
    return redirect("points:notice", found.award.notice_id)


def _answer_again(request: HttpRequest, found: Challenge, told: Any, status: int) -> HttpResponse:
    if found.award.notice_id is None:
        messages.error(request, "".join(sentence for each in told.values() for sentence in each))
        return redirect("points:award", found.award_id)
    page = NoticePage()
    page.setup(request, pk=found.award.notice_id)
    page.object = page.get_object()
    context = page.get_context_data(refused=told, typed=request.POST, opened=found.pk)
    return render(request, NoticePage.template_name, context, status=status)


@require_POST
@second_factor.requires_second_factor(DECIDES)
def take_down(request: HttpRequest, pk: int) -> HttpResponse:
    """揭下来, after its days or with a reason before; a refusal comes back with what was typed."""
    page = NoticePage()
    page.setup(request, pk=pk)
    page.object = page.get_object()
    try:
        made = services.take_down(actor=request.user, notice=page.object, words=request.POST.get("words", ""))
    except (ValidationError, PermissionDenied) as refused:
        told, status = refusal(refused)
        said = [sentence for each in told.values() for sentence in each]
        context = page.get_context_data(down_refused=said, typed=request.POST)
        return render(request, NoticePage.template_name, context, status=status)
    back = "，上面没入账的回到待公示" if made.early else ""
    messages.success(request, f"{page.object}揭下来了{back}。")
    return redirect("points:notice", pk)
