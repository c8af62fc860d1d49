"""Answers that tell of an identity number that it is on record where the asker may not look: counted, logged, few.

A number stands once in the whole town, so whoever brings in one that another village has must hear that it is taken.
Asked often enough, that would tell who lives in the town; so a day has only so many such answers for an account, and
once there are more, the account brings in no identity number before tomorrow. A refusal then tells nothing either.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction

from core import clock, crypto
from grids.models import ElsewhereAnswer, Person, Territory
from grids.services.rights import SERVER

TAKEN = "taken"  # the code of a ValidationError that a number is on record; its `mark` is the search key
CLOSED = "今天问到外村在册的身份证号太多，身份证号明天才能再填再导，要急办找镇办公室"


def closed(actor: Any) -> bool:
    """Whether this account has had more answers today than a day has."""
    if actor is SERVER:
        return False
    return sum(_today(actor).values_list("count", flat=True)) > settings.ELSEWHERE_ANSWERS_A_DAY


def note(*, actor: Any, territory: Territory, hashes: Iterable[str], what: str) -> bool:
    """Write down that `actor`, who works in `territory`, is to be told that these numbers are held elsewhere.

    False if that is more than a day has: then nothing must be told. What was told today already is no new answer.
    """
    if actor is SERVER:
        return True
    marks = {_mark(actor, each) for each in hashes}
    if not marks - _known(actor):
        return not closed(actor)
    with transaction.atomic():
        # Two asking at once must not have the last answer twice.
        get_user_model().objects.select_for_update(no_key=True).get(pk=actor.pk)
        if new := sorted(marks - _known(actor)):
            row = ElsewhereAnswer(actor=actor, territory=territory, what=what, count=len(new), marks=new)
            row.at = clock.now()
            row.full_clean()
            row.save()
    return not closed(actor)


@contextmanager
def counted(*, actor: Any, territory: Territory | None) -> Iterator[None]:
    """A transaction around a change: if a number in it is taken, that is noted after all that was tried is undone.

    `territory` is where the change belongs; None if that cannot be told, and then nothing of the register is.
    """
    try:
        with transaction.atomic():
            yield
    except ValidationError as fault:
        fields = _taken(fault)
        seen = Person.objects.visible_to(actor, "persons.see").present()
        seen = seen.filter(id_number_hash__in=fields.values())
        hashes = set(fields.values()) - set(seen.values_list("id_number_hash", flat=True))
        asked = {"actor": actor, "hashes": hashes, "what": "户籍变动"}
        if territory and hashes and not note(territory=territory, **asked):
            raise ValidationError(dict.fromkeys(fields, f"{CLOSED}。")) from None
        raise


def refuse_if_closed(actor: Any, fields: Iterable[str]) -> None:
    """ValidationError at these fields, the identity numbers of a change, if there are any and the day is over."""
    asked = [field for field in fields if field.rpartition(".")[2] == "id_number"]
    if asked and closed(actor):
        raise ValidationError(dict.fromkeys(asked, f"{CLOSED}。"))


def _taken(fault: ValidationError) -> dict[str, str]:
    """The search keys of the numbers that are taken, by field."""
    by_field = fault.error_dict if hasattr(fault, "error_dict") else {}
    return {
        field: error.params["mark"]
        for field, errors in by_field.items()
        for error in errors
        if error.code == TAKEN and error.params
    }


def _today(actor: Any) -> Any:
    midnight = dt.datetime.combine(clock.today(), dt.time(), tzinfo=clock.SHANGHAI)
    return ElsewhereAnswer.objects.filter(actor=actor.pk, at__gte=midnight)


def _known(actor: Any) -> set[str]:
    return {mark for marks in _today(actor).values_list("marks", flat=True) for mark in marks}


def _mark(actor: Any, hashed: str) -> str:
    """What stands for a number on this day and for this account only; no other row can be found with it."""
    return crypto.blind_index(f"{clock.today()}:{actor.pk}:{hashed}", purpose="elsewhere")
