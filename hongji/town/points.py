"""What the demo town thanks its people for: rules in a few villages, two shops, and two months of deeds and goods.

Every step is an event of its own, taken with the clock held at its moment through the real verbs. What would happen
after today does not happen, so that deeds of the last days stand at every step of their way.
"""

import datetime as dt
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core import clock
from core.periods import Month
from grids.models import Household, Officer, Post, Territory
from points import services
from points.models import Activity, Award, Goods, Item, Redemption, Scheme, Shop, Shopkeeper

PIN = "2580"
# title, group, points, unit, most at once, what else
ITEMS: tuple[tuple[str, str, int, str, int, dict[str, Any]], ...] = (
    ("打扫公共地方", "环境", 5, "次", 1, {}),
    ("房前屋后评上干净户", "环境", 10, "次", 1, {"item_cap": 120}),
    ("垃圾分类做得好", "环境", 3, "次", 1, {}),
    ("志愿服务", "志愿", 2, "小时", 8, {}),
    ("照看孤寡老人、留守儿童", "孝老", 6, "次", 1, {}),
    ("评上好媳妇、好婆婆", "孝老", 30, "次", 1, {"once": True}),
    ("红事白事简办", "新风", 20, "次", 1, {"proof": True}),
    ("帮着劝和邻里", "平安", 8, "次", 1, {"source": Item.MEDIATION}),
    ("报告安全隐患", "平安", 5, "次", 1, {}),
    ("参加村里开会、议事", "议事", 2, "次", 1, {}),
)
REFUSED = ("乱倒垃圾没有改", "大操大办")
WORDS = {
    "打扫公共地方": ("扫了村口到塘埂的路", "清了门前公共水沟", "捡了河边的垃圾袋"),
    "房前屋后评上干净户": ("组里评的，红旗挂上了", "柴草码齐，鸡圈起来了"),
    "垃圾分类做得好": ("厨余、可回收分得清", "教会了隔壁两家"),
    "志愿服务": ("夏天防溺水巡塘", "帮村里发通知、登记", "路口劝导骑车戴头盔"),
    "照看孤寡老人、留守儿童": ("给老人送饭、量血压", "接了邻居孩子放学"),
    "评上好媳妇、好婆婆": ("村民代表会上评的",),
    "红事白事简办": ("儿子结婚只办了八桌", "老人后事一天办完，没请吹打"),
    "帮着劝和邻里": ("两家为田埂吵，当场劝开了", "陪着去说和，各让一步"),
    "报告安全隐患": ("电线垂到路上，打电话报了", "发现老屋墙裂，报给组长"),
    "参加村里开会、议事": ("参加板凳会，提了两条意见",),
}
# name, unit, points, how many came in (None: never runs out), from when on somebody is reminded
GOODS: tuple[tuple[str, str, int, int | None, int], ...] = (
    ("洗衣粉 1 公斤", "袋", 8, 40, 6),
    ("大米 5 公斤", "袋", 22, 25, 5),
    ("食用油 1 升", "瓶", 12, 30, 5),
    ("毛巾", "条", 5, 50, 10),
    ("牙膏", "支", 4, 12, 10),
    ("村医量血压、测血糖", "次", 3, None, 0),
    ("乘公交 10 次", "张", 15, None, 0),
)
SHOPS = ("新风爱心超市", "便民店新风柜台")
RULED = 4  # villages that have rules, the first of them and the next with a shop
ROUND = dt.timedelta(days=5)
EACH = (3, 2, 1, 1)  # households of a round, by village
LATELY = (4, 3, 2, 1, 0)  # days ago of the rounds that are on their way: one at each step, at every hour
REDEEMED = (12, 4)  # in the first and the second month at most, by village with a shop


@dataclass
class Story:
    """Events by their moment; those that lie ahead are left out."""

    events: list[tuple[dt.datetime, int, Callable[[], object]]] = field(default_factory=list)

    def at(self, day: dt.date, hour: int, do: Callable[[], object]) -> None:
        moment = dt.datetime.combine(day, dt.time(hour, 20), tzinfo=clock.SHANGHAI)
        self.events.append((moment, len(self.events), do))

    def tell(self) -> None:
        for moment, _, do in sorted(self.events, key=lambda each: each[:2]):
            if moment <= clock.now():
                with clock.stopped_at(moment):
                    do()


