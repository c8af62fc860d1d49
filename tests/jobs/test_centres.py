"""A village's centre: one each, its assistants with their days, and the log of the days on which it was open."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from core import clock
from core.scope import may
from grids.duties import DUTIES, Duty
from grids.models import Officer
from jobs.models import Centre, Opening
from jobs.models.words import SEES
from jobs.services import centres as services
from tests.jobs.rooms import centre_of
from tests.people import Town


def officer(name: str) -> Officer:
    return Officer.objects.get(name=name)


def test_a_village_has_one_centre_and_its_number_lies_masked(town: Town) -> None:
    centre = centre_of(town)
    assert centre.phone_mask.endswith("7777")
    assert "*" in centre.phone_mask
    with pytest.raises(ValidationError, match="已有服务中心"):
        centre_of(town)
    centre.hours = "天天"
    services.save_centre(actor=town.secretary, centre=centre)
    assert Centre.objects.get().phone_hash, "who changes the hours keeps the number"
    with pytest.raises(PermissionDenied):
        centre_of(town, actor=town.secretary, territory=town.qiaoji)
    with pytest.raises(ValidationError, match="设在村里"):
        centre_of(town, actor=town.office, territory=town.town)


def test_whoever_has_a_post_in_the_village_may_help_there_and_nobody_else(town: Town) -> None:
    centre = centre_of(town)
    worker = officer("王格")
    row = services.add_assistant(actor=town.secretary, centre=centre, officer=worker, full_time=True)
    assert worker not in services.possible_assistants(centre)
    with pytest.raises(ValidationError, match="已是这里的协管员"):
        services.add_assistant(actor=town.secretary, centre=centre, officer=worker)
    with pytest.raises(ValidationError, match="没有岗位"):
        services.add_assistant(actor=town.secretary, centre=centre, officer=officer("乔书记"))
    services.end_assistant(actor=town.secretary, assistant=row, until=dt.date(2026, 11, 23))
    with pytest.raises(ValidationError, match="已经记过了"):
        services.end_assistant(actor=town.secretary, assistant=row)
    again = services.add_assistant(actor=town.secretary, centre=centre, officer=worker)
    assert (again.pk, again.until, again.full_time) == (row.pk, None, False)
    services.end_assistant(actor=town.secretary, assistant=row)
    with clock.stopped_at("2026-11-24T09:00"):
        services.add_assistant(actor=town.secretary, centre=centre, officer=worker)
    assert centre.assistants.count() == 2


def test_a_day_stands_once_in_the_log_and_writing_it_again_corrects_it(town: Town) -> None:
    centre, worker = centre_of(town), officer("王格")
    note = {"actor": town.secretary, "centre": centre, "keeper": worker}
    services.note_opening(**note, day=dt.date(2026, 11, 20), visitors=3, words="登记求职")
    services.note_opening(**note, day=dt.date(2026, 11, 20), visitors=5)
    services.note_opening(**note, day=dt.date(2026, 11, 23), visitors=1)
    assert services.days_open([centre], 2026) == {centre.pk: (2, 6)}
    assert services.days_open([centre], 2025) == {}
    with pytest.raises(ValidationError, match="还没到"):
        services.note_opening(**note, day=dt.date(2026, 11, 24))
    with pytest.raises(ValidationError, match="起才开"):
        services.note_opening(**note, day=dt.date(2026, 8, 24))
    with pytest.raises(ValidationError, match="不是这里的人"):
        services.note_opening(**note | {"keeper": officer("乔书记")}, day=clock.today())
    centre.since = dt.date(2026, 11, 22)
    with pytest.raises(ValidationError, match="已有开放记录"):
        services.save_centre(actor=town.secretary, centre=centre)


@pytest.mark.parametrize("duty", [each for each in DUTIES.values() if each.level in ("grid", "village")])
def test_whoever_may_be_made_an_assistant_may_write_the_log(town: Town, duty: Duty) -> None:
    """Every post in the village makes one possible, so every one must open the page to who is named."""
    where = town.jinxing if duty.level == "village" else town.grid2
    held = {"secretary": town.secretary}  # of whom a village has one
    user = held.get(duty.code) or town.post("bangmang", "帮忙", duty.code, where)
    centre, helper = centre_of(town), Officer.objects.get(user=user)
    assert not services.readable_by(user).exists() or may(user, SEES)
    services.add_assistant(actor=town.secretary, centre=centre, officer=helper)
    assert services.kept_by(user).get() == centre
    services.note_opening(actor=user, centre=centre, keeper=helper, day=clock.today())


def test_an_assistant_who_signs_in_writes_the_log_and_another_worker_does_not(town: Town) -> None:
    centre, worker = centre_of(town), officer("王格")
    note = {"actor": town.worker, "centre": centre, "keeper": worker, "day": clock.today()}
    with pytest.raises(PermissionDenied):
        services.note_opening(**note)
    services.add_assistant(actor=town.secretary, centre=centre, officer=worker)
    services.note_opening(**note, visitors=2)
    assert Opening.objects.get().noted_by == town.worker
