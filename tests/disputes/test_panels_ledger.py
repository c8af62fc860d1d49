"""三个三分之一议事登记表 of November, cell by cell; what it never says; and what moved one that is sealed."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from core import ledger as engine
from core.ledger import LedgerScope
from core.periods import Month
from core.scope import OPERATOR
from disputes import services
from disputes.models import Agreement, Dispute, Sitting, Word
from tests.disputes.conftest import TEXT, party, sign
from tests.disputes.seats import add, draft, fill, gone_through, sat, say, settled
from tests.disputes.test_ledgers import NOVEMBER, sheet
from tests.ledgers.months import found, seal, submit
from tests.people import make_town_that_owes

TITLES = (
    "纠纷编号 第几次 议题 时间地点 主持人 诉求人 亲友团名单 中间人名单 镇村干部名单 旁听 回避情况"
    " 陈述 补充 政策解读 讲话 议定意见 各方签字 后续"
).split()


def lines(place, tmp_path, **more):
    """The rows by heading."""
    cells = sheet(place, tmp_path, "panels", **more)
    head = next(number for number, row in enumerate(cells) if row[0] == "纠纷编号")
    assert [title for title in cells[head] if title] == TITLES
    rows = [dict(zip(TITLES, row, strict=False)) for row in cells[head + 1 :]]
    return [row for row in rows if str(row["纠纷编号"]).startswith("JF-")]


def conclude(town, sitting, agreed=True):
    stances = {each.pk: True for each in sitting.panel.dispute.parties.all()}
    said = {"agreed": agreed, "conclusion": "墙退半尺，各拆各的", "stances": stances if agreed else {}}
    services.conclude(actor=town.secretary, sitting=sitting, **said)


@pytest.fixture
def held(town, dispute):
    """Two hours on 26 November, with somebody else for one who was not wanted; all agreed."""
    quarrel = dispute()
    panel = fill(town, draft(town, quarrel))
    unwanted = add(town, panel, "b", name="赵爱吵")
    objection = services.object_to(
        actor=town.secretary, panel=panel, party=quarrel.parties.first(), member=unwanted, reason="向着对方"
    )
    services.decide_objection(actor=town.secretary, panel=panel, objection=objection, upheld=True)
    services.unseat(actor=town.secretary, panel=panel, seat=unwanted)
    services.settle_panel(actor=town.secretary, panel=panel)
    with clock.stopped_at("2026-11-26T15:00"):
        sitting = services.begin_sitting(actor=town.secretary, panel=panel, uuid=uuid.uuid4())
        everybody = panel.seats.values_list("pk", flat=True)
        observers = panel.observers.values_list("pk", flat=True)
        services.note_who_came(actor=town.secretary, sitting=sitting, seats=everybody, observers=observers)
        gone_through(town.secretary, sitting)
        old = say(town.secretary, sitting, Word.SPEAK, "墙长三米")
        say(town.secretary, sitting, "x", "墙长三米三", speaker="", corrects=old.uuid)
    with clock.stopped_at("2026-11-26T17:10"):
        conclude(town, sitting)
    quarrel.refresh_from_db()
    return sitting


def agreement_of(town, dispute, **more):
    return services.draft_agreement(actor=town.secretary, dispute=dispute, uuid=uuid.uuid4(), **TEXT | more)


def test_the_line_is_this_one_cell_by_cell(town, held, tmp_path):
    quarrel = Dispute.objects.get()
    with clock.stopped_at("2026-11-28T10:00"):
        agreement = agreement_of(town, quarrel)
        sign(town.secretary, agreement, dt.date(2026, 11, 28))
    (row,) = lines(town.jinxing, tmp_path)
    assert list(row.values()) == [
        quarrel.number,
        1,
        "院墙",
        "11月26日 15:00 到 17:10，村党群服务中心",
        "金书记",
        "甲方 张三丰；乙方 王大春",
        "3 人：亲友1、亲友2、亲友3",
        "3 人：中人1、中人2、中人3",
        "3 人：金书记、干部1、干部2",
        "旁听司法所（司法所）、旁听党员代表（党员代表）、旁听群众代表（群众代表）",
        "换人 1 条",
        "张三丰（甲方）1 条、王大春（乙方）1 条",
        "亲友1（亲友团）1 条",
        "金书记（镇村干部）1 条",
        "中人1（中间人）2 条",
        "议定了",
        f"张三丰、王大春签了字，{agreement} 11月28日生效",
        f"达成协议：协议 {agreement} 生效",
    ]


def test_nothing_that_was_said_agreed_or_held_against_somebody_stands_in_it(town, held, tmp_path):
    text = "".join(str(cell) for row in sheet(town.town, tmp_path, "panels") for cell in row)
    assert Sitting.objects.get().conclusion not in text
    for words in (*Word.objects.values_list("words", flat=True), "赵爱吵", "向着对方"):
        assert words not in text
    assert "说了什么在议事记录里" in text


def test_who_did_not_come_and_what_came_of_it_is_said(town, dispute, tmp_path):
    failed, refused = (sat(town, dispute(words)) for words in ("争水", "争路"))
    absent = failed.panel.seats.get(name="亲友2")
    here = failed.panel.seats.exclude(pk=absent.pk).values_list("pk", flat=True)
    services.note_who_came(actor=town.secretary, sitting=failed, seats=here, observers=[])
    conclude(town, failed, agreed=False)
    second = refused.panel.dispute.parties.get(side="second")
    for step in (Word.STATE, Word.ADD):
        say(town.secretary, refused, step)
    services.refuse_sitting(actor=town.secretary, sitting=refused, party=second, words="法院见")
    one, other = lines(town.jinxing, tmp_path)
    assert one["亲友团名单"] == "3 人：亲友1、亲友2（没来）、亲友3"
    assert "旁听司法所（司法所，没来）" in one["旁听"]
    assert (one["议定意见"], one["各方签字"], one["后续"]) == ("没调成", "", "没调成")
    assert other["议定意见"] == "当事人不愿调", "which side it was is not for who reads the ledger"
    assert "法院见" not in "".join(map(str, other.values()))
    assert (other["各方签字"], other["回避情况"]) == ("", "没有人提")
    assert other["补充"] == "亲友1（亲友团）1 条", "the refusal itself added nothing"


def test_who_came_is_not_ticked_anew_once_it_is_over(town, dispute):
    sitting = sat(town, dispute())
    conclude(town, sitting, agreed=False)
    with pytest.raises(ValidationError, match="议事已经结束"):
        services.note_who_came(actor=town.secretary, sitting=sitting, seats=[], observers=[])
    assert not sitting.panel.seats.filter(came=False).exists()


def test_a_panel_that_has_not_met_has_no_line_and_one_that_goes_on_has_one_in_both_months(
    town, dispute, tmp_path
):
    settled(town, dispute("还没开"))
    with clock.stopped_at("2026-11-30T20:00"):
        sitting = sat(town, dispute("开到半夜"))
        say(town.secretary, sitting, Word.STATE)
    with clock.stopped_at("2026-12-01T00:30"):
        say(town.secretary, sitting, Word.STATE)
        conclude(town, sitting, agreed=False)
    (november,) = lines(town.jinxing, tmp_path)
    (december,) = lines(town.jinxing, tmp_path, month=NOVEMBER.next)
    assert november["时间地点"] == "11月30日 20:00 开始，还没议完，村党群服务中心"
    assert (november["陈述"], november["议定意见"]) == ("张三丰（甲方）1 条", "")
    assert (november["后续"], december["后续"]) == ("调处中", "没调成")
    assert december["时间地点"] == "11月30日 20:00 到 00:30，村党群服务中心"
    assert (december["陈述"], december["议定意见"]) == ("张三丰（甲方）2 条", "没调成")
    with clock.stopped_at("2027-01-05T10:00"):
        assert lines(town.jinxing, tmp_path, month=Month.parse("2027-01")) == []


def test_what_comes_later_does_not_change_the_month_before(town, held, tmp_path):
    before = lines(town.jinxing, tmp_path)
    assert before[0]["各方签字"] == "还没签"
    with clock.stopped_at("2026-12-02T10:00"):
        say(town.secretary, held, Word.SPEAK, late=True)
        sign(town.secretary, agreement_of(town, Dispute.objects.get()), dt.date(2026, 12, 2))
        assert lines(town.jinxing, tmp_path) == before


def test_each_sitting_has_the_agreement_that_was_written_after_it(town, held, tmp_path):
    quarrel = Dispute.objects.get()
    with clock.stopped_at("2026-11-27T10:00"):
        oral = agreement_of(town, quarrel, form="oral")
        services.record_oral(
            actor=town.secretary,
            agreement=oral,
            text=oral.digest_of_text,
            agreed_on=dt.date(2026, 11, 27),
            mediators="金书记",
        )
        quarrel.refresh_from_db()
        services.reopen(actor=town.secretary, dispute=quarrel, words="又吵了")
        quarrel.refresh_from_db()
    with clock.stopped_at("2026-11-28T10:00"):
        again = services.draft_panel(actor=town.secretary, dispute=quarrel, uuid=uuid.uuid4())
        services.change_panel(
            actor=town.secretary, panel=again, topic="院墙", at=clock.now(), place="村部", host=again.host
        )
        for each in quarrel.parties.all():
            services.say_consent(actor=town.secretary, panel=again, party=each, given=True)
        services.settle_panel(actor=town.secretary, panel=again)
        again.refresh_from_db()
        sitting = services.begin_sitting(actor=town.secretary, panel=again, uuid=uuid.uuid4())
        here = (again.seats.values_list("pk", flat=True), again.observers.values_list("pk", flat=True))
        services.note_who_came(actor=town.secretary, sitting=sitting, seats=here[0], observers=here[1])
        gone_through(town.secretary, sitting)
        conclude(town, sitting)
        quarrel.refresh_from_db()
        written = agreement_of(town, quarrel)
        sign(town.secretary, written, dt.date(2026, 11, 28))
    first, second = lines(town.jinxing, tmp_path)
    assert first["各方签字"] == f"张三丰、王大春口头同意，{oral} 11月27日生效"
    assert second["各方签字"] == f"张三丰、王大春签了字，{written} 11月28日生效"
    assert (first["第几次"], second["第几次"]) == (1, 2)


def test_a_neighbour_finds_nothing_and_the_number_of_questions_is_the_same_for_many(town, dispute, tmp_path):
    sat(town, dispute())
    assert lines(town.jinxing, tmp_path, actor=town.neighbour) == []
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            lines(town.jinxing, tmp_path)
        counts.append(len(asked))
        for number in range(4):
            gone_through(town.secretary, sat(town, dispute(f"第 {number} 件")))
    assert counts[0] == counts[1]


def test_each_line_leads_to_its_panel(town, held):
    scope = LedgerScope(OPERATOR, town.jinxing, NOVEMBER, made_on=clock.today())
    ((_, origins),) = engine.get("panels").traced_rows(scope)
    assert set(origins.values()) == {reverse("disputes:panel", args=[held.panel_id])}


# --- a month that is sealed -------------------------------------------------------------------------------------------


@pytest.fixture
def sealed(db):
    """October of 金星村 with one sitting that was agreed, submitted and sealed on 3 November."""
    with clock.stopped_at("2026-11-03T09:30"):
        town = make_town_that_owes()
    with clock.stopped_at("2026-10-20T10:00"):
        made = services.open_dispute(
            actor=town.worker,
            uuid=uuid.uuid4(),
            source="asked",
            words="争水",
            kind="neighbours",
            territory=town.grid1,
            parties=[party("first", town.zhang), services.Named("second", name="甲")],
        ).dispute
        sitting = sat(town, made)
        gone_through(town.secretary, sitting)
        conclude(town, sitting)
    with clock.stopped_at("2026-11-03T09:30"):
        submit(town)
        row = seal(town)
        assert found(row) == []
    return town, row, sitting


def test_an_agreement_of_that_month_is_told_with_who_and_when(sealed):
    town, row, _ = sealed
    with clock.stopped_at("2026-11-10T15:20"):
        agreement = agreement_of(town, Dispute.objects.get())
        sign(town.secretary, agreement, dt.date(2026, 10, 22))
        told = found(row, "三个三分之一议事登记表")
    assert {each.column: each.now for each in told} == {
        "各方签字": f"张三丰、甲签了字，{agreement} 10月22日生效",
        "后续": f"达成协议：协议 {agreement} 生效",
    }
    for each in told:
        assert (each.who, each.when) == ("金书记", "2026-11-10 15:20")
        assert f"协议 {Agreement.objects.get()} 生效" in each.why


def test_what_lay_on_the_laptop_is_told_with_who_sent_it(sealed):
    town, row, sitting = sealed
    with clock.stopped_at("2026-11-10T15:20"):
        then = dt.datetime(2026, 10, 20, 11, tzinfo=clock.SHANGHAI)
        say(town.secretary, sitting, Word.SPEAK, late=True, said_at=then)
        (each,) = found(row, "三个三分之一议事登记表")
    assert (each.column, each.sealed, each.now) == ("讲话", "中人1（中间人）1 条", "中人1（中间人）2 条")
    assert (each.who, each.when) == ("金书记", "2026-11-10 15:20")
    assert "第 1 次议事的发言" in each.why


def test_a_party_who_is_named_later_is_told(sealed):
    town, row, _ = sealed
    with clock.stopped_at("2026-11-10T15:20"):
        quarrel = Dispute.objects.get()
        services.add_party(actor=town.secretary, dispute=quarrel, named=services.Named("third", name="乙"))
        (each,) = found(row, "三个三分之一议事登记表")
    assert (each.column, each.now) == ("诉求人", "甲方 张三丰；乙方 甲；第三方 乙")
    assert (each.who, each.why) == ("金书记", f"更正：纠纷 {quarrel.number}")
