"""The discipline office's desk: its list, a report with its steps, what came by letter; the system administrator's
figures. Whoever is left out meets on each page what he would meet if there were no report."""

import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Channel, Delivery, Notice
from accounts.notices import sending
from accounts.notices.writing import ensure_deliveries, ensure_notices, mark_all_read
from core import clock
from discipline import services
from discipline.models import Report, Step
from grids.models import WithheldVerb
from grids.models.posts import every_verb
from grids.services import may_appoint
from tests.factor import client_of

LIST, ENTER, FIGURES = (reverse(f"discipline:{name}") for name in ("reports", "enter", "figures"))


def text(answer):
    return answer.content.decode()


def page(report):
    return reverse("discipline:report", args=[report.uuid])


def step(user, report, code, **sent):
    return client_of(user).post(reverse("discipline:step", args=[report.uuid, code]), sent)


def shown(user, chosen="unfinished"):
    answer = client_of(user).get(f"{LIST}?list={chosen}")
    return [told.what for _, told, _ in answer.context["rows"]]


# --- one report -------------------------------------------------------------------------------------------------------


def test_a_report_is_taken_through_its_steps_and_each_is_dated(town, tell):
    report = tell(phone="19900008888", name="金书记")
    assert shown(town.chief) == ["收了盖房的钱不开票"]
    shows = text(client_of(town.chief).get(page(report)))
    assert 'href="tel:19900008888"' in shows
    assert "收了盖房的钱不开票" in shows
    assert step(town.chief, report, "take").status_code == 302
    assert step(town.chief, report, "note", words="约了反映人").status_code == 302
    assert step(town.chief, report, "finish", words="退了钱，开了票").status_code == 302
    report.refresh_from_db()
    assert report.state == Report.DONE
    kinds = [(each.kind, each.actor, each.said) for each in report.steps.all()]
    assert kinds[0] == ("told", None, "")
    assert kinds[-1] == ("finish", town.chief, "退了钱，开了票")
    assert shown(town.chief) == []
    assert shown(town.chief, "finished") == ["收了盖房的钱不开票"]
    assert step(town.chief, report, "reopen", words="又有人来说").status_code == 302


def test_what_is_not_theirs_says_whose_and_becomes_nothing_else(town, tell):
    report = tell("路灯坏了")
    answer = step(town.chief, report, "pass_on")
    assert answer.status_code == 422
    assert "写一句归谁办" in text(answer)
    assert step(town.chief, report, "pass_on", words="归村里，电话告诉他了").status_code == 302
    report.refresh_from_db()
    assert report.state == Report.NOT_OURS


def test_a_step_that_comes_too_late_says_who_was_quicker_and_keeps_the_words(town, tell):
    report = tell()
    services.pass_on(actor=town.chief, report=report, words="归区里")
    answer = step(town.other, report, "finish", words="我写的很长的结果")
    assert answer.status_code == 422
    assert "纪明 11月23日 09:30 已经不归这里办" in text(answer)
    assert "我写的很长的结果" in text(answer)


def test_one_form_sent_twice_is_one_step_and_other_words_under_its_number_are_refused(town, tell):
    report, number = tell(), str(uuid.uuid4())
    for _ in range(2):
        assert step(town.chief, report, "note", words="打过电话", uuid=number).status_code == 302
    assert report.steps.filter(kind="note").count() == 1
    assert step(town.chief, report, "note", words="别的", uuid=number).status_code == 422


def test_the_same_form_with_somebody_else_added_is_not_taken_for_the_first(town, tell, reads):
    report, number = tell(place=town.qiaoji, office="guide"), str(uuid.uuid4())
    assert step(town.chief, report, "note", words="问过了", uuid=number).status_code == 302
    answer = step(town.chief, report, "note", words="问过了", also="乔书记", uuid=number)
    assert answer.status_code == 422
    assert 'value="乔书记"' in text(answer)
    assert reads(report) == {"chief", "helper", "other"}
    again = {"words": "问过了", "also": "乔书记", "uuid": str(uuid.uuid4())}
    for _ in range(2):
        assert step(town.chief, report, "note", **again).status_code == 302
    report.refresh_from_db()
    assert report.told.also == "乔书记"
    assert reads(report) == {"chief", "helper"}
    assert "还牵扯到：乔书记" in text(client_of(town.chief).get(page(report)))


def test_a_further_name_is_never_cut_off(town, tell):
    report, long = tell(), "某" * 61
    answer = step(town.chief, report, "note", words="还有人", also=long)
    assert answer.status_code == 422
    assert "最多 60 个" in text(answer)
    assert long in text(answer)
    assert not report.steps.filter(kind="note").exists()


