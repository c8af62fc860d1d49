"""The tree: who is where, what a re-drawn grid changes and leaves, and that haste does not corrupt it."""

import datetime as dt
import threading
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import connection

from core import after, clock
from grids import services, tasks
from grids.models import GroupPlacement, Household, Placement, Territory
from tests.people import Town

DAY = dt.date(2026, 11, 10)


@pytest.fixture(autouse=True)
def november() -> Any:
    with clock.stopped_at("2026-11-23T09:00"):
        yield


def test_a_redrawn_grid_takes_its_households_from_that_day_on(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[set[int]] = []
    monkeypatch.setattr(after, "_after", [told.append])
    services.redraw(actor=town.office, group=town.group1, grid=town.grid2, since=DAY)
    assert told == [{town.zhang.pk, town.wang.pk}]
    lay = [
        (row.territory, row.since, row.until)
        for row in Placement.objects.filter(household=town.zhang).order_by("since")
    ]
    assert lay == [(town.grid1, dt.date(2026, 9, 1), dt.date(2026, 11, 9)), (town.grid2, DAY, None)]
    assert GroupPlacement.objects.get(group=town.group1, until__isnull=True).grid == town.grid2
    assert set(Household.objects.visible_to(town.worker, "households.see")) == {town.li}


def test_a_grid_redrawn_twice_on_a_day_leaves_one_place(town: Town) -> None:
    group = services.redraw(actor=town.office, group=town.group1, grid=town.grid2, since=DAY)
    services.redraw(actor=town.office, group=group, grid=town.grid1, since=DAY)
    assert Placement.objects.filter(household=town.zhang, since=DAY).get().territory == town.grid1


def test_only_the_town_redraws_and_only_inside_a_village(town: Town) -> None:
    with pytest.raises(PermissionDenied):
        services.redraw(actor=town.secretary, group=town.group1, grid=town.grid2, since=DAY)
    with pytest.raises(ValidationError, match="本村在用的网格"):
        services.redraw(actor=town.office, group=town.group1, grid=town.far_grid, since=DAY)
    with pytest.raises(ValidationError, match="这一天还没到"):
        services.redraw(actor=town.office, group=town.group1, grid=town.grid2, since=dt.date(2026, 12, 1))


@pytest.mark.parametrize(
    ("code", "name", "sentence"),
    [
        ("341504999206001", "新网格", "编码不能重复用"),
        ("341504999206", "新网格", "15 位数字"),
        ("341504999208009", "新网格", "开头"),
        ("341504999206009", "金星第一网格", "同名"),
    ],
)
def test_a_grid_with_a_wrong_code_or_name_is_refused(town: Town, code: str, name: str, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        services.add_territory(actor=town.office, parent=town.jinxing, name=name, code=code, kind="grid")


def test_the_code_of_a_closed_grid_is_not_given_again(town: Town) -> None:
    services.redraw(actor=town.office, group=town.group3, grid=town.grid1, since=DAY)
    services.close_territory(actor=town.office, territory=town.grid2, on=DAY)
    with pytest.raises(ValidationError, match="编码不能重复用"):
        services.add_territory(
            actor=town.office, parent=town.jinxing, name="另一个", code=town.grid2.code, kind="grid"
        )


def test_a_grid_with_households_is_not_closed(town: Town) -> None:
    with pytest.raises(ValidationError, match="村民组"):
        services.close_territory(actor=town.office, territory=town.grid2, on=DAY)


def test_a_corrupt_tree_is_noticed(town: Town) -> None:
    assert services.check_tree() == []
    call_command("check_tree", stdout=StringIO())
    Territory.objects.filter(pk=town.grid1.pk).update(rght=99)
    assert any("金星第一网格" in problem for problem in services.check_tree())
    assert tasks.check_tree() > 0
    with pytest.raises(CommandError, match="树乱了"):
        call_command("check_tree", stdout=StringIO())


@pytest.mark.django_db(transaction=True)
def test_eight_people_adding_grids_at_once_do_not_corrupt_the_tree() -> None:
    town = services.add_town(name="洪集镇", code="341504999")
    villages = [
        services.add_territory(
            actor=services.SERVER, parent=town, name=f"{n}村", code=f"3415049992{n:02d}", kind="village"
        )
        for n in range(8)
    ]
    faults: list[BaseException] = []
    start = threading.Barrier(8)

    def add(village: Territory) -> None:
        try:
            start.wait()
            for n in range(6):
                services.add_territory(
                    actor=services.SERVER,
                    parent=village,
                    name=f"第{n}网格",
                    code=f"{village.code}{n:03d}",
                    kind="grid",
                )
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=add, args=(village,)) for village in villages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert services.check_tree() == []
    assert [village.get_descendant_count() for village in Territory.objects.villages()] == [6] * 8