@dataclass
class Place:
    """One village with its rules and who does what there."""

    village: Territory
    secretary: Any
    draw: random.Random
    homes: list[Household]
    workers: dict[int, Any]
    leaders: dict[int, Any]
    scheme: Scheme
    items: list[Item]
    shop: Shop | None = None
    keeper: Any = None
    codes: dict[int, str] = field(default_factory=dict)

    def key(self) -> uuid.UUID:
        return uuid.UUID(int=self.draw.getrandbits(128), version=4)


def thank(hero: str, keepers: Callable[[Territory, int], Officer]) -> tuple[int, int]:
    """Let `hero` and a few more villages thank their people; how many deeds and how many redemptions.

    `keepers(village, number)`: the shopkeeper of the number-th shop, with an account.
    """
    start = Month.of(clock.today()).previous.first
    story = Story()
    first = Territory.objects.villages().get(name=hero)
    villages = [first, *Territory.objects.villages().in_order().exclude(pk=first.pk)[: RULED - 1]]
    for number, village in enumerate(villages):
        place = _begin(village, start)
        if number < len(SHOPS):
            _open_shop(place, SHOPS[number], keepers(village, number), start)
        _plan(story, place, number, start)
    story.tell()
    return Award.objects.count(), Redemption.objects.count()


def _begin(village: Territory, start: dt.date) -> Place:
    """The rules, adopted in the week before they begin, and everybody who has a hand in them."""
    posts = Post.objects.in_force().filter(officer__user__isnull=False).select_related("officer__user")
    secretary = posts.get(territory=village, duty="secretary").officer.user
    with clock.stopped_at(clock.at_noon(start)):
        scheme = services.adopt_scheme(
            actor=secretary,
            village=village,
            since=start,
            resolution=f"{clock.cn_date(start - dt.timedelta(days=5))}村民代表会议",
            household_cap=400,
            good_years=1,
            yuan_per_point=Decimal(1),
            budget=12000,
        )
        for position, (title, group, points, unit, most, more) in enumerate(ITEMS, 1):
            item = Item(scheme=scheme, title=title, group=group, points=points, unit=unit, most=most, **more)
            item.position = position
            services.save_item(actor=secretary, item=item)
        for position, title in enumerate(REFUSED, len(ITEMS) + 1):
            item = Item(scheme=scheme, title=title, refuses=True, position=position)
            services.save_item(actor=secretary, item=item)
    by_duty: dict[str, dict[int, Any]] = {"worker": {}, "leader": {}}
    for post in posts.filter(territory__parent=village, duty__in=by_duty):
        by_duty[post.duty][post.territory_id] = post.officer.user
    homes = Household.objects.at(village).present().in_order().select_related("territory__parent", "village")
    return Place(
        village=village,
        secretary=secretary,
        draw=random.Random(f"points {village.code}"),
        homes=[home for home in homes if home.territory_id in by_duty["leader"]],
        workers=by_duty["worker"],
        leaders=by_duty["leader"],
        scheme=scheme,
        items=list(scheme.items.offered()),
    )


def _open_shop(place: Place, name: str, keeper: Officer, start: dt.date) -> None:
    place.shop = Shop.objects.create(territory=place.village, name=name, address="村部旁边", since=start)
    place.keeper = keeper.user
    Shopkeeper.objects.create(shop=place.shop, officer=keeper, since=start)
    with clock.stopped_at(clock.at_noon(start)):
        for position, (title, unit, points, stock, low) in enumerate(GOODS, 1):
            goods = Goods.objects.create(
                shop=place.shop, name=title, unit=unit, points=points, low=low, position=position
            )
            if stock is not None:
                services.take_in(actor=place.keeper, goods=goods, number=stock, words="村里买的第一批")


# --- deeds ------------------------------------------------------------------------------------------------------------


