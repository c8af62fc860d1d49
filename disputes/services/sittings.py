"""The verbs of a sitting: begin it, write down what is said in the plan's order, end it with what came of it.

A word is never edited. It arrives under the laptop's own number, perhaps an hour after it was said, and sent again it
is the same row.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from core import clock
from core.digests import digest_of
from core.scope import NOT_YOURS
from disputes.models import Dispute, DisputeRule, Observer, Panel, Party, Seat, Sitting, Stance, Word
from disputes.services import moving
from disputes.services.counting import count_record
from disputes.services.ending import end_sitting
from disputes.services.errors import Conflict, CorrectedAlready
from disputes.services.minutes import records, ties_of
from disputes.services.moving import NEED
from disputes.services.panel_rules import refusals, uneven
from disputes.services.panels import NotYet
from disputes.services.rights import ones_own, works_on
from disputes.services.stepping import locked, move_on, too_late
from disputes.services.thanking import thank_go_betweens
from disputes.services.ticking import tick

ORDER = [code for code, _ in Word.STEPS]
TITLES = dict(Word.STEPS)
# Who speaks in which step (实施方案五（三）); in the last two everybody may.
SPEAKS = {Word.STATE: "当事人", Word.ADD: "亲友团", Word.POLICY: "镇村干部"}
LONGEST_WORD = 1000
OVER = "议事已经结束。漏记的话，选“补记”再存。"
NOT_IN_HAND = "这件纠纷现在不在调处中，议事不能接着开。"
TICK = "来了的，在“谁来了”里勾上。"
NEAR = "您是当事人的近亲属，这次议事请别人来记。"


@transaction.atomic
def begin_sitting(*, actor: Any, panel: Panel, uuid: UUID) -> Sitting:
    """开始议事: whoever begins it keeps the minutes. Begun again by him it is the same sitting; anybody else is told
    whose it is (ValidationError)."""
    locked(panel.dispute)
    held = Panel.objects.select_for_update(of=("self",), no_key=True).select_related(
        "dispute__territory__parent"
    )
    found = held.get(pk=panel.pk)
    if known := Sitting.objects.filter(panel=found).select_related("recorder").first():
        if known.recorder_id == getattr(actor, "pk", None):
            return known
        began = f"{known.recorder} {clock.cn_moment(known.began_at)} 已经开始议事，由他记。"
        raise ValidationError(began + "记录在这一页下面打开。")
    if not works_on(actor, found.dispute):
        raise PermissionDenied(ones_own(actor, found.dispute) or NOT_YOURS)
    if ties_of(actor, found.dispute):
        raise PermissionDenied(NEAR)
    if found.dispute.state != Dispute.IN_HAND:
        raise ValidationError(f"{too_late(found.dispute)}不能开始议事。")
    if found.state != Panel.SETTLED:
        raise ValidationError(found.off_because or "小组还没定下，不能开始。先点“定下小组”。")
    if wrong := refusals(found):
        # Whoever was added to the dispute since, or turned out to be a relative.
        raise ValidationError(["小组定下以后有了变化，点“重新改人”改好再定：", *NotYet(wrong).messages])
    sitting = Sitting(uuid=uuid, panel=found, recorder=actor, began_at=clock.now())
    sitting.full_clean(validate_unique=False)
    sitting.save(force_insert=True)
    return sitting


@transaction.atomic
def note_who_came(
    *, actor: Any, sitting: Sitting, seats: Iterable[int], observers: Iterable[int], upon: str = ""
) -> None:
    """到会: the keys of those who are here; the others of the panel are not. Once it is over, it stays as it was: what
    was agreed rests on who was there, and so do the signatures. `upon`: the ticks that were looked at (tick)."""
    held = _held(actor, sitting)
    _must_be_on(held)
    tick(held.panel, "came", seats=seats, observers=observers, upon=upon)


@transaction.atomic
def say(
    *,
    actor: Any,
    sitting: Sitting,
    uuid: UUID,
    step: str,
    speaker: str,
    words: str,
    said_at: dt.datetime,
    sent_at: dt.datetime | None = None,
    late: bool = False,
    corrects: UUID | None = None,
) -> Word:
    """One thing that was said. `speaker`: party-3 or seat-5. `said_at`, `sent_at`: by the laptop's clock.

    A step follows the one before it; for one that is over only `late` words (补记) and corrections come in. Conflict:
    the number is taken by other content or another writer. ValidationError by field, PermissionDenied.
    """
    digest = digest_of(
        [sitting.pk, step, speaker, words.strip(), said_at.isoformat(), late, str(corrects or "")]
    )
    # 1. What is stored already gets its answer, whatever has become of the sitting meanwhile.
    if known := _stored(actor, uuid, digest):
        return known
    # 2. The lock: two laptops write one after the other, and the order of the steps is looked at once for each.
    held = _held(actor, sitting)
    if known := _stored(actor, uuid, digest):
        return known
    word = Word(
        uuid=uuid,
        sitting=held,
        step=step,
        words=words.strip(),
        late=late,
        said_at=clock.corrected_time(said_at, sent_at, clock.now()),
        told_at=said_at,
        received_at=clock.now(),
        writer=actor,
        content_hash=digest,
    )
    if not word.words:
        raise ValidationError({"words": "写一句说了什么。"})
    if len(word.words) > LONGEST_WORD:
        raise ValidationError({"words": f"一条最多写 {LONGEST_WORD} 个字，分成两条记。"})
    old = _corrected(held, corrects) if corrects else None
    if old:
        # After the end everything is 补记, be it a correction.
        word.corrects, word.step, word.late = old, old.step, old.late or not held.is_on
        word.party, word.seat, word.speaker, word.of_side = old.party, old.seat, old.speaker, old.of_side
    else:
        _set_speaker(word, held, speaker)
        _check_order(word, held)
    word.full_clean(validate_unique=False)
    word.save(force_insert=True)
    word.fresh = True
    return word


def _stored(actor: Any, uuid: UUID, digest: str) -> Word | None:
    known = Word.objects.filter(uuid=uuid).first()
    if known and (known.content_hash != digest or known.writer_id != getattr(actor, "pk", None)):
        raise Conflict(known)
    return known


def _corrected(sitting: Sitting, uuid: UUID) -> Word:
    old = Word.objects.filter(sitting=sitting, uuid=uuid).first()
    if old is None:
        raise ValidationError({"corrects": "要更正的那一句还没存，先等它存好。"})
    now = old
    while after := Word.objects.filter(corrects=now).select_related("writer").first():
        now = after
    if now is not old:
        when = clock.cn_moment(now.received_at)
        told = f"{now.writer} {when} 已经更正过这一句，现在是：“{now.words}”。您写的还没有存。"
        raise CorrectedAlready(told, now)
    return old


def _set_speaker(word: Word, sitting: Sitting, speaker: str) -> None:
    kind, _, key = speaker.partition("-")
    pk = int(key) if key.isascii() and key.isdigit() and len(key) <= 18 else 0
    if kind == "party" and (party := sitting.panel.dispute.parties.filter(pk=pk).first()):
        word.party, word.speaker, word.of_side = party, _speaks(party), party.side
    elif kind == "seat" and (seat := sitting.panel.seats.filter(pk=pk).first()):
        # A post says its source in brackets of its own; two of them inside each other read badly.
        role = f"，{seat.role.replace('（', '、').replace('）', '')}" if seat.role else ""
        word.seat, word.of_side = seat, seat.of_side
        word.speaker = f"{seat.name}（{seat.side_said}{role}）"[:60]
    else:
        raise ValidationError({"speaker": "选是谁说的。旁听的人不发言。"})


def _check_order(word: Word, sitting: Sitting) -> None:
    """The plan's order: each step has its speakers, none is left out, and who goes back says 补记."""
    if word.step not in ORDER:
        raise ValidationError({"step": "选是哪一步。"})
    group = {Word.STATE: word.party is not None}
    if word.seat is not None:
        group |= {Word.ADD: word.seat.side == Seat.FRIENDS, Word.POLICY: word.seat.side == Seat.CADRES}
    if word.step in SPEAKS and not group.get(word.step, False):
        raise ValidationError({"speaker": f"“{TITLES[word.step]}”这一步，由{SPEAKS[word.step]}来说。"})
    reached = reached_of(sitting)
    at = ORDER.index(word.step)
    if word.step == Word.CONCLUDE and sitting.outcome == Sitting.REFUSED:
        raise ValidationError({"step": "当事人不愿调，调解已经到此为止，没有议定意见可记。"})
    if word.late and not sitting.is_on:
        return  # what a laptop still had when the sitting was ended is kept, and marked
    if at > reached + 1:
        waits = TITLES[ORDER[reached + 1]]
        raise ValidationError({"step": f"还没到“{TITLES[word.step]}”，先“{waits}”。顺序是方案里定的。"})
    if word.late:
        if at > reached:
            raise ValidationError({"step": f"“{TITLES[word.step]}”还没开始，不用补记。"})
    elif not sitting.is_on:
        raise ValidationError({"step": OVER})
    elif sitting.panel.dispute.state != Dispute.IN_HAND:
        raise ValidationError({"step": NOT_IN_HAND})
    elif at < reached:
        raise ValidationError(
            {"step": f"“{TITLES[word.step]}”已经过了，现在是“{TITLES[ORDER[reached]]}”。要补，选“补记”。"}
        )


