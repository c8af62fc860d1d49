"""Agreements, written and spoken: from draft to force to kept or broken, their thirty days, and their numbers."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from core import clock
from core.periods import Month
from disputes import board, printing, services
from disputes.late import late
from disputes.models import Agreement, Dispute, Party
from tests.disputes.conftest import NOVEMBER_23, TEXT, party, sign
from tests.disputes.test_ledgers import lines
from tests.factor import client_of
from tests.grids.test_at_once import overlapping, together
from tests.people import make_town_of_two


def test_it_is_in_force_only_when_all_have_signed_and_the_committee_has_sealed(town, taken, draft):
    agreement = draft()
    assert agreement.number == "HJTX-206-2026-0001"
    first, second = taken.parties.all()
    day = NOVEMBER_23
    for more in (
        {"signed": {first.pk: day}, "mediated_on": None, "sealed_on": None},
        {"signed": {second.pk: day}, "mediated_on": day, "sealed_on": None},
    ):
        assert sign(town.secretary, agreement, **more).state == Agreement.DRAFTED
    taken.refresh_from_db()
    assert taken.state == Dispute.IN_HAND
    done = sign(town.secretary, agreement, signed={}, sealed_on=day)
    assert (done.state, done.in_force_on) == (Agreement.IN_FORCE, day)
    taken.refresh_from_db()
    assert (taken.state, taken.settled_on, taken.revisit_on) == ("agreed", day, day + dt.timedelta(days=30))
    assert taken.moves.filter(kind="agree").count() == 1
    assert services.agreements_of([taken.pk, 987]) == {taken.pk: "HJTX-206-2026-0001"}
    assert sign(town.secretary, agreement).pk == done.pk, "the same form again is no fault"


def test_a_day_that_was_filled_in_by_mistake_is_taken_back_before_it_is_in_force(town, taken, draft):
    agreement, first = draft(), taken.parties.first()
    signed = {first.pk: NOVEMBER_23}
    sign(town.secretary, agreement, signed=signed, sealed_on=None)
    with pytest.raises(ValidationError) as refused:
        sign(town.secretary, agreement, signed={first.pk: dt.date(2026, 11, 24)}, sealed_on=None)
    assert "已经记了 2026年11月23日" in "".join(refused.value.message_dict[f"party-{first.pk}"])
    for who in (f"party-{first.pk}", "mediator", "mediator"):
        services.take_back(actor=town.secretary, agreement=agreement, who=who)
    agreement.refresh_from_db()
    assert not agreement.signatures.exists()
    assert agreement.mediated_on is None
    said = list(taken.moves.filter(words__contains="收回").values_list("words", flat=True))
    assert said == [
        f"{agreement} 收回张三丰 2026年11月23日的签字",
        f"{agreement} 收回调解员 金书记 2026年11月23日的签字",
    ]
    sign(town.secretary, agreement)
    with pytest.raises(ValidationError, match="不能收回"):
        services.take_back(actor=town.secretary, agreement=agreement, who="seal")


def test_an_old_form_takes_nobodys_signature_away(town, taken, draft):
    agreement, (first, second) = draft(), taken.parties.all()
    address = reverse("disputes:agreement_step", args=[agreement.pk, "sign"])
    client, day = client_of(town.secretary), "2026-11-23"
    typed = {"text": agreement.digest_of_text, "mediators": "金书记"}
    empty = {f"party-{first.pk}": "", f"party-{second.pk}": "", "mediated_on": "", "sealed_on": ""}
    client.post(address, typed | empty | {f"party-{first.pk}": day, "mediated_on": day})
    old = typed | empty | {"mediators": "", f"party-{second.pk}": day}  # opened before the first had signed
    assert client.post(address, old).status_code == 302
    agreement.refresh_from_db()
    assert [each.name for each in agreement.signatures.all()] == ["张三丰", "王大春"]
    assert (agreement.mediators, agreement.mediated_on) == ("金书记", NOVEMBER_23)
    page = client.get(reverse("disputes:papers", args=[taken.pk])).content.decode()
    assert f'name="party-{first.pk}"' not in page, "who has signed is not asked again"
    assert "调委会哪天盖的章" in page
    taken_back = reverse("disputes:agreement_step", args=[agreement.pk, "unsign"])
    assert client.post(taken_back, {"who": f"party-{second.pk}"}).status_code == 302
    assert [each.name for each in agreement.signatures.all()] == ["张三丰"]
    again = client.post(taken_back, {"who": f"party-{second.pk}"})
    assert "已经收回了" in again.content.decode()


def test_who_signed_one_text_is_not_put_under_another(town, taken, draft):
    agreement, first = draft(), taken.parties.first()
    typed = {"text": agreement.digest_of_text, "mediators": "金书记", f"party-{first.pk}": "2026-11-23"}
    services.redraft_agreement(actor=town.secretary, agreement=agreement, **TEXT | {"terms": "墙退一尺"})
    answer = client_of(town.secretary).post(
        reverse("disputes:agreement_step", args=[agreement.pk, "sign"]), typed
    )
    assert answer.status_code == 422
    assert "协议的内容改过了" in answer.content.decode()
    assert not agreement.signatures.exists()


def record_oral(town, agreement, **said):
    said = {"text": agreement.digest_of_text, "mediators": "金书记"} | said
    return services.record_oral(actor=town.secretary, agreement=agreement, **said)


def test_an_oral_one_that_was_redrafted_meanwhile_is_shown_before_it_is_in_force(town, taken, draft):
    agreement = draft(form="oral")
    url = reverse("disputes:agreement_step", args=[agreement.pk, "oral"])
    sent = {"text": agreement.digest_of_text, "agreed_on": "2026-11-23", "mediators": "金书记"}
    services.redraft_agreement(
        actor=town.secretary, agreement=agreement, **TEXT | {"form": "oral", "terms": "墙退一尺"}
    )
    client = client_of(town.secretary)
    answer = client.post(url, sent)
    page = answer.content.decode()
    assert (answer.status_code, "别人改过协议的内容" in page) == (422, True)
    now = page[page.index("现在存着的") :]
    assert "墙退一尺" in now[: now.index("</section>")]
    agreement.refresh_from_db()
    assert agreement.state == Agreement.DRAFTED
    assert f'name="text" value="{agreement.digest_of_text}"' in page, "once it was seen it can be recorded"
    assert client.post(url, sent | {"text": agreement.digest_of_text}).status_code == 302
    agreement.refresh_from_db()
    assert agreement.state == Agreement.IN_FORCE


@pytest.mark.parametrize("form", ["oral", "written"])
def test_of_two_who_write_a_draft_anew_the_second_sees_both_texts_and_overwrites_nothing(
    town, taken, draft, form
):
    agreement = draft(form=form)
    url = reverse("disputes:agreement_step", args=[agreement.pk, "redraft"])
    mine = TEXT | {"form": form, "upon": agreement.digest_of_text, "terms": "墙退三尺", "perform_by": ""}
    services.redraft_agreement(
        actor=town.secretary, agreement=agreement, **TEXT | {"form": form, "terms": "墙退一尺"}
    )
    client = client_of(town.secretary)
    answer = client.post(url, mine)
    page = answer.content.decode()
    assert (answer.status_code, "别人改过草稿" in page) == (422, True)
    now = page[page.index("现在存着的") :]
    assert "墙退一尺" in now[: now.index("</section>")]
    assert "墙退三尺" in page[: page.index("现在存着的")]
    agreement.refresh_from_db()
    assert agreement.terms == "墙退一尺"
    assert client.post(url, mine | {"upon": agreement.digest_of_text}).status_code == 302
    agreement.refresh_from_db()
    assert agreement.terms == "墙退三尺"


def test_an_oral_one_is_in_force_from_the_day_the_parties_agreed(town, taken, draft):
    with clock.stopped_at("2026-11-25T10:00"):
        agreement = draft(form="oral")
        with pytest.raises(ValidationError, match="哪天说定"):
            record_oral(town, agreement, agreed_on=None)
        done = record_oral(town, agreement, agreed_on=dt.date(2026, 11, 24))
    assert (done.state, done.in_force_on) == (Agreement.IN_FORCE, dt.date(2026, 11, 24))
    assert [each.name for each in done.signatures.all()] == ["张三丰", "王大春"]


@pytest.mark.parametrize(
    ("in_force", "last"),
    [
        ("2026-11-30", "2026-12-30"),
        ("2026-12-31", "2027-01-30"),
        ("2027-01-31", "2027-03-02"),  # over February
        ("2027-01-20", "2027-02-19"),  # over Spring Festival: days of the calendar
        ("2028-01-31", "2028-03-01"),  # a leap year
    ],
)
def test_thirty_days_of_the_calendar_are_there_to_ask_the_court(town, draft, in_force, last):
    day = dt.date.fromisoformat(in_force)
    with clock.stopped_at(f"{in_force}T17:00"):
        agreement = sign(town.secretary, draft(), day)
    assert agreement.confirm_by == dt.date.fromisoformat(last)
    with clock.stopped_at(f"{last}T23:00"):
        assert agreement.days_to_confirm() == 0
        assert Agreement.objects.to_confirm().exists()
    after = agreement.confirm_by + dt.timedelta(days=1)
    with clock.stopped_at(f"{after}T00:30"):
        assert not Agreement.objects.to_confirm().exists()
        with pytest.raises(ValidationError, match="最后一天"):
            services.note_confirmation(
                actor=town.secretary, agreement=agreement, confirmation="asked", day=after
            )


def test_whose_thirty_days_end_soon_waits_on_the_board_until_somebody_asked(town, taken, draft):
    agreement = sign(town.secretary, draft())
    assert board.count_confirmations(town.secretary) == 0
    with clock.stopped_at("2026-12-15T10:00"):
        assert board.count_confirmations(town.secretary) == 1
        assert board.count_confirmations(town.neighbour) == 0
        page = client_of(town.secretary).get(reverse("disputes:dispute", args=[taken.pk])).content.decode()
        assert "还有 8 天" in page
        services.note_confirmation(actor=town.secretary, agreement=agreement, confirmation="unwanted")
        assert board.count_confirmations(town.secretary) == 0


def test_what_the_court_said_needs_a_day_on_which_it_was_asked(town, draft):
    agreement = sign(town.secretary, draft())
    told = {"actor": town.secretary, "agreement": agreement}
    with pytest.raises(ValidationError, match="先记哪天申请"):
        services.note_confirmation(**told, confirmation="confirmed", day=NOVEMBER_23)
    services.note_confirmation(**told, confirmation="asked", day=NOVEMBER_23)
    assert {line.item.code for line in services.missing_of(services.case_file(agreement.dispute))} >= {
        "confirmation"
    }
    with clock.stopped_at("2026-12-08T10:00"):
        done = services.note_confirmation(
            **told, confirmation="confirmed", day=dt.date(2026, 12, 7), ruling="（2026）皖0000民特9号"
        )
        assert (done.ruled_on, done.ruling) == (dt.date(2026, 12, 7), "（2026）皖0000民特9号")
        with pytest.raises(ValidationError, match="不改了"):
            services.note_confirmation(**told, confirmation="unwanted")


def test_what_is_in_force_is_not_edited_and_a_change_is_another_that_takes_its_place(town, taken, draft):
    first = sign(town.secretary, draft())
    with pytest.raises(ValidationError, match="不能改"):
        services.redraft_agreement(actor=town.secretary, agreement=first, **TEXT | {"terms": "墙退一尺"})
    second = draft(terms="墙退一尺")
    assert (second.number, second.replaces) == ("HJTX-206-2026-0002", first)
    assert services.agreements_of([taken.pk]) == {taken.pk: first.number}, "a draft binds nobody"
    sign(town.secretary, second)
    first.refresh_from_db()
    assert (first.state, first.terms) == (Agreement.SUPERSEDED, TEXT["terms"])
    assert services.agreements_of([taken.pk]) == {taken.pk: second.number}


def test_of_a_month_that_is_over_the_agreement_is_told_that_was_in_force_then(town, taken, draft):
    first = sign(town.secretary, draft())
    with clock.stopped_at("2026-12-10T10:00"):
        second = sign(town.secretary, draft(terms="墙退一尺"), dt.date(2026, 12, 10))
        told = {
            day: services.agreements_of([taken.pk], dt.date(2026, *day))
            for day in ((11, 22), (11, 30), (12, 31))
        }
    assert told == {(11, 22): {}, (11, 30): {taken.pk: first.number}, (12, 31): {taken.pk: second.number}}


def test_a_new_version_dated_into_a_month_that_is_over_is_told_as_written_down_later(town, dispute, draft):
    with clock.stopped_at("2026-10-12T09:00"):
        found = dispute(found_on=dt.date(2026, 10, 10))
        services.accept(actor=town.secretary, dispute=found)
        first = sign(town.secretary, draft(of=found), dt.date(2026, 10, 12))
    with clock.stopped_at("2026-11-02T09:00"):
        sealed_at = clock.now()
    second = draft(of=found, terms="墙退一尺")
    with pytest.raises(ValidationError, match="新的不能比它早"):
        sign(town.secretary, second, dt.date(2026, 10, 11))
    sign(town.secretary, second, dt.date(2026, 10, 31))
    assert services.agreements_of([found.pk], dt.date(2026, 10, 31)) == {found.pk: second.number}
    told = list(late(town.jinxing, Month.parse("2026-10"), sealed_at))
    assert {each.why for each in told} == {f"补录：纠纷 {found.number} 协议 {second} 生效"}
    assert any("disputes.agreement" in each.moves for each in told)
    assert [first.number] == [row.number for row in found.agreements.filter(state="superseded")]


def test_what_was_agreed_goes_no_further_than_the_papers(town, dispute, draft):
    found = dispute(actor=town.assistant)
    services.accept(actor=town.secretary, dispute=found)
    found.refresh_from_db()
    agreement = sign(town.secretary, draft(of=found, terms="王家赔张家三千元"))
    found.refresh_from_db()
    assert found.outcome == f"协议 {agreement} 生效"
    assert found.moves.get(kind="agree").words == f"协议 {agreement} 生效"
    page = client_of(town.assistant).get(reverse("disputes:dispute", args=[found.pk]))
    assert page.status_code == 200
    assert "三千元" not in page.content.decode()


def test_the_ledger_of_the_month_has_its_number(town, draft, tmp_path):
    agreement = sign(town.secretary, draft())
    (row,) = lines(town.jinxing, tmp_path)[1]
    assert row["协议书编号"] == agreement.number


def test_who_signed_another_text_has_to_sign_again(town, taken, draft):
    agreement = draft()
    sign(town.secretary, agreement, sealed_on=None)
    services.redraft_agreement(actor=town.secretary, agreement=agreement, **TEXT | {"terms": "墙退一尺"})
    agreement.refresh_from_db()
    assert not agreement.signatures.exists()
    assert agreement.mediated_on is None


def test_after_the_last_revisit_it_counts_as_kept_unless_it_was_broken(town, dispute, draft, taken):
    other = dispute("争水")
    services.accept(actor=town.secretary, dispute=other)
    kept, broken = sign(town.secretary, draft()), sign(town.secretary, draft(of=other))
    services.break_agreement(actor=town.secretary, agreement=broken, words="王家没退墙")
    for day in ("2026-12-24", "2027-02-22"):
        with clock.stopped_at(f"{day}T10:00"):
            for each, done in ((taken, True), (other, False)):
                services.revisit(actor=town.secretary, dispute=each, words="去看了", kept=done)
    for each in (kept, broken, taken, other):
        each.refresh_from_db()
    assert (kept.state, taken.state) == (Agreement.PERFORMED, Dispute.SETTLED)
    assert (broken.state, other.state) == (Agreement.BROKEN, Dispute.AGREED)
    with clock.stopped_at("2027-03-01T10:00"):
        services.perform_agreement(actor=town.secretary, agreement=broken, words="督促以后退了")
    other.refresh_from_db()
    assert other.state == Dispute.SETTLED


def test_a_party_that_goes_later_still_stands_under_what_it_signed(town, taken, draft):
    agreement = sign(town.secretary, draft())
    services.reopen(actor=town.secretary, dispute=taken, words="又砌回来了")
    services.remove_party(actor=town.secretary, dispute=taken, party=taken.parties.get(side=Party.SECOND))
    found = printing.paper_of(printing.PAPERS["agreement"], taken, agreement.pk)
    assert [each["name"] for each in found["signers"]] == ["张三丰", "王大春"]


@pytest.mark.parametrize(
    ("said", "field", "sentence"),
    [
        ({"terms": " "}, "terms", "说定了什么"),
        ({"performance": ""}, "performance", "怎么履行"),
        ({"facts": ""}, "facts", "主要事实"),
        ({"perform_by": dt.date(2026, 1, 1)}, "perform_by", "比纠纷还早"),
        ({"form": "wink"}, "form", "有效"),
    ],
)
def test_what_a_draft_lacks_is_said_at_its_field_and_no_number_is_used_up(draft, said, field, sentence):
    with pytest.raises(ValidationError) as refused:
        draft(**said)
    assert sentence in "".join(refused.value.message_dict[field])
    assert not Agreement.objects.exists()


def test_a_draft_of_which_nothing_came_is_discarded_with_a_reason_and_its_number_stays_used(
    town, taken, draft
):
    client, agreement = client_of(town.secretary), draft()
    papers = reverse("disputes:papers", args=[taken.pk])
    services.settle(actor=town.secretary, dispute=taken, words="不写了，说开了")
    address = reverse("disputes:agreement_step", args=[agreement.pk, "discard"])
    answer = client.post(address, {"words": " "})
    assert "为什么不要这份草稿" in answer.content.decode()
    client.post(address, {"words": "自己说开了"})
    client.post(address, {"words": "自己说开了"})
    agreement.refresh_from_db()
    assert (agreement.state, agreement.sequel) == (Agreement.DISCARDED, "2026年11月23日草稿作废：自己说开了")
    assert not Agreement.objects.listed("drafts").exists()
    assert taken.moves.filter(words=f"{agreement} 的草稿作废").count() == 1
    assert "agreement" not in {
        line.item.code for line in services.case_file(taken) if line.there or line.required
    }
    assert f"{agreement}</a>（作废了）" in client.get(papers).content.decode()
    assert client.get(reverse("disputes:paper", args=[taken.pk, "agreement"])).status_code == 302
    paper = client.get(reverse("disputes:paper", args=[taken.pk, "agreement"]) + f"?version={agreement.pk}")
    assert "草稿作废了，没有生效" in paper.content.decode()
    with pytest.raises(ValidationError, match="已经作废了，不能改"):
        services.redraft_agreement(actor=town.secretary, agreement=agreement, **TEXT)
    services.reopen(actor=town.secretary, dispute=taken, words="又砌了")
    assert draft().number == "HJTX-206-2026-0002"


def test_how_it_was_kept_or_not_stands_in_the_agreement_and_not_in_the_steps(town, taken, draft):
    agreement = sign(town.secretary, draft())
    services.break_agreement(actor=town.secretary, agreement=agreement, words="三千元没给")
    services.perform_agreement(actor=town.secretary, agreement=agreement, words="三千元给了")
    agreement.refresh_from_db()
    assert agreement.sequel == "2026年11月23日没履行：三千元没给\n2026年11月23日履行了：三千元给了"
    assert [move.words for move in taken.moves.order_by("pk")][-2:] == [
        f"协议 {agreement} 没履行",
        f"协议 {agreement} 履行了",
    ]


def test_steps_that_do_not_fit_are_refused_in_words(town, dispute, taken, draft):
    with pytest.raises(ValidationError, match="受理以后"):
        draft(of=dispute("争水"))
    agreement = draft()
    with pytest.raises(ValidationError, match="已经有一份"):
        draft()
    with pytest.raises(ValidationError) as refused:
        sign(town.secretary, agreement, sealed_on=dt.date(2026, 11, 24))
    assert refused.value.message_dict == {"sealed_on": ["日子在纠纷发现那天到今天之间，改过来。"]}
    assert "这一步做不了" in _told(services.perform_agreement, actor=town.secretary, agreement=agreement)
    assert "生效以后" in _told(
        services.note_confirmation, actor=town.secretary, agreement=agreement, confirmation="unwanted"
    )
    with pytest.raises(PermissionDenied):
        sign(town.worker, agreement)


def _told(verb, **said):
    with pytest.raises(ValidationError) as refused:
        verb(**said)
    return "".join(refused.value.messages)


def test_numbers_are_counted_for_each_village_and_year(town, dispute, draft, taken):
    far = dispute(
        "争树", actor=town.neighbour, territory=town.far_grid, parties=[party(Party.FIRST, town.chen)]
    )
    services.accept(actor=town.neighbour, dispute=far)
    said = {"actor": town.neighbour, "dispute": far, "uuid": uuid.uuid4()} | TEXT
    assert draft().number == "HJTX-206-2026-0001"
    assert services.draft_agreement(**said).number == "HJTX-208-2026-0001"
    other = dispute("争水")
    services.accept(actor=town.secretary, dispute=other)
    assert draft(of=other).number == "HJTX-206-2026-0002"
    third = dispute("争路")
    services.accept(actor=town.secretary, dispute=third)
    with clock.stopped_at("2027-01-04T09:00"):
        assert draft(of=third).number == "HJTX-206-2027-0001"


@pytest.mark.slow
@together
def test_of_two_who_draft_at_once_each_has_a_number_of_its_own():
    town = make_town_of_two()
    disputes = []
    for words in ("争水", "争路"):
        sides = [party(Party.FIRST, town.zhang), party(Party.SECOND, town.wang)]
        made = services.open_dispute(
            actor=town.worker,
            uuid=uuid.uuid4(),
            words=words,
            territory=town.grid1,
            source="asked",
            parties=sides,
        )
        services.accept(actor=town.secretary, dispute=made.dispute)
        disputes.append(made.dispute)

    def draft(found):
        return lambda: services.draft_agreement(
            actor=town.secretary, dispute=found, uuid=uuid.uuid4(), **TEXT
        )

    assert overlapping(draft(disputes[0]), draft(disputes[1])) == ["", ""]
    assert sorted(Agreement.objects.values_list("order", flat=True)) == [1, 2]
