"""FRAUD: who wants points for himself, for his own, too many, too late, or in a month that is closed, gets none."""

import datetime as dt
import random
from collections import Counter
from collections.abc import Callable, Iterator

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction
from django.db.models import Sum

from core import clock
from core.periods import Month
from grids.models import Officer, Person
from points import services
from points.models import Account, Award, Entry, Posting, Redemption
from tests.gates.line import Line, Size
from tests.gates.market import Ground, ground, must_be_whole

NOON = dt.datetime(2026, 12, 2, 12, tzinfo=clock.SHANGHAI)
NOVEMBER = Month.parse("2026-11")
Try = Callable[[Ground, random.Random], object]


def run(size: Size) -> Iterator[Line]:
    with clock.stopped_at(NOON - dt.timedelta(days=9)):
        market = ground(500)
        _prepare(market)
    with clock.stopped_at(NOON):
        _close_november(market)
        yield _tries(market, size.cases // 2)


def _prepare(market: Ground) -> None:
    """The worker lives with 张三丰, the leader with 王大春; a cap of 20 a year; something sold in November."""
    for user, name in ((market.town.worker, "张翠山"), (market.town.leader, "李秀英")):
        Officer.objects.filter(user=user).update(person=Person.objects.get(name=name))
    market.redeem()
    market.scheme.household_cap = 20
    market.scheme.save()


def _close_november(market: Ground) -> None:
    secretary = market.town.secretary
    made = services.make_statement(actor=secretary, shop=market.shop, month=NOVEMBER)
    services.sign_statement(actor=market.keeper, statement=made)
    services.sign_statement(actor=secretary, statement=made)
    services.pay_statement(actor=secretary, statement=made, day=clock.today())


def _tries(market: Ground, count: int) -> Line:
    line = Line("想多拿分的", "")
    draw = random.Random(9)
    before = dict(Account.objects.values_list("pk", "balance")), Entry.objects.aggregate(sum=Sum("points"))
    won: Counter[str] = Counter()
    for number in range(count):
        name, way = TRIES[number % len(TRIES)]
        try:
            with transaction.atomic():
                way(market, draw)
                won[name] += 1
                transaction.set_rollback(True)
        except (PermissionDenied, ValidationError, DatabaseError):
            pass
    for name, times in won.items():
        line.must(False, f"{name}：{times} 次成了")
    after = dict(Account.objects.values_list("pk", "balance")), Entry.objects.aggregate(sum=Sum("points"))
    line.must(before == after, "账动了")
    must_be_whole(line)
    line.done = f"{count} 次，{len(TRIES)} 样，成了 {sum(won.values())} 次"
    return line


def _claimed(market: Ground, **said: object) -> Award:
    """An honest claim for 李㻞, by the assistant."""
    return market.claim(market.town.li, actor=market.town.assistant, **said)


def _own(market: Ground, draw: random.Random) -> object:
    return market.claim(market.town.zhang, actor=market.town.worker)


def _kins(market: Ground, draw: random.Random) -> object:
    return market.claim(market.town.wang, actor=market.town.leader)


def _checks_kins(market: Ground, draw: random.Random) -> object:
    award = market.claim(market.town.wang, actor=market.town.assistant)
    return services.check(actor=market.town.leader, award=award)


def _checks_own(market: Ground, draw: random.Random) -> object:
    award = market.claim(market.town.li, actor=market.town.leader)
    return services.check(actor=market.town.leader, award=award)


def _decides_own(market: Ground, draw: random.Random) -> object:
    award = market.claim(market.town.li, actor=market.town.secretary)
    services.check(actor=market.town.leader, award=award)
    return services.decide(actor=market.town.secretary, award=award)


def _decides_checked(market: Ground, draw: random.Random) -> object:
    award = _claimed(market)
    services.check(actor=market.cadre, award=award)
    return services.decide(actor=market.cadre, award=award)


def _more(market: Ground, draw: random.Random) -> object:
    award = _claimed(market)
    return services.check(actor=market.town.leader, award=award, points=award.claimed + draw.randint(1, 50))


def _over_the_cap(market: Ground, draw: random.Random) -> object:
    for _ in range(4):
        _claimed(market)
    return _claimed(market, words="第五次")


def _many(market: Ground, draw: random.Random) -> object:
    return _claimed(market, item=market.hours, number=draw.randint(9, 500))


def _back_dated(market: Ground, draw: random.Random) -> object:
    return _claimed(market, day=clock.today() - dt.timedelta(days=draw.randint(61, 400)))


def _ahead(market: Ground, draw: random.Random) -> object:
    return _claimed(market, day=clock.today() + dt.timedelta(days=draw.randint(1, 40)))


def _straight_into_the_books(market: Ground, draw: random.Random) -> object:
    """Decided, but nobody has seen it hang out."""
    award = _claimed(market)
    services.check(actor=market.town.leader, award=award)
    services.decide(actor=market.cadre, award=award)
    if not services.post_due(clock.today() + dt.timedelta(days=60)):
        raise ValidationError("没公示的不入账")
    return award


def _out_of_a_file(market: Ground, draw: random.Random) -> object:
    """As a line of an old register, while the village claims its deeds here."""
    _claimed(market)
    line = services.Brought(
        item=market.sweeping, day=clock.today(), words="旧账", points=draw.randint(1, 5000)
    )
    return services.bring_in(actor=market.town.secretary, household=market.town.li, lines=[line])


def _closed_entry(market: Ground, draw: random.Random) -> object:
    return Entry.objects.filter(posting__day__lte=NOVEMBER.last).update(points=draw.randint(1, 900))


def _closed_posting(market: Ground, draw: random.Random) -> object:
    return Posting.objects.filter(day=clock.today()).update(day=NOVEMBER.last)


def _closed_gone(market: Ground, draw: random.Random) -> object:
    return Entry.objects.filter(posting__kind=Posting.REDEEM).delete()


def _closed_undone(market: Ground, draw: random.Random) -> object:
    sold = Redemption.objects.filter(day__lte=NOVEMBER.last).first()
    assert sold is not None
    return services.undo(actor=market.town.secretary, redemption=sold, words="拿错了")


def _approver_hands_out(market: Ground, draw: random.Random) -> object:
    return market.redeem(actor=market.town.secretary, code=market.card(market.town.zhang))


def _own_counter(market: Ground, draw: random.Random) -> object:
    Officer.objects.filter(user=market.keeper).update(person=Person.objects.get(name="殷素素"))
    return market.redeem(code=market.card(market.town.zhang))


def _balance(market: Ground, draw: random.Random) -> object:
    Account.objects.filter(household=market.town.zhang).update(balance=-draw.randint(1, 500))
    return None


TRIES: tuple[tuple[str, Try], ...] = (
    ("给自己家申报", _own),
    ("给家里人申报", _kins),
    ("初审家里人的", _checks_kins),
    ("初审自己申报的", _checks_own),
    ("复核自己申报的", _decides_own),
    ("复核自己初审的", _decides_checked),
    ("审出更多的分", _more),
    ("超过一户一年的封顶", _over_the_cap),
    ("一次报太多", _many),
    ("报太早以前的", _back_dated),
    ("报还没到的日子", _ahead),
    ("没公示就入账", _straight_into_the_books),
    ("当作旧账导入", _out_of_a_file),
    ("改封了账的月份的分", _closed_entry),
    ("把账挪到封了的月份", _closed_posting),
    ("删封了账的月份的流水", _closed_gone),
    ("冲正已经结算付款的", _closed_undone),
    ("复核的人经手兑换", _approver_hands_out),
    ("给自己家兑换", _own_counter),
    ("把余额写成负的", _balance),
)