def reached_of(sitting: Sitting) -> int:
    """The furthest step in which somebody has spoken, by its place in the order; -1 before the first word."""
    steps = Word.objects.filter(sitting=sitting).order_by().values_list("step", flat=True).distinct()
    return max((ORDER.index(step) for step in steps), default=-1)


@transaction.atomic
def conclude(
    *, actor: Any, sitting: Sitting, agreed: bool, conclusion: str, stances: Mapping[int, bool]
) -> Sitting:
    """议完了: 议定意见, which every party agrees to (`stances`, by the key of the party), or 没调成 with why.

    Nobody may be left out who spoke last: every step before the conclusion was gone through, each side was heard,
    those who came were thirds, and 司法所 and the representatives were there.
    What was agreed is drawn up as an agreement elsewhere.
    """
    held = _held(actor, sitting)
    _must_be_on(held)
    said = conclusion.strip()
    if not said:
        raise ValidationError({"conclusion": "写议定了什么。" if agreed else "写一句为什么没调成。"})
    parties = list(held.panel.dispute.parties.all())
    if agreed:
        _check_agreed(held, parties, stances)
    _end(held, Sitting.AGREED if agreed else Sitting.FAILED, said)
    for party in parties:
        if party.pk in stances:
            Stance.objects.create(sitting=held, party=party, agrees=stances[party.pk])
    if agreed:
        words = f"第 {held.panel.number} 次议事开过了，各方同意议定意见，接着写协议书"
        move_on("measure", works_on, actor, held.panel.dispute, None, _nothing, words=words)
        thank_go_betweens(actor=actor, sitting=held)
    else:
        moving.fail(
            actor=actor,
            dispute=held.panel.dispute,
            words=f"第 {held.panel.number} 次议事没调成，情况写在议事记录里",
        )
    return held


