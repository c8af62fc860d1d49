"""What a stranger found in this room: nobody handles his household's quarrel, nothing waits for nobody, nothing typed
on an older page undoes what somebody else has set right."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from core import clock
from core.periods import Month
from disputes import services
from disputes.models import Agreement, Dispute, Seen
from grids.models import Post
from tests.disputes.conftest import party, sign
from tests.factor import client_of

NOVEMBER = Month.parse("2026-11")


@pytest.fixture
def kin(town):
    """A cadre whose post was matched to 张三丰's son."""
    user = town.post("zhangcun", "张翠山", "cadre", town.jinxing)
    user.officer.person = town.zhang.people.get(relation="长子")
    user.officer.save()
    return user


def test_nobody_handles_the_quarrel_of_his_household(town, dispute, kin):
    found = dispute()
    for step in (services.accept, services.refuse):
        with pytest.raises(PermissionDenied, match="您家里人是当事人"):
            step(actor=kin, dispute=found, **({"words": "不调"} if step is services.refuse else {}))
    assert not Dispute.objects.waiting_for(kin).exists()
    with pytest.raises(ValidationError):
        services.assign(actor=town.secretary, dispute=found, owner=kin)


def test_what_somebody_had_who_serves_no_more_waits_for_the_others(town, dispute):
    found = dispute()
    cadre = town.post("cunban", "村干", "cadre", town.jinxing)
    services.accept(actor=cadre, dispute=found)
    services.settle(actor=cadre, dispute=found, words="说好了")
    Post.objects.filter(officer__user=cadre).update(until=clock.today())
    with clock.stopped_at("2026-12-30T10:00"):
        assert Dispute.objects.waiting_for(town.secretary).get() == found


def test_what_was_settled_on_the_spot_by_an_assistant_is_asked_after_by_the_village(town):
    said = {"household": town.zhang, "other": "刘泥水", "kind": "neighbours", "words": "当面说开了"}
    services.settle_on_spot(actor=town.assistant, uuid=uuid.uuid4(), **said)
    with clock.stopped_at("2026-12-30T10:00"):
        assert Dispute.objects.waiting_for(town.secretary).exists()


def test_a_correction_on_an_older_page_undoes_nothing_and_keeps_what_was_typed(town, dispute):
    found = dispute()
    services.accept(actor=town.secretary, dispute=found)
    found.refresh_from_db()
    address = reverse("disputes:correct", args=[found.pk])
    older = {"kind": "land", "level": "village", "due_on": "2026-12-23", "upon": services.version_of(found)}
    client = client_of(town.secretary)
    assert client.post(address, older | {"kind": "housing", "major": "on"}).status_code == 302
    again = client.post(address, older | {"people": "4"})
    assert again.status_code == 422
    assert "别人更正过" in again.content.decode()
    assert 'value="4"' in again.content.decode()
    found.refresh_from_db()
    assert (found.kind, found.major, found.people) == ("housing", True, None)
    newer = again.context["facts"].data["upon"]
    assert client.post(address, older | {"people": "4", "upon": newer}).status_code == 302


def test_what_was_withdrawn_later_makes_no_nothing_of_a_month_that_is_over(town, dispute):
    found = dispute()
    with clock.stopped_at("2026-12-02T10:00"):
        services.withdraw(actor=town.secretary, dispute=found, words="是误会")
    assert services.screened(town.jinxing, NOVEMBER).found == 1


def test_a_tick_taken_back_takes_no_visit_with_it(town):
    services.tick_seen(actor=town.worker, households=[town.zhang.pk], month=NOVEMBER)
    said = {"household": town.zhang, "territory": town.grid1, "day": clock.today(), "actor": town.worker}
    services.note_seen(**said)
    services.untick_seen(actor=town.worker, households=[town.zhang.pk], month=NOVEMBER)
    assert Seen.objects.get().how == Seen.VISIT
    services.forget_seen(household=town.zhang, month=NOVEMBER)
    assert Seen.objects.get().how == Seen.TICKED, "the tick was there before the visit"


def test_what_flared_up_again_was_not_settled_before_that(town, dispute):
    found = dispute(found_on=dt.date(2026, 10, 1))
    services.settle(actor=town.secretary, dispute=found, words="说好了", day=dt.date(2026, 10, 20))
    services.reopen(actor=town.secretary, dispute=found, words="又砌上了")
    with pytest.raises(ValidationError, match="又闹起来那天"):
        services.settle(actor=town.secretary, dispute=found, words="说好了", day=dt.date(2026, 10, 30))


