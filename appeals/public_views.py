"""扫码留言: the page behind the contact card, where a villager leaves a need: no account, no script, no names."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic.base import View

from appeals import services
from appeals.models import Card, Matter, PublicNumber
from core import clock, idnumber
from core.faults import by_field
from core.limits import client_ip, knock
from core.workdays import Calendar

# What a villager calls it, and the field it goes into.
KINDS = (
    ("care", "看病养老", "illness"),
    ("school", "上学托幼", "learning"),
    ("work", "找活干", "work"),
    ("dispute", "闹矛盾", Matter.DISPUTE),
    ("power", "路灯水电", Matter.ENVIRONMENT),
    ("litter", "垃圾环境", Matter.ENVIRONMENT),
    ("danger", "有危险", Matter.DANGER),
    ("other", "别的事", Matter.OTHER),
)
ANSWER_DAYS = 3  # work days, as the card and the page promise (domain.md, "Settled questions of the screens")
SALT = "appeals.need"
QUICKEST, LONGEST = 3, 24 * 3600  # seconds between the empty form and the filled one
# A yard behind one address (a school, a factory) may have something to say; one telephone has not so much in a day.
BY_ADDRESS, BY_PHONE = (20, dt.timedelta(hours=1)), (5, dt.timedelta(days=1))
ROBOT = "这一张没有收：像是机器填的。是您自己写的，把下面那个空格清掉，再交一次。"
TOO_QUICK = "点得太快了，没有收到。看一遍，再交一次。"
TOO_OLD = "这一页开得太久了，没有收到。写的还在，再交一次就行。"
USED = "刚才那一件收到了，编号 {number}。要说的是另一件，再交一次。"
FULL = "这里一个小时里交了太多次，先不收了。过一个小时再来，急事打电话。"
PHONE_FULL = "这个电话一天里交了太多次，先不收了。明天再来，急事打电话。"


class Need(forms.Form):
    """What is asked: one of eight, a number to call, and words if she likes. Only robots fill `website`."""

    token = forms.CharField(required=False)
    website = forms.CharField(required=False)
    kind = forms.ChoiceField(
        choices=[(code, title) for code, title, _ in KINDS],
        error_messages={"required": "点一个是什么事。", "invalid_choice": "点一个是什么事。"},
    )
    tel = forms.CharField(max_length=30, error_messages={"required": "写您的电话，好回您。"})
    what = forms.CharField(
        max_length=500, required=False, error_messages={"max_length": "最多写 500 个字，写短一点。"}
    )

    def clean_tel(self) -> str:
        number = idnumber.clean_phone(self.cleaned_data["tel"])
        if fault := idnumber.phone_fault(number):
            raise ValidationError(f"{fault}。")
        return number


@dataclass(frozen=True)
class Token:
    """The number of what will be sent, and when its form was first given out: signed, so that nobody makes his own."""

    number: UUID
    given: int
    ours: bool = True

    @classmethod
    def read(cls, signed: str, card: Card) -> "Token":
        """The one that came along, or a new one."""
        try:
            of, number, given = signing.loads(signed, salt=SALT)
            if of == card.pk:
                return cls(UUID(number), int(given))
        except (signing.BadSignature, ValueError, TypeError):
            pass
        return cls(uuid4(), int(clock.now().timestamp()), ours=False)

    def signed(self, card: Card) -> str:
        # One that has grown too old is as good as new once its form was shown again.
        given = int(clock.now().timestamp()) if self.why_not == TOO_OLD else self.given
        return signing.dumps([card.pk, str(self.number), given], salt=SALT)

    @property
    def why_not(self) -> str:
        """Too quick for a hand, too old, none of ours; empty if it is good."""
        age = int(clock.now().timestamp()) - self.given
        if not self.ours or age > LONGEST:
            return TOO_OLD
        return TOO_QUICK if age < QUICKEST else ""


@method_decorator(login_not_required, name="dispatch")
@method_decorator(sensitive_post_parameters(), name="dispatch")
class NeedPage(View):
    """/n/<code>/: the form; sent, what became of it. The same form sent twice is one matter."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        rows = Card.objects.select_related("territory__parent__parent")
        self.found = rows.filter(code=kwargs["code"]).first()
        if self.found is None:
            return
        self.card, self.grid = self.found, self.found.territory
        self.closed = self.card.revoked_at is not None or self.grid.closed_on is not None
        self.token = Token.read(request.POST.get("token", ""), self.card)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Whoever mistypes an address, or holds a very old card, hears whom to call, not that staff may sign in."""
        if self.found is None:
            return render(request, "public/unknown.html", {"grid": None}, status=404)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        return self._render("closed", status=410) if self.closed else self._form({}, {}, self.token)

    def post(self, request: HttpRequest, code: str) -> HttpResponse:
        if self.closed:
            return self._render("closed", status=410)
        form = Need(request.POST)
        if not form.is_valid():
            return self._refused(form.errors)
        if form.cleaned_data["website"]:
            return self._refused({"": [ROBOT]})
        if late := self.token.why_not:
            return self._refused({"": [late]})
        known = Matter.objects.filter(uuid=self.token.number).exists()
        if not known and (full := self._full(form.cleaned_data["tel"])):
            return self._refused({"": [full]}, status=429)
        return self._open(form.cleaned_data)

    def _full(self, tel: str) -> str:
        most, within = BY_ADDRESS
        if not knock("need", client_ip(self.request), most=most, within=within):
            return FULL
        most, within = BY_PHONE
        return "" if knock("need-phone", tel, most=most, within=within) else PHONE_FULL

    def _open(self, said: dict[str, str]) -> HttpResponse:
        title, field = {code: (title, field) for code, title, field in KINDS}[said["kind"]]
        try:
            matter = services.open_heard(
                actor=None,
                uuid=self.token.number,
                territory=self.grid,
                phone=said["tel"],
                source=Matter.ONLINE,
                field=field,
                words=said["what"].strip() or title,
                urgency=Matter.NOW if field == Matter.DANGER else Matter.DAYS,
            ).matter
        except services.Conflict as conflict:
            self.token = replace(self.token, number=uuid4())
            told = USED.format(number=getattr(conflict.stored, "number", ""))
            return self._refused({"": [told]}, status=409)
        except ValidationError as refused:
            here = {"phone": "tel", "words": "what"}
            return self._refused({here.get(name, ""): told for name, told in by_field(refused).items()})
        # What is for now is promised sooner by the town's own rule.
        by = min(Calendar().add_workdays(matter.opened_on, ANSWER_DAYS), matter.due_on)
        return self._render("done", matter=matter, title=title, by=by, danger=field == Matter.DANGER)

    def _refused(self, faults: Any, status: int = 422) -> HttpResponse:
        """The form with what was typed. It keeps its number, so that what is sent after all is one matter."""
        return self._form(faults, self.request.POST, self.token, status)

    def _form(self, faults: Any, typed: Any, token: "Token", status: int = 200) -> HttpResponse:
        robot = ROBOT in faults.get("", ())
        context = {"kinds": KINDS, "faults": faults, "typed": typed, "robot": robot}
        return self._render("need", status=status, token=token.signed(self.card), **context)

    def _render(self, name: str, status: int = 200, **context: Any) -> HttpResponse:
        hotline = PublicNumber.objects.of(PublicNumber.HOTLINE, self.grid)
        context |= {"grid": self.grid, "hotline": hotline}
        return render(self.request, f"public/{name}.html", context, status=status)
