"""板凳会、议事会: held once with all that was asked for, or not at all; people are picked, no number is typed."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from appeals import services
from appeals.models import Matter, Meeting
from core import clock
from grids.models import Officer, Person
from tests.factor import client_of
from tests.ledgers.months import seal, submit
from tests.people import make_town_that_owes

NEW = reverse("appeals:new_meeting")


@pytest.fixture
def said(town):
    """A meeting of 金星第一网格 on Sunday as the secretary tells it, with two needs."""
    zhang, li = town.head(town.zhang), town.head(town.li)
    return {
        "actor": town.secretary,
        "uuid": uuid.uuid4(),
        "kind": "bench",
        "territory": town.grid1,
        "group": town.group1,
        "held_on": dt.date(2026, 11, 22),
        "started_at": dt.time(19, 30),
        "place": "张三丰家门口",
        "led_by": Officer.objects.get(user=town.secretary),
        "topics": "讲了医保缴费",
        "attendees": [zhang, li],
        "others": 5,
        "needs": [
            services.Need(words="路灯坏了三盏", person=zhang, field="environment", urgency="now"),
            services.Need(words="想学电工", caller="过路的陈师傅"),
        ],
    }


def test_each_need_is_a_matter_said_on_the_day_of_the_meeting(town, said):
    meeting = services.hold_meeting(**said).meeting
    lamp, course = meeting.matters.order_by("pk")
    assert (lamp.household, lamp.person, lamp.who) == (town.zhang, town.head(town.zhang), "张三丰")
    assert (course.household, course.who, course.territory) == (None, "过路的陈师傅", town.grid1)
    assert {each.source for each in (lamp, course)} == {"meeting"}
    assert {each.opened_on for each in (lamp, course)} == {dt.date(2026, 11, 22)}
    assert lamp.due_on == dt.date(2026, 11, 23), "at once: the next day of work after the Sunday"
    assert list(meeting.attendees.values_list("name", "group_name")) == [("张三丰", "一组"), ("李㻞", "二组")]
    assert meeting.where == "金星村 一组"


def test_the_same_again_is_the_same_one_and_other_content_a_conflict(town, said):
    first = services.hold_meeting(**said)
    again = services.hold_meeting(**said)
    assert (first.created, again.created, again.meeting) == (True, False, first.meeting)
    assert (Meeting.objects.count(), Matter.objects.count()) == (1, 2)
    with pytest.raises(services.Conflict):
        services.hold_meeting(**said | {"place": "村部"})
    with pytest.raises(services.Conflict):
        services.hold_meeting(**said | {"needs": said["needs"][:1]})


def test_a_fault_in_the_third_row_is_said_there_and_nothing_is_saved(town, said):
    needs = [*said["needs"], services.Need(words=" ", person=town.head(town.li)), services.Need(words="修渠")]
    with pytest.raises(ValidationError) as refused:
        services.hold_meeting(**said | {"needs": needs})
    assert set(refused.value.message_dict) == {"needs-2-words", "needs-3-caller"}
    assert not Meeting.objects.exists()
    assert not Matter.objects.exists()


@pytest.mark.parametrize(
    ("more", "field", "told"),
    [
        ({"held_on": dt.date(2026, 11, 24)}, "held_on", "还没到"),
        ({"held_on": dt.date(2025, 11, 1)}, "held_on", "一年以内"),
        ({"attendees": [], "others": 0}, "attendees", "谁来了"),
        ({"led_by": None}, "led_by", "主持"),
        ({"place": " "}, "place", "在哪里开"),
        ({"topics": "", "needs": []}, "topics", "讲了什么"),
    ],
)
def test_what_is_missing_is_said_at_its_field(town, said, more, field, told):
    with pytest.raises(ValidationError) as refused:
        services.hold_meeting(**said | more)
    assert told in refused.value.message_dict[field][0]


def test_a_neighbours_people_and_groups_have_no_place_in_it(town, said):
    with pytest.raises(ValidationError, match="不是这个村的"):
        services.hold_meeting(**said | {"attendees": [town.head(town.chen)]})
    with pytest.raises(ValidationError, match="不在这个村"):
        services.hold_meeting(**said | {"group": town.far_group})


def test_who_holds_meetings(town, said):
    for actor in (town.worker, town.assistant, town.neighbour, town.supervisor):
        with pytest.raises(PermissionDenied):
            services.hold_meeting(**said | {"actor": actor})
    with pytest.raises(PermissionDenied):
        services.hold_meeting(**said | {"actor": town.leader, "territory": town.jinxing, "group": None})
    for actor in (town.leader, town.office, town.secretary):
        services.hold_meeting(**said | {"actor": actor, "uuid": uuid.uuid4()})


def test_a_meeting_is_put_right_until_its_month_is_sealed_and_its_matters_stay(town, said):
    meeting = services.hold_meeting(**said).meeting
    wang = town.head(town.wang)
    right = {"kind": "council", "place": "村部", "led_by": said["led_by"], "topics": "讲了低保", "others": 2}
    services.correct_meeting(actor=town.leader, meeting=meeting, attendees=[wang], **right)
    meeting.refresh_from_db()
    assert (meeting.kind, meeting.place, meeting.others, meeting.corrected_by) == (
        "council", "村部", 2, town.leader,
    )  # fmt: skip
    assert list(meeting.attendees.values_list("name", flat=True)) == ["王大春"]
    assert meeting.matters.count() == 2
    with pytest.raises(PermissionDenied):
        services.correct_meeting(actor=town.worker, meeting=meeting, attendees=[wang], **right)


def test_what_belongs_to_a_sealed_month_is_put_right_no_more(db):
    with clock.stopped_at("2026-11-03T09:30"):
        cast = make_town_that_owes()
        led_by = Officer.objects.get(user=cast.secretary)
        what = {"kind": "bench", "place": "村部", "led_by": led_by, "topics": "讲了医保", "others": 3}
        meeting = services.hold_meeting(
            actor=cast.secretary,
            uuid=uuid.uuid4(),
            territory=cast.jinxing,
            held_on=dt.date(2026, 10, 30),
            **what,
        ).meeting
        submit(cast)
        seal(cast)
        with pytest.raises(ValidationError, match="2026年10月已经封存"):
            services.correct_meeting(actor=cast.secretary, meeting=meeting, **what)
        page = client_of(cast.secretary).get(reverse("appeals:meeting", args=[meeting.pk])).content.decode()
        assert reverse("appeals:edit_meeting", args=[meeting.pk]) not in page
        assert "已经封存" in page


# --- the form -----------------------------------------------------------------------------------------------------


@pytest.fixture
def sent(town):
    """The form as the browser sends it, with one row."""
    return {
        "uuid": str(uuid.uuid4()),
        "kind": "bench",
        "territory": town.grid1.pk,
        "group": town.group1.pk,
        "held_on": "2026-11-22",
        "started_at": "19:30",
        "place": "村口大树下",
        "led_by": Officer.objects.get(user=town.secretary).pk,
        "others": "3",
        "topics": "讲了医保缴费",
        "attendee": [str(town.head(town.zhang).pk)],
        "rows": "1",
        "needs-0-words": "路灯坏了",
        "needs-0-who": str(town.head(town.zhang).pk),
        "needs-0-caller": "",
        "needs-0-field": "environment",
        "needs-0-urgency": "days",
        "look": "",
        "do": "save",
    }


def test_people_are_found_by_name_and_ticked_and_nothing_typed_is_lost(town, sent):
    client = client_of(town.secretary)
    answer = client.post(NEW, sent | {"do": "find", "look": "wdc", "place": ""})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert [person.name for person in answer.context["found"]] == ["王大春"]
    assert [person.name for person in answer.context["attendees"]] == ["张三丰"]
    assert "讲了医保缴费" in text
    assert "路灯坏了" in text
    assert "field-error" not in text, "nothing is held against a form that is not finished"
    assert not Meeting.objects.exists()
    assert client.post(NEW, sent | {"do": "find", "look": "陈小军"}).context["found"] == [], (
        "the next village"
    )
    household = client.post(NEW, sent | {"do": "find", "look": "060002"}).context["found"]
    assert {person.name for person in household} == {"王大春", "李秀英"}


def test_one_more_row_keeps_those_that_are_written(town, sent):
    answer = client_of(town.secretary).post(NEW, sent | {"do": "more"})
    assert len(answer.context["rows"]) == 2
    assert "路灯坏了" in answer.content.decode()


def test_the_form_is_saved_once_with_its_matters(town, sent):
    client = client_of(town.secretary)
    sent |= {"rows": "3", "needs-2-words": "想学电工", "needs-2-caller": "陈师傅"}
    for _ in range(2):
        assert client.post(NEW, sent).status_code == 302
    meeting = Meeting.objects.get()
    assert sorted(meeting.matters.values_list("words", flat=True)) == ["想学电工", "路灯坏了"]
    text = client.get(reverse("appeals:meeting", args=[meeting.pk])).content.decode()
    for word in ("村口大树下", "讲了医保缴费", "张三丰", "名单外 3 人", "路灯坏了", "陈师傅"):
        assert word in text


def test_a_fault_in_the_third_row_stands_at_the_third_row(town, sent):
    sent |= {"rows": "3", "needs-2-words": "想学电工"}
    answer = client_of(town.secretary).post(NEW, sent)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert not answer.context["rows"][0].errors
    assert answer.context["rows"][2].errors == {"caller": ["选是谁说的，或者写姓名。"]}
    assert text.index("第 3 条") < text.index("选是谁说的，或者写姓名。")
    assert "想学电工" in text
    assert not Meeting.objects.exists()
    assert not Matter.objects.exists()


def test_faults_of_the_meeting_and_of_its_rows_are_told_together(town, sent):
    sent |= {"place": "", "rows": "2", "needs-1-words": "想学电工"}
    answer = client_of(town.secretary).post(NEW, sent)
    text = answer.content.decode()
    assert "写在哪里开的" in text
    assert "选是谁说的" in text
    assert answer.context["bad_rows"] == [2]


def test_a_form_brought_back_for_another_meeting_can_be_sent(town, sent):
    client = client_of(town.secretary)
    assert client.post(NEW, sent).status_code == 302
    answer = client.post(NEW, sent | {"place": "村部"})
    assert answer.status_code == 422
    assert "存过一次了" in answer.content.decode()
    again = sent | {"place": "村部", "uuid": answer.context["form"]["uuid"].value()}
    assert client.post(NEW, again).status_code == 302
    assert Meeting.objects.count() == 2


def test_what_no_browser_sends_is_no_error_of_the_server(town, sent):
    client = client_of(town.secretary)
    numbers = ("²", "9" * 5000, str(2**64), "-1", "x", "0")
    rows = [{"rows": text} for text in numbers]
    for more in (*rows, {"rows": "99999"}, {"attendee": list(numbers)}, {"others": "三"}):
        assert client.post(NEW, sent | more).status_code in (302, 422)
    for more in ({"territory": town.far_grid.pk}, {"territory": ""}, {"group": town.far_group.pk}):
        assert client.post(NEW, sent | more | {"uuid": str(uuid.uuid4())}).status_code == 422


def test_a_ticked_stranger_is_not_taken(town, sent):
    sent |= {"attendee": [str(town.head(town.chen).pk)], "others": "1", "rows": "1", "needs-0-words": ""}
    sent["needs-0-who"] = ""
    assert client_of(town.secretary).post(NEW, sent).status_code == 302
    assert not Meeting.objects.get().attendees.exists()


def test_the_office_chooses_the_village_first_and_a_leader_his_grid(town):
    text = client_of(town.office).get(NEW).content.decode()
    assert "哪个村的会" in text
    assert "桥集村" in text
    assert client_of(town.office).get(f"{NEW}?village={town.qiaoji.pk}").context["village"] == town.qiaoji
    assert client_of(town.secretary).get(f"{NEW}?village={town.qiaoji.pk}").status_code == 404
    assert client_of(town.leader).get(NEW).context["view"].places == [town.grid1]


def test_a_meeting_is_put_right_on_its_page(town, said):
    meeting = services.hold_meeting(**said).meeting
    client, address = client_of(town.secretary), reverse("appeals:edit_meeting", args=[meeting.pk])
    assert "张三丰家门口" in client.get(address).content.decode()
    ticked = [str(person.pk) for person in Person.objects.filter(meetings=meeting)]
    sent = {
        "version": "x",  # nobody has corrected it: whatever a browser says of it
        "kind": "bench",
        "started_at": "19:00",
        "place": "",
        "led_by": said["led_by"].pk,
        "attendee": ticked[:1],
    }
    answer = client.post(address, sent | {"others": "0", "topics": "又讲了低保", "do": "save"})
    assert answer.status_code == 422
    assert "又讲了低保" in answer.content.decode()
    answer = client.post(
        address, sent | {"place": "村部", "others": "0", "topics": "又讲了低保", "do": "save"}
    )
    assert answer.status_code == 302
    meeting.refresh_from_db()
    assert (meeting.place, meeting.topics, meeting.attendees.count()) == ("村部", "又讲了低保", 1)
    assert client_of(town.neighbour).get(address).status_code == 404


def test_of_two_who_correct_one_meeting_the_second_hears_who_was_quicker_and_loses_nothing(town, said):
    meeting = services.hold_meeting(**said).meeting
    address = reverse("appeals:edit_meeting", args=[meeting.pk])
    clients = [client_of(user) for user in (town.leader, town.secretary)]
    first, second = (
        {
            "version": client.get(address).context["form"]["version"].value(),
            "kind": "bench",
            "place": place,
            "led_by": said["led_by"].pk,
            "others": "4",
            "topics": topics,
            "do": "save",
        }
        for client, place, topics in zip(clients, ("村部", "晒场"), ("讲了低保", "讲了修路"), strict=True)
    )
    with clock.stopped_at("2026-11-23T09:40"):
        assert clients[0].post(address, first).status_code == 302
        assert clients[0].post(address, first).status_code == 302, (
            "the same form again is the same correction"
        )
    with clock.stopped_at("2026-11-23T09:50"):
        answer = clients[1].post(address, second)
        text = answer.content.decode()
        assert answer.status_code == 422
        assert "周长 11月23日 09:40 已经改过这次会" in text
        assert "讲了修路" in text
        assert 'value="晒场"' in text
        meeting.refresh_from_db()
        assert (meeting.place, meeting.corrected_by) == ("村部", town.leader)
        again = second | {"version": answer.context["form"]["version"].value()}
        looked = clients[1].post(address, again | {"do": "find", "look": "wdc"})
        assert looked.context["form"]["version"].value() == again["version"], "it comes along while one looks"
        assert clients[1].post(address, again).status_code == 302
    meeting.refresh_from_db()
    assert (meeting.place, meeting.topics, meeting.corrected_by) == ("晒场", "讲了修路", town.secretary)


def test_the_paper_has_the_record_and_lines_to_sign_on(town, said):
    meeting = services.hold_meeting(**said).meeting
    text = client_of(town.secretary).get(reverse("appeals:meeting_paper", args=[meeting.pk])).content.decode()
    for word in ("板凳会记录", "签到表", "张三丰", "李㻞", "路灯坏了三盏", "讲了医保缴费", "2026年11月22日"):
        assert word in text


def test_who_reads_them(town, said):
    meeting = services.hold_meeting(**said).meeting
    address, listed = reverse("appeals:meeting", args=[meeting.pk]), reverse("appeals:meetings")
    for reader in (town.secretary, town.office, town.leader):
        assert client_of(reader).get(address).status_code == 200
        assert len(client_of(reader).get(listed).context["rows"]) == 1
    assert client_of(town.neighbour).get(address).status_code == 404
    assert not client_of(town.neighbour).get(listed).context["rows"]
    assert client_of(town.worker).get(address).status_code == 403


def test_the_list_asks_the_same_number_of_questions_for_one_and_for_many(town, said):
    services.hold_meeting(**said)
    client, counts = client_of(town.secretary), []
    for _ in range(2):
        client.get(reverse("appeals:meetings"))
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("appeals:meetings"))
        counts.append(len(asked))
        for _ in range(5):
            services.hold_meeting(**said | {"uuid": uuid.uuid4()})
    assert counts[0] == counts[1]
