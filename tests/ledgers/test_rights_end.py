"""A job belongs to who asked for it, and only as long as she may do what it did."""

import datetime as dt

import pytest

from core import clock
from grids.models import Post, WithheldVerb
from ledgers import services
from ledgers.models import Job
from tests.people import Town

pytestmark = pytest.mark.django_db


def test_who_lost_the_right_no_longer_finds_what_she_made(town: Town) -> None:
    job = services.ask_export(actor=town.secretary, slug="persons", territory=town.jinxing)
    assert Job.objects.of(town.secretary).filter(pk=job.pk).exists()
    Post.objects.filter(officer__user=town.secretary).update(until=clock.today() - dt.timedelta(days=1))
    assert not Job.objects.of(town.secretary).exists()


def test_full_numbers_are_out_of_reach_once_the_verb_is_withheld(town: Town) -> None:
    services.ask_export(
        actor=town.office, slug="persons", territory=town.jinxing, unmasked=True, reason="对账"
    )
    WithheldVerb.objects.create(duty="office", verb="persons.unmask")
    assert not Job.objects.of(town.office).exists()
