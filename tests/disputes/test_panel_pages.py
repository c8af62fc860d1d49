"""The desk's pages of a panel and of its sitting: one presses, is told why not, mends it, and prints."""

import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from disputes import services
from disputes.models import Dispute, DisputeRule, Objection, Panel, Sitting, Stance
from tests.disputes.conftest import TEXT
from tests.disputes.seats import add, draft, fill, gone_through, matched, officer_of, sat, settled
from tests.factor import client_of


@pytest.fixture
def panel(town, dispute):
    return fill(town, draft(town, dispute()))


def page(user, name, pk, status=200):
    answer = client_of(user).get(reverse(f"disputes:{name}", args=[pk]))
    assert answer.status_code == status
    return answer.content.decode()


def third(text, code):
    """One third of the page of a panel, or its observers."""
    start = text.index(f'id="{code}"')
    return text[start : text.index("</section>", start)]


def justice(town):
    """Somebody of 司法所: keeps minutes beside the secretary."""
    return town.post("sifa", "司法员", "justice", town.town)


def step(user, panel, code, **sent):
    return client_of(user).post(reverse("disputes:panel_step", args=[panel.pk, code]), sent)


def test_a_dispute_that_was_taken_up_leads_to_its_panel(town, dispute):
    quarrel = dispute()
    assert "组议事小组" not in page(town.secretary, "dispute", quarrel.pk)
    services.accept(actor=town.secretary, dispute=quarrel)
    assert "组议事小组" in page(town.secretary, "dispute", quarrel.pk)
    answer = client_of(town.secretary).post(reverse("disputes:draft_panel", args=[quarrel.pk]))
    made = Panel.objects.get()
    assert answer.url == reverse("disputes:panel", args=[made.pk])
    assert "主持人" in page(town.secretary, "panel", made.pk)
    text = page(town.secretary, "dispute", quarrel.pk)
    assert "第 1 次议事" in text
    assert "组议事小组" not in text, "one at a time"


def test_pressing_explains_everything_at_once(town, panel):
    add(town, panel, "c", name="第四个")
    panel.observers.all().delete()
    panel.consents.all().delete()
    assert "还不能定" not in page(town.secretary, "panel", panel.pk), (
        "nothing is held against it before one presses"
    )
    answer = step(town.secretary, panel, "settle")
    text = answer.content.decode()
    assert answer.status_code == 422
    for sentence in (
        "还不能定：镇村干部 4 人，比另外两方各多 1 人。",
        "去掉 1 名镇村干部，或者亲友团、中间人各加 1 人。",
        "各占三分之一比重",
        "实施方案五（三）",
        "还没问过张三丰、王大春同不同意",
        "人民调解法第二十条",
        "旁听监督的还没定：司法所、党员代表、群众代表。",
        "4 人，多 1 人",
        "亲友团 3 人，中间人 3 人，镇村干部 4 人",
    ):
        assert sentence in text, sentence


def test_the_balance_says_which_rule_the_town_set(town, panel):
    assert "三方要一样多" in page(town.secretary, "panel", panel.pk)
    DisputeRule.objects.create(since="2026-01-01", uneven=True)
    assert "各方最多差 1 人，干部不能最多" in page(town.secretary, "panel", panel.pk)


def test_people_are_ticked_among_those_who_fit_and_taken_away_again(town, dispute):
    panel = draft(town, dispute())
    text = page(town.secretary, "panel", panel.pk)
    worker = officer_of(town.worker)
    assert f'value="officer-{worker.pk}"' in text
    answer = step(town.secretary, panel, "propose", where="between", pick=[f"officer-{worker.pk}"])
    assert answer.status_code == 302
    sits = panel.seats.get(officer=worker)
    assert (sits.side, sits.role) == ("between", "金星第一网格专职网格员")
    assert step(town.secretary, panel, "unseat", row=sits.pk).status_code == 302
    assert not panel.seats.filter(officer=worker).exists()
    assert "先在人名前面打勾" in step(town.secretary, panel, "propose", where="between").content.decode()
    far = officer_of(town.neighbour)
    step(town.secretary, panel, "propose", where="cadres", pick=[f"officer-{far.pk}"])
    assert not panel.seats.filter(officer=far).exists(), "who is not proposed is not seated so"


