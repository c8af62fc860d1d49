"""就地化解 (附件4 三.3: 及时就地化解各类矛盾纠纷): a dispute noticed and settled in one breath, kept in one save."""

import datetime as dt
from typing import Any
from uuid import UUID, uuid5

from django.core.exceptions import ValidationError
from django.db import transaction

from core import clock
from core.scope import OPERATOR, may, must
from disputes.models import Dispute, Party
from disputes.models.disputes import KEEPS, REPORTS
from disputes.services.moving import settle
from disputes.services.opening import Opened, open_heard
from disputes.services.parties import Named
from disputes.services.placing import one_place
from grids.models import Household, Person, Territory

# How such things end, as one taps it; other words are as good.
HOW = ("当面说开了", "各让一步", "赔了礼", "赔了钱", "讲清了政策", "请人说和了")
WHICH = "说不清是哪个网格的。从那一家的卡片里点“就地化解”。"


@transaction.atomic
def settle_on_spot(
    *,
    actor: Any,
    uuid: UUID,
    kind: str,
    words: str,
    other: str = "",
    other_household: Household | None = None,
    household: Household | None = None,
    one: str = "",
    about: str = "",
    day: dt.date | None = None,
) -> Opened:
    """谁和谁, what about, how it was settled: open it and settle it. The same again is the same; Conflict otherwise.

    Each side is the head of its household, or a name where no household is told (`one`, `other`). It lies where the
    first household lies, without one in the one grid where the actor serves, or in her village. Needs disputes.report
    there. `day`: when it was, today if not told. Rings nobody: there is nothing left to do but to ask again some day,
    which is the actor's where she may.
    """
    known = Dispute.objects.filter(uuid=uuid).first()
    at = household or other_household
    place = known.territory if known else at.territory if at else place_of(actor)
    if known is None:
        for each in filter(None, (household, other_household)):
            must(actor, REPORTS, each.territory)
        must(actor, REPORTS, place)
    if other_household is not None and household == other_household:
        raise ValidationError({"other": "两边是同一户。和自己家里人闹的，写姓名。"})
    sides = [
        _side(Party.FIRST, household, "one", one, "写是谁家。"),
        _side(Party.SECOND, other_household, "other", other, "写和谁闹的。"),
    ]
    if not words.strip():
        raise ValidationError({"words": "点一样或者写一句怎么化解的。"})
    titles = dict(Dispute.KINDS)
    if kind not in titles:
        raise ValidationError({"kind": "选是什么纠纷。"})
    # A clock is corrected anew at each sending: what is stored already has its day.
    on = known.found_on if known else min(day or clock.today(), clock.today())
    opened = open_heard(
        actor=actor,
        uuid=uuid,
        territory=place,
        words=about.strip() or f"{titles[kind]}的事",
        parties=sides,
        found_on=on,
        tell=False,
        source=Dispute.SCREENING,
        kind=kind,
    )
    dispute = opened.dispute
    if opened.created and actor is not OPERATOR and may(actor, KEEPS, place):
        dispute.owner = dispute.keeper = actor
        dispute.save(update_fields=["owner", "keeper"])
    settle(actor=actor, dispute=dispute, words=words, day=on, uuid=uuid5(uuid, "settle"))
    dispute.refresh_from_db()
    return opened


def _side(side: str, household: Household | None, field: str, name: str, need: str) -> Named:
    if household is None:
        if not name.strip():
            raise ValidationError({field: need})
        return Named(side, name=name)
    head = Person.objects.present().heads().filter(household=household).order_by("pk").first()
    return Named(side, head, "" if head else household.head_name, home=household)


def place_of(actor: Any) -> Territory:
    """Where it lies if no household is told; ValidationError where she serves in several places, or in none."""
    if (place := one_place(actor)) is None:
        raise ValidationError({"one": WHICH})
    return place
