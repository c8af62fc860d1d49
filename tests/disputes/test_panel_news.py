"""A settled panel: who sits in it is told when and where, and one that never sat ends with its dispute."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from accounts.models import Notice
from accounts.notices.kinds import kind_of
from disputes import services
from disputes.models import Panel
from disputes.services import Guest
from tests.disputes.seats import add, draft, fill, in_three_days, officer_of, settled
from tests.factor import client_of

# --- settled, and never sat -------------------------------------------------------------------------------------------

ENDS = {
    "settle": "化解",
    "refuse": "当事人不愿调",
    "fail": "没调成",
    "withdraw": "不算纠纷",
    "escalate": "报上一级",
}


@pytest.mark.parametrize("step", list(ENDS))
def test_what_is_settled_and_never_sat_ends_with_its_dispute_and_says_why(town, dispute, step):
    panel = settled(town, dispute())
    getattr(services, step)(actor=town.secretary, dispute=panel.dispute, words="说清楚了")
    panel.refresh_from_db()
    assert panel.state == Panel.OFF
    assert panel.off_because == f"这件纠纷11月23日已经“{ENDS[step]}”，这次议事不开了。"
    with pytest.raises(ValidationError, match="这次议事不开了"):
        services.reopen_panel(actor=town.secretary, panel=panel)
    with pytest.raises(ValidationError):
        services.begin_sitting(actor=town.secretary, panel=panel, uuid=uuid.uuid4())
    page = client_of(town.secretary).get(reverse("disputes:panel", args=[panel.pk])).content.decode()
    assert panel.off_because in page
    assert "开始议事" not in page


def test_when_it_flares_up_again_another_panel_is_called(town, dispute):
    panel = settled(town, dispute())
    services.settle(actor=town.secretary, dispute=panel.dispute, words="说好了")
    services.reopen(actor=town.secretary, dispute=panel.dispute, words="又闹")
    panel.dispute.refresh_from_db()
    assert draft(town, panel.dispute).number == 2


# --- who sits in it is told -------------------------------------------------------------------------------------------


def notices_of(user):
    return list(Notice.objects.filter(user=user, kind="disputes.seated").order_by("pk"))


@pytest.fixture
def seated(town, dispute):
    """A panel in which the leader sits and a supervisor watches, not settled yet."""
    panel = fill(town, draft(town, dispute()), between=2)
    add(town, panel, "b", officer=officer_of(town.worker))
    services.observe(
        actor=town.secretary, panel=panel, kind="villager", guest=Guest(officer=officer_of(town.assistant))
    )
    return panel


def moved(town, panel, days):
    services.reopen_panel(actor=town.secretary, panel=panel)
    panel.refresh_from_db()
    at = in_three_days() + dt.timedelta(days=days)
    services.change_panel(
        actor=town.secretary, panel=panel, topic="院墙", at=at, place=panel.place, host=panel.host
    )
    services.settle_panel(actor=town.secretary, panel=panel)


def test_who_sits_in_a_settled_panel_is_told_once_with_time_and_place(town, seated):
    assert not notices_of(town.worker), "nobody is told before it is settled"
    services.settle_panel(actor=town.secretary, panel=seated)
    services.settle_panel(actor=town.secretary, panel=seated)
    for member in (town.worker, town.assistant):
        (notice,) = notices_of(member)
        assert notice.why == "您在第 1 次议事的小组里，11月26日 15:00 在村党群服务中心议事。"
        assert notice.link == reverse("disputes:panel", args=[seated.pk])
        number = seated.dispute.number
        assert notice.words == f"矛盾纠纷 {number} 的议事小组里有您，时间、地点登录看。"
        assert client_of(member).get(notice.link).status_code == 200
    assert not notices_of(town.secretary), "who settled it knows"
    assert not notices_of(town.leader), "nor anybody else"


def test_they_are_told_again_when_the_time_moves_and_only_then(town, seated):
    services.settle_panel(actor=town.secretary, panel=seated)
    moved(town, seated, 0)
    assert len(notices_of(town.worker)) == 1, "somebody else was exchanged, the time is the same"
    moved(town, seated, 1)
    moved(town, seated, 0)
    told = [notice.why for notice in notices_of(town.worker)]
    assert [next(day for day in ("11月26日", "11月27日") if day in why) for why in told] == [
        "11月26日",
        "11月27日",
        "11月26日",
    ]


def test_who_comes_in_later_is_told_and_nobody_once_the_dispute_is_over(town, seated):
    services.settle_panel(actor=town.secretary, panel=seated)
    services.reopen_panel(actor=town.secretary, panel=seated)
    for gone in seated.seats.filter(name="干部1"):
        services.unseat(actor=town.secretary, panel=seated, seat=gone)
    add(town, seated, "c", officer=officer_of(town.leader))
    move = services.settle_panel(actor=town.secretary, panel=seated)
    assert len(notices_of(town.leader)) == 1
    assert len(notices_of(town.worker)) == 1
    services.settle(actor=town.secretary, dispute=seated.dispute, words="说好了")
    kind = kind_of("disputes.seated")
    assert {call.number for call in kind.ask(str(move.pk), "member")} == {0}, "what waits to go out does not"
