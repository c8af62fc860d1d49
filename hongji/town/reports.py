"""What villagers of the demo town said about cadres: three reports on their way, told and looked into by the real
verbs. Nobody is named: the people are made up, and so is what they are said to have done."""

import datetime as dt
import random
import uuid

from accounts.models import User
from core import clock
from discipline import services
from grids.models import Territory

# (days ago, village, office, what, steps)
SAID = (
    (
        19,
        "桥集村",
        "cadre",
        "危房改造验收，收了我家两条烟才来看，说是大家都这样。",
        (("take", ""), ("finish", "查实一条烟，退了钱，镇里批评教育")),
    ),
    (
        6,
        "会馆村",
        "secretary",
        "村里修路的账一直没贴出来，问了几次都说再等等。",
        (("take", ""), ("note", "调了账本")),
    ),
    (1, "金星村", "grid", "给老人办补贴，要先请吃饭。别让他知道是我说的。", ()),
)


def tell_of_cadres(reader: str) -> int:
    """Let villagers tell, and the discipline office (by its user name) look into it; how many there are."""
    office, draw = User.objects.get(username=reader), random.Random(reader)
    for days, village, title, what, steps in SAID:
        moment = clock.now() - dt.timedelta(days=days)
        with clock.stopped_at(moment):
            report = services.tell(
                uuid=uuid.UUID(int=draw.getrandbits(128), version=4),
                place=Territory.objects.get(name=village),
                office=title,
                what=what,
            ).report
        for later, (code, words) in enumerate(steps, 1):
            with clock.stopped_at(moment + dt.timedelta(hours=20 * later)):
                services.OFFERS[code].verb(actor=office, report=report, words=words)
    return len(SAID)
