"""撤回: a step pressed by mistake is taken back on its day, and what it wrote in the labour register goes with it."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from core import clock
from core.periods import Month
from jobs import services
from jobs.match_ledger import MatchLedger, cells_of
from jobs.models import Labour, LabourProposal, Match
from jobs.services import Said
from tests.factor import client_of
from tests.jobs.market import man_of, offer, rival, seek
from tests.people import Town

pytestmark = pytest.mark.django_db
LATER, EVENING, NEXT = "2026-11-23T15:00", "2026-11-23T18:00", "2026-11-24T08:00"


@pytest.fixture
def sent(town: Town) -> Match:
    """王大春, who looks for work since the week before, is sent to the factory in his village."""
    with clock.stopped_at("2026-11-16T09:00"):
        seek(man_of(town), "缝纫", wage=3000)
    place = offer(town.jinxing, village=town.jinxing)
    return services.recommend(actor=town.secretary, person=man_of(town), vacancy=place)


def _page(match):
    return reverse("matches:match", args=[match.pk])


def back(actor, match):
    return services.take_back(actor=actor, match=match, step=match.steps.latest("pk").pk)


def now(match):
    return Match.objects.get(pk=match.pk)


def labour(town):
    row = services.labour_of(man_of(town))
    return row.status, row.wish, row.employer, row.since, row.source


def test_a_start_by_mistake_leaves_no_trace_but_in_the_story(town, sent):
    services.contact(actor=town.worker, match=sent)
    before, rows = labour(town), Labour.objects.count()
    with clock.stopped_at(LATER):
        services.start(actor=town.secretary, match=sent)
        assert labour(town) != before
        back(town.secretary, sent)
    assert labour(town) == before
    assert Labour.objects.count() == rows
    assert services.labour_of(man_of(town)).trades.get().name == "缝纫"
    match = now(sent)
    assert (match.state, match.started_on, match.ask_on, match.ended_on) == ("contacted", None, None, None)
    last = match.steps.latest("pk")
    assert (last.kind, last.state, last.words) == ("take_back", "contacted", "撤回“到岗”")


def test_what_was_noted_on_the_same_day_holds_again_too(town, sent):
    services.note_labour(actor=town.worker, person=man_of(town), note="下午在家")
    with clock.stopped_at(LATER):
        services.start(actor=town.secretary, match=sent)
        back(town.secretary, sent)
    row = services.labour_of(man_of(town))
    assert (row.status, row.wish, row.note, row.source) == (Labour.IDLE, Labour.SEEKS, "下午在家", "")
    assert row.noted_by == town.worker


def test_what_a_visit_heard_and_the_start_settled_waits_for_a_yes_again(town, sent):
    person = man_of(town)
    proposal = services.propose_labour(
        actor=town.worker,
        person=person,
        household=person.household,
        territory=person.household.territory,
        day=clock.today(),
        source="visit:heard",
        said={"status": Labour.NEAR},
    )
    with clock.stopped_at(LATER):
        services.start(actor=town.secretary, match=sent)
        proposal.refresh_from_db()
        assert proposal.state == LabourProposal.TAKEN
        back(town.secretary, sent)
    proposal.refresh_from_db()
    assert (proposal.state, proposal.decided_at, proposal.decided_by) == (LabourProposal.OPEN, None, None)


def test_places_that_were_settled_by_the_start_wait_again(town, sent):
    other = offer(town.jinxing, "保洁员", "保洁")
    second = services.recommend(actor=town.secretary, person=man_of(town), vacancy=other)
    with clock.stopped_at(LATER):
        services.start(actor=town.secretary, match=sent)
        assert now(second).state == Match.UNWILLING
        back(town.secretary, sent)
    again = now(second)
    assert (again.state, again.reason, again.ended_on) == (Match.RECOMMENDED, "", None)


def test_after_it_the_right_step_is_taken_and_a_start_counts_anew(town, sent):
    with clock.stopped_at(LATER):
        services.start(actor=town.secretary, match=sent)
        back(town.secretary, sent)
        with pytest.raises(ValidationError, match="已经撤回了"):
            back(town.secretary, sent)
        services.start(actor=town.secretary, match=sent, said=Said(words="这回是真的"))
    assert now(sent).ask_on == dt.date(2027, 2, 23)


def test_only_on_its_day_by_who_took_it_or_who_manages_there(town, sent):
    with clock.stopped_at(LATER):
        services.start(actor=town.secretary, match=sent)
        for stranger in (town.worker, town.neighbour):
            with pytest.raises(PermissionDenied):
                back(stranger, sent)
    with clock.stopped_at(NEXT), pytest.raises(ValidationError, match="当天"):
        back(town.secretary, sent)
    assert now(sent).state == Match.STARTED
    with clock.stopped_at(EVENING):
        back(town.office, sent)
    assert now(sent).state == Match.RECOMMENDED


def test_a_worker_takes_back_her_own_no_and_not_the_secretarys(town, sent):
    with clock.stopped_at(LATER):
        services.decline(actor=town.worker, match=sent, said=Said(reason="far"))
        back(town.worker, sent)
        services.decline(actor=town.secretary, match=sent, said=Said(reason="far"))
        with pytest.raises(PermissionDenied):
            back(town.worker, sent)
    assert now(sent).state == Match.UNWILLING


def test_what_somebody_noted_of_his_work_since_is_not_undone(town, sent):
    with clock.stopped_at(LATER):
        services.start(actor=town.secretary, match=sent)
    with clock.stopped_at(EVENING):
        services.note_labour(
            actor=town.worker, person=man_of(town), status=Labour.AWAY, employer="合肥电子厂", place="合肥"
        )
        with pytest.raises(ValidationError, match="后来又改过"):
            back(town.secretary, sent)
        assert labour(town)[2] == "合肥电子厂"
    assert now(sent).state == Match.STARTED


def test_a_start_that_the_register_knew_already_is_taken_back_and_the_register_stays(town, sent):
    said = {
        "status": Labour.NEAR,
        "wish": Labour.RESTS,
        "employer": "洪集制衣厂",
        "place": sent.vacancy.place,
    }
    services.note_labour(actor=town.worker, person=man_of(town), **said)
    with clock.stopped_at(LATER):
        services.start(actor=town.secretary, match=sent)
        back(town.secretary, sent)
    assert now(sent).state == Match.RECOMMENDED
    assert labour(town)[:3] == (Labour.NEAR, Labour.RESTS, "洪集制衣厂")


def test_of_a_leaving_nobody_is_sent_to_note_a_leaving(town, sent):
    services.start(actor=town.secretary, match=sent)
    with clock.stopped_at(LATER):
        services.leave(actor=town.secretary, match=sent, said=Said(reason="far"))
        services.note_labour(actor=town.worker, person=man_of(town), wish=Labour.RESTS, note="歇一歇")
        with pytest.raises(ValidationError, match="后来又改过") as refused:
            back(town.secretary, sent)
    assert "记离岗" not in refused.value.messages[0]


def test_who_was_sent_there_again_since_keeps_his_new_match(town, sent):
    with clock.stopped_at(LATER):
        services.decline(actor=town.secretary, match=sent, said=Said(reason="far"))
        services.recommend(actor=town.secretary, person=man_of(town), vacancy=sent.vacancy)
        with pytest.raises(ValidationError, match="已经把他推荐到这个岗位"):
            back(town.secretary, sent)


def test_a_leaving_by_mistake_puts_him_back_in_his_place(town, sent):
    services.start(actor=town.secretary, match=sent)
    with clock.stopped_at(LATER):
        services.leave(actor=town.secretary, match=sent, said=Said(reason="far"))
        back(town.secretary, sent)
    match = now(sent)
    assert (match.state, match.started_on, match.reason) == (Match.STARTED, dt.date(2026, 11, 23), "")
    assert labour(town)[:3] == (Labour.NEAR, Labour.RESTS, "洪集制衣厂")


def test_a_stay_by_mistake_is_asked_after_again(town, sent):
    services.start(actor=town.secretary, match=sent)
    with clock.stopped_at("2027-02-23T09:00"):
        services.keep(actor=town.worker, match=sent)
        assert "记错了，撤回“稳岗”" in client_of(town.worker).get(_page(sent)).content.decode()
        back(town.worker, sent)
        match = now(sent)
        assert (match.state, match.started_on) == (Match.STARTED, dt.date(2026, 11, 23))
        assert match.is_to_be_asked
        assert labour(town)[:3] == (Labour.NEAR, Labour.RESTS, "洪集制衣厂")
        cells = cells_of(match, list(sent.steps.order_by("pk")))
        assert (cells["asked"], cells["kept"]) == ("应 2027-02-23 回访", "")
        services.leave(actor=town.worker, match=match, said=Said(reason="far"))
    assert now(sent).state == Match.LEFT


def test_nobody_comes_back_to_a_place_that_was_filled_meanwhile(town, sent):
    second = rival(town, sent)
    services.start(actor=town.secretary, match=sent)
    with clock.stopped_at(LATER):
        services.leave(actor=town.secretary, match=sent, said=Said(reason="far"))
        services.start(actor=town.secretary, match=second)
        with pytest.raises(ValidationError, match="满了"):
            back(town.secretary, sent)
        assert services.labour_of(man_of(town)).status == Labour.IDLE


def test_the_page_offers_it_and_a_press_for_a_step_that_is_not_the_last_is_refused(town, sent):
    page, press = (reverse(f"matches:{door}", args=[sent.pk]) for door in ("match", "take_back"))
    assert "记错了，撤回" not in client_of(town.secretary).get(page).content.decode()
    with clock.stopped_at(LATER):
        services.start(actor=town.secretary, match=sent)
        client, start = client_of(town.secretary), sent.steps.latest("pk")
        assert "记错了，撤回“到岗”" in client.get(page).content.decode()
        assert "记错了，撤回" not in client_of(town.worker).get(page).content.decode()
        assert client_of(town.worker).post(press, {"last": start.pk}).status_code == 403
        for wrong in ("", "x", str(start.pk - 1)):
            refused = client.post(press, {"last": wrong})
            assert refused.status_code == 422
            assert "撤不回" in refused.content.decode()
        assert client.post(press, {"last": start.pk}, follow=True).status_code == 200
    assert now(sent).state == Match.RECOMMENDED


def test_the_ledger_says_what_stands_and_keeps_who_still_waits(town, sent):
    with clock.stopped_at(LATER):
        services.start(actor=town.secretary, match=sent)
        back(town.secretary, sent)
    cells = cells_of(now(sent), list(sent.steps.order_by("pk")))
    assert (cells["result"], cells["asked"], cells["kept"]) == ("还没联系", "", "")
    with clock.stopped_at("2026-12-10T09:00"):
        assert [row.pk for row in _found(town, Month.parse("2026-12"))] == [sent.pk]


def _found(town, month):
    from core.ledger import LedgerScope

    return MatchLedger().found(LedgerScope(actor=town.secretary, territory=town.jinxing, period=month))
