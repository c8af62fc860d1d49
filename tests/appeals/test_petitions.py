"""信访登记: the law's steps in their order and time, who may take them, and what the matter may not do meanwhile."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Notice
from appeals import services
from appeals.models import Matter, Petition
from appeals.reminders import remind_of_petitions
from appeals.services import petitions
from core import clock
from core.models import WorkdayChange
from tests.appeals.test_ledger import sheet
from tests.factor import client_of
from tests.ledgers.months import found as differences
from tests.ledgers.months import seal, submit
from tests.people import make_town_that_owes


@pytest.fixture
def xinfang(town):
    return town.post("xinfang", "李信", "petitions", town.town)


@pytest.fixture
def petition(town, xinfang, matter):
    """Registered on Monday 23 November 2026."""
    found = matter("征地补偿没到位")
    services.register_petition(actor=xinfang, matter=found, words="要求补发征地款")
    return Petition.objects.get()


def take(code, actor, petition, on=None, words="写明了", **more):
    with clock.stopped_at(f"{on or clock.today()}T10:00"):
        return services.PETITION_STEPS[code].verb(
            actor=actor, matter=Matter.objects.get(pk=petition.matter_id), words=words, **more
        )


def state_of(petition):
    petition.refresh_from_db()
    return petition.state, petition.due_on and petition.due_on.isoformat()


def test_the_whole_road_with_its_last_days(petition, xinfang):
    assert state_of(petition) == ("registered", "2026-12-08")
    take("notify", xinfang, petition, "2026-12-01")
    assert state_of(petition) == ("noticed", "2027-02-01")  # 30 January is a Saturday
    take("extend", xinfang, petition, "2027-01-20", days=30, approved_by="陈镇长")
    assert state_of(petition) == ("noticed", "2027-03-01")
    take("reply", xinfang, petition, "2027-03-01")
    assert state_of(petition) == ("replied", None)
    take("ask_review", xinfang, petition, "2027-03-31")
    assert state_of(petition) == ("review_asked", "2027-04-30")
    take("review", xinfang, petition, "2027-04-20")
    take("ask_recheck", xinfang, petition, "2027-05-20")
    assert state_of(petition) == ("recheck_asked", "2027-06-21")  # 19 June is a Saturday
    take("recheck", xinfang, petition, "2027-06-18")
    take("end", xinfang, petition, "2027-06-19")
    assert state_of(petition) == ("ended", None)


def test_what_is_not_ours_is_said_within_five_days_of_work(petition, xinfang):
    with pytest.raises(ValidationError, match="11月30日"):
        take("disclaim", xinfang, petition, "2026-12-01")
    take("disclaim", xinfang, petition, "2026-11-30")
    assert state_of(petition) == ("not_ours", None)
    take("keep", xinfang, petition, "2026-12-02")
    assert state_of(petition) == ("registered", "2026-12-08"), "the clock has run on from the registration"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"days": 31, "approved_by": "陈镇长"}, "1 到 30 天"),
        ({"days": None, "approved_by": "陈镇长"}, "1 到 30 天"),
        ({"days": 20, "approved_by": " "}, "哪位负责人"),
        ({"days": 20, "approved_by": "陈镇长", "words": ""}, "为什么延长"),
    ],
)
def test_an_extension_needs_its_days_its_reason_and_who_approved_it(petition, xinfang, said, told):
    take("notify", xinfang, petition)
    with pytest.raises(ValidationError, match=told):
        take("extend", xinfang, petition, **said)
    assert state_of(petition)[1] == "2027-01-22"


def test_an_extension_is_given_once_and_before_the_sixty_days_are_over(petition, xinfang):
    take("notify", xinfang, petition)
    with pytest.raises(ValidationError, match="60 日已满"):
        take("extend", xinfang, petition, "2027-01-23", days=10, approved_by="陈镇长")
    with pytest.raises(ValidationError, match="60 日已满"):
        take(
            "extend", xinfang, petition, "2027-01-23", days=10, approved_by="陈镇长", day=dt.date(2027, 1, 20)
        )
    take("extend", xinfang, petition, "2027-01-22", days=10, approved_by="陈镇长")
    with pytest.raises(ValidationError, match="延长过一次了"):
        take("extend", xinfang, petition, "2027-01-25", days=10, approved_by="陈镇长")


def test_who_asks_for_a_review_too_late_has_none(petition, xinfang):
    take("notify", xinfang, petition)
    take("reply", xinfang, petition, "2026-12-10")
    with pytest.raises(ValidationError, match="1月11日"):  # 9 January is a Saturday
        take("ask_review", xinfang, petition, "2027-01-12")
    take("ask_review", xinfang, petition, "2027-01-12", day=dt.date(2027, 1, 11))
    assert state_of(petition)[0] == "review_asked", "the paper came in time, the clerk was late"


def test_a_step_is_never_dated_before_the_last_one_or_after_today(petition, xinfang):
    for wrong in (dt.date(2026, 11, 20), dt.date(2026, 11, 24)):
        with pytest.raises(ValidationError, match="上一步"):
            take("notify", xinfang, petition, day=wrong)


def test_who_may_put_a_matter_on_the_road_and_who_walks_it(town, matter, xinfang):
    for number, actor in enumerate((town.worker, town.leader, town.assistant, town.neighbour)):
        found = matter(f"第 {number} 件")
        with pytest.raises(PermissionDenied):
            services.register_petition(actor=actor, matter=found, words="要求补发")
    for number, actor in enumerate((town.secretary, town.office, xinfang)):
        found = matter(f"又一件 {number}")
        services.register_petition(actor=actor, matter=found, words="要求补发")
    with pytest.raises(PermissionDenied):
        take("notify", town.secretary, Petition.objects.last())
    take("notify", town.office, Petition.objects.last())


def test_a_matter_is_registered_once_and_not_when_it_is_over(town, petition, xinfang, matter):
    with pytest.raises(ValidationError, match="一件事只登记一次"):
        services.register_petition(actor=xinfang, matter=petition.matter, words="再来")
    gone = matter("说了两遍的")
    services.withdraw(actor=town.secretary, matter=gone, words="重复")
    with pytest.raises(ValidationError, match="重新办"):
        services.register_petition(actor=xinfang, matter=gone, words="要求")


def test_the_same_step_sent_again_is_one_and_with_other_words_a_conflict(petition, xinfang):
    number = uuid.uuid4()
    first = take("notify", xinfang, petition, uuid=number)
    assert take("notify", xinfang, petition, uuid=number).pk == first.pk
    with pytest.raises(services.Conflict):
        take("notify", xinfang, petition, uuid=number, words="另一句")


def test_a_matter_is_neither_closed_nor_withdrawn_around_its_petition(town, petition, xinfang):
    found = Matter.objects.get()
    with pytest.raises(ValidationError, match="信访办结以后"):
        services.withdraw(actor=town.secretary, matter=found, words="不算事")
    services.accept(actor=town.leader, matter=found)
    with pytest.raises(ValidationError, match="信访办结以后"):
        services.answer(actor=town.leader, matter=found, words="补发了", rating="good")
    services.answer(actor=town.leader, matter=found, words="补发了")
    offered = {step.code for step in services.steps_for(town.leader, Matter.objects.whole().get())}
    assert "rate" not in offered
    assert not Matter.objects.waiting_for(town.leader).exists()
    take("drop", xinfang, petition)
    assert Matter.objects.waiting_for(town.leader).get() == found
    services.rate(actor=town.leader, matter=found, rating="good")
    assert Matter.objects.get().state == "closed"


def test_the_second_of_two_is_told_who_was_first(town, petition, xinfang):
    take("notify", xinfang, petition)
    with pytest.raises(ValidationError, match=r"李信 11月23日 10:00 已经告知受理.*已受理"):
        take("notify", town.office, petition)


def test_holidays_that_are_announced_later_move_the_day(petition, xinfang):
    take("notify", xinfang, petition, "2026-12-08")
    assert state_of(petition)[1] == "2027-02-08"
    for number in range(5, 12):
        WorkdayChange.objects.create(day=dt.date(2027, 2, number), works=False)
    assert petitions.refresh_due() == 1
    assert state_of(petition)[1] == "2027-02-12"


# --- the month's ledger ---------------------------------------------------------------------------------------------


def test_the_ledger_tells_the_steps_of_the_month_and_no_later_ones(town, petition, xinfang, tmp_path):
    take("notify", xinfang, petition, "2026-11-30", words="洪信告〔2026〕3号")
    take("reply", xinfang, petition, "2026-12-03", words="下月补发")
    _, rows = sheet(town.jinxing, tmp_path)
    told = rows[0]["流转记录"]
    assert "11月23日李信转信访登记：要求补发征地款；11月30日李信告知受理：洪信告〔2026〕3号" in told
    assert "下月补发" not in told


def test_a_step_that_is_dated_into_a_sealed_month_is_told_there(db):
    with clock.stopped_at("2026-10-20T10:00"):
        cast = make_town_that_owes()
        found = services.open_matter(
            actor=cast.worker, uuid=uuid.uuid4(), source="walk_in", words="征地补偿", household=cast.zhang
        ).matter
    with clock.stopped_at("2026-11-03T09:30"):
        submit(cast)
        row = seal(cast)
    with clock.stopped_at("2026-11-10T15:20"):
        services.register_petition(
            actor=cast.office, matter=found, words="要求补发", day=dt.date(2026, 10, 28)
        )
        told = differences(row, "群众诉求清单台账")
    assert {(each.column, each.who, each.when) for each in told} == {("流转记录", "陈办", "2026-11-10 15:20")}


# --- reminders and the first page ------------------------------------------------------------------------------------


def remind(day):
    with clock.stopped_at(f"{day}T08:15"):
        return remind_of_petitions()


def test_each_is_reminded_seven_and_three_days_before_and_once_it_is_over(town, petition, xinfang):
    assert [remind(f"2026-11-{day}") for day in (24, 30)] == [0, 0]
    assert [remind(f"2026-12-{day:02d}") for day in (1, 2, 4, 5, 6, 8, 9, 10)] == [2, 0, 0, 2, 0, 0, 2, 0]
    told = list(Notice.objects.filter(user=xinfang).order_by("pk").values_list("words", flat=True))
    number = petition.matter.number
    assert told == [
        f"信访件 {number} 的“告知受理”还有 7 天，12月8日到期。",
        f"信访件 {number} 的“告知受理”还有 3 天，12月8日到期。",
        f"信访件 {number} 的“告知受理”12月8日到期，超了 1 天。",
    ]
    assert set(Notice.objects.values_list("user__name", flat=True)) == {"李信", "陈办"}
    take("notify", xinfang, petition, "2026-12-10")
    assert remind("2027-01-31") == 0
    assert remind("2027-02-01") == 2


def test_reminders_name_nobody(petition):
    remind("2026-12-02")
    assert "张三丰" not in "".join(Notice.objects.values_list("words", flat=True))


def test_a_beat_that_was_down_tells_what_is_so_now(petition):
    assert remind("2026-12-08") == 2
    assert "今天（12月8日）到期" in Notice.objects.first().words


def test_the_first_page_of_the_office_for_petitions_shows_what_is_due(town, petition, xinfang):
    with clock.stopped_at("2026-12-10T09:00"):
        text = client_of(xinfang).get(reverse("desk")).content.decode()
        assert "告知受理超 2 天：征地补偿没到位" in text
        assert "告知受理超" not in client_of(town.secretary).get(reverse("desk")).content.decode()


# --- pages ------------------------------------------------------------------------------------------------------------


def page(user, address):
    answer = client_of(user).get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def post(user, petition, code, **sent):
    return client_of(user).post(reverse("appeals:petition_step", args=[petition.matter_id, code]), sent)


def test_the_matters_page_shows_the_clocks_and_the_steps_of_who_walks_it(town, petition, xinfang):
    address = reverse("appeals:matter", args=[petition.matter_id])
    text = page(xinfang, address)
    assert "还有 15 天" in text
    assert "2026-12-08" in text
    assert "2026-11-30" in text
    assert "告知受理</button>" in text
    assert "告知受理</button>" not in page(town.worker, address)
    with clock.stopped_at("2026-12-10T09:00"):
        assert "超 2 天" in page(xinfang, address)


def test_what_the_petitioner_wrote_is_read_by_who_sees_all_matters_and_by_nobody_at_the_grid(
    town, petition, xinfang
):
    take("notify", xinfang, petition)
    take("extend", xinfang, petition, days=10, approved_by="陈镇长")
    services.note(actor=town.leader, matter=petition.matter, words="去看过田埂")
    address = reverse("appeals:matter", args=[petition.matter_id])
    for user, reads in ((town.worker, False), (town.leader, False), (town.secretary, True), (xinfang, True)):
        text = page(user, address)
        sent = client_of(user).get(f"/api/matters/{petition.matter.uuid}/").json()["moves"]
        api = "".join(move["words"] for move in sent)
        for told in (text, api):
            assert "去看过田埂" in told
            assert ("要求补发征地款" in told, "写明了" in told) == (reads, reads)
        assert "转信访登记" in text, "that there is one she may know"
        assert ("村党组织书记和镇里看" in text) is not reads
        assert [move["title"] for move in sent][1:] == ["转信访登记", "告知受理", "延长期限", "记一笔"]


def test_a_step_is_taken_on_the_page_and_a_refusal_keeps_what_was_typed(town, petition, xinfang):
    assert post(xinfang, petition, "notify", day="2026-11-23", words="当面告知").status_code == 302
    answer = post(xinfang, petition, "extend", words="要测量土地", days="40", approved_by="陈镇长")
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "延长 1 到 30 天" in text
    assert "要测量土地" in text
    assert 'value="40"' in text
    assert 'value="陈镇长"' in text
    assert post(xinfang, petition, "extend", words="x", day="下周").status_code == 422
    assert post(town.worker, petition, "reply", words="好").status_code == 403
    assert post(town.neighbour, petition, "reply", words="好").status_code == 404
    assert post(xinfang, petition, "burn").status_code == 404


def test_a_step_that_was_taken_meanwhile_leaves_the_words_on_the_page(town, petition, xinfang):
    take("notify", town.office, petition)
    answer = post(xinfang, petition, "notify", words="写了很久的话")
    assert answer.status_code == 422
    assert "陈办 11月23日 10:00 已经告知受理" in answer.content.decode()
    assert "写了很久的话" in answer.content.decode()


def test_the_list_shows_what_is_due_first(town, petition, xinfang, matter):
    address = reverse("appeals:petitions")
    with clock.stopped_at("2026-11-20T09:00"):
        earlier = matter("宅基地没批")
        services.register_petition(actor=town.office, matter=earlier, words="要求审批")
    rows = client_of(xinfang).get(address).context["rows"]
    assert [row.matter.words for row in rows] == ["宅基地没批", "征地补偿没到位"]
    assert not client_of(town.neighbour).get(address).context["rows"]
    take("notify", xinfang, petition)
    take("reply", xinfang, petition)
    assert "征地补偿没到位" in page(xinfang, f"{address}?list=waiting")
    take("end", xinfang, petition)
    assert "征地补偿没到位" in page(xinfang, f"{address}?list=ended")
    assert client_of(xinfang).get(f"{address}?list=no").status_code == 404


def test_the_list_asks_the_same_number_of_questions_for_one_and_for_many(town, petition, xinfang, matter):
    address, client, counts = reverse("appeals:petitions"), client_of(xinfang), []
    for _ in range(2):
        client.get(address)
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        counts.append(len(asked))
        for number in range(8):
            services.register_petition(actor=xinfang, matter=matter(f"第 {number} 件"), words="要求")
    assert counts[0] == counts[1]