def test_whoever_it_turns_out_to_be_about_loses_sight_of_it_even_the_writer(town, tell, reads):
    report = tell(place=town.qiaoji, office="guide")
    assert reads(report) == {"chief", "helper", "other"}
    answer = step(town.chief, report, "note", words="还有一个人", also="乔书记")
    assert answer.url == page(report)
    assert reads(report) == {"chief", "helper"}
    answer = step(town.helper, report, "note", words="我是他表弟", also="纪助")
    assert answer.url == LIST
    assert reads(report) == set()


# --- who is left out --------------------------------------------------------------------------------------------------


def test_for_whoever_is_left_out_it_is_as_if_there_were_none(town, tell):
    pages = (LIST, f"{LIST}?list=finished", ENTER, reverse("desk"), reverse("accounts:notices"))
    client = client_of(town.helper)

    def seen():
        return [_plain(client.get(each)) for each in pages]

    before = seen()
    report = tell()
    assert seen() == before
    never = uuid.uuid4()
    for method, address in (("get", "report"), ("post", "step")):
        more = ["note"] if address == "step" else []
        answers = [
            getattr(client, method)(reverse(f"discipline:{address}", args=[each, *more]), {"words": "x"})
            for each in (report.uuid, never)
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert _plain(answers[0]) == _plain(answers[1])
    with pytest.raises(PermissionDenied):
        services.note(actor=town.helper, report=report, words="x")


def _plain(answer):
    """What is shown, without what differs at each drawing: the token of a form, the number of a new one."""
    import re

    shows = re.sub(r'(csrfmiddlewaretoken" value=|X-CSRFToken": )"[^"]*"', "", text(answer))
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "", shows)


@pytest.mark.parametrize(
    "part", ["office", "secretary", "worker", "leader", "assistant", "supervisor", "sysadmin"]
)
def test_nobody_else_comes_in_and_the_menu_does_not_name_it(town, tell, part):
    report, client = tell(), client_of(getattr(town, part))
    for address in (LIST, ENTER, page(report)):
        assert client.get(address).status_code == 403
    assert LIST not in text(client.get(reverse("desk")))


def test_the_second_factor_stands_before_every_page(town, tell):
    report, client = tell(), client_of(town.chief, factor=False)
    for address in (LIST, ENTER, page(report)):
        assert client.get(address).url.startswith(reverse("accounts:second_factor"))
    answer = client.post(reverse("discipline:step", args=[report.uuid, "take"]))
    assert answer.url.startswith(reverse("accounts:second_factor"))
    assert Step.objects.count() == 1


def test_it_can_neither_be_taken_away_nor_given_by_those_it_may_be_about(town):
    assert not [verb for verb, _ in every_verb() if verb.startswith("reports.")]
    assert WithheldVerb._meta.get_field("verb").flatchoices
    for part in ("office", "secretary", "sysadmin"):
        assert not may_appoint(getattr(town, part), "discipline", town.town)


# --- told of ----------------------------------------------------------------------------------------------------------


def test_who_may_read_it_is_told_that_there_is_one_and_nobody_else_is(town, tell):
    tell()
    told = Notice.objects.values_list("user__username", "words")
    assert set(told) == {("jiming", "有新的反映，打开看。"), ("other", "有新的反映，打开看。")}
    desk = text(client_of(town.chief).get(reverse("desk")))
    assert "有新的反映，打开看。" in desk
    assert "1 件反映还没有人核实" in desk
    mark_all_read(user=town.chief)
    tell("又一件")
    assert Notice.objects.of(town.chief).unread().count() == 1, "told again in the same month"


def test_no_word_of_it_leaves_the_house_not_even_to_a_group(town, tell):
    with clock.stopped_at("2026-11-22T08:00"):
        for name, address in (
            ("群", "mailto://u:x@example.cn/?to=a@example.cn"),
            ("各", "mailto://u:x@example.cn/?to={email}"),
        ):
            sending.set_channel(channel=Channel(name=name), address_plain=address)
    tell()
    ensure_notices()
    ensure_deliveries()
    assert Notice.objects.filter(kind="discipline.new").exists()
    assert not Delivery.objects.filter(kind="discipline.new").exists()


# --- by letter --------------------------------------------------------------------------------------------------------


