"""The desk's pages of sealed months: a year at a glance, one month, the buttons of village and town, the files."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from ledgers import files, services, tasks
from ledgers.models import Job, Package, SealedFile, SealedMonth
from tests.factor import client_of
from tests.ledgers.months import OCTOBER, on_the_third, seal, sealed, submit, visit
from tests.people import Town

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def kept_alone(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT, settings.FILES_ROOT = tmp_path / "media", tmp_path / "files"


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    with on_the_third() as cast:
        yield cast


def page(client: Any, village: Any = None, month: str = "2026-10") -> str:
    address = reverse("ledgers:month", args=[village.pk, month]) if village else reverse("ledgers:months")
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def do(client: Any, what: str, village: Any, month: str = "2026-10", **said: str) -> str:
    """Press a button; the page on which one lands."""
    address = reverse(f"ledgers:{what}", args=[village.pk, month])
    return client.post(address, said, follow=True).content.decode()


def test_from_the_secretarys_button_to_the_sealed_file(town: Town) -> None:
    village, hers, office = town.jinxing, client_of(town.secretary), client_of(town.office)
    assert "金星村2026年10月的台账还没报" in page(hers)
    assert "报给镇里" in page(hers, village)
    assert "封存</button>" not in page(hers, village)
    assert "报上去了，等镇办公室封存" in do(hers, "submit_month", village)
    assert "还没报" not in page(hers)
    assert "金书记" in page(office)
    assert "金星村2026年10月封存了，第 1 版" in do(office, "seal_month", village)
    shown = page(hers, village)
    assert "没有改过，和封存时一样" in shown
    file = SealedFile.objects.get(of__village=village, slug="visits")
    assert file.sha256 in shown
    answer = hers.get(reverse("ledgers:sealed_file", args=[file.pk]))
    assert b"".join(answer.streaming_content) == b"".join(services.open_kept(file))
    assert int(answer["Content-Length"]) == file.size
    assert "no-store" in answer["Cache-Control"]


def test_each_refusal_is_a_sentence_on_the_page(town: Town) -> None:
    hers, office = client_of(town.secretary), client_of(town.office)
    assert "还没过完，到2026年12月1日才能报" in do(hers, "submit_month", town.jinxing, "2026-11")
    assert "2026年12月1日起才能报" in page(hers, town.jinxing, "2026-11")
    assert "还没报上来" in do(office, "seal_month", town.jinxing)
    sealed(town)
    assert "已经封存了：陈办，11月3日 9:30" in do(office, "seal_month", town.jinxing)
    assert "写上为什么" in do(office, "reopen_month", town.jinxing, reason="")
    assert "第 2 版" in do(office, "reopen_month", town.jinxing, reason="漏了一户")
    assert "漏了一户" in page(hers, town.jinxing)
    for wrong in ("2026-13", "十月"):
        assert hers.get(reverse("ledgers:month", args=[town.jinxing.pk, wrong])).status_code == 404


def test_a_full_disk_is_told_and_nothing_is_sealed(town: Town, monkeypatch: Any) -> None:
    submit(town)

    def full(*args: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ledgers.months.write_kept", full)
    assert "磁盘满了" in do(client_of(town.office), "seal_month", town.jinxing)
    assert SealedMonth.objects.get().state == SealedMonth.SUBMITTED


def test_sealing_opening_and_downloading_need_the_second_factor(town: Town) -> None:
    submit(town)
    bare = client_of(town.office, factor=False)
    for what in ("seal_month", "reopen_month"):
        answer = bare.post(reverse(f"ledgers:{what}", args=[town.jinxing.pk, "2026-10"]), {"reason": "x"})
        assert answer.status_code == 302
        assert reverse("accounts:second_factor") in answer["Location"]
    assert SealedMonth.objects.get().state == SealedMonth.SUBMITTED
    row = seal(town)
    package = services.ask_package(actor=town.office, territory=town.town, month=OCTOBER)
    for name, pk in (("sealed_file", row.files.first().pk), ("package", package.pk)):
        answer = bare.get(reverse(f"ledgers:{name}", args=[pk]))
        assert reverse("accounts:second_factor") in answer["Location"]


def test_the_neighbour_sees_neither_month_nor_file(town: Town) -> None:
    row = sealed(town)
    client = client_of(town.neighbour)
    assert "金星村" not in page(client)
    for name, args in (("month", [town.jinxing.pk, "2026-10"]), ("sealed_file", [row.files.first().pk])):
        assert client.get(reverse(f"ledgers:{name}", args=args)).status_code == 404
    assert client.post(reverse("ledgers:submit_month", args=[town.jinxing.pk, "2026-10"])).status_code == 404


def test_who_only_sees_the_catalogue_reads_how_far_but_neither_files_nor_what_changed(town: Town) -> None:
    sealed(town)
    party = town.post("dangjian", "党办", "party", town.town)
    visit(town, town.li, "2026-10-20")
    client = client_of(party)
    shown = page(client, town.jinxing)
    assert "封存了" in shown
    assert "下载" not in shown
    assert town.li.head_name not in shown
    file = SealedFile.objects.first()
    assert client.get(reverse("ledgers:sealed_file", args=[file.pk])).status_code == 403


def test_a_changed_file_is_not_served_and_the_page_says_why(town: Town) -> None:
    file = sealed(town).files.get(slug="visits")
    path = files.kept_root() / file.path
    path.write_bytes(path.read_bytes()[:-2] + b"zz")
    answer = client_of(town.office).get(reverse("ledgers:sealed_file", args=[file.pk]), follow=True)
    assert "和封存的时候不一样了，不能下载" in answer.content.decode()
    assert not answer.streaming


def test_the_api_serves_the_sealed_bytes(town: Town) -> None:
    file = sealed(town).files.get(slug="five-visits")
    visit(town, town.li, "2026-10-20")
    client = client_of(town.secretary)
    asked = {"territory": "金星村", "period": "2026-10"}
    answer = client.post("/api/ledgers/five-visits/export/", asked, content_type="application/json")
    job = answer.json()["job"]
    services.run_job(job)
    got = client.get(f"/api/jobs/{job}/download/")
    assert b"".join(got.streaming_content) == b"".join(services.open_kept(file))
    refused = client_of(town.office).post(
        "/api/ledgers/five-visits/export/",
        asked | {"unmasked": True, "reason": "x"},
        content_type="application/json",
    )
    assert refused.status_code == 422
    assert "号码是遮住的" in refused.content.decode()


def test_the_ledgers_page_says_that_the_month_is_sealed(town: Town) -> None:
    client = client_of(town.secretary)
    address = f"{reverse('ledgers:ledger', args=['visits'])}?place={town.jinxing.pk}&month=2026-10"
    said = "下载的是第 1 版封存稿"
    assert said not in client.get(address).content.decode()
    sealed(town)
    assert said in client.get(address).content.decode()
    assert said not in client.get(address.replace("2026-10", "2026-11")).content.decode()


def test_what_was_done_since_is_on_the_page_and_in_the_year(town: Town) -> None:
    row = sealed(town)
    client = client_of(town.secretary)
    with clock.stopped_at("2026-11-10T15:20"):
        visit(town, town.li, "2026-10-20")
        shown = page(client, town.jinxing)
        assert "补录：10月20日的走访" in shown
        assert "生成差异表" in shown
        assert services.compare_months() == 1
        row.refresh_from_db()
        assert row.differences
        assert f"差 {row.differences} 处" in page(client)
        client.post(
            reverse("ledgers:generate", args=["differences"]), {"place": town.jinxing.pk, "month": "2026-10"}
        )
        assert Job.objects.get().slug == "differences"


def test_the_year_says_when_it_counted_and_counts_at_ones_wish(
    town: Town, django_capture_on_commit_callbacks: Any, monkeypatch: Any
) -> None:
    client = client_of(town.secretary)
    assert "差几处" not in page(client)
    sealed(town)
    assert "上一次是今天 9:30" in page(client)
    with clock.stopped_at("2026-11-10T01:10"):
        services.compare_months()
    with clock.stopped_at("2026-11-10T15:20"):
        visit(town, town.li, "2026-10-20")
        shown = page(client)
        assert "上一次是今天 1:10。那以后补录、更正的还没数进去" in shown
        assert "差 " not in shown
        monkeypatch.setattr(tasks.compare_months, "apply_async", lambda *args, **more: tasks.compare_months())
        with django_capture_on_commit_callbacks(execute=True):
            client.post(reverse("ledgers:count"))
        shown = page(client)
        assert "上一次是今天 15:20" in shown
        assert "差 " in shown


def test_the_year_says_of_every_month_how_far_it_is(town: Town) -> None:
    sealed(town)
    shown = page(client_of(town.secretary))
    for month, word in ((8, "没有"), (9, "没报"), (10, "封存"), (11, "在记"), (12, "没到")):
        assert f"{month}月<small>" in shown
        assert word in shown.split(f"{month}月<small>")[1].split("</small>")[0]


def test_a_year_of_more_villages_asks_no_more_questions(town: Town) -> None:
    def asked() -> int:
        client = client_of(town.office)
        page(client)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page(client)
        return len(queries)

    submit(town)
    before = asked()
    submit(town, actor=town.neighbour, village=town.qiaoji)
    services.ensure_months(OCTOBER.previous)
    assert asked() == before


def test_a_package_is_asked_for_made_and_downloaded(town: Town) -> None:
    client = client_of(town.office)
    asked = {"place": town.town.pk, "month": "2026-10"}
    shown = client.post(reverse("ledgers:pack"), asked, follow=True).content.decode()
    assert "在做" in shown
    package = Package.objects.get()
    answer = client.get(reverse("ledgers:package", args=[package.pk]), follow=True)
    assert "这个包不在了" in answer.content.decode()
    services.run_package(package.pk)
    answer = client.get(reverse("ledgers:package", args=[package.pk]))
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert archive.testzip() is None
    assert "桥集村/桥集村-走访日志-2026-10.xlsx" in archive.namelist()
    assert client_of(town.secretary).get(reverse("ledgers:package", args=[package.pk])).status_code == 404
    for month in ("2026-13", "2027-01"):
        shown = client.post(reverse("ledgers:pack"), asked | {"month": month}, follow=True).content.decode()
        assert "note-no" in shown