def _check_agreed(sitting: Sitting, parties: list[Party], stances: Mapping[int, bool]) -> None:
    faults: dict[str, list[str]] = {}
    sides = {party.side for party in parties}
    if reached_of(sitting) < ORDER.index(Word.SPEAK):
        waits = TITLES[ORDER[reached_of(sitting) + 1]]
        faults["conclusion"] = [f"还没有“{waits}”，不能议定。四步都走过，再议定。"]
    if silent := [party.name for party in parties if party.pk not in stances]:
        faults["stances"] = [f"还没点{'、'.join(silent)}同不同意。"]
    elif against := [party.name for party in parties if not stances[party.pk]]:
        faults["stances"] = [f"{'、'.join(against)}不同意，就没有议定。接着议，或者点“没调成”。"]
    heard = set(sitting.words.filter(step=Word.STATE).values_list("of_side", flat=True))
    unheard = [title for side, title in Party.SHORT.items() if side in sides - heard]
    if heard and unheard:
        said = f"还没有{'、'.join(unheard)}自己的陈述，不能议定。请他说，选“补记”记下。"
        faults.setdefault("conclusion", []).append(said)
    came = set(sitting.panel.observers.filter(came=True).values_list("kind", flat=True))
    if lacking := [title for kind, title in Observer.KINDS if kind not in came]:
        faults["came"] = [f"旁听监督的没有来：{'、'.join(lacking)}。{TICK}"]
    faults.setdefault("came", []).extend(_thirds_who_came(sitting))
    if faults := {field: told for field, told in faults.items() if told}:
        raise ValidationError(faults)


