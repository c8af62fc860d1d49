"""A ledger on the page: the lines of the workbook, each cell leading to the entries it came from."""

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.ledger import LedgerScope, registry
from ledgers import look_views
from ledgers.keeping import as_text
from tests.factor import client_of
from tests.ledgers.months import OCTOBER, on_the_third
from tests.people import Town

pytestmark = pytest.mark.slow

LOOK = "/desk/ledgers/{}/look/?month=2026-10"


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    with on_the_third() as cast:
        yield cast


def table(client: Any, address: str) -> list[list[tuple[str, str]]]:
    """(text, address) of every cell of every line."""
    answer = client.get(address)
    assert answer.status_code == 200
    page = answer.content.decode()
    if "<tbody" not in page:
        return []
    body = page[page.index("<tbody") : page.index("</tbody>")]
    return [
        [
            (
                html.unescape(re.sub(r"<[^>]*>", "", cell)),
                html.unescape("".join(re.findall(r'href="([^"]*)"', cell))),
            )
            for cell in re.findall(r"<td[^>]*>(.*?)</td>", line, re.DOTALL)
        ]
        for line in re.findall(r"<tr[^>]*>(.*?)</tr>", body, re.DOTALL)
    ]


@pytest.mark.parametrize(
    "slug", ["five-visits", "coverage", "visits", "five-knows", "persons", "grids", "visit-plan"]
)
def test_the_page_shows_the_workbooks_lines_and_every_cell_opens(town: Town, slug: str) -> None:
    ledger, client = registry.get(slug), client_of(town.secretary)
    period = OCTOBER if ledger.period_kind else None
    rows = list(ledger.rows(LedgerScope(town.secretary, town.jinxing, period)))
    shown = table(client, LOOK.format(slug))
    assert [[text for text, _ in line] for line in shown] == [
        [as_text(column, value) for column, value in zip(ledger.exported, row, strict=False)] for row in rows
    ]
    opened = {url for line in shown for text, url in line if text}
    assert "" not in opened or slug == "five-knows"
    for url in opened - {""}:
        assert client.get(url.split("#")[0]).status_code == 200, url


def test_each_line_of_the_five_visits_leads_to_its_household_and_to_the_visit(town: Town) -> None:
    columns = [column.name for column in registry.get("five-visits").exported]
    lines = {
        line[columns.index("head_name")][0]: dict(zip(columns, line, strict=True))
        for line in table(client_of(town.secretary), LOOK.format("five-visits"))
    }
    zhang = lines["张三丰"]
    visit = town.zhang.visits.get()
    assert zhang["head_name"][1] == f"/desk/households/{town.zhang.pk}/"
    assert zhang["last"][1] == f"/desk/households/{town.zhang.pk}/#visit-{visit.pk}"
    page = client_of(town.secretary).get(zhang["last"][1].split("#")[0]).content.decode()
    assert f'id="visit-{visit.pk}"' in page
    assert lines["李㻞"]["made"] == ("0", f"/desk/households/{town.li.pk}/")


def test_the_cells_of_the_coverage_open_as_many_rows_as_they_say(town: Town) -> None:
    client = client_of(town.office)
    ledger = registry.get("coverage")
    columns = [column.name for column in ledger.exported]
    for line in table(client, f"{LOOK.format('coverage')}&place={town.town.pk}"):
        for name, (text, url) in zip(columns, line, strict=True):
            if name.endswith(("_owed", "_made")) or name == "away":
                page = client.get(url).content.decode()
                assert page.count('<a class="name"') == int(text), (name, url)


def test_who_may_not_have_the_workbook_may_not_look_at_it(town: Town) -> None:
    for who in ("worker", "supervisor", "sysadmin", "nobody"):
        assert client_of(getattr(town, who)).get(LOOK.format("five-visits")).status_code == 403
    neighbour = client_of(town.neighbour)
    assert neighbour.get(f"{LOOK.format('five-visits')}&place={town.jinxing.pk}").status_code == 404
    assert "张三丰" not in neighbour.get(LOOK.format("five-visits")).content.decode()
    asked = client_of(town.secretary, factor=False).get(LOOK.format("five-visits"))
    assert asked.status_code == 302, "the second factor stands before it, as before the workbook"


def test_numbers_stay_masked(town: Town) -> None:
    page = client_of(town.office).get(LOOK.format("persons")).content.decode()
    assert "199****" in page
    assert "19900010001" not in page


def test_a_long_ledger_turns_pages(town: Town, monkeypatch: Any) -> None:
    monkeypatch.setattr(look_views, "SHOWN", 2)
    client = client_of(town.secretary)
    first, second = (table(client, f"{LOOK.format('five-visits')}&after={after}") for after in (0, 2))
    assert (len(first), len(second)) == (2, 1)
    assert "下一页" in client.get(LOOK.format("five-visits")).content.decode()


@pytest.mark.parametrize(
    "query", ["five-visits/look/?month=x", "five-visits/look/?month=2027-01", "none/look/"]
)
def test_a_ledger_that_is_none_is_not_found(town: Town, query: str) -> None:
    assert client_of(town.secretary).get(f"/desk/ledgers/{query}").status_code == 404


def test_the_form_leads_to_the_page(town: Town) -> None:
    answer = client_of(town.secretary).post(
        "/desk/ledgers/five-visits/generate/", {"place": town.jinxing.pk, "month": "2026-10", "look": "1"}
    )
    assert answer.url == f"/desk/ledgers/five-visits/look/?place={town.jinxing.pk}&month=2026-10"


def test_twice_the_households_cost_no_more_queries(town: Town) -> None:
    client = client_of(town.secretary)

    def cost() -> int:
        with CaptureQueriesContext(connection) as found:
            table(client, LOOK.format("persons"))
        return len(found)

    cost()
    before = cost()
    for order in range(4):
        town.household(town.group1, f"新户{order}", number=f"06030{order}")
    assert cost() == before
