"""好事摘录: what good was done, house by house, with the sentence that people decide; who took it out is on record."""

import datetime as dt
import io

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from core.menu import menu_for
from points import services
from points.models import Extract
from points.services.extracting import NOTE, take_out
from tests.factor import client_of
from tests.points.conftest import Market

pytestmark = pytest.mark.django_db
FIRST = dt.date(2026, 11, 1)


def taken(market: Market, actor=None, **changes) -> Extract:
    asked = {"purpose": "party", "village": market.town.jinxing, "first": FIRST, "last": clock.today()}
    return take_out(actor=actor or market.town.secretary, **asked | changes)


def paper(market: Market, extract: Extract, actor=None, status=200) -> str:
    answer = client_of(actor or market.town.secretary).get(reverse("points:extract", args=[extract.pk]))
    assert answer.status_code == status
    return answer.content.decode()


def cells(market: Market, extract: Extract) -> list:
    answer = client_of(market.town.secretary).get(reverse("points:extract_book", args=[extract.pk]))
    return list(openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))


@pytest.fixture
def deeds(market: Market) -> Market:
    """王大春 has more points than 张三丰; one was refused, one taken back, one still waits."""
    town = market.town
    market.posted(town.wang, market.blood, words="献了血")
    market.posted(words="扫了村口")
    services.reverse_award(actor=market.cadre, award=market.posted(words="记错的事"), words="记错户了")
    services.refuse(actor=town.leader, award=market.claim(words="没做的事"), words="没有这回事")
    market.claim(words="还没看的事")
    return market


def test_it_has_the_good_deeds_by_house_and_the_sentence_and_nothing_that_was_refused(deeds):
    extract = taken(deeds)
    text = paper(deeds, extract)
    assert "评不评、评谁，由人商量着定" in NOTE
    assert NOTE in text
    assert "金书记 2026-11-23" in text, "decided by whom and when"
    assert text.index("扫了村口") < text.index("献了血"), "house by house, whatever the points"
    for said in ("记错的事", "没做的事", "还没看的事", "没有这回事", "合计", "名次"):
        assert said not in text
    rows = cells(deeds, extract)
    head = next(n for n, row in enumerate(rows) if row[0] == "村民组")
    assert rows[head - 1][0] == NOTE, "at its head"
    done = [row for row in rows[head + 1 :] if isinstance(row[9], int)]
    assert [(row[2], row[6], row[9]) for row in done] == [("张三丰", "扫了村口", 5), ("王大春", "献了血", 20)]


def test_who_took_it_out_is_on_record_and_nobody_else_opens_it(deeds):
    town = deeds.town
    extract = taken(deeds)
    assert (extract.asked_by, extract.purpose, extract.rows) == (town.secretary, "party", 2)
    listed = client_of(deeds.cadre).get(reverse("points:extracts")).content.decode()
    assert "党员发展" in listed
    assert "金书记" in listed
    for other in (deeds.cadre, town.office, town.neighbour):
        paper(deeds, extract, other, 404)
    assert "金书记" not in client_of(town.neighbour).get(reverse("points:extracts")).content.decode()
    for nobody in (town.worker, town.supervisor, deeds.keeper):
        with pytest.raises(PermissionDenied):
            taken(deeds, nobody)
        paper(deeds, extract, nobody, 403)
    with pytest.raises(PermissionDenied):
        taken(deeds, town.neighbour)


def test_of_named_houses_and_people_only_theirs_and_who_is_not_clear_is_said(deeds):
    town = deeds.town
    text = paper(deeds, taken(deeds, named="060001"))
    assert "扫了村口" in text
    assert "献了血" not in text
    person = town.head(town.zhang)
    deeds.posted(person=person, words="陪老人看病")
    text = paper(deeds, taken(deeds, named=person.name))
    assert "陪老人看病" in text
    assert "扫了村口" not in text, "that nobody said who did it"
    with pytest.raises(ValidationError, match="金星村没有“谁也不是”"):
        taken(deeds, named="060001、谁也不是")
    with pytest.raises(ValidationError, match="这一天还没到"):
        taken(deeds, last=dt.date(2026, 12, 1))
    with pytest.raises(ValidationError, match="结束的日子比开始早"):
        taken(deeds, last=dt.date(2026, 10, 1))


def test_the_page_takes_it_out_and_says_at_the_field_what_is_wrong(deeds):
    client = client_of(deeds.town.secretary)
    body = {
        "purpose": "credit",
        "village": deeds.town.jinxing.pk,
        "first": "2026-11-01",
        "last": "2026-11-23",
        "named": "谁也不是",
    }
    answer = client.post(reverse("points:extracts"), body)
    assert answer.status_code == 422
    assert "没有“谁也不是”" in answer.content.decode().replace("&quot;", '"')
    assert ">\n谁也不是</textarea>" in answer.content.decode()
    assert not Extract.objects.exists()
    made = client.post(reverse("points:extracts"), body | {"named": ""})
    assert made.url == reverse("points:extract", args=[Extract.objects.get().pk])
    assert client_of(deeds.town.secretary, factor=False).get(made.url).status_code == 302
    far = client.post(reverse("points:extracts"), body | {"village": deeds.town.qiaoji.pk})
    assert far.status_code == 422


def test_many_deeds_cost_no_more_questions_than_one(deeds):
    counts = []
    for _ in range(2):
        extract = taken(deeds)
        client = client_of(deeds.town.secretary)
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("points:extract", args=[extract.pk]))
            client.get(reverse("points:extract_book", args=[extract.pk]))
        counts.append(len(asked))
        for number in range(4):
            deeds.posted(item=deeds.hours, number=2, words=f"第 {number} 回")
    assert counts[0] == counts[1]


def test_only_who_finds_something_behind_it_has_it_in_the_menu(market):
    """A department exports its own ledgers and sees no points; a grid's worker sees points and exports nothing."""
    town = market.town
    civil = town.post("civil", "民政员", "civil_affairs", town.town)
    for user, there in ((town.secretary, True), (town.office, True), (civil, False), (town.worker, False)):
        for name in ("points:extracts", "points:city"):
            urls = [line.url for _, lines in menu_for(user, "/desk/") for line in lines]
            assert (reverse(name) in urls) == there, (user, name)
