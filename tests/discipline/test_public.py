"""The villager's two pages: no account, no script, nothing typed is lost, and nothing of it lies open anywhere."""

import datetime as dt
import logging
import re

import pytest
from django.conf import settings
from django.db import connection
from django.templatetags.static import static
from django.test import Client
from django.urls import reverse

from appeals.models import Card
from appeals.models.cards import new_code
from core import clock
from core.backup.census import tables
from core.crypto import blind_index
from core.models import Knock
from discipline.models import HigherOffice, Report, Step
from discipline.public_views import FROM_ONE
from tests.factor import client_of

TELL, ASK = reverse("discipline:tell"), reverse("discipline:ask")
WORDS = "盖房的钱收了两千不开票"


class Villager:
    """Somebody with a phone: opens the page, fills it in, sends it a minute later."""

    def __init__(self, town, client=None):
        self.town, self.client = town, client or Client()

    def open(self):
        answer = self.client.get(TELL)
        assert answer.status_code == 200
        return answer.context["mark"]

    def send(self, mark="", seconds=60, **more):
        mark = mark or self.open()
        said = {"place": self.town.jinxing.pk, "office": "secretary", "name": "金书记", "what": WORDS}
        said |= {"phone": "19900008888", "website": "", "mark": mark}
        with clock.stopped_at(clock.now() + dt.timedelta(seconds=seconds)):
            return self.client.post(TELL, said | more)


@pytest.fixture
def villager(town):
    return Villager(town)


def text(answer):
    return answer.content.decode()


def code_of(answer):
    return re.search(r"\d{4} \d{4} \d{4}", text(answer))[0]


def test_a_villager_tells_and_asks_later_by_the_code(villager, town):
    answer = villager.send()
    assert answer.status_code == 200
    assert "收到了" in text(answer)
    code = code_of(answer)
    told = Report.objects.get().told
    assert (told.place, told.office, told.name) == (town.jinxing.pk, "secretary", "金书记")
    assert (told.what, told.phone) == (WORDS, "19900008888")
    for written in (code, code.replace(" ", ""), code.replace(" ", "-")):
        assert "还没开始核实" in text(villager.client.post(ASK, {"code": written}))
    assert WORDS not in text(villager.client.post(ASK, {"code": code}))


def test_sent_again_it_is_one_report_with_one_code(villager):
    mark = villager.open()
    assert code_of(villager.send(mark)) == code_of(villager.send(mark))
    assert Report.objects.count() == Step.objects.count() == 1


