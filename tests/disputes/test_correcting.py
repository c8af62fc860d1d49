"""What was written wrong of a dispute is set right, and what it was stays; a household's page shows its disputes."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from disputes import services
from tests.factor import client_of


def test_each_fact_is_set_right_with_what_it_was_before(town, dispute):
    found = dispute(people=2)
    facts = {
        "kind": "housing",
        "level": "village",
        "people": 5,
        "major": True,
        "department": "司法所",
        "supervised": " ",
        "due_on": dt.date(2027, 1, 5),
    }
    move = services.correct(actor=town.secretary, dispute=found, **facts)
    assert move.words == (
        "更正：类型 邻里 → 房屋宅基地；纠纷级别 网格 → 村；涉及人数 2 → 5；重大纠纷 否 → 是；"
        "责任部门 没填 → 司法所；完成时限 2026-12-23 → 2027-01-05"
    )
    found.refresh_from_db()
    assert (found.kind, found.people, found.due_on) == ("housing", 5, dt.date(2027, 1, 5))
    assert (move.level, move.due_on) == ("village", dt.date(2027, 1, 5))


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"people": 0}, "至少是 1"),
        ({"due_on": dt.date(2026, 11, 1)}, "不能比排查时间早"),
        ({"kind": "neighbours"}, "没有改动"),
        ({"kind": "宿怨"}, "有效"),
    ],
)
def test_what_is_wrong_again_is_refused(town, dispute, facts, sentence):
    with pytest.raises(ValidationError) as refused:
        services.correct(actor=town.secretary, dispute=dispute(), **facts)
    assert sentence in "".join(refused.value.messages)


def test_who_does_not_settle_disputes_corrects_none(town, dispute):
    with pytest.raises(PermissionDenied):
        services.correct(actor=town.worker, dispute=dispute(), kind="land")


def test_the_page_offers_it_to_who_may_and_keeps_what_was_typed(town, dispute):
    found = dispute()
    page, address = (reverse(f"disputes:{name}", args=[found.pk]) for name in ("dispute", "correct"))
    assert "写错了，更正" not in client_of(town.worker).get(page).content.decode()
    client = client_of(town.secretary)
    said = {"kind": "land", "level": "grid", "due_on": "2026-01-01", "department": "林业站"}
    refused = client.post(address, said)
    assert refused.status_code == 422
    assert "不能比排查时间早" in refused.content.decode()
    assert "林业站" in refused.content.decode()
    done = client.post(address, said | {"due_on": "2026-12-30"}, follow=True).content.decode()
    assert "类型 邻里 → 山林土地" in done
    assert client_of(town.worker).post(address, said | {"due_on": "2026-12-30"}).status_code == 403


def test_a_households_page_shows_its_disputes_to_who_may_read_them(town, dispute):
    dispute("争水")
    address = reverse("visits:household", args=[town.wang.pk])
    assert "争水" in client_of(town.secretary).get(address).content.decode()
    assert "争水" in client_of(town.worker).get(address).content.decode(), "who reported it"
    assert "争水" not in client_of(town.leader).get(address).content.decode()
