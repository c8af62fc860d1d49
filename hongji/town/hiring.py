"""Who hires in the demo town: a dozen employers in its villages and at the town, and thirty places of every state."""

import datetime as dt
from typing import Any

from core import clock
from core.scope import OPERATOR
from grids.models import Territory
from jobs import services
from jobs.models import Employer, Trade

# name, industry, contact, the number-th village (None: the town's), places
EMPLOYERS: tuple[tuple[str, str, str, int | None, tuple[tuple[Any, ...], ...]], ...] = (
    ("明发制衣", "工厂", "吴厂长", 0, (
        ("缝纫工", "缝纫", 8, 3500, 5500, "month", "金星村村口厂房", 25),
        ("熨烫、包装", "普工", 3, 3000, 3800, "month", "金星村村口厂房", 20),
        ("裁床学徒", "缝纫", 2, 2800, None, "month", "金星村村口厂房", -6),
    )),
    ("洪集茶业合作社", "农业", "茶理事长", 1, (
        ("采茶、拣茶", "种植", 20, 120, 150, "day", "茶园基地", 40),
        ("茶园管护", "种植", 4, 2600, None, "month", "茶园基地", 60),
    )),
    ("丰裕大棚", "农业", "田老板", 0, (
        ("大棚蔬菜工", "种植", 6, 110, None, "day", "金星村大棚", 15),
        ("打包、装车", "搬运、装卸", 3, 130, None, "day", "金星村大棚", 5),
        ("看护夜班", "保安、门卫", 1, 2400, None, "month", "金星村大棚", 3),
    )),
    ("老街早点铺", "餐饮", "早师傅", 2, (
        ("面点师傅", "餐饮", 1, 4500, 6000, "month", "老街 12 号", 18),
        ("端盘、洗碗", "餐饮", 2, 15, None, "hour", "老街 12 号", 12),
    )),
    ("新民养殖场", "农业", "新场长", 3, (
        ("喂养员", "养殖", 3, 3800, 4500, "month", "养殖场", 30),
        ("孵化车间工", "养殖", 2, 3600, None, "month", "养殖场", -20),
    )),
    ("洪集镇敬老院", "家政、养老", "敬院长", None, (
        ("护理员", "养老护理", 4, 3200, 4200, "month", "镇敬老院", 35),
        ("食堂帮厨", "餐饮", 1, 2600, None, "month", "镇敬老院", 22),
        ("保洁", "保洁", 2, 2200, None, "month", "镇敬老院", 22),
    )),
    ("镇建筑队", "建筑", "建队长", None, (
        ("瓦工", "建筑", 6, 260, 320, "day", "镇区道路工地", 14),
        ("小工", "建筑", 10, 160, 180, "day", "镇区道路工地", 14),
        ("电工", "水电安装", 2, 280, None, "day", "镇区道路工地", 9),
    )),
    ("惠民超市", "商店", "惠经理", None, (
        ("收银员", "销售、收银", 2, 2600, 3200, "month", "镇中心街", 28),
        ("理货员", "销售、收银", 2, 2500, 3000, "month", "镇中心街", 28),
    )),
    ("顺达快递站", "运输", "顺站长", None, (
        ("快递分拣", "搬运、装卸", 4, 18, 20, "hour", "镇快递站", 16),
        ("送货司机", "驾驶", 2, 5000, 6500, "month", "镇快递站", 21),
    )),
    ("巧手来料加工点", "工厂", "巧大姐", 4, (
        ("手工编织，可在家做", "手工", 15, 60, 90, "day", "村部旁加工点", 45),
    )),
)  # fmt: skip
# Signed up by themselves, and nobody has looked yet.
WAITING = (
    ("宏远电子厂", "工厂", "宏主管", 0, ("电子装配工", "普工", 12, 4200, 5200, "month", "开发区三号路", 30)),
    ("老李家庭农场", "农业", "李场长", 2, ("收割机手", "农机", 2, 300, None, "day", "老李家庭农场", 10)),
)
# Offered by employers themselves, through their link: (employer, place).
OFFERED = (
    ("明发制衣", ("检验员", "普工", 2, 3200, None, "month", "金星村村口厂房", 25)),
    ("镇建筑队", ("钢筋工", "建筑", 3, 280, None, "day", "镇区道路工地", 14)),
)
CLOSED = (("惠民超市", "理货员", "招满了"), ("老街早点铺", "端盘、洗碗", "店面装修，先不招"))


CENTRE = "洪集社区"  # where the town's own employers are


def hire(hero: str) -> int:
    """Everything through the real verbs; how many places there are. The first village is `hero`."""
    villages = sorted(Territory.objects.villages(), key=lambda village: (village.name != hero, village.code))
    town = Territory.objects.filter(kind=Territory.TOWN).get()
    centre = next((village for village in villages if village.name == CENTRE), villages[-1])
    earlier = clock.now() - dt.timedelta(days=40)
    made, places = {}, 0
    with clock.stopped_at(earlier):
        for number, (name, industry, contact, at, _) in enumerate(EMPLOYERS):
            made[name] = services.sign_up_employer(
                actor=OPERATOR,
                territory=town if at is None else villages[at],
                name=name,
                industry=industry,
                contact=contact,
                phone=f"1990003{number:04d}",
            )
        for name, _, _, at, said in EMPLOYERS:
            for each in said:
                where = centre if at is None else villages[at]
                services.offer_vacancy(actor=OPERATOR, employer=made[name], village=where, **_place(each))
                places += 1
    for number, (name, industry, contact, at, first) in enumerate(WAITING):
        waits = services.sign_up_itself(
            territory=villages[at],
            name=name,
            industry=industry,
            contact=contact,
            phone=f"1990004{number:04d}",
        )
        services.offer_first(employer=waits, **_place(first, back=0))
    for name, another in OFFERED:
        owner: Employer = services.make_link(actor=OPERATOR, employer=made[name])
        services.offer_itself(employer=owner, code=owner.code or "", **_place(another, back=0))
    for name, title, why in CLOSED:
        place = made[name].vacancies.get(title=title)
        services.close_vacancy(actor=OPERATOR, vacancy=place, why=why)
    return places + len(WAITING) + len(OFFERED)


def _place(said: tuple[Any, ...], back: int = 40) -> dict[str, Any]:
    """`back`: so many days lie between today and the day on which it is offered."""
    title, trade, number, low, high, unit, place, days = said
    return {
        "title": title,
        "trade": Trade.objects.get(name=trade),
        "number": number,
        "wage_low": low,
        "wage_high": high,
        "unit": unit,
        "place": place,
        "kind": "short" if unit == "day" else "part" if unit == "hour" else "full",
        "until": clock.today() + dt.timedelta(days=days + back),
    }
