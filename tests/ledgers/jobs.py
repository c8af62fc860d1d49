"""Jobs as tests ask for them and have them done at once, in the process of the test."""

import io
from collections.abc import Callable
from typing import Any

from django.test import TestCase

from core.ledger import registry
from grids.models import VillagerGroup
from ledgers import services
from ledgers.models import Job, StoredFile
from tests.people import Town

MONTH = "2026-10"
Sheet = Callable[..., io.BytesIO]


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
