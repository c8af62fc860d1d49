"""The desk's pages of a panel: its three thirds with the balance, and what goes on paper for those who come."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from core import clock
from core.faults import refusal
from core.scope import may
from core.views import DeskPage, key_of
from disputes import services
from disputes.models import Objection, Observer, Panel, Party, Seat
from disputes.models.disputes import SEES
from disputes.panel_forms import Facts, GuestForm
from disputes.panel_kept import ANOTHER, PUT_BACK, kept
from disputes.views import fetch

HINTS = {
    Seat.FRIENDS: "双方的亲戚、邻居",
    Seat.BETWEEN: "党员、组长、代表",
    Seat.CADRES: "镇、村（社）干部",
}
WATCH = "watch"
ABOVE = ("unseat", "unobserve", "settle", "reopen")  # steps whose refusal stands above all
WIDE = 420  # of the balance, as the sheet draws it
ROOM = 60  # what a title needs in the bar; below that only its number stands there


def fetch_panel(request: HttpRequest, pk: int) -> Panel:
    """A panel this actor may read, or the same 404 as for none."""
    return get_object_or_404(_readable(request), pk=pk)


def _readable(request: HttpRequest) -> Any:
    return Panel.objects.readable_by(request.user).whole()


class PanelPage(DeskPage):
    """One panel: who sits where, what is lacking, and what may be done now."""

    template_name = "disputes/panel.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        panel = fetch_panel(self.request, kwargs.pop("pk"))
        table = services.Table(panel)
        works = services.works_on(self.request.user, panel.dispute)
        changes = works and panel.is_open
        # What stands against somebody, and who said so, is for those who put it right.
        wrong = services.refusals(panel, table) if works else []
        if not works:
            table.objections = []
        # What was ticked stays ticked when it comes back; the version is that of what is stored.
        asked = services.ticks_of("asked", table.seats, table.observers)
        ticked(table.seats, table.observers, "asked", kwargs)
        sitting = getattr(panel, "sitting", None)
        typed = kwargs.get("typed")
        above, lost = _lost(panel, works, kwargs)
        guest = kwargs.pop("guest", None)  # who is looked for: in a third, or to watch
        return super().get_context_data(
            panel=panel,
            dispute=panel.dispute,
            table=table,
            works=works,
            changes=changes,
            sides=_sides(self.request, table, wrong, changes),
            bars=bars(table.sizes),
            sees=may(self.request.user, SEES, panel.dispute.territory),
            over="thirds" in {each.code for each in wrong},
            watched=_watched(table, wrong),
            watchers=services.watching(table) if changes else [],
            kinds=Observer.KINDS,
            consents=[(party, table.consents.get(party.pk)) for party in table.parties],
            party_sides=[each for each in Party.SIDES if each[0] in {party.side for party in table.parties}],
            facts=kwargs.pop("facts", None) or (_facts(panel, table=table) if changes else None),
            sitting=sitting,
            reads=sitting is not None
            and type(sitting).objects.readable_by(self.request.user).filter(pk=sitting.pk).exists(),
            number=uuid4(),
            asked=asked,
            watch=guest
            if guest and guest.where == WATCH
            else GuestForm(None, actor=self.request.user, panel=panel, where=WATCH),
            guest=guest,
            picked=typed.getlist("pick") if typed else [],
            members=[(f"seat-{each.pk}", f"{each.name}（{each.side_said}）") for each in table.seats]
            + [
                (f"observer-{each.pk}", f"{each.name}（{each.get_kind_display()}）")
                for each in table.observers
            ],
            above=above,
            kept=lost,
            **{"refused": {}, "typed": {}, "opened": "", "refusals": []} | kwargs,
        )


def _lost(panel: Panel, works: bool, shown: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
    """Of a step that was refused and has no place on the page (any more): the sentences, to stand above, and what was
    typed for it, if its form has gone."""
    step, refused = shown.pop("step", ""), shown.get("refused", {})
    changes = works and panel.is_open
    places = {
        "decide": works,
        "object": works and not panel.is_over,
        "consent": True,
        "asked": works and panel.state == Panel.SETTLED,
    }
    placed = places.get(step, changes)
    sentences = [sentence for told in refused.values() for sentence in told]
    if not sentences or (placed and step not in ABOVE):
        return [], {}
    return sentences, {} if placed else kept(shown["typed"], step)


def _facts(panel: Panel, data: Any = None, table: services.Table | None = None) -> Facts:
    return Facts(data, panel=panel, officers=services.leaders(table or services.Table(panel)))


def _sides(request: HttpRequest, table: Any, wrong: list[Any], changes: bool) -> list[dict[str, Any]]:
    """Each third as its card shows it; `more`: by how many it is larger than the smallest, if they are uneven."""
    proposed = services.proposals(request.user, table) if changes else {}
    uneven = "thirds" in {each.code for each in wrong}
    least = min(table.sizes.values())
    marked = {key: each.what for each in reversed(wrong) if each.code != "thirds" for key in each.seats}
    found = []
    for side, title in Seat.SIDES:
        rows = table.of(side)
        for row in rows:
            row.wrong = marked.get(row.pk, "")
            row.is_host = row.officer_id is not None and row.officer_id == table.panel.host_id
            row.is_near = table.is_near(row)
        more = len(rows) - least if uneven and least else 0
        largest = more and len(rows) == max(table.sizes.values())
        found.append(
            {
                "code": side,
                "title": title,
                "hint": HINTS[side],
                "rows": rows,
                "more": more if largest else 0,
                "proposals": proposed.get(side, []),
            }
        )
    return found


def _watched(table: Any, wrong: list[Any]) -> list[tuple[str, list[Any]]]:
    """By kind who watches; a kind without anybody is shown as still open."""
    marked = {key: each.what for each in wrong for key in each.watching}
    for row in table.observers:
        row.wrong = marked.get(row.pk, "")
    return [(title, [row for row in table.observers if row.kind == kind]) for kind, title in Observer.KINDS]


def bars(sizes: Mapping[str, int]) -> list[dict[str, Any]]:
    """The balance as rectangles: where each third begins, how wide it is, and what stands in it."""
    whole, at, found = sum(sizes.values()), 0, []
    for number, (side, title) in enumerate(Seat.SIDES, 1):
        count = sizes[side]
        width = round(WIDE * count / whole) if whole else 0
        said = f"{title} {count}" if width >= ROOM + 20 else str(count)
        found.append(
            {"n": number, "x": at, "width": width, "middle": at + width // 2, "said": said, "count": count}
        )
        at += width
    return found


class Invitations(PanelPage):
    """One sheet for each who is asked: when, where, about what; in words for a villager."""

    template_name = "disputes/panel_invitations.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = super().get_context_data(**kwargs)
        if found["panel"].is_open:
            raise Http404("nobody is asked before it is settled")
        table = found["table"]
        seats = [seat for side, _ in Seat.SIDES for seat in table.of(side)]
        return found | {"today": clock.today(), "guests": [*seats, *table.observers]}


class Seating(PanelPage):
    """The seating list with a column to sign."""

    template_name = "disputes/panel_seating.html"


@require_POST
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """组议事小组 for a dispute."""
    dispute = fetch(request, pk)
    try:
        number = UUID(request.POST.get("uuid", ""))
    except ValueError:
        number = uuid4()
    try:
        panel = services.draft_panel(actor=request.user, dispute=dispute, uuid=number)
    except services.Conflict as conflict:
        messages.error(request, str(conflict))
    except ValidationError as refused:
        messages.error(request, "".join(refused.messages))
    else:
        return _carried(request, panel) or redirect("disputes:panel", panel.pk)
    if now := services.draft_of(dispute):  # somebody was quicker to draft one
        return _carried(request, now) or redirect("disputes:panel", now.pk)
    return redirect("disputes:dispute", pk)


def _carried(request: HttpRequest, panel: Panel) -> HttpResponse | None:
    """Its page with what came along, typed for another panel or before this one was open; None if nothing did."""
    code = request.POST.get("kept", "")
    return _put_back(request, panel, code, 200, [PUT_BACK]) if code in STEPS else None


def _put_back(request: HttpRequest, panel: Panel, code: str, status: int, told: list[str]) -> HttpResponse:
    """The page of a panel with what was typed elsewhere for this step: each thing in its place, and nothing stored."""
    where = request.POST.get("where", "") or code
    more: dict[str, Any] = {"opened": where, "typed": request.POST, "back": told}
    if code in ("seat", "observe"):
        more["guest"] = GuestForm(request.POST, actor=request.user, panel=panel, where=where)
    if "topic" in request.POST:
        more["facts"] = _upon(request, panel.pk)
    return _again(request, panel.pk, status, **more)


def _gone(request: HttpRequest, code: str, dispute: int) -> HttpResponse:
    """Somebody dropped the panel meanwhile: who and why, with what was typed. It stands on the page of the draft that
    there is now, or goes along to a new one. 404 for who may not read the dispute."""
    found = fetch(request, dispute)
    told = services.dropped(found)
    if now := services.draft_of(found):
        return _put_back(request, now, code, 422, [*told, ANOTHER])
    convenes = services.works_on(request.user, found) and services.may_convene(found, found.panels.all())
    context = {"dispute": found, "told": told, "kept": kept(request.POST, code), "convenes": convenes}
    return render(request, "disputes/panel_gone.html", context | {"number": uuid4()}, status=422)


@require_POST
def take_panel_step(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Whatever is done to a panel; a refusal comes back on the page, at its place, with what was typed."""
    if code not in STEPS:
        raise Http404
    panel = _readable(request).filter(pk=pk).first()
    if panel is None:
        return _gone(request, code, key_of(request.POST.get("dispute", "")))
    step = STEPS[code]
    anchor = request.POST.get("where", "") or code
    guest = None
    more: dict[str, Any] = {"facts": _facts(panel, request.POST)} if "topic" in request.POST else {}
    try:
        if code in ("seat", "observe"):
            guest = GuestForm(request.POST, actor=request.user, panel=panel, where=anchor)
            if request.POST.get("do") == "find":
                return _again(request, pk, 200, opened=anchor, guest=guest, typed=request.POST)
            told = step(request, panel, guest)
        else:
            told = step(request, panel, None)
    except services.NotYet as refused:
        return _again(request, pk, 422, refusals=refused.refusals, **more)
    except (ValidationError, PermissionDenied) as refused:
        if not Panel.objects.filter(pk=pk).exists():  # dropped in this moment
            return _gone(request, code, panel.dispute_id)
        sentences, status = refusal(refused)
        if guest:
            more["guest"] = guest
        if "upon" in sentences and "facts" in more:
            more["facts"] = _upon(request, pk)
        more |= {"refused": sentences, "opened": anchor, "typed": request.POST, "step": code}
        return _again(request, pk, status, **more)
    if code == "reopen" and (answer := _carried(request, panel)):
        return answer
    messages.success(request, told)
    if code == "drop":
        return redirect("disputes:dispute", panel.dispute_id)
    return redirect("disputes:panel", pk)


