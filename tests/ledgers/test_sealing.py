"""A month on its way upward: submitted by its village, sealed by the town, the same for ever, and opened again."""

import hashlib
import io
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from openpyxl import load_workbook

from core import clock
from core.ledger import registry
from core.periods import Month
from ledgers import files, keeping, services
from ledgers.models import Job, SealedFile, SealedMonth
from tests.ledgers.background import until
from tests.ledgers.jobs import content
from tests.ledgers.months import NOVEMBER, OCTOBER, on_the_third, seal, sealed, submit, visit
from tests.people import Town, make_town_of_two
from visits import services as visits

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def kept_alone(settings: Any, tmp_path: Path) -> None:
    """What a test keeps for ever, it keeps where no other test looks."""
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    with on_the_third() as cast:
        yield cast


def kept_bytes(file: SealedFile) -> bytes:
    return b"".join(services.open_kept(file))


def on_disk() -> set[Path]:
    return {path for path in files.kept_root().rglob("*") if path.is_file()}


# --- who, when ----------------------------------------------------------------------------------------------


def test_sealing_keeps_every_monthly_ledger_with_its_digest_and_says_who_and_when(town: Town) -> None:
    row = sealed(town)
    assert (row.state, row.version) == (SealedMonth.SEALED, 1)
    assert (row.submitted_by, row.sealed_by, row.sealed_at) == (town.secretary, town.office, clock.now())
    kept = list(row.files.all())
    living = {
        "differences",
        "city-awards",
        "city-redemptions",
        "city-balances",
    }  # made anew whenever asked for
    monthly = [each for each in registry.all() if each.period_kind == "month" and each.slug not in living]
    assert [file.slug for file in kept] == [each.slug for each in monthly]
    assert {"visits", "five-visits", "coverage", "five-knows"} <= {file.slug for file in kept}
    for file in kept:
        book = kept_bytes(file)
        assert hashlib.sha256(book).hexdigest() == file.sha256
        assert len(book) == file.size
    log = next(file for file in kept if file.slug == "visits")
    assert log.name == "金星村-走访日志-2026-10.xlsx"
    cells = [cell for line in load_workbook(io.BytesIO(kept_bytes(log))).active.values for cell in line]
    assert "都好" in cells


def test_every_step_is_a_line_of_history_with_its_author(town: Town) -> None:
    sealed(town)
    services.reopen_month(actor=town.office, village=town.jinxing, month=OCTOBER, reason="漏了一户")
    first = SealedMonth.objects.get(village=town.jinxing, version=1)
    lines = [(line.state, line.history_user) for line in first.history.order_by("history_id")]
    assert lines == [
        ("provisional", None),
        ("submitted", town.secretary),
        ("sealed", town.office),
        ("reopened", town.office),
    ]


def test_the_figures_are_those_of_coverage_at_that_moment(town: Town) -> None:
    row = sealed(town)
    (village,) = visits.coverage(month=OCTOBER, territory=town.jinxing)
    (said,) = row.figures["coverage"]
    places = [(village, said), *zip(village.grids, said["grids"], strict=True)]
    assert len(places) == 3
    for place, plain in places:
        assert plain["code"] == place.territory.code
        for who in ("category", "ordinary", "secretary"):
            figure = getattr(place, who)
            assert plain[who] == {"owed": figure.owed, "made": figure.made, "away": figure.away}
    assert said["category"] == {"owed": 3, "made": 1, "away": 0}
    visit(town, town.li, "2026-10-20")
    (now,) = visits.coverage(month=OCTOBER, territory=town.jinxing)
    assert now.category.made == 2
    row.refresh_from_db()
    assert row.figures["coverage"][0]["category"]["made"] == 1, "what was reported never moves"


# --- refusals -----------------------------------------------------------------------------------------------


def test_a_month_that_is_not_over_is_refused_with_the_day_from_which_it_may_be(town: Town) -> None:
    for do in (submit, seal):
        with pytest.raises(ValidationError, match="2026年11月还没过完，到2026年12月1日才能报"):
            do(town, NOVEMBER)
    assert not SealedMonth.objects.exists()
    with clock.stopped_at("2026-12-01T00:00"):
        assert submit(town, NOVEMBER).state == SealedMonth.SUBMITTED


def test_a_month_before_the_village_began_is_refused(town: Town) -> None:
    with pytest.raises(ValidationError, match="金星村那时候还没开始"):
        submit(town, Month.parse("2026-08"))


def test_the_secretary_submits_her_own_village_and_nobody_else_does(town: Town) -> None:
    for stranger in (town.neighbour, town.office, town.leader, town.supervisor, town.sysadmin, town.nobody):
        with pytest.raises(PermissionDenied):
            submit(town, actor=stranger)
    submit(town)
    with pytest.raises(ValidationError, match="已经报了：金书记，11月3日 9:30"):
        submit(town)


