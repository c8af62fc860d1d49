"""整月台账包: there at half past midnight, whole or not at all, tried again when there is room."""

import datetime as dt
import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from openpyxl import load_workbook

from core import clock
from core.ledger import registry
from grids import services as grids
from ledgers import files, keeping, services
from ledgers.models import Package, SealedMonth
from tests.factor import client_of
from tests.ledgers.months import OCTOBER, on_the_third, sealed, visit
from tests.people import Town

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def kept_alone(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT, settings.FILES_ROOT = tmp_path / "media", tmp_path / "files"


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    with on_the_third() as cast:
        yield cast


def ask(town: Town, **more: Any) -> Package:
    asked: dict[str, Any] = {"actor": town.office, "territory": town.town, "month": OCTOBER}
    return services.ask_package(**asked | more)


def made(package: Package) -> Package:
    services.run_package(package.pk)
    package.refresh_from_db()
    return package


def opened(package: Package) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(files.open_path(package.path))))


def on_disk(settings: Any) -> list[Path]:
    work = Path(settings.FILE_UPLOAD_TEMP_DIR) / files.WORK
    return [p for root in (settings.FILES_ROOT, work) for p in root.rglob("*") if p.is_file()]


def test_a_folder_for_each_village_with_every_monthly_ledger(town: Town) -> None:
    package = made(ask(town))
    assert (package.state, package.name) == (Package.DONE, "洪集镇-2026年10月台账.zip")
    titles = [ledger.title for ledger in keeping.monthly_ledgers()]
    with opened(package) as archive:
        assert archive.testzip() is None
        want = {f"{v}/{v}-{title}-2026-10.xlsx" for v in ("金星村", "桥集村") for title in titles}
        assert set(archive.namelist()) == want | {"说明.txt"}
        book = load_workbook(io.BytesIO(archive.read("金星村/金星村-走访日志-2026-10.xlsx")))
        assert "都好" in str(list(book.active.values))
        assert "金星村：还没有封存" in archive.read("说明.txt").decode("utf-8-sig")


def test_of_a_sealed_village_the_sealed_bytes_are_packed(town: Town) -> None:
    row = sealed(town)
    visit(town, town.li, "2026-10-20")
    with opened(made(ask(town))) as archive:
        for file in row.files.all():
            assert archive.read(f"金星村/{file.name}") == b"".join(services.open_kept(file))
        assert "金星村：第 1 版，11月3日 9:30封存" in archive.read("说明.txt").decode("utf-8-sig")


def test_one_damaged_sealed_file_is_named_and_keeps_nobody_from_the_others(town: Town) -> None:
    bad = sealed(town).files.order_by("pk").first()
    path = files.kept_root() / bad.path
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    package = made(ask(town))
    assert package.state == Package.DONE
    assert package.why.startswith(f"缺 1 份，{bad.name}：封存稿坏了")
    with opened(package) as archive:
        books = [name for name in archive.namelist() if name.endswith(".xlsx")]
        assert len(books) == 2 * len(keeping.monthly_ledgers()) - 1
        assert f"金星村/{bad.name}" not in books
        told = archive.read("说明.txt").decode("utf-8-sig")
    assert "包里缺 1 份" in told
    assert bad.name in told
    page = client_of(town.office).get("/desk/months/").content.decode()
    assert "做好了，缺几份" in page
    assert "没做成" not in page
    path.unlink()
    assert made(ask(town)).state == Package.DONE


def test_a_secretary_packs_her_village_and_no_other(town: Town) -> None:
    with opened(made(ask(town, actor=town.secretary, territory=town.jinxing))) as archive:
        assert {name.split("/")[0] for name in archive.namelist()} == {"金星村", "说明.txt"}
    for place in (town.town, town.qiaoji):
        with pytest.raises(PermissionDenied):
            ask(town, actor=town.secretary, territory=place)
    with pytest.raises(ValidationError, match="一个村一个村地做"):
        ask(town, territory=town.grid1)
    with pytest.raises(ValidationError, match="还没到"):
        ask(town, month=OCTOBER.shift(2))
    with pytest.raises(ValidationError, match="还没开始"):
        ask(town, month=OCTOBER.shift(-3))


# --- by the clock -----------------------------------------------------------------------------------------------------


def test_at_half_past_midnight_on_the_first_the_month_that_ended_is_packed_once(town: Town) -> None:
    with clock.stopped_at("2026-12-01T00:29"):
        services.sweep_packages()
    assert not Package.objects.exists()
    with clock.stopped_at("2026-12-01T00:30"):
        services.sweep_packages()
        services.sweep_packages()
        assert [
            (p.month, p.territory, p.state, p.asked_by) for p in Package.objects.filter(month="2026-11")
        ] == [("2026-11", town.town, Package.DONE, None)]
        rows = SealedMonth.objects.filter(month="2026-11")
        assert {(row.village, row.version, row.state) for row in rows} == {
            (town.jinxing, 1, SealedMonth.PROVISIONAL),
            (town.qiaoji, 1, SealedMonth.PROVISIONAL),
        }


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        ("2028-03-01T00:31", "2028-02"),
        ("2028-03-04T12:00", "2028-02"),  # beat was down over the first
        ("2027-01-01T00:30", "2026-12"),
        ("2027-01-31T23:59", "2026-12"),  # a clock set back finds what is there
    ],
)
def test_whenever_the_beat_comes_back_each_month_end_has_one_package(
    town: Town, monkeypatch: Any, moment: str, month: str
) -> None:
    monkeypatch.setattr("ledgers.packing._pack", lambda package, token: None)
    with clock.stopped_at(moment):
        for _ in range(3):
            services.ensure_packages()
    with clock.stopped_at(clock.at_noon(dt.date.fromisoformat(moment[:10]) - dt.timedelta(days=1))):
        services.ensure_packages()
    assert Package.objects.filter(month=month).count() == 1


