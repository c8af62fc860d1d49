"""What may be asked of the ledger desk, by whom, and the sentence for a wish that cannot be."""

import datetime as dt
import io

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from openpyxl import load_workbook

from core import clock
from grids.models import Post, Unmasking
from ledgers import services
from ledgers.asking import clean_name
from ledgers.models import Job, StoredFile
from tests.ledgers.jobs import ask, content
from tests.people import Town

pytestmark = pytest.mark.usefixtures("ledgers", "november")


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
