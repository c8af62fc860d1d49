"""公示 for everybody: what hangs out in a village, without an account, and a few words against one of it.

Names are masked as on the wall; nothing else of a person stands here, and nothing at all before and after its days.
"""

import datetime as dt
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic.base import View

from core import clock
from core.faults import by_field
from core.idnumber import mask_name
from core.limits import client_ip, knock
from core.marks import Stale, TooFast, new_mark, read_mark
from core.views import key_of
from points import services
from points.models import Award, Challenge, PublicNotice

SALT = "points.public"
# A yard behind one address has a few things to say in an hour; one award is not worth more than a dozen voices a day.
BY_ADDRESS, BY_AWARD = (20, dt.timedelta(hours=1)), (12, dt.timedelta(days=1))
FULL = "这里一个小时里交了太多次，先不收了。过一个小时再来，或者到村里说。"
AWARD_FULL = "这一件今天已经有很多人提了，村里会核实。还有别的情况，到村里说。"
FAST = "点得太快了，没有收到。看一遍，再交一次。"
STALE = "这一页开得太久了，没有收到。写的还在，再交一次就行。"
NOT_HERE = "先在上面点是哪一件不对。"


class Words(forms.Form):
    """What is wrong, and if one likes how to be called. Only robots fill `website`."""

    website = forms.CharField(required=False)
    words = forms.CharField(
        max_length=300,
        error_messages={"required": "写一句哪里不对。", "max_length": "最多写 300 个字，写短一点。"},
    )
    said_by = forms.CharField(
        max_length=40, required=False, error_messages={"max_length": "最多写 40 个字，写短一点。"}
    )


@method_decorator(login_not_required, name="dispatch")
@method_decorator(sensitive_post_parameters(), name="dispatch")
class PublicNoticePage(View):
    """/g/<number>/: the list; `?award=` with the form for one of it; sent, that it came in."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        rows = PublicNotice.objects.select_related("territory__parent", "taken")
        self.notice = rows.filter(pk=kwargs["pk"]).first()
        if self.notice is None:
            return render(request, "points/public_closed.html", {"village": None}, status=404)
        today = clock.today()
        if self.notice.is_down() and self.notice.taken.early:
            return self._render("closed", 410, taken=self.notice.taken)
        if not self.notice.first <= today <= self.notice.last:
            return self._render("closed", 410, early=today < self.notice.first)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not (asked := request.GET.get("award")):
            return self._render("notice")
        award = self._award(asked)
        return self._form(award, {}, {}) if award else self._render("notice")

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        award, form = self._award(request.POST.get("award", "")), Words(request.POST)
        if award is None:
            return self._render("notice", 422, refused=NOT_HERE)
        if told := self._machine(request, form):
            return self._form(award, {"": [told]}, request.POST, 422)
        if not form.is_valid():
            return self._form(award, form.errors, request.POST, 422)
        if full := self._full(award):
            return self._form(award, {"": [full]}, request.POST, 429)
        said = {name: form.cleaned_data[name] for name in ("words", "said_by")}
        try:
            services.challenge(actor=None, award=award, **said)
        except ValidationError as refused:
            return self._form(award, by_field(refused), request.POST, 422)
        return self._render("done", row=award)

    def _award(self, text: str) -> Award | None:
        """One that hangs here, with its masked name."""
        return next((row for row in self._rows() if row.pk == key_of(text)), None)

    def _rows(self) -> list[Award]:
        rows = Award.objects.in_state(Award.SHOWN).filter(notice=self.notice)
        said = Challenge.objects.filter(award=OuterRef("pk"))
        rows = rows.select_related("item", "group", "household").annotate(
            waits=Exists(said.filter(decided_at__isnull=True)),
            fewer=Exists(said.filter(upheld=True)),
            looked_at=Exists(said),
        )
        found = list(rows.order_by("group__position", "group_id", "household__number", "pk"))
        for row in found:
            row.who = mask_name(row.household.head_name)  # type: ignore[attr-defined]
        return found

    @staticmethod
    def _machine(request: HttpRequest, form: Words) -> str:
        if form.data.get("website"):
            return FAST
        try:
            read_mark(request.POST.get("mark", ""), SALT)
        except TooFast:
            return FAST
        except Stale:
            return STALE
        return ""

    def _full(self, award: Award) -> str:
        most, within = BY_ADDRESS
        if not knock("objection", client_ip(self.request), most=most, within=within):
            return FULL
        most, within = BY_AWARD
        return "" if knock("objection-award", str(award.pk), most=most, within=within) else AWARD_FULL

    def _form(self, award: Award, faults: Any, typed: Any, status: int = 200) -> HttpResponse:
        """The form with what was typed; an old mark that is still good stays, so that waiting is not asked twice."""
        mark = typed.get("mark", "")
        if not mark or STALE in faults.get("", ()):
            mark = new_mark(SALT)
        return self._render("object", status, row=award, faults=faults, typed=typed, mark=mark)

    def _render(self, name: str, status: int = 200, **context: Any) -> HttpResponse:
        assert self.notice is not None
        if name == "notice":
            context["rows"] = self._rows()
            context["came"] = services.brought_before(self.notice)
            # Once it hangs out only an objection can refuse it.
            context["refused_here"] = self.notice.awards.in_state(Award.REFUSED).count()
        context |= {"notice": self.notice, "village": self.notice.territory}
        return render(self.request, f"points/public_{name}.html", context, status=status)
