"""The wizard on the desk: nothing is saved that was not looked at, every fault stands on the page, and back again."""

from typing import Any

import pytest

from core import clock
from grids.models import Household, Redrawing
from tests.factor import client_of as of
from tests.people import Town

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def november() -> Any:
    with clock.stopped_at("2026-11-23T09:00"):
        yield


def address(town: Town) -> str:
    return f"/desk/grids/{town.jinxing.pk}/redraw/"


def chosen(town: Town, **more: str) -> dict[str, Any]:
    """一组 to 金星第二网格, 李 to 三组, as the page sends it."""
    return {
        f"group-{town.group1.pk}": town.grid2.pk,
        f"group-{town.group2.pk}": town.grid1.pk,
        f"group-{town.group3.pk}": town.grid2.pk,
        f"home-{town.li.pk}": town.group3.pk,
        "since": "2026-11-10",
        "why": "第一网格户数太多",
        **more,
    }


def save(town: Town, **more: str) -> Any:
    """Look, then save what was looked at."""
    client, sent = of(town.office), chosen(town, **more)
    seen = client.post(address(town), sent | {"act": "look"}).context["seen"]
    return client.post(address(town), sent | {"act": "save", "seen": seen}, follow=True)


def test_the_page_shows_the_work_of_each_grid_before_and_after(town: Town) -> None:
    answer = of(town.office).post(address(town), chosen(town))
    assert answer.status_code == 200
    loads = answer.context["loads"]
    assert [(load.before.households, load.after.households) for load in loads] == [(3, 0), (1, 4)]
    assert [(load.before.a_month, load.after.a_month) for load in loads] == [(2, 0), (1, 3)]
    assert "要划 1 个组，另划 1 户" in answer.content.decode()
    assert not Redrawing.objects.exists()


def test_what_was_looked_at_is_saved_as_one_step_with_its_reason(town: Town) -> None:
    text = save(town).content.decode()
    assert "一组划到金星第二网格；1 户换到三组，从 2026-11-10 起" in text
    assert "第一网格户数太多" in text
    assert "陈办" in text
    assert set(Household.objects.filter(territory=town.grid2)) == {town.zhang, town.wang, town.li, town.zhao}


def test_what_changed_after_the_look_is_looked_at_again(town: Town) -> None:
    client = of(town.office)
    seen = client.post(address(town), chosen(town)).context["seen"]
    other = chosen(town) | {f"group-{town.group2.pk}": town.grid2.pk, "act": "save", "seen": seen}
    answer = client.post(address(town), other)
    assert answer.status_code == 422
    assert "上面又改过" in answer.content.decode()
    assert not Redrawing.objects.exists()


def test_a_second_press_finds_nothing_left_to_do(town: Town) -> None:
    save(town)
    answer = of(town.office).post(address(town), chosen(town, act="save", seen="x"))
    assert answer.status_code == 422
    assert Redrawing.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "field", "words"),
    [
        ({"since": "2026-12-01"}, "since", "这一天还没到"),
        ({"since": ""}, "since", "日期没填"),
        ({"why": ""}, "why", "为什么调整没填"),
    ],
)
def test_a_fault_stands_at_its_field_and_the_choice_stays(
    town: Town, more: dict[str, str], field: str, words: str
) -> None:
    answer = save(town, **more)
    assert answer.status_code == 422
    assert words in "".join(answer.context["form"].errors[field])
    assert [goes for row, goes in answer.context["rows"] if row.group == town.group1] == [town.grid2.pk]
    assert not Redrawing.objects.exists()


def test_households_are_listed_by_group_and_the_chosen_stay_listed(town: Town) -> None:
    answer = of(town.office).post(address(town), chosen(town, listed=str(town.group1.pk), act="list"))
    homes = [(home, listed, goes) for home, listed, goes in answer.context["homes"]]
    assert homes == [(town.zhang, True, 0), (town.wang, False, 0), (town.li, True, town.group3.pk)]


def test_nonsense_is_no_choice(town: Town) -> None:
    sent = {"group-x": "1", f"group-{town.group1.pk}": "²", "home-9": "9" * 40, "listed": "x", "since": "x"}
    answer = of(town.office).post(address(town), sent)
    assert answer.status_code == 200
    assert answer.context["moves"] == 0
    elsewhere = chosen(town) | {
        f"group-{town.far_group.pk}": town.far_grid.pk,
        f"home-{town.chen.pk}": town.group1.pk,
    }
    assert of(town.office).post(address(town), elsewhere).context["moves"] == 2


def test_another_villages_grid_is_none_to_choose(town: Town) -> None:
    sent = chosen(town) | {f"group-{town.group1.pk}": town.far_grid.pk}
    assert of(town.office).post(address(town), sent).context["moves"] == 1  # 李 alone


def test_it_is_taken_back_with_one_press_or_told_why_not(town: Town) -> None:
    save(town)
    redrawing = Redrawing.objects.get()
    undo = f"/desk/grids/redrawings/{redrawing.pk}/undo/"
    assert of(town.secretary).post(undo).status_code == 403
    text = of(town.office).post(undo, follow=True).content.decode()
    assert "都回到了原来的网格" in text
    assert "撤销了" in text
    assert "已经撤销了" in of(town.office).post(undo, follow=True).content.decode()
    assert set(Household.objects.filter(territory=town.grid2)) == {town.zhao}


def test_only_the_town_comes_in(town: Town) -> None:
    for part in ("secretary", "leader", "neighbour"):
        assert of(getattr(town, part)).get(address(town)).status_code == 403
    assert of(town.office).get(f"/desk/grids/{town.grid1.pk}/redraw/").status_code == 404