def _plan(story: Story, place: Place, number: int, start: dt.date) -> None:
    today = clock.today()
    day = start + dt.timedelta(days=2)
    while day < today - dt.timedelta(days=10):
        _round(story, place, EACH[number], day)
        day += ROUND
    for ago in LATELY:
        _round(story, place, EACH[number], today - dt.timedelta(days=ago))
    if number == 0:
        _exceptions(story, place, start)
        _activities(story, place, start)
    if place.shop is not None:
        _counter(story, place, number, start)


def _round(story: Story, place: Place, many: int, day: dt.date) -> list[Award]:
    """A few deeds of one day, checked on the next, decided and hung out together two days later."""
    awards: list[Award] = []
    homes = place.draw.sample(place.homes, many)
    chosen = [place.draw.choice(place.items) for _ in homes]
    words = [place.draw.choice(WORDS[item.title]) for item in chosen]

    def claim() -> None:
        for home, item, said in zip(homes, chosen, words, strict=True):
            number = min(item.most, 1 + place.draw.randrange(4))
            actor = place.workers.get(home.territory_id, place.secretary)
            award = services.propose(
                actor=actor,
                key=f"demo:{place.key()}",
                household=home,
                item=item,
                day=clock.today(),
                words=said,
                number=number,
            )
            if award is not None:
                awards.append(award.award)

    def check() -> None:
        for award in awards:
            services.check(actor=place.leaders[award.territory_id], award=award)

    def decide() -> None:
        for award in awards:
            services.decide(actor=place.secretary, award=award)

    def show() -> None:
        if awards:
            services.show(actor=place.secretary, village=place.village, awards=awards)

    story.at(day, 8, claim)
    story.at(day + dt.timedelta(days=1), 9, check)
    story.at(day + dt.timedelta(days=2), 10, decide)
    story.at(day + dt.timedelta(days=3), 15, show)
    hangs = place.scheme.notice_days
    story.at(day + dt.timedelta(days=3 + hangs), 2, services.post_due)
    return awards


def _exceptions(story: Story, place: Place, start: dt.date) -> None:
    """One that was refused, one that was taken back, one that was reversed, and one against which somebody spoke."""
    home, other = place.homes[0], place.homes[1]
    worker = place.workers.get(home.territory_id, place.secretary)
    leader = place.leaders[home.territory_id]

    def claim(words: str, item: int, whose: Household = home) -> Award:
        return services.claim(
            actor=worker,
            uuid=place.key(),
            household=whose,
            item=place.items[item],
            day=clock.today(),
            words=words,
        ).award

    def refused() -> None:
        services.refuse(actor=leader, award=claim("扫了自家院子", 0), words="院子是自家的，不算公共地方")

    def withdrawn() -> None:
        services.withdraw(actor=worker, award=claim("巡塘，点错了户", 3))

    wrong: list[Award] = []

    def reverse() -> None:
        award = Award.objects.get(pk=wrong[0].pk)
        if award.state == Award.POSTED:
            services.reverse_award(actor=place.secretary, award=award, words="查实是另一户做的")

    def begin_wrong() -> None:
        wrong.append(claim("清了门前公共水沟", 0, other))
        services.check(actor=leader, award=wrong[0])
        services.decide(actor=place.secretary, award=wrong[0])
        services.show(actor=place.secretary, village=place.village, awards=wrong)

    story.at(start + dt.timedelta(days=6), 16, refused)
    story.at(start + dt.timedelta(days=7), 16, withdrawn)
    story.at(start + dt.timedelta(days=8), 16, begin_wrong)
    story.at(start + dt.timedelta(days=14), 2, services.post_due)
    story.at(start + dt.timedelta(days=16), 16, reverse)
    story.at(clock.today() - dt.timedelta(days=1), 17, lambda: _objected(place))


def _objected(place: Place) -> None:
    """Somebody has written on the public page that one of those that hang out is not so."""
    hanging = (
        Award.objects.filter(territory__parent=place.village).in_state(Award.SHOWN).order_by("pk").last()
    )
    if hanging is not None:
        services.challenge(actor=None, award=hanging, words="那天我看见是他家儿子请人干的，不是自己干的")