def test_only_the_town_seals_and_only_what_was_submitted(town: Town) -> None:
    with pytest.raises(ValidationError, match="金星村还没报上来"):
        seal(town)
    submit(town)
    for stranger in (town.secretary, town.neighbour, town.leader, town.sysadmin, town.nobody):
        with pytest.raises(PermissionDenied):
            seal(town, actor=stranger)
    assert not SealedFile.objects.exists()
    assert not on_disk()


def test_who_seals_what_is_sealed_reads_by_whom_and_when(town: Town) -> None:
    sealed(town)
    before = on_disk()
    with clock.stopped_at("2026-11-04T08:00"), pytest.raises(ValidationError) as refused:
        seal(town)
    assert refused.value.messages == ["金星村2026年10月已经封存了：陈办，11月3日 9:30，第 1 版。"]
    with pytest.raises(ValidationError, match="已经封存了：陈办"):
        submit(town)
    assert on_disk() == before


@pytest.mark.django_db(transaction=True)
def test_of_two_who_seal_at_once_one_wins_and_the_other_is_told(monkeypatch: Any) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("two writers at once need PostgreSQL")
    with clock.stopped_at("2026-11-03T09:30"):
        town = make_town_of_two()
        visits.ensure_owed()
        submit(town)
        other = town.post("erban", "李办", "office", town.town)
        both, told, won = threading.Barrier(2, timeout=30), [], []
        close = services.seal_month.__globals__["_close"]

        def together(*args: Any) -> Any:
            both.wait()  # both have written everything; only the row can decide
            return close(*args)

        monkeypatch.setitem(services.seal_month.__globals__, "_close", together)

        def run(actor: Any) -> None:
            try:
                with clock.stopped_at("2026-11-03T09:30"):
                    won.append(seal(town, actor=actor).sealed_by)
            except ValidationError as refused:
                told.append("".join(refused.messages))
            finally:
                connections.close_all()

        threads = [threading.Thread(target=run, args=(actor,)) for actor in (town.office, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(won) == 1
    assert told == [f"金星村2026年10月已经封存了：{won[0]}，11月3日 9:30，第 1 版。"]
    row = SealedMonth.objects.get(village=town.jinxing, state=SealedMonth.SEALED)
    assert row.sealed_by == won[0]
    paths = {path for file in row.files.all() for path in (file.path, file.rows_path)}
    assert {str(path.relative_to(files.kept_root())) for path in on_disk()} == paths, (
        "the loser's files are gone"
    )


@pytest.mark.django_db(transaction=True)
def test_who_opens_a_month_again_a_moment_after_another_is_told_so() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("two writers at once need PostgreSQL")
    with clock.stopped_at("2026-11-03T09:30"):
        town = make_town_of_two()
        visits.ensure_owed()
        sealed(town)
        told: list[str] = []
        asked: Any = {"actor": town.office, "village": town.jinxing, "month": OCTOBER, "reason": "漏了一户"}

        def second() -> None:
            try:
                services.reopen_month(**asked)
            except ValidationError as refused:
                told.extend(refused.messages)
            finally:
                connections.close_all()

        thread = threading.Thread(target=second)
        with transaction.atomic():
            services.reopen_month(**asked)
            thread.start()
            until(_somebody_waits, "the second to wait for the first")
        thread.join(30)
    assert told == ["金星村2026年10月没有封存，不用重新打开。"]
    assert SealedMonth.objects.filter(village=town.jinxing, month="2026-10").count() == 2


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        # Within a transaction PostgreSQL shows what it showed the first time, unless it is told to look again.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock')"
        )
        return bool(cursor.fetchone()[0])


def test_a_full_disk_seals_nothing_and_leaves_nothing(town: Town, monkeypatch: Any) -> None:
    submit(town)
    count, real = [], os.fsync

    def full(handle: int) -> None:
        count.append(handle)
        if len(count) > 8:
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        seal(town)
    monkeypatch.undo()
    assert not on_disk()
    assert not SealedFile.objects.exists()
    assert SealedMonth.objects.get().state == SealedMonth.SUBMITTED
    assert seal(town).files.count() == len(keeping.monthly_ledgers()), "with room again it goes"


# --- the same bytes for ever --------------------------------------------------------------------------------


def exported(town: Town, actor: Any, slug: str = "visits", **more: Any) -> Job:
    job = services.ask_export(actor=actor, slug=slug, territory=town.jinxing, period="2026-10", **more)
    services.run_job(job.pk)
    job.refresh_from_db()
    return job


def test_exports_of_a_sealed_month_serve_the_sealed_bytes_by_job_and_by_command(
    town: Town, tmp_path: Path
) -> None:
    row = sealed(town)
    visit(town, town.li, "2026-10-20", note="后来补的")
    for file in row.files.all():
        want = kept_bytes(file)
        for actor in (town.secretary, town.office):
            with clock.stopped_at("2027-05-01T10:00"):
                job = exported(town, actor, file.slug)
                assert (job.state, job.rows) == (Job.DONE, file.rows)
                assert content(job.result).read() == want
        out = tmp_path / f"{file.slug}.xlsx"
        call_command("export_ledger", file.slug, territory="金星村", period="2026-10", out=str(out))
        assert out.read_bytes() == want
    with pytest.raises(PermissionDenied):
        exported(town, town.neighbour)


def test_the_neighbours_month_and_the_next_month_are_not_sealed_with_it(town: Town, tmp_path: Path) -> None:
    sealed(town)
    visit(town, town.zhang, "2026-11-01", note="十一月的")
    out = tmp_path / "visits.xlsx"
    call_command("export_ledger", "visits", territory="金星村", period="2026-11", out=str(out))
    assert "十一月的" in str(list(load_workbook(out).active.values))


def test_full_numbers_of_a_sealed_month_are_refused(town: Town, tmp_path: Path) -> None:
    sealed(town)
    with pytest.raises(ValidationError, match="号码是遮住的"):
        exported(town, town.office, "five-visits", unmasked=True, reason="要打电话")
    words = {"territory": "金星村", "period": "2026-10", "out": str(tmp_path / "x.xlsx"), "unmasked": True}
    with pytest.raises((SystemExit, CommandError)):
        call_command("export_ledger", "five-visits", **words)
    assert not (tmp_path / "x.xlsx").exists()


def swapped(row: SealedMonth, how: str) -> SealedFile:
    """Change what lies on the disk: `cut` it, put `another` well-formed file there, or take it away."""
    file = row.files.get(slug="visits")
    path = files.kept_root() / file.path
    if how == "cut":
        path.write_bytes(path.read_bytes()[:-1])
    elif how == "gone":
        path.unlink()
    else:  # the same name, rightly encrypted, with other content: only the digest in the row can tell
        with path.open("wb") as sink:
            files._seal(io.BytesIO(b"PK other workbook"), sink, file.path)
    return file


@pytest.mark.parametrize("how", ["cut", "another", "gone"])
def test_a_file_that_is_not_what_was_sealed_is_never_given_out(town: Town, tmp_path: Path, how: str) -> None:
    file = swapped(sealed(town), how)
    with pytest.raises(services.NotAsSealed, match="和封存的时候不一样了"):
        services.open_kept(file)
    job = exported(town, town.office)
    assert job.state == Job.FAILED
    assert "和封存的时候不一样了" in job.why
    assert job.result is None
    with pytest.raises((SystemExit, CommandError)):
        call_command(
            "export_ledger", "visits", territory="金星村", period="2026-10", out=str(tmp_path / "x.xlsx")
        )
    assert not (tmp_path / "x.xlsx").exists()


def test_what_is_kept_lies_encrypted_where_every_backup_takes_it(town: Town, settings: Any) -> None:
    row = sealed(town)
    file = row.files.get(slug="visits")
    for path in (file.path, file.rows_path):
        lies = files.kept_root() / path
        assert "都好".encode() not in lies.read_bytes()
        assert os.stat(lies).st_mode & 0o077 == 0
        assert lies.is_relative_to(settings.MEDIA_ROOT), "a backup takes what lies there"
    services.tidy()
    with clock.stopped_at("2030-01-01T10:00"):
        services.tidy()
    assert kept_bytes(file), "kept for ever"


# --- opened again -------------------------------------------------------------------------------------------


def test_reopening_needs_the_town_and_a_reason(town: Town) -> None:
    sealed(town)
    ask = {"village": town.jinxing, "month": OCTOBER}
    for stranger in (town.secretary, town.neighbour, town.sysadmin):
        with pytest.raises(PermissionDenied):
            services.reopen_month(actor=stranger, reason="x", **ask)
    with pytest.raises(ValidationError, match="写上为什么"):
        services.reopen_month(actor=town.office, reason=" ", **ask)
    following = services.reopen_month(actor=town.office, reason="漏了李家", **ask)
    assert (following.version, following.state) == (2, SealedMonth.PROVISIONAL)
    first = SealedMonth.objects.get(version=1)
    assert (first.state, first.reason, first.reopened_by) == (SealedMonth.REOPENED, "漏了李家", town.office)
    with pytest.raises(ValidationError, match="没有封存，不用重新打开"):
        services.reopen_month(actor=town.office, reason="再来", **ask)


def test_a_second_version_has_what_came_since_and_the_first_stays_as_it_was(town: Town) -> None:
    first = sealed(town)
    old = {file.slug: kept_bytes(file) for file in first.files.all()}
    visit(town, town.li, "2026-10-20", note="后来补的")
    services.reopen_month(actor=town.office, village=town.jinxing, month=OCTOBER, reason="漏了李家")
    live = exported(town, town.secretary)
    assert "后来补的" in str(list(load_workbook(content(live.result)).active.values)), "open: as things stand"
    submit(town)
    second = seal(town)
    assert second.version == 2
    assert {file.slug: kept_bytes(file) for file in first.files.all()} == old
    new = {file.slug: kept_bytes(file) for file in second.files.all()}
    assert new["visits"] != old["visits"]
    assert content(exported(town, town.office).result).read() == new["visits"]
    assert json.dumps(first.figures) != json.dumps(second.figures)
