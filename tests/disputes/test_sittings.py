"""A sitting from its first word to its end: the plan's order, every sentence once, and who reads which of them."""

import datetime as dt
import json
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from disputes import services
from disputes.models import Dispute, MinuteReading, Sitting, Word
from tests.disputes.seats import add, draft, fill, gone_through, matched, officer_of, sat, say, settled
from tests.factor import client_of


@pytest.fixture
def sitting(town, dispute):
    return sat(town, dispute())


def head(home):
    return home.people.get(relation="户主")


def member(home):
    return home.people.exclude(relation="户主").first()


# --- the order ----------------------------------------------------------------------------------------------------


def test_it_goes_in_the_order_of_the_plan_and_no_step_is_left_out(town, sitting):
    for step, waits in ((Word.ADD, "当事人陈述"), (Word.CONCLUDE, "当事人陈述")):
        with pytest.raises(ValidationError, match=f"先“{waits}”"):
            say(town.secretary, sitting, step)
    say(town.secretary, sitting, Word.STATE, "墙砌过来半尺")
    say(town.secretary, sitting, Word.STATE, "还堵了水沟")
    with pytest.raises(ValidationError, match="先“亲友团补充”"):
        say(town.secretary, sitting, Word.POLICY)
    for step in (Word.ADD, Word.POLICY, Word.SPEAK, Word.CONCLUDE):
        say(town.secretary, sitting, step)
    assert services.reached_of(sitting) == 4


def test_who_goes_back_says_that_he_adds(town, sitting):
    gone_through(town.secretary, sitting)
    with pytest.raises(ValidationError, match=r"已经过了.*补记"):
        say(town.secretary, sitting, Word.STATE)
    assert say(town.secretary, sitting, Word.STATE, late=True).late
    assert services.reached_of(sitting) == 3, "and it goes on where it was"
    with pytest.raises(ValidationError, match="不用补记"):
        say(town.secretary, sitting, Word.CONCLUDE, late=True)


@pytest.mark.parametrize(
    ("step", "side", "told"),
    [
        ("state", "cadres", "由当事人来说"),
        ("add", "between", "由亲友团来说"),
        ("policy", "friends", "由镇村干部来说"),
    ],
)
def test_each_step_has_its_speakers(town, sitting, step, side, told):
    for before in ("state", "add", "policy"):
        if before == step:
            break
        say(town.secretary, sitting, before)
    speaker = f"seat-{sitting.panel.seats.filter(side=side).first().pk}"
    with pytest.raises(ValidationError, match=told):
        say(town.secretary, sitting, step, speaker=speaker)


@pytest.mark.parametrize(
    "speaker", ["", "seat-", "seat-0", "party-x", "observer-1", "seat-²", "seat-" + "9" * 30]
)
def test_who_speaks_is_one_of_those_who_sit_there(town, sitting, speaker):
    with pytest.raises(ValidationError, match="选是谁说的"):
        say(town.secretary, sitting, Word.STATE, speaker=speaker)


def test_an_observer_does_not_speak(town, sitting):
    gone_through(town.secretary, sitting)
    with pytest.raises(ValidationError, match="旁听的人不发言"):
        say(town.secretary, sitting, Word.SPEAK, speaker=f"observer-{sitting.panel.observers.first().pk}")


def test_a_speaker_is_named_with_what_he_is_in_one_pair_of_brackets(town, dispute):
    panel = fill(town, draft(town, dispute()), between=2)
    add(town, panel, "b", name="董文", role="金星第一网格专职网格员（村民组长）")
    services.settle_panel(actor=town.secretary, panel=panel)
    sitting = services.begin_sitting(actor=town.secretary, panel=panel, uuid=uuid.uuid4())
    gone_through(town.secretary, sitting)
    speaker = f"seat-{panel.seats.get(name='董文').pk}"
    word = say(town.secretary, sitting, Word.SPEAK, speaker=speaker)
    assert word.speaker == "董文（中间人，金星第一网格专职网格员、村民组长）"


# --- every sentence once ------------------------------------------------------------------------------------------


