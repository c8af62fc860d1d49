"""暂存: what cannot be counted at once is kept whole, told to its author, and decided by the village."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.db import transaction

from core import clock
from core.digests import digest_of
from core.fields import Sealed
from core.photos import keep_drawn
from core.scope import must
from grids.models import Household
from visits.models import Held, Visit
from visits.services.content import Content
from visits.services.recording import Decided, record_content

DECIDES = "register.accept"
WITHDRAWN = "走访人自己撤销了。"


@dataclass(frozen=True)
class Letter:
    """A record as it came in: whose, under which number, about which household. `content` is None where what was sent
    cannot be read as a visit; `body` is what was sent, and `faults` says what is wrong with it."""

    author: Any
    uuid: UUID
    household: int
    content: Content | None
    corrects: UUID | None = None
    sent_at: dt.datetime | None = None
    body: Mapping[str, Any] = field(default_factory=dict)
    faults: str = ""

    def digest(self) -> str:
        """The same for the same content; the phone's clock at sending is no part of it."""
        if self.content is not None:
            return self.content.digest(self.household, self.corrects)
        said = {name: value for name, value in self.body.items() if name != "sent_at"}
        return digest_of(said)

    def made_at(self) -> dt.datetime:
        """When it was written down, by our clock."""
        now = clock.now()
        return clock.corrected_time(self.content.happened_at, self.sent_at, now) if self.content else now

    def plain(self) -> str:
        kept = {"corrects": self.corrects and str(self.corrects)}
        if self.content is None:
            return json.dumps(kept | {"content": None, "body": self.body}, ensure_ascii=False)
        return json.dumps(kept | {"content": self.content.plain()}, ensure_ascii=False)


def hold(
    letter: Letter,
    household: Household,
    *,
    reason: str,
    faults: str = "",
    drawn: bytes | None = None,
    into: Held | None = None,
) -> Held:
    """Put a record on hold with the reason, in place of what its author has mended (`into`). IntegrityError if the
    number was put on hold by another request this moment."""
    held = into or Held(uuid=letter.uuid, author=letter.author, received_at=clock.now())
    held.household, held.territory = household, household.village
    held.corrected_at = letter.made_at()
    held.day = (letter.content and letter.content.day) or clock.local_date(held.corrected_at)
    held.content = Sealed.of(letter.plain(), "visits.held")
    held.content_hash = letter.digest()
    held.reason, held.faults = reason, faults[:500]
    held.full_clean(validate_unique=False, validate_constraints=False)
    with transaction.atomic():
        held.save()
        if drawn is not None and not held.photo:
            held.photo.save(f"{held.uuid.hex}.jpg", ContentFile(drawn), save=True)
    return held


def content_of(held: Held) -> tuple[Content | None, UUID | None]:
    """What the phone sent, as far as it is a visit, and which visit it corrects."""
    assert held.content is not None
    kept = json.loads(held.content.open())
    return kept["content"] and Content.read(kept["content"]), kept["corrects"] and UUID(kept["corrects"])


def said_unread(held: Held) -> str:
    """The visitor's own words in a record that cannot be read as a visit."""
    assert held.content is not None
    body = json.loads(held.content.open()).get("body") or {}
    return "，".join(text for text in (body.get("note"), body.get("promise_text")) if isinstance(text, str))


@transaction.atomic
def accept_held(*, actor: Any, held: Held, day: dt.date | None = None) -> Held:
    """Let it stand: credited to its author on its day, or on the day the village says. ValidationError: what still
    has to be mended; refuse it in words, and its author records it anew."""
    held = _to_decide(actor, held)
    content, corrects = content_of(held)
    if content is None:
        raise ValidationError(f"这一条的内容不全，记不上：{held.faults}退回去，让走访人重新记。")
    replaced = Visit.objects.filter(uuid=corrects, household=held.household).first() if corrects else None
    if corrects and replaced is None:
        raise ValidationError("它要更正的那一次没有找到，先定那一次，或者退回让走访人重新记。")
    decided = Decided(day or held.day, held.corrected_at, held.content_hash)
    recorded = record_content(
        actor=held.author,
        uuid=held.uuid,
        household=held.household,
        content=content,
        corrects=replaced,
        decided=decided,
    )
    settle_held(held, recorded.visit, actor)
    return held


@transaction.atomic
def refuse_held(*, actor: Any, held: Held, words: str) -> Held:
    """Say no, in words its author reads on the phone."""
    held = _to_decide(actor, held)
    if len(words.strip()) < 2:
        raise ValidationError({"words": "写一句为什么不记，走访人会看到。"})
    held.state, held.decided_by, held.decided_at = Held.REFUSED, actor, clock.now()
    held.words = words.strip()
    held.full_clean()
    held.save()
    return held


@transaction.atomic
def withdraw_held(*, actor: Any, held: Held) -> Held:
    """Its author takes back what nobody has decided; done twice it changes nothing. PermissionDenied: another's."""
    held = Held.objects.select_for_update(of=("self",)).get(pk=held.pk)
    if held.author_id != actor.pk:
        raise PermissionDenied("只有记的人能撤销。")
    if held.state == Held.WAITING:
        held.state, held.decided_by, held.decided_at = Held.REFUSED, actor, clock.now()
        held.words = WITHDRAWN
        held.save(update_fields=["state", "decided_by", "decided_at", "words"])
    return held


def settle_held(held: Held, visit: Visit, by: Any) -> None:
    """What was on hold has become a visit; its photo goes along."""
    if held.photo and not visit.photo:
        with held.photo.open("rb") as kept:
            keep_drawn(visit, kept.read())
    held.state, held.decided_by, held.decided_at, held.visit = Held.ACCEPTED, by, clock.now(), visit
    held.save(update_fields=["state", "decided_by", "decided_at", "visit"])


def _to_decide(actor: Any, held: Held) -> Held:
    """The row, locked, still waiting, and the actor's to decide; nobody decides about her own."""
    rows = Held.objects.select_for_update(of=("self",))
    held = rows.select_related("territory", "author", "household").get(pk=held.pk)
    must(actor, DECIDES, held.territory)
    if held.author_id == actor.pk:
        raise PermissionDenied("自己的走访不能自己定，请另一位村干部或者镇办公室定。")
    if held.state != Held.WAITING:
        raise ValidationError(f"这一条已经定过了：{held.get_state_display()}。")
    return held
