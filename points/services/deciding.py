"""初审、复核、公示、入账: what happens to a claim, and who may not do two of these things to the same one."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, Max, OuterRef

from core import clock
from core.scope import OPERATOR, must, signer
from grids.models import Territory
from points import notices
from points.models import Award, Challenge, Item, Posting, PublicNotice, Scheme
from points.models.awards import DECIDES
from points.services import books
from points.services.homes import settle
from points.services.rights import why_not
from points.services.stepping import locked, move, step


@transaction.atomic
def check(*, actor: Any, award: Award, points: int | None = None, words: str = "") -> Award:
    """初审: the group's or the grid's head says that it was so; fewer points than claimed, never more."""

    def change(held: Award) -> None:
        if held.lacks_proof:
            raise ValidationError(
                "佐证的照片还没有到，到了再初审。一直不来的，请申报的人有信号时打开手机，或者重新报。"
            )
        held.check_off(_points(held, points))
        held.checked_by, held.checked_at = actor, clock.now()

    return step("check", actor, award, change, words=words)


@transaction.atomic
def decide(*, actor: Any, award: Award, points: int | None = None, words: str = "") -> Award:
    """复核: the village's committee; neither who claimed it nor who checked it, nor who hands goods out."""

    def change(held: Award) -> None:
        held.decide(_points(held, points))
        held.decided_by, held.decided_at = actor, clock.now()

    return step("decide", actor, award, change, words=words)


def _points(held: Award, points: int | None) -> int:
    """What it is worth now, or less."""
    most = held.worth
    if points is None:
        return most
    if not 0 < points <= most:
        raise ValidationError({"points": f"填 1 到 {most} 分；一分不给的，点“不通过”，写为什么。"})
    return points


@transaction.atomic
def refuse(*, actor: Any, award: Award, words: str = "", ground: Item | None = None) -> Award:
    """不通过, before it is shown: by who checks while it is to be checked, by who decides afterwards. `ground`: one of
    those that the village's rules name (domain.md, "Points": a refusal of this award, never points taken away)."""
    held = locked(award)
    if held.state == Award.SHOWN:
        raise ValidationError("已经公示的，要有异议才能改；先把异议记下来。")
    if ground is not None and not (ground.refuses and ground.scheme_id == held.item.scheme_id):
        raise ValidationError({"ground": "这个情形不在那一天的积分办法里，重新选。"})
    said = "：".join(each for each in (ground and ground.title, words.strip()) if each)
    return step(
        "refuse",
        actor,
        award,
        lambda row: row.refuse(said[:200]),
        words=said,
        need="写一句为什么不给。",
    )


@transaction.atomic
def withdraw(*, actor: Any, award: Award) -> Award:
    """撤回: by who claimed it, while nobody has looked at it."""
    return step("withdraw", actor, award, lambda row: row.withdraw())


@transaction.atomic
def show(
    *, actor: Any, village: Territory, awards: Iterable[Award], first: dt.date | None = None
) -> PublicNotice:
    """公示: hang these out together, from today or a later day, for as many days as the village's rules say."""
    must(actor, DECIDES, village)
    rows = sorted({award.pk: award for award in awards}.values(), key=lambda award: award.pk)
    if not rows:
        raise ValidationError({"awards": "勾上要公示的。"})
    first = first or clock.today()
    if first < clock.today():
        raise ValidationError({"first": "公示从今天或以后开始。"})
    scheme = Scheme.objects.of(village, first)
    days = scheme.notice_days if scheme else Scheme._meta.get_field("notice_days").get_default()
    notice = PublicNotice.objects.create(
        territory=village,
        serial=_next_serial(village),
        first=first,
        last=first + dt.timedelta(days=days - 1),
        made_at=clock.now(),
        made_by=actor,
    )
    for award in rows:
        held = locked(award)
        if held.household.village_id != village.pk:
            raise ValidationError({"awards": f"{held} 不是{village}的，去掉再公示。"})
        move(held, "show", actor, lambda row: row.show(notice))
    return notice


def _next_serial(village: Territory) -> int:
    """One more than the village's last; two who hang out at once wait for one another."""
    Territory.objects.select_for_update(no_key=True).get(pk=village.pk)
    last = PublicNotice.objects.filter(territory=village).aggregate(last=Max("serial"))["last"]
    return (last or 0) + 1