def test_a_town_before_its_first_month_gets_no_package(town: Town) -> None:
    with clock.stopped_at("2026-09-05T10:00"):
        assert services.ensure_packages() == 0
    assert not Package.objects.exists()


def test_a_village_that_begins_later_is_not_packed_before(town: Town) -> None:
    other = grids.add_territory(
        actor=grids.SERVER, parent=town.town, name="新村", code="341504999299", kind="village"
    )
    grids.start_village(actor=grids.SERVER, village=other, month=dt.date(2026, 11, 1))
    with opened(made(ask(town))) as archive:
        assert not [name for name in archive.namelist() if name.startswith("新村")]


# --- faults -----------------------------------------------------------------------------------------------------------


def full_after(monkeypatch: Any, calls: int) -> None:
    """The disk is full from the so-and-so-manyth time on that something is made sure to lie on it."""
    seen, real = [], os.fsync

    def fsync(handle: int) -> None:
        seen.append(handle)
        if len(seen) > calls:
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)


def syncs(monkeypatch: Any, town: Town) -> int:
    """How often a whole package makes sure."""
    seen, real = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (seen.append(handle), real(handle))[1])
    made(ask(town))
    monkeypatch.undo()
    return len(seen)


@pytest.mark.parametrize("when", ["first", "midway", "last"])
def test_a_disk_that_fills_offers_nothing_half_and_is_tried_again_by_itself(
    town: Town, monkeypatch: Any, settings: Any, when: str
) -> None:
    total = syncs(monkeypatch, town)
    Package.objects.all().delete()
    before = on_disk(settings)
    full_after(monkeypatch, {"first": 0, "midway": total // 2, "last": total - 2}[when])
    package = made(ask(town))
    assert (package.state, package.path) == (Package.WAITING, "")
    assert package.why.startswith("磁盘满了")
    assert on_disk(settings) == before
    monkeypatch.undo()
    assert services.sweep_packages() == 0, "not at once: somebody must make room first"
    with clock.stopped_at(clock.now() + dt.timedelta(minutes=16)):
        services.sweep_packages()
    package.refresh_from_db()
    assert (package.state, package.why) == (Package.DONE, "")
    with opened(package) as archive:
        assert archive.testzip() is None


def test_it_is_tried_again_however_long_the_disk_stays_full_and_by_hand_at_once(
    town: Town, monkeypatch: Any
) -> None:
    package = ask(town)
    full_after(monkeypatch, 0)
    for hour in range(12):
        with clock.stopped_at(dt.datetime(2026, 11, 4, hour, tzinfo=clock.SHANGHAI)):
            services.sweep_packages()
    package.refresh_from_db()
    assert package.state == Package.WAITING
    monkeypatch.undo()
    assert made(ask(town)).state == Package.DONE


def test_while_a_new_one_cannot_be_made_the_old_one_stays(
    town: Town, monkeypatch: Any, settings: Any
) -> None:
    package = made(ask(town))
    old = b"".join(files.open_path(package.path))
    full_after(monkeypatch, 3)
    package = made(ask(town))
    assert package.why.startswith("磁盘满了")
    assert b"".join(files.open_path(package.path)) == old
    monkeypatch.undo()
    visit(town, town.li, "2026-10-20")
    package = made(ask(town))
    assert b"".join(files.open_path(package.path)) != old
    assert len(list(settings.FILES_ROOT.rglob("*/*"))) == 1, "the old one is gone once the new one is there"


def test_what_breaks_otherwise_says_so_and_waits_for_a_person(town: Town, monkeypatch: Any) -> None:
    def breaks(*args: Any) -> Any:
        raise RuntimeError("x")

    with monkeypatch.context() as broken:
        broken.setattr(type(registry.get("visits")), "rows", breaks)
        package = made(ask(town))
        assert (package.state, package.path) == (Package.FAILED, "")
        assert "没做成" in package.why
        services.sweep_packages()
    package.refresh_from_db()
    assert package.state == Package.FAILED
    assert made(ask(town)).state == Package.DONE


def test_the_file_of_a_package_is_not_cleared_away_as_a_leftover(town: Town) -> None:
    package = made(ask(town))
    files.clear_leftovers(set(), clock.now() + dt.timedelta(days=40))
    assert opened(package).testzip() is None
    services.tidy()
    with clock.stopped_at("2027-06-01T10:00"):
        services.tidy()
    assert opened(package).testzip() is None


def test_a_worker_that_lost_its_lease_keeps_nothing(town: Town, monkeypatch: Any, settings: Any) -> None:
    package = ask(town)
    real = services.run_package.__globals__["seal_file"]

    def stolen(source: Any) -> Any:
        Package.objects.filter(pk=package.pk).update(lease="another")
        return real(source)

    monkeypatch.setitem(services.run_package.__globals__, "seal_file", stolen)
    assert services.run_package(package.pk) is None
    assert on_disk(settings) == []
