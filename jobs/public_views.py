"""招工 for everybody, without an account: open places, one of them, an employer that signs up itself, and its own page.

Of an employer only its name stands here; whom to ring is the village's 书记热线, and the centre sends people there.
"""

import datetime as dt
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic.base import View

from core import clock
from core.calling import number_to_call
from core.forms import tell_form
from core.limits import client_ip, knock
from core.marks import Stale, TooFast, new_mark, read_mark
from core.paging import BadKey, Keyset
from core.views import key_of
from grids.models import Territory
from jobs import services
from jobs.models import Employer, Trade, Vacancy
from jobs.offers import offered_at, where_to_say_it
from jobs.vacancy_forms import OwnVacancyForm, SignUpForm

SALT = "jobs.public"
# A market behind one address has a few employers; one employer does not need a dozen new places in a day.
BY_ADDRESS, BY_EMPLOYER = (10, dt.timedelta(hours=1)), (12, dt.timedelta(days=1))
FAST = "点得太快了，没有收到。看一遍，再交一次。"
STALE = "这一页开得太久了，没有收到。写的还在，再交一次就行。"
FULL = "这里一个小时里交了太多次，先不收了。过一个小时再来，或者到就业服务中心说。"
OWN_FULL = "今天发得太多了，先不收了。明天再发，或者到就业服务中心说。"
PAGE = 40


def _town() -> Territory | None:
    return Territory.objects.filter(kind=Territory.TOWN).in_order().first()


def _page(request: HttpRequest, name: str, status: int = 200, **context: Any) -> HttpResponse:
    """Any of the pages, with whom to ring and where to go: the village's hotline and centre, else the town's."""
    village = context.get("village")
    place = village or _town()
    hotline = number_to_call(place) if place else ""
    town = place.parent if place and place.parent_id else place
    context |= {"town": town, "hotline": hotline, "where": where_to_say_it(village)}
    return render(request, f"jobs/public_{name}.html", context, status=status)


@method_decorator(login_not_required, name="dispatch")
class Offers(View):
    """/y/: open places with room, narrowed by village and trade."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponse:
        villages = list(Territory.objects.villages().in_use().select_related("parent").in_order())
        known = list(Trade.objects.all())
        there = set(Vacancy.objects.open().values_list("trade", flat=True))
        village = _chosen(villages, request.GET.get("village"))
        trade = _chosen(known, request.GET.get("trade"))
        trades = [each for each in known if each.pk in there or each == trade]
        pager = Keyset("-pk", size=PAGE)
        rows = offered_at(village, trade)
        try:
            page = pager.page(rows, request.GET.get("after"), request.GET.get("before"))
        except BadKey:
            page = pager.page(rows)
        kept = request.GET.copy()
        for name in ("after", "before"):
            kept.pop(name, None)
        return _page(
            request,
            "offers",
            rows=page.rows,
            page=page,
            kept=kept.urlencode(),
            villages=villages,
            trades=trades,
            village=village,
            trade=trade,
        )


def _chosen(rows: list[Any], asked: str | None) -> Any:
    return next((row for row in rows if str(row.pk) == asked), None)


@method_decorator(login_not_required, name="dispatch")
class Offer(View):
    """/y/<number>/: one place; what is over or closed is gone (410)."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        rows = Vacancy.objects.with_taken().select_related(
            "employer", "trade", "territory__parent", "village"
        )
        row = rows.filter(pk=pk).exclude(state__in=(Vacancy.PENDING, Vacancy.REFUSED)).first()
        if row is None:
            return _page(request, "gone", 404, unknown=True)
        village = row.territory.village
        if row.state != Vacancy.OPEN or row.is_over or row.employer.state != Employer.APPROVED:
            return _page(request, "gone", 410, village=village)
        return _page(request, "offer", row=row, village=village, full=row.taken >= row.number)


def _machine(request: HttpRequest) -> str:
    """What is said to a robot, and to a page that lay open too long; "" for people."""
    if request.POST.get("website"):
        return FAST
    try:
        read_mark(request.POST.get("mark", ""), SALT)
    except TooFast:
        return FAST
    except Stale:
        return STALE
    return ""


