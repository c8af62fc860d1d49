"""Villages, grids and villager groups on the desk: added, renamed, closed and re-drawn, each fault at its field."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from core import clock
from grids import services
from grids.models import GroupPlacement, Household, Post, Territory, VillagerGroup
from tests.factor import client_of as of
from tests.people import Town

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def november() -> Any:
    with clock.stopped_at("2026-11-23T09:00"):
        yield


def faults(answer: Any) -> dict[str, str]:
    """What the form says, by field."""
    assert answer.status_code == 422
    return {name: "".join(said) for name, said in answer.context["form"].errors.items()}


def test_the_town_adds_a_village_with_the_next_code(town: Town) -> None:
    client, address = of(town.office), f"/desk/grids/{town.town.pk}/add/"
    assert client.get(address).context["form"]["code"].value() == "341504999209"
    answer = client.post(address, {"name": "新塘村", "code": "341504999209"}, follow=True)
    assert "新塘村添上了" in answer.content.decode()
    village = Territory.objects.get(name="新塘村")
    assert (village.kind, village.parent) == ("village", town.town)
    assert services.check_tree() == []


def test_the_town_adds_a_grid_and_the_code_of_a_closed_one_is_not_offered(town: Town) -> None:
    client, address = of(town.office), f"/desk/grids/{town.jinxing.pk}/add/"
    services.redraw(actor=town.office, group=town.group3, grid=town.grid1, since=dt.date(2026, 11, 10))
    services.close_territory(actor=town.office, territory=town.grid2, on=dt.date(2026, 11, 20))
    assert client.get(address).context["form"]["code"].value() == town.jinxing.code + "003"
    told = {"name": "金星第三网格", "code": town.jinxing.code + "002"}
    assert "不能重复用" in faults(client.post(address, told))["code"]
    told["code"] = town.jinxing.code + "003"
    client.post(address, told | {"party_group": "第三党小组"})
    assert Territory.objects.get(name="金星第三网格").party_group == "第三党小组"


@pytest.mark.parametrize(
    ("told", "field", "words"),
    [
        ({"name": "金星第一网格", "code": "341504999206009"}, "name", "已有同名的：金星村 金星第一网格"),
        ({"name": "新网格", "code": "341504999208009"}, "code", "开头"),
        ({"name": "新网格", "code": "34150499920"}, "code", "15 位"),
        ({"name": "", "code": ""}, "name", "名称没填"),
    ],
)
def test_a_fault_stands_at_its_field(town: Town, told: dict[str, str], field: str, words: str) -> None:
    answer = of(town.office).post(f"/desk/grids/{town.jinxing.pk}/add/", told)
    assert words in faults(answer)[field]


def test_a_name_a_sibling_has_is_refused_by_the_verb_too(town: Town) -> None:
    with pytest.raises(ValidationError, match="已有同名的") as caught:
        services.describe_territory(actor=town.office, territory=town.grid2, name="金星第一网格")
    assert "name" in caught.value.message_dict
    services.describe_territory(actor=town.office, territory=town.grid2, name="桥集第一网格")


def test_the_town_renames_a_village_and_the_secretary_does_not(town: Town) -> None:
    address = f"/desk/grids/{town.jinxing.pk}/rename/"
    assert "同名" in faults(of(town.office).post(address, {"name": "桥集村"}))["name"]
    of(town.office).post(address, {"name": "金星社区"})
    town.jinxing.refresh_from_db()
    assert town.jinxing.name == "金星社区"
    for part in ("secretary", "neighbour", "worker"):
        assert of(getattr(town, part)).get(address).status_code == 403


def test_a_grid_is_closed_only_when_it_is_empty(town: Town) -> None:
    client, address = of(town.office), f"/desk/grids/{town.grid2.pk}/close/"
    assert "还有村民组" in faults(client.post(address, {"on": "2026-11-23"}))["__all__"]
    since = dt.date(2026, 11, 10)
    services.redraw(actor=town.office, group=town.group3, grid=town.grid1, since=since)
    assert "比它晚" in faults(client.post(address, {"on": "2026-11-09"}))["on"]
    assert "还没到" in faults(client.post(address, {"on": "2026-12-01"}))["on"]
    answer = client.post(address, {"on": "2026-11-20"}, follow=True)
    assert "撤掉了" in answer.content.decode()
    assert client.get(f"/desk/grids/{town.grid2.pk}/").status_code == 404


def test_a_village_with_grids_is_not_closed(town: Town) -> None:
    answer = of(town.office).post(f"/desk/grids/{town.jinxing.pk}/close/", {"on": "2026-11-23"})
    assert "先撤网格" in faults(answer)["__all__"]


def test_the_secretary_adds_renames_and_closes_a_group(town: Town) -> None:
    client, address = of(town.secretary), f"/desk/grids/{town.jinxing.pk}/groups/"
    told = {"name": "第一村民组", "grid": town.grid1.pk, "since": "2026-11-01"}
    assert "村里已有这个组：一组" in faults(client.post(address, told))["name"]
    client.post(address, told | {"name": "四组"})
    group = VillagerGroup.objects.get(name="四组")
    assert GroupPlacement.objects.get(group=group).since == dt.date(2026, 11, 1)
    assert "二组" in faults(client.post(f"/desk/grids/groups/{group.pk}/rename/", {"name": "2组"}))["name"]
    client.post(f"/desk/grids/groups/{group.pk}/rename/", {"name": "新庄组"})
    group.refresh_from_db()
    assert group.name == "新庄组"
    assert "早" in faults(client.post(f"/desk/grids/groups/{group.pk}/close/", {"on": "2026-10-30"}))["on"]
    client.post(f"/desk/grids/groups/{group.pk}/close/", {"on": "2026-11-20"}, follow=True)
    group.refresh_from_db()
    assert group.closed_on == dt.date(2026, 11, 20)
    assert "新庄组" not in client.get(f"/desk/grids/{town.jinxing.pk}/").content.decode()
    assert "新庄组" not in client.get("/desk/register/move_in/").content.decode()


def test_a_group_in_which_people_live_is_not_closed(town: Town) -> None:
    address = f"/desk/grids/groups/{town.group3.pk}/close/"
    assert "里还有 1 户" in faults(of(town.secretary).post(address, {"on": "2026-11-23"}))["__all__"]
    assert of(town.neighbour).post(address, {"on": "2026-11-23"}).status_code == 404
    Household.objects.filter(group=town.group3).update(ended_on=dt.date(2026, 11, 1))
    of(town.secretary).post(address, {"on": "2026-11-23"})
    assert not VillagerGroup.objects.in_use().filter(pk=town.group3.pk).exists()


def test_a_grid_whose_households_are_gone_is_closed_with_its_group(town: Town) -> None:
    client = of(town.office)
    services.change(
        actor=town.secretary,
        kind="move_out",
        household=town.zhao,
        happened_on=dt.date(2026, 11, 1),
        facts={"to": "合肥"},
    )
    client.post(f"/desk/grids/groups/{town.group3.pk}/close/", {"on": "2026-11-20"})
    client.post(f"/desk/grids/{town.grid2.pk}/close/", {"on": "2026-11-22"})
    town.grid2.refresh_from_db()
    assert town.grid2.closed_on == dt.date(2026, 11, 22)


def test_a_household_does_not_come_back_into_a_closed_group(town: Town) -> None:
    gone = services.change(
        actor=town.secretary,
        kind="move_out",
        household=town.zhao,
        happened_on=dt.date(2026, 11, 1),
        facts={"to": "合肥"},
    )
    services.close_group(actor=town.office, group=town.group3, on=dt.date(2026, 11, 20))
    with pytest.raises(ValidationError, match="三组已经撤了"):
        services.undo(actor=town.secretary, change=gone)
    town.zhao.refresh_from_db()
    assert town.zhao.ended_on == dt.date(2026, 11, 1)


def test_a_household_does_not_come_back_into_a_grid_its_group_has_left(town: Town) -> None:
    gone = services.change(
        actor=town.secretary,
        kind="move_out",
        household=town.zhao,
        happened_on=dt.date(2026, 11, 1),
        facts={"to": "合肥"},
    )
    services.redraw(actor=town.office, group=town.group3, grid=town.grid1, since=dt.date(2026, 11, 20))
    with pytest.raises(ValidationError, match="三组已经划到别的网格"):
        services.undo(actor=town.secretary, change=gone)


def test_a_day_that_can_only_be_a_slip_is_refused_at_its_field(town: Town) -> None:
    client, address = of(town.office), f"/desk/grids/{town.jinxing.pk}/groups/"
    told = {"name": "四组", "grid": town.grid1.pk}
    for day, words in (("0001-01-01", "最早写到 2000-01-01"), ("1999-12-31", "太早"), ("2030-01-01", "太远")):
        assert words in faults(client.post(address, told | {"since": day}))["since"]
    assert "太早" in faults(client.post(f"/desk/grids/{town.grid2.pk}/close/", {"on": "0001-01-01"}))["on"]
    closing = f"/desk/grids/groups/{town.group3.pk}/close/"
    assert "太早" in faults(client.post(closing, {"on": "0001-01-01"}))["on"]
    with pytest.raises(ValidationError, match="比它早"):
        services.redraw(actor=town.office, group=town.group3, grid=town.grid1, since=dt.date.min)
    client.post(address, told | {"since": "2027-11-20"})
    assert VillagerGroup.objects.filter(name="四组").exists()


def test_a_grid_is_not_closed_before_its_posts_began(town: Town) -> None:
    third = services.add_territory(
        actor=town.office,
        parent=town.jinxing,
        name="金星第三网格",
        code=town.jinxing.code + "003",
        kind="grid",
    )
    town.post("xinlai", "新来", "leader", third)  # since 2022-05-10
    answer = of(town.office).post(f"/desk/grids/{third.pk}/close/", {"on": "2022-05-09"})
    assert "网格长 新来 2022-05-10 才上岗，日期不能比它早。" in faults(answer)["on"]
    assert Post.objects.filter(territory=third, until=None).exists()
    services.close_territory(actor=town.office, territory=third, on=dt.date(2022, 5, 10))
    assert Post.objects.get(territory=third).until == dt.date(2022, 5, 10)
