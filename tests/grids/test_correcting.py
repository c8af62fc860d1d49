"""Plain facts corrected by hand: who does it at once, who reports it, what the form leaves alone, what is refused."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from core import clock
from grids import services
from grids.models import Household, Person, Placement, RegisterChange, WithheldVerb
from tests.factor import client_of as of
from tests.grids.test_changes import one
from tests.people import Town, id_number


@pytest.fixture(autouse=True)
def november() -> Any:
    with clock.stopped_at("2026-11-23T09:00"):
        yield


def page_of(person: Person) -> str:
    return f"/desk/register/{person.household_id}/change/correct_person/?person={person.pk}"


def form_of(client: Any, address: str) -> dict[str, Any]:
    """What a browser would send if nothing were touched."""
    form = client.get(address).context["form"]
    return {bound.name: bound.value() or "" for bound in form}


def save(client: Any, path: str, /, **changes: str) -> Any:
    return client.post(path, form_of(client, path) | changes, follow=True)


def correct(town: Town, person: Person, **facts: Any) -> RegisterChange:
    return services.change(
        actor=town.secretary, kind="correct_person", person=person, happened_on=clock.today(), facts=facts
    )


def test_a_secretary_corrects_a_name_and_nothing_else_moves(town: Town) -> None:
    head = town.head(town.zhang)
    before = Person.objects.filter(pk=head.pk).values().get()
    answer = save(of(town.secretary), page_of(head), name="张三峰")
    assert "已办" in answer.content.decode()
    after = Person.objects.filter(pk=head.pk).values().get()
    assert {name for name in before if before[name] != after[name]} == {"name"}, "pinyin sounds the same"
    assert Household.objects.get(pk=town.zhang.pk).head_name == "张三峰"
    line = head.history.latest()
    assert (line.name, line.history_user) == ("张三峰", town.secretary)
    assert head.history.filter(name="张三丰").exists(), "what stood there before is kept"


def test_the_form_shows_masks_and_sends_no_number_that_was_not_touched(town: Town) -> None:
    head, client = town.head(town.zhang), of(town.secretary)
    shown = form_of(client, page_of(head))
    assert (shown["id_number"], shown["phone"]) == (head.id_number_mask, head.phone_mask)
    page = client.get(page_of(head)).content.decode()
    assert head.id_number
    assert head.phone
    assert head.id_number.open() not in page
    assert head.phone.open() not in page
    save(client, page_of(head), ethnicity="回族")
    head.refresh_from_db()
    change = RegisterChange.objects.get()
    assert (head.ethnicity, change.facts) == ("回族", {"ethnicity": "回族"})
    assert head.id_number_mask == shown["id_number"]


def test_nothing_changed_is_said_so(town: Town) -> None:
    answer = save(of(town.secretary), page_of(town.head(town.zhang)))
    assert answer.status_code == 422
    assert "没有改动" in answer.content.decode()


def test_a_worker_reports_it_and_the_secretary_decides(town: Town) -> None:
    son = one(town.zhang, "张翠山")
    number = id_number("19700203", 311)
    answer = save(of(town.worker), page_of(son), id_number=number, sex="", birth_date="")
    assert "等村里定" in answer.content.decode()
    change = RegisterChange.objects.get()
    assert number not in str(change.facts)
    waiting = of(town.secretary).get("/desk/register/").content.decode()
    assert f"身份证号 {number[:6]}" in waiting
    assert number not in waiting
    services.accept(actor=town.secretary, change=change)
    son.refresh_from_db()
    assert son.id_number
    assert (son.id_number.open(), son.birth_date, son.sex) == (number, dt.date(1970, 2, 3), "M")


@pytest.mark.parametrize(("part", "status"), [("assistant", 403), ("neighbour", 404), ("supervisor", 403)])
def test_who_may_not_report_changes_corrects_nothing(town: Town, part: str, status: int) -> None:
    head, client = town.head(town.zhang), of(getattr(town, part))
    for address in (page_of(head), f"/desk/register/{town.zhang.pk}/change/correct_household/"):
        assert client.get(address).status_code == status
        assert client.post(address, {"name": "别人", "number": "1"}).status_code == status
    assert not RegisterChange.objects.exists()


def test_a_person_of_another_household_is_not_found(town: Town) -> None:
    for pk in (town.head(town.wang).pk, town.head(town.chen).pk, 999999):
        address = f"/desk/register/{town.zhang.pk}/change/correct_person/?person={pk}"
        assert of(town.secretary).get(address).status_code == 404


GOOD = id_number("19700203", 311)
FAULTS = {
    "last digit": (
        {"id_number": GOOD[:17] + ("0" if GOOD[17] != "0" else "1")},
        "id_number",
        "最后一位对不上",
    ),
    "length": ({"id_number": GOOD[:17]}, "id_number", "少 1 位"),
    "half masked": ({"id_number": GOOD[:10] + "********"}, "id_number", "被遮住了"),
    "sex": ({"id_number": GOOD, "sex": "女"}, "sex", "第 17 位"),
    "birth date": ({"id_number": GOOD, "birth_date": "1970-02-04"}, "birth_date", "对不上"),
    "birth date against the stored number": ({"birth_date": "1970-02-04"}, "birth_date", "对不上"),
    "phone": ({"phone": "1990000"}, "phone", "少"),
    "no name": ({"name": ""}, "name", "姓名没填"),
    "a number in the remark": ({"note": GOOD}, "note", "它们自己的栏"),
    "a second head": ({"relation": "户主"}, "former", "现在的户主是"),
    "nothing new": ({"ethnicity": "汉族"}, "__all__", "一样"),
}


@pytest.mark.parametrize("which", FAULTS)
def test_what_cannot_be_is_refused_at_its_field(town: Town, which: str) -> None:
    facts, field, words = FAULTS[which]
    son = one(town.zhang, "张翠山")
    with pytest.raises(ValidationError) as caught:
        correct(town, son, **facts)
    told = (
        caught.value.message_dict
        if hasattr(caught.value, "error_dict")
        else {"__all__": caught.value.messages}
    )
    assert words in "".join(told[field])
    assert not RegisterChange.objects.exists()


def test_a_number_somebody_else_carries_is_refused_with_a_sentence_and_no_name(town: Town) -> None:
    for other in (one(town.wang, "李秀英"), town.head(town.chen)):
        assert other.id_number
        answer = save(
            of(town.secretary),
            page_of(one(town.zhang, "张翠山")),
            id_number=other.id_number.open(),
            sex="",
            birth_date="",
        )
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "这个身份证号已在册，别的人用着" in page
        assert other.name not in page


def test_the_head_is_not_unseated_from_his_own_form(town: Town) -> None:
    with pytest.raises(ValidationError, match="新户主那里"):
        correct(town, town.head(town.zhang), relation="父亲")


def test_another_head_takes_his_place(town: Town) -> None:
    son, father = one(town.zhang, "张翠山"), town.head(town.zhang)
    correct(town, son, relation="户主", former="父亲")
    father.refresh_from_db()
    assert (father.relation, town.head(town.zhang)) == ("父亲", son)
    assert Household.objects.get(pk=town.zhang.pk).head_name == "张翠山"


def test_a_number_is_taken_away_and_comes_back_by_undo(town: Town) -> None:
    son = one(town.zhang, "张翠山")
    assert son.id_number
    number = son.id_number.open()
    change = correct(town, son, id_number="", phone="")
    son.refresh_from_db()
    assert (son.id_number, son.id_number_mask, son.phone_mask) == (None, "", "")
    services.undo(actor=town.secretary, change=change)
    son.refresh_from_db()
    assert son.id_number
    assert son.id_number.open() == number
    assert Person.objects.present().with_id_number(number).get() == son


def test_the_household_form_corrects_number_address_and_phone(town: Town) -> None:
    client, address = of(town.secretary), f"/desk/register/{town.zhang.pk}/change/correct_household/"
    assert "group" not in form_of(client, address), "another group is a move, with a day"
    answer = save(client, address, number="060002")
    assert answer.status_code == 422
    assert "村里已有这个户编号：王大春 家" in answer.content.decode()
    save(client, address, number="060088", address="一组8号", phone="19900008888")
    town.zhang.refresh_from_db()
    assert town.zhang.phone
    assert (town.zhang.number, town.zhang.address, town.zhang.phone.open()) == (
        "060088",
        "一组8号",
        "19900008888",
    )


def test_another_group_is_dated_and_the_grid_goes_with_it(town: Town) -> None:
    def regroup(group: Any, on: dt.date) -> RegisterChange:
        return services.change(
            actor=town.secretary,
            kind="regroup",
            household=town.wang,
            happened_on=on,
            facts={"group": group.pk},
        )

    regroup(town.group3, dt.date(2026, 11, 10))
    town.wang.refresh_from_db()
    assert (town.wang.group, town.wang.territory) == (town.group3, town.grid2)
    held = Placement.objects.filter(household=town.wang).order_by("since").values_list("territory", "until")
    assert list(held) == [(town.grid1.pk, dt.date(2026, 11, 9)), (town.grid2.pk, None)]
    with pytest.raises(ValidationError, match="日期不能比它早"):
        regroup(town.group1, dt.date(2026, 11, 9))
    with pytest.raises(ValidationError, match="就在"):
        regroup(town.group3, dt.date(2026, 11, 12))
    with pytest.raises(ValidationError, match="没有找到这个村民组"):
        regroup(town.far_group, dt.date(2026, 11, 12))


# --- another hand, between opening the page and saving it -----------------------------------------------------


def test_a_field_that_was_not_touched_does_not_put_back_what_another_hand_wrote(town: Town) -> None:
    head, client = town.head(town.zhang), of(town.secretary)
    second = form_of(client, page_of(head))
    save(client, page_of(head), name="张三峰", phone="19900005555")
    assert "已办" in client.post(page_of(head), second | {"education": "初中"}, follow=True).content.decode()
    head.refresh_from_db()
    assert head.phone
    assert (head.name, head.education, head.phone.open()) == ("张三峰", "初中", "19900005555")
    assert RegisterChange.objects.latest("pk").facts == {"education": "初中"}


def test_a_touched_field_that_moved_is_refused_with_both_and_saved_on_purpose(town: Town) -> None:
    head, client, path = town.head(town.zhang), of(town.secretary), page_of(town.head(town.zhang))
    second = form_of(client, path)
    save(client, path, name="张三峰", ethnicity="回族", sex="M")
    answer = client.post(path, second | {"name": "张君宝", "education": "初中"})
    form = answer.context["form"]
    assert answer.status_code == 422
    said = "这一栏刚有人改过：册上现在是“张三峰”，你填的是“张君宝”。要改成你填的，再存一次。"
    assert form.errors == {"name": [said]}
    assert Person.objects.get(pk=head.pk).name == "张三峰"
    again = {bound.name: bound.value() or "" for bound in form}
    assert (again["name"], again["education"], again["ethnicity"]) == ("张君宝", "初中", "回族")
    assert client.post(path, again).status_code == 302
    head.refresh_from_db()
    assert (head.name, head.education, head.ethnicity) == ("张君宝", "初中", "回族")


def test_the_same_word_from_two_hands_is_no_quarrel(town: Town) -> None:
    head, client = town.head(town.zhang), of(town.secretary)
    second = form_of(client, page_of(head))
    save(client, page_of(head), name="张三峰")
    client.post(page_of(head), second | {"name": "张三峰", "education": "初中"})
    head.refresh_from_db()
    assert (head.name, head.education) == ("张三峰", "初中")


def test_two_numbers_with_one_mask_are_told_apart_and_neither_is_shown(town: Town) -> None:
    client, path = of(town.secretary), f"/desk/register/{town.zhang.pk}/change/correct_household/"
    save(client, path, phone="19911115555")
    second = form_of(client, path)
    save(client, path, phone="19922225555")
    answer = client.post(path, second | {"phone": "19933335555"})
    said = "".join(answer.context["form"].errors["phone"])
    assert "刚有人改过" in said
    assert "19933335555" not in said
    town.zhang.refresh_from_db()
    assert town.zhang.phone
    assert town.zhang.phone.open() == "19922225555"


def test_a_page_that_was_not_shown_by_us_changes_nothing(town: Town) -> None:
    head, client = town.head(town.zhang), of(town.secretary)
    mine, other = form_of(client, page_of(head)), form_of(client, page_of(one(town.zhang, "张翠山")))
    for shown in ("", "x", mine["shown"][:-3] + "abc", other["shown"]):
        answer = client.post(page_of(head), mine | {"name": "别人", "shown": shown})
        assert answer.status_code == 422
        assert "这一页不是现在的" in answer.content.decode()
        assert answer.context["form"]["name"].value() == head.name
    assert not RegisterChange.objects.exists()


# --- a post from which the town withheld something -------------------------------------------------------------


def test_who_may_not_see_people_reads_none_off_the_forms(town: Town) -> None:
    head, client = town.head(town.zhang), of(town.worker)
    Household.objects.filter(pk=town.zhang.pk).update(note="长子在外打工")
    WithheldVerb.objects.create(duty="worker", verb="persons.see")
    assert client.get(page_of(head)).status_code == 404
    assert client.post(page_of(head), {"name": "别人"}).status_code == 404
    for kind in ("death", "split", "move_out"):
        page = client.get(f"/desk/register/{town.zhang.pk}/change/{kind}/").content.decode()
        assert "张翠山" not in page
    page = client.get(f"/desk/register/{town.zhang.pk}/change/correct_household/").content.decode()
    assert "长子在外打工" not in page
    assert "户编号" in page


@pytest.mark.parametrize(
    ("verb", "kept"),
    [("phones.dial", {"number", "address", "note"}), ("persons.see", {"number", "address", "phone"})],
)
def test_a_household_form_without_what_the_post_may_not_see_saves_the_rest(
    town: Town, verb: str, kept: set[str]
) -> None:
    WithheldVerb.objects.create(duty="secretary", verb=verb)
    client, path = of(town.secretary), f"/desk/register/{town.zhang.pk}/change/correct_household/"
    phone = Household.objects.get(pk=town.zhang.pk).phone_hash
    assert form_of(client, path).keys() == kept | {"shown"}
    save(client, path, address="一组8号")
    town.zhang.refresh_from_db()
    assert (town.zhang.address, town.zhang.phone_hash) == ("一组8号", phone)


def test_a_household_that_may_not_be_seen_is_not_shown_by_its_form(town: Town) -> None:
    WithheldVerb.objects.create(duty="worker", verb="households.see")
    path = f"/desk/register/{town.zhang.pk}/change/correct_household/"
    assert of(town.worker).get(path).status_code == 404
