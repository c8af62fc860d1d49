"""村集体劳务公司 on the desk: its orders, who works on them, for how many days, and what was paid."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from core.forms import NO_NUMBER
from core.scope import may, must, reach_of
from core.views import DeskPage
from grids.models import Person, Territory
from jobs.desk_pages import (
    Facts,
    RowPage,
    VillagePage,
    WithPhoneFacts,
    day_of,
    masked,
    places_of,
)
from jobs.models import Company, Order, OrderHand, Trade
from jobs.models.words import MANAGES, SEES
from jobs.services import company as services
from jobs.services.reading import readable


class CompanyForm(WithPhoneFacts):
    """The village's labour company."""

    class Meta(Facts.Meta):
        model = Company
        fields = ("territory", "name", "credit_code", "contact", "since", "closed_on")


class OrderForm(Facts):
    """For whom, what, where, when, how many hands, and for how much a day."""

    class Meta(Facts.Meta):
        model = Order
        fields = ("company", "client", "title", "trade", "place", "first", "last", "number", "pay")

    def set_up(self, companies: Any) -> None:
        self.choose("company", companies, "选哪一家", lambda each: f"{each.territory} {each}")
        if len(companies) == 1:
            self.fields["company"].initial = companies[0].pk
        now = Q(pk=self.instance.trade_id) if self.instance.trade_id else Q(pk__in=[])
        self.choose("trade", Trade.objects.filter(now | Q(offered=True)), "不分工种")


def companies_of(actor: Any) -> Any:
    rows = Company.objects.visible_to(actor, MANAGES).filter(closed_on__isnull=True)
    return rows.select_related("territory").order_by("territory__code")


class Orders(VillagePage):
    """The year's orders of the companies around the reader, and what they come to."""

    template_name = "jobs/orders/orders.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        orders = self.known(Order).filter(first__year=self.year)
        rows = services.with_work(orders).select_related("company__territory").order_by("-first", "-pk")
        companies = list(self.known(Company).select_related("territory").order_by("territory__code"))
        reach = reach_of(self.request.user, MANAGES)
        return super().get_context_data(
            rows=list(rows),
            sums=services.year_of(orders, self.year),
            companies=[(each, reach.covers(each.territory)) for each in companies],
            lacks=self._lacks({each.territory_id for each in companies}),
            takes=any(reach.covers(each.territory) and each.closed_on is None for each in companies),
            **kwargs,
        )

    def _lacks(self, known: set[int]) -> bool:
        """Whether a village of hers has no company yet."""
        return any(each.pk not in known for each in places_of(self.request.user, Territory.VILLAGE))


class NewCompany(DeskPage):
    """设劳务公司."""

    verb = MANAGES
    template_name = "jobs/orders/company.html"

    def form(self, *said: Any) -> CompanyForm:
        form = CompanyForm(*said)
        taken = set(Company.objects.values_list("territory", flat=True))
        places = places_of(self.request.user, Territory.VILLAGE)
        form.place([each for each in places if each.pk not in taken])
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"form": self.form(), "company": None} | kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.form(request.POST)
        made = form.done(lambda row: services.save_company(actor=request.user, company=row, phone=form.said))
        if made is None:
            return self.render_to_response(self.get_context_data(form=form), status=422)
        messages.success(request, f"{made}登记好了，可以接单。")
        return redirect("centres:orders")


class CompanyFacts(RowPage):
    """改劳务公司."""

    verb = MANAGES
    model, whole = Company, ("territory",)
    template_name = "jobs/orders/company.html"

    def form(self, *said: Any) -> CompanyForm:
        form = CompanyForm(*said, instance=self.row)
        form.place([self.row.territory])
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        must(self.request.user, MANAGES, self.row.territory)
        return super().get_context_data(**{"form": self.form(), "company": self.row} | kwargs)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        must(request.user, MANAGES, self.row.territory)
        form = self.form(request.POST)
        made = form.done(lambda row: services.save_company(actor=request.user, company=row, phone=form.said))
        if made is None:
            return self.render_to_response(self.get_context_data(form=form), status=422)
        messages.success(request, "存好了。")
        return redirect("centres:orders")


