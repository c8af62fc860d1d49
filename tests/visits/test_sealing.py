"""What a phone sealed opens here and nowhere else; what may be done is asked of the day; a restored server says so."""

import base64
import datetime as dt
import uuid

import pytest

from core import clock, epoch, sealing
from core.backup import make_backup, restore_backup
from core.crypto import Unreadable
from core.models import Epoch
from core.scope import reach_of, reach_on
from grids.models import Officer, Post
from tests.visits.sealed import seal

NUMBER = "0b0f5a1e-0000-4000-8000-00000000000a"
LONG_AGO = dt.date(2020, 1, 1)


@pytest.fixture
def keys(settings):
    settings.FIELD_KEYS = {"k2": b"2" * 32, "k1": b"1" * 32}


def sealed_for(kid, settings):
    """Something sealed while `kid` was the current key."""
    held, settings.FIELD_KEYS = settings.FIELD_KEYS, {kid: settings.FIELD_KEYS[kid]}
    name, key = sealing.public_key()
    settings.FIELD_KEYS = held
    return seal("走访".encode(), key=key, kid=name, uuid=NUMBER)


def test_what_a_phone_sealed_opens_under_the_same_number(keys):
    kid, key = sealing.public_key()
    assert (kid, len(base64.b64decode(key)), base64.b64decode(key)[0]) == ("k2", 65, 4)
    data = seal("走访".encode(), key=key, kid=kid, uuid=NUMBER)
    assert sealing.open_sealed(kid, data, uuid=NUMBER.upper()).decode() == "走访"


def test_the_key_is_the_same_after_a_restart(keys):
    before = sealing.public_key()
    sealing._keys.clear()
    assert sealing.public_key() == before


def test_what_was_sealed_for_an_older_key_opens_as_long_as_the_key_is_kept(keys, settings):
    data = sealed_for("k1", settings)
    assert sealing.open_sealed("k1", data, uuid=NUMBER)
    with pytest.raises(Unreadable):
        sealing.open_sealed("k2", data, uuid=NUMBER)
    settings.FIELD_KEYS = {"k2": b"2" * 32}
    with pytest.raises(Unreadable):
        sealing.open_sealed("k1", data, uuid=NUMBER)


def broken_ones(data):
    blob = base64.b64decode(data)
    yield ""
    yield "不是 base64"
    yield data[:-9]
    yield base64.b64encode(blob[:50]).decode()
    yield base64.b64encode(b"\x04" + bytes(64) + blob[65:]).decode()
    yield base64.b64encode(blob[:-1] + bytes([blob[-1] ^ 1])).decode()


def test_nothing_broken_opens(keys, settings):
    data = sealed_for("k2", settings)
    for broken in broken_ones(data):
        with pytest.raises(Unreadable):
            sealing.open_sealed("k2", broken, uuid=NUMBER)
    with pytest.raises(Unreadable):
        sealing.open_sealed("k2", data, uuid=str(uuid.uuid4()))


def test_every_answer_of_the_api_says_which_life_of_the_server_it_is(town, client):
    refused = client.get("/api/due/")
    client.force_login(town.worker)
    told = {
        answer.headers[epoch.HEADER] for answer in (refused, client.get("/api/me/"), client.get("/api/x/"))
    }
    assert told == {str(Epoch.objects.get().number)}
    assert epoch.HEADER not in client.get("/v/").headers


@pytest.mark.django_db(transaction=True)
def test_a_restored_backup_is_another_life(settings, tmp_path):
    settings.MEDIA_ROOT, settings.BACKUP_ROOT = tmp_path / "media", tmp_path / "backups"
    settings.MEDIA_ROOT.mkdir()
    before = epoch.current()
    assert epoch.current() == before
    restore_backup(make_backup())
    assert epoch.current() != before
    assert Epoch.objects.count() == 1


def covers(actor, place, day, **more):
    return reach_on(actor, "visits.record", dt.date.fromisoformat(day), **more).covers(place)


def test_a_post_that_ended_reaches_its_last_day_and_no_further(town):
    Post.objects.filter(officer__user=town.worker).update(until=dt.date(2026, 11, 20))
    assert not reach_of(town.worker, "visits.record")
    assert covers(town.worker, town.grid1, "2026-11-20")
    assert not covers(town.worker, town.grid1, "2026-11-21")
    assert not covers(town.worker, town.grid2, "2026-11-20")
    assert covers(town.worker, town.grid1, "2026-11-23", since=dt.date(2026, 11, 1))
    assert not covers(town.worker, town.grid1, "2022-05-09"), "before it began"


def test_an_account_that_was_replaced_reaches_what_it_did_until_that_day(town):
    officer = Officer.objects.get(user=town.worker)
    officer.history.update(history_date=clock.at_noon(dt.date(2026, 9, 1)))
    officer.user = town.nobody
    officer.save()
    officer.history.filter(user=town.nobody.pk).update(history_date=clock.at_noon(dt.date(2026, 11, 20)))
    town.worker.is_active = False
    assert covers(town.worker, town.grid1, "2026-11-20")
    assert not covers(town.worker, town.grid1, "2026-11-21")
    assert not covers(town.worker, town.grid1, "2026-08-31")
    assert covers(town.nobody, town.grid1, "2026-11-21")
    assert not reach_of(town.worker, "visits.record")


def test_nobody_reaches_nothing_on_any_day(town):
    for actor in (None, town.nobody):
        assert not reach_on(actor, "visits.record", clock.today(), since=LONG_AGO)
    assert not reach_on(town.office, "visits.record", clock.today(), since=LONG_AGO)
