"""A matter from 登记 to 办结: who may take which step, what is refused, and what stays to be read of it."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from appeals import services
from appeals.models import Matter, Move
from core import clock


def story(matter):
    return [(str(move.actor), move.get_kind_display(), move.words) for move in matter.moves.all()]


def now(matter):
    matter = Matter.objects.get(pk=matter.pk)
    return matter.get_state_display(), matter.get_level_display(), matter.owner


# --- the way ----------------------------------------------------------------------------------------------------------


def test_a_matter_goes_its_way_and_every_step_stays_to_be_read(town, matter):
    found = matter()
    assert (found.number, found.due_on) == (f"SQ-2026-{found.pk:04d}", dt.date(2026, 11, 26))
    services.accept(actor=town.leader, matter=found)
    services.note(actor=town.leader, matter=found, words="叫了电工")
    services.settle(actor=town.leader, matter=found, words="三盏都换了")
    assert now(found) == ("办好，待回复", "网格", town.leader)
    services.answer(actor=town.leader, matter=found, rating="good")
    assert now(found) == ("办结", "网格", town.leader)
    assert story(found) == [
        ("王格", "登记", ""),
        ("周长", "受理", ""),
        ("周长", "记一笔", "叫了电工"),
        ("周长", "办好", "三盏都换了"),
        ("周长", "回复群众", ""),
        ("周长", "评价、办结", "满意"),
    ]
    done = Matter.objects.get(pk=found.pk)
    assert (done.outcome, done.rating, done.answered_on, done.closed_on) == (
        "三盏都换了",
        "good",
        clock.today(),
        clock.today(),
    )


def test_it_is_reported_up_level_by_level_with_what_was_tried(town, matter):
    found = matter()
    services.accept(actor=town.worker, matter=found)
    services.escalate(actor=town.worker, matter=found, words="找过供电所，要村里出面")
    assert now(found) == ("待受理", "村", None)
    with pytest.raises(PermissionDenied):
        services.accept(actor=town.worker, matter=found)
    services.accept(actor=town.secretary, matter=found)
    services.escalate(actor=town.secretary, matter=found, words="要换变压器")
    with pytest.raises(PermissionDenied):
        services.accept(actor=town.secretary, matter=found)
    services.accept(actor=town.office, matter=found)
    services.escalate(actor=town.office, matter=found, words="报区供电公司")
    assert now(found) == ("待受理", "区", None)
    for step in (services.accept, services.escalate):
        with pytest.raises(ValidationError, match="已经报到区里了"):
            step(actor=town.office, matter=found, **({} if step is services.accept else {"words": "再报"}))


def test_what_went_to_the_district_is_not_offered_to_be_taken_up_and_its_answer_is_written_down(town, matter):
    found = matter()
    for who in (town.secretary, town.office):
        services.escalate(actor=who, matter=found, words="办不了")
    found.refresh_from_db()
    offered = {step.code for step in services.steps_for(town.office, found)}
    assert "accept" not in offered
    assert {"settle", "note"} <= offered
    services.settle(actor=town.office, matter=found, words="区供电公司换了变压器")
    services.answer(actor=town.office, matter=found, rating=Matter.GOOD)
    found.refresh_from_db()
    assert found.get_state_display() == "办结"


def test_it_is_given_to_somebody_who_takes_it_or_gives_it_back_with_a_reason(town, matter):
    found = matter()
    services.dispatch(actor=town.secretary, matter=found, to=town.leader, words="去看看")
    assert now(found) == ("已交办", "网格", town.leader)
    with pytest.raises(ValidationError, match=r"金书记 .* 已经交办"):
        services.take(actor=town.worker, matter=found)
    with pytest.raises(ValidationError, match="为什么退回"):
        services.give_back(actor=town.leader, matter=found, words=" ")
    services.give_back(actor=town.leader, matter=found, words="不归网格管")
    assert now(found) == ("待受理", "网格", None)
    services.dispatch(actor=town.secretary, matter=found, to=town.leader)
    services.take(actor=town.leader, matter=found)
    assert now(found) == ("在办", "网格", town.leader)


def test_whom_it_can_be_given_to(town, matter):
    found = matter()
    assert {str(user) for user in services.candidates(found)} == {"王格", "周长", "金书记", "陈办"}


@pytest.mark.parametrize("to", ["neighbour", "supervisor", "assistant", "nobody", "sysadmin"])
def test_to_somebody_without_reach_it_is_not_given(town, matter, to):
    found = matter()
    user = getattr(town, to)
    with pytest.raises(ValidationError, match="管不到金星村 金星第一网格"):
        services.dispatch(actor=town.secretary, matter=found, to=user)
    assert now(found) == ("待受理", "网格", None)


def test_the_one_who_had_it_and_whose_post_has_ended_has_it_no_more(town, matter):
    found = matter()
    services.dispatch(actor=town.secretary, matter=found, to=town.leader)
    town.leader.officer.posts.update(until=clock.today() - dt.timedelta(days=1))
    with pytest.raises(PermissionDenied):
        services.take(actor=town.leader, matter=found)
    assert not Matter.objects.readable_by(town.leader).exists()


# --- what is refused --------------------------------------------------------------------------------------------------


def test_two_who_accept_at_once_one_wins_and_the_other_is_told_by_whom(town, matter):
    found = matter()
    seen_by_both = Matter.objects.get(pk=found.pk)
    with clock.stopped_at("2026-11-23T11:02"):
        services.accept(actor=town.leader, matter=found)
    with pytest.raises(ValidationError) as refused:
        services.accept(actor=town.worker, matter=seen_by_both)
    assert refused.value.messages == ["周长 11月23日 11:02 已经受理，这件事现在是“在办”。"]
    assert now(found)[2] == town.leader


def test_without_an_answer_to_the_villager_nothing_is_closed(town, matter):
    found = matter()
    services.accept(actor=town.leader, matter=found)
    services.settle(actor=town.leader, matter=found, words="修好了")
    with pytest.raises(ValidationError, match="已经办好，这件事现在是“办好，待回复”"):
        services.rate(actor=town.leader, matter=found, rating="good")
    assert now(found)[0] == "办好，待回复"


def test_the_database_itself_closes_nothing_unanswered(town, matter):
    from django.db import IntegrityError

    with pytest.raises(IntegrityError):
        Matter.objects.filter(pk=matter().pk).update(state=Matter.CLOSED)


def test_who_is_not_content_has_it_taken_up_again(town, matter):
    found = matter()
    services.accept(actor=town.leader, matter=found)
    services.answer(actor=town.leader, matter=found, words="修好了")
    with clock.stopped_at("2026-12-01T09:00"):
        with pytest.raises(ValidationError, match="群众哪里不满意"):
            services.rate(actor=town.leader, matter=found, rating="bad")
        services.rate(actor=town.leader, matter=found, rating="bad", words="又坏了")
    again = Matter.objects.get(pk=found.pk)
    assert (again.state, again.owner, again.reopened, again.due_on) == (
        Matter.COLLECTED,
        None,
        1,
        dt.date(2026, 12, 4),
    )
    assert story(found)[-1] == ("周长", "重新办", "群众不满意：又坏了")


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (lambda by, it: services.settle(actor=by, matter=it, words=""), "写一句办理结果"),
        (lambda by, it: services.escalate(actor=by, matter=it, words=""), "试过什么"),
        (lambda by, it: services.note(actor=by, matter=it, words=" "), "写一句再记"),
        (lambda by, it: services.answer(actor=by, matter=it), "怎么回复群众"),
        (
            lambda by, it: services.answer(
                actor=by, matter=it, words="好", answered_on=dt.date(2026, 11, 24)
            ),
            "回复日期在提出那天到今天之间",
        ),
        (
            lambda by, it: services.set_plan(
                actor=by, matter=it, words="分三步", due_on=dt.date(2026, 11, 22)
            ),
            "填今天或者以后的日子",
        ),
    ],
)
def test_a_step_without_its_words_changes_nothing(town, matter, step, told):
    found = matter()
    services.accept(actor=town.leader, matter=found)
    with pytest.raises(ValidationError, match=told):
        step(town.leader, found)
    assert now(found)[0] == "在办"
    assert found.moves.count() == 2


def test_the_same_step_again_is_the_same_row_and_another_under_its_number_is_a_conflict(town, matter):
    found, number = matter(), uuid.uuid4()
    services.accept(actor=town.leader, matter=found)
    first = services.note(actor=town.leader, matter=found, words="叫了电工", uuid=number)
    assert services.note(actor=town.leader, matter=found, words="叫了电工", uuid=number) == first
    with pytest.raises(services.Conflict):
        services.note(actor=town.leader, matter=found, words="没叫电工", uuid=number)
    with pytest.raises(services.Conflict):
        services.note(actor=town.secretary, matter=found, words="叫了电工", uuid=number)
    assert Move.objects.filter(kind="note").count() == 1


# --- registering ------------------------------------------------------------------------------------------------------


def test_the_same_matter_again_is_the_same_row_and_other_content_is_a_conflict(town):
    said = {"actor": town.worker, "uuid": uuid.uuid4(), "source": "walk_in", "household": town.zhang}
    first = services.open_matter(words="井盖丢了", **said)
    again = services.open_matter(words="井盖丢了", **said)
    assert (first.created, again.created, again.matter) == (True, False, first.matter)
    with pytest.raises(services.Conflict):
        services.open_matter(words="别的事", **said)
    with pytest.raises(services.Conflict):
        services.open_matter(words="井盖丢了", **said | {"actor": town.leader})
    assert Matter.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "field", "told"),
    [
        ({"words": " "}, "words", "不能为空"),
        ({"opened_on": dt.date(2026, 11, 24)}, "opened_on", "还没到"),
        ({"phone": "123"}, "phone", "手机号"),
        ({"source": "dream"}, "source", "不是有效选项"),
        ({"words": "长" * 501}, "words", "500"),
    ],
)
def test_a_wrong_word_is_refused_at_its_field(town, matter, more, field, told):
    with pytest.raises(ValidationError) as refused:
        matter(**{"words": "井盖丢了"} | more)
    assert told in "".join(refused.value.message_dict[field])
    assert not Matter.objects.exists()


def test_somebody_without_a_household_leaves_a_name_or_a_number(town, matter):
    with pytest.raises(ValidationError, match="姓名或者电话"):
        matter(household=None, territory=town.grid1)
    found = matter(household=None, territory=town.grid1, phone="19900008888")
    assert found.phone_mask == "199****8888"


def test_a_matter_of_a_village_whose_grid_nobody_knows_lies_with_the_village(town, matter):
    found = matter(household=None, territory=town.jinxing, caller="路过的人", actor=town.secretary)
    assert now(found) == ("待受理", "村", None)
    with pytest.raises(ValidationError, match="说不清网格的，选村"):
        matter(household=None, territory=town.town, caller="路过的人", actor=town.office)


@pytest.mark.parametrize("who", ["neighbour", "supervisor", "sysadmin", "nobody"])
def test_nobody_registers_where_he_does_not_serve(town, matter, who):
    with pytest.raises(PermissionDenied):
        matter(actor=getattr(town, who))


# --- who reads --------------------------------------------------------------------------------------------------------


def test_who_reads_a_matter(town, matter):
    by_assistant = matter("水管漏了", actor=town.assistant)
    at_village = matter("路不平", household=None, territory=town.jinxing, caller="李某", actor=town.secretary)
    read = {
        part: {found.words for found in Matter.objects.readable_by(user)}
        for part, user in town.everyone.items()
    }
    both, one = {by_assistant.words, at_village.words}, {by_assistant.words}
    assert read == {
        "office": both,
        "secretary": both,
        "neighbour": set(),
        "worker": one,
        "leader": one,
        "assistant": one,
        "supervisor": set(),
        "sysadmin": set(),
        "nobody": set(),
    }


def test_a_department_reads_what_is_sent_to_it_and_no_more(town, matter):
    justice = town.post("justice", "司法所", "justice", town.town)

    mine, other = matter("邻里吵架"), matter("路灯")

    assert not Matter.objects.readable_by(justice).exists()
    services.dispatch(actor=town.secretary, matter=mine, to=justice)
    assert [found.words for found in Matter.objects.readable_by(justice)] == ["邻里吵架"]
    assert other.is_open


# --- sent again -------------------------------------------------------------------------------------------------------


def test_a_step_sent_again_with_another_rating_or_day_is_a_conflict(town, matter):
    found, number = matter(), uuid.uuid4()
    services.accept(actor=town.leader, matter=found)
    said = {"actor": town.leader, "matter": found, "words": "修好了", "uuid": number}
    services.answer(**said)
    for more in ({"rating": "good"}, {"answered_on": clock.today()}):
        with pytest.raises(services.Conflict):
            services.answer(**said, **more)
    assert now(found)[0] == "已回复，待评价"


def test_an_old_answer_sent_again_closes_nothing_that_was_taken_up_since(town, matter):
    found, number = matter(), uuid.uuid4()
    services.accept(actor=town.leader, matter=found)
    first = {"actor": town.leader, "matter": found, "words": "修好了", "rating": "good", "uuid": number}
    services.answer(**first)
    services.reopen(actor=town.secretary, matter=found, words="又坏了")
    services.accept(actor=town.leader, matter=found)
    services.answer(actor=town.leader, matter=found, words="再修好了")
    services.answer(**first)
    assert now(found)[0] == "已回复，待评价"


def test_a_matter_sent_before_midnight_and_again_after_it_is_one(town):
    said = {
        "actor": town.worker,
        "uuid": uuid.uuid4(),
        "source": "walk_in",
        "household": town.zhang,
        "words": "灯",
    }
    with clock.stopped_at("2026-11-23T23:59"):
        first = services.open_matter(**said).matter
    with clock.stopped_at("2026-11-24T00:05"):
        assert services.open_matter(**said).matter == first


def test_a_plan_of_the_longest_words_is_kept_whole_and_a_longer_one_refused_at_its_field(town, matter):
    one = matter()
    services.accept(actor=town.worker, matter=one)
    by = dt.date(2026, 12, 11)
    with pytest.raises(ValidationError) as refused:
        services.set_plan(actor=town.worker, matter=one, words="长" * 501, due_on=by)
    assert set(refused.value.message_dict) == {"words"}
    move = services.set_plan(actor=town.worker, matter=one, words="长" * 500, due_on=by)
    one.refresh_from_db()
    assert len(one.plan) == 500
    assert len(move.words) <= Move._meta.get_field("words").max_length


def test_a_quarrel_is_a_dispute_in_the_same_save_and_the_matter_keeps_its_own_clock(town, matter):
    found = matter("院墙砌过了界", field="dispute")
    dispute = found.dispute
    assert (dispute.words, dispute.source, dispute.territory) == ("院墙砌过了界", "matter", town.grid1)
    assert dispute.parties.get().household == town.zhang
    assert found.is_open


def test_what_turns_out_to_be_a_quarrel_is_handed_on_once(town, matter):
    found = matter("水沟堵了")
    services.accept(actor=town.worker, matter=found)
    services.mediate(actor=town.worker, matter=found, words="和下家吵起来了")
    found.refresh_from_db()
    assert found.dispute.words == "水沟堵了"
    with pytest.raises(ValidationError, match=found.dispute.number):
        services.mediate(actor=town.worker, matter=found)
    assert "mediate" not in [step.code for step in services.steps_for(town.worker, found)]
