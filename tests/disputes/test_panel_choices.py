"""A panel on the desk: who may be chosen to lead it or to sit in it, and a draft that nobody wants any more."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from disputes import services
from disputes.models import Move, Panel
from disputes.services import panels
from tests.disputes.seats import add, draft, fill, matched, officer_of
from tests.disputes.test_panel_pages import page, step, third


@pytest.fixture
def panel(town, dispute):
    return fill(town, draft(town, dispute()))


def head(home):
    return home.people.get(relation="户主")


def hosts(user, panel):
    """The names that 谁主持 offers."""
    text = page(user, "panel", panel.pk)
    select = re.search(r'<select name="host".*?</select>', text, re.DOTALL)
    return re.findall(r'<option value="\d+"[^>]*>([^<，]+)', select[0])


# --- a draft that is dropped ----------------------------------------------------------------------------------------


def test_a_draft_is_dropped_with_why_and_the_dispute_says_so(town, panel):
    assert "不要这个小组了" in page(town.secretary, "panel", panel.pk)
    refused = step(town.secretary, panel, "drop", words=" ")
    assert refused.status_code == 422
    assert "写一句为什么不要这个小组了。" in refused.content.decode()
    answer = step(town.secretary, panel, "drop", words="两家先自己谈")
    assert answer.url == reverse("disputes:dispute", args=[panel.dispute_id])
    assert not Panel.objects.exists()
    last = Move.objects.latest("pk")
    assert (last.words, last.actor) == ("第 1 次议事小组不要了：两家先自己谈", town.secretary)
    assert "组议事小组" in page(town.secretary, "dispute", panel.dispute_id), "another can be drafted"


def test_one_that_was_settled_once_stays_as_not_held(town, panel):
    services.settle_panel(actor=town.secretary, panel=panel)
    assert step(town.secretary, panel, "drop", words="不议了").status_code == 422, "first 重新改人"
    services.reopen_panel(actor=town.secretary, panel=panel)
    step(town.secretary, panel, "drop", words="不议了")
    panel.refresh_from_db()
    assert (panel.state, panel.off_because) == (Panel.OFF, "11月23日不要这个小组了：不议了")
    assert "不要这个小组了：不议了" in page(town.secretary, "panel", panel.pk)


def test_who_only_reads_drops_nothing_and_who_comes_too_late_is_told(town, panel):
    assert step(town.worker, panel, "drop", words="不要").status_code in (403, 404)
    stale = Panel.objects.whole().get(pk=panel.pk)
    services.drop_panel(actor=town.secretary, panel=panel, words="不要")
    with pytest.raises(ValidationError, match="有人不要了"):
        add(town, stale, "f", name="李四")


# --- who sits, pressed twice or all at once -------------------------------------------------------------------------


def test_who_presses_twice_seats_nobody_twice(town, panel):
    said = {"where": "between", "look": "刘泥水", "role": "匠人"}
    watch = {"where": "watch", "look": "党员老李", "kind": "member"}
    member, party = panel.seats.first(), panel.dispute.parties.first()
    against = {"member": f"seat-{member.pk}", "party": party.pk, "reason": "吵过架"}
    for _ in range(2):
        assert step(town.secretary, panel, "seat", **said).status_code == 302
        assert step(town.secretary, panel, "observe", **watch).status_code == 302
        assert step(town.secretary, panel, "object", **against).status_code == 302
    assert panel.seats.filter(name="刘泥水").count() == 1
    assert panel.observers.filter(name="党员老李").count() == 1
    assert panel.objections.count() == 1


def test_of_those_who_are_ticked_all_are_seated_or_nobody(town, dispute, monkeypatch):
    panel = draft(town, dispute())
    ticked = [f"officer-{officer_of(each).pk}" for each in (town.worker, town.assistant)]
    sits = panel.seats.count() + panel.observers.count()
    monkeypatch.setattr(panels, "MOST", sits + 1)
    refused = step(town.secretary, panel, "propose", where="between", pick=ticked)
    text = third(refused.content.decode(), "between")
    assert refused.status_code == 422
    assert "已经满了" in text
    assert not panel.seats.filter(side="between").exists(), "nothing by halves"
    assert len(re.findall(r'value="officer-\d+" checked', text)) == 2, "and what was ticked stays ticked"


# --- who may lead ---------------------------------------------------------------------------------------------------


def test_only_who_may_lead_is_offered(town, panel):
    kin = town.post("cunganbu", "村干部张", "cadre", town.jinxing)
    party = town.post("cunganbu2", "村干部王", "cadre", town.jinxing)
    unwanted = town.post("cunganbu3", "村干部赵", "cadre", town.jinxing)
    friend = town.post("cunganbu4", "村干部钱", "cadre", town.jinxing)
    free = town.post("cunganbu5", "村干部孙", "cadre", town.jinxing)
    offered = hosts(town.secretary, panel)
    assert {"金书记", "村干部张", "村干部孙"} <= set(offered)
    assert "小吴" not in offered
    matched(kin, town.zhang.people.exclude(relation="户主").first())
    matched(party, head(town.wang))
    add(town, panel, "f", officer=officer_of(friend))
    seat = add(town, panel, "c", officer=officer_of(unwanted))
    first = panel.dispute.parties.first()
    services.object_to(actor=town.secretary, panel=panel, party=first, member=seat, reason="向着人家")
    offered = hosts(town.secretary, panel)
    assert not {"村干部张", "村干部王", "村干部赵", "村干部钱"} & set(offered)
    assert {"金书记", "村干部孙"} <= set(offered)
    refused = step(town.secretary, panel, "facts", topic="院墙", host=officer_of(kin).pk)
    assert refused.status_code == 422
    assert "这个人不能主持" in refused.content.decode()
    assert step(town.secretary, panel, "facts", topic="院墙", host=officer_of(free).pk).status_code == 302


# --- looked for by initials -----------------------------------------------------------------------------------------


def test_somebody_with_a_post_and_somebody_of_the_register_are_found_by_initials(town, panel):
    found = step(town.secretary, panel, "seat", where="between", look="jsj", do="find")
    assert f'value="officer-{officer_of(town.secretary).pk}"' in third(found.content.decode(), "between")
    found = step(town.secretary, panel, "seat", where="friends", look="ZSF", do="find")
    assert f'value="person-{head(town.zhang).pk}"' in third(found.content.decode(), "friends")
    saved = step(
        town.secretary,
        panel,
        "seat",
        where="friends",
        look="zsf",
        do="save",
        pick=f"person-{head(town.zhang).pk}",
    )
    assert saved.status_code == 302
