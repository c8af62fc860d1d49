"""Who helped a panel to agree is proposed for points: its go-betweens who came, as far as the register knows them."""

from typing import Any

from core import clock
from disputes.models import Seat, Sitting
from grids.models import Person
from points import services as points


def thank_go_betweens(*, actor: Any, sitting: Sitting) -> None:
    """Nothing that was said there goes along."""
    seats = sitting.panel.seats.filter(side=Seat.BETWEEN, came=True).select_related("officer")
    keys = [key for seat in seats if (key := seat.person_key) is not None]
    people = Person.objects.present().filter(pk__in=keys)
    points.propose_mediators(
        actor=actor,
        panel=sitting.panel_id,
        people=people.select_related("household__territory", "household__group", "household__village"),
        day=clock.local_date(sitting.began_at),
    )
