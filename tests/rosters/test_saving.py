"""All of a roster or nothing of it, one import of a village after the other, and nobody reaches another's village."""

import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from core import clock
from core.ledger import ImportContext, get
from core.scope import OPERATOR
from grids.ledgers import Persons
from grids.models import Category, Household, Membership, Person, Placement, Territory, Unmasking
from tests.rosters.desk import HUIGUAN, QIAOJI, bring_in, make_village, run, take_out

pytestmark = pytest.mark.slow


class Crash(Exception):
    pass


@pytest.mark.django_db
@pytest.mark.parametrize("at", ["Membership", "_take_along", "register_changed"])
def test_a_crash_in_the_middle_leaves_nothing(monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    def crash(*args: Any, **kwargs: Any) -> None:
        raise Crash

    village = make_village("桥集村")
    monkeypatch.setattr(f"grids.rosters.saving.{at}", crash)
    examined = get("persons").open(QIAOJI, ImportContext(OPERATOR, village))
    with pytest.raises((Crash, AttributeError)):
        examined.commit()
    for model in (Household, Person, Membership, Placement, Category, Person.history.model):
        assert not model.objects.exists(), model
    village.refresh_from_db()
    assert village.start_month is None


@pytest.mark.django_db
def test_every_person_and_household_that_is_saved_leaves_a_line_of_history_with_its_author(town: Any) -> None:
    with clock.stopped_at("2026-11-24T09:00"):
        before = Person.history.count(), Household.history.count()
        make_village("会馆村")
        own = QIAOJI.parent / "会馆村花名册.xlsx"
        done = run(
            "import_ledger", "persons", str(own), "--territory", "会馆村", "--as", town.office.username
        )
    assert done.code == 0, done.err
    assert (Person.history.count(), Household.history.count()) == (before[0] + 604, before[1] + 180)
    line = Person.history.latest("history_id")
    assert (line.history_type, line.history_user, line.history_change_reason) == (
        "+",
        town.office,
        "导入花名册",
    )


@pytest.mark.django_db
@pytest.mark.parametrize("part", ["neighbour", "worker", "supervisor", "nobody", "sysadmin"])
def test_who_does_not_reach_the_village_is_told_there_is_no_such_place(town: Any, part: str) -> None:
    user = getattr(town, part).username
    done = run("import_ledger", "persons", str(QIAOJI), "--territory", "金星村", "--as", user)
    assert done.code == 1
    assert "没有“金星村”这个地方" in done.err


@pytest.mark.django_db
def test_the_same_number_of_queries_brings_in_few_people_and_many(django_assert_max_num_queries: Any) -> None:
    make_village("桥集村")
    with django_assert_max_num_queries(120):
        assert bring_in("persons", QIAOJI, "桥集村").code == 0
    with django_assert_max_num_queries(40):
        assert bring_in("persons", QIAOJI, "桥集村").code == 0


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_village_wait_for_each_other() -> None:
    village = make_village("桥集村")
    ended: list[Any] = []
    begun = threading.Event()

    def second() -> None:
        try:
            examined = get("persons").open(QIAOJI, ImportContext(OPERATOR, village))
            begun.set()
            ended.append(examined.commit())
        except Exception as fault:
            ended.append(fault)
        finally:
            connection.close()

    with transaction.atomic():
        Persons().lock(ImportContext(OPERATOR, village))
        thread = threading.Thread(target=second)
        thread.start()
        assert begun.wait(60)
        thread.join(1)
        assert thread.is_alive(), "the second waits for the first"
        assert not ended
    thread.join(60)
    assert ended[0]["created"] == 410
    assert bring_in("persons", QIAOJI, "桥集村").changes == (0, 0, 410, 0)
    assert Territory.objects.get(pk=village.pk).start_month is not None


@pytest.mark.django_db
def test_full_numbers_need_the_verb_and_a_reason(town: Any, tmp_path: Path) -> None:
    words = ("persons", tmp_path / "p.xlsx", "金星村", "--unmasked", "--as")
    assert "不归您办" in take_out(*words, town.secretary.username).err
    assert "写上为什么要完整号码" in take_out(*words, town.office.username).err
    assert not Unmasking.objects.exists()
    assert take_out(*words, town.office.username, "--reason", "对账").code == 0
    assert Unmasking.objects.get().reason == "对账"


@pytest.mark.django_db
def test_full_numbers_taken_out_on_the_server_leave_a_row_too(town: Any, tmp_path: Path) -> None:
    assert take_out("persons", tmp_path / "p.xlsx", "金星村", "--unmasked").code == 0
    logged = Unmasking.objects.get()
    assert (logged.actor, logged.reason, str(logged)) == (
        None,
        "在服务器上打命令导出",
        "服务器命令 居民花名册（整份）",
    )


@pytest.mark.django_db
def test_how_many_rows_are_done_is_told_from_the_first_to_the_last_third(town: Any) -> None:
    told: list[tuple[int, int]] = []
    village = make_village("会馆村")
    context = ImportContext(OPERATOR, village, progress=lambda done, total: told.append((done, total)))
    assert get("persons").open(HUIGUAN, context).faults == []
    assert {total for _, total in told} == {604}
    done = [done for done, _ in told]
    assert done == sorted(done)
    assert done[0] == 0
    assert 604 * 2 / 3 < done[-1] <= 604
    assert 6 <= len(done) <= 20


@pytest.mark.django_db
@pytest.mark.parametrize("at", [0, 100, 400])
def test_whoever_hears_it_may_stop_an_examination(town: Any, at: int) -> None:
    def stop(done: int, total: int) -> None:
        if done >= at:
            raise Crash

    with pytest.raises(Crash):
        assert (
            get("persons").open(HUIGUAN, ImportContext(OPERATOR, make_village("会馆村"), progress=stop)).plan
        )
    assert Person.objects.filter(household__village__name="会馆村").count() == 0
