"""签字、盖章: who signed an agreement and when, how it comes into force; before that a signature can be taken back."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from core import clock
from disputes.models import Agreement, Dispute, Party, Signature
from disputes.services.agreements import check_day, held_for, note_on
from disputes.services.moving import plan_revisits
from disputes.services.rights import works_on
from disputes.services.stepping import move_on

IN_FORCE_SAID = re.compile(r"(?:口头)?协议 HJTX-[\d-]+ 生效")  # how the step of _into_force begins
MEDIATOR, SEAL = "mediator", "seal"
REDRAFTED = "协议的内容改过了，这些字签的不是现在这一份。重新打开这一页，按现在的内容签了再填。"

ORAL_REDRAFTED = "您打开这一页以后，别人改过协议的内容，下面是现在的。双方说定的就是这些，再点一次。"


@transaction.atomic
def sign_agreement(
    *,
    actor: Any,
    agreement: Agreement,
    text: str,
    signed: Mapping[int, dt.date | None],
    mediators: str = "",
    mediated_on: dt.date | None = None,
    sealed_on: dt.date | None = None,
) -> Agreement:
    """签字、盖章. `text`: digest_of_text of what they signed; `signed`: party → day. In force once all parties and the
    mediator signed and the committee sealed; then nothing is taken back.

    None says nothing: nobody's signature goes by it (take_back does that), and a day that stands is not overwritten.
    Sent again it is the same. ValidationError by field (`party-7`), or if the text was redrafted since.
    """
    held = held_for(actor, agreement)
    if held.is_oral:
        raise ValidationError("口头协议不用签字，记下来就生效。")
    parties = {party.pk: party for party in held.dispute.parties.select_related("person")}
    days = dict(held.signatures.values_list("party", "signed_on"))
    said = {f"party-{key}": (days.get(key), day) for key, day in signed.items() if key in parties}
    said |= {"mediated_on": (held.mediated_on, mediated_on), "sealed_on": (held.sealed_on, sealed_on)}
    if held.state != Agreement.DRAFTED:
        if all(new in (None, old) for old, new in said.values()):
            return held
        raise ValidationError(f"{_who_was_quicker(held)}{held} 已经{held.get_state_display()}，签字不改了。")
    if text != held.digest_of_text:
        raise ValidationError(REDRAFTED)
    for name, (old, new) in said.items():
        if old and new and old != new:
            raise ValidationError({name: f"已经记了 {clock.cn_date(old)}。填错了的，先在“收回签字”里收回。"})
        check_day(held.dispute, name, new)
    fresh = _sign(held, [(parties[key], day) for key, day in signed.items() if day and key in parties])
    if held.mediated_on is None:  # whose name it is that signed is not changed under it
        held.mediators = mediators.strip() or held.mediators
    if mediated_on and not held.mediators:
        raise ValidationError({"mediators": "写调解员的姓名。"})
    held.mediated_on, held.sealed_on = mediated_on or held.mediated_on, sealed_on or held.sealed_on
    held.full_clean(validate_unique=False, validate_constraints=False)
    held.save()
    signatures = list(held.signatures.filter(party__in=parties).values_list("signed_on", flat=True))
    everybody = both_sides(parties.values()) and len(signatures) == len(parties)
    if everybody and held.mediated_on and held.sealed_on:
        return _into_force(actor, held, max(*signatures, held.mediated_on, held.sealed_on))
    if fresh:
        note_on(actor, held.dispute, f"{held} 签了字：{'、'.join(fresh)}")
    return held


@transaction.atomic
def take_back(*, actor: Any, agreement: Agreement, who: str) -> Agreement:
    """收回签字, filled in by mistake: `who` is `party-7`, MEDIATOR or SEAL. Its own step says whose that was.

    What is taken back already is no fault. ValidationError once it is in force.
    """
    held = held_for(actor, agreement)
    if held.state != Agreement.DRAFTED:
        raise ValidationError(f"{held} 已经{held.get_state_display()}，签字不能收回了。")
    named = dict(signed_so_far(held))
    if who not in named:
        return held
    if who == MEDIATOR:
        held.mediated_on = None
    elif who == SEAL:
        held.sealed_on = None
    else:
        held.signatures.filter(party=int(who.removeprefix("party-"))).delete()
    held.save()
    note_on(actor, held.dispute, f"{held} 收回{named[who]}")
    return held


def signed_so_far(agreement: Agreement) -> list[tuple[str, str]]:
    """What can be taken back, as (who, how it is said): 张三丰 2026年11月23日的签字."""
    found = [
        (f"party-{each.party_id}", f"{each.name} {clock.cn_date(each.signed_on)}的签字")
        for each in agreement.signatures.all()
        if each.party_id
    ]
    if agreement.mediated_on:
        found.append((MEDIATOR, f"调解员 {agreement.mediators} {clock.cn_date(agreement.mediated_on)}的签字"))
    if agreement.sealed_on:
        found.append((SEAL, f"调委会 {clock.cn_date(agreement.sealed_on)}的章"))
    return found


def lacking(agreement: Agreement) -> list[str]:
    """What a written draft still lacks to be in force, in the order in which it is signed: 乙方 王大春的签字."""
    parties = list(agreement.dispute.parties.all())
    signed = set(agreement.signatures.values_list("party", flat=True))
    found = [f"{each.side_said} {each.name}的签字" for each in parties if each.pk not in signed]
    if not both_sides(parties):
        found.append("甲方、乙方都要有人，先把当事人写全")
    if agreement.mediated_on is None:
        found.append("调解员的签字")
    if agreement.sealed_on is None:
        found.append("调委会的章")
    return found


def _who_was_quicker(held: Agreement) -> str:
    """金书记 11月23日 09:30 记过了，: who has written of this agreement last; "" if nobody did."""
    rows = held.dispute.moves.filter(words__contains=held.number).select_related("actor")
    if (last := rows.order_by("-pk").first()) is None:
        return ""
    return f"{last.actor or '服务器'} {clock.cn_moment(last.at)} 记过了，"


def both_sides(parties: Sequence[Party] | Any) -> bool:
    """Whether somebody of either side is named: one alone agrees on nothing."""
    return {Party.FIRST, Party.SECOND} <= {party.side for party in parties}


def _sign(held: Agreement, signed: Sequence[tuple[Party, dt.date]]) -> list[str]:
    """Rows for those who had not signed yet; their names."""
    fresh = []
    for party, day in signed:
        said = {"side": party.side, "name": party.name, "about": about(party), "signed_on": day}
        _, created = Signature.objects.update_or_create(agreement=held, party=party, defaults=said)
        if created:
            fresh.append(party.name)
    return fresh


def about(party: Party) -> str:
    """男，1965年3月2日出生，身份证号 349901************，住 …: as it stands under a paper; numbers stay masked."""
    return "，".join(
        filter(
            None,
            [
                party.get_sex_display(),
                f"{clock.cn_date(party.birth_date)}出生" if party.birth_date else "",
                f"身份证号 {party.person.id_number_mask}"
                if party.person and party.person.id_number_mask
                else "",
                f"住 {party.address}" if party.address else "",
            ],
        )
    )


@transaction.atomic
def record_oral(
    *, actor: Any, agreement: Agreement, text: str, agreed_on: dt.date | None, mediators: str
) -> Agreement:
    """口头协议登记 (人民调解法 §28: 人民调解员应当记录协议内容). In force from the day the parties agreed (§30).

    `text`: digest_of_text of what they agreed on; ValidationError at `text` if it was redrafted since.
    """
    held = held_for(actor, agreement)
    if not held.is_oral:
        raise ValidationError("这是书面的协议书，要签字盖章。")
    if held.state != Agreement.DRAFTED:
        if held.in_force_on == agreed_on:
            return held
        raise ValidationError(f"{held} 已经{held.get_state_display()}，不能改。")
    if text != held.digest_of_text:
        raise ValidationError({"text": ORAL_REDRAFTED})
    if agreed_on is None:
        raise ValidationError({"agreed_on": "填双方哪天说定的。"})
    check_day(held.dispute, "agreed_on", agreed_on)
    parties = list(held.dispute.parties.select_related("person"))
    if not both_sides(parties):
        raise ValidationError("甲方、乙方都要有人，先把当事人写全。")
    held.mediators = mediators.strip()
    if not held.mediators:
        raise ValidationError({"mediators": "写调解员的姓名。"})
    _sign(held, [(party, agreed_on) for party in parties])
    held.mediated_on = agreed_on
    return _into_force(actor, held, agreed_on)


def _into_force(actor: Any, held: Agreement, day: dt.date) -> Agreement:
    """The agreement, the one before it and the dispute move in one save. What was agreed stays in the agreement: steps
    and outcome are read by more people than its papers are.

    The step is dated like the agreement, also where it takes another's place: a month that is over then tells it.
    """
    if later := held.dispute.agreements.filter(in_force_on__gt=day).order_by("-in_force_on").first():
        assert later.in_force_on is not None
        before = f"换下来的 {later} {clock.cn_date(later.in_force_on)}才生效"
        raise ValidationError(f"{before}，新的不能比它早（现在是 {clock.cn_date(day)}），把日子改过来。")
    for old in held.dispute.agreements.filter(state__in=(Agreement.IN_FORCE, Agreement.BROKEN)):
        old.give_way()
        old.save()
    held.come_into_force(day)
    held.full_clean(validate_unique=False)
    held.save()
    words = f"{'口头协议' if held.is_oral else '协议'} {held} 生效"

    def change(dispute: Dispute) -> None:
        dispute.agree(words, day)
        plan_revisits(dispute)

    if held.dispute.state == Dispute.AGREED:
        told = f"，换掉 {held.replaces}" if held.replaces else ""
        note_on(actor, held.dispute, words + told, day)
    else:
        move_on("agree", works_on, actor, held.dispute, None, change, words=words, day=day)
    return held