def test_the_same_sentence_again_is_the_same_row_and_another_is_a_conflict(town, sitting):
    said = {"uuid": uuid.uuid4(), "said_at": clock.now()}
    first = say(town.secretary, sitting, Word.STATE, "墙是他砌的", **said)
    again = say(town.secretary, sitting, Word.STATE, "墙是他砌的", **said)
    assert (first.fresh, again.fresh, again.pk) == (True, False, first.pk)
    with pytest.raises(services.Conflict):
        say(town.secretary, sitting, Word.STATE, "墙不是他砌的", **said)
    cadre = town.post("jincun", "金村", "cadre", town.jinxing)
    with pytest.raises(services.Conflict):
        say(cadre, sitting, Word.STATE, "墙是他砌的", **said)
    assert sitting.words.count() == 1


def test_what_comes_an_hour_late_was_said_when_the_laptop_heard_it(town, sitting):
    slow = clock.now() - dt.timedelta(
        minutes=90
    )  # the laptop is half an hour slow, and the word waited an hour
    word = say(town.secretary, sitting, Word.STATE, said_at=slow, sent_at=slow + dt.timedelta(hours=1))
    assert word.said_at == clock.now() - dt.timedelta(hours=1)
    assert (word.told_at, word.received_at) == (slow, clock.now())


def test_a_correction_is_a_new_sentence_that_names_the_old(town, sitting):
    old = say(town.secretary, sitting, Word.STATE, "墙长三米")
    new = say(town.secretary, sitting, "x", "墙长三米三", speaker="", corrects=old.uuid)
    assert (new.corrects, new.step, new.speaker, new.of_side) == (old, old.step, old.speaker, old.of_side)
    old.refresh_from_db()
    assert old.words == "墙长三米"
    with pytest.raises(
        ValidationError, match=r"金书记 11月23日 09:30 已经更正过这一句，现在是：“墙长三米三”"
    ):
        say(town.secretary, sitting, "x", "墙长四米", speaker="", corrects=old.uuid)
    assert say(town.secretary, sitting, "x", "墙长四米", speaker="", corrects=new.uuid).corrects == new
    with pytest.raises(ValidationError, match="还没存"):
        say(town.secretary, sitting, "x", "没有的", speaker="", corrects=uuid.uuid4())


@pytest.mark.parametrize(("words", "told"), [(" ", "写一句"), ("长" * 1001, "1000")])
def test_nothing_and_far_too_much_are_no_sentence(town, sitting, words, told):
    with pytest.raises(ValidationError, match=told):
        say(town.secretary, sitting, Word.STATE, words)


def put(user, sitting, name=None, **said):
    now = clock.now().isoformat(timespec="milliseconds")
    speaker = f"party-{sitting.panel.dispute.parties.first().pk}"
    body = {"step": "state", "speaker": speaker, "words": "墙是他砌的", "said_at": now, "sent_at": now} | said
    address = reverse("disputes:word", args=[sitting.pk, name or uuid.uuid4()])
    return client_of(user).put(address, json.dumps(body), content_type="application/json")


def test_the_door_of_a_sentence_answers_201_once_then_200_and_409(town, sitting):
    name = uuid.uuid4()
    assert put(town.secretary, sitting, name).status_code == 201
    assert put(town.secretary, sitting, name).status_code == 200
    other = put(town.secretary, sitting, name, words="不是他砌的")
    assert other.status_code == 409
    assert "墙是他砌的" not in other.content.decode(), "nothing of what is stored"
    assert sitting.words.count() == 1


def test_who_corrects_what_another_has_corrected_is_told_what_stands_now(town, sitting):
    old = say(town.secretary, sitting, Word.STATE, "墙长三米")
    new = say(town.secretary, sitting, "x", "墙长三米三", speaker="", corrects=old.uuid)
    last = say(town.secretary, sitting, "x", "墙长三米五", speaker="", corrects=new.uuid)
    answer = put(town.secretary, sitting, words="墙长四米", speaker="seat-0", corrects=str(old.uuid))
    assert answer.status_code == 422
    now = answer.json()["now"]
    assert (now["uuid"], now["words"], now["step"]) == (str(last.uuid), "墙长三米五", Word.STATE)
    assert "墙长三米五" in answer.json()["detail"]


def test_the_door_says_what_is_wrong(town, sitting):
    assert "先“当事人陈述”" in put(town.secretary, sitting, step="conclude").json()["detail"]
    assert put(town.secretary, sitting, words="").status_code == 422
    assert put(town.secretary, sitting, said_at="昨天").status_code == 422
    address = reverse("disputes:word", args=[sitting.pk, uuid.uuid4()])
    client = client_of(town.secretary)
    for junk in ("", "[]", "{", "墙", '{"words": "' + "长" * 30_000 + '"}'):
        assert client.put(address, junk, content_type="application/json").status_code == 422
    assert put(town.neighbour, sitting).status_code == 404
    assert put(town.office, sitting).status_code == 404
    assert sitting.words.count() == 0


