"""The register on the desk: who opens which page, what the forms do, and that a page costs the same for any size."""

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from grids import services
from grids.duties import SECOND_FACTOR_VERBS
from grids.models import Absence, Category, Household, Post, RegisterChange, Territory, Unmasking
from tests.factor import client_of as of
from tests.people import Town, id_number

pytestmark = pytest.mark.slow

DAY = "2026-11-01"


def addresses(town: Town) -> dict[str, str]:
    """Every page that is read, for a household and a grid of 金星村."""
    return {
        "register": "/desk/register/",
        "find": "/desk/register/find/",
        "move_in": "/desk/register/move_in/",
        "household": f"/desk/register/{town.zhang.pk}/",
        "change": f"/desk/register/{town.zhang.pk}/change/split/",
        "grids": "/desk/grids/",
        "territory": f"/desk/grids/{town.jinxing.pk}/",
        "grid": f"/desk/grids/{town.grid1.pk}/",
        "appoint": f"/desk/grids/{town.grid2.pk}/appoint/",
        "officer": f"/desk/grids/officers/{town.worker.officer.pk}/",
    }


POLICY = {
    "office": [200] * 10,
    "secretary": [200] * 10,
    "neighbour": [200, 200, 200, 404, 404, 200, 404, 404, 404, 404],
    "worker": [200, 200, 200, 200, 200, 403, 403, 403, 403, 403],
    "leader": [200, 200, 200, 200, 200, 403, 403, 403, 403, 403],
    "assistant": [403, 200, 403, 200, 403, 403, 403, 403, 403, 403],
    "supervisor": [403] * 10,
    "sysadmin": [403] * 10,
    "nobody": [403] * 10,
}


@pytest.mark.parametrize("part", POLICY)
def test_every_page_opens_for_whom_it_should(town: Town, part: str) -> None:
    client = of(getattr(town, part))
    seen = {name: client.get(path).status_code for name, path in addresses(town).items()}
    assert seen == dict(zip(addresses(town), POLICY[part], strict=True))


def test_a_stranger_is_sent_to_sign_in(town: Town) -> None:
    for path in addresses(town).values():
        assert Client().get(path).status_code == 302


@pytest.mark.parametrize("kind", [kind for kind, _ in RegisterChange.KINDS])
def test_every_kind_has_a_form_that_says_what_is_missing(town: Town, kind: str) -> None:
    client, path = of(town.secretary), f"/desk/register/{town.zhang.pk}/change/{kind}/"
    if kind.startswith("correct"):
        path += f"?person={town.head(town.zhang).pk}"
    page = client.get(path)
    assert page.status_code == 200
    hidden = {field.name: field.value() for field in page.context["form"].hidden_fields()}
    answer = client.post(path, hidden | {"happened_on": ""})
    assert answer.status_code == 422
    missing = {"correct_person": "姓名没填", "correct_household": "户编号没填"}.get(kind, "日期没填")
    assert missing in answer.content.decode()
    assert client.get(f"/desk/register/{town.zhang.pk}/change/flight/").status_code == 404


def test_a_secretary_writes_down_a_new_household(town: Town) -> None:
    body = {
        "happened_on": DAY,
        "group": town.group3.pk,
        "address": "三组9号",
        "phone": "19900004321",
        "people_0_name": "孙小红",
        "people_0_relation": "户主",
        "people_0_id_number": id_number("19900506", 112),
        "people_1_name": "周小军",
        "people_1_relation": "配偶",
        "people_1_sex": "M",
    }
    answer = of(town.secretary).post("/desk/register/move_in/", body, follow=True)
    assert "已办" in answer.content.decode()
    household = Household.objects.get(head_name="孙小红")
    assert (household.number, household.size, household.territory) == ("060005", 2, town.grid2)


def test_a_fault_stands_under_its_field_and_what_was_typed_stays(town: Town) -> None:
    body = {
        "happened_on": DAY,
        "people_0_name": "孙小红",
        "people_0_relation": "侄女",
        "people_0_id_number": "349901199005061120"[:17] + "0",
    }
    answer = of(town.secretary).post(f"/desk/register/{town.li.pk}/change/move_in/", body)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "field-error" in page
    assert "孙小红" in page


def test_a_worker_reports_and_the_secretary_decides(town: Town) -> None:
    body = {"happened_on": DAY, "person": "", "place": "苏州"}
    answer = of(town.worker).post(f"/desk/register/{town.wang.pk}/change/away/", body, follow=True)
    assert "等村里定" in answer.content.decode()
    row = RegisterChange.objects.get()
    secretary = of(town.secretary)
    assert "去了哪里 苏州" in secretary.get("/desk/register/").content.decode()
    assert of(town.worker).post(f"/desk/register/changes/{row.pk}/accept/").status_code == 403
    assert of(town.neighbour).post(f"/desk/register/changes/{row.pk}/accept/").status_code == 404
    secretary.post(f"/desk/register/changes/{row.pk}/accept/")
    assert Absence.objects.filter(household=town.wang).exists()
    secretary.post(f"/desk/register/changes/{row.pk}/undo/", {"back": "household"})
    assert not Absence.objects.exists()


def test_a_refusal_without_a_reason_is_asked_for_one(town: Town) -> None:
    person = town.head(town.wang)
    of(town.worker).post(
        f"/desk/register/{town.wang.pk}/change/category_begin/",
        {"happened_on": DAY, "person": person.pk, "category": "illness"},
    )
    row = RegisterChange.objects.get()
    page = of(town.secretary).post(f"/desk/register/changes/{row.pk}/refuse/", follow=True).content.decode()
    assert "写一句为什么" in page
    of(town.secretary).post(f"/desk/register/changes/{row.pk}/refuse/", {"why": "没有诊断书"})
    assert not Category.objects.filter(person=person).exists()
    assert "没有诊断书" in of(town.worker).get("/desk/register/").content.decode()


