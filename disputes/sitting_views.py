"""The desk's pages of a sitting: the screen that writes it down, the small door for each sentence, the minutes."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from core import clock
from core.browser_keys import browser_keys
from core.faults import by_field, refusal
from core.scope import NOT_YOURS, may
from core.views import DeskPage
from disputes import services
from disputes.models import Agreement, Seat, Sitting, Word
from disputes.models.disputes import SEES
from disputes.panel_views import fetch_panel, keys_of, row_of, ticked
from disputes.printing import minutes_of

LARGEST = 20_000  # bytes of one word as it travels
TAKEN = "这一句的编号用过了，内容对不上。拿回来重记一次。"
HOW = {
    Word.STATE: "当事人自己说：什么事、要什么",
    Word.ADD: "亲友团补充",
    Word.POLICY: "镇村干部讲政策、讲法律",
    Word.SPEAK: "中间人先讲，其他人接着讲",
    Word.CONCLUDE: "主持人归纳，各方说同不同意",
}


def fetch_sitting(request: HttpRequest, pk: int) -> Sitting:
    """A sitting whose minutes this actor may read, or the same 404 as for none."""
    return get_object_or_404(Sitting.objects.readable_by(request.user).whole(), pk=pk)


def _steps(words: list[Word], reached: int) -> list[dict[str, Any]]:
    took = services.took_of(words)
    return [
        {"code": code, "title": title, "how": HOW[code], "took": took.get(code), "done": number <= reached}
        for number, (code, title) in enumerate(Word.STEPS)
    ]


def _unsaved(
    sitting: Sitting, parties: list[Any], typed: Mapping[str, str], opened: str
) -> dict[str, Any] | None:
    """What she typed for the end of a sitting that somebody else has ended meanwhile: `text`, and what the parties
    said as she ticked it. None if nothing of it is lost."""
    text = typed.get({"conclude": "conclusion", "refuse": "words"}.get(opened, ""), "").strip()
    if sitting.is_on or text in ("", sitting.conclusion):
        return None
    said = {"yes": "同意", "no": "不同意"}
    stances = [f"{party.name}{said[party.said]}" for party in parties if party.said in said]
    stances += [f"{party.name}不愿调" for party in parties if typed.get("party") == str(party.pk)]
    return {"text": text, "stances": stances}


class SittingPage(DeskPage):
    """The screen on which a sitting is written down; who may only read is sent to the minutes."""

    template_name = "disputes/sitting.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.sitting = fetch_sitting(request, kwargs["pk"])
        if not services.records(request.user, self.sitting):
            return redirect("disputes:minutes", kwargs["pk"])
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sitting = self.sitting
        read = services.read_minutes(actor=self.request.user, sitting=sitting)
        panel = sitting.panel
        seats = list(panel.seats.select_related("officer"))
        observers = list(panel.observers.all())
        came = services.ticks_of("came", seats, observers)
        ticked(seats, observers, "came", kwargs)
        parties = list(panel.dispute.parties.all())
        for party in parties:
            party.said = kwargs.get("typed", {}).get(f"party-{party.pk}", "")
        reached = services.reached_of(sitting)
        return super().get_context_data(
            sitting=sitting,
            panel=panel,
            dispute=panel.dispute,
            words=read.words,
            steps=_steps(read.words, reached),
            reached=reached,
            now_in=Word.STEPS[min(max(reached, 0), len(Word.STEPS) - 1)][0],
            parties=parties,
            thirds=[
                (code, title, [seat for seat in seats if seat.side == code]) for code, title in Seat.SIDES
            ],
            observers=observers,
            came=came,
            ways=services.WAYS,
            longest=services.LONGEST_WORD,
            keys=browser_keys(self.request.user),
            unsaved=_unsaved(sitting, parties, kwargs.get("typed", {}), kwargs.get("opened", "")),
            **{"refused": {}, "typed": {}, "opened": ""} | kwargs,
        )


class Minutes(DeskPage):
    """What was said, for who may read it; a row stays of every reading."""

    template_name = "disputes/minutes.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sitting = fetch_sitting(self.request, kwargs.pop("pk"))
        actor = self.request.user
        read = services.read_minutes(actor=actor, sitting=sitting)
        panel = sitting.panel
        seats = list(panel.seats.all())
        return super().get_context_data(
            sitting=sitting,
            panel=panel,
            dispute=panel.dispute,
            read=read,
            steps=[
                {**step, "words": [word for word in read.words if word.step == step["code"]]}
                for step in _steps(read.words, services.reached_of(sitting))
            ],
            stances=read.stances,
            parties=list(panel.dispute.parties.all()),
            thirds=[
                (code, title, [seat for seat in seats if seat.side == code]) for code, title in Seat.SIDES
            ],
            observers=list(panel.observers.all()),
            readings=services.readings_for(actor, sitting),
            records=sitting.is_on and services.records(actor, sitting),
            sees=may(actor, SEES, panel.dispute.territory),
            works=services.works_on(actor, panel.dispute),
            drawn_up=panel.dispute.agreements.exclude(state=Agreement.DISCARDED).exists(),
            **kwargs,
        )


class MinutesPaper(DeskPage):
    """The same on paper, with a line for each to sign; its pages are counted for the case file."""

    template_name = "disputes/minutes_paper.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sitting = fetch_sitting(self.request, kwargs.pop("pk"))
        read = services.read_minutes(actor=self.request.user, sitting=sitting)
        services.count_record(sitting)
        return super().get_context_data(**minutes_of(sitting, read), **kwargs)


@require_POST
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    """开始议事."""
    panel = fetch_panel(request, pk)
    try:
        sitting = services.begin_sitting(actor=request.user, panel=panel, uuid=uuid4())
    except ValidationError as refused:
        messages.error(request, "".join(refused.messages))
        return redirect("disputes:panel", pk)
    return redirect("disputes:sitting", sitting.pk)


class WordForm(forms.Form):
    """One word as the page sends it; the laptop's own times carry their zone."""

    step = forms.CharField(max_length=8)
    speaker = forms.CharField(max_length=30)
    words = forms.CharField(max_length=2000)
    said_at = forms.DateTimeField(input_formats=["%Y-%m-%dT%H:%M:%S.%f%z"])
    sent_at = forms.DateTimeField(input_formats=["%Y-%m-%dT%H:%M:%S.%f%z"])
    late = forms.BooleanField(required=False)
    corrects = forms.UUIDField(required=False)