def letter(town, **more):
    said = {"uuid": str(uuid.uuid4()), "source": "letter", "place": town.qiaoji.pk, "office": "secretary"}
    return said | {"name": "", "what": "信上写的", "reporter": "匿名", "phone": ""} | more


def test_a_letter_is_entered_once_however_often_the_form_is_sent(town):
    client, sent = client_of(town.chief), letter(town)
    answers = [client.post(ENTER, sent) for _ in range(2)]
    report = Report.objects.get()
    assert [answer.url for answer in answers] == [page(report)] * 2
    assert (report.source, report.told.reporter, report.steps.get().actor) == ("letter", "匿名", town.chief)
    answer = client.post(ENTER, sent | {"what": "另一封"})
    assert answer.status_code == 422
    again = sent | {"what": "另一封", "uuid": answer.context["form"]["uuid"].value()}
    assert client.post(ENTER, again).status_code == 302


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"source": ""}, "选是怎么来的"),
        ({"source": "page"}, "没有这一样"),
        ({"source": "", "what": ""}, "选是怎么来的"),
        ({"place": ""}, "选哪个村"),
        ({"what": ""}, "写一写什么事"),
        ({"phone": "12"}, "不想留就空着"),
    ],
)
def test_what_is_wrong_with_a_letter_is_said_at_its_field(town, more, told):
    answer = client_of(town.chief).post(ENTER, letter(town) | more)
    assert answer.status_code == 422
    assert told in text(answer)
    assert not Report.objects.exists()


def test_whoever_enters_what_is_about_himself_does_not_find_it_again(town):
    answer = client_of(town.helper).post(ENTER, letter(town, name="纪助"), follow=True)
    assert "这一件您不能看" in text(answer)
    assert Report.objects.count() == 1
    assert shown(town.helper) == []


# --- how many ---------------------------------------------------------------------------------------------------------


def test_the_system_administrator_sees_how_many_there_are_and_not_a_word(town, tell):
    report = tell(name="金书记")
    services.take(actor=town.chief, report=report)
    shows = text(client_of(town.sysadmin).get(FIGURES))
    assert "2026年11月" in shows
    for word in ("收了盖房的钱", "金", report.code_said, report.code, str(report.uuid)):
        assert word not in shows.replace("基金", "")
    counted = services.count_reports(actor=town.sysadmin)
    assert [numbers for _, numbers in counted.months] == [[0, 1, 0, 0]]
    assert counted.unread == 0
    assert client_of(town.office).get(FIGURES).status_code == 403


def test_what_nobody_may_read_is_told_as_a_number(town, tell):
    tell("纪明、纪助、纪佐都收了")
    assert services.count_reports(actor=town.sysadmin).unread == 1
    assert "没有人能看的：1 件" in text(client_of(town.sysadmin).get(FIGURES))


def test_what_is_about_the_system_administrator_is_not_counted_for_him(town, tell):
    before = _plain(client_of(town.sysadmin).get(FIGURES))
    tell("管理员收了钱", place=town.town, office="town")
    assert _plain(client_of(town.sysadmin).get(FIGURES)) == before
    assert shown(town.chief) == ["管理员收了钱"]


def test_the_admin_knows_nothing_of_reports(town, tell):
    def seen(user):
        return _plain(client_of(user).get(reverse("admin:index")))

    before = [seen(user) for user in (town.office, town.sysadmin)]
    tell()
    assert [seen(user) for user in (town.office, town.sysadmin)] == before


def test_whom_to_call_instead_is_not_the_offices_to_say(town):
    address = reverse("admin:discipline_higheroffice_add")
    assert client_of(town.office).get(address).status_code == 403
    assert client_of(town.sysadmin).get(address).status_code == 200


# --- the list ---------------------------------------------------------------------------------------------------------


def test_pages_turn_by_key_and_no_key_tells_that_one_is_missing(town, tell):
    for number in range(35):
        tell(f"第 {number} 件", office="guide")
    client = client_of(town.chief)
    first = client.get(LIST)
    assert len(first.context["rows"]) == 30
    second = client.get(LIST + first.context["pager"]["after"])
    assert len(second.context["rows"]) == 5
    assert client.get(f"{LIST}?after=xx").status_code == 404


def test_the_list_asks_the_same_number_of_questions_for_one_and_for_many(town, tell):
    tell()
    client, counts = client_of(town.chief), []
    for _ in range(2):
        client.get(LIST)
        with CaptureQueriesContext(connection) as asked:
            client.get(LIST)
        counts.append(len(asked))
        for number in range(8):
            tell(f"第 {number} 件")
    assert counts[0] == counts[1]
