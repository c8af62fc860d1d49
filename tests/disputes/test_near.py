"""回避 follows a person into the village where he was written down anew: nobody handles what is his own people's."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from disputes.models import Dispute, Party
from disputes.services import is_near as is_near_the_quarrel
from disputes.services import is_party
from grids import services
from grids.models import Person
from tests.disputes.conftest import party
from tests.disputes.seats import matched
from tests.people import id_number

MARRIED = dt.date(2026, 10, 8)
NUMBER = id_number("19900305", 128)


@pytest.fixture
def daughter(town):
    """Of the Zhangs in 金星村; she married into the Chens of 桥集村, where she is written down anew and has a post."""
    person = town.zhang.people.get(name="殷素素")
    person.set_id_number(NUMBER)
    person.save()
    out = {"household": town.zhang, "person": person, "facts": {}}
    services.change(actor=town.office, kind="move_out", happened_on=MARRIED, **out)
    facts = {"people": [{"name": person.name, "relation": "儿媳", "id_number": NUMBER}]}
    services.change(actor=town.office, kind="move_in", happened_on=MARRIED, household=town.chen, facts=facts)
    cadre = town.post("susu", person.name, "cadre", town.qiaoji)
    matched(cadre, Person.objects.get(household=town.chen, name=person.name))
    return cadre


def test_the_homes_of_her_parents_and_of_her_husband_are_near_her(town, daughter):
    assert services.is_near(daughter, town.zhang)
    assert services.is_near(daughter, town.chen)
    assert not services.is_near(daughter, town.wang)


def test_her_fathers_quarrel_and_her_own_of_before_are_not_hers_to_settle(town, daughter, dispute):
    fathers = dispute("水渠谁来清", parties=[party(Party.FIRST, town.zhang), party(Party.SECOND, town.wang)])
    assert is_near_the_quarrel(daughter, fathers)
    old = Person.objects.get(household=town.zhang, name="殷素素")
    fathers.parties.filter(side=Party.FIRST).update(person=old)
    assert is_party(daughter, Dispute.objects.get(pk=fathers.pk))


def test_many_are_asked_about_with_no_more_questions_than_one(town, daughter):
    def cost(users) -> int:
        with CaptureQueriesContext(connection) as asked:
            services.homes_near_each(users)
        return len(asked)

    matched(town.worker, town.li.people.get())
    assert cost([daughter.pk]) == cost([daughter.pk, town.worker.pk, town.secretary.pk])