def test_somebody_is_looked_for_by_name_and_nothing_typed_is_lost(town, dispute):
    panel = draft(town, dispute())
    said = {"where": "friends", "look": "李㻞", "role": "邻居", "of_side": "second", "near": "on"}
    answer = step(town.secretary, panel, "seat", do="find", **said)
    text = third(answer.content.decode(), "friends")
    person = town.li.people.get()
    assert 'name="look" value="李㻞"' in text
    assert "李㻞" not in third(answer.content.decode(), "watch"), "and only where it was typed"
    assert f'value="person-{person.pk}"' in text
    assert 'value="邻居"' in text
    assert (
        step(town.secretary, panel, "seat", do="save", pick=f"person-{person.pk}", **said).status_code == 302
    )
    sits = panel.seats.get(person=person)
    assert (sits.role, sits.of_side, sits.near) == ("邻居", "second", True)


def test_a_name_that_nobody_has_is_seated_as_it_is_written(town, dispute):
    panel = draft(town, dispute())
    assert step(town.secretary, panel, "seat", where="between", look="刘泥水", role="匠人").status_code == 302
    assert panel.seats.get(name="刘泥水").person is None
    refused = step(town.secretary, panel, "seat", where="between", look=" ", role="匠人")
    assert refused.status_code == 422
    assert "写姓名，或者从下面选" in refused.content.decode()
    assert 'value="匠人"' in refused.content.decode()
    strange = step(town.secretary, panel, "seat", where="between", look="刘", pick="person-999999")
    assert "选的人和写的姓名对不上" in strange.content.decode()


def test_whoever_sits_wrong_is_marked_with_the_reason(town, panel):
    add(town, panel, "b", person=town.wang.people.exclude(relation="户主").first())
    text = page(town.secretary, "panel", panel.pk)
    assert "李秀英是当事人的近亲属，不能坐在中间人里" in text
    assert "person-bad" in text


def test_time_and_place_are_said_whole_or_not_at_all(town, dispute):
    panel = draft(town, dispute())
    host = officer_of(town.secretary).pk
    said = {"topic": "院墙", "day": "2026-11-26", "time": "15:00", "place": "村部", "host": host}
    half = step(town.secretary, panel, "facts", **said | {"time": ""})
    assert half.status_code == 422
    assert "哪天、几点都填上" in half.content.decode()
    assert 'value="村部"' in half.content.decode()
    assert (
        "2026-11-23 这样" in step(town.secretary, panel, "facts", **said | {"day": "明天"}).content.decode()
    )
    far = officer_of(town.neighbour).pk
    assert "选列出来的人" in step(town.secretary, panel, "facts", **said | {"host": far}).content.decode()
    assert step(town.secretary, panel, "facts", **said).status_code == 302
    assert "11月26日 15:00，村部" in page(town.secretary, "panel", panel.pk)


def test_what_is_typed_is_settled_with_the_panel_and_stays_where_it_cannot_be(town, panel):
    host = officer_of(town.secretary).pk
    said = {"topic": "院墙", "day": "2026-11-27", "time": "10:00", "place": "张家院里", "host": host}
    text = page(town.secretary, "panel", panel.pk)
    assert f'form="facts" formaction="{reverse("disputes:panel_step", args=[panel.pk, "settle"])}"' in text
    extra = add(town, panel, "c", name="第四个")
    refused = step(town.secretary, panel, "settle", **said).content.decode()
    assert "还不能定" in refused
    for typed in ("2026-11-27", "10:00", "张家院里"):
        assert f'value="{typed}"' in refused
    panel.refresh_from_db()
    assert panel.place == "村党群服务中心", "nothing by halves"
    half = step(town.secretary, panel, "settle", **said | {"time": ""}).content.decode()
    assert "哪天、几点都填上" in half
    assert 'value="张家院里"' in half
    services.unseat(actor=town.secretary, panel=panel, seat=extra)
    assert step(town.secretary, panel, "settle", **said).status_code == 302
    panel.refresh_from_db()
    assert (panel.state, panel.place) == (Panel.SETTLED, "张家院里")


def upon(text, code):
    """The version that travels with one form of a page."""
    form = text[text.index(f"/{code}/") :]
    return re.search(r'name="upon" value="(\w+)"', form).group(1)


def test_of_two_who_change_the_place_the_second_sees_both(town, panel):
    host = officer_of(town.secretary).pk
    said = {"topic": "院墙", "day": "2026-11-26", "time": "15:00", "host": host}
    old = {"upon": upon(page(town.secretary, "panel", panel.pk), "facts")}
    clerk = justice(town)
    assert step(town.secretary, panel, "facts", **said, **old, place="张家院里").status_code == 302
    assert step(clerk, panel, "facts", **said, **old, place="张家院里").status_code == 302, "the same is none"
    for code in ("facts", "settle"):
        answer = step(clerk, panel, code, **said, **old, place="村部")
        text = answer.content.decode()
        assert answer.status_code == 422
        assert "您写的还没有存。现在存的是：11月26日 15:00，张家院里，主持人金书记，议“院墙”。" in text
        assert 'value="村部"' in text
    again = step(clerk, panel, "facts", **said, upon=upon(text, "facts"), place="村部")
    assert again.status_code == 302
    panel.refresh_from_db()
    assert panel.place == "村部"


