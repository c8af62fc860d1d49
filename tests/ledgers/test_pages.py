"""The desk's pages of the ledgers: generate and download; upload, look, save."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from accounts import second_factor
from core import clock
from grids.models import VillagerGroup
from ledgers import services
from ledgers.models import Job, StoredFile
from tests.people import Town

pytestmark = [pytest.mark.usefixtures("ledgers"), pytest.mark.slow]
Sheet = Callable[..., io.BytesIO]


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with clock.stopped_at("2026-11-23T09:50"):
        yield


@pytest.fixture
def passed(monkeypatch: Any) -> None:
    """Everybody passed the second factor on this device."""
    monkeypatch.setattr(second_factor, "passed", lambda request: True)


@pytest.fixture
def desk(town: Town, passed: None) -> Callable[[str], Client]:
    def signed_in(part: str) -> Client:
        client = Client()
        client.force_login(getattr(town, part))
        return client

    return signed_in


def generate(client: Client, place: Any, slug: str = "groups", **more: str) -> Any:
    return client.post(reverse("ledgers:generate", args=[slug]), {"place": place.pk} | more)


def upload(client: Client, place: Any, file: io.BytesIO, **more: str) -> Any:
    file.name = "金星村.xlsx"
    return client.post(reverse("ledgers:imports"), {"slug": "groups", "place": place.pk, "file": file} | more)


def page(answer: Any) -> str:
    return answer.content.decode()


def test_the_secretary_generates_a_ledger_and_downloads_it(town: Town, desk: Any) -> None:
    client = desk("secretary")
    assert generate(client, town.jinxing).status_code == 302
    job = Job.objects.get()
    shown = page(client.get(reverse("ledgers:ledger", args=["groups"])))
    assert "排着队" in shown
    assert "停下" in shown
    services.run_job(job.pk)
    shown = page(client.get(reverse("ledgers:ledger", args=["groups"])))
    assert "金星村-村民组名册.xlsx" in shown
    answer = client.get(reverse("ledgers:download", args=[job.pk]))
    assert "no-store" in answer["Cache-Control"]
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    assert "一组" in [cell.value for row in book.active.iter_rows() for cell in row]


def test_progress_is_asked_for_until_it_is_over_and_then_the_page_is_drawn_anew(
    town: Town, desk: Any
) -> None:
    client = desk("secretary")
    generate(client, town.jinxing)
    job = Job.objects.get()
    Job.objects.filter(pk=job.pk).update(state=Job.RUNNING, lease="x", done=41, total=64)
    line = client.get(reverse("ledgers:job", args=[job.pk]), headers={"HX-Request": "true"})
    assert "写第 41 行，共 64 行" in page(line)
    assert "hx-get" in page(line)
    assert "HX-Refresh" not in line
    Job.objects.filter(pk=job.pk).update(state=Job.DONE)
    line = client.get(reverse("ledgers:job", args=[job.pk]), headers={"HX-Request": "true"})
    assert line["HX-Refresh"] == "true"
    assert "hx-get" not in page(line)


def test_an_examination_and_a_commit_tell_how_many_rows_are_done(town: Town, desk: Any, sheet: Sheet) -> None:
    client = desk("secretary")
    upload(client, town.jinxing, sheet(("四组", 4)))
    job = Job.objects.get()
    address = reverse("ledgers:job", args=[job.pk])
    Job.objects.filter(pk=job.pk).update(state=Job.RUNNING, lease="x")
    assert "正在打开表" in page(client.get(address, headers={"HX-Request": "true"}))
    Job.objects.filter(pk=job.pk).update(done=150, total=604)
    line = page(client.get(address, headers={"HX-Request": "true"}))
    assert "看到第 150 行，共 604 行" in line
    assert '<progress max="604" value="150"' in line
    assert "停下" in line
    Job.objects.filter(pk=job.pk).update(kind=Job.COMMIT)
    assert "再看第 150 行，共 604 行" in page(client.get(address, headers={"HX-Request": "true"}))
    Job.objects.filter(pk=job.pk).update(done=604)
    assert "正在存，共 604 行" in page(client.get(address, headers={"HX-Request": "true"}))


def test_without_script_a_link_asks_how_far_it_is(town: Town, desk: Any) -> None:
    client = desk("secretary")
    address = reverse("ledgers:ledger", args=["groups"])
    assert "<noscript>" not in page(client.get(address))
    generate(client, town.jinxing)
    assert f'<noscript><a href="{address}">' in page(client.get(address))


def test_anothers_job_does_not_exist_even_for_the_town_office(town: Town, desk: Any) -> None:
    generate(desk("secretary"), town.jinxing)
    job = Job.objects.get()
    services.run_job(job.pk)
    for part in ("office", "neighbour"):
        client = desk(part)
        assert client.get(reverse("ledgers:download", args=[job.pk])).status_code == 404
        assert client.get(reverse("ledgers:job", args=[job.pk])).status_code == 404
        assert client.post(reverse("ledgers:stop", args=[job.pk])).status_code == 404
        assert client.post(reverse("ledgers:again", args=[job.pk])).status_code == 404
        assert "金星村-村民组" not in page(client.get(reverse("ledgers:desk")))


def test_before_the_first_export_the_second_factor_is_asked(town: Town) -> None:
    client = Client()
    client.force_login(town.secretary)
    answer = generate(client, town.jinxing)
    assert answer.status_code == 302
    assert reverse("accounts:second_factor") in answer["Location"]
    assert not Job.objects.exists()


def test_a_stranger_village_cannot_be_asked_for(town: Town, desk: Any) -> None:
    assert generate(desk("secretary"), town.qiaoji).status_code == 404
    assert generate(desk("secretary"), town.town).status_code == 404
    assert generate(desk("worker"), town.jinxing).status_code == 403
    assert not Job.objects.exists()


def test_a_month_that_is_none_gets_a_sentence(town: Town, desk: Any) -> None:
    client = desk("secretary")
    answer = generate(client, town.jinxing, "monthly", month="2026-13")
    assert "月份写成 2026-10 这样" in page(client.get(answer["Location"].split("?")[0]))
    assert client.post(reverse("ledgers:generate", args=["groups"]), {"place": "x"}).status_code == 400
    assert generate(client, town.jinxing, "nothing").status_code == 404


def test_all_ledgers_of_the_month_at_one_press(town: Town, desk: Any) -> None:
    client = desk("secretary")
    client.post(
        reverse("ledgers:generate_all"), {"place": town.jinxing.pk, "month": "2026-10", "slug": "groups"}
    )
    assert set(Job.objects.values_list("slug", "period")) == {("groups", ""), ("monthly", "2026-10")}


def test_a_stopped_job_can_be_done_again(town: Town, desk: Any) -> None:
    client = desk("secretary")
    generate(client, town.jinxing)
    job = Job.objects.get()
    client.post(reverse("ledgers:stop", args=[job.pk]))
    job.refresh_from_db()
    assert job.state == Job.STOPPED
    assert "再做一次" in page(client.get(reverse("ledgers:desk")))
    client.post(reverse("ledgers:again", args=[job.pk]))
    assert Job.objects.filter(state=Job.WAITING).count() == 1


def test_an_expired_file_is_not_found(town: Town, desk: Any) -> None:
    client = desk("secretary")
    generate(client, town.jinxing)
    job = Job.objects.get()
    services.run_job(job.pk)
    with clock.stopped_at("2026-12-01T10:00"):
        client = desk("secretary")
        assert client.get(reverse("ledgers:download", args=[job.pk])).status_code == 404


# --- in ---------------------------------------------------------------------------------------------------------------


def test_upload_preview_save(town: Town, desk: Any, sheet: Sheet) -> None:
    client = desk("secretary")
    answer = upload(
        client, town.jinxing, sheet(("一组", 0), ("四组", 4), headings=("组名", "顺序", "身份证号"))
    )
    job = Job.objects.get()
    assert answer["Location"] == reverse("ledgers:import", args=[job.pk])
    services.run_job(job.pk)
    shown = page(client.get(answer["Location"]))
    assert "现在一行都还没存" in shown
    assert "“组名”按“村民组”读" in shown
    assert "新增 四组" in shown
    assert "存入 2 行" in shown
    client.post(reverse("ledgers:choose", args=[job.pk]), {"how": "all"})
    commit = Job.objects.get(kind=Job.COMMIT)
    assert "正在存" in page(client.get(answer["Location"])) or "排着队" in page(
        client.get(answer["Location"])
    )
    services.run_job(commit.pk)
    shown = page(client.get(answer["Location"]))
    assert "存好了" in shown
    assert "现在一行都还没存" not in shown
    assert VillagerGroup.objects.filter(village=town.jinxing, name="四组").exists()


def test_a_faulty_file_shows_row_column_what_is_written_what_is_wrong_and_how_to_mend_it(
    town: Town, desk: Any, sheet: Sheet
) -> None:
    client = desk("secretary")
    answer = upload(client, town.jinxing, sheet(("四组", 4), ("坏组", 5), ("大组", 6)))
    job = Job.objects.get()
    services.run_job(job.pk)
    shown = page(client.get(answer["Location"]))
    for words in (
        ">第 3 行</td>",
        "村民组",
        "坏组",
        "不能叫这个名字",
        "换一个",
        "下载标好错的表",
        "只存没错的行",
    ):
        assert words in shown
    assert "看看对不对" in page(client.get(answer["Location"] + "?tab=warnings"))
    assert client.get(answer["Location"] + "?tab=nothing").status_code == 404
    mended = client.post(reverse("ledgers:choose", args=[job.pk]), {"how": "mend"}, follow=True)
    assert "错误" in [
        c.value for r in load_workbook(io.BytesIO(b"".join(mended.streaming_content))).active for c in r
    ]
    assert "只存没错的，留下的是表里第 3 行。" in shown
    client.post(reverse("ledgers:choose", args=[job.pk]), {"how": "all"})
    assert "还有 1 行有错" in page(client.get(answer["Location"]))
    assert not Job.objects.filter(kind=Job.COMMIT).exists()
    client.post(reverse("ledgers:choose", args=[job.pk]), {"how": "good"})
    commit = Job.objects.get(kind=Job.COMMIT)
    services.run_job(commit.pk)
    shown = page(client.get(answer["Location"]))
    assert "留下 1 行没存" in shown
    assert "没存的是表里第 3 行。" in shown
    assert client.get(reverse("ledgers:download", args=[commit.pk])).status_code == 200


def test_nobody_else_sees_a_preview_or_its_returned_file(town: Town, desk: Any, sheet: Sheet) -> None:
    answer = upload(desk("secretary"), town.jinxing, sheet(("坏组", 4)))
    job = Job.objects.get()
    services.run_job(job.pk)
    for part in ("office", "neighbour", "worker"):
        client = desk(part)
        assert client.get(answer["Location"]).status_code == 404
        assert client.get(reverse("ledgers:download", args=[job.pk])).status_code == 404
        assert client.post(reverse("ledgers:choose", args=[job.pk]), {"how": "good"}).status_code == 404
        assert client.post(reverse("ledgers:drop", args=[job.pk])).status_code == 404


def test_another_villages_roster_cannot_be_brought_in(town: Town, desk: Any, sheet: Sheet) -> None:
    assert upload(desk("secretary"), town.qiaoji, sheet(("四组", 4))).status_code == 404
    assert upload(desk("worker"), town.jinxing, sheet(("四组", 4))).status_code == 403
    assert not StoredFile.objects.exists()


def test_200_megabytes_are_refused_with_a_sentence_before_anything_is_read(town: Town, desk: Any) -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            Endless.given += size
            return b"x" * size

    client = desk("secretary")
    client.handler.enforce_csrf_checks = True
    length = 200 * 1024 * 1024
    answer = client.generic(
        "POST",
        reverse("ledgers:imports"),
        b"",
        "multipart/form-data; boundary=x",
        **{"wsgi.input": Endless(), "CONTENT_LENGTH": str(length)},
    )
    assert answer.status_code == 413
    assert "超过 20 MB" in page(answer)
    assert not Job.objects.exists()


def test_a_file_that_lies_about_its_size_is_refused_too(town: Town, desk: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("ledgers.uploads.MOST_BYTES", 100_000)
    monkeypatch.setattr("ledgers.uploads.AROUND", 10**9)
    answer = upload(desk("secretary"), town.jinxing, io.BytesIO(b"x" * 200_000))
    assert answer.status_code in (400, 422)
    assert not Job.objects.exists()


def test_a_form_from_another_site_brings_nothing_in(town: Town, desk: Any, sheet: Sheet) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(town.secretary)
    assert upload(client, town.jinxing, sheet(("四组", 4))).status_code == 403
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"as_of": "2027-01-01"}, "这一天还没到"),
        ({"as_of": "10月"}, "日期写成 2026-11-23"),
        ({"slug": "monthly"}, "不能导入"),
    ],
)
def test_a_wrong_field_gets_its_sentence_and_the_form_again(
    town: Town, desk: Any, sheet: Sheet, more: dict[str, str], sentence: str
) -> None:
    answer = upload(desk("secretary"), town.jinxing, sheet(("四组", 4)), **more)
    assert answer.status_code == 422
    assert sentence in page(answer)
    no_file = desk("secretary").post(reverse("ledgers:imports"), {"slug": "groups", "place": town.jinxing.pk})
    assert "选一个文件" in page(no_file)


def test_an_empty_workbook_to_fill_in(town: Town, desk: Any) -> None:
    client = desk("secretary")
    address = reverse("ledgers:blank", args=["groups"])
    assert address in page(client.get(reverse("ledgers:imports")))
    headings = [c.value for row in load_workbook(io.BytesIO(client.get(address).content)).active for c in row]
    assert {"村民组", "顺序", "身份证号"} <= set(headings)
    assert client.get(reverse("ledgers:blank", args=["monthly"])).status_code == 404
    assert desk("worker").get(address).status_code == 403


def test_not_importing_after_all_removes_the_file(town: Town, desk: Any, sheet: Sheet) -> None:
    client = desk("secretary")
    upload(client, town.jinxing, sheet(("四组", 4)))
    job = Job.objects.get()
    services.run_job(job.pk)
    client.post(reverse("ledgers:drop", args=[job.pk]))
    assert not StoredFile.objects.exists()
    assert client.get(reverse("ledgers:import", args=[job.pk])).status_code == 200


@pytest.mark.parametrize("address", ["ledgers:desk", "ledgers:imports", "desk"])
def test_the_number_of_queries_does_not_grow_with_the_jobs(town: Town, desk: Any, address: str) -> None:
    client = desk("secretary")
    client.get(reverse(address))  # the session is written once
    counts = []
    for _ in range(2):
        for kind in [Job.EXPORT, Job.EXAMINE] * 4:
            job = Job(owner=town.secretary, kind=kind, slug="groups", territory=town.jinxing)
            job.made_at, job.state = clock.now(), Job.DONE
            job.save()
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse(address)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_who_has_no_post_is_told_whom_to_ask(town: Town, desk: Any) -> None:
    shown = page(desk("nobody").get(reverse("desk"), follow=True))
    assert "村党组织书记" in shown or "镇办公室" in shown
    assert desk("nobody").get(reverse("ledgers:desk")).status_code == 403
    assert desk("nobody").get(reverse("ledgers:imports")).status_code == 403