def _upon(request: HttpRequest, pk: int) -> Facts:
    """What was typed, upon what somebody else has stored meanwhile."""
    now, typed = fetch_panel(request, pk), request.POST.copy()
    typed["upon"] = now.facts_version
    return _facts(now, typed)


def _again(request: HttpRequest, pk: int, status: int, **more: Any) -> HttpResponse:
    page = PanelPage()
    page.setup(request, pk=pk)
    return render(request, PanelPage.template_name, page.get_context_data(pk=pk, **more), status=status)


def row_of(request: HttpRequest, rows: Any, name: str) -> Any:
    """One of these rows out of what was sent, or ValidationError: it may have gone meanwhile."""
    found = rows.filter(pk=key_of(request.POST.get(name, ""))).first()
    if found is None:
        raise ValidationError("选的这一位不在了，重新选。")
    return found


def ticked(seats: list[Seat], observers: list[Observer], name: str, shown: Mapping[str, Any]) -> None:
    """Mark as `ticked` who is to stand ticked: as it is stored, or as it was sent where that step (`name`) comes back
    refused. `shown`: `opened` and `typed` of the page."""
    back = shown.get("typed") if shown.get("opened") == name else None
    for rows, field in ((seats, "seat"), (observers, "observer")):
        sent = back.getlist(field) if back is not None else []
        for row in rows:
            row.ticked = str(row.pk) in sent if back is not None else getattr(row, name)  # type: ignore[attr-defined]


