"""Jobs: asked for once, done once, whoever dies meanwhile; a stopped one leaves nothing, a failed one says why."""

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import TestCase
from openpyxl import load_workbook

from core import clock
from core.ledger import registry
from core.work import LEASE, MOST_TRIES, LeaseLost
from grids.models import Post, Unmasking, VillagerGroup
from ledgers import services
from ledgers.asking import clean_name
from ledgers.models import Job, StoredFile
from tests.people import Town

pytestmark = pytest.mark.usefixtures("ledgers")
MONTH = "2026-10"
Sheet = Callable[..., io.BytesIO]


@pytest.fixture(autouse=True)
def november() -> Any:
    with clock.stopped_at("2026-11-23T09:50"):
        yield


def ask(town: Town, **changes: Any) -> Job:
    asked: dict[str, Any] = {"actor": town.secretary, "slug": "groups", "territory": town.jinxing}
    return services.ask_export(**asked | changes)


def examine(town: Town, upload: io.BytesIO, **changes: Any) -> Job:
    asked = {"actor": town.secretary, "slug": "groups", "territory": town.jinxing, "name": "组.xlsx"}
    job = services.ask_examine(upload=upload, **asked | changes)
    services.run_job(job.pk)
    job.refresh_from_db()
    return job


def commit(town: Town, examined: Job, **choice: Any) -> Job:
    job = services.ask_commit(actor=town.secretary, examined=examined, **choice)
    with TestCase.captureOnCommitCallbacks(execute=True):
        services.run_job(job.pk)
    job.refresh_from_db()
    return job


def content(stored: StoredFile) -> io.BytesIO:
    return io.BytesIO(b"".join(services.open_file(stored)))


def names(town: Town) -> list[str]:
    return list(VillagerGroup.objects.filter(village=town.jinxing).values_list("name", flat=True))


def die_in(monkeypatch: Any, method: str, fault: BaseException) -> None:
    def dies(*args: Any, **kwargs: Any) -> Any:
        raise fault

    monkeypatch.setattr(type(registry.get("groups")), method, dies)


# --- asking ---------------------------------------------------------------------------------------------------


def test_an_export_is_made_and_its_owner_can_open_it(town: Town) -> None:
    job = ask(town)
    assert services.run_job(job.pk) == Job.DONE
    job.refresh_from_db()
    assert job.result.name == "金星村-村民组名册.xlsx"
    assert job.rows == 3
    page = load_workbook(content(job.result)).active
    assert "一组" in [row[0].value for row in page.iter_rows()]
    assert job.result.keep_until == clock.now() + dt.timedelta(days=7)


def test_asking_twice_while_it_is_being_made_is_one_job(town: Town) -> None:
    assert ask(town) == ask(town)
    assert ask(town, actor=town.office) != ask(town)


