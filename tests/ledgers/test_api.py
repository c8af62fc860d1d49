"""The API of the ledgers: the same verbs, the same refusals, one's own jobs only."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts import second_factor
from core import clock
from ledgers import services
from ledgers.models import Job
from tests.people import Town

pytestmark = pytest.mark.usefixtures("ledgers")
REFUSED = (400, 422)


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with clock.stopped_at("2026-11-23T09:50"):
        yield


@pytest.fixture
def api(town: Town, monkeypatch: Any) -> Callable[[str], APIClient]:
    monkeypatch.setattr(second_factor, "passed", lambda request: True)

    def signed_in(part: str) -> APIClient:
        client = APIClient()
        client.force_login(getattr(town, part))
        return client

    return signed_in


def export(client: APIClient, **more: Any) -> Any:
    return client.post("/api/ledgers/groups/export/", {"territory": "金星村"} | more, format="json")


def test_a_stranger_without_sign_in_gets_401(town: Town) -> None:
    for path in ("/api/ledgers/", "/api/jobs/", "/api/jobs/1/", "/api/jobs/1/download/"):
        assert APIClient().get(path).status_code in (401, 403)
    assert export(APIClient()).status_code in (401, 403)


def test_the_catalogue_tells_columns_and_periods(api: Any) -> None:
    found = api("secretary").get("/api/ledgers/").json()
    assert [(each["slug"], each["period"], each["importable"]) for each in found] == [
        ("groups", None, True),
        ("monthly", "month", False),
    ]
    assert found[0]["columns"] == ["村民组", "顺序", "身份证号"]
    assert api("worker").get("/api/ledgers/").status_code == 403


def test_export_then_job_then_download(town: Town, api: Any) -> None:
    client = api("secretary")
    answer = export(client)
    assert answer.status_code == 202
    pk = answer.json()["job"]
    assert client.get(f"/api/jobs/{pk}/").json()["state"] == "waiting"
    assert client.get(f"/api/jobs/{pk}/download/").status_code == 404
    services.run_job(pk)
    job = client.get(f"/api/jobs/{pk}/").json()
    assert (job["state"], job["rows"], job["file"]) == ("done", 3, "金星村-村民组名册.xlsx")
    answer = client.get(f"/api/jobs/{pk}/download/")
    assert b"".join(answer.streaming_content).startswith(b"PK")
    assert [each["id"] for each in client.get("/api/jobs/").json()["results"]] == [pk]


def test_a_field_that_is_not_known_is_refused_and_no_other_month_is_made(api: Any) -> None:
    asked = {"territory": "金星村", "month": "2026-10"}
    refused = api("secretary").post("/api/ledgers/monthly/export/", asked, format="json")
    assert refused.status_code == 422
    assert "period" in refused.json()["errors"]["month"][0]
    assert not Job.objects.exists()


def test_a_village_by_its_code_and_a_month(town: Town, api: Any) -> None:
    client = api("secretary")
    asked = {"territory": town.jinxing.code, "period": "2026-10"}
    assert client.post("/api/ledgers/monthly/export/", asked, format="json").status_code == 202
    assert (
        client.post("/api/ledgers/monthly/export/", asked | {"period": "10月"}, format="json").status_code
        in REFUSED
    )
    assert client.post("/api/ledgers/nothing/export/", asked, format="json").status_code == 404


def test_a_neighbours_village_and_an_unknown_one_are_the_same_404(api: Any) -> None:
    client = api("secretary")
    strange, unknown = export(client, territory="桥集村"), export(client, territory="无此村")
    assert strange.status_code == unknown.status_code == 404
    assert strange.json() == unknown.json()
    assert export(api("worker")).status_code == 403
    assert not Job.objects.exists()


def test_another_persons_job_is_404_even_for_the_office(api: Any) -> None:
    pk = export(api("secretary")).json()["job"]
    services.run_job(pk)
    for part in ("office", "neighbour", "nobody"):
        client = api(part)
        for path in ("", "download/"):
            assert client.get(f"/api/jobs/{pk}/{path}").status_code == 404
        assert client.post(f"/api/jobs/{pk}/stop/").status_code == 404
        assert client.post(f"/api/imports/{pk}/commit/", {}, format="json").status_code in (403, 404)
        assert client.get("/api/jobs/").json()["results"] == []


def test_stop_once(api: Any) -> None:
    client = api("secretary")
    pk = export(client).json()["job"]
    assert client.post(f"/api/jobs/{pk}/stop/").json()["state"] == "stopped"
    assert client.post(f"/api/jobs/{pk}/stop/").status_code == 409


def test_without_the_second_factor_nothing_goes_out(town: Town) -> None:
    client = APIClient()
    client.force_login(town.secretary)
    answer = export(client)
    assert answer.status_code == 403
    assert "第二道验证" in answer.json()["detail"]


def test_import_examine_commit(town: Town, api: Any, sheet: Any) -> None:
    client = api("secretary")
    file = sheet(("四组", 4))
    file.name = "组.xlsx"
    answer = client.post(
        "/api/imports/", {"file": file, "slug": "groups", "territory": "金星村"}, format="multipart"
    )
    assert answer.status_code == 202
    pk = answer.json()["job"]
    assert client.post(f"/api/imports/{pk}/commit/", {}, format="json").status_code in REFUSED
    services.run_job(pk)
    assert client.get(f"/api/jobs/{pk}/").json()["report"]["counts"]["created"] == 1
    answer = client.post(f"/api/imports/{pk}/commit/", {"skip_bad": False}, format="json")
    assert answer.status_code == 202
    services.run_job(answer.json()["job"])
    assert client.get(f"/api/jobs/{answer.json()['job']}/").json()["rows"] == 1


def test_a_strangers_village_and_a_missing_file(town: Town, api: Any, sheet: Any) -> None:
    client = api("secretary")
    file = sheet(("四组", 4))
    file.name = "组.xlsx"
    answer = client.post(
        "/api/imports/", {"file": file, "slug": "groups", "territory": "桥集村"}, format="multipart"
    )
    assert answer.status_code == 404
    asked = {"slug": "groups", "territory": "金星村"}
    assert client.post("/api/imports/", asked, format="multipart").status_code in REFUSED


def test_a_file_that_is_too_large_gets_413_and_a_sentence(town: Town, api: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("ledgers.uploads.MOST_BYTES", 1000)
    monkeypatch.setattr("ledgers.uploads.AROUND", 0)
    asked = {"file": io.BytesIO(b"x" * 2000), "slug": "groups", "territory": "金星村"}
    answer = api("secretary").post("/api/imports/", asked, format="multipart")
    assert answer.status_code == 413
    assert "超过 20 MB" in answer.content.decode()
    assert not Job.objects.exists()