@require_http_methods(["PUT"])
def put_word(request: HttpRequest, pk: int, uuid: UUID) -> HttpResponse:
    """Store one word under the page's own number: 201 once, 200 when it is sent again, 409 for other content, 422 with
    a sentence for what cannot be. What is stored is told only to who keeps these minutes, where somebody else has
    corrected the same sentence before (`now`)."""
    sitting = fetch_sitting(request, pk)
    try:
        sent = json.loads(request.body) if len(request.body) <= LARGEST else None
    except ValueError:
        sent = None
    form = WordForm(sent) if isinstance(sent, dict) else None
    if form is None or not form.is_valid():
        return JsonResponse({"detail": "这一句没有写全，拿回来重记一次。"}, status=422)
    try:
        word = services.say(actor=request.user, sitting=sitting, uuid=uuid, **form.cleaned_data)
    except services.Conflict:
        return JsonResponse({"detail": TAKEN}, status=409)
    except services.CorrectedAlready as quicker:
        told = {"detail": "".join(quicker.messages), "field": "corrects", "now": _standing(quicker.now)}
        return JsonResponse(told, status=422)
    except PermissionDenied as refused:
        return JsonResponse({"detail": str(refused) or NOT_YOURS, "field": "actor"}, status=403)
    except ValidationError as refused:
        field, told = next(iter(by_field(refused).items()))
        return JsonResponse({"detail": "".join(told), "field": field}, status=422)
    at = word.received_at.astimezone(clock.SHANGHAI)
    return JsonResponse({"uuid": str(word.uuid), "at": f"{at:%H:%M}"}, status=201 if word.fresh else 200)


def _standing(word: Word) -> dict[str, str]:
    """A stored word as the page draws it."""
    said = {name: getattr(word, name) for name in ("step", "speaker", "words")}
    return said | {"uuid": str(word.uuid), "said_at": word.said_at.isoformat()}


@require_POST
def take_sitting_step(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Who came, what was agreed, that a party does not want to; a refusal comes back at its place."""
    if code not in STEPS:
        raise Http404
    sitting = fetch_sitting(request, pk)
    try:
        told = STEPS[code](request, sitting)
    except (ValidationError, PermissionDenied) as refused:
        sentences, status = refusal(refused)
        page = SittingPage()
        page.setup(request, pk=pk)
        page.sitting = fetch_sitting(request, pk)
        found = page.get_context_data(refused=sentences, typed=request.POST, opened=code)
        return render(request, SittingPage.template_name, found, status=status)
    messages.success(request, told)
    if code == "came":
        return redirect("disputes:sitting", pk)
    return redirect("disputes:minutes", pk)


def _came(request: HttpRequest, sitting: Sitting) -> str:
    seats, observers = keys_of(request, "seat"), keys_of(request, "observer")
    upon = request.POST.get("upon", "")
    services.note_who_came(actor=request.user, sitting=sitting, seats=seats, observers=observers, upon=upon)
    return "谁来了，记下了。"


def _conclude(request: HttpRequest, sitting: Sitting) -> str:
    agreed = request.POST.get("outcome") != "failed"
    said = {"yes": True, "no": False}
    stances = {
        party.pk: said[answer]
        for party in sitting.panel.dispute.parties.all()
        if (answer := request.POST.get(f"party-{party.pk}", "")) in said
    }
    conclusion = request.POST.get("conclusion", "")
    services.conclude(
        actor=request.user, sitting=sitting, agreed=agreed, conclusion=conclusion, stances=stances
    )
    return "议定了，记录存好了。接着写协议书。" if agreed else f"没调成，记录存好了。{services.WAYS}"


def _refuse(request: HttpRequest, sitting: Sitting) -> str:
    named = request.POST.get("party")
    party = row_of(request, sitting.panel.dispute.parties, "party") if named else None
    words = request.POST.get("words", "")[:500]
    services.refuse_sitting(actor=request.user, sitting=sitting, party=party, words=words)
    return f"当事人不愿调，调解到此结束，记录存好了。{services.WAYS}"


STEPS: Mapping[str, Callable[[HttpRequest, Sitting], str]] = {
    "came": _came,
    "conclude": _conclude,
    "refuse": _refuse,
}
