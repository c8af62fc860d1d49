"""推荐 → 联系 → 面试 → 到岗 → 稳岗: who may, what follows in the register, and what the second of two is told."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from core import clock
from core.board import all_waiting, count_waiting
from core.scope import OPERATOR, reading_only
from jobs import services
from jobs.models import JobFair, Labour, Match, MatchStep
from jobs.services import Said
from tests.jobs.market import man_of, offer, rival, seek
from tests.people import Town

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(town: Town) -> Match:
    """王大春 is sent to the factory in his village by the secretary."""
    seek(man_of(town), "缝纫", wage=3000)
    place = offer(town.jinxing, village=town.jinxing)
    return services.recommend(actor=town.secretary, person=man_of(town), vacancy=place)


def now(match):
    return Match.objects.get(pk=match.pk)


def steps(match):
    return list(match.steps.values_list("kind", "state"))


def test_a_recommendation_keeps_its_reasons_as_they_stood(town, sent):
    assert (sent.score, sent.first, sent.made_by) == (100, False, town.secretary)
    assert sent.why.startswith("工种对口：缝纫；就在本村")
    seek(man_of(town), "保洁", wage=9000)
    assert now(sent).why == sent.why
    assert steps(sent) == [("recommend", "recommended")]


def test_from_the_first_word_to_a_place_that_was_kept(town, sent):
    services.miss(actor=town.worker, match=sent)
    services.contact(actor=town.worker, match=sent)
    services.interview(actor=town.secretary, match=sent)
    services.start(actor=town.secretary, match=sent)
    with clock.stopped_at("2027-02-23T09:00"):
        services.keep(actor=town.worker, match=sent, said=Said(words="干得好"))
    assert [kind for kind, _ in steps(sent)] == ["recommend", "miss", "contact", "interview", "start", "keep"]
    assert now(sent).state == Match.KEPT


def test_who_is_not_reached_again_is_noted_again_and_one_slip_is_one(town, sent):
    for _ in range(2):
        services.miss(actor=town.worker, match=sent)
    assert "miss" in {step.code for step in services.steps_for(town.worker, now(sent))}
    services.take_back(actor=town.worker, match=sent, step=sent.steps.latest("pk").pk)
    assert now(sent).state == Match.UNREACHED
    assert steps(sent)[1:] == [("miss", "unreached"), ("miss", "unreached"), ("take_back", "unreached")]


def test_one_entry_of_a_start_feeds_the_register_of_labour(town, sent):
    services.start(actor=town.secretary, match=sent)
    row = services.labour_of(man_of(town))
    assert (row.status, row.wish, row.employer, row.place) == (
        Labour.NEAR,
        Labour.RESTS,
        "洪集制衣厂",
        "镇上",
    )
    assert (row.source, row.wage) == (f"match:{sent.pk}", 3000)
    assert now(sent).ask_on == dt.date(2027, 2, 23)


def test_work_far_away_is_noted_as_away(town):
    seek(man_of(town))
    place = offer(town.town, village=None, km=400, place="合肥")
    match = services.recommend(actor=town.secretary, person=man_of(town), vacancy=place)
    services.start(actor=town.secretary, match=match)
    assert services.labour_of(man_of(town)).status == Labour.AWAY


def test_a_place_of_which_nobody_has_said_how_far_it_lies_is_work_nearby(town):
    seek(man_of(town))
    match = services.recommend(actor=town.secretary, person=man_of(town), vacancy=offer(town.jinxing))
    services.start(actor=town.secretary, match=match)
    assert services.labour_of(man_of(town)).status == Labour.NEAR


def test_who_leaves_is_at_home_again_and_looks_on_for_work(town, sent):
    services.start(actor=town.secretary, match=sent)
    with clock.stopped_at("2026-12-10T09:00"):
        services.leave(actor=town.worker, match=sent, said=Said(reason="care", words="孙子没人带"))
        row = services.labour_of(man_of(town))
    assert (row.status, row.wish, row.employer) == (Labour.IDLE, Labour.SEEKS, "")
    assert (now(sent).reason, now(sent).ended_on) == ("care", dt.date(2026, 12, 10))


def test_who_has_found_other_work_since_keeps_it_in_the_register(town, sent):
    services.start(actor=town.secretary, match=sent)
    with clock.stopped_at("2026-12-10T09:00"):
        facts = {"status": Labour.AWAY, "employer": "合肥电子厂", "place": "合肥"}
        services.note_labour(actor=town.worker, person=man_of(town), **facts)
        services.leave(actor=town.worker, match=sent, said=Said(reason="found"))
        assert services.labour_of(man_of(town)).employer == "合肥电子厂"


def test_who_begins_somewhere_is_not_called_about_other_places(town, sent):
    other = offer(town.jinxing, "保洁员", "保洁")
    second = services.recommend(actor=town.secretary, person=man_of(town), vacancy=other)
    services.start(actor=town.secretary, match=sent)
    assert (now(second).state, now(second).reason) == (Match.UNWILLING, "found")


def test_a_no_needs_a_reason_and_another_reason_needs_words(town, sent):
    for said, field in ((Said(), "reason"), (Said(reason="lazy"), "reason"), (Said(reason="other"), "words")):
        with pytest.raises(ValidationError) as why:
            services.decline(actor=town.worker, match=sent, said=said)
        assert list(why.value.message_dict) == [field]
    assert now(sent).state == Match.RECOMMENDED
    services.decline(actor=town.worker, match=sent, said=Said(reason="other", words="怕生"))
    assert now(sent).get_reason_display() == "别的原因"


def test_a_no_is_held_against_nobody(town, sent):
    """He looks for work as before, is proposed for other places, and may be sent to the same one when he wants to."""
    other = offer(town.jinxing, "保洁员", "保洁")
    before = services.best_for(town.secretary, man_of(town)).best[0].verdict.score
    services.decline(actor=town.worker, match=sent, said=Said(reason="far"))
    assert services.labour_of(man_of(town)).is_seeking
    (best,) = services.best_for(town.secretary, man_of(town)).best
    assert (best.offer.vacancy, best.verdict.score) == (other.pk, before)
    again = services.recommend(actor=town.secretary, person=man_of(town), vacancy=sent.vacancy)
    assert again.state == Match.RECOMMENDED


def test_a_full_place_takes_nobody_more(town, sent):
    second, other = rival(town, sent), town.head(town.li)
    services.start(actor=town.secretary, match=sent)
    with pytest.raises(ValidationError, match="要 1 个人，已经到岗 1 个，满了"):
        services.start(actor=town.secretary, match=second)
    assert services.labour_of(other).status == Labour.IDLE
    services.leave(actor=town.secretary, match=sent, said=Said(reason="far"))
    services.start(actor=town.secretary, match=second)
    assert now(second).state == Match.STARTED


def test_nobody_is_sent_where_law_or_body_forbid_it(town):
    man = man_of(town)
    seek(man, limits=["night"])
    with pytest.raises(ValidationError, match="要上夜班"):
        services.recommend(actor=town.secretary, person=man, vacancy=offer(town.jinxing, demands=["night"]))
    services.note_labour(actor=OPERATOR, person=man, wish=Labour.RESTS)
    with pytest.raises(ValidationError, match="没有登记想找活"):
        services.recommend(actor=town.secretary, person=man, vacancy=offer(town.jinxing, "另一个"))
    over = offer(town.jinxing, "过期的", until=dt.date(2026, 11, 1))
    seek(man)
    with pytest.raises(ValidationError, match="不招了，或者过期了"):
        services.recommend(actor=town.secretary, person=man, vacancy=over)
    assert not Match.objects.exists()


def test_nobody_is_sent_twice_to_one_place(town, sent):
    with pytest.raises(ValidationError, match="已经推荐过，现在是“推荐了”"):
        services.recommend(actor=town.secretary, person=man_of(town), vacancy=sent.vacancy)
    assert Match.objects.count() == 1


def test_the_second_of_two_presses_is_told_what_the_first_has_done(town, sent):
    services.decline(actor=town.worker, match=sent, said=Said(reason="wage"))
    with pytest.raises(ValidationError, match=r"王格.* 已经记了，现在是“不愿去”"):
        services.contact(actor=town.secretary, match=sent)
    assert MatchStep.objects.filter(match=sent).count() == 2


@pytest.mark.parametrize(
    ("part", "may"),
    [
        ("secretary", {"contact", "miss", "decline", "interview", "drop", "start"}),
        ("worker", {"contact", "miss", "decline"}),
        ("office", {"contact", "miss", "decline", "interview", "drop", "start"}),
        ("neighbour", set()),
        ("supervisor", set()),
    ],
)
def test_who_may_take_which_step(town, sent, part, may):
    actor = town.everyone[part]
    fresh = Match.objects.whole().get(pk=sent.pk)
    assert {step.code for step in services.steps_for(actor, fresh)} == may
    if "start" not in may:
        with pytest.raises(PermissionDenied):
            services.start(actor=actor, match=sent)


def test_asking_comes_after_the_months_of_the_rule(town, sent):
    services.start(actor=town.secretary, match=sent)
    with pytest.raises(ValidationError, match="以后再回访"):
        services.keep(actor=town.worker, match=sent)


def test_a_day_to_come_or_before_the_recommendation_is_refused(town, sent):
    for day in (dt.date(2026, 11, 24), dt.date(2026, 11, 22)):
        with pytest.raises(ValidationError) as why:
            services.start(actor=town.secretary, match=sent, said=Said(day=day))
        assert "day" in why.value.message_dict
    assert now(sent).state == Match.RECOMMENDED


def test_the_whole_fair_is_sent_with_one_press_and_not_twice(town):
    fair = JobFair.objects.create(
        territory=town.jinxing, title="春风招聘会", day=clock.today(), place="村部", made_at=clock.now()
    )
    fair.vacancies.add(offer(town.jinxing, number=1), offer(town.jinxing, "保洁员", "保洁", number=1))
    for person, trade in ((man_of(town), "缝纫"), (town.head(town.li), "保洁")):
        seek(person, trade)
    seek(town.head(town.chen), "缝纫")  # of the other village
    pairs, _ = services.assigned(town.secretary, fair)
    with pytest.raises(ValidationError, match="名单和刚才看的不一样了"):
        services.recommend_all(actor=town.secretary, fair=fair, seen="x")
    assert services.recommend_all(actor=town.secretary, fair=fair, seen=services.mark_of(pairs)) == 2
    sent = {match.person: match.vacancy.title for match in fair.matches.all()}
    assert sent == {man_of(town): "缝纫工", town.head(town.li): "保洁员"}
    assert all(match.why and match.steps.count() == 1 for match in fair.matches.all())
    with pytest.raises(ValidationError, match="没有能推荐的"):
        services.recommend_all(actor=town.secretary, fair=fair, seen=services.mark_of(pairs))
    with pytest.raises(PermissionDenied):
        services.recommend_all(actor=town.worker, fair=fair, seen="x")


def waiting(town: Town) -> dict[str, str]:
    """What each of the cast is told of matches: the step, by person; the count agrees with the list."""
    found = {}
    for part in ("secretary", "worker", "neighbour"):
        user = town.everyone[part]
        with reading_only():  # as the page does
            lines = all_waiting(user)
            assert len(lines) == count_waiting(user), part
        for line in lines:
            if line.kind == "对接":
                found[part] = line.step
    return found


def test_who_was_sent_waits_to_be_called_and_later_to_be_asked(town, sent):
    assert waiting(town) == {"secretary": "去联系", "worker": "去联系"}
    services.contact(actor=town.worker, match=sent)
    assert waiting(town) == {"secretary": "去记结果"}
    services.start(actor=town.secretary, match=sent)
    assert waiting(town) == {}
    with clock.stopped_at("2027-02-23T08:00"):
        assert waiting(town) == {"secretary": "去回访", "worker": "去回访"}
        services.keep(actor=town.worker, match=sent)
        assert waiting(town) == {}
