"""The desk's first page: every number opens exactly its rows, everybody sees his own places, and it stays quick."""

import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import board, clock
from grids.models import Territory
from tests.factor import client_of
from tests.people import make_town_of_two
from visits import services
from visits.models import Visit

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
HOME, COVERAGE = "/desk/", "/desk/coverage/"


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    found = answer.content.decode()
    return found[found.index("<main") :]


def part(page: str, name: str) -> str:
    """One panel of the page."""
    begin = page.index(f"panel-{name}")
    return page[begin : page.index("</section>", begin)]


def words(page: str) -> str:
    return re.sub(r"<[^>]*>", "", page)


def lines(page: str) -> list[str]:
    """The lines of the table of coverage, as one reads them."""
    table = part(page, "coverage")
    return words(table[table.index("<tbody") : table.index("</tbody>")]).split()


def numbers(page: str) -> list[tuple[str, int]]:
    """(address, number) of each number that opens."""
    found = re.findall(r'<a class="n" href="([^"]+)">(\d+)[^<]*</a>', page)
    return [(html.unescape(url), int(number)) for url, number in found]


def rows_behind(client: Client, address: str) -> int:
    """How many rows the page at this address lists, page after page."""
    found, at = 0, address
    while at:
        page = text(client, at)
        found += len(re.findall(r'<a class="name"', page)) + len(re.findall(r"<li><a ", page))
        onward = re.search(r'href="([^"]+)" rel="next"', page)
        at = address.split("?")[0] + html.unescape(onward.group(1)) if onward else ""
    return found


@pytest.fixture
def walked(town: Any, visit: Any) -> Any:
    """A town with something behind every kind of number."""
    visit(town.zhang, "2026-11-02", findings=[{"kind": "conflict", "detail": "邻里"}])
    visit(town.li, "2026-11-04")
    visit(town.wang, "2026-10-05", actor=town.secretary)
    visit(town.chen, "2026-10-20")
    services.ensure_owed()
    return town


@pytest.mark.parametrize("who", ["office", "secretary"])
def test_every_number_of_the_first_page_opens_exactly_its_rows(walked: Any, who: str) -> None:
    client = client_of(getattr(walked, who))
    page = text(client, f"{HOME}?open={walked.jinxing.pk}")
    trend = part(page, "trend")
    found = numbers(page.replace(trend, ""))
    assert len(found) > 15
    for address, number in found:
        assert rows_behind(client, address) == number, address
    for title, number in re.findall(r'<a class="kpi-top" href="[^"]+">(\S+) .*?</a><b>(\d+)</b>', page):
        address = re.search(rf'<a class="kpi-top" href="([^"]+)">{title}', page)
        assert address
        assert rows_behind(client, html.unescape(address.group(1))) == int(number), title


def test_every_share_of_the_trend_opens_the_figure_it_comes_from(walked: Any) -> None:
    client = client_of(walked.office)
    found = numbers(part(text(client, HOME), "trend"))
    assert len(found) == 9, "three months of three groups"
    for address, share in found:
        tabs = words(text(client, address))
        said = re.search(r"应访 (\d+)\s*走到 (\d+)", tabs)
        assert said
        assert round(100 * int(said.group(2)) / int(said.group(1))) == share, address


@pytest.mark.parametrize("address", [HOME, COVERAGE, f"{COVERAGE}?month=2026-10"])
def test_no_number_of_the_table_but_a_share_stands_without_its_rows(walked: Any, address: str) -> None:
    page = part(text(client_of(walked.office), address), "coverage")
    body = page[page.index("<tbody") : page.index("</tbody>")]
    left = words(re.sub(r'<a class="n".*?</a>', "", body))
    assert {word for word in re.findall(r"\d+%?", left) if not word.endswith("%")} <= {"0"}


def test_the_numbers_of_the_coverage_page_open_in_a_month_that_is_over_too(walked: Any) -> None:
    client = client_of(walked.office)
    found = numbers(text(client, f"{COVERAGE}?month=2026-10&open={walked.jinxing.pk}"))
    assert len(found) > 15
    for address, number in found:
        assert rows_behind(client, address) == number, address


def test_the_chart_says_its_numbers_and_names_its_lines_without_a_legend(walked: Any) -> None:
    page = part(text(client_of(walked.office), HOME), "trend")
    said = re.search(r"<title[^>]*>(.*?)</title>", page)
    assert said
    assert "五必访：9月 0%，10月 25%，11月到今天 50%。" in said.group(1)
    assert 'class="l1"' in page
    assert 'class="p-open1"' in page, "the month that runs is a hollow point"
    assert page.count("<polyline") == 1, "the quarters have one final point, which is a dot"
    assert "p-dot2" in page


def test_villages_stand_in_the_towns_own_order_and_grids_open_below_their_village(walked: Any) -> None:
    client = client_of(walked.office)
    page = words(part(text(client, HOME), "coverage"))
    assert page.index("金星村") < page.index("桥集村") < page.index("合计")
    assert "金星第一网格" not in page
    page = words(part(text(client, f"{HOME}?open={walked.jinxing.pk}"), "coverage"))
    assert (
        page.index("金星村") < page.index("金星第一网格") < page.index("金星第二网格") < page.index("桥集村")
    )


# --- who sees what ----------------------------------------------------------------------------------------------------


def test_a_secretary_sees_her_village_with_its_grids_and_no_other(walked: Any) -> None:
    page = text(client_of(walked.neighbour), HOME)
    assert "桥集村" in words(part(page, "coverage"))
    assert "桥集第一网格" in words(part(page, "coverage"))
    assert "金星" not in words(page)
    assert "五必访 1 户，走过 0 户" in words(page)


