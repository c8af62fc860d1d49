"""佐证: where an item demands it, no claim without a photo or a sentence of it, through whichever door; never shown to
the public."""

import io
import json
import uuid
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from core import clock
from points import services
from points.letters import deliver_award
from points.models import Award, Item
from tests.factor import client_of
from tests.points.market import PIN, Market, hidden, opened

pytestmark = pytest.mark.django_db
WANTED = "要有佐证"
TEXT = "结婚证 0012 号，组长看见只办了八桌"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def wedding(market: Market) -> Item:
    item = Item(scheme=market.scheme, title="红事简办", points=20, proof=True)
    return services.save_item(actor=market.town.secretary, item=item)


def picture() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(drawn, "JPEG")
    return drawn.getvalue()


def sent_file(content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile("a.jpg", picture() if content is None else content, "image/jpeg")


# --- the verb ---------------------------------------------------------------------------------------------------------


def test_without_it_the_claim_is_refused_at_its_field(market: Market, wedding: Item) -> None:
    for nothing in ("", "  "):
        with pytest.raises(ValidationError) as refused:
            market.claim(item=wedding, proof=nothing)
        assert WANTED in refused.value.message_dict["proof"][0]
    assert market.claim(item=wedding, proof=TEXT).proof == TEXT
    assert market.claim(drawn=picture()).photo, "who has a photo of anything else may add it"
    assert market.claim().proof == "", "nothing is asked for where the rules do not"


def test_a_photo_that_is_promised_must_be_there_before_anybody_checks(market: Market, wedding: Item) -> None:
    award = market.claim(item=wedding, photo_follows=True)
    with pytest.raises(ValidationError, match="佐证的照片还没有到"):
        services.check(actor=market.town.leader, award=award)
    done = services.check_many(actor=market.town.leader, awards=[award])
    assert "还没有到" in done.refused[0][1]
    services.add_proof(actor=market.town.worker, award=award, photo=io.BytesIO(picture()), size=100)
    assert services.check(actor=market.town.leader, award=award).state == Award.CHECKED


def test_only_who_claimed_it_adds_a_photo_and_only_while_nobody_has_looked(
    market: Market, wedding: Item
) -> None:
    award = market.claim(item=wedding, proof=TEXT)
    with pytest.raises(Exception, match="只有申报的人"):
        services.add_proof(actor=market.town.leader, award=award, photo=io.BytesIO(picture()), size=100)
    services.check(actor=market.town.leader, award=award)
    with pytest.raises(ValidationError, match="看过了"):
        services.add_proof(actor=market.town.worker, award=award, photo=io.BytesIO(picture()), size=100)


def test_what_another_room_has_seen_needs_none(market: Market, wedding: Item) -> None:
    said = {"household": market.town.zhang, "item": wedding, "day": clock.today(), "words": "议成了"}
    made = services.propose(actor=market.town.worker, key="panel:1:person:1:rule:1", **said)
    assert made is not None
    assert services.check(actor=market.town.leader, award=made.award).state == Award.CHECKED


def test_the_same_claim_with_another_proof_is_another(market: Market, wedding: Item) -> None:
    number = uuid.uuid4()
    market.claim(item=wedding, proof=TEXT, uuid=number)
    market.claim(item=wedding, proof=TEXT, uuid=number)
    with pytest.raises(services.Conflict):
        market.claim(item=wedding, proof="别的", uuid=number)


# --- the phone --------------------------------------------------------------------------------------------------------


def put(client: Client, market: Market, item: Item, number: uuid.UUID, **said: Any) -> Any:
    body = {"household": market.town.zhang.pk, "item": item.pk, "words": "只办了八桌"} | said
    return client.put(f"/api/awards/{number}/", json.dumps(body), content_type="application/json")


def test_the_phones_photo_follows_its_claim(market: Market, wedding: Item, client: Client) -> None:
    client.force_login(market.town.worker)
    number = uuid.uuid4()
    refused = put(client, market, wedding, number)
    assert (refused.status_code, WANTED in refused.content.decode()) == (422, True)
    assert put(client, market, wedding, number, photo=True).status_code == 201
    door = f"/api/awards/{number}/photo/"
    assert client.get(door).status_code == 404
    assert client.post(door, {"photo": sent_file(b"no picture")}).status_code == 422
    assert client.post(door, {"photo": sent_file()}).json()["has_photo"] is True
    for user in (market.town.worker, market.town.leader):
        client.force_login(user)
        shown = client.get(door)
        assert b"".join(shown.streaming_content).startswith(b"\xff\xd8")
        assert shown.headers["Content-Type"] == "image/jpeg"
    assert client.post(door, {"photo": sent_file()}).status_code == 403
    client.force_login(market.town.neighbour)
    assert client.get(door).status_code == 404


def test_sealed_it_comes_with_its_photo(market: Market, wedding: Item) -> None:
    number = uuid.uuid4()
    body = {"household": market.town.zhang.pk, "item": wedding.pk, "words": "八桌", "photo": True}
    said = {"clock_then": None, "vouches": lambda when: True}
    assert deliver_award(market.town.worker, number, body, drawn=picture(), **said)[0] == "accepted"
    assert Award.objects.get().photo


# --- the desk and the household's own page ----------------------------------------------------------------------------


def test_on_the_desk_it_is_typed_or_chosen_and_seen_by_who_checks(market: Market, wedding: Item) -> None:
    client, address = client_of(market.town.worker), reverse("points:new")
    typed = {
        "household": market.town.zhang.pk,
        "uuid": uuid.uuid4(),
        "item": wedding.pk,
        "day": "2026-11-23",
        "number": 1,
        "words": "只办了八桌",
    }
    refused = client.post(address, typed)
    assert refused.status_code == 422
    assert WANTED in refused.content.decode()
    assert "只办了八桌" in refused.content.decode()
    wrong = client.post(address, typed | {"photo": sent_file(b"x")})
    assert "这不是能打开的照片" in wrong.content.decode()
    assert client.post(address, typed | {"photo": sent_file(), "proof": TEXT}).status_code == 302
    award = Award.objects.get()
    page = client_of(market.town.leader).get(reverse("points:award", args=[award.pk])).content.decode()
    assert TEXT in page
    assert reverse("api-award-photo", args=[award.uuid]) in page


def test_a_household_adds_it_on_its_own_page_and_the_public_never_sees_it(
    market: Market, wedding: Item
) -> None:
    address = reverse("points:card", args=[market.card()])
    form = opened(address, step="form")
    assert "要有佐证" in form.content.decode()
    told = {
        "pin": PIN,
        "asked": hidden(Client().get(address), "asked"),
        "step": "claim",
        "uuid": uuid.uuid4(),
        "item": wedding.pk,
        "day": "2026-11-23",
        "number": 1,
        "words": "八桌",
    }
    assert WANTED in Client().post(address, told).content.decode()
    for wrong in ({"words": ""}, {"day": "昨天"}):
        answer = Client().post(address, told | {"photo": sent_file()} | wrong).content.decode()
        assert "刚才选的照片要再选一次" in answer
    assert Client().post(address, told | {"photo": sent_file(), "proof": TEXT}).status_code == 200
    award = Award.objects.get()
    assert award.photo
    services.check(actor=market.town.leader, award=award)
    services.decide(actor=market.town.secretary, award=award)
    notice = services.show(actor=market.town.secretary, village=market.town.jinxing, awards=[award])
    page = Client().get(reverse("points:public", args=[notice.pk])).content.decode()
    assert "红事简办" in page
    assert TEXT not in page
    assert "photo" not in page
    assert Client().get(f"/api/awards/{award.uuid}/photo/").status_code in (401, 403)