@pytest.mark.parametrize(("name", "code"), [("panel", "asked"), ("sitting", "came")])
def test_of_two_who_tick_the_second_is_told_who_is_ticked_and_keeps_her_own(town, dispute, name, code):
    panel = settled(town, dispute())
    of, send = panel, step
    if name == "sitting":
        of, send = services.begin_sitting(actor=town.secretary, panel=panel, uuid=uuid.uuid4()), sitting_step
    one, other, *_ = panel.seats.all()
    old = upon(page(town.secretary, name, of.pk), code)
    assert send(town.secretary, of, code, seat=[one.pk, other.pk], upon=old).status_code == 302
    clerk = justice(town)
    answer = send(clerk, of, code, seat=[other.pk], upon=old)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert f"您勾的还没有存。现在存的是：{one.name}、{other.name}。" in text
    assert f'name="seat" value="{other.pk}" checked' in text
    assert f'name="seat" value="{one.pk}" checked' not in text
    assert panel.seats.filter(**{code: True}).count() == 2
    assert send(clerk, of, code, seat=[other.pk], upon=upon(text, code)).status_code == 302
    assert list(panel.seats.filter(**{code: True})) == [other]


def test_consent_and_objection_are_taken_on_the_page(town, panel):
    first = panel.dispute.parties.first()
    assert step(town.secretary, panel, "consent", party=first.pk, given="no").status_code == 302
    assert "不同意请亲友来" in step(town.secretary, panel, "settle").content.decode()
    step(town.secretary, panel, "consent", party=first.pk, given="yes")
    member = panel.seats.get(name="中人1")
    bare = step(town.secretary, panel, "object", party=first.pk, member=f"seat-{member.pk}", reason="")
    assert "写一句为什么不要他来" in bare.content.decode()
    step(town.secretary, panel, "object", party=first.pk, member=f"seat-{member.pk}", reason="吵过架")
    row = Objection.objects.get()
    assert "主持人还没有定" in step(town.secretary, panel, "settle").content.decode()
    step(town.secretary, panel, "decide", row=row.pk, upheld="no", answer="没有吵过")
    assert "没有吵过" in page(town.secretary, "panel", panel.pk)
    assert step(town.secretary, panel, "settle").status_code == 302


def test_only_who_works_on_it_changes_it_and_a_stranger_finds_nothing(town, panel):
    assert step(town.neighbour, panel, "settle").status_code == 404
    assert step(town.worker, panel, "settle").status_code == 404
    add(town, panel, "b", officer=officer_of(town.worker))
    first, member = panel.dispute.parties.first(), panel.seats.get(officer=officer_of(town.worker))
    services.object_to(actor=town.secretary, panel=panel, party=first, member=member, reason="偏一方")
    text = page(town.worker, "panel", panel.pk)
    assert "王格" in text, "who sits in it reads it"
    assert "偏一方" not in text, "and not what was said against him"
    assert "不要王格" not in text
    assert step(town.worker, panel, "settle").status_code == 403
    assert step(town.secretary, panel, "burn").status_code == 404
    matched(town.secretary, town.wang.people.get(relation="户主"))
    refused = step(town.secretary, panel, "settle")
    assert refused.status_code == 403
    assert "您自己是当事人" in refused.content.decode()


def test_a_cadre_is_told_on_the_page_why_he_can_do_nothing_there(town, dispute):
    quarrel = dispute()
    matched(town.secretary, town.wang.people.get(relation="户主"))
    text = page(town.secretary, "dispute", quarrel.pk)
    assert "这件纠纷里您自己是当事人" in text
    assert "下一步" not in text


@pytest.mark.parametrize("row", ["", "x", "²", "9" * 30, "987654321"])
def test_a_row_that_is_none_is_told(town, panel, row):
    for code in ("unseat", "unobserve", "consent", "decide"):
        answer = step(town.secretary, panel, code, row=row, party=row)
        assert answer.status_code == 422
        assert "重新选" in answer.content.decode()


