"""The hotline: a call is a matter with its times, found by its number, told at once, asked about again, never twice."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Notice
from appeals import services
from appeals.models import Call, CallStep, Matter, PublicNumber, Talent, Times
from core import clock
from tests.factor import client_of

PAGE = reverse("appeals:hotline")
FIND = reverse("appeals:find_caller")


def sent(**more):
    return {"uuid": str(uuid.uuid4()), "text": "", "words": "灯不亮了", "urgency": "days"} | more


def take(user, **more):
    return client_of(user).post(PAGE, sent(**more))


def found(user, text):
    answer = client_of(user).post(FIND, {"text": text}, headers={"hx-request": "true"})
    assert answer.status_code == 200
    return answer.content.decode()


def electrician(town, **more):
    said = {
        "uuid": uuid.uuid4(),
        "name": "老电工",
        "phone": "19900005555",
        "skills": "电工",
        "agreed": True,
    } | more
    return services.add_talent(actor=town.secretary, village=town.jinxing, **said)


# --- whose number it is -----------------------------------------------------------------------------------------------


def test_a_number_finds_its_household_with_the_last_matters_and_nobody_elses(town, matter):
    matter("路灯坏了三盏")
    text = found(town.secretary, "199 0000 0901")
    assert "张三丰" in text
    assert "路灯坏了三盏" in text
    assert "19900000901" not in text
    assert "张三丰" not in found(town.neighbour, "19900000901")


def test_the_number_of_somebody_in_it_finds_the_household_too(town):
    son = town.zhang.people.get(name="张翠山")
    text = found(town.secretary, son.phone.open())
    assert "张翠山" in text
    assert f'value="{town.zhang.pk}-{son.pk}" checked' in text


def test_of_two_households_with_one_number_one_is_chosen(town):
    town.wang.set_phone("19900000901")
    town.wang.save()
    text = found(town.secretary, "19900000901")
    assert "2 户，点是哪一户" in text
    assert not any(f'name="home" value="{home.pk}" checked' in text for home in (town.zhang, town.wang))


def test_without_a_script_the_same_page_comes_with_what_was_typed(town):
    text = client_of(town.secretary).post(FIND, sent(text="19900000901")).content.decode()
    assert "张三丰" in text
    assert 'value="灯不亮了"' in text


# --- taking it --------------------------------------------------------------------------------------------------------


def test_a_call_and_its_matter_are_one_save_and_one_row_however_often_it_is_sent(town):
    body = sent(text="19900000901", home=str(town.zhang.pk), field="environment", urgency="now")
    client = client_of(town.secretary)
    assert client.post(PAGE, body).status_code == client.post(PAGE, body).status_code == 302
    row = Call.objects.get()
    assert (row.who, row.phone_mask, row.taken_by) == ("张三丰", "199****0901", town.secretary)
    assert (row.matter.source, row.matter.field, row.matter.urgency) == ("hotline", "environment", "now")
    assert row.matter.due_on == clock.today()
    assert Matter.objects.count() == 1
    answer = client.post(PAGE, body | {"words": "又一件"})
    assert answer.status_code == 422
    assert row.number in answer.content.decode()
    again = body | {"words": "又一件", "uuid": answer.context["form"]["uuid"].value()}
    assert client.post(PAGE, again).status_code == 302


def test_who_saves_before_the_household_is_drawn_means_the_one_whose_number_it_is(town):
    assert take(town.secretary, text="19900000902").status_code == 302
    assert Call.objects.get().household == town.wang
    town.zhang.set_phone("19900000902")
    town.zhang.save()
    answer = take(town.secretary, text="19900000902")
    assert answer.status_code == 422
    assert "点是哪一户" in answer.content.decode()
    answer = take(town.secretary, text="19900000902", home="", territory=str(town.grid1.pk))
    assert (answer.status_code, Call.objects.latest("pk").household) == (302, None)


def test_an_unknown_number_is_taken_with_a_place_and_its_number(town):
    assert take(town.secretary, text="19900007777", territory=str(town.jinxing.pk)).status_code == 302
    row = Call.objects.get()
    assert (row.household, row.who, row.territory) == (None, "没留姓名", town.jinxing)
    assert row.matter.level == "village"
    assert (
        "tel:19900007777"
        in client_of(town.secretary).get(reverse("appeals:call", args=[row.pk])).content.decode()
    )


def test_a_hidden_number_is_taken_by_name(town):
    assert take(town.worker, text="过路的老陈", territory=str(town.grid1.pk)).status_code == 302
    assert Call.objects.get().matter.who == "过路的老陈"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"text": "1990000", "words": "x"}, "手机号少 4 位"),
        ({"words": ""}, "写一句什么事，或者点一样哪方面。"),
        ({"text": ""}, "写诉求人的姓名或者电话"),
        ({"territory": ""}, "选是哪个村、哪个网格打来的"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(town, more, told):
    answer = take(town.secretary, **{"text": "19900007777", "territory": str(town.grid1.pk)} | more)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert told in text
    assert (more.get("words", "灯不亮了")) in text
    assert not Call.objects.exists()
    assert not Matter.objects.exists()


def test_who_has_no_time_to_type_taps_what_it_is_about(town):
    assert take(town.secretary, home=str(town.zhang.pk), words="", field="old").status_code == 302
    assert Matter.objects.get().words == "老有所养"


def test_a_call_about_an_older_matter_opens_none_and_tells_who_has_it(town, matter):
    older = matter()
    services.accept(actor=town.leader, matter=older)
    assert take(town.secretary, home=str(town.zhang.pk), matter=str(older.pk), words="").status_code == 302
    row = Call.objects.get()
    assert (row.asked, row.matter, Matter.objects.count()) == (True, older, 1)
    assert Notice.objects.filter(user=town.leader, kind="appeals.asked").count() == 1


def test_the_number_on_a_receipt_finds_its_matter_and_the_call_is_about_it(town, matter):
    older = matter()
    text = found(town.secretary, older.number.lower())
    assert "问的是这一件" in text
    assert "花名册里没有这个号" not in text
    assert older.number not in found(town.neighbour, older.number).replace(f'value="{older.number}"', "")
    assert take(town.secretary, text=older.number, words="").status_code == 302
    row = Call.objects.get()
    assert (row.asked, row.matter, row.household) == (True, older, town.zhang)


def test_a_neighbours_household_matter_or_grid_is_not_there(town, matter):
    far = matter(actor=town.neighbour, household=town.chen)
    for more in ({"home": str(town.chen.pk)}, {"matter": str(far.pk)}, {"territory": str(town.far_grid.pk)}):
        assert take(town.secretary, text="19900007777", **more).status_code == 404
    with pytest.raises(PermissionDenied):
        services.take_call(actor=town.neighbour, uuid=uuid.uuid4(), words="x", household=town.zhang)


def test_a_call_about_the_matter_of_another_household_or_village_is_refused_with_a_sentence(town, matter):
    zhangs = matter()
    answer = take(town.secretary, home=str(town.wang.pk), matter=str(zhangs.pk), words="催一下")
    assert answer.status_code == 422
    assert "问的那件事是别的户、别的村的" in answer.content.decode()
    assert "催一下" in answer.content.decode()
    for where in ({"household": town.chen}, {"territory": town.qiaoji}):
        with pytest.raises(ValidationError, match="别的户、别的村"):
            services.take_call(actor=town.office, uuid=uuid.uuid4(), matter=zhangs, **where)
    assert not Call.objects.exists()
    nobodys = matter("路口没灯", household=None, territory=town.grid1, caller="过路的")
    for asked, where in ((nobodys, {"household": town.wang}), (zhangs, {"territory": town.jinxing})):
        services.take_call(actor=town.secretary, uuid=uuid.uuid4(), matter=asked, **where)
    assert Call.objects.count() == 2


def test_who_may_not_read_the_matter_any_more_reads_neither_its_words_nor_who_has_it(town, call):
    row = call("家里吵架要离婚", urgency="now")
    services.escalate(actor=town.worker, matter=row.matter, words="调解不了")
    services.dispatch(actor=town.secretary, matter=Matter.objects.get(), to=town.leader)
    address = reverse("appeals:call", args=[row.pk])
    listed, page = (client_of(town.worker).get(at).content.decode() for at in (PAGE, address))
    assert row.matter.number in listed
    assert row.matter.number in page
    assert "吵架" not in listed + page
    assert "周长" not in page, "who has it now"
    assert "马上" not in listed.split("</thead>")[1]
    for at in (PAGE, address):
        assert "吵架" in client_of(town.secretary).get(at).content.decode()


def test_the_screen_says_where_reports_on_cadres_go_and_keeps_nothing_of_them(town):
    PublicNumber.objects.create(
        kind="discipline", territory=town.town, number="0564-12388", since="2026-01-01"
    )
    text = client_of(town.secretary).get(PAGE).content.decode()
    assert "反映干部问题的，请对方直接打镇纪委" in text
    assert "0564-12388" in text


# --- who is told ------------------------------------------------------------------------------------------------------


def told(user, **more):
    return list(Notice.objects.filter(user=user, **more).values_list("kind", flat=True))


def test_the_secretary_is_told_of_a_call_at_once_and_who_took_it_is_not(town, call):
    call(actor=town.worker, urgency="now")
    assert told(town.secretary) == ["appeals.now"]
    assert told(town.worker) == told(town.leader) == [], "the grid itself took it"
    notice = Notice.objects.get(user=town.secretary)
    assert "张三丰" not in notice.words + notice.why + notice.title
    call(actor=town.secretary)
    assert told(town.secretary) == ["appeals.now"]
    assert told(town.worker) == told(town.leader) == ["appeals.new"]


# --- what follows -----------------------------------------------------------------------------------------------------


def test_somebody_with_an_account_is_sent_by_the_matters_own_step(town, call):
    row = call(to=town.worker)
    row.matter.refresh_from_db()
    assert (row.matter.state, row.matter.owner) == ("dispatched", town.worker)
    assert told(town.worker) == ["appeals.given"]
    assert told(town.leader) == [], "it was given away in the same breath"
    assert Times(row.steps.all()).sent.sent == "王格"


def test_a_capable_person_who_agreed_is_sent_and_nobody_else(town, call):
    talent = electrician(town)
    row = call()
    services.send(actor=town.worker, call=row, talent=talent)
    assert Times(row.steps.all()).sent.sent == "老电工"
    row.matter.refresh_from_db()
    assert (row.matter.state, row.matter.owner) == ("in_hand", town.worker), "whoever sends him has it"
    text = client_of(town.worker).get(reverse("appeals:call", args=[row.pk])).content.decode()
    assert "tel:19900005555" in text
    silent = electrician(town, name="没同意", agreed=False)
    for other in (silent, services.end_talent(actor=town.secretary, talent=talent)):
        with pytest.raises(ValidationError, match="没有同意随叫"):
            services.send(actor=town.worker, call=row, talent=other)


def test_arrival_and_call_back_have_their_own_times(town, call):
    row = call(to=town.worker)
    address = reverse("appeals:call_step", args=[row.pk, "arrive"])
    with clock.stopped_at("2026-11-23T10:30"):
        client = client_of(town.worker)
        assert client.post(address, {"at": "2026-11-23T09:10"}).status_code == 422
        assert client.post(address, {"at": "十点"}).status_code == 422
        assert client.post(address, {"at": "2026-11-23T10:05"}).status_code == 302
        assert client.post(address.replace("arrive", "back"), {}).status_code == 302
    times = Times(row.steps.all())
    assert times.minutes(row) == 35
    assert clock.SHANGHAI.fromutc(times.back.happened_at.replace(tzinfo=clock.SHANGHAI)).hour == 10
    assert row.pk not in set(Call.objects.waiting().values_list("pk", flat=True))


def test_a_step_sent_again_is_one_and_with_other_words_a_conflict(town, call):
    row, number = call(), uuid.uuid4()
    for _ in range(2):
        services.called_back(actor=town.secretary, call=row, words="修好了", uuid=number)
    assert row.steps.count() == 1
    with pytest.raises(services.Conflict):
        services.called_back(actor=town.secretary, call=row, words="没修好", uuid=number)


def test_who_may_not_decide_sends_nobody_and_the_words_stay(town, call):
    row = call()
    answer = client_of(town.worker).post(
        reverse("appeals:call_step", args=[row.pk, "send"]), {"to": f"u{town.leader.pk}", "words": "快去"}
    )
    assert answer.status_code == 403
    assert "快去" in answer.content.decode()
    assert not CallStep.objects.exists()


def test_another_grids_and_a_neighbours_call_is_not_there(town, call):
    row = call(household=town.zhao)
    for user in (town.worker, town.neighbour):
        assert client_of(user).get(reverse("appeals:call", args=[row.pk])).status_code == 404
        assert client_of(user).post(reverse("appeals:call_step", args=[row.pk, "back"])).status_code == 404
    assert client_of(town.supervisor).get(PAGE).status_code == 403


def test_the_list_asks_as_many_questions_for_one_as_for_many(town, call):
    call(to=town.worker)
    client = client_of(town.secretary)
    counts = []
    for _ in range(2):
        client.get(PAGE)
        with CaptureQueriesContext(connection) as asked:
            client.get(PAGE)
        counts.append(len(asked))
        for number in range(12):
            call(f"第 {number} 件", to=town.leader)
    assert counts[0] == counts[1]


# --- 能人 -------------------------------------------------------------------------------------------------------------


def test_a_capable_person_of_the_register_keeps_the_number_there(town):
    address, client = reverse("appeals:talents"), client_of(town.secretary)
    body = {"uuid": str(uuid.uuid4()), "name": "王大春", "skills": "电工，水管", "agreed": "on"}
    answer = client.post(address, body)
    assert answer.status_code == 422
    person = town.head(town.wang)
    assert f'name="person" value="{person.pk}"' in answer.content.decode()
    assert client.post(address, body | {"person": str(person.pk)}).status_code == 302
    row = Talent.objects.get()
    assert (row.skills, row.phone, row.number_mask) == ("电工、水管", None, person.phone_mask)
    again = body | {"uuid": str(uuid.uuid4()), "person": str(person.pk)}
    assert client.post(address, again).status_code == 422, "he is in it already"


def test_a_capable_person_sent_twice_is_one_and_another_under_the_same_number_is_asked_about(town):
    address, client = reverse("appeals:talents"), client_of(town.secretary)
    number = client.get(address).context["form"]["uuid"].value()
    body = {"uuid": str(number), "name": "老木匠", "phone": "19900005556", "skills": "木工"}
    for _ in range(2):
        assert client.post(address, body).status_code == 302
    assert Talent.objects.count() == 1
    answer = client.post(address, body | {"name": "老瓦匠"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "这张表记过一位了（老木匠（木工））" in text
    assert "老瓦匠" in text
    again = body | {"name": "老瓦匠", "uuid": answer.context["form"]["uuid"].value()}
    assert client.post(address, again).status_code == 302
    assert sorted(Talent.objects.values_list("name", flat=True)) == ["老木匠", "老瓦匠"]
    with pytest.raises(services.Conflict):
        electrician(town, uuid=uuid.UUID(str(number)))


def test_who_looks_after_a_grid_reads_the_list_of_the_village_and_writes_nothing(town):
    row = electrician(town)
    client, address = client_of(town.worker), reverse("appeals:talents")
    text = client.get(address).content.decode()
    assert "老电工" in text
    assert "199****5555" in text
    body = {"uuid": str(uuid.uuid4()), "name": "x", "skills": "y", "phone": "19900006666"}
    assert client.post(address, body).status_code == 403
    assert client.post(reverse("appeals:end_talent", args=[row.pk])).status_code == 404
    assert "老电工" not in client_of(town.neighbour).get(address).content.decode()
    assert client_of(town.secretary).post(reverse("appeals:end_talent", args=[row.pk])).status_code == 302
    assert "老电工" not in client.get(address).content.decode()


def test_the_day_is_read_from_the_steps_up_to_it(town, call):
    row = call(to=town.worker)
    with clock.stopped_at("2026-12-01T08:00"):
        services.called_back(actor=town.secretary, call=row)
    then = Times(row.steps.all(), dt.date(2026, 11, 30))
    assert (then.sent.sent, then.back) == ("王格", None)
