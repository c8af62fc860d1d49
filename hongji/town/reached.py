"""How people of the demo town reach somebody: numbers that are given out, cards, buttons, capable people, calls."""

import datetime as dt
import random
import uuid
from typing import Any

from appeals import services
from appeals.models import Call, Device, PublicNumber
from core import clock
from core.workdays import Calendar
from grids.models import Household, Officer, Person, Post, Territory

_NUMBER = "199000{:05d}"
TALENTS = (("电工、水管", "电灯、水泵都会修"), ("泥瓦", ""), ("理发", "上门给老人理"))


def be_reached(place: str) -> int:
    """One village has it all: how many calls it had."""
    village = Territory.objects.get(name=place)
    start = clock.today() - dt.timedelta(days=40)
    _numbers(start)
    draw = random.Random(village.code)
    last = Calendar().last_workday(clock.today())
    people = {
        post.duty: post.officer.user
        for post in Post.objects.in_force().filter(territory__in=(village, _first_grid(village)))
        if post.officer.user
    }
    with clock.stopped_at(clock.at_noon(Calendar().add_workdays(last, -20))):
        button = _register(village, people["secretary"], draw)
        _ask_the_capable(village, people["secretary"], draw)
    _print(village, people["secretary"], draw)
    return _call(village, people, button, draw, last)


def _first_grid(village: Territory) -> Territory:
    grid = Territory.objects.at(village).grids().in_order().first()
    assert grid is not None  # a village of the demo has grids
    return grid


def _numbers(since: dt.date) -> None:
    town = Territory.objects.towns().get()
    for number, village in enumerate(Territory.objects.villages().in_order()):
        PublicNumber.objects.create(
            kind=PublicNumber.HOTLINE, territory=village, number=_NUMBER.format(number + 1), since=since
        )
    PublicNumber.objects.create(
        kind=PublicNumber.DISCIPLINE, territory=town, number=_NUMBER.format(99), since=since
    )


def _register(village: Territory, actor: Any, draw: random.Random) -> Device:
    """Who wants a button, one that works, one that is broken, one camera point; the button that works."""
    homes = list(
        Household.objects.at(_first_grid(village))
        .present()
        .filter(categories__until__isnull=True, categories__isnull=False)
        .select_related("territory", "group")
        .distinct()
        .order_by("pk")[:4]
    )
    services.survey(actor=actor, wants=homes[:3], declines=homes[3:])
    found = list(Device.objects.filter(household__in=homes[:2]).order_by("pk"))
    for number, device in enumerate(found, 1):
        services.move_device(actor=actor, device=device, code="install", serial=f"HJ-{number:03d}")
    services.move_device(actor=actor, device=found[1], code="report", words="按了灯不亮，像是没电了")
    services.add_device(
        actor=actor,
        uuid=_uuid(draw),
        territory=_first_grid(village),
        point="东头河塘",
        place="河塘北边电线杆上",
        purpose="防溺水",
        power="市电，4G",
        ownership="村集体",
    )
    return found[0]


def _ask_the_capable(village: Territory, actor: Any, draw: random.Random) -> None:
    men = Person.objects.at(village).present().exclude(phone_hash="").order_by("-pk")[: len(TALENTS)]
    for (skills, note), person in zip(TALENTS, men, strict=True):
        services.add_talent(
            actor=actor,
            uuid=_uuid(draw),
            village=village,
            person=person,
            skills=skills,
            note=note,
            agreed=skills != "泥瓦",
        )


def _print(village: Territory, actor: Any, draw: random.Random) -> None:
    """Two grids' cards were printed last month; since then somebody agreed to have her number on it."""
    grids = list(Territory.objects.at(village).grids().in_order().select_related("parent__parent"))
    services.print_cards(actor=actor, grids=grids[:2], run=_uuid(draw))
    staff = Officer.objects.filter(posts__territory=grids[0], posts__duty__in=("leader", "worker"))
    staff.exclude(phone_hash="").update(card_consent=True)


def _call(
    village: Territory, people: dict[str, Any], button: Device, draw: random.Random, last: dt.date
) -> int:
    homes = list(Household.objects.at(_first_grid(village)).present().order_by("-pk")[:3])
    phones = [home.phone.open() if home.phone else "" for home in homes]
    stories = (
        (9, 0, "家里水管冻裂了，往外冒水", "housing", "now", True),
        (1, 1, "想问孩子转学要什么材料", "learning", "days", False),
        (0, 2, "屋后的树要倒了，压着电线", "danger", "now", False),
    )
    secretary, worker = people["secretary"], people["worker"]
    for days, home, words, field, urgency, over in stories:
        begun = _at(Calendar().add_workdays(last, -days), 8)
        with clock.stopped_at(begun):
            call = services.take_call(
                actor=secretary,
                uuid=_uuid(draw),
                household=homes[home],
                phone=phones[home],
                words=words,
                field=field,
                urgency=urgency,
                to=worker if over or urgency == "now" else None,
            ).call
        if over:
            _finish(call, secretary, worker, begun)
    with clock.stopped_at(_at(Calendar().add_workdays(last, -4), 15)):
        services.press(
            device=button, uuid=_uuid(draw), pressed_at=clock.now(), kind="press", address="192.0.2.7"
        )
    return Call.objects.count()


def _finish(call: Call, secretary: Any, worker: Any, begun: dt.datetime) -> None:
    with clock.stopped_at(begun + dt.timedelta(minutes=25)):
        services.arrived(actor=worker, call=call)
    with clock.stopped_at(begun + dt.timedelta(hours=3)):
        matter = call.matter
        assert matter is not None  # only the call of a button on hold has none
        services.take(actor=worker, matter=matter)
        services.settle(actor=worker, matter=matter, words="关了总阀，叫来水管工换了一截")
        services.answer(actor=worker, matter=matter, rating="good")
        services.called_back(actor=secretary, call=call, words="水好了，说来得快")


def _uuid(draw: random.Random) -> uuid.UUID:
    return uuid.UUID(int=draw.getrandbits(128), version=4)


def _at(day: dt.date, hour: int) -> dt.datetime:
    """An hour of that day, never later than now."""
    moment = dt.datetime.combine(day, dt.time(hour, 20), tzinfo=clock.SHANGHAI)
    return min(moment, clock.now())