def test_each_member_gets_a_letter_in_plain_words(town, panel, dispute):
    page(town.secretary, "invitations", panel.pk, 404)
    services.settle_panel(actor=town.secretary, panel=panel)
    text = page(town.secretary, "invitations", panel.pk)
    assert text.count("请　柬") == 12
    assert text.count("请您来<b>主持</b>") == 1
    assert text.index("亲友1：") < text.index("中人1：") < text.index("金书记："), "as they sit"
    for words in ("亲友1：", "2026年11月26日", "15:00", "村党群服务中心", "旁听监督", "金书记"):
        assert words in text
    seating = page(town.secretary, "seating", panel.pk)
    for words in ("议事小组名单", "亲友团（3 人）", "旁听群众代表", "签到"):
        assert words in seating


def test_who_has_the_letter_is_ticked(town, dispute):
    panel = settled(town, dispute())
    one, watcher = panel.seats.first(), panel.observers.first()
    assert step(town.secretary, panel, "asked", seat=one.pk, observer=watcher.pk).status_code == 302
    assert list(panel.seats.filter(asked=True)) == [one]
    assert list(panel.observers.filter(asked=True)) == [watcher]


def test_the_page_costs_the_same_for_nine_and_for_thirty(town, panel):
    def cost():
        with CaptureQueriesContext(connection) as asked:
            page(town.secretary, "panel", panel.pk)
        return len(asked)

    cost()
    few = cost()
    for number in range(7):
        for letter in "fbc":
            add(town, panel, letter, name=f"又一个{letter}{number}")
    assert cost() == few


# --- the sitting --------------------------------------------------------------------------------------------------


def sitting_step(user, sitting, code, **sent):
    return client_of(user).post(reverse("disputes:sitting_step", args=[sitting.pk, code]), sent)


def test_a_settled_panel_begins_to_sit_on_its_page(town, dispute):
    panel = settled(town, dispute())
    answer = client_of(town.secretary).post(reverse("disputes:begin_sitting", args=[panel.pk]))
    sitting = Sitting.objects.get()
    assert answer.url == reverse("disputes:sitting", args=[sitting.pk])
    text = page(town.secretary, "sitting", sitting.pk)
    for words in ("当事人陈述", "议定意见", "张三丰（甲方）", "旁听群众代表", "当事人不愿调了"):
        assert words in text
    assert "接着记" in page(town.secretary, "panel", panel.pk)


def test_a_panel_that_is_not_settled_says_so(town, panel):
    client = client_of(town.secretary)
    answer = client.post(reverse("disputes:begin_sitting", args=[panel.pk]), follow=True)
    assert "小组还没定下" in answer.content.decode()


def test_who_came_is_ticked_and_what_was_agreed_ends_it(town, dispute):
    sitting = sat(town, dispute())
    seats = list(sitting.panel.seats.values_list("pk", flat=True))
    observers = list(sitting.panel.observers.values_list("pk", flat=True))
    sitting_step(town.secretary, sitting, "came", seat=seats[1:], observer=observers)
    assert list(sitting.panel.seats.filter(came=False).values_list("pk", flat=True)) == seats[:1]
    parties = sitting.panel.dispute.parties.all()
    said = {f"party-{party.pk}": "yes" for party in parties} | {"conclusion": "墙退半尺", "outcome": "agreed"}
    early = sitting_step(town.secretary, sitting, "conclude", **said)
    assert early.status_code == 422
    assert "还没有“当事人陈述”" in early.content.decode()
    assert "墙退半尺" in early.content.decode()
    assert early.content.decode().count('value="yes" checked') == 2, "nothing that was said is lost"
    gone_through(town.secretary, sitting)
    short = sitting_step(town.secretary, sitting, "conclude", **said).content.decode()
    assert "到会的亲友团 3 人，中间人 3 人，镇村干部 2 人" in short
    sitting_step(town.secretary, sitting, "came", seat=seats, observer=observers)
    answer = sitting_step(town.secretary, sitting, "conclude", **said)
    assert answer.url == reverse("disputes:minutes", args=[sitting.pk])
    assert Stance.objects.count() == 2
    text = page(town.secretary, "minutes", sitting.pk)
    assert "王大春（乙方）同意" in text
    paper = page(town.secretary, "minutes_paper", sitting.pk)
    for words in ("各方签字", "墙退半尺", "记录人", "按手印"):
        assert words in paper


