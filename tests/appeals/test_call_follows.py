"""What is written down of a call moves its matter too: nobody types the same on two pages."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from appeals import services
from appeals.models import Call, CallStep, Matter
from core import clock
from tests.appeals.test_calls import electrician, take
from tests.factor import client_of


def now(row):
    return Matter.objects.get(pk=row.matter_id)


def post(user, row, code, **said):
    address = reverse("appeals:call_step", args=[row.pk, code])
    return client_of(user).post(address, {"uuid": str(uuid.uuid4())} | said, follow=True)


def told(answer):
    return " ".join(str(each) for each in answer.context["messages"])


# --- a capable person is sent -----------------------------------------------------------------------------------------


def test_who_sends_a_capable_person_has_the_matter_in_hand_in_the_same_save(town, call):
    talent, row = electrician(town), call()
    post(town.secretary, row, "send", to=f"t{talent.pk}")
    matter = now(row)
    assert (matter.state, matter.owner) == ("in_hand", town.secretary)
    assert [move.kind for move in matter.moves.order_by("pk")] == ["open", "accept"]


def test_a_call_that_is_taken_with_a_capable_person_is_in_hand_at_once(town):
    talent = electrician(town)
    take(town.secretary, home=str(town.zhang.pk), to=f"t{talent.pk}")
    matter = Matter.objects.get()
    assert (matter.state, matter.owner) == ("in_hand", town.secretary)


def test_who_was_given_the_matter_takes_it_by_sending_a_capable_person(town, call):
    talent, row = electrician(town), call(to=town.worker)
    services.send(actor=town.worker, call=row, talent=talent)
    assert (now(row).state, now(row).owner) == ("in_hand", town.worker)


def test_what_somebody_else_has_stays_with_him_and_that_is_said(town, call):
    talent, row = electrician(town), call(to=town.leader)
    answer = post(town.secretary, row, "send", to=f"t{talent.pk}")
    assert row.steps.filter(kind=CallStep.SEND).count() == 2
    assert (now(row).state, now(row).owner) == ("dispatched", town.leader)
    assert "周长" in told(answer)
    assert "没有动" in told(answer)


def test_of_a_matter_that_went_elsewhere_nothing_is_told_and_nothing_moves(town, call):
    talent, row = electrician(town), call("家里吵架")
    services.escalate(actor=town.worker, matter=row.matter, words="办不了")
    services.dispatch(actor=town.secretary, matter=now(row), to=town.leader)
    answer = post(town.worker, row, "send", to=f"t{talent.pk}")
    assert "交到别处了" in told(answer)
    assert "周长" not in told(answer)
    assert now(row).owner == town.leader


# --- the caller is called back ----------------------------------------------------------------------------------------


def test_what_the_caller_was_told_is_the_answer_of_the_matter(town, call):
    talent, row = electrician(town), call()
    services.send(actor=town.secretary, call=row, talent=talent)
    answer = post(town.secretary, row, "back", words="灯换好了", done="yes")
    matter = now(row)
    assert f"回访记好了，诉求 {matter.number} 现在是“已回复，待评价”。" in told(answer)
    assert (matter.state, matter.outcome) == ("answered", "灯换好了")
    assert (matter.answered_by, matter.answered_on) == (town.secretary, clock.today())
    assert [move.kind for move in matter.moves.order_by("pk")] == ["open", "accept", "answer"]


def test_what_nobody_had_taken_up_is_taken_up_and_answered(town, call):
    row = call()
    services.called_back(actor=town.secretary, call=row, words="停电检修，晚上来电", done=True)
    assert [move.kind for move in now(row).moves.order_by("pk")] == ["open", "accept", "answer"]


def test_the_secretary_answers_what_the_worker_has_in_hand(town, call):
    row = call()
    services.accept(actor=town.worker, matter=row.matter)
    services.called_back(actor=town.secretary, call=row, words="灯换好了", done=True)
    assert (now(row).state, now(row).answered_by) == ("answered", town.secretary)


def test_of_what_is_settled_nobody_types_the_outcome_again(town, call):
    row = call()
    services.accept(actor=town.worker, matter=row.matter)
    services.settle(actor=town.worker, matter=now(row), words="灯换好了")
    services.called_back(actor=town.worker, call=row, done=True)
    assert (now(row).state, now(row).outcome) == ("answered", "灯换好了")


def test_an_answer_without_words_is_asked_for_and_nothing_is_kept(town, call):
    row = call()
    answer = post(town.secretary, row, "back", done="yes")
    assert answer.status_code == 422
    assert "写一句怎么回复群众的" in answer.content.decode()
    assert not row.steps.exists()
    assert now(row).state == "collected"


def test_who_only_called_and_has_nothing_yet_answers_nothing(town, call):
    row = call()
    post(town.secretary, row, "back", words="明天来修")
    assert now(row).state == "collected"
    assert row.steps.get().words == "明天来修"


def test_the_day_of_the_answer_is_the_day_of_the_call_back(town, call):
    row = call()
    services.accept(actor=town.worker, matter=row.matter)
    with clock.stopped_at("2026-11-24T08:00"):
        moment = row.called_at + dt.timedelta(hours=1)
        services.called_back(actor=town.secretary, call=row, at=moment, words="好了", done=True)
        assert now(row).answered_on == clock.local_date(moment)


@pytest.mark.parametrize("state", ["dispatched", "answered"])
def test_a_call_back_that_no_longer_fits_stays_with_the_call_and_that_is_said(town, call, state):
    row = call(to=town.leader)
    if state == "answered":
        services.take(actor=town.leader, matter=now(row))
        services.answer(actor=town.leader, matter=now(row), words="换好了")
    answer = post(town.secretary, row, "back", words="灯换好了", done="yes")
    assert row.steps.filter(kind=CallStep.BACK).get().words == "灯换好了"
    assert now(row).state == state
    assert "没有动" in told(answer)


def test_a_leader_does_not_answer_what_the_worker_has(town, call):
    row = call()
    services.accept(actor=town.worker, matter=row.matter)
    answer = post(town.leader, row, "back", words="灯换好了", done="yes")
    assert now(row).state == "in_hand"
    assert "王格" in told(answer)


def test_the_same_call_back_sent_again_answers_once(town, call):
    row, number = call(), uuid.uuid4()
    for _ in range(2):
        services.called_back(actor=town.secretary, call=row, words="好了", done=True, uuid=number)
    assert now(row).moves.filter(kind="answer").count() == 1
    with pytest.raises(services.Conflict):
        services.called_back(actor=town.secretary, call=row, words="好了", uuid=number)


def test_the_page_asks_for_what_was_told_only_while_there_is_something_to_answer(town, call):
    row = call()
    address = reverse("appeals:call", args=[row.pk])
    assert 'name="done"' in client_of(town.secretary).get(address).content.decode()
    services.withdraw(actor=town.secretary, matter=row.matter, words="说重了")
    assert 'name="done"' not in client_of(town.secretary).get(address).content.decode()


def test_a_button_on_hold_is_neither_answered_nor_moved(town, call):
    row = call()
    Call.objects.filter(pk=row.pk).update(matter=None)
    with pytest.raises(ValidationError, match="先停着"):
        services.called_back(actor=town.secretary, call=Call.objects.get(pk=row.pk), words="好", done=True)
