"""Lines of a register that was kept before us come into the books: deeds that were awarded there, and what was left.

Nobody's claim, check or notice is made up for them: they were decided on paper. The books say so (Posting.BRING), and
say it today, so that no month that is over changes. From the day on which a village claims its deeds here there is no
register of before: such a deed is claimed, checked and hung out like any other, or one person alone could award it.
"""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max, Min, Sum

from core import clock
from core.digests import digest_of
from core.idnumber import mask_name
from core.scope import OPERATOR, must
from grids.models import Household, Territory
from grids.services import is_near
from points.models import Award, Entry, Item, Posting, PublicNotice, Shop
from points.models.awards import DECIDES
from points.services import books
from points.services.homes import settle
from points.services.rights import NEAR
from points.services.stepping import write_move

BROUGHT = "导入"
KEEPER = "店员发东西，不能导入积分，请别的村干部来办。"


@dataclass(frozen=True)
class Brought:
    """One line: what was awarded for what, and what the register says besides."""

    item: Item
    day: dt.date
    words: str
    points: int
    claimed: int | None = None
    said: str = ""


@dataclass(frozen=True)
class Came:
    """What registers of before brought one household: points, after what it had spent already."""

    household: Household
    points: int

    @property
    def who(self) -> str:
        """As it hangs out."""
        return mask_name(self.household.head_name)


def brought_before(notice: PublicNotice) -> list[Came]:
    """What came in since the village's notice before this one, group by group: nobody checked it here, so everybody is
    to see it on the wall. A notice that was taken down early has shown nothing. Three queries however many they are."""
    earlier = PublicNotice.objects.filter(territory=notice.territory_id, made_at__lt=notice.made_at)
    earlier = earlier.exclude(taken__early=True).order_by("-made_at")
    rows = Entry.objects.filter(posting__kind=Posting.BRING, posting__territory=notice.territory_id)
    rows = rows.filter(posting__at__lte=notice.made_at)
    if since := earlier.values_list("made_at", flat=True).first():
        rows = rows.filter(posting__at__gt=since)
    came: Counter[int] = Counter()
    for sign, side in ((1, "payee__household"), (-1, "payer__household")):
        sums = rows.filter(**{f"{side}__isnull": False}).order_by().values_list(side).annotate(Sum("points"))
        came.update({home: sign * points for home, points in sums})
    homes = Household.objects.filter(pk__in=came).select_related("group")
    walk = homes.order_by("group__position", "group_id", "number")
    return [Came(home, came[home.pk]) for home in walk if came[home.pk]]


@transaction.atomic
def bring_in(
    *, actor: Any, household: Household, lines: Sequence[Brought], left: int | None = None
) -> list[Award]:
    """Bring in the lines of one household; `left`: what the register says was left after the last of them.

    What was spent before us, or saved up before these lines, is made up for by one more posting, so that the household
    has what the register says and not what it ever earned. Caps are not asked again. Needs points.decide there; nobody
    does it for his own household, no shopkeeper for anybody. PermissionDenied, ValidationError by field.
    """
    _must_bring(actor, household)
    if household.ended_on is not None:
        raise ValidationError({"head": "这一户已经销户，积分不能再导入。"})
    Household.objects.select_for_update(no_key=True).get(pk=household.pk)
    _must_be_of_before(household.village, lines)
    settle(household)
    before, latest = _brought_before(household)
    if left is not None and latest is not None and min(line.day for line in lines) < latest:
        told = f"这一户已经导入到 {clock.cn_date(latest)}，补导更早的，累计结余空着。"
        raise ValidationError({"left": told})
    awards = [_bring(actor, household, line) for line in lines]
    if left is not None:
        _make_up(actor, household, left - before - sum(line.points for line in lines), awards[-1])
    return awards


def _must_bring(actor: Any, household: Household) -> None:
    must(actor, DECIDES, household.territory)
    if actor is OPERATOR:
        return
    if is_near(actor, household):
        raise PermissionDenied(NEAR)
    if Shop.objects.open().served_by(actor).exists():
        raise PermissionDenied(KEEPER)


def _must_be_of_before(village: Territory, lines: Sequence[Brought]) -> None:
    claimed = Award.objects.filter(household__village=village).exclude(posting__kind=Posting.BRING)
    began = claimed.aggregate(at=Min("claimed_at"))["at"]
    if began is not None and any(line.day >= clock.local_date(began) for line in lines):
        first = clock.cn_date(clock.local_date(began))
        raise ValidationError({"day": f"{first}起村里在系统里记积分，这一天的照常申报；只导入那以前的旧账。"})


def _brought_before(household: Household) -> tuple[int, dt.date | None]:
    """What registers have brought this household until now, all in all, and the latest day of their lines."""
    rows = Entry.objects.filter(posting__kind=Posting.BRING)
    came = rows.filter(payee__household=household).aggregate(sum=Sum("points"))["sum"] or 0
    went = rows.filter(payer__household=household).aggregate(sum=Sum("points"))["sum"] or 0
    brought = Award.objects.filter(household=household, posting__kind=Posting.BRING)
    return came - went, brought.aggregate(day=Max("day"))["day"]


def _bring(actor: Any, household: Household, line: Brought) -> Award:
    _check(line)
    uuid, village = uuid4(), household.village
    posting = books.post(
        actor=actor,
        key=f"brought:{uuid}",
        kind=Posting.BRING,
        village=village,
        transfers=[books.Transfer(books.fund_of(village), books.account_of(household), line.points)],
        words=f"{BROUGHT}：{line.words}"[:300],
    )
    award = Award(
        uuid=uuid,
        item=line.item,
        household=household,
        territory=household.territory,
        group=household.group,
        day=line.day,
        words=line.words,
        claimed=line.claimed or line.points,
        points=line.points,
        state=Award.POSTED,
        posting=posting,
        claimed_at=posting.at,
        content_hash=digest_of([household.pk, line.item.pk, str(line.day), line.words, line.points]),
    )
    award.full_clean(validate_unique=False, exclude=["household", "territory", "group", "item"])
    award.save(force_insert=True)
    write_move(award, "post", actor, words=f"{BROUGHT}{line.said and f'，{line.said}'}")
    return award


def _check(line: Brought) -> None:
    if line.day > clock.today():
        raise ValidationError({"day": "这一天还没到，改成今天或以前。"})
    if line.item.refuses:
        raise ValidationError({"item": f"“{line.item}”是不予积分的情形，没有分。"})
    if line.points <= 0:
        raise ValidationError({"points": "核定分要大于 0，没给分的行不导入。"})


def _make_up(actor: Any, household: Household, points: int, last: Award) -> None:
    if not points:
        return
    village = household.village
    fund, own = books.fund_of(village), books.account_of(household)
    if points < 0 and own.balance < -points:
        told = f"累计结余对不上，这一户现有 {own.balance} 分，照结余要减去 {-points} 分。"
        raise ValidationError({"left": told})
    books.post(
        actor=actor,
        key=f"brought:left:{last.uuid}",
        kind=Posting.BRING,
        village=village,
        transfers=[books.Transfer(fund, own, points) if points > 0 else books.Transfer(own, fund, -points)],
        words="旧账里更早的结余" if points > 0 else "旧账里已经兑换的",
    )
