"""A centre on the desk: set up, its log written and printed, by its assistants too, whatever post they have."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from grids.models import Officer
from jobs.models import Centre, CentreAssistant, Opening
from jobs.services import centres
from tests.factor import client_of
from tests.jobs.rooms import centre_of, look, press, text
from tests.people import Town

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
TODAY = dt.date(2026, 11, 23)


def test_a_centre_is_set_up_kept_and_its_log_printed(town: Town, desk: Client) -> None:
    said = {"territory": town.jinxing.pk, "address": "村部一楼", "hours": "周一到周五", "since": "2026-09-01"}
    bad = press(desk, "new_centre", **said | {"phone": "123"})
    assert bad.status_code == 422
    assert 'value="村部一楼"' in text(bad)
    assert press(desk, "new_centre", **said | {"phone": "19900007777"}).status_code == 302
    centre = Centre.objects.get()
    worker = Officer.objects.get(name="王格")
    assert "选是谁" in text(press(desk, "add_assistant", centre.pk, officer=""))
    assert press(desk, "add_assistant", centre.pk, officer=worker.pk, full_time="1").status_code == 302
    note = {"day": "2026-11-20", "keeper": worker.pk, "visitors": "4", "words": "登记求职"}
    wrong = press(desk, "note_opening", centre.pk, **note | {"visitors": "四"})
    assert wrong.status_code == 422
    assert "写数字" in text(wrong)
    assert 'value="登记求职"' in text(wrong)
    noted = press(desk, "note_opening", centre.pk, **note)
    assert noted.status_code == 302
    assert noted.url.endswith("?month=2026-11")
    for page in ("centre", "log"):
        shown = look(desk, page, centre.pk, "?month=2026-11")
        assert "登记求职" in shown
        assert "王格" in shown
        assert "19900007777" not in shown
    assert "1 天，来了 4 人" in look(desk, "centres")
    assert press(desk, "end_assistant", centre.assistants.get().pk).status_code == 302
    assert press(desk, "change_centre", centre.pk, **said | {"hours": "天天"}).status_code == 302
    assert Centre.objects.get().phone_hash
    assert desk.get(reverse("centres:centre", args=[centre.pk]) + "?month=2027-01").status_code == 404


def test_who_writes_over_a_day_is_told_what_stood_there(town: Town, desk: Client) -> None:
    centre, keeper = centre_of(town), Officer.objects.get(name="王格")
    note = {"day": "2026-10-20", "keeper": keeper.pk, "visitors": "5", "words": "登记求职"}
    assert "10月20日记好了" in text(desk.get(press(desk, "note_opening", centre.pk, **note).url))
    assert "10月20日记好了" in text(desk.get(press(desk, "note_opening", centre.pk, **note).url))
    shown = text(
        desk.get(press(desk, "note_opening", centre.pk, **note | {"visitors": "1", "words": ""}).url)
    )
    assert "原来记的是王格值守、来了 5 人，办了登记求职" in shown


def test_an_assistant_is_chosen_as_keeper_and_who_ends_today_says_so(town: Town, desk: Client) -> None:
    centre, officer = centre_of(town), Officer.objects.get(user=town.assistant)
    row = centres.add_assistant(actor=town.secretary, centre=centre, officer=officer)
    mine = f'<option value="{officer.pk}" selected>'
    assert mine in look(client_of(town.assistant), "centre", centre.pk)
    assert mine not in look(desk, "centre", centre.pk)
    assert press(desk, "end_assistant", row.pk).status_code == 302
    shown = look(desk, "centre", centre.pk)
    assert "到11月23日为止" in shown
    assert reverse("centres:end_assistant", args=[row.pk]) not in shown
    assert press(desk, "add_assistant", centre.pk, officer=officer.pk).status_code == 302
    assert "到11月23日为止" not in look(desk, "centre", centre.pk)


def test_a_worker_reads_her_villages_centre_and_writes_once_she_helps_there(town: Town) -> None:
    centre, worker = centre_of(town), client_of(town.worker)
    assert "记下" not in look(worker, "centre", centre.pk)
    note = {"day": "2026-11-23", "keeper": Officer.objects.get(name="王格").pk, "visitors": ""}
    assert press(worker, "note_opening", centre.pk, **note).status_code == 403
    centre.assistants.create(officer=Officer.objects.get(name="王格"), since=dt.date(2026, 9, 1))
    assert press(worker, "note_opening", centre.pk, **note).status_code == 302
    assert Opening.objects.count() == 1
    far = client_of(town.neighbour)
    assert far.get(reverse("centres:centre", args=[centre.pk])).status_code == 404
    assert press(far, "note_opening", centre.pk, **note).status_code == 404


def test_who_has_but_a_small_post_opens_the_page_of_the_centre_he_helps_in_and_nothing_else(
    town: Town,
) -> None:
    """A 网格协管员 who was made an assistant could not open the page on which he is to write."""
    centre, far = centre_of(town), centre_of(town, actor=town.neighbour, territory=town.qiaoji)
    helper, officer = client_of(town.assistant), Officer.objects.get(user=town.assistant)
    page, note = reverse("centres:centre", args=[centre.pk]), {"day": "2026-11-23", "keeper": officer.pk}
    assert helper.get(page).status_code == 404
    assert press(helper, "note_opening", centre.pk, **note).status_code == 404
    assert "您现在不是哪个服务中心的协管员" in look(helper, "centres")
    assert reverse("centres:centres") not in text(helper.get(reverse("points:awards")))

    row = centres.add_assistant(
        actor=town.secretary, centre=centre, officer=officer, since=TODAY - dt.timedelta(days=7)
    )
    assert reverse("centres:centres") in text(helper.get(reverse("points:awards")))
    listed = look(helper, "centres")
    assert "村部一楼" in listed
    assert "桥集村" not in listed
    assert press(helper, "note_opening", centre.pk, **note, visitors="3", words="登记求职").status_code == 302
    shown = look(helper, "centre", centre.pk)
    assert "登记求职" in shown
    assert "不再是协管员" not in shown
    assert look(helper, "log", centre.pk)
    assert helper.get(reverse("centres:centre", args=[far.pk])).status_code == 404
    assert press(helper, "note_opening", far.pk, **note).status_code == 404
    for door in ("change_centre", "add_assistant"):
        assert press(helper, door, centre.pk, officer=officer.pk).status_code == 403
    assert press(helper, "end_assistant", row.pk).status_code == 404
    for other in (
        "centres:courses",
        "centres:welfare",
        "centres:orders",
        "matches:matches",
        "labour:register",
    ):
        assert helper.get(reverse(other)).status_code == 403

    CentreAssistant.objects.filter(pk=row.pk).update(until=TODAY - dt.timedelta(days=1))
    assert helper.get(page).status_code == 404
    assert press(helper, "note_opening", centre.pk, **note).status_code == 404


def test_a_shopkeeper_finds_the_centre_he_helps_in_behind_his_counter(town: Town) -> None:
    user = town.post("dian", "店员", "shopkeeper", town.jinxing)
    centre, counter, door = centre_of(town), client_of(user), reverse("centres:centres")
    assert door not in text(counter.get("/", follow=True))
    officer = Officer.objects.get(user=user)
    centres.add_assistant(actor=town.secretary, centre=centre, officer=officer)
    assert door in text(counter.get("/", follow=True))
    assert "村部一楼" in look(counter, "centres")


def test_an_assistant_whose_last_post_in_the_village_has_ended_writes_no_more(town: Town) -> None:
    centre, helper = centre_of(town), client_of(town.assistant)
    officer = Officer.objects.get(user=town.assistant)
    centres.add_assistant(actor=town.secretary, centre=centre, officer=officer)
    assert look(helper, "centre", centre.pk)
    officer.posts.update(until=TODAY - dt.timedelta(days=1))
    assert helper.get(reverse("centres:centre", args=[centre.pk])).status_code in (403, 404)
    assert press(helper, "note_opening", centre.pk, day="2026-11-23").status_code in (403, 404)
