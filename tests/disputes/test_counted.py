"""The pages of a case file that we print ourselves are counted by themselves, and never while somebody only looks."""

import uuid

import pytest
from django.urls import reverse

from core import clock
from core import paper as pdf
from disputes import services
from disputes.models import MinuteReading, Scan
from disputes.services import counting
from tests.disputes.conftest import keep, sign
from tests.disputes.seats import gone_through, in_three_days, officer_of, sat
from tests.factor import client_of

pytestmark = pytest.mark.skipif(not pdf.can_make_pdf(), reason="缺 pango")


def counted(dispute):
    """The pages of each item, as far as they are known."""
    return {line.item.code: line.pages for line in services.case_file(dispute) if line.pages}


def test_a_paper_of_ours_is_counted_when_it_is_printed_and_numbers_the_next(town, taken):
    desk = client_of(town.secretary)
    assert counted(taken) == {}
    for code in ("register", "rights"):
        desk.get(reverse("disputes:paper", args=[taken.pk, code]))
    assert counted(taken) == {"register": 1}, "the rights are there once every party got them"
    services.tell_rights(
        actor=town.secretary, dispute=taken, told={each.pk: taken.found_on for each in taken.parties.all()}
    )
    keep(town.secretary, taken, "identity", 2)
    said = {line.item.code: line.pages_said for line in services.case_file(taken)}
    assert (said["register"], said["rights"], said["identity"]) == ("1", "2", "3-4")
    page = desk.get(reverse("disputes:papers", args=[taken.pk])).content.decode()
    assert "1 页，第 1 页" in page
    assert page.count("的这一份") == 1, "what is printed is not taken out like a paper that was put in"


def test_what_is_filed_is_counted_with_it(town, taken, draft, monkeypatch):
    desk = client_of(town.secretary)
    agreement = draft()
    signed = {f"party-{each.pk}": "2026-11-23" for each in taken.parties.all()}
    typed = {"text": agreement.digest_of_text, "mediators": "金书记", "mediated_on": "2026-11-23"}
    step = reverse("disputes:agreement_step", args=[agreement.pk, "sign"])
    desk.post(step, signed | typed | {"sealed_on": "2026-11-23"})
    assert counted(taken)["agreement"] == 1
    monkeypatch.setattr(counting.pdf, "pages_of", lambda html: pytest.fail("a page view counts nothing"))
    assert "第" in desk.get(reverse("disputes:papers", args=[taken.pk])).content.decode()
    desk.get(reverse("disputes:paper", args=[taken.pk, "agreement"]))  # and once is enough


def test_a_paper_that_cannot_be_drawn_leaves_what_was_signed_signed(town, taken, draft, monkeypatch, caplog):
    """The signatures are stored: a fault of the counting is the log's, and no page that says something went wrong."""

    def burst(html):
        raise RuntimeError("a font is broken")

    agreement = draft()
    monkeypatch.setattr(counting.pdf, "pages_of", burst)
    signed = {f"party-{each.pk}": "2026-11-23" for each in taken.parties.all()}
    typed = {"text": agreement.digest_of_text, "mediators": "金书记", "mediated_on": "2026-11-23"}
    step = reverse("disputes:agreement_step", args=[agreement.pk, "sign"])
    answer = client_of(town.secretary).post(step, signed | typed | {"sealed_on": "2026-11-23"})
    assert answer.status_code == 302
    assert counted(taken) == {}
    assert "agreement were not counted" in caplog.text


def test_the_contents_count_what_is_there_and_was_never_printed(town, taken, draft):
    sign(town.secretary, draft())
    desk = client_of(town.secretary)
    page = desk.get(reverse("disputes:paper", args=[taken.pk, "contents"])).content.decode()
    assert counted(taken) == {"register": 1, "agreement": 1}
    assert "<td>1</td><td>1</td>" in page


def ended(town, quarrel):
    """A sitting that came to nothing; nobody has opened its record."""
    sitting = sat(town, quarrel)
    gone_through(town.secretary, sitting)
    services.conclude(actor=town.secretary, sitting=sitting, agreed=False, conclusion="谈不拢", stances={})
    sitting.refresh_from_db()
    return sitting


@pytest.mark.parametrize("code", ["conclude", "refuse"])
def test_the_record_of_a_sitting_is_counted_when_it_is_over_and_counting_is_no_reading(
    town, dispute, code, django_capture_on_commit_callbacks
):
    sitting = sat(town, dispute())
    gone_through(town.secretary, sitting)
    ends = reverse("disputes:sitting_step", args=[sitting.pk, code])
    said = {"outcome": "failed", "conclusion": "谈不拢", "words": "不调了"}
    said["party"] = sitting.panel.dispute.parties.first().pk
    with django_capture_on_commit_callbacks(execute=True):
        assert client_of(town.secretary).post(ends, said).status_code == 302
    assert counted(sitting.panel.dispute)["record"] >= 1
    assert not MinuteReading.objects.exists(), "nobody has seen it yet"