def test_a_supervisor_sees_the_same_figures_and_can_open_none(walked: Any) -> None:
    page = text(client_of(walked.supervisor), HOME)
    assert numbers(page) == []
    assert lines(page) == lines(text(client_of(walked.secretary), HOME))
    assert "归走访的人和村里看" in page
    for name in ("张三丰", "王大春", "李㻞", "赵建国"):
        assert name not in page


@pytest.mark.parametrize("who", ["worker", "assistant", "sysadmin", "nobody"])
def test_who_has_no_figures_sees_none(walked: Any, who: str) -> None:
    page = text(client_of(getattr(walked, who)), HOME)
    for name in ("coverage", "trend", "late"):
        assert f"panel-{name}" not in page


def test_a_guide_opens_the_rows_but_not_who_was_there(walked: Any) -> None:
    guide = walked.post("dianzhang", "点长", "guide", walked.jinxing)
    page = text(client_of(guide), "/desk/coverage/rows/?part=made")
    assert "张三丰" in page
    assert "走到了" in page
    assert "王格" not in page


@pytest.mark.parametrize(
    "query", ["?month=2027-01", "?month=x", "?who=x", "?part=x", "?after=x", "?month=2026-10&part=calm"]
)
def test_an_address_of_rows_that_makes_no_sense_is_not_found(town: Any, query: str) -> None:
    assert client_of(town.secretary).get(f"/desk/coverage/rows/{query}").status_code == 404


def test_the_neighbours_place_has_no_rows_here(town: Any) -> None:
    for place in (town.jinxing, town.grid1, town.town):
        assert client_of(town.neighbour).get(f"/desk/coverage/rows/?place={place.pk}").status_code == 404
    assert "张三丰" not in text(client_of(town.neighbour), "/desk/coverage/rows/")


def test_the_list_of_all_villages_together_names_the_missed_of_each(town: Any) -> None:
    page = words(text(client_of(town.office), "/desk/owed/?village=all&state=overdue"))
    assert "张三丰" in page
    assert "陈小军" in page
    page = words(text(client_of(town.neighbour), "/desk/owed/?village=all&state=overdue"))
    assert "张三丰" not in page
    page = words(text(client_of(town.office), "/desk/owed/?village=all&state=overdue&over=30"))
    assert "张三丰" not in page, "she has been overdue for 54 days"


# --- what came in -----------------------------------------------------------------------------------------------------


def test_what_came_today_is_what_reached_the_server_today(walked: Any, visit: Any) -> None:
    Visit.objects.update(received_at=clock.at_noon(clock.today().replace(day=20)))
    visit(walked.zhao, "2026-11-21", actor=walked.secretary)
    client = client_of(walked.secretary)
    home = words(part(text(client, HOME), "arrived"))
    assert "走访1 次" in home.replace("\n", "").replace("  ", "")
    page = words(text(client, "/desk/arrived/?list=visits"))
    assert "赵建国" in page
    assert "11月21日走的" in page
    assert "张三丰" not in page
    assert "张三丰" in words(text(client, "/desk/arrived/?list=visits&day=2026-11-20"))
    assert "赵建国" not in words(text(client_of(walked.neighbour), "/desk/arrived/?list=visits"))


@pytest.mark.parametrize("query", ["?list=x", "?day=2027-01-01", "?day=x", "?after=x"])
def test_what_came_on_a_day_that_is_none_is_not_found(town: Any, query: str) -> None:
    assert client_of(town.secretary).get(f"/desk/arrived/{query}").status_code == 404


def test_one_kind_of_thing_cannot_come_in_twice(monkeypatch: Any) -> None:
    monkeypatch.setattr(board, "_arrivals", {})
    kind = board.Arrival("x", "x", "件", lambda actor, day: None, lambda actor, rows: [])
    board.register_arrival(kind)
    board.register_arrival(kind)
    other = board.Arrival("x", "y", "件", lambda actor, day: None, lambda actor, rows: [])
    with pytest.raises(ValueError, match="twice"):
        board.register_arrival(other)


# --- small and large --------------------------------------------------------------------------------------------------


def test_a_town_in_which_nobody_lives_yet_has_a_page_without_figures(db: None) -> None:
    with clock.stopped_at("2026-11-23"):
        town = make_town_of_two()
        page = text(client_of(town.office), HOME)
        assert "0 / 0" in words(page)
        assert "没有过了期没访到的" in page
        assert "panel-trend" not in page, "there is nothing to draw"
        Territory.objects.grids().update(closed_on="2026-01-01")
        assert "先导入网格花名册" in text(client_of(town.office), HOME)


@pytest.mark.parametrize(
    "address",
    [HOME, COVERAGE, f"{COVERAGE}?month=2026-10", "/desk/coverage/rows/?part=made", "/desk/arrived/"],
)
def test_twice_the_households_cost_no_more_queries(town: Any, visit: Any, address: str) -> None:
    client = client_of(town.office)

    def cost() -> int:
        with CaptureQueriesContext(connection) as found:
            text(client, address)
        return len(found)

    visit(town.zhang, "2026-11-05", findings=[{"kind": "talent"}])
    cost()
    before = cost()
    for order in range(6):
        home = town.household(town.group1, f"新户{order}", number=f"06030{order}", categories=("illness",))
        services.ensure_owed(households=[home.pk])
        visit(home, "2026-11-05", findings=[{"kind": "talent"}])
    assert cost() == before