def test_one_household_found_is_opened_at_once_and_a_number_stays_out_of_the_page(town: Town) -> None:
    client = of(town.secretary)
    answer = client.post("/desk/register/find/", {"text": "19900000901"})
    assert answer.url == f"/desk/register/{town.zhang.pk}/"
    nothing = client.post("/desk/register/find/", {"text": "19900009999"}).content.decode()
    assert "没有找到" in nothing
    assert "19900009999" not in nothing
    assert client.get("/desk/register/?q=19900000901").status_code == 422


def test_a_full_number_asks_for_the_second_factor_and_a_reason(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = town.head(town.zhang)
    path = f"/desk/register/persons/{head.pk}/unmask/"
    assert of(town.secretary).get(path).status_code == 403
    client = of(town.office, factor=False)
    assert client.get(path).status_code == 302
    monkeypatch.setattr("accounts.second_factor.passed", lambda request: True)
    assert client.get(path).status_code == 200
    assert client.post(path, {"reason": ""}).status_code == 422
    assert head.id_number is not None
    assert head.id_number.open() in client.post(path, {"reason": "核对低保"}).content.decode()
    assert Unmasking.objects.count() == 1


def test_a_post_an_account_and_a_slip_in_three_steps(town: Town) -> None:
    client = of(town.secretary)
    body = {"name": "钱新", "phone": "19900007001", "duty": "leader", "since": DAY, "source": "村社干部"}
    answer = client.post(f"/desk/grids/{town.grid2.pk}/appoint/", body, follow=True)
    assert "钱新" in answer.content.decode()
    officer = Post.objects.get(territory=town.grid2).officer
    slip = client.post(f"/desk/grids/officers/{officer.pk}/account/")
    assert "一次密码" in slip.content.decode()
    assert slip["Cache-Control"] == "no-store"
    assert User.objects.get(officer=officer).username == "qianxin"
    body |= {"name": "再来", "phone": "19900007002"}
    refused = client.post(f"/desk/grids/{town.grid2.pk}/appoint/", body)
    assert refused.status_code == 422
    assert "已有网格长钱新" in refused.content.decode()
    assert not Post.objects.filter(officer__name="再来").exists()


def test_posts_and_accounts_wait_for_the_second_factor(town: Town) -> None:
    client, officer = of(town.secretary, factor=False), town.worker.officer
    assert {"posts.manage", "accounts.issue"} <= SECOND_FACTOR_VERBS
    post, before = Post.objects.get(officer=officer), Post.objects.count()
    appoint = f"/desk/grids/{town.grid2.pk}/appoint/"
    body = {"name": "钱新", "phone": "19900007001", "duty": "leader", "since": DAY, "source": "村社干部"}
    answers = [
        client.get(appoint),
        client.post(appoint, body),
        client.post(f"/desk/grids/posts/{post.pk}/end/", {"until": DAY}),
        client.post(f"/desk/grids/officers/{officer.pk}/account/"),
    ]
    for answer in answers:
        assert answer.url.startswith(reverse("accounts:second_factor"))
    post.refresh_from_db()
    assert post.until is None
    assert Post.objects.count() == before


def test_the_secretary_ends_a_post_names_a_party_group_and_redraws_nothing(town: Town) -> None:
    client, post = of(town.secretary), Post.objects.get(officer=town.worker.officer)
    client.post(f"/desk/grids/posts/{post.pk}/end/", {"until": "2026-11-01"})
    post.refresh_from_db()
    assert post.until == dt.date(2026, 11, 1)
    client.post(f"/desk/grids/{town.grid1.pk}/describe/", {"party_group": "金星党小组"})
    assert Territory.objects.get(pk=town.grid1.pk).party_group == "金星党小组"
    moved = {"group": town.group1.pk, "grid": town.grid2.pk, "since": "2026-11-02"}
    assert client.post(f"/desk/grids/{town.jinxing.pk}/redraw/", moved).status_code == 403


def test_an_officer_is_found_in_the_register_and_matched_by_a_click(town: Town) -> None:
    client, officer = of(town.secretary), town.worker.officer
    path = f"/desk/grids/officers/{officer.pk}/"
    assert "是这个人" in client.post(path, {"look": "1", "text": "王大春"}).content.decode()
    client.post(path, {"match": str(town.head(town.wang).pk)})
    officer.refresh_from_db()
    assert officer.person == town.head(town.wang)
    assert client.post(path, {"match": str(town.head(town.chen).pk)}).status_code == 404


@pytest.mark.parametrize("name", ["register", "household", "grids", "grid"])
def test_twice_the_rows_cost_the_same_queries(town: Town, name: str) -> None:
    client, path = of(town.secretary), addresses(town)[name]

    def more(n: int) -> None:
        town.person(town.zhang, f"添{n}", "其他亲属")
        officer = town.officer(f"协{n}")
        services.appoint(
            actor=town.secretary,
            officer=officer,
            territory=town.grid1,
            duty="assistant",
            since=dt.date(2026, 9, 1),
        )
        for household in (town.zhang, town.household(town.group1, f"新{n}")):
            services.change(
                actor=town.worker,
                kind="birth",
                household=household,
                happened_on=dt.date(2026, 10, 1),
                facts={"name": f"宝{n}", "relation": "孙子", "sex": "男"},
            )

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    more(0)
    count()
    first = count()
    for n in range(1, 4):
        more(n)
    assert count() == first