# --- who reads what -----------------------------------------------------------------------------------------------


def readers(town, sitting):
    parts = {**town.everyone, "justice": town.justice, "cadre": town.cadre}
    return {
        part
        for part, user in parts.items()
        if Sitting.objects.readable_by(user).filter(pk=sitting.pk).exists()
    }


@pytest.fixture
def more(town):
    town.justice = town.post("sifa", "尤司", "justice", town.town)
    town.cadre = town.post("jincun", "金村", "cadre", town.jinxing)
    return town


def test_minutes_are_for_who_takes_part_and_who_settles_the_villages_disputes(town, more, sitting):
    assert readers(town, sitting) == {"secretary", "cadre", "justice"}, "not the office in general"


def test_whoever_sits_or_watches_with_an_account_reads_them_while_he_serves(town, more, dispute):
    panel = fill(town, draft(town, dispute()), between=2, cadres=2)
    add(town, panel, "b", officer=officer_of(town.worker))
    add(town, panel, "c", officer=officer_of(town.office))
    services.settle_panel(actor=town.secretary, panel=panel)
    sitting = services.begin_sitting(actor=town.secretary, panel=panel, uuid=uuid.uuid4())
    assert readers(town, sitting) == {"secretary", "cadre", "justice", "worker", "office"}
    officer_of(town.worker).posts.update(until="2026-11-22")
    assert "worker" not in readers(town, sitting)


def read(user, sitting):
    return services.read_minutes(actor=user, sitting=sitting)


def test_what_one_party_said_is_not_for_the_other_partys_people(town, more, dispute):
    panel = fill(town, draft(town, dispute()))
    services.unseat(actor=town.secretary, panel=panel, seat=panel.seats.filter(side="friends").last())
    add(town, panel, "f", name="王家亲戚", of_side="second")
    services.settle_panel(actor=town.secretary, panel=panel)
    sitting = services.begin_sitting(actor=town.secretary, panel=panel, uuid=uuid.uuid4())
    first, second = panel.dispute.parties.order_by("side")
    say(town.secretary, sitting, "state", "张家说", speaker=f"party-{first.pk}")
    say(town.secretary, sitting, "state", "王家说", speaker=f"party-{second.pk}")
    theirs = panel.seats.get(name="王家亲戚")
    say(town.secretary, sitting, "add", "张家亲友说")
    say(town.secretary, sitting, "add", "王家亲友说", speaker=f"seat-{theirs.pk}")
    say(town.secretary, sitting, "policy", "干部说")

    def heard(user):
        return [word.words for word in read(user, sitting).words]

    everything = ["张家说", "王家说", "张家亲友说", "王家亲友说", "干部说"]
    assert heard(town.cadre) == heard(town.secretary) == everything
    matched(town.cadre, member(town.wang))
    assert heard(town.cadre) == ["王家说", "王家亲友说", "干部说"]
    told = read(town.cadre, sitting)
    assert (told.left_out, "王大春的近亲属" in told.because, "甲方" in told.because) == (2, True, True)
    page = client_of(town.cadre).get(reverse("disputes:minutes", args=[sitting.pk])).content.decode()
    assert "有 2 句没有显示" in page
    assert "张家说" not in page
    paper = client_of(town.cadre).get(reverse("disputes:minutes_paper", args=[sitting.pk])).content.decode()
    assert "有 2 句没有打印" in paper
    assert "张家亲友说" not in paper
    matched(town.justice, head(town.zhang))
    assert heard(town.justice) == ["张家说", "张家亲友说", "干部说"]


