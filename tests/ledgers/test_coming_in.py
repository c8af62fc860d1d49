"""A workbook comes in: shown first, saved whole on request, and nothing of it stays longer than it must."""

import datetime as dt
import io
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from openpyxl import load_workbook

from core import clock
from core.ledger import registry
from core.work import LEASE
from grids.models import VillagerGroup
from ledgers import services
from ledgers.models import Job, StoredFile
from tests.ledgers.jobs import Sheet, ask, commit, content, examine, names
from tests.people import Town

pytestmark = pytest.mark.usefixtures("ledgers", "november")


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
