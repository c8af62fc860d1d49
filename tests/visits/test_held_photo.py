"""The photo of a visit on hold: its author may send it, who decides sees it, and it goes along with the yes."""

import datetime as dt
import io
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from core import clock
from tests.factor import client_of
from visits import services
from visits.models import Held, Visit


@pytest.fixture
def held(town, settings, tmp_path):
    """A visit of the worker's to the Zhangs, made this morning, that waits for the village."""
    settings.MEDIA_ROOT = tmp_path
    content = services.Content(happened_at=clock.now() - dt.timedelta(hours=2))
    letter = services.Letter(town.worker, uuid.uuid4(), town.zhang.pk, content)
    return services.deliver(letter, doubt=Held.TICKET).held


def picture(color="green"):
    drawn = io.BytesIO()
    Image.new("RGB", (2400, 1200), color).save(drawn, "JPEG")
    return SimpleUploadedFile("a.jpg", drawn.getvalue(), "image/jpeg")


def send(user, number, photo=None):
    return client_of(user).post(f"/api/visits/{number}/photo/", {"photo": photo or picture()})


def stored(photo):
    with photo.open("rb") as kept:
        return Image.open(kept).size


def test_its_author_sends_it_who_decides_sees_it_and_it_goes_along_with_the_yes(town, held):
    answer = send(town.worker, held.uuid)
    assert (answer.status_code, answer.json()) == (200, {"uuid": str(held.uuid), "has_photo": True})
    held.refresh_from_db()
    assert stored(held.photo) == (1600, 800), "drawn anew"
    desk, address = client_of(town.secretary), f"/desk/held/{held.pk}/photo/"
    assert f'src="{address}"' in desk.get("/desk/held/").content.decode()
    shown = desk.get(address)
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/jpeg")
    assert b"".join(shown.streaming_content)
    services.accept_held(actor=town.secretary, held=held)
    assert stored(Visit.objects.get().photo) == (1600, 800)
    assert desk.get(address).status_code == 404, "from now on it is the visit's"
    assert address not in desk.get("/desk/held/?state=done").content.decode()


def test_it_is_nobody_elses_to_send_or_to_see(town, held):
    assert send(town.leader, held.uuid).status_code == 404
    send(town.worker, held.uuid)
    address = f"/desk/held/{held.pk}/photo/"
    assert client_of(town.neighbour).get(address).status_code == 404
    assert client_of(town.worker).get(address).status_code == 404
    assert client_of(town.worker).get(f"/api/visits/{held.uuid}/photo/").status_code == 404


def test_without_one_there_is_none_and_what_is_no_picture_is_refused(town, held):
    broken = send(town.worker, held.uuid, SimpleUploadedFile("a.jpg", b"no picture"))
    assert (broken.status_code, broken.json()["errors"]) == (422, {"photo": ["这不是能打开的照片，换一张。"]})
    desk = client_of(town.secretary)
    assert desk.get(f"/desk/held/{held.pk}/photo/").status_code == 404
    assert "/photo/" not in desk.get("/desk/held/").content.decode()


def test_sent_again_it_takes_the_place_of_the_first_and_after_a_no_there_is_none_to_send(town, held):
    send(town.worker, held.uuid, picture("red"))
    send(town.worker, held.uuid, picture("blue"))
    held.refresh_from_db()
    with held.photo.open("rb") as kept:
        red, _, blue = Image.open(kept).getpixel((9, 9))
    assert blue > red
    services.refuse_held(actor=town.secretary, held=held, words="那天没去")
    assert send(town.worker, held.uuid).status_code == 404


def test_one_that_comes_while_the_village_decides_belongs_to_the_visit(town, held):
    services.accept_held(actor=town.secretary, held=Held.objects.get(pk=held.pk))
    services.add_photo(actor=town.worker, visit=held, photo=picture().file, size=9)
    assert stored(Visit.objects.get().photo) == (1600, 800)