def keys_of(request: HttpRequest, name: str) -> list[int]:
    """The keys that were ticked under a name; what is none is left out."""
    return [key for text in request.POST.getlist(name)[:200] if (key := key_of(text))]


def _change(request: HttpRequest, panel: Panel, guest: Any) -> str:
    services.change_panel(actor=request.user, panel=panel, **_said(request, panel))
    return "存好了。"


def _said(request: HttpRequest, panel: Panel) -> dict[str, Any]:
    """What was typed of 什么时候、在哪里、谁主持; nothing where it did not travel with the step."""
    if "topic" not in request.POST:
        return {}
    form = _facts(panel, request.POST)
    if not form.is_valid():
        raise ValidationError({name: list(told) for name, told in form.errors.items()})
    return form.said()


def _seat(request: HttpRequest, panel: Panel, guest: Any) -> str:
    return f"{services.seat(actor=request.user, panel=panel, **guest.seat())}加上了。"


def _propose(request: HttpRequest, panel: Panel, guest: Any) -> str:
    """Those who are ticked among the proposed, each for the reason that was given."""
    side, ticked = request.POST.get("where", ""), request.POST.getlist("pick")
    made = services.seat_proposed(actor=request.user, panel=panel, side=side, keys=ticked)
    return f"{'、'.join(str(each) for each in made)}加上了。"