def test_a_neighbours_secretary_and_a_grid_worker_may_not_ask(town: Town) -> None:
    for actor in (town.neighbour, town.worker, town.supervisor, town.nobody):
        with pytest.raises(PermissionDenied):
            ask(town, actor=actor)
        with pytest.raises(PermissionDenied):
            services.ask_examine(
                actor=actor, slug="groups", territory=town.jinxing, upload=io.BytesIO(b"x"), name="x"
            )
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"slug": "nothing"}, "没有这种台账"),
        ({"slug": "monthly"}, "月份写成 2026-10"),
        ({"slug": "monthly", "period": "2026-13"}, "月份写成 2026-10"),
        ({"slug": "monthly", "period": "2026-12"}, "这个月还没到"),
    ],
)
def test_a_wrong_wish_gets_a_sentence(town: Town, changes: dict, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        ask(town, **changes)


def test_full_numbers_need_the_verb_and_a_reason_and_are_logged(town: Town) -> None:
    with pytest.raises(PermissionDenied):
        ask(town, unmasked=True, reason="核对低保")
    with pytest.raises(ValidationError, match="为什么要完整号码"):
        ask(town, actor=town.office, unmasked=True)
    ask(town, actor=town.office, unmasked=True, reason="核对低保")
    logged = Unmasking.objects.get()
    assert (logged.actor, logged.territory, logged.reason) == (town.office, town.jinxing, "核对低保")


def test_whoever_lost_the_post_meanwhile_gets_no_file(town: Town) -> None:
    job = ask(town)
    Post.objects.filter(officer__user=town.secretary).update(until=dt.date(2026, 11, 22))
    assert services.run_job(job.pk) == Job.FAILED
    job.refresh_from_db()
    assert "不归您办" in job.why
    assert not StoredFile.objects.exists()


# --- dying, stopping, failing -----------------------------------------------------------------------------------


def test_a_worker_killed_halfway_is_replaced_and_there_is_one_result(town: Town, monkeypatch: Any) -> None:
    job = ask(town)
    with monkeypatch.context() as dying:
        die_in(dying, "rows", KeyboardInterrupt())  # nothing catches it, as nothing catches kill -9
        with pytest.raises(KeyboardInterrupt):
            services.run_job(job.pk)
    assert services.sweep()["done"] == 0, "the dead worker's lease still runs"
    with clock.stopped_at(clock.now() + LEASE + dt.timedelta(seconds=1)):
        assert services.sweep()["done"] == 1
        assert services.sweep()["done"] == 0
    job.refresh_from_db()
    assert (job.state, job.tries) == (Job.DONE, 2)
    assert StoredFile.objects.count() == 1


def test_a_slow_worker_that_lost_its_lease_keeps_nothing(town: Town, monkeypatch: Any) -> None:
    job = ask(town)
    rows = type(registry.get("groups")).rows

    def overtaken(self: Any, scope: Any) -> Any:
        monkeypatch.setattr(type(self), "rows", rows)
        Job.objects.filter(pk=job.pk).update(lease_until=clock.now() - LEASE)
        assert services.run_job(job.pk) == Job.DONE  # the second worker, while the first still writes
        yield from rows(self, scope)

    monkeypatch.setattr(type(registry.get("groups")), "rows", overtaken)
    assert services.run_job(job.pk) is None
    assert StoredFile.objects.count() == 1
    stored = StoredFile.objects.get()
    files = [path for path in settings.FILES_ROOT.rglob("*") if path.is_file()]
    assert settings.FILES_ROOT / stored.path in files
    assert content(stored)


def test_emptying_the_broker_loses_no_job(town: Town) -> None:
    jobs = [ask(town), ask(town, slug="monthly", period=MONTH), ask(town, actor=town.office)]
    # on_commit never ran in this test: no bell was rung at all.
    assert services.sweep()["done"] == 3
    assert {job.state for job in Job.objects.filter(pk__in=[j.pk for j in jobs])} == {Job.DONE}


def test_a_broker_that_is_away_does_not_fail_the_page(
    town: Town, monkeypatch: Any, django_capture_on_commit_callbacks: Any
) -> None:
    from ledgers import tasks

    def away(*args: Any, **kwargs: Any) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr(tasks.run, "delay", away)
    with django_capture_on_commit_callbacks(execute=True):
        job = ask(town)
    assert Job.objects.get(pk=job.pk).state == Job.WAITING


def test_only_the_jobs_number_travels_to_the_worker(
    town: Town, monkeypatch: Any, django_capture_on_commit_callbacks: Any
) -> None:
    from ledgers import tasks

    sent: list[tuple] = []
    monkeypatch.setattr(tasks.run, "delay", lambda *args: sent.append(args))
    with django_capture_on_commit_callbacks(execute=True):
        job = ask(town)
    assert sent == [(job.pk,)]


def test_a_stopped_job_saves_nothing(town: Town, monkeypatch: Any) -> None:
    job = ask(town)
    rows = type(registry.get("groups")).rows

    def stopped(self: Any, scope: Any) -> Any:
        assert services.stop(actor=town.secretary, job=job)
        yield from rows(self, scope)

    monkeypatch.setattr(type(registry.get("groups")), "rows", stopped)
    assert services.run_job(job.pk) is None
    job.refresh_from_db()
    assert (job.state, job.result) == (Job.STOPPED, None)
    assert not StoredFile.objects.exists()
    assert services.sweep()["done"] == 0


def test_nobody_stops_another_persons_job(town: Town) -> None:
    job = ask(town)
    assert not services.stop(actor=town.office, job=job)
    assert services.stop(actor=town.secretary, job=job)
    assert not services.stop(actor=town.secretary, job=job), "it is over"


def test_a_full_disk_is_said_and_the_job_can_be_done_again(town: Town, monkeypatch: Any) -> None:
    job = ask(town)
    with monkeypatch.context() as full:
        die_in(full, "rows", OSError(28, "No space left on device"))
        assert services.run_job(job.pk) == Job.FAILED
    job.refresh_from_db()
    assert job.why == "磁盘满了，什么都没存。腾出地方，再做一次。"
    repeated = services.again(actor=town.secretary, job=job)
    assert services.run_job(repeated.pk) == Job.DONE


def test_an_unforeseen_fault_is_told_without_its_insides(town: Town, monkeypatch: Any, caplog: Any) -> None:
    job = ask(town)
    die_in(monkeypatch, "rows", RuntimeError("column 张三丰 exploded"))
    assert services.run_job(job.pk) == Job.FAILED
    job.refresh_from_db()
    assert "再做一次" in job.why
    assert "exploded" not in job.why


def test_a_database_that_is_away_leaves_the_job_to_the_sweeper(town: Town, monkeypatch: Any) -> None:
    from django.db import OperationalError

    job = ask(town)
    with monkeypatch.context() as away:
        die_in(away, "rows", OperationalError("server closed the connection"))
        assert services.run_job(job.pk) == Job.WAITING
    assert services.sweep()["done"] == 1
    assert Job.objects.get(pk=job.pk).state == Job.DONE


def test_a_job_that_kills_every_worker_is_given_up_with_a_sentence(town: Town) -> None:
    job = ask(town)
    Job.objects.filter(pk=job.pk).update(tries=MOST_TRIES)
    assert services.sweep()["given_up"] == 1
    assert "什么都没存" in Job.objects.get(pk=job.pk).why


def test_two_workers_cannot_take_the_same_job(town: Town) -> None:
    job = ask(town)
    token = Job.objects.take(job.pk)
    assert token
    assert Job.objects.take(job.pk) is None
    job.refresh_from_db()
    with pytest.raises(LeaseLost):
        job.beat("another")


# --- coming in ----------------------------------------------------------------------------------------------------


def test_a_good_file_is_shown_first_and_saved_on_request(town: Town, sheet: Sheet) -> None:
    before = names(town)
    job = examine(town, sheet(("一组", 1), ("四组", 4)))
    assert job.state == Job.DONE, job.why
    assert job.report["counts"] == {"rows": 2, "created": 1, "updated": 0, "unchanged": 1, "refused": 0}
    assert job.report["lines"] == ["新增 四组"]
    assert names(town) == before, "a preview saves nothing"
    done = commit(town, job)
    assert (done.state, done.rows) == (Job.DONE, 2)
    assert "四组" in names(town)
    assert not StoredFile.objects.exists(), "the upload is removed at commit"


def test_the_same_file_again_changes_nothing_and_says_so(town: Town, sheet: Sheet) -> None:
    commit(town, examine(town, sheet(("四组", 4))))
    again = examine(town, sheet(("四组", 4)))
    assert again.report["counts"]["unchanged"] == 1
    assert commit(town, again).report["counts"]["created"] == 0


def test_a_faulty_file_is_refused_whole_and_comes_back_marked(town: Town, sheet: Sheet) -> None:
    job = examine(town, sheet(("四组", 4), ("坏组", 5), ("五组", "很多")))
    assert (job.report["bad_rows"], job.report["good_rows"]) == (2, 1)
    assert {fault["row"] for fault in job.report["faults"]} == {3, 4}
    assert "错误" in [
        cell.value for row in load_workbook(content(job.result)).active.iter_rows() for cell in row
    ]
    with pytest.raises(ValidationError, match="还有 2 行有错"):
        services.ask_commit(actor=town.secretary, examined=job)
    assert "四组" not in names(town)


def test_only_the_rows_without_a_fault_are_saved_when_somebody_chooses_so(town: Town, sheet: Sheet) -> None:
    job = examine(town, sheet(("四组", 4), ("坏组", 5)))
    done = commit(town, job, skip_bad=True)
    assert done.report["counts"] == {"rows": 2, "created": 1, "updated": 0, "unchanged": 0, "refused": 1}
    assert "四组" in names(town)
    assert "坏组" not in names(town)
    job.refresh_from_db()
    assert (job.upload, job.result) == (None, None)
    left = [cell.value for row in load_workbook(content(done.result)).active.iter_rows() for cell in row]
    assert "坏组" in left
    assert "四组" not in left, "what was saved is not left to do"


def test_when_the_register_changed_since_the_preview_nothing_is_saved(town: Town, sheet: Sheet) -> None:
    job = examine(town, sheet(("四组", 4), ("五组", 5)))
    VillagerGroup.objects.create(village=town.jinxing, name="四组", position=1, grid=town.grid1)
    done = commit(town, job)
    assert done.state == Job.FAILED
    assert "核对以后，花名册又有人改过" in done.why
    assert "五组" not in names(town)
    assert VillagerGroup.objects.get(village=town.jinxing, name="四组").position == 1


def test_a_commit_killed_halfway_saves_nothing_and_the_next_worker_saves_all(
    town: Town, sheet: Sheet, monkeypatch: Any
) -> None:
    job = services.ask_commit(actor=town.secretary, examined=examine(town, sheet(("四组", 4), ("五组", 5))))
    save = type(registry.get("groups")).save

    def dies(self: Any, plan: Any, context: Any) -> None:
        save(self, plan, context)
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(type(registry.get("groups")), "save", dies)
        with pytest.raises(KeyboardInterrupt):
            services.run_job(job.pk)
    assert "四组" not in names(town)
    with clock.stopped_at(clock.now() + LEASE + dt.timedelta(seconds=1)):
        services.sweep()
    assert {"四组", "五组"} <= set(names(town))


def test_pressing_save_twice_saves_once(town: Town, sheet: Sheet) -> None:
    job = examine(town, sheet(("四组", 4)))
    first = services.ask_commit(actor=town.secretary, examined=job)
    assert services.ask_commit(actor=town.secretary, examined=job) == first
    services.run_job(first.pk)
    assert services.ask_commit(actor=town.secretary, examined=job) == first


@pytest.mark.parametrize(
    ("upload", "sentence"),
    [
        (io.BytesIO(b"PK\x03\x04 not a workbook"), "。"),
        (io.BytesIO(b"<html>"), "。"),
    ],
)
def test_a_broken_file_gets_a_sentence_and_no_preview(town: Town, upload: io.BytesIO, sentence: str) -> None:
    job = examine(town, upload)
    assert job.state == Job.FAILED
    assert sentence in job.why


def test_an_empty_and_a_huge_file_are_refused_before_they_are_read(town: Town, monkeypatch: Any) -> None:
    with pytest.raises(ValidationError, match="空的"):
        examine(town, io.BytesIO())
    monkeypatch.setattr("ledgers.asking.MOST_BYTES", 10)
    with pytest.raises(ValidationError, match="超过 20 MB"):
        examine(town, io.BytesIO(b"x" * 11))
    assert not StoredFile.objects.exists()


def test_identity_numbers_and_phones_are_in_no_report_wherever_they_were_typed(
    town: Town, sheet: Sheet
) -> None:
    number, short, phone = "349901195001020013", "34990119500102001", "19900000001"
    job = examine(
        town,
        sheet(
            (f"坏{number}", 1, number),
            (f"大{phone}", 2, short),
            (f"大 {short}", f"{number}", None),
            headings=("组名", "顺序", "身份证号"),
        ),
    )
    text = str(job.report)
    for secret in (number, short, phone, "19500102"):
        assert secret not in text
    assert "349901" in text


def test_uploads_and_reports_go_after_a_day_and_results_after_a_week(town: Town, sheet: Sheet) -> None:
    job = examine(town, sheet(("坏组", 4)))
    made = ask(town)
    services.run_job(made.pk)
    with clock.stopped_at(clock.now() + dt.timedelta(hours=25)):
        assert services.tidy()["files"] == 2
        job.refresh_from_db()
        assert (job.upload, job.result) == (None, None)
        assert "faults" not in job.report
        assert job.report["bad_rows"] == 1
        with pytest.raises(ValidationError, match="24 小时"):
            services.again(actor=town.secretary, job=job)
    with clock.stopped_at(clock.now() + dt.timedelta(days=8)):
        services.tidy()
        assert not StoredFile.objects.exists()


def test_who_decides_not_to_import_leaves_nothing_behind(town: Town, sheet: Sheet) -> None:
    job = examine(town, sheet(("坏组", 4)))
    services.drop(actor=town.secretary, examined=job)
    assert not StoredFile.objects.exists()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("C:\\Users\\何\\花名册.xlsx", "花名册.xlsx"),
        ("../../etc/passwd", "passwd"),
        ("张三349901195001020013.xlsx", "张三349901××××××××××××.xlsx"),
        ("\u202excod\x00.xlsx", "xcod.xlsx"),
        ("", "表.xlsx"),
    ],
)
def test_a_files_name_carries_neither_path_nor_a_persons_number(name: str, kept: str) -> None:
    assert clean_name(name) == kept