def test_the_contents_count_a_record_that_nobody_ever_printed(town, dispute):
    """Of a sitting that ended with its dispute as well."""
    quarrel = dispute()
    sitting = sat(town, quarrel)
    gone_through(town.secretary, sitting)
    services.settle(actor=town.secretary, dispute=sitting.panel.dispute, words="自己说好了")
    assert "record" not in counted(quarrel)
    client_of(town.secretary).get(reverse("disputes:paper", args=[quarrel.pk, "contents"]))
    assert counted(quarrel)["record"] >= 1
    assert not MinuteReading.objects.exists(), "who prints the contents has not read what was said"


def test_who_may_not_read_the_minutes_has_the_record_counted_all_the_same(town, dispute):
    sitting = ended(town, dispute())
    client_of(town.office).get(reverse("disputes:paper", args=[sitting.panel.dispute_id, "contents"]))
    assert counted(sitting.panel.dispute)["record"] >= 1


def test_the_contents_lay_a_record_out_once(town, dispute, monkeypatch):
    sitting = ended(town, dispute())
    desk = client_of(town.secretary)
    contents = reverse("disputes:paper", args=[sitting.panel.dispute_id, "contents"])
    desk.get(contents)
    services.note(actor=town.secretary, dispute=sitting.panel.dispute, words="又去看了一次")
    monkeypatch.setattr(counting.pdf, "pages_of", lambda html: pytest.fail("it is the same record"))
    assert desk.get(contents).status_code == 200


def test_of_two_records_one_of_which_nobody_counted_no_number_is_told(town, dispute):
    quarrel = dispute()
    first = ended(town, quarrel)
    quarrel.refresh_from_db()
    services.count_record(first)
    assert counted(quarrel)["record"] >= 1
    services.reopen(actor=town.secretary, dispute=quarrel, words="又吵起来了")
    quarrel.refresh_from_db()
    services.draft_panel(actor=town.secretary, dispute=quarrel, uuid=uuid.uuid4())
    second = sat_again(town, quarrel)
    services.refuse_sitting(
        actor=town.secretary, sitting=second, party=quarrel.parties.first(), words="不调了"
    )
    assert "record" not in counted(quarrel)
    client_of(town.secretary).get(reverse("disputes:paper", args=[quarrel.pk, "contents"]))
    assert counted(quarrel)["record"] >= 2


def sat_again(town, quarrel):
    """With the people of the last time."""
    panel = quarrel.panels.latest("number")
    host, at = officer_of(town.secretary), in_three_days()
    said = {"topic": "院墙", "at": at, "place": "村部", "host": host}
    services.change_panel(actor=town.secretary, panel=panel, **said)
    for party in quarrel.parties.all():
        services.say_consent(actor=town.secretary, panel=panel, party=party, given=True)
    services.settle_panel(actor=town.secretary, panel=panel)
    return services.begin_sitting(actor=town.secretary, panel=panel, uuid=uuid.uuid4())


def test_what_is_told_after_the_end_is_counted_when_the_record_is_printed_again(town, dispute):
    sitting = ended(town, dispute())
    desk = client_of(town.secretary)
    desk.get(reverse("disputes:minutes_paper", args=[sitting.pk]))
    before = counted(sitting.panel.dispute)["record"]
    seat = sitting.panel.seats.filter(side="cadres").first()
    with clock.stopped_at("2026-11-23T10:30"):
        for _ in range(8):
            said = {"step": "policy", "speaker": f"seat-{seat.pk}", "words": "政策" * 240, "late": True}
            services.say(
                actor=town.secretary, sitting=sitting, uuid=uuid.uuid4(), said_at=clock.now(), **said
            )
    desk.get(reverse("disputes:minutes_paper", args=[sitting.pk]))
    assert counted(sitting.panel.dispute)["record"] > before


def test_what_is_scanned_counts_instead_and_our_numbers_are_nobody_elses(town, taken):
    desk = client_of(town.secretary)
    desk.get(reverse("disputes:paper", args=[taken.pk, "register"]))
    keep(town.secretary, taken, "register", 3)
    assert counted(taken)["register"] == 3
    sent = {"uuid": str(Scan.number_of(taken.pk, "rights")), "item": "rights", "pages": "2"}
    assert desk.post(reverse("disputes:add_scan", args=[taken.pk]), sent).status_code == 422
    sent["uuid"] = str(uuid.uuid4())
    assert desk.post(reverse("disputes:add_scan", args=[taken.pk]), sent).status_code == 302


def test_where_no_pdf_can_be_made_everything_prints_and_nothing_is_counted(town, taken, monkeypatch):
    def lacks(html):
        raise pdf.NoPdf

    monkeypatch.setattr(counting.pdf, "pages_of", lacks)
    desk = client_of(town.secretary)
    assert desk.get(reverse("disputes:paper", args=[taken.pk, "register"])).status_code == 200
    assert counted(taken) == {}
