"""The desk's pages of visits: who is owed, coverage at a glance, a household's story; who may open them."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from visits import services
from visits.models import Finding

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
OWED, COVERAGE = "/desk/owed/", "/desk/coverage/"


@pytest.fixture
def desk(town, client):
    """`desk(user, address)`: the page as this user's browser gets it."""

    def open_page(user, address):
        client.force_login(user)
        return client.get(address)

    return open_page


def text(page):
    assert page.status_code == 200, page.status_code
    return page.content.decode()


def plain(page):
    """The words of a page as one reads them."""
    return re.sub(r"<[^>]*>", "", page)


def test_the_list_names_who_was_missed_with_how_long(town, desk):
    page = text(desk(town.secretary, OWED))
    assert "张三丰" in page
    assert "超 54 天" in page
    assert "陈小军" not in page
    assert "王大春" not in page, "an ordinary household stands under its own tab"
    assert "王大春" in text(desk(town.secretary, OWED + "?list=ordinary"))


def test_tabs_count_households_and_filters_narrow(town, desk, visit):
    visit(town.li, "2026-11-02")
    visit(town.zhang, "2026-11-04", met=False)
    visit(town.zhang, "2026-11-05", met=False)
    page = text(desk(town.secretary, OWED))
    assert "五必访待访 2" in page
    assert "一般户待访（季） 1" in page
    assert "书记年度待访 4" in page
    grid = text(desk(town.secretary, f"{OWED}?grid={town.grid2.pk}"))
    assert "赵建国" in grid
    assert "张三丰" not in grid
    tried = text(desk(town.secretary, OWED + "?state=tried"))
    assert "张三丰" in tried
    assert "赵建国" not in tried
    assert "2 次没见到人，报网格长" in tried
    assert "赵建国" in text(desk(town.secretary, OWED + "?kind=petition"))
    assert "没有要走的户" in text(desk(town.secretary, OWED + "?kind=lonely"))


def test_who_oversees_without_the_right_to_categories_sees_none(town, desk):
    town.post("dianzhang", "点长", "guide", town.jinxing)
    guide = town.nobody.__class__.objects.get(username="dianzhang")
    page = text(desk(guide, OWED))
    assert "张三丰" in page
    assert "低保" not in page
    assert desk(guide, OWED + "?kind=lonely").status_code == 404


@pytest.mark.parametrize("who", ["worker", "assistant", "supervisor", "sysadmin", "nobody"])
def test_who_does_not_manage_visits_is_refused_the_list(town, desk, who):
    assert desk(getattr(town, who), OWED).status_code == 403


def test_the_neighbours_village_grid_and_household_are_not_found(town, desk):
    for address in (
        f"{OWED}?village={town.jinxing.pk}",
        f"{OWED}?grid={town.grid1.pk}",
        reverse("visits:household", args=[town.zhang.pk]),
        reverse("visits:household", args=[10**9]),
    ):
        assert desk(town.neighbour, address).status_code == 404


@pytest.mark.parametrize("query", ["?list=x", "?state=x", "?after=x", "?grid=999999", "?kind=x"])
def test_an_address_that_makes_no_sense_is_not_found(town, desk, query):
    assert desk(town.secretary, OWED + query).status_code == 404


def test_coverage_opens_by_village_and_links_to_the_rows_behind_the_number(town, desk, visit):
    visit(town.zhang, "2026-11-02")
    page = text(desk(town.office, f"{COVERAGE}?open={town.jinxing.pk}"))
    assert "金星第二网格" in page
    assert "桥集第一网格" not in page
    assert f"?list=category&amp;state=running&amp;grid={town.grid1.pk}" in page
    behind = text(desk(town.office, f"{OWED}?list=category&state=running&grid={town.grid1.pk}"))
    assert "李㻞" in behind
    assert "张三丰" not in behind


def test_a_supervisor_sees_the_figures_and_no_household(town, desk):
    page = text(desk(town.supervisor, COVERAGE))
    assert "金星村" in page
    assert "桥集村" not in page
    assert OWED not in page
    assert "张三丰" not in page


@pytest.mark.parametrize("month", ["2026-13", "abc", "2027-01"])
def test_a_month_that_is_not_one_or_not_yet_here_is_not_found(town, desk, month):
    assert desk(town.secretary, f"{COVERAGE}?month={month}").status_code == 404


def test_last_months_coverage_stays_what_it_was(town, desk, visit):
    visit(town.zhang, "2026-10-02")
    before = text(desk(town.secretary, COVERAGE + "?month=2026-10"))
    visit(town.li, "2026-11-02")
    assert "1 / 2" in plain(before)
    assert _table(text(desk(town.secretary, COVERAGE + "?month=2026-10"))) == _table(before)


def _table(page):
    return page[page.index("<table") : page.index("</table>")]


def test_a_households_story_tells_every_visit_and_the_undone_one_as_undone(town, desk, visit):
    visit(town.zhang, "2026-10-02", note="身体好", promise_kind="ask", promise_text="慢性病证")
    services.undo_visit(actor=town.worker, visit=visit(town.zhang, "2026-11-02"))
    page = text(desk(town.secretary, reverse("visits:household", args=[town.zhang.pk])))
    for words in ("身体好", "慢性病证", "已撤销", "算走到", "2026年10月", "低保困难户", "19900000901"):
        assert words in page


def test_what_was_found_is_settled_on_the_households_page(town, desk, client, visit):
    finding = visit(
        town.zhang, "2026-11-02", findings=[{"kind": "talent", "detail": "土专家"}]
    ).findings.get()
    address = reverse("visits:household", args=[town.zhang.pk])
    assert "办结" in text(desk(town.secretary, address))
    settle = reverse("visits:settle", args=[finding.pk])
    refused = client.post(settle, {"settle": "", "outcome": ""}, follow=True)
    assert "写一句办理结果" in refused.content.decode()
    client.post(settle, {"settle": "", "outcome": "劝好了"})
    finding.refresh_from_db()
    assert (finding.state, finding.outcome) == (Finding.SETTLED, "劝好了")
    client.force_login(town.neighbour)
    assert client.post(settle, {"settle": "", "outcome": "x"}).status_code == 404


@pytest.mark.parametrize("address", [OWED, COVERAGE, OWED + "?state=tried"])
def test_twice_the_households_cost_no_more_queries(town, desk, visit, address):
    def cost():
        with CaptureQueriesContext(connection) as found:
            text(desk(town.secretary, address))
        return len(found)

    for day in ("2026-11-05", "2026-11-06"):
        visit(town.zhang, day, met=False)
    cost()
    before = cost()
    for order in range(6):
        home = town.household(town.group1, f"新户{order}", number=f"06030{order}", categories=("illness",))
        services.ensure_owed(households=[home.pk])
        for day in ("2026-11-05", "2026-11-06"):
            visit(home, day, met=False)
    assert cost() == before


def test_the_first_page_of_the_desk_shows_calm_missed_and_coverage(town, desk, visit):
    visit(town.zhang, "2026-11-02")
    page = text(desk(town.secretary, "/desk/"))
    for words in ("无事板", "五必访 3 户，走过 1 户", "前面没访到", "走访覆盖"):
        assert words in plain(page)
