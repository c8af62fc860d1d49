"""Good deeds of the demo town that nobody went to report: told by households with their cards, with proof and without
its photo yet, seen on a visit, and done by the go-betweens of a panel."""

import datetime as dt
import io
import random
import uuid
from typing import Any

from PIL import Image, ImageDraw

from core import clock
from disputes import services as disputes
from disputes.models import Sitting
from grids.models import Household, Post, Territory
from hongji.town.points import Story
from points import services
from points.models import Award, Item, Scheme
from visits import services as visits


def tell_of_more(hero: str) -> int:
    """In the first village, which has rules; how many more deeds."""
    village = Territory.objects.villages().get(name=hero)
    today, before = clock.today(), Award.objects.count()
    draw = random.Random(f"seen {village.code}")
    story = Story()
    worker = Post.objects.in_force().filter(duty="worker", territory__parent=village).order_by("pk").first()
    assert worker is not None  # every demo village has its grid workers
    homes = list(Household.objects.at(worker.territory).present().in_order()[9:13])
    items = {item.title: item for item in Item.objects.filter(scheme=Scheme.objects.of(village, today))}
    by, day = worker.officer.user, today - dt.timedelta(days=1)

    def own(at: int, title: str, words: str, **more: Any) -> None:
        services.claim_with_card(
            uuid=_key(draw), household=homes[at], item=items[title], day=day, words=words, **more
        )

    def waits() -> None:
        said: dict[str, Any] = {
            "household": homes[2],
            "item": items["红事白事简办"],
            "day": day,
            "words": "女儿出嫁没摆席",
        }
        services.claim(actor=by, uuid=_key(draw), photo_follows=True, **said)

    def visit() -> None:
        seen = [{"item": items["房前屋后评上干净户"].pk, "words": "屋前屋后收拾得清爽"}]
        visits.record_visit(
            actor=by, uuid=_key(draw), household=homes[3], happened_at=clock.now(), deeds=seen
        )

    story.at(day, 19, lambda: own(0, "打扫公共地方", "把门口到水塘的路扫了"))
    story.at(day, 20, lambda: own(1, "红事白事简办", "儿子结婚请了六桌", proof="组长看过", drawn=_picture()))
    story.at(day, 21, waits)
    story.at(day, 15, visit)
    story.at(day, 16, lambda: _thank(village))
    story.tell()
    return Award.objects.count() - before


def _key(draw: random.Random) -> uuid.UUID:
    return uuid.UUID(int=draw.getrandbits(128), version=4)


def _thank(village: Territory) -> None:
    """The panels that agreed, of which the rules that came later have not heard yet."""
    agreed = Sitting.objects.at(village).filter(outcome=Sitting.AGREED).select_related("panel")
    host = Post.objects.in_force().get(territory=village, duty="secretary").officer.user
    for sitting in agreed.order_by("pk"):
        disputes.thank_go_betweens(actor=host, sitting=sitting)


def _picture() -> bytes:
    """A table for a few guests, drawn."""
    drawn, image = io.BytesIO(), Image.new("RGB", (640, 480), "#efe6d8")
    pen = ImageDraw.Draw(image)
    pen.ellipse((170, 150, 470, 360), fill="#a63a2a")
    for left, top in ((90, 210), (480, 210), (285, 60), (285, 380)):
        pen.ellipse((left, top, left + 70, top + 70), fill="#4a6b57")
    image.save(drawn, "JPEG")
    return drawn.getvalue()