class New(DeskPage):
    """接一张订单."""

    verb = MANAGES
    template_name = "jobs/orders/form.html"

    def form(self, *said: Any) -> OrderForm:
        form = OrderForm(*said)
        form.set_up(companies_of(self.request.user))
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"form": self.form()} | kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.form(request.POST)
        made = form.done(lambda row: services.take_order(actor=request.user, order=row))
        if made is None:
            return self.render_to_response(self.get_context_data(form=form), status=422)
        messages.success(request, f"“{made}”接下了，接着安排人。")
        return redirect("centres:order", made.pk)


class OrderPage(RowPage):
    """One order: who works on it, for how many days, and whether it is paid."""

    model, whole, home = Order, ("company__territory__parent", "trade", "made_by"), "centres:order"
    template_name = "jobs/orders/order.html"

    def has_place(self, shown: dict[str, Any]) -> bool:
        return bool(shown["changes"] if shown["at"] in ("facts", "cancel") else shown["open"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        order, actor = self.row, self.request.user
        sees = reach_of(actor, SEES)
        typed = kwargs.get("typed", {})
        hands = [
            {
                "row": hand,
                "name": masked(hand.person.name, sees.covers(hand.person.household.territory)),
                "typed": typed.get(f"days-{hand.pk}", hand.days),
                "wage": hand.days * order.pay,
            }
            for hand in order.hands.select_related("person__household__territory", "person__household__group")
        ]
        worked = sum(each["row"].days for each in hands)
        manages = may(actor, MANAGES, order.company.territory)
        open_ = manages and order.paid_on is None and order.cancelled_on is None
        changes = open_ and not worked
        if changes and "form" not in kwargs:
            kwargs["form"] = form_of(request=self.request, order=order)
        return super().get_context_data(
            order=order,
            hands=hands,
            worked=worked,
            wages=worked * order.pay,
            most=(order.last - order.first).days + 1,
            open=open_,
            changes=changes,
            **kwargs,
        )


def form_of(request: HttpRequest, order: Order, *said: Any) -> OrderForm:
    form = OrderForm(*said, instance=order)
    form.set_up(companies_of(request.user))
    return form


@require_POST
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """改这张订单."""
    order = OrderPage.find(request, pk)
    must(request.user, MANAGES, order.company.territory)
    form = form_of(request, order, request.POST)

    def do(row: Order) -> Order:
        return services.take_order(actor=request.user, order=row)

    return OrderPage.change(request, pk, form, do, "改好了。")


@require_POST
def put(request: HttpRequest, pk: int) -> HttpResponse:
    """安排一个人 by name; of namesakes it is asked which."""
    order = OrderPage.find(request, pk)
    must(request.user, MANAGES, order.company.territory)

    def do(person: Person) -> None:
        services.put_hands(actor=request.user, order=order, people=[person])

    place = order.company.territory
    return OrderPage.by_name(request, pk, "hands", place, do, lambda name: f"{name}安排上了。")


@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """不去了."""
    rows = readable(OrderHand.objects.all(), request.user)
    hand = get_object_or_404(rows.select_related("order__company__territory", "person"), pk=pk)
    must(request.user, MANAGES, hand.order.company.territory)
    return OrderPage.press(
        request,
        hand.order_id,
        "days",
        lambda: services.remove_hand(actor=request.user, hand=hand),
        lambda _: f"{hand.person.name}不去了。",
    )


@require_POST
def note_days(request: HttpRequest, pk: int) -> HttpResponse:
    """记工."""
    order = OrderPage.find(request, pk)
    must(request.user, MANAGES, order.company.territory)

    def do() -> int:
        said = {}
        for key in order.hands.values_list("pk", flat=True):
            text = request.POST.get(f"days-{key}", "").strip()
            if not text:
                continue
            if not (text.isascii() and text.isdigit() and len(text) <= 4):
                raise ValidationError({f"days-{key}": NO_NUMBER})
            said[key] = int(text)
        return services.note_days(actor=request.user, order=order, days=said)

    return OrderPage.press(request, pk, "days", do, lambda many: f"记好了，{many} 人有变化。")


@require_POST
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """结清."""
    order = OrderPage.find(request, pk)
    must(request.user, MANAGES, order.company.territory)
    return OrderPage.press(
        request,
        pk,
        "settle",
        lambda: services.settle(actor=request.user, order=order, day=day_of(request)),
        lambda made: f"结清了，{services.owed(made)} 元。",
    )


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """取消."""
    order = OrderPage.find(request, pk)
    return OrderPage.press(
        request,
        pk,
        "cancel",
        lambda: services.cancel(actor=request.user, order=order),
        lambda made: f"“{made}”取消了。",
    )