def test_why_a_side_refused_is_read_only_by_who_may_read_what_it_said(town, more, dispute):
    sitting = sat(town, dispute(actor=town.assistant))
    gone_through(town.secretary, sitting)
    matched(town.cadre, member(town.wang))
    first = sitting.panel.dispute.parties.get(side="first")
    services.refuse_sitting(actor=town.secretary, sitting=sitting, party=first, words="张家的底线是两千块")
    for user, name, pk, told in (
        (town.cadre, "minutes", sitting.pk, "有一方不愿调"),
        (town.cadre, "minutes_paper", sitting.pk, "有一方不愿调"),
        (town.cadre, "dispute", sitting.panel.dispute_id, "有一方不愿调"),
        (town.office, "dispute", sitting.panel.dispute_id, "甲方不愿调"),
        (town.assistant, "dispute", sitting.panel.dispute_id, "有一方不愿调"),
    ):
        text = client_of(user).get(reverse(f"disputes:{name}", args=[pk])).content.decode()
        assert told in text
        assert told == "甲方不愿调" or "甲方不愿调" not in text, "which side it was is for who mediates"
        assert "底线" not in text
    minutes = reverse("disputes:minutes", args=[sitting.pk])
    assert "底线" in client_of(town.justice).get(minutes).content.decode()


def test_the_kin_of_one_side_does_not_read_in_the_minutes_that_the_other_did_not_agree(town, more, sitting):
    matched(town.cadre, member(town.wang))
    first, second = sitting.panel.dispute.parties.order_by("side")
    stances = {first.pk: False, second.pk: True}
    services.conclude(
        actor=town.secretary, sitting=sitting, agreed=False, conclusion="谈不拢", stances=stances
    )
    for name in ("minutes", "minutes_paper"):
        address = reverse(f"disputes:{name}", args=[sitting.pk])
        read_by = {
            user: client_of(user).get(address).content.decode().replace("同不同意", "")
            for user in (town.secretary, town.cadre)
        }
        assert "不同意" in read_by[town.secretary]
        assert "不同意" not in read_by[town.cadre]


def test_why_nothing_was_agreed_stays_in_the_minutes_of_who_belongs_to_no_side(town, more, sitting):
    matched(town.cadre, member(town.wang))
    services.conclude(
        actor=town.secretary, sitting=sitting, agreed=False, conclusion="张家要两千，王家只出一千", stances={}
    )
    assert Dispute.objects.get().moves.last().words == "第 1 次议事没调成，情况写在议事记录里"
    sitting.refresh_from_db()
    assert read(town.justice, sitting).conclusion == "张家要两千，王家只出一千"
    assert read(town.cadre, sitting).conclusion == "为什么没调成，不给当事人和他的近亲属看。"


def test_a_party_or_his_relative_does_not_keep_the_minutes(town, more, sitting):
    matched(town.cadre, member(town.wang))
    matched(town.justice, head(town.zhang))
    with pytest.raises(PermissionDenied, match="您家里人"):
        say(town.cadre, sitting, Word.STATE)
    with pytest.raises(PermissionDenied, match="自己是当事人"):
        say(town.justice, sitting, Word.STATE)
    assert client_of(town.cadre).get(reverse("disputes:sitting", args=[sitting.pk])).status_code == 302
    assert put(town.cadre, sitting).status_code == 403


def test_a_relative_does_not_begin_the_sitting(town, more, dispute):
    panel = settled(town, dispute())
    matched(town.cadre, member(town.wang))
    with pytest.raises(PermissionDenied, match="您家里人"):
        services.begin_sitting(actor=town.cadre, panel=panel, uuid=uuid.uuid4())


def test_every_reading_is_written_down_and_the_secretary_sees_it(town, more, sitting):
    minutes = reverse("disputes:minutes", args=[sitting.pk])
    for user, address in (
        (town.justice, minutes),
        (town.justice, reverse("disputes:minutes_paper", args=[sitting.pk])),
        (town.secretary, reverse("disputes:sitting", args=[sitting.pk])),
    ):
        assert client_of(user).get(address).status_code == 200
    rows = [(each.reader, each.at) for each in MinuteReading.objects.order_by("pk")]
    assert rows == [(town.justice, clock.now())] * 2 + [(town.secretary, clock.now())]
    client_of(town.neighbour).get(minutes)
    assert MinuteReading.objects.count() == 3, "who is told that there is no such page has read nothing"
    assert "尤司" in client_of(town.secretary).get(minutes).content.decode()


def test_the_minutes_cost_the_same_for_four_sentences_and_for_forty(town, sitting):
    def cost():
        with CaptureQueriesContext(connection) as asked:
            client_of(town.secretary).get(reverse("disputes:minutes", args=[sitting.pk]))
        return len(asked)

    gone_through(town.secretary, sitting)
    cost()
    few = cost()
    for number in range(12):
        say(town.secretary, sitting, Word.SPEAK, f"第 {number} 句")
    assert cost() == few
