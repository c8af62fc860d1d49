"""我家的积分: the page behind a household's 积分卡, opened by its PIN: what is there, what is on its way, and a deed of
its own. No account, no script; before the PIN it says nothing, not even whether there is such a card."""

import datetime as dt
import secrets
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic.base import View

from core import clock
from core.idnumber import mask_name
from core.limits import client_ip, has_come, knock
from points import services
from points.award_forms import ClaimForm
from points.models import Award, PointCard

SALT, SHUTS = "points.card", "points.card-shut"
OPEN_FOR = dt.timedelta(minutes=30)
# A yard behind one address looks at its points of an evening; one household does not do thirty good deeds a day.
BY_ADDRESS, BY_CARD = (30, dt.timedelta(hours=1)), (30, dt.timedelta(days=1))
FULL = "这里一个小时里试了太多次，过一个小时再来，或者到村里看。"
CARD_FULL = "今天报得太多了，写的还在这一页，明天再报，或者请网格员报。"
WRONG = "密码不对，或者这张卡不能用了。错 5 次卡就锁了，带卡到村里解。"
SHUT = "关上了。再看要再按密码。"
CLOSED = "放得久了，再按一次密码。写的还在。"
TAKEN = "这一页报过一件了，看看是不是已经在里面。要报的是另一件，重新点“报一件好事”。"
LATELY = 20
TYPED = ("uuid", "item", "day", "number", "words", "person", "proof")


@method_decorator(login_not_required, name="dispatch")
@method_decorator(sensitive_post_parameters(), name="dispatch")
class CardHome(View):
    """/k/<code>/: asks for the PIN; every answer behind it is one to a POST, so that no address says more than the
    card does. `step`: "" the household's points, "form" an empty claim, "claim" a filled one, "shut" no more of it.

    One opening of the card has a name from the page that asks for the PIN on (`opening`). Whoever shuts it has ended
    all its pages, those that a lent phone would show again, and the PIN that the browser would send again, included.
    """

    http_method_names = ["get", "head", "post"]
    opening = ""

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        return self._ask_pin("")

    def post(self, request: HttpRequest, code: str) -> HttpResponse:
        if card := self._entered(services.card_of(code)):
            return self._go_on(card)
        # The browser would send the PIN again for whoever presses back and again on a phone that was lent.
        self.opening = _open(request.POST.get("asked", ""), _asked(code))
        if "pin" not in request.POST or not self.opening:
            return self._ask_pin(CLOSED, 422)
        most, within = BY_ADDRESS
        if not knock("points.card", client_ip(request), most=most, within=within):
            return self._ask_pin(FULL, 429)
        try:
            card = services.open_card(code=code, pin=request.POST["pin"].strip())
        except ValidationError as refused:
            return self._ask_pin("".join(refused.messages), 422)
        return self._go_on(card) if card else self._ask_pin(WRONG, 422)

    # --- who is there -----------------------------------------------------------------------------------------------

    def _entered(self, card: PointCard | None) -> PointCard | None:
        """The card, if its PIN was right a while ago; another PIN since makes every entry worthless."""
        if card is None or card.is_locked:
            return None
        self.opening = _open(self.request.POST.get("entry", ""), _salt(card))
        return card if self.opening else None

    def _ask_pin(self, told: str, status: int = 200, *, done: str = "") -> HttpResponse:
        """What was typed already goes along with the PIN."""
        typed = {}
        if (step := self.request.POST.get("step", "")) in ("form", "claim"):
            sent = {name: self.request.POST.get(name, "") for name in TYPED}
            typed = {"step": step} | {name: text for name, text in sent.items() if text}
        asked = _sealed(secrets.token_urlsafe(9), _asked(self.kwargs["code"]))
        context = {"told": told, "done": done, "typed": typed, "asked": asked}
        return render(self.request, "points/card_pin.html", context, status=status)

    # --- behind the PIN -----------------------------------------------------------------------------------------------

    def _go_on(self, card: PointCard) -> HttpResponse:
        match self.request.POST.get("step", ""):
            case "form":
                return self._form(card, _claim_form(card))
            case "claim":
                return self._claim(card)
            case "shut":
                knock(SHUTS, self.opening, most=1, within=OPEN_FOR)
                return self._ask_pin("", done=SHUT)
            case _:
                return self._home(card)

    def _claim(self, card: PointCard) -> HttpResponse:
        form = _claim_form(card, self.request.POST, self.request.FILES)
        if not form.is_valid():
            return self._form(card, form, 422)
        said = form.said()
        known = Award.objects.filter(uuid=said["uuid"]).exists()
        most, within = BY_CARD
        if not known and not knock("points.card-claim", str(card.pk), most=most, within=within):
            form.add_error(None, CARD_FULL)
            return self._form(card, form, 429)
        try:
            made = services.claim_with_card(household=card.household, **said)
        except services.Conflict:
            form.add_error(None, TAKEN)
            return self._form(card, form, 409)
        except ValidationError as refused:
            form.tell(refused)
            return self._form(card, form, 422)
        return self._home(card, made.award)

    def _form(self, card: PointCard, form: ClaimForm, status: int = 200) -> HttpResponse:
        return self._render("claim", card, status, form=form)

    def _home(self, card: PointCard, made: Award | None = None) -> HttpResponse:
        rows = card.household.awards.select_related("item", "notice").order_by("-pk")
        return self._render(
            "home", card, made=made, purse=services.own_purse(card.household), rows=rows[:LATELY]
        )

    def _render(self, name: str, card: PointCard, status: int = 200, **context: Any) -> HttpResponse:
        context |= {"entry": _sealed(self.opening, _salt(card)), "who": mask_name(card.household.head_name)}
        return render(self.request, f"points/card_{name}.html", context, status=status)


def _sealed(opening: str, salt: str) -> str:
    return signing.dumps([clock.now().timestamp(), opening], salt=salt)


def _open(sealed: str, salt: str) -> str:
    """The opening this belongs to; "" if we did not give it out for that, if it is older than a page stays open, or if
    the household has shut it."""
    try:
        at, opening = signing.loads(sealed, salt=salt)
    except signing.BadSignature:
        return ""
    if clock.now().timestamp() - at > OPEN_FOR.total_seconds():
        return ""
    return "" if has_come(SHUTS, opening, within=OPEN_FOR) else opening


def _salt(card: PointCard) -> str:
    return f"{SALT}:{card.pk}:{card.pin}"


def _asked(code: str) -> str:
    """Of the page that asks for the PIN, whether or not there is such a card."""
    return f"{SALT}.asked:{code}"


def _claim_form(card: PointCard, *sent: Any) -> ClaimForm:
    """The desk's form, with its people by their masked names: a page lies open on a table."""
    home = card.household
    form = ClaimForm(*sent, household=home, people=home.people.present().order_by("pk"))
    form.fields["person"].label_from_instance = lambda person: mask_name(person.name)  # type: ignore[attr-defined]
    return form
