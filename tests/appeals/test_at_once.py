"""Two at the same time: one has it, and the other is told by whom; the same form sent twice at once is one matter."""

import uuid

import pytest

from appeals import services
from appeals.models import Matter
from tests.grids.test_at_once import overlapping, together
from tests.people import make_town_of_two

pytestmark = pytest.mark.slow


@together
def test_of_two_who_accept_at_once_one_wins_and_the_other_is_told_by_whom():
    town = make_town_of_two()
    said = {"source": "walk_in", "words": "路灯坏了", "household": town.zhang}
    matter = services.open_matter(actor=town.assistant, uuid=uuid.uuid4(), **said).matter
    told = overlapping(
        lambda: services.accept(actor=town.leader, matter=matter),
        lambda: services.accept(actor=town.worker, matter=matter),
    )
    assert told[0] == ""
    assert "周长" in told[1]
    assert "已经受理，这件事现在是“在办”" in told[1]
    assert Matter.objects.get().owner == town.leader
    assert matter.moves.filter(kind="accept").count() == 1


@together
def test_the_same_form_sent_twice_at_once_is_one_matter():
    town, number = make_town_of_two(), uuid.uuid4()

    def send():
        return services.open_matter(
            actor=town.worker, uuid=number, source="walk_in", words="路灯坏了", household=town.zhang
        )

    assert overlapping(send, send) == ["", ""]
    assert Matter.objects.get().moves.count() == 1