def _activities(story: Story, place: Place, start: dt.date) -> None:
    """One that is over, with who came and what it brought them, and one to which people have signed up."""
    grid = place.homes[0].territory
    near = [home for home in place.homes if home.territory_id == grid.pk]
    found = [home.people.filter(relation="户主").first() for home in near[2:8]]
    heads = [person for person in found if person is not None]
    hours = next(item for item in place.items if item.unit == "小时")
    leader, worker = place.leaders[grid.pk], place.workers.get(grid.pk, place.secretary)

    def plan(title: str, day: dt.date, where: str, **more: Any) -> Activity:
        activity = Activity(territory=grid, title=title, day=day, place=where, time="上午 8:30", **more)
        return services.plan_activity(actor=leader, activity=activity)

    past = start + dt.timedelta(days=19)
    made: list[Activity] = []
    handbook = "带扫把、铁锹，村里备手套和水。先扫路边，再清塘埂；老人不下塘。"
    story.at(
        past - dt.timedelta(days=9),
        9,
        lambda: made.append(plan("塘埂大扫除", past, "村口塘边", hours=3, item=hours, handbook=handbook)),
    )
    story.at(past, 12, lambda: services.attend(actor=worker, activity=made[0], people=heads))
    story.at(past, 17, lambda: services.propose_deeds(actor=worker, activity=made[0]))

    def ahead() -> None:
        soon = plan("冬季防火上门讲", clock.today() + dt.timedelta(days=6), "各家门口", wanted=8, item=hours)
        for person in heads[:4]:
            services.sign_up(actor=worker, activity=soon, person=person)

    story.at(clock.today() - dt.timedelta(days=1), 10, ahead)


# --- over the counter -------------------------------------------------------------------------------------------------


def _counter(story: Story, place: Place, number: int, start: dt.date) -> None:
    """Goods for points every few days, one redemption that went back, a count, and the first month's statement."""
    shop, today = place.shop, clock.today()
    assert shop is not None
    months = [Month.of(start), Month.of(today)]
    for month in months:
        for turn in range(REDEEMED[number]):
            day = month.first + dt.timedelta(days=12 + turn if month == months[0] else turn)
            if day in month and day < today:
                story.at(day, 14, lambda: _redeem(place))
    story.at(months[0].last, 15, lambda: _give_back(place))
    soap = shop.goods.get(position=1)
    story.at(
        months[0].last,
        18,
        lambda: (
            services.count(actor=place.keeper, goods=soap, number=_there(soap), words="月底盘点") and None
        ),
    )
    story.at(months[1].first, 9, lambda: _settle(place, months[0], paid=number == 0))


def _there(goods: Goods) -> int:
    return Goods.objects.get(pk=goods.pk).stock or 0


def _redeem(place: Place) -> None:
    """One household that has points takes what it can for them."""
    assert place.shop is not None
    # The first two keep what they have, for one of them is going to lose it again (_exceptions).
    able = [home for home in place.homes[2:] if services.balance_of(home) >= 3]
    if not able:
        return
    home = place.draw.choice(able)
    has = services.balance_of(home)
    there = [goods for goods in place.shop.goods.offered() if goods.points <= has and goods.stock != 0]
    goods = place.draw.choice(there)
    if home.pk not in place.codes:
        made = services.issue_card(actor=place.secretary, household=home, pin=PIN)
        place.codes[home.pk] = made.code
    services.redeem(
        actor=place.keeper,
        uuid=place.key(),
        shop=place.shop,
        code=place.codes[home.pk],
        lines=[(goods, 1)],
        points=goods.points,
        pin=PIN,
    )


def _give_back(place: Place) -> None:
    rows = Redemption.objects.filter(shop=place.shop).standing().order_by("-pk")
    if (last := rows.first()) is not None:
        services.undo(actor=place.secretary, redemption=last, words="拿回去发现过期了")


def _settle(place: Place, month: Month, *, paid: bool) -> None:
    """Signed by the shop; by the village and paid in the first one, waiting for the village in the other."""
    assert place.shop is not None
    statement = services.make_statement(actor=place.secretary, shop=place.shop, month=month)
    statement = services.sign_statement(actor=place.keeper, statement=statement)
    if paid:
        statement = services.sign_statement(actor=place.secretary, statement=statement)
        if statement.points > 0:
            services.pay_statement(actor=place.secretary, statement=statement, day=clock.today())