def _mark(request: HttpRequest, told: str = "") -> str:
    """An old mark that is still good stays, so that waiting is not asked twice."""
    mark = request.POST.get("mark", "")
    return new_mark(SALT) if not mark or told == STALE else mark


@method_decorator(login_not_required, name="dispatch")
@method_decorator(sensitive_post_parameters(), name="dispatch")
class SignUp(View):
    """/y/new/: an employer signs up itself with its first place; both wait for the centre."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._form(SignUpForm(initial=SignUpForm.fresh()))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = SignUpForm(request.POST)
        if told := _machine(request):
            return self._form(form, told, 422)
        if not form.is_valid():
            return self._form(form, status=422)
        most, within = BY_ADDRESS
        if not knock("jobs-sign-up", client_ip(request), most=most, within=within):
            return self._form(form, FULL, 429)
        place = form.cleaned_data["village"] or _town()
        try:
            employer = services.sign_up_with_place(territory=place, employer=form.employer(), **form.said())
        except ValidationError as refused:
            tell_form(form, refused)
            return self._form(form, status=422)
        return _page(request, "signed_up", employer=employer, village=employer.territory.village)

    def _form(self, form: SignUpForm, told: str = "", status: int = 200) -> HttpResponse:
        if told:
            form.errors.clear()
        return _page(self.request, "sign_up", status, form=form, refused=told, mark=_mark(self.request, told))


@method_decorator(login_not_required, name="dispatch")
@method_decorator(sensitive_post_parameters(), name="dispatch")
class OwnPage(View):
    """/y/e/<code>/: an employer's own page behind its link: its places, how many were sent (numbers, no names), a
    form for another one, and 不招了. A link that was taken away opens nothing, as one that never was."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        found = services.employer_behind(kwargs["code"])
        if found is None:
            return _page(request, "no_link", 404)
        self.employer = found
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        return self._own(OwnVacancyForm(initial=OwnVacancyForm.fresh()))

    def post(self, request: HttpRequest, code: str) -> HttpResponse:
        if "close" in request.POST:
            return self._close(request.POST["close"])
        form = OwnVacancyForm(request.POST)
        if told := _machine(request):
            return self._own(form, told, 422)
        if not form.is_valid():
            return self._own(form, status=422)
        most, within = BY_EMPLOYER
        if not knock("jobs-offer", str(self.employer.pk), most=most, within=within):
            return self._own(form, OWN_FULL, 429)
        try:
            services.offer_itself(employer=self.employer, code=code, **form.said())
        except ValidationError as refused:
            tell_form(form, refused)
            return self._own(form, status=422)
        return self._own(
            OwnVacancyForm(initial=OwnVacancyForm.fresh()), done="交上去了，就业服务中心看过就发出来。"
        )

    def _close(self, number: str) -> HttpResponse:
        form = OwnVacancyForm(initial=OwnVacancyForm.fresh())
        place = self._places().filter(pk=key_of(number)).first()
        if place is None:
            return self._own(form, "这个岗位找不到了，看看下面的。", 422)
        try:
            services.close_itself(employer=self.employer, code=self.kwargs["code"], vacancy=place)
        except ValidationError as refused:
            return self._own(form, "".join(refused.messages), 422)
        return self._own(form, done=f"“{place.title}”不招了。")

    def _places(self) -> Any:
        return Vacancy.objects.filter(employer=self.employer)

    def _own(self, form: Any, told: str = "", status: int = 200, done: str = "") -> HttpResponse:
        if told:
            form.errors.clear()
        rows = self._places().with_taken().with_sent()
        village = self.employer.territory.village
        return _page(
            self.request,
            "own",
            status,
            employer=self.employer,
            rows=rows.order_by("-pk")[:PAGE],
            today=clock.today(),
            form=form,
            refused=told,
            done=done,
            village=village,
            mark=_mark(self.request, told),
        )