def test_the_same_record_is_the_same_although_another_heads_the_household_now(town):
    said = {"household": town.zhang, "other": "刘泥水", "kind": "neighbours", "words": "当面说开了"}
    name = uuid.uuid4()
    first = services.settle_on_spot(actor=town.worker, uuid=name, **said)
    head, son = (town.zhang.people.get(relation=word) for word in ("户主", "长子"))
    head.relation, son.relation = "父亲", "户主"
    head.save()
    son.save()
    again = services.settle_on_spot(actor=town.worker, uuid=name, **said)
    assert (again.dispute, again.created) == (first.dispute, False)


def test_a_name_of_the_register_is_not_written_down_as_a_stranger_by_the_way(town, dispute):
    found = dispute(parties=[party("first", town.wang)])
    address = reverse("disputes:add_party", args=[found.pk])
    client = client_of(town.secretary)
    asked = client.post(address, {"side": "second", "second-look": "张三丰", "do": "save"})
    assert asked.status_code == 422
    assert "选是哪一个" in asked.content.decode()
    assert client.post(address, {"side": "second", "second-look": "张三丰", "do": "find"}).status_code == 200
    told = {"side": "second", "second-look": "张三丰", "second-person": "", "do": "save"}
    assert client.post(address, told).status_code == 302
    assert found.parties.get(side="second").person is None


def test_what_is_not_done_is_asked_after_again_and_does_not_count_as_kept(town, draft, taken):
    agreement = sign(town.secretary, draft())
    with pytest.raises(ValidationError, match="选约定的做到了没有"):
        services.revisit(actor=town.secretary, dispute=taken, words="去看了")
    for day, asked_next in (
        ("2026-11-24", "2026-12-23"),  # much too early: the set day stands
        ("2026-11-24", "2026-12-23"),
        ("2026-12-23", "2027-02-21"),
        ("2027-02-21", "2027-03-23"),
    ):
        with clock.stopped_at(f"{day}T10:00"):
            services.revisit(actor=town.secretary, dispute=taken, words="墙还没退", kept=False)
        taken.refresh_from_db()
        assert str(taken.revisit_on) == asked_next
    agreement.refresh_from_db()
    assert (agreement.state, taken.state) == (Agreement.IN_FORCE, Dispute.AGREED)
    with clock.stopped_at("2027-03-23T10:00"):
        services.revisit(actor=town.secretary, dispute=taken, words="退好了", kept=True)
    agreement.refresh_from_db()
    assert agreement.state == Agreement.PERFORMED


def test_who_does_not_want_it_is_chosen_and_what_he_said_is_not_asked(town, taken):
    page, step = (reverse(f"disputes:{name}", args=args) for name, args in (
        ("dispute", [taken.pk]), ("step", [taken.pk, "refuse"]),
    ))  # fmt: skip
    client = client_of(town.secretary)
    text = client.get(page).content.decode()
    form = text[text.index(f'action="{step}"') :].partition("</form>")[0]
    assert "textarea" not in form
    assert 'type="radio" name="words" value="second"' in form
    for wrong in ({}, {"words": "王家说要上法院"}):
        answer = client.post(step, wrong)
        assert (answer.status_code, "选是哪一方不愿调。" in answer.content.decode()) == (422, True)
    assert client_of(town.worker).post(step, {}).status_code == 403
    assert client.post(step, {"words": "second"}).status_code == 302
    assert taken.moves.get(kind="refuse").words == "乙方不愿调"


def test_the_kin_of_one_side_reads_only_that_somebody_did_not_want_it(town, taken, kin):
    services.refuse(actor=town.secretary, dispute=taken, words="王家骂了人，要上法院")
    page = reverse("disputes:dispute", args=[taken.pk])
    assert "王家骂了人" in client_of(town.secretary).get(page).content.decode()
    text = client_of(kin).get(page).content.decode()
    assert "王家骂了人" not in text
    assert "有一方不愿调，调解到此为止。" in text


def test_a_review_is_not_dated_into_another_month(town, taken):
    address = reverse("disputes:step", args=[taken.pk, "review"])
    desk = client_of(town.secretary)
    answer = desk.post(address, {"words": "上个月看过", "day": "2026-10-28"})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "“本月梳理”记在做的那天，不能写成别的日子，也不能补到别的月。" in text
    assert "上个月看过" in text, "what was typed is still there"
    assert not taken.moves.filter(kind="review").exists()
    assert desk.post(address, {"words": "今天看过", "day": "2026-11-23"}).status_code == 302