# --- objections -----------------------------------------------------------------------------------------------------


@transaction.atomic
def challenge(*, actor: Any, award: Award, words: str, said_by: str = "") -> Challenge:
    """异议: anybody may say so while it hangs out; from the public page (`actor` is None) or told to somebody who
    has a post there. From now on it does not come into the books until it is answered. The same words again, from the
    same side and not answered yet, are the same objection."""
    held = locked(award)
    if actor is not None and (told := why_not(actor, "object", held)):
        raise PermissionDenied(told)
    words = words.strip()
    if not words:
        raise ValidationError({"words": "写一句哪里不对。"})
    if held.state != Award.SHOWN:
        raise ValidationError("这一件不在公示里，不能提异议。")
    said = {"words": words[:300], "said_by": said_by.strip()[:40], "noted_by": signer(actor)}
    if known := held.challenges.filter(decided_at__isnull=True, **said).first():
        return known
    found = Challenge.objects.create(award=held, noted_at=clock.now(), **said)
    move(held, "object", actor, lambda row: None, words=words)
    notices.tell_of_challenge(found)
    return found


@transaction.atomic
def answer_challenge(
    *, actor: Any, challenge: Challenge, upheld: bool, words: str, points: int | None = None
) -> Challenge:
    """The village has looked at it: not upheld, and it goes on hanging; upheld, and it is refused, or (`points`) shown
    again with fewer points. Neither who claimed it nor who is near the household decides."""
    held = locked(challenge.award)
    if told := why_not(actor, "answer", held):
        raise PermissionDenied(told)
    if not held.challenges.filter(pk=challenge.pk, decided_at__isnull=True).exists():
        raise ValidationError("这条异议已经处理过了。")

    def change(row: Award) -> None:
        if upheld and points is None:
            row.refuse(words.strip()[:200])
        elif upheld:
            row.show_again(_points(row, points))

    kind = "answer" if not upheld else "refuse" if points is None else "show_again"
    step(kind, actor, held, change, words=words, need="写一句怎么查的、怎么处理的。")
    # Upheld, it hangs out no more: what others said against it is answered with it.
    answered = held.challenges.filter(decided_at__isnull=True)
    if not upheld:
        answered = answered.filter(pk=challenge.pk)
    answered.update(
        upheld=upheld, outcome=words.strip()[:300], decided_at=clock.now(), decided_by=signer(actor)
    )
    return Challenge.objects.get(pk=challenge.pk)


# --- into the books -------------------------------------------------------------------------------------------------


def post_due(day: dt.date | None = None) -> int:
    """入账: whatever has hung out its days without an open objection; how many. Once each, whoever runs it."""
    today = day or clock.today()
    open_ones = Challenge.objects.filter(award=OuterRef("pk"), decided_at__isnull=True)
    due = Award.objects.filter(~Exists(open_ones), state=Award.SHOWN, notice__last__lt=today).order_by("pk")
    return sum(_post(award, today) for award in due.iterator())


@transaction.atomic
def _post(award: Award, today: dt.date) -> bool:
    held = locked(award)
    # What has happened between the question and the lock: somebody objected, another worker was here, or it hangs out
    # anew with fewer points.
    if held.state != Award.SHOWN or held.challenges.filter(decided_at__isnull=True).exists():
        return False
    if held.notice is None or held.notice.last >= today:
        return False
    village = held.household.village
    settle(held.household)
    posting = books.post(
        actor=OPERATOR,
        key=f"award:{held.pk}",
        kind=Posting.AWARD,
        village=village,
        transfers=[books.Transfer(books.fund_of(village), books.account_of(held.household), held.worth)],
        words=f"{held}：{held.words}"[:300],
    )
    move(held, "post", OPERATOR, lambda row: row.post(posting))
    return True


@transaction.atomic
def reverse_award(*, actor: Any, award: Award, words: str) -> Award:
    """冲正: what was posted wrongly is taken back by a posting of its own, if the household still has it."""

    def change(held: Award) -> None:
        held.reverse(words.strip()[:200])
        assert held.posting is not None  # a posted award has one (points_award_posted)
        books.reverse(actor=actor, posting=held.posting, words=words.strip()[:300])

    return step("reverse", actor, award, change, words=words, need="写一句为什么冲正。")