def test_of_two_who_write_what_was_agreed_the_second_sees_both_texts_and_who_was_quicker(town, dispute):
    sitting = sat(town, dispute())
    gone_through(town.secretary, sitting)
    parties = list(sitting.panel.dispute.parties.all())
    agreed = {f"party-{party.pk}": "yes" for party in parties} | {"outcome": "agreed"}
    clerk = justice(town)
    with clock.stopped_at("2026-11-23T10:05"):
        sitting_step(town.secretary, sitting, "conclude", **agreed, conclusion="墙退半尺")
    with clock.stopped_at("2026-11-23T10:06"):
        late = sitting_step(clerk, sitting, "conclude", **agreed, conclusion="墙退一尺，水沟一起修")
        refusal = sitting_step(clerk, sitting, "refuse", party=parties[1].pk, words="王家说不调")
        failed = sitting_step(clerk, sitting, "conclude", outcome="failed", conclusion="两边都不让")
    for answer, own in ((late, "墙退一尺，水沟一起修"), (refusal, "王家说不调"), (failed, "两边都不让")):
        text = answer.content.decode()
        assert answer.status_code == 422
        assert "金书记 11月23日 10:05 先点了，议事已经结束，结果是“议定了”" in text
        both = text[text.index('class="two-texts"') :]
        assert both.index("墙退半尺") < both.index("您写的，没有存") < both.index(own)
    assert "王大春不愿调" in refusal.content.decode()
    assert "张三丰同意，王大春同意" in late.content.decode()
    assert Sitting.objects.get().conclusion == "墙退半尺"


def test_a_refusal_ends_it_and_says_which_ways_remain(town, dispute):
    sitting = sat(town, dispute())
    assert "选是哪一方" in sitting_step(town.secretary, sitting, "refuse", words="不调了").content.decode()
    second = sitting.panel.dispute.parties.get(side="second")
    client = client_of(town.secretary)
    address = reverse("disputes:sitting_step", args=[sitting.pk, "refuse"])
    answer = client.post(address, {"party": second.pk, "words": "不调了"}, follow=True)
    assert "向人民法院起诉" in answer.content.decode()
    assert Dispute.objects.get().state == Dispute.ENDED


def test_a_step_of_a_sitting_that_is_none_and_one_that_is_not_his(town, dispute):
    sitting = sat(town, dispute())
    assert sitting_step(town.secretary, sitting, "burn").status_code == 404
    assert sitting_step(town.neighbour, sitting, "came").status_code == 404
    assert sitting_step(town.office, sitting, "came").status_code == 404


def test_the_minutes_lead_only_where_their_reader_may_go(town, dispute):
    quarrel = dispute(actor=town.secretary)
    panel = fill(town, draft(town, quarrel), between=2)
    add(town, panel, "b", officer=officer_of(town.assistant))
    services.settle_panel(actor=town.secretary, panel=panel)
    sitting = services.begin_sitting(actor=town.secretary, panel=panel, uuid=uuid.uuid4())
    for user, leads, not_to in ((town.assistant, "panel", "dispute"), (town.secretary, "dispute", "papers")):
        text = page(user, "minutes", sitting.pk)
        assert reverse(f"disputes:{leads}", args=[panel.pk if leads == "panel" else quarrel.pk]) in text
        assert f'"{reverse(f"disputes:{not_to}", args=[quarrel.pk])}"' not in text
    page(town.assistant, "panel", panel.pk)


def test_the_minutes_lead_to_the_agreement_and_say_whether_it_is_still_to_be_written(town, dispute):
    sitting = sat(town, dispute())
    gone_through(town.secretary, sitting)
    quarrel = sitting.panel.dispute
    stances = {party.pk: True for party in quarrel.parties.all()}
    said = {"agreed": True, "conclusion": "墙退半尺", "stances": stances}
    services.conclude(actor=town.secretary, sitting=sitting, **said)
    assert "写协议" in page(town.secretary, "minutes", sitting.pk)
    services.draft_agreement(actor=town.secretary, dispute=quarrel, uuid=uuid.uuid4(), **TEXT)
    text = page(town.secretary, "minutes", sitting.pk)
    assert "看协议" in text
    assert "写协议" not in text


def test_once_it_is_over_nobody_is_asked_who_came_or_sent_a_letter(town, dispute):
    sitting = sat(town, dispute())
    assert "谁来了" in page(town.secretary, "sitting", sitting.pk)
    assert "打印请柬" in page(town.secretary, "panel", sitting.panel_id)
    services.conclude(actor=town.secretary, sitting=sitting, agreed=False, conclusion="谈不拢", stances={})
    assert "谁来了" not in page(town.secretary, "sitting", sitting.pk)
    text = page(town.secretary, "panel", sitting.panel_id)
    assert "打印请柬" not in text
    assert "议事定在" not in text
