"""How a report comes in: from a villager without an account, or from the discipline office, which got it otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.views.decorators.debug import sensitive_variables

from accounts.notices.writing import tell_now
from core import clock, idnumber
from core.scope import must
from discipline.models import READS, WORKS, Report, Step, new_code
from discipline.notices import NEW, WHOM, call, readers
from discipline.recusal import Reader
from discipline.services.errors import Conflict
from discipline.told import OFFICES, Told
from grids.models import Territory

LONGEST = {"what": 2000, "name": 60, "reporter": 40}


@dataclass(frozen=True)
class Received:
    """A stored report, and whether this call stored it."""

    report: Report
    created: bool


@sensitive_variables()
def tell(
    *, uuid: UUID, place: Territory | None, office: str, what: str, name: str = "", phone: str = ""
) -> Received:
    """A villager's report; the same again is the same row. No account, no address, nothing of whoever sends it is kept
    but what was written. ValidationError by field; Conflict: the number is taken."""
    told = check(place=place, office=office, what=what, name=name, phone=phone)
    return _receive(None, uuid, Report.PAGE, told)


@sensitive_variables()
def enter(
    *,
    actor: Any,
    uuid: UUID,
    source: str,
    place: Territory | None,
    office: str,
    what: str,
    name: str = "",
    reporter: str = "",
    phone: str = "",
) -> Received:
    """What came by letter, telephone or in person. Needs reports.work at the town; whoever enters what is about himself
    does not find it again."""
    must(actor, WORKS, place.get_root() if place else None)
    known = source in dict(Report.SOURCES) and source != Report.PAGE
    wrong = {} if known else {"source": "选是怎么来的。"}
    said = {"office": office, "what": what, "name": name, "reporter": reporter, "phone": phone}
    told = check(place=place, wrong=wrong, **said)
    return _receive(actor, uuid, source, told)


@sensitive_variables()
def check(
    *, place: Territory | None, office: str, phone: str, wrong: Mapping[str, str] | None = None, **said: str
) -> Told:
    """What was said, in order; ValidationError with all that is wrong, what was found `wrong` already among it."""
    said = {field: text.strip() for field, text in said.items()}
    faults = dict(wrong or {})
    if office not in OFFICES:
        faults["office"] = "点一个：他是干什么的。"
    if place is None or place.kind == Territory.GRID:
        faults["place"] = "选哪个村；是镇上的，选镇里。"
    if not said["what"]:
        faults["what"] = "写一写什么事：什么时候，在哪里，怎么回事。"
    for field, most in LONGEST.items():
        if len(said.get(field, "")) > most:
            faults[field] = f"写了 {len(said[field])} 个字，最多 {most} 个，写短一点。"
    number = idnumber.clean_phone(phone)
    if fault := number and idnumber.phone_fault(number):
        faults["phone"] = f"{fault}；不想留就空着。"
    if faults or place is None:
        raise ValidationError(faults)
    return Told(place=place.pk, office=office, phone=number, **said)


def _receive(actor: Any, uuid: UUID, source: str, told: Told) -> Received:
    if known := _known(actor, uuid, told):
        return known
    now = clock.now()
    report = Report(uuid=uuid, code=new_code(), source=source, received_at=now, updated_at=now)
    report.set_told(told)
    try:
        with transaction.atomic():
            report.save(force_insert=True)
            Step.objects.create(report=report, kind="told", at=now, actor=actor)
            _ring(report)
    except IntegrityError:
        # Two at once: the constraint let one in, and the other is answered as above.
        if known := _known(actor, uuid, told):
            return known
        raise
    return Received(report, created=True)


def _known(actor: Any, uuid: UUID, told: Told) -> Received | None:
    found = Report.objects.filter(uuid=uuid).first()
    if found is None:
        return None
    author = found.steps.filter(kind="told").values_list("actor", flat=True).get()
    if author != getattr(actor, "pk", None) or found.told.as_it_came() != told:
        raise Conflict
    return Received(found, created=False)


def _ring(report: Report) -> None:
    """Whoever may read it finds a notice without a word of it; nobody else does."""
    told = report.told
    heard = [user for user in readers() if Reader(user, READS).is_open(told, report.received_at)]
    tell_now(kind=NEW, whom=WHOM, calls=[call(user, 1) for user in heard])


def asked_after(code: str) -> str | None:
    """How the report with this code stands, for whoever holds the code; None if there is none."""
    digits = "".join(sign for sign in idnumber.normalise(code) if sign.isdecimal())
    return Report.objects.filter(code=digits).values_list("state", flat=True).first()
