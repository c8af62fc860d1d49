"""R4: the books against a model of them in plain numbers: the same things are done to both, in any order, and after
each both say the same."""

import datetime as dt
import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.core.exceptions import PermissionDenied, ValidationError

from core import clock
from grids.models import Household
from points import services
from points.models import Account, Award, Goods, Redemption
from points.services import balance_of
from tests.gates.line import Line, Size
from tests.gates.market import Ground, ground, must_be_whole

# What a way says of itself when the books did what they should not, or did not what they should.
WRONG = {"不该拒的拒了", "不该兑的兑了", "不该拒的冲正拒了", "重来的又记了", "店员冲正了积分"}
NOON = dt.datetime(2026, 11, 23, 12, tzinfo=clock.SHANGHAI)


@dataclass
class Model:
    """What everybody has, in plain numbers."""

    homes: dict[int, int]
    shop: int = 0
    stock: int = 0
    awards: dict[int, int] = field(default_factory=dict)  # posted award → points
    sold: dict[int, tuple[int, int, int]] = field(default_factory=dict)  # redemption → home, points, soap


def run(size: Size) -> Iterator[Line]:
    with clock.stopped_at(NOON):
        yield _walk(size.cases * 5)


def _walk(steps: int) -> Line:
    line = Line("积分账和模型", "")
    market = ground(200)
    homes = [market.town.zhang, market.town.wang, market.town.li]
    for home in homes:
        market.card(home)
    model = Model({home.pk: balance_of(home) for home in homes})
    model.stock = Goods.objects.get(pk=market.soap.pk).stock or 0
    draw = random.Random(4)
    ways: list[Callable[[Ground, Model, random.Random, list[Household]], str]] = [
        _award,
        _redeem,
        _redeem,
        _redeem,
        _undo,
        _reverse,
        _write_off,
        _again,
    ]
    done: dict[str, int] = {}
    for number in range(steps):
        way = draw.choice(ways)
        said = way(market, model, draw, homes)
        done[said] = done.get(said, 0) + 1
        line.must(said not in WRONG, f"{number}：{said}")
        if number % 25 == 0 or number == steps - 1:
            _compare(line, market, model, homes, f"{number}：{said}")
        if line.wrong:
            break
    must_be_whole(line)
    line.done = f"{steps} 步：" + "、".join(f"{name} {count}" for name, count in sorted(done.items()))
    return line


def _compare(line: Line, market: Ground, model: Model, homes: list[Household], at: str) -> None:
    for home in homes:
        has = balance_of(home)
        line.must(has == model.homes[home.pk], f"{at}：{home}账上 {has} 分，模型 {model.homes[home.pk]} 分")
    owed = Account.objects.filter(shop=market.shop).values_list("balance", flat=True).first() or 0
    line.must(owed == model.shop, f"{at}：商店账上 {owed} 分，模型 {model.shop} 分")
    stock = Goods.objects.get(pk=market.soap.pk).stock
    line.must(stock == model.stock, f"{at}：货架上 {stock} 袋，模型 {model.stock} 袋")


def _award(market: Ground, model: Model, draw: random.Random, homes: list[Household]) -> str:
    home = draw.choice(homes)
    award = market.posted(home, market.hours, number=draw.randint(1, 8))
    model.homes[home.pk] += award.worth
    model.awards[award.pk] = award.worth
    return "入账"


def _redeem(market: Ground, model: Model, draw: random.Random, homes: list[Household]) -> str:
    home = draw.choice(homes)
    goods = draw.choice((market.soap, market.bus))
    # Half the time about as much as there is: one more than that is refused.
    most = max(1, model.homes[home.pk] // goods.points)
    number = min(999, draw.choice((draw.randint(1, 3), most, most + 1)))
    points, soap = goods.points * number, number if goods == market.soap else 0
    fits = points <= model.homes[home.pk] and soap <= model.stock
    try:
        made = market.redeem(goods, number, code=market.card(home)).redemption
    except ValidationError:
        return "该拒的拒了" if not fits else "不该拒的拒了"
    if not fits:
        return "不该兑的兑了"
    model.homes[home.pk] -= points
    model.shop += points
    model.stock -= soap
    model.sold[made.pk] = (home.pk, points, soap)
    return "兑换"


def _undo(market: Ground, model: Model, draw: random.Random, homes: list[Household]) -> str:
    if not model.sold:
        return "没有可冲的"
    pk = draw.choice(sorted(model.sold))
    home, points, soap = model.sold.pop(pk)
    services.undo(actor=market.keeper, redemption=Redemption.objects.get(pk=pk), words="拿错了")
    model.homes[home] += points
    model.shop -= points
    model.stock += soap
    return "兑换冲正"


def _reverse(market: Ground, model: Model, draw: random.Random, homes: list[Household]) -> str:
    if not model.awards:
        return "没有可冲的"
    pk = draw.choice(sorted(model.awards))
    award = Award.objects.select_related("household").get(pk=pk)
    points = model.awards[pk]
    fits = points <= model.homes[award.household_id]
    try:
        services.reverse_award(actor=market.cadre, award=award, words="记错了")
    except ValidationError:
        return "该拒的拒了" if not fits else "不该拒的冲正拒了"
    del model.awards[pk]
    model.homes[award.household_id] -= points
    return "入账冲正"


def _write_off(market: Ground, model: Model, draw: random.Random, homes: list[Household]) -> str:
    number = min(model.stock, draw.randint(1, 5))
    if not number:
        services.take_in(actor=market.keeper, goods=market.soap, number=50)
        model.stock += 50
        return "进货"
    services.write_off(actor=market.keeper, goods=market.soap, number=number, words="潮了")
    model.stock -= number
    return "报损"


def _again(market: Ground, model: Model, draw: random.Random, homes: list[Household]) -> str:
    """What was done already is done again: nothing happens, and it is said."""
    number = uuid.uuid4()
    home = max(homes, key=lambda each: model.homes[each.pk])
    if model.homes[home.pk] < 12 or not model.stock:
        return "没有可重来的"
    first = market.redeem(code=market.card(home), uuid=number).redemption
    again = market.redeem(code=market.card(home), uuid=number)
    model.homes[home.pk] -= 12
    model.shop += 12
    model.stock -= 1
    model.sold[first.pk] = (home.pk, 12, 1)
    if again.created or again.redemption != first:
        return "重来的又记了"
    if (award := Award.objects.order_by("pk").first()) is None:
        return "重来的没重记"
    try:
        services.reverse_award(actor=market.keeper, award=award, words="试试")
    except (PermissionDenied, ValidationError):
        return "重来的没重记"
    return "店员冲正了积分"
