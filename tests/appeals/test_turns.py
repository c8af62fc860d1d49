"""Whose turn it is, and who may do what with a matter that somebody else has: nobody's matter is lost between two."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from appeals import services
from appeals.models import Matter
from appeals.services.standing import stood
from core import clock
from core import ledger as engine
from core.ledger import LedgerScope
from core.periods import Month
from grids.models import Post
from ledgers.keeping import write_ledger

YESTERDAY = dt.date(2026, 11, 22)


def turns(town):
    """Who finds something in 该我办."""
    return {part for part, user in town.everyone.items() if Matter.objects.waiting_for(user).exists()}


def test_it_is_the_turn_of_the_office_it_lies_with_and_of_no_other(town, matter):
    found = matter()
    assert turns(town) == {"worker", "leader"}
    services.escalate(actor=town.worker, matter=found, words="要村里出面")
    assert turns(town) == {"secretary"}
    services.escalate(actor=town.secretary, matter=found, words="要镇里出面")
    assert turns(town) == {"office"}


def test_a_matter_of_a_whole_village_is_the_villages_turn(town, matter):
    matter(household=None, territory=town.jinxing, caller="路人", actor=town.secretary)
    assert turns(town) == {"secretary"}


def test_of_a_grid_where_nobody_serves_it_is_the_villages_turn(town, matter):
    matter()
    Post.objects.filter(duty__in=["worker", "leader"], territory=town.grid1).update(until=YESTERDAY)
    assert turns(town) == {"secretary"}


def test_of_a_grid_that_was_closed_too(town, matter):
    matter()
    town.grid1.closed_on = clock.today()
    town.grid1.save()
    assert "secretary" in turns(town)


def test_what_somebody_had_whose_post_has_ended_waits_for_the_office_again(town, matter):
    found = matter()
    services.accept(actor=town.leader, matter=found)
    assert turns(town) == {"leader"}
    town.leader.officer.posts.update(until=YESTERDAY)
    assert turns(town) == {"worker"}


def test_who_answered_is_still_to_ask_how_content_the_villager_is(town, matter):
    found = matter()
    services.accept(actor=town.leader, matter=found)
    services.answer(actor=town.leader, matter=found, words="修好了")
    assert turns(town) == {"leader"}
    services.rate(actor=town.leader, matter=found, rating="good")
    assert turns(town) == set()


def test_what_another_has_in_hand_a_colleague_neither_settles_nor_gives_back(town, matter):
    found = matter()
    services.dispatch(actor=town.office, matter=found, to=town.secretary)
    for verb in (services.give_back, services.escalate, services.note):
        with pytest.raises(ValidationError, match=r"陈办 .* 已经交办"):
            verb(actor=town.worker, matter=found, words="不归我")
    services.note(actor=town.secretary, matter=found, words="在办")


def test_who_only_reads_neither_rates_nor_takes_up_again(town, matter):
    guide = town.post("dianzhang", "点长", "guide", town.jinxing)
    found = matter()
    services.accept(actor=town.leader, matter=found)
    services.answer(actor=town.leader, matter=found, words="修好了")
    assert Matter.objects.readable_by(guide).exists()
    for verb, said in ((services.rate, {"rating": "good"}), (services.reopen, {"words": "没修好"})):
        with pytest.raises(PermissionDenied):
            verb(actor=guide, matter=found, **said)


def test_a_villages_matter_given_to_a_grid_worker_is_of_her_grid_from_then_on(town, matter):
    found = matter(household=None, territory=town.jinxing, caller="路人", actor=town.secretary)
    people = {str(user): user.posts_said for user in services.candidates(found)}
    assert people["王格"] == "金星第一网格 专职网格员"
    services.dispatch(actor=town.secretary, matter=found, to=town.worker)
    found.refresh_from_db()
    assert (found.territory, found.level) == (town.grid1, "village")
    services.take(actor=town.worker, matter=found)


def test_who_reports_up_does_so_from_her_own_office_and_the_story_says_where_it_went(town, matter):
    def told(found):
        move = found.moves.latest("pk")
        return move.kind, move.level, stood(found.moves.order_by("pk"), clock.today()).story[-1]

    wanted = {"worker": "village", "leader": "village", "secretary": "town", "office": "district"}
    for name, level in wanted.items():
        found = matter(f"{name}报的")
        services.escalate(actor=getattr(town, name), matter=found, words="办不了")
        found.refresh_from_db()
        assert (found.level, found.owner) == (level, None), name
        assert told(found)[:2] == ("escalate", level)
    found = Matter.objects.get(words="secretary报的")
    assert told(found)[2].endswith("金书记报上一级到镇：办不了")
    assert found in Matter.objects.waiting_for(town.office)
    assert found not in Matter.objects.waiting_for(town.secretary)


def test_a_secretary_reports_up_in_one_step_what_a_worker_has_in_hand(town, matter):
    found = matter()
    services.accept(actor=town.worker, matter=found)
    services.escalate(actor=town.secretary, matter=found, words="要镇里修")
    assert Matter.objects.get().level == "town"


def test_to_oneself_nothing_is_given(town, matter):
    with pytest.raises(ValidationError, match="点“受理”"):
        services.dispatch(actor=town.secretary, matter=matter(), to=town.secretary)


def test_what_was_withdrawn_by_mistake_comes_back(town, matter):
    found = matter()
    services.withdraw(actor=town.secretary, matter=found, words="重复")
    assert turns(town) == set()
    services.restore(actor=town.secretary, matter=found, words="不是重复")
    assert turns(town) == {"worker", "leader"}


def test_whom_it_can_be_given_to_is_asked_at_once_however_many_there_are(town, matter):
    found, counts = matter(), []
    services.candidates(found)  # fetches the places above, once
    for number in range(2):
        with CaptureQueriesContext(connection) as asked:
            services.candidates(found)
        counts.append(len(asked))
        for each in range(5):
            town.post(f"cadre{number}{each}", f"村干{number}{each}", "cadre", town.jinxing)
    assert counts[0] == counts[1]


def test_a_department_that_exports_its_own_ledgers_has_not_this_one(town, matter, tmp_path):
    matter()
    civil = town.post("minzheng", "民政办", "civil_affairs", town.town)
    scope = LedgerScope(civil, town.town, Month.parse("2026-11"), made_on=clock.today())
    ledger = engine.get("appeals")
    assert list(ledger.rows(scope)) == []
    with pytest.raises(PermissionDenied):
        write_ledger(ledger, scope, tmp_path / "x.xlsx")


# --- taken up again ---------------------------------------------------------------------------------------------------


@pytest.fixture
def again(town, matter):
    """Answered on 24 November, taken up again on 14 December."""
    found = matter()
    services.accept(actor=town.leader, matter=found)
    with clock.stopped_at("2026-11-24T10:00"):
        services.settle(actor=town.leader, matter=found, words="换了灯泡")
        services.answer(actor=town.leader, matter=found, rating="fair")
    with clock.stopped_at("2026-12-14T10:00"):
        services.reopen(actor=town.secretary, matter=found, words="又坏了")
        yield Matter.objects.get(pk=found.pk)


def test_its_time_counts_from_that_day_whoever_accepts_it(town, again):
    assert again.due_on == dt.date(2026, 12, 17)
    services.accept(actor=town.leader, matter=again, grade="ordinary")
    again.refresh_from_db()
    assert again.due_on == dt.date(2026, 12, 17)


def test_what_came_of_it_the_first_time_is_no_answer_now(town, again):
    assert (again.outcome, again.plan) == ("", "")
    services.accept(actor=town.leader, matter=again)
    with pytest.raises(ValidationError, match="怎么回复群众"):
        services.answer(actor=town.leader, matter=again)


def test_it_is_not_answered_on_a_day_before_that(town, again):
    services.accept(actor=town.leader, matter=again)
    with pytest.raises(ValidationError, match="从重新办那天起"):
        services.answer(actor=town.leader, matter=again, words="好了", answered_on=dt.date(2026, 11, 25))


# --- days -------------------------------------------------------------------------------------------------------------


def test_a_day_of_long_ago_is_a_slip(matter):
    with pytest.raises(ValidationError, match="一年以内"):
        matter(opened_on=dt.date(1926, 11, 23))


def test_a_new_day_is_set_in_time_and_near(town, matter):
    found = matter()
    services.accept(actor=town.leader, matter=found)
    with pytest.raises(ValidationError, match="半年以内"):
        services.set_plan(actor=town.leader, matter=found, words="慢慢修", due_on=dt.date(9999, 12, 31))
    with clock.stopped_at("2026-12-01T09:00"):
        with pytest.raises(ValidationError, match="已经过了时限"):
            services.set_plan(actor=town.leader, matter=found, words="分步修", due_on=dt.date(2026, 12, 20))
        services.set_plan(actor=town.secretary, matter=found, words="分步修", due_on=dt.date(2026, 12, 20))
    found.refresh_from_db()
    assert (found.grade, found.due_on) == ("complex", dt.date(2026, 12, 20))


def test_whose_it_was_stays_whoever_heads_the_household_later(town, matter):
    found = matter()
    type(town.zhang).objects.filter(pk=town.zhang.pk).update(head_name="张无忌")
    found = Matter.objects.get(pk=found.pk)
    assert (found.who, found.phone_mask) == ("张三丰", town.zhang.phone_mask)
