"""招聘会: a village or the town calls one, with the places that come to it."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from core import clock
from core.scope import must, signer
from grids.models import Territory
from jobs.models import JobFair
from jobs.models.words import MANAGES

SENT = "这场已经推荐过人了，不能换地方；岗位可以再加。"


@transaction.atomic
def save_fair(*, actor: Any, fair: JobFair, vacancies: Any) -> JobFair:
    """Call a fair, or change one. Needs jobs.manage where it is held. ValidationError by field.

    Once somebody was sent at it, it stays at its place: whom it looks among is what the sheet says.
    """
    must(actor, MANAGES, fair.territory)
    if fair.territory.kind == Territory.GRID:
        raise ValidationError({"territory": "招聘会是村里或者镇上办的，选一个村。"})
    if fair.pk:
        held = JobFair.objects.select_for_update(of=("self",), no_key=True).get(pk=fair.pk)
        must(actor, MANAGES, held.territory)
        if held.territory_id != fair.territory_id and held.matches.exists():
            raise ValidationError({"territory": SENT})
        fair.made_at, fair.made_by = held.made_at, held.made_by
    else:
        fair.made_at, fair.made_by = clock.now(), signer(actor)
    fair.full_clean(exclude=["made_by"])
    fair.save()
    fair.vacancies.set(vacancies)
    return fair