def _unseat(request: HttpRequest, panel: Panel, guest: Any) -> str:
    gone: Seat = row_of(request, panel.seats, "row")
    services.unseat(actor=request.user, panel=panel, seat=gone)
    return f"{gone}去掉了。"


def _observe(request: HttpRequest, panel: Panel, guest: Any) -> str:
    return f"{services.observe(actor=request.user, panel=panel, **guest.observer())}加上了。"


def _unobserve(request: HttpRequest, panel: Panel, guest: Any) -> str:
    gone: Observer = row_of(request, panel.observers, "row")
    services.unobserve(actor=request.user, panel=panel, observer=gone)
    return f"{gone}去掉了。"


def _consent(request: HttpRequest, panel: Panel, guest: Any) -> str:
    party: Party = row_of(request, panel.dispute.parties, "party")
    given = request.POST.get("given") == "yes"
    services.say_consent(actor=request.user, panel=panel, party=party, given=given)
    return f"{party}{'同意' if given else '不同意'}请亲友来，记下了。"


def _object(request: HttpRequest, panel: Panel, guest: Any) -> str:
    kind, _, key = request.POST.get("member", "").partition("-")
    rows: Any = panel.observers if kind == "observer" else panel.seats
    member = rows.filter(pk=key_of(key)).first()
    if member is None:
        raise ValidationError({"member": "选不要谁来。"})
    party: Party = row_of(request, panel.dispute.parties, "party")
    reason = request.POST.get("reason", "")
    services.object_to(actor=request.user, panel=panel, party=party, member=member, reason=reason)
    return f"{party}不要{member}来，记下了。"


def _decide(request: HttpRequest, panel: Panel, guest: Any) -> str:
    row: Objection = row_of(request, panel.objections, "row")
    upheld = request.POST.get("upheld") == "yes"
    answer = request.POST.get("answer", "")
    services.decide_objection(
        actor=request.user, panel=panel, objection=row, upheld=upheld, answer=answer[:200]
    )
    return f"定了：{row.name}{'换人' if upheld else '不换'}。"


def _settle(request: HttpRequest, panel: Panel, guest: Any) -> str:
    services.settle_panel(actor=request.user, panel=panel, **_said(request, panel))
    return "小组定下了。打印请柬送到每个人手里。"


def _reopen(request: HttpRequest, panel: Panel, guest: Any) -> str:
    services.reopen_panel(actor=request.user, panel=panel)
    return "可以改人了，改好再定。"


def _drop(request: HttpRequest, panel: Panel, guest: Any) -> str:
    services.drop_panel(actor=request.user, panel=panel, words=request.POST.get("words", "")[:200])
    return f"第 {panel.number} 次议事小组不要了，记在经过里。"


def _asked(request: HttpRequest, panel: Panel, guest: Any) -> str:
    seats, observers = keys_of(request, "seat"), keys_of(request, "observer")
    upon = request.POST.get("upon", "")
    services.mark_asked(actor=request.user, panel=panel, seats=seats, observers=observers, upon=upon)
    return "记下了。"


STEPS: Mapping[str, Callable[[HttpRequest, Panel, Any], str]] = {
    "facts": _change,
    "seat": _seat,
    "propose": _propose,
    "unseat": _unseat,
    "observe": _observe,
    "unobserve": _unobserve,
    "consent": _consent,
    "object": _object,
    "decide": _decide,
    "settle": _settle,
    "reopen": _reopen,
    "asked": _asked,
    "drop": _drop,
}
