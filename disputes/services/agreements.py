"""调解协议: drafted, kept or not, confirmed by a court; what is in force is never edited. Signing stands in signing."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max
from django_fsm import TransitionNotAllowed

from core import clock
from core.digests import digest_of
from core.scope import NOT_YOURS, signer
from disputes.models import Agreement, Dispute, Move
from disputes.services.errors import Conflict
from disputes.services.moving import set_days_are_over
from disputes.services.rights import works_on
from disputes.services.stepping import locked, move_on
from grids.models import Territory

AT_ONCE = 500  # SQLite takes few parameters in one statement
OVERWRITTEN = "您打开这一页以后，别人改过草稿。两份都在这里：对一对，把要留的写在您这一份里，再存。"
IN_TIME = "日子在纠纷发现那天到今天之间，改过来。"
NEED = {
    "facts": "写明纠纷的主要事实：什么时候、谁和谁、为了什么。",
    "terms": "写明双方说定了什么。",
    "performance": "写明怎么履行、什么时候履行完。",
}


@transaction.atomic
def draft_agreement(*, actor: Any, dispute: Dispute, uuid: UUID, **said: Any) -> Agreement:
    """起草. `said`: form, facts, points, terms, performance (text), perform_by (day or None). The same again is one.

    While another one is in force this is the version that will take its place. PermissionDenied; ValidationError by
    field; Conflict if the number is taken.
    """
    text = _text(said)
    digest = digest_of([dispute.pk, getattr(actor, "pk", None), sorted(text.items())])
    # 1. The village first: its numbers are counted one after the other. Then the dispute, as every step does.
    village = Territory.objects.select_for_update(no_key=True).get(pk=dispute.village.pk)
    held = locked(dispute)
    if known := Agreement.objects.filter(uuid=uuid).first():
        if known.content_hash != digest:
            raise Conflict(known)
        return known
    _must(actor, held)
    if held.state not in (Dispute.IN_HAND, Dispute.AGREED):
        told = f"这件纠纷现在是“{held.state_said}”，"
        raise ValidationError(
            told + "受理以后才能写协议。" if held.is_open else told + "要写协议，先点“又闹起来”。"
        )
    # 2. What is wrong is said before a number is used up.
    if other := held.agreements.filter(state=Agreement.DRAFTED).first():
        raise ValidationError(f"已经有一份没签完的 {other}，改那一份。")
    _check(held, text)
    year = clock.today().year
    last = Agreement.objects.filter(village=village, year=year).aggregate(last=Max("order"))["last"] or 0
    agreement = Agreement(
        uuid=uuid,
        dispute=held,
        village=village,
        year=year,
        order=last + 1,
        replaces=held.agreements.standing().order_by("-pk").first(),
        drafted_at=clock.now(),
        drafted_by=signer(actor),
        mediators=str(held.owner or ""),
        content_hash=digest,
        **text,
    )
    agreement.full_clean(validate_unique=False, validate_constraints=False)
    agreement.save(force_insert=True)
    note_on(actor, held, f"起草{agreement.get_form_display()} {agreement}")
    return agreement


@transaction.atomic
def redraft_agreement(*, actor: Any, agreement: Agreement, upon: str = "", **said: Any) -> Agreement:
    """Change a draft. Who had signed signed something else: those signatures do not count any more.

    `upon`: digest_of_text of what was looked at; what somebody has written since is not overwritten unseen, and
    ValidationError at `upon` says so.
    """
    held = held_for(actor, agreement)
    if held.state != Agreement.DRAFTED:
        raise ValidationError(f"{held} 已经{held.get_state_display()}，不能改。要改约定，另写一份新的。")
    text = _text(said)
    _check(held.dispute, text)
    if all(getattr(held, name) == value for name, value in text.items()):
        return held
    if upon and upon != held.digest_of_text:
        raise ValidationError({"upon": OVERWRITTEN})
    for name, value in text.items():
        setattr(held, name, value)
    signed = held.signatures.count()
    held.signatures.all().delete()
    held.mediated_on = held.sealed_on = None
    held.full_clean(validate_unique=False, validate_constraints=False)
    held.save()
    note_on(actor, held.dispute, f"改了 {held} 的草稿" + ("，签过的字不算了，要重新签" if signed else ""))
    return held


@transaction.atomic
def perform_agreement(
    *, actor: Any, agreement: Agreement, day: dt.date | None = None, words: str = ""
) -> Agreement:
    """履行了, on that day; where nobody is asked again any more, the dispute is settled with it."""
    held = held_for(actor, agreement)
    if held.state == Agreement.PERFORMED and held.ended_on == (day or clock.today()):
        return held
    check_day(held.dispute, "day", day)
    if day and held.in_force_on and day < held.in_force_on:
        raise ValidationError({"day": f"协议 {clock.cn_date(held.in_force_on)}才生效，改成那天以后。"})
    _add_sequel(held, "履行了", words)
    _step(held, lambda: held.perform(day or clock.today()))

    def change(dispute: Dispute) -> None:
        if dispute.state == Dispute.AGREED and set_days_are_over(dispute):
            dispute.fulfil()
            dispute.revisit_on = None

    move_on("note", works_on, actor, held.dispute, None, change, words=f"协议 {held} 履行了")
    return held


@transaction.atomic
def break_agreement(*, actor: Any, agreement: Agreement, words: str) -> Agreement:
    """没履行: it stays in force; what the parties can do is said beside the button (人民调解法 §32, §33)."""
    held = held_for(actor, agreement)
    if held.state == Agreement.BROKEN:
        return held
    if not words.strip():
        raise ValidationError({"words": "写一句哪一方、哪一条没履行。"})
    _add_sequel(held, "没履行", words)
    _step(held, held.fall_through)
    note_on(actor, held.dispute, f"协议 {held} 没履行")
    return held


@transaction.atomic
def discard_agreement(*, actor: Any, agreement: Agreement, words: str) -> Agreement:
    """作废 a draft of which nothing came, wherever its dispute stands by now; its number stays used."""
    held = held_for(actor, agreement)
    if held.state == Agreement.DISCARDED:
        return held
    if not words.strip():
        raise ValidationError({"words": "写一句为什么不要这份草稿了。"})
    _add_sequel(held, "草稿作废", words)
    _step(held, held.discard)
    note_on(actor, held.dispute, f"{held} 的草稿作废")
    return held


def _add_sequel(held: Agreement, what: str, words: str) -> None:
    """One more line of what became of it, for who reads the agreement."""
    line = f"{clock.cn_date(clock.today())}{what}" + (f"：{words.strip()}" if words.strip() else "")
    held.sequel = "\n".join(filter(None, [held.sequel, line]))


@transaction.atomic
def note_confirmation(
    *, actor: Any, agreement: Agreement, confirmation: str, day: dt.date | None = None, ruling: str = ""
) -> Agreement:
    """司法确认 (人民调解法 §33): not wanted; asked for by both within the thirty days; what the court said, when."""
    held = held_for(actor, agreement)
    if held.in_force_on is None or held.confirm_by is None or held.state == Agreement.SUPERSEDED:
        raise ValidationError("协议生效以后才谈得上司法确认。")
    if held.confirmation in (Agreement.CONFIRMED, Agreement.REFUSED):
        if held.confirmation == confirmation and held.ruled_on == day:
            return held
        raise ValidationError(f"已经记了“{held.get_confirmation_display()}”，不改了。")
    titles = dict(Agreement.CONFIRMATIONS)
    if confirmation not in titles or confirmation == Agreement.OPEN:
        raise ValidationError({"confirmation": "选一项。"})
    _confirm(held, confirmation, day, ruling.strip())
    held.confirmation = confirmation
    held.full_clean(validate_unique=False)
    held.save()
    note_on(
        actor,
        held.dispute,
        f"{held} 司法确认：{titles[confirmation]}" + (f"，{clock.cn_date(day)}" if day else ""),
    )
    return held


def _confirm(held: Agreement, confirmation: str, day: dt.date | None, ruling: str) -> None:
    """Sets the days of it; ValidationError where they cannot be."""
    if confirmation == Agreement.UNWANTED:
        return
    assert held.in_force_on is not None
    assert held.confirm_by is not None
    if day is None:
        raise ValidationError({"day": "填是哪一天。"})
    if not held.in_force_on <= day <= clock.today():
        raise ValidationError({"day": f"日子在 {clock.cn_date(held.in_force_on)}到今天之间，改过来。"})
    if confirmation == Agreement.ASKED:
        if day > held.confirm_by:
            last = f"{clock.cn_date(held.confirm_by)}是最后一天"
            raise ValidationError({"day": f"{last}，过了就不能申请司法确认；当事人还可以起诉。"})
        held.asked_on = day
        return
    if held.asked_on is None:
        raise ValidationError({"confirmation": "先记哪天申请的，再记法院怎么定的。"})
    if day < held.asked_on:
        raise ValidationError({"day": f"{clock.cn_date(held.asked_on)}才申请，法院定的日子在那以后。"})
    held.ruled_on, held.ruling = day, ruling


def agreements_of(keys: Sequence[int], day: dt.date | None = None) -> dict[int, str]:
    """Dispute → number of its agreement in force on that day (today), kept or not; disputes without one are left out.

    Of several the one that came into force last: it took the place of the others. One query for each 500.
    """
    found: dict[int, str] = {}
    for start in range(0, len(keys), AT_ONCE):
        rows = Agreement.objects.select_related("village").filter(
            dispute__in=keys[start : start + AT_ONCE], in_force_on__lte=day or clock.today()
        )
        found |= {row.dispute_id: row.number for row in rows.order_by("in_force_on", "pk")}
    return found


def _text(said: Mapping[str, Any]) -> dict[str, Any]:
    words = {name: str(said.get(name) or "").strip() for name in ("facts", "points", "terms", "performance")}
    return {"form": said.get("form") or Agreement.WRITTEN, **words, "perform_by": said.get("perform_by")}


def _check(dispute: Dispute, text: Mapping[str, Any]) -> None:
    """ValidationError at each field that says too little."""
    wrong = {name: sentence for name, sentence in NEED.items() if not text[name]}
    if text["perform_by"] and text["perform_by"] < dispute.found_on:
        wrong["perform_by"] = "履行的日子比纠纷还早，改过来。"
    if wrong:
        raise ValidationError(wrong)


def check_day(dispute: Dispute, name: str, day: dt.date | None) -> None:
    if day is not None and not dispute.found_on <= day <= clock.today():
        raise ValidationError({name: IN_TIME})


def _must(actor: Any, dispute: Dispute) -> None:
    if not works_on(actor, dispute):
        raise PermissionDenied(NOT_YOURS)


def held_for(actor: Any, agreement: Agreement) -> Agreement:
    """As it stands now, with its dispute, both locked; PermissionDenied for who does not work on it."""
    dispute = locked(agreement.dispute)
    _must(actor, dispute)
    held = Agreement.objects.select_for_update(of=("self",)).select_related("replaces").get(pk=agreement.pk)
    held.dispute = dispute
    return held


def _step(held: Agreement, step: Any) -> None:
    try:
        step()
    except TransitionNotAllowed:
        raise ValidationError(f"{held} 现在是“{held.get_state_display()}”，这一步做不了。") from None
    held.full_clean(validate_unique=False)
    held.save()


def note_on(actor: Any, dispute: Dispute, words: str, day: dt.date | None = None) -> Move:
    return move_on("note", works_on, actor, dispute, None, lambda held: None, words=words, day=day)
