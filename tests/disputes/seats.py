"""A panel that lacks nothing, and hands to spoil it: what the tests of panels and sittings sit down at."""

import datetime as dt
import uuid
from typing import Any

from core import clock
from disputes import services
from disputes.models import Dispute, Observer, Panel, Seat, Sitting, Word
from disputes.services import Guest
from grids.models import Officer

SIDES = {"f": Seat.FRIENDS, "b": Seat.BETWEEN, "c": Seat.CADRES}
NAMES = {"f": "亲友", "b": "中人", "c": "干部"}


def in_three_days() -> dt.datetime:
    """At three in the afternoon."""
    return dt.datetime.combine(clock.today() + dt.timedelta(days=3), dt.time(15), tzinfo=clock.SHANGHAI)


def officer_of(user: Any) -> Officer:
    return Officer.objects.get(user=user)


def matched(user: Any, person: Any) -> Officer:
    """The post of this user belongs to that person of the register."""
    officer = officer_of(user)
    officer.person = person
    officer.save(update_fields=["person"])
    return officer


def draft(town: Any, dispute: Dispute, actor: Any = None) -> Panel:
    """Taken up and begun by the secretary, who leads it and so sits among the cadres."""
    actor = actor or town.secretary
    if dispute.state == Dispute.NOTED:
        services.accept(actor=actor, dispute=dispute)
        dispute.refresh_from_db()
    return services.draft_panel(actor=actor, dispute=dispute, uuid=uuid.uuid4())


def fill(town: Any, panel: Panel, friends: int = 3, between: int = 3, cadres: int = 3) -> Panel:
    """So many in each third (names of nobody), facts, consents and observers: nothing is lacking but what is asked."""
    host = officer_of(town.secretary)
    said = {"topic": "院墙", "at": in_three_days(), "place": "村党群服务中心", "host": host}
    services.change_panel(actor=town.secretary, panel=panel, **said)
    Seat.objects.bulk_create(
        Seat(
            panel=panel,
            side=SIDES[letter],
            name=f"{NAMES[letter]}{number}",
            of_side="first" * (letter == "f"),
        )
        for letter, count in {"f": friends, "b": between, "c": cadres - 1}.items()
        for number in range(1, count + 1)
    )
    Observer.objects.bulk_create(
        Observer(panel=panel, kind=kind, name=f"旁听{title}") for kind, title in Observer.KINDS
    )
    for party in panel.dispute.parties.all():
        services.say_consent(actor=town.secretary, panel=panel, party=party, given=True)
    panel.refresh_from_db()
    return panel


def add(
    town: Any,
    panel: Panel,
    letter: str,
    *,
    name: str = "",
    person: Any = None,
    officer: Any = None,
    **more: Any,
) -> Seat:
    """One more in a third; a friend is the first party's unless told otherwise."""
    more = {"of_side": "first"} | more if letter == "f" else more
    guest = Guest(person, officer, name)
    return services.seat(actor=town.secretary, panel=panel, side=SIDES[letter], guest=guest, **more)


def codes(panel: Panel) -> list[str]:
    """What stands against it, as the rules call it."""
    return [each.code for each in services.refusals(Panel.objects.whole().get(pk=panel.pk))]


def settled(town: Any, dispute: Dispute) -> Panel:
    panel = fill(town, draft(town, dispute))
    services.settle_panel(actor=town.secretary, panel=panel)
    panel.refresh_from_db()
    return panel


def sat(town: Any, dispute: Dispute, actor: Any = None) -> Sitting:
    """A sitting that has begun, everybody there."""
    panel = settled(town, dispute)
    actor = actor or town.secretary
    sitting = services.begin_sitting(actor=actor, panel=panel, uuid=uuid.uuid4())
    here = {"seats": panel.seats.values_list("pk", flat=True)}
    here["observers"] = panel.observers.values_list("pk", flat=True)
    services.note_who_came(actor=actor, sitting=sitting, **here)
    return sitting


def say(actor: Any, sitting: Sitting, step: str, words: str = "说了一句", **more: Any) -> Word:
    """One sentence by somebody who may speak in that step."""
    panel = sitting.panel
    if "speaker" not in more:
        if step == Word.STATE:
            more["speaker"] = f"party-{panel.dispute.parties.first().pk}"
        else:
            side = {Word.ADD: Seat.FRIENDS, Word.POLICY: Seat.CADRES}.get(step, Seat.BETWEEN)
            more["speaker"] = f"seat-{panel.seats.filter(side=side).first().pk}"
    said = {"uuid": uuid.uuid4(), "said_at": clock.now(), "sent_at": clock.now()} | more
    return services.say(actor=actor, sitting=sitting, step=step, words=words, **said)


def gone_through(actor: Any, sitting: Sitting) -> None:
    """One sentence in each of the plan's four steps, and each side heard."""
    for party in sitting.panel.dispute.parties.all():
        say(actor, sitting, Word.STATE, f"{Word.STATE} 说的话", speaker=f"party-{party.pk}")
    for step in (Word.ADD, Word.POLICY, Word.SPEAK):
        say(actor, sitting, step, f"{step} 说的话")