def test_another_report_from_the_same_page_is_said_and_can_be_sent(villager):
    mark = villager.open()
    villager.send(mark)
    answer = villager.send(mark, what="另一件事")
    assert answer.status_code == 422
    assert "另一件事" in text(answer)
    assert villager.send(answer.context["mark"], what="另一件事", seconds=120).status_code == 200
    assert Report.objects.count() == 2


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"place": ""}, "选哪个村"),
        ({"place": "987654321"}, "没有这一样"),
        ({"office": ""}, "点一个"),
        ({"office": "king"}, "点一个"),
        ({"place": "", "what": ""}, "写一写什么事"),
        ({"what": "  "}, "写一写什么事"),
        ({"what": "长" * 2001}, "最多 2000 个"),
        ({"phone": "12"}, "不想留就空着"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(villager, more, told):
    answer = villager.send(**more)
    assert answer.status_code == 422
    assert told in text(answer)
    for kept in ({"name": "金书记", "what": WORDS, "phone": "19900008888"} | more).values():
        assert kept.strip()[:50] in text(answer) or kept in ("king", "987654321")
    assert not Report.objects.exists()


def test_what_a_machine_sends_is_refused_with_a_sentence_and_a_person_sends_it_again(villager):
    mark = villager.open()
    for answer in (villager.send(mark, seconds=0), villager.send(mark, website="http://x")):
        assert answer.status_code == 422
        assert "像是机器填的" in text(answer)
        assert WORDS in text(answer)
    assert not Report.objects.exists()
    assert villager.send(mark).status_code == 200


@pytest.mark.parametrize("mark", ["made-up", ""])
def test_a_page_that_is_not_ours_or_lay_open_too_long_is_drawn_anew(villager, mark):
    answer = villager.send(mark or villager.open(), seconds=13 * 3600)
    assert answer.status_code == 422
    assert "放得太久" in text(answer)
    assert WORDS in text(answer)
    assert villager.send(answer.context["mark"], seconds=13 * 3600 + 60).status_code == 200


def test_too_many_from_one_phone_wait_and_keep_their_words(villager):
    for number in range(FROM_ONE):
        assert villager.send(what=f"第 {number} 件").status_code == 200
    answer = villager.send()
    assert answer.status_code == 429
    assert WORDS in text(answer)
    assert Report.objects.count() == FROM_ONE
    assert villager.send(seconds=3660).status_code == 200


def test_nobody_can_shut_the_channel_for_the_others(villager, town):
    """However many came in today, from however many addresses."""
    Knock.objects.bulk_create(
        Knock(door="report", who=blind_index(who, purpose="limits:report"), at=clock.now())
        for who in [*map(str, range(50)), *["all"] * 500]
    )
    assert villager.send().status_code == 200


def test_all_addresses_of_one_line_wait_together(villager, town):
    for number in range(FROM_ONE):
        villager.client = Client(REMOTE_ADDR=f"2001:db8:1:2::{number + 1:x}")
        assert villager.send(what=f"第 {number} 件").status_code == 200
    villager.client = Client(REMOTE_ADDR="2001:db8:1:2:ffff::1")
    answer = villager.send()
    assert answer.status_code == 429
    assert "过一个小时再点" in text(answer)
    villager.client = Client(REMOTE_ADDR="2001:db8:1:3::1")
    assert villager.send().status_code == 200


def test_codes_cannot_be_tried_through(villager):
    code = code_of(villager.send())
    answers = [villager.client.post(ASK, {"code": f"{number:012d}"}).status_code for number in range(31)]
    assert answers[:30] == [422] * 30
    assert answers[30] == 429
    assert villager.client.post(ASK, {"code": code}).status_code == 429


def test_whom_else_one_may_call_stands_on_both_pages_for_everybody(villager):
    HigherOffice.objects.create(since=clock.today(), name="叶集区纪委监委", phone="0564-1234567")
    for page in (TELL, ASK):
        assert 'href="tel:0564-1234567"' in text(villager.client.get(page))
    assert "0564-1234567" in text(villager.send())


def test_the_page_is_plain_html_that_needs_no_script(villager):
    for page in (TELL, ASK):
        shown = text(villager.client.get(page))
        assert "<script" not in shown
        assert " style=" not in shown


def fetched(page):
    """What a browser asks for besides the page."""
    return set(re.findall(r'<(?:link|img|script)[^>]+(?:href|src)="([^"]+)"', page))


def test_no_sheet_or_picture_is_fetched_that_only_these_pages_have(villager, town):
    card = Card.objects.create(territory=town.grid1, code=new_code(), since=clock.now())
    need = text(villager.client.get(reverse("appeals:need", args=[card.code])))
    assert len(fetched(need)) >= 4
    for shown in (text(villager.client.get(TELL)), text(villager.client.get(ASK)), text(villager.send())):
        assert fetched(shown) <= fetched(need)


def test_the_proxy_writes_down_neither_the_pages_nor_what_they_draw():
    """Neither who told, nor who reads, nor which sheets went to whom a moment later."""
    conf = (settings.BASE_DIR / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    quiet = re.findall(r"location (\S+) \{\s+access_log off;", conf)
    for page in (TELL, ASK, reverse("discipline:reports"), static("look/public.css")):
        assert any(page.startswith(place) for place in quiet), page


def test_who_is_signed_in_on_the_phone_is_written_down_nowhere(town):
    answer = Villager(town, client_of(town.worker)).send()
    assert answer.status_code == 200
    assert Step.objects.get().actor is None


def test_nothing_that_was_said_lies_open_in_the_database_or_in_a_log(villager, town, caplog):
    caplog.set_level(logging.DEBUG)
    code = code_of(villager.send())
    villager.client.post(ASK, {"code": code})
    held: dict[bool, str] = {True: "", False: ""}
    with connection.cursor() as cursor:
        for table in tables():
            cursor.execute(f'SELECT * FROM "{table}"')
            held[table.startswith("discipline")] += str(cursor.fetchall())
    for word in (WORDS, "金书记", "19900008888", "secretary", str(town.jinxing.code), "127.0.0.1"):
        assert word not in held[True], word
    for word in (WORDS, "19900008888", code.replace(" ", ""), "127.0.0.1"):
        assert word not in held[False], word
    logged = "\n".join(
        record.getMessage() for record in caplog.records if record.name != "django.db.backends"
    )
    for word in (WORDS, "19900008888", code, code.replace(" ", "")):
        assert word not in logged
    assert Knock.objects.exists(), "it was counted, without a readable address"


def test_neither_page_makes_an_ordinary_matter(villager):
    from appeals.models import Matter

    villager.send(office="unsure", what="路灯坏了")
    assert not Matter.objects.exists()
