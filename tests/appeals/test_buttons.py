"""Buttons and camera points: surveyed, installed, broken, repaired; each press once; a copied key on hold."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse

from accounts.models import Notice
from appeals import services
from appeals.models import Call, Device, Matter, Press
from core import clock
from core.models import Knock
from grids.models import Household
from tests.factor import client_of

DOOR = "/api/devices/call/"


def press(key, *, address="10.0.0.1", at=None, number=None, **more):
    body = {
        "uuid": str(number or uuid.uuid4()),
        "pressed_at": (at or clock.now()).isoformat(),
        "kind": "press",
    }
    return Client(REMOTE_ADDR=address).post(
        DOOR, body | more, content_type="application/json", headers={"authorization": f"Device {key}"}
    )


def step(user, device, code, **sent):
    return client_of(user).post(reverse("appeals:move_device", args=[device.pk, code]), sent)


# --- the register -----------------------------------------------------------------------------------------------------


def test_the_survey_proposes_households_of_the_five_categories_without_a_button(town):
    address, client = reverse("appeals:survey"), client_of(town.secretary)
    text = client.get(address).content.decode()
    assert all(name in text for name in ("张三丰", "李㻞", "赵建国", "低保"))
    assert "王大春" not in text
    assert "陈小军" not in text
    body = {"village": town.jinxing.pk, "want": [town.zhang.pk, town.wang.pk], "decline": [town.li.pk]}
    assert client.post(address, body).status_code == 302
    states = dict(Device.objects.values_list("household", "state"))
    assert states == {town.zhang.pk: "wanted", town.li.pk: "declined"}, "only who was proposed"
    text = client.get(address).content.decode()
    assert "张三丰" not in text
    assert "赵建国" in text


def test_one_household_is_not_ticked_both_ways(town):
    body = {"village": town.jinxing.pk, "want": town.zhang.pk, "decline": town.zhang.pk}
    answer = client_of(town.secretary).post(reverse("appeals:survey"), body)
    assert answer.status_code == 422
    assert "只勾一样" in answer.content.decode()
    assert not Device.objects.exists()


def test_installed_broken_repaired_each_with_who_when_and_why(town, button):
    device, _ = button(town.zhang)
    assert step(town.secretary, device, "report", words="").status_code == 422
    assert step(town.secretary, device, "report", words="按了不响").status_code == 302
    assert "报修" in client_of(town.secretary).get(reverse("appeals:devices")).content.decode()
    assert step(town.secretary, device, "install", serial="x").status_code == 422
    assert step(town.secretary, device, "repair", words="换了电池", day="2026-11-23").status_code == 302
    told = [(row.kind, str(row.actor), row.words) for row in device.steps.all()]
    assert told == [
        ("want", "金书记", ""),
        ("install", "金书记", ""),
        ("report", "金书记", "按了不响"),
        ("repair", "金书记", "换了电池"),
    ]


@pytest.mark.parametrize("day", ["2026-11-24", "2026-11-01", "下周"])
def test_a_day_that_is_not_yet_here_or_before_the_last_step_is_refused(town, button, day):
    device, _ = button()
    assert step(town.secretary, device, "report", words="坏了", day=day).status_code == 422


def test_a_camera_is_a_point_in_words(town):
    address, client = reverse("appeals:new_device"), client_of(town.secretary)
    body = {"uuid": str(uuid.uuid4()), "territory": town.grid1.pk, "point": "河塘", "purpose": "防溺水"}
    assert client.post(address, body | {"point": ""}).status_code == 422
    assert client.post(address, body).status_code == client.post(address, body).status_code == 302
    row = Device.objects.get()
    assert (row.kind, str(row), row.household) == ("camera", "河塘 摄像头", None)
    assert (
        client.post(address, body | {"uuid": str(uuid.uuid4()), "territory": town.far_grid.pk}).status_code
        == 422
    )


def test_a_button_by_the_households_number_and_only_one(town):
    address, client = reverse("appeals:new_device"), client_of(town.secretary)
    body = {
        "territory": town.grid1.pk,
        "number": town.wang.number,
        "relative": "儿子",
        "phone": "19900006666",
    }
    assert client.post(address, body | {"uuid": str(uuid.uuid4())}).status_code == 302
    answer = client.post(address, body | {"uuid": str(uuid.uuid4())})
    assert answer.status_code == 422
    assert "这一户已经登记过呼叫器了" in answer.content.decode()
    answer = client.post(address, body | {"uuid": str(uuid.uuid4()), "number": town.chen.number})
    assert "没有这个户编号" in answer.content.decode()


def test_whom_to_call_is_written_down_with_who_did_and_the_number_is_masked(town, button):
    device, _ = button()
    client, page = client_of(town.secretary), reverse("appeals:device", args=[device.pk])
    address = reverse("appeals:describe_device", args=[device.pk])
    assert client.post(address, {"relative": "侄子李强", "phone": "1990"}).status_code == 422
    assert client.post(address, {"relative": "侄子李强", "phone": "19900006666"}).status_code == 302
    assert client.post(address, {"relative": "侄子李强", "phone": ""}).status_code == 302
    device.refresh_from_db()
    assert (device.relative, device.phone_mask) == ("侄子李强", "199****6666")
    assert [row.kind for row in device.steps.all()] == ["want", "install", "describe"], "nothing new, no line"
    assert "现在是 199****6666" in client.get(page).content.decode()


def test_of_two_who_change_what_is_registered_the_second_is_told_and_keeps_what_she_typed(town, button):
    device, _ = button()
    cadre = town.post("cunwei", "村委", "cadre", town.jinxing)
    page = reverse("appeals:device", args=[device.pk])
    address = reverse("appeals:describe_device", args=[device.pk])

    def shown(client):
        form = client.get(page).context["facts"]
        return {name: form[name].value() for name in ("uuid", "version")}

    first, second = client_of(town.secretary), client_of(cadre)
    hers, his = shown(first), shown(second)
    for _ in range(2):
        assert first.post(address, hers | {"relative": "侄子李强", "phone": "19900006666"}).status_code == 302
    answer = second.post(address, his | {"relative": "女儿", "phone": ""})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "金书记 11月23日 09:30 已经改过登记" in text
    assert 'value="女儿"' in text
    device.refresh_from_db()
    assert device.relative == "侄子李强"
    assert device.steps.filter(kind="describe").count() == 1, "pressed twice it is one step"
    form = answer.context["facts"]
    again = {name: str(form[name].value()) for name in ("uuid", "version")}
    assert second.post(address, again | {"relative": "女儿", "phone": ""}).status_code == 302
    device.refresh_from_db()
    assert (device.relative, device.phone_mask) == ("女儿", "199****6666")


def test_another_number_that_looks_the_same_when_it_is_masked_is_written_down(town, button):
    device, _ = button()
    for phone in ("19900006666", "19911116666"):
        services.describe_device(actor=town.secretary, device=device, phone=phone)
    device.refresh_from_db()
    assert device.phone.open() == "19911116666"


def test_a_neighbour_and_a_worker_find_nothing_of_it(town, button):
    device, _ = button()
    assert client_of(town.neighbour).get(reverse("appeals:device", args=[device.pk])).status_code == 404
    assert client_of(town.worker).get(reverse("appeals:devices")).status_code == 403
    with pytest.raises(PermissionDenied):
        services.move_device(actor=town.neighbour, device=device, code="report", words="x")


def test_the_key_is_shown_once_and_stored_as_a_hash(town):
    services.survey(actor=town.secretary, wants=[town.li])
    device = Device.objects.get()
    answer = step(town.secretary, device, "install", serial="HJ-7")
    key = answer.content.decode().split('class="the-key">')[1].split("<")[0]
    assert press(key).status_code == 200
    device.refresh_from_db()
    assert key not in str(vars(device))
    assert (
        key not in client_of(town.secretary).get(reverse("appeals:device", args=[device.pk])).content.decode()
    )


def test_who_clicks_twice_is_told_that_the_key_was_shown_once_and_how_to_get_another(town):
    services.survey(actor=town.secretary, wants=[town.li])
    device, client = Device.objects.get(), client_of(town.secretary)
    for code, more in (("install", {"serial": "HJ-7"}), ("new_key", {"words": "没抄下来"})):
        address = reverse("appeals:move_device", args=[device.pk, code])
        body = {"uuid": str(uuid.uuid4())} | more
        assert "只显示这一次" in client.post(address, body).content.decode()
        text = client.post(address, body, follow=True).content.decode()
        assert "钥匙只显示过一次，没抄下来就点“换一把钥匙”。" in text
        assert "记下了" not in text
    assert [row.kind for row in device.steps.all()] == ["want", "install", "new_key"]


# --- the door ---------------------------------------------------------------------------------------------------------


def test_a_press_is_a_call_and_a_matter_for_now_and_they_are_told(town, button):
    _, key = button()
    answer = press(key)
    call = Call.objects.get()
    assert answer.json() == {
        "uuid": str(call.uuid),
        "outcome": "opened",
        "number": call.matter.number,
        "mark": "",
    }
    assert (call.who, call.household, call.matter.source, call.matter.urgency) == (
        "李㻞",
        town.li,
        "button",
        "now",
    )
    assert call.matter.territory == town.grid1
    told = Notice.objects.filter(kind="appeals.now").values_list("user__username", flat=True)
    assert set(told) == {"jinxing", "wanggeyuan", "zhouzhang"}
    assert "set-cookie" not in {name.lower() for name in answer.headers}


def test_the_same_press_again_gets_the_same_answer_and_another_content_a_409(town, button):
    _, key = button()
    number, at = uuid.uuid4(), clock.now()
    first, again = press(key, number=number, at=at), press(key, number=number, at=at)
    assert first.content == again.content
    with clock.stopped_at(clock.now() + dt.timedelta(hours=3)):
        assert press(key, number=number, at=at).content == first.content
        assert press(key, number=number, at=at, kind="test").status_code == 409
    _, other = button(town.zhang)
    assert press(other, number=number, at=at).status_code == 409
    assert Matter.objects.count() == 1


def test_pressed_again_and_again_is_one_call_and_later_another(town, button):
    _, key = button()
    outcomes = []
    for minutes in (0, 1, 2, 10):
        with clock.stopped_at(clock.now() + dt.timedelta(minutes=minutes)):
            outcomes.append(press(key).json()["outcome"])
    assert outcomes == ["opened", "again", "again", "opened"]
    assert (Call.objects.count(), Press.objects.count()) == (2, 4)


def test_when_the_matter_is_settled_a_press_is_a_new_call(town, button):
    _, key = button()
    press(key)
    matter = Matter.objects.get()
    services.withdraw(actor=town.secretary, matter=matter, words="碰到了，没事")
    assert press(key).json()["outcome"] == "opened"


def test_a_test_opens_nothing(town, button):
    _, key = button()
    assert press(key, kind="test").json()["outcome"] == "tested"
    assert not Call.objects.exists()


@pytest.mark.parametrize(("minutes", "mark"), [(-11, "late"), (-9, ""), (1, ""), (3, "ahead")])
def test_a_clock_that_is_wrong_is_marked_and_nothing_is_lost(town, button, minutes, mark):
    _, key = button()
    answer = press(key, at=clock.now() + dt.timedelta(minutes=minutes)).json()
    assert (answer["outcome"], answer["mark"]) == ("opened", mark)
    assert Call.objects.get().called_at <= clock.now()


@pytest.mark.parametrize("at", ["1970-01-01T00:00:03Z", "1601-01-01T00:00:00Z", "9999-12-31T20:00:00+08:00"])
def test_a_clock_that_was_never_set_loses_nothing_either(button, at):
    _, key = button()
    assert press(key, pressed_at=at).json()["outcome"] == "opened"


def test_a_button_left_behind_by_a_household_that_has_gone_is_heard(town, button):
    _, key = button()
    Household.objects.filter(pk=town.li.pk).update(ended_on=clock.today())
    assert press(key).json()["outcome"] == "opened"
    assert (Matter.objects.get().who, Matter.objects.get().territory) == ("李㻞", town.grid1)


def test_an_unknown_key_is_refused_and_guessing_is_stopped(town, button):
    device, key = button()
    codes = [press("x" * 32, address="10.9.9.9").status_code for _ in range(21)]
    assert codes == [401] * 20 + [429]
    assert Client().post(DOOR, {}, content_type="application/json").status_code == 401
    assert press(key, address="10.9.9.9").status_code == 200, "who has the key comes in all the same"
    services.move_device(actor=town.secretary, device=device, code="remove", words="搬走了")
    assert press(key).status_code == 401


@pytest.mark.parametrize(
    "more", [{"uuid": "x"}, {"pressed_at": "昨天"}, {"kind": "video"}, {"pressed_at": None}]
)
def test_what_is_no_press_is_said_by_field(town, button, more):
    _, key = button()
    answer = press(key, **more)
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == set(more)


def test_neither_session_nor_token_opens_the_door(town):
    assert client_of(town.office).post(DOOR, {}, content_type="application/json").status_code == 401


# --- a key that was copied --------------------------------------------------------------------------------------------


@pytest.fixture
def copied(town, button):
    """A button whose key came from ten places: (device, key)."""
    device, key = button()
    for number in range(10):
        with clock.stopped_at(clock.now() + dt.timedelta(minutes=5 * number)):
            answer = press(key, address=f"10.0.1.{number}")
    assert answer.json()["outcome"] == "held"
    device.refresh_from_db()
    return device, key


def test_a_key_used_from_ten_places_is_on_hold_and_they_are_told_why(town, copied):
    device, _key = copied
    assert "10 个地址" in device.held_why
    assert Call.objects.on_hold().count() == 1
    assert Matter.objects.count() == 9
    for user, kinds in (
        (town.secretary, {"appeals.held", "appeals.held_call"}),
        (town.office, {"appeals.held"}),
    ):
        assert kinds <= set(Notice.objects.filter(user=user).values_list("kind", flat=True))
    text = client_of(town.secretary).get(reverse("appeals:hotline")).content.decode()
    assert "先停着，等人定" in text


def test_nine_places_are_no_hold(town, button):
    device, key = button()
    for number in range(9):
        press(key, address=f"10.0.1.{number}")
    press(key, address="10.0.1.3")
    device.refresh_from_db()
    assert device.held_at is None


def test_what_came_on_hold_is_let_in_or_dropped_and_never_lost(town, copied):
    _device, key = copied
    with clock.stopped_at("2026-11-23T11:00"):
        press(key)
        first, second = Call.objects.on_hold().order_by("pk")
        address = reverse("appeals:call_step", args=[first.pk, "let_in"])
        assert client_of(town.worker).post(address).status_code == 302
        assert client_of(town.secretary).post(address).status_code == 422, "somebody has said yes already"
        first.refresh_from_db()
        assert (first.matter.source, first.matter.household) == ("button", town.li)
        with pytest.raises(ValidationError):
            services.drop(actor=town.secretary, call=second, words="")
        services.drop(actor=town.secretary, call=second, words="打电话问过了，没按")
    assert not Call.objects.on_hold().exists()
    text = client_of(town.secretary).get(reverse("appeals:call", args=[second.pk])).content.decode()
    assert "打电话问过了，没按" in text


def test_after_somebody_has_said_that_all_is_well_it_counts_anew(town, copied):
    device, key = copied
    with clock.stopped_at("2026-11-23T10:20"):
        services.move_device(actor=town.secretary, device=device, code="let_go", words="是修的人试的")
        assert press(key, address="10.0.2.1").json()["outcome"] == "opened"
        device.refresh_from_db()
        assert device.held_at is None


def test_a_new_key_shuts_out_the_old_one(town, copied):
    device, old = copied
    _, key = services.move_device(actor=town.secretary, device=device, code="new_key", words="被抄走了")
    assert press(old).status_code == 401
    assert press(key).status_code == 200


def test_addresses_are_kept_as_hashes(town, button):
    _, key = button()
    press(key, address="10.1.2.3")
    assert all("10.1.2.3" not in str(vars(row)) for row in Knock.objects.all())
