"""What is typed on the page of a panel is not lost when somebody else drops it or settles it meanwhile."""

import re
import uuid

import pytest
from django.urls import reverse

from disputes import services
from disputes.models import Panel
from tests.disputes.seats import draft, fill, officer_of
from tests.disputes.test_panel_pages import step, third
from tests.factor import client_of

SEAT = {"where": "between", "look": "刘泥水", "role": "东头匠人"}
FACTS = {"topic": "院墙退半尺", "day": "2026-11-27", "time": "09:00", "place": "老祠堂"}


@pytest.fixture
def panel(town, dispute):
    return fill(town, draft(town, dispute()))


@pytest.fixture
def gone(town, panel):
    """The office has dropped it while the secretary types."""
    services.drop_panel(actor=town.office, panel=Panel.objects.get(pk=panel.pk), words="两家先自己谈")
    return panel


def press(town, panel, code, **sent):
    return step(town.secretary, panel, code, dispute=panel.dispute_id, **sent)


def hidden(text):
    """What the form of the button carries along."""
    form = text[text.rindex("<form", 0, text.index('name="kept"')) :]
    return re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form[: form.index("</form>")])


def follow(town, panel, text):
    """She presses 另组一个小组，接着填."""
    sent = {}
    for name, value in hidden(text):
        sent.setdefault(name, []).append(value)
    sent["uuid"] = [str(uuid.uuid4())]
    return client_of(town.secretary).post(reverse("disputes:draft_panel", args=[panel.dispute_id]), sent)


def test_who_presses_on_a_panel_that_was_dropped_is_told_who_did_and_why_and_loses_nothing(town, gone):
    answer = press(town, gone, "seat", **SEAT)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "这个小组刚才有人不要了，刚才写的没有存。" in text
    assert "陈办 11月23日 09:30 记的：第 1 次议事小组不要了：两家先自己谈" in text
    assert "刘泥水" in text
    assert "东头匠人" in text
    answer = follow(town, gone, text)
    text = third(answer.content.decode(), "between")
    made = Panel.objects.get()
    assert not made.seats.filter(name="刘泥水").exists(), "nothing is stored that she has not pressed for"
    assert 'value="刘泥水"' in text
    assert 'value="东头匠人"' in text
    assert step(town.secretary, made, "seat", **SEAT).status_code == 302
    assert made.seats.filter(name="刘泥水", role="东头匠人").exists()


@pytest.mark.parametrize("code", ["facts", "settle"])
def test_when_and_where_go_along_to_the_next_panel(town, gone, code):
    host = officer_of(town.secretary).pk
    text = press(town, gone, code, host=host, upon=gone.facts_version, **FACTS).content.decode()
    answer = follow(town, gone, text)
    text = answer.content.decode()
    for value in FACTS.values():
        assert f'value="{value}"' in text
    made = Panel.objects.get()
    upon = re.search(r'name="upon" value="(\w+)"', text)[1]
    assert step(town.secretary, made, "facts", host=host, upon=upon, **FACTS).status_code == 302
    made.refresh_from_db()
    assert (made.topic, made.place) == ("院墙退半尺", "老祠堂")


@pytest.mark.parametrize(
    ("code", "sent"),
    [
        ("object", {"reason": "和他家吵过架"}),
        ("drop", {"words": "等过了年再说"}),
        ("observe", {"where": "watch", "look": "党员老李", "kind": "member"}),
    ],
)
def test_whatever_else_was_typed_is_still_there(town, gone, code, sent):
    text = press(town, gone, code, **sent).content.decode()
    written = next(value for name, value in sent.items() if name in ("reason", "words", "look"))
    assert written in text
    assert written in follow(town, gone, text).content.decode()


@pytest.mark.parametrize("code", ["unseat", "consent", "reopen", "propose"])
def test_where_nothing_was_typed_it_is_only_said(town, gone, code):
    answer = press(town, gone, code, row=1, party=1)
    assert answer.status_code == 422
    assert "另组一个小组<" in answer.content.decode()


def test_on_a_panel_that_was_drafted_since_it_stands_in_its_place_at_once(town, gone):
    now = services.draft_panel(actor=town.office, dispute=gone.dispute, uuid=uuid.uuid4())
    answer = press(town, gone, "seat", **SEAT)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "现在这一页是后来另组的小组" in text
    assert reverse("disputes:panel_step", args=[now.pk, "seat"]) in text
    assert 'value="刘泥水"' in third(text, "between")
    assert not now.seats.filter(name="刘泥水").exists()


def test_who_was_quicker_to_draft_another_does_not_cost_her_what_she_typed(town, gone):
    text = press(town, gone, "seat", **SEAT).content.decode()
    services.draft_panel(actor=town.office, dispute=gone.dispute, uuid=uuid.uuid4())
    assert 'value="刘泥水"' in third(follow(town, gone, text).content.decode(), "between")


def test_a_stranger_finds_nothing_where_a_panel_was(town, gone):
    assert step(town.neighbour, gone, "seat", dispute=gone.dispute_id, **SEAT).status_code == 404
    assert step(town.secretary, gone, "seat", **SEAT).status_code == 404
    assert step(town.secretary, gone, "seat", dispute="²", **SEAT).status_code == 404


def test_dropping_it_twice_says_so(town, panel):
    assert press(town, panel, "drop", words="不议了").status_code == 302
    assert "第 1 次议事小组不要了：不议了" in press(town, panel, "drop", words="不议了").content.decode()


# --- settled meanwhile ------------------------------------------------------------------------------------------------


def test_on_a_panel_that_was_settled_meanwhile_it_is_said_and_what_was_typed_comes_back(town, panel):
    services.settle_panel(actor=town.office, panel=panel)
    answer = press(town, panel, "seat", **SEAT)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "小组已经定下了。要改人，先点“重新改人”。" in text
    assert '<dd class="said-long">刘泥水</dd>' in text
    sent = dict(hidden(text))
    answer = step(town.secretary, panel, "reopen", **sent)
    assert answer.status_code == 200
    assert 'value="东头匠人"' in third(answer.content.decode(), "between")
    panel.refresh_from_db()
    assert panel.state == Panel.DRAFTED


def test_who_settles_second_keeps_what_she_wrote_of_the_place(town, panel):
    services.settle_panel(actor=town.office, panel=panel)
    host = officer_of(town.secretary).pk
    text = press(town, panel, "settle", host=host, upon=panel.facts_version, **FACTS).content.decode()
    assert "陈办已经定下这个小组了" in text
    assert "老祠堂" in text


def test_the_reason_and_the_one_it_is_about_stay_where_the_objection_is_refused(town, panel):
    member = panel.seats.first()
    text = press(town, panel, "object", reason="吵过架", member=f"seat-{member.pk}", party=0).content.decode()
    assert 'value="吵过架"' in text
    assert f'<option value="seat-{member.pk}" selected>' in text


def test_what_the_host_answers_stays_where_it_is_not_his_to_decide(town, panel):
    first = panel.dispute.parties.first()
    row = services.object_to(
        actor=town.secretary, panel=panel, party=first, member=panel.seats.get(name="中人1"), reason="吵过架"
    )
    answer = step(town.office, panel, "decide", row=row.pk, upheld="no", answer="他只听不说")
    assert answer.status_code == 403
    assert 'value="他只听不说"' in answer.content.decode()