def _thirds_who_came(sitting: Sitting) -> list[str]:
    """What those who came lack to be thirds, by the rule by which the panel was settled (实施方案五（三）)."""
    sizes = dict.fromkeys(dict(Seat.SIDES), 0)
    for side in sitting.panel.seats.filter(came=True).values_list("side", flat=True):
        sizes[side] += 1
    allowed = DisputeRule.on(clock.local_date(sitting.began_at)).uneven
    if not uneven(sizes, allowed):
        return []
    told = "，".join(f"{title} {sizes[side]} 人" for side, title in Seat.SIDES)
    return [f"到会的{told}，不是三方各占三分之一，不能议定。{TICK}人没到齐的，改天再议。"]


@transaction.atomic
def refuse_sitting(*, actor: Any, sitting: Sitting, party: Party | None, words: str) -> Sitting:
    """One clear refusal by a party ends it (人民调解法 §17, §23), and the dispute's mediation with it. Elsewhere stands
    only which side it was; `words` are for who reads what that side said."""
    held = _held(actor, sitting)
    _must_be_on(held)
    if party is None or party.dispute_id != held.panel.dispute_id:
        raise ValidationError({"party": "选是哪一方不愿意调。"})
    if not words.strip():
        raise ValidationError({"words": NEED["refuse"]})
    _write_refusal(actor, held, party, words.strip())
    _end(held, Sitting.REFUSED, f"{party.side_said}不愿调，调解到此为止。")
    told = f"第 {held.panel.number} 次议事，{party.side_said}不愿调"
    moving.refuse(actor=actor, dispute=held.panel.dispute, words=told)
    return held


def _end(sitting: Sitting, outcome: str, conclusion: str) -> None:
    """It is over, and its record is there: once all of that is stored, its pages are counted for the case file."""
    end_sitting(sitting, outcome, conclusion)
    transaction.on_commit(lambda: count_record(sitting), robust=True)


def _write_refusal(actor: Any, sitting: Sitting, party: Party, words: str) -> None:
    """What the party said is a word of its own, in the step they had come to, and read like all it said: neither the
    dispute's own page nor the end of the minutes repeats it."""
    if len(words) > LONGEST_WORD:
        raise ValidationError({"words": f"最多写 {LONGEST_WORD} 个字，写短一点。"})
    step, now = ORDER[max(reached_of(sitting), 0)], clock.now()
    word = Word(
        uuid=uuid4(),
        sitting=sitting,
        step=step,
        party=party,
        speaker=_speaks(party),
        of_side=party.side,
        words=words,
        said_at=now,
        told_at=now,
        received_at=now,
        writer=actor,
        content_hash=digest_of([sitting.pk, "refusal", party.pk, words]),
    )
    word.full_clean(validate_unique=False)
    word.save(force_insert=True)


def _speaks(party: Party) -> str:
    return f"{party.name}（{party.side_said}）"


def _nothing(dispute: Dispute) -> None:
    """The dispute stays as it is; the step only tells."""


def _must_be_on(sitting: Sitting) -> None:
    if not sitting.is_on:
        raise ValidationError(_quicker(sitting))
    if sitting.panel.dispute.state != Dispute.IN_HAND:
        raise ValidationError(NOT_IN_HAND)


def _quicker(sitting: Sitting) -> str:
    """Who ended it, when, and how. The step that did so is written right after the end itself."""
    assert sitting.ended_at is not None  # it is over
    steps = sitting.panel.dispute.moves.select_related("actor").order_by("pk")
    last = steps.filter(at__gte=sitting.ended_at).first()
    when = f"{(last and last.actor) or '服务器'} {clock.cn_moment(sitting.ended_at)}"
    return f"{when} 先点了，议事已经结束，结果是“{sitting.get_outcome_display()}”。"


def _held(actor: Any, sitting: Sitting) -> Sitting:
    """The sitting under its lock, for who keeps its minutes; its dispute is locked first, as everywhere."""
    locked(sitting.panel.dispute)
    rows = Sitting.objects.select_for_update(of=("self",), no_key=True)
    found = rows.select_related("panel__dispute__territory__parent", "panel__host").get(pk=sitting.pk)
    if not records(actor, found):
        dispute = found.panel.dispute
        if told := ones_own(actor, dispute):
            raise PermissionDenied(told)
        raise PermissionDenied(NEAR if ties_of(actor, dispute) else NOT_YOURS)
    return found


def agreed_in(dispute: Dispute) -> str:
    """What its last sitting agreed on, so that nobody types it again for the agreement; "" if nothing was."""
    rows = Sitting.objects.filter(panel__dispute=dispute, outcome=Sitting.AGREED).order_by("-ended_at")
    return rows.values_list("conclusion", flat=True).first() or ""
