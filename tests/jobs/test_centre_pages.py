"""Courses, public-welfare posts and orders on the desk: written, corrected, printed; each village its own."""

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from core.board import all_waiting
from grids.models import Officer, Person
from jobs.models import (
    Company,
    Course,
    Labour,
    Opening,
    Order,
    OrderHand,
    PlannedCourse,
    Trainee,
    WelfarePost,
    WelfareTerm,
)
from jobs.services import company, note_labour, training, welfare
from tests.factor import client_of
from tests.jobs.rooms import (
    born,
    centre_of,
    course_of,
    line_of,
    look,
    one,
    order_of,
    post_of,
    press,
    skill,
    text,
)
from tests.people import Town

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
TODAY = dt.date(2026, 11, 23)


# --- training ---------------------------------------------------------------------------------------------------------


def test_a_line_of_the_plan_becomes_a_course(town: Town, desk: Client) -> None:
    said = {"territory": town.jinxing.pk, "year": 2026, "quarter": 4, "skill": skill().pk, "people": 20}
    assert "这一格要填" in text(press(desk, "plan", **said))
    assert press(desk, "plan", **said, organiser="人社所").status_code == 302
    line = PlannedCourse.objects.get()
    assert "焊工证培训" in look(desk, "new_course", query=f"?plan={line.pk}")
    assert press(desk, "plan_line", line.pk, **said | {"people": 30}, organiser="人社所").status_code == 302
    course = {
        "territory": town.jinxing.pk, "plan": line.pk, "title": "电焊班", "skill": skill().pk,
        "first": "2026-11-19", "last": "2026-11-25", "place": "村部", "organiser": "人社所", "places": "18",
    }  # fmt: skip
    bad = press(desk, "new_course", **course | {"last": "2026-11-01"})
    assert bad.status_code == 422
    assert "到哪天比从哪天早" in text(bad)
    assert 'value="电焊班"' in text(bad)
    assert press(desk, "new_course", **course).status_code == 302
    shown = look(desk, "plan")
    assert "30 人" in shown
    assert "1 个" in shown
    assert "已经有培训班照它办" in text(press(desk, "remove_line", line.pk))
    assert "电焊班" in look(desk, "plan_line", line.pk)
    other = line_of(town, quarter=1)
    assert press(desk, "remove_line", other.pk).status_code == 302
    assert "电焊班" in look(desk, "courses")
    assert "电焊班" not in look(client_of(town.neighbour), "courses")


def test_people_are_enrolled_by_name_called_up_and_certified(town: Town, desk: Client) -> None:
    course = course_of(town)
    note_labour(actor=town.worker, person=born("王大春", 1990), status=Labour.IDLE, learns=skill())
    assert "王大春" in look(desk, "course", course.pk)
    wang = one("王大春")
    assert press(desk, "enrol", course.pk, name=wang.name, person=wang.pk).status_code == 302
    assert "没有叫“没这人”的" in text(press(desk, "enrol", course.pk, name="没这人"))
    Person.objects.filter(name="李㻞").update(name="张三丰")
    assert "有 2 个叫“张三丰”的" in text(press(desk, "enrol", course.pk, name="张三丰"))
    zhang = one_of(town)
    assert press(desk, "enrol", course.pk, name="张三丰", person=zhang.pk).status_code == 302
    row = Trainee.objects.get(person=zhang)
    assert "打上勾" in text(press(desk, "roll", course.pk, day="2026-11-20"))
    assert press(desk, "roll", course.pk, day="2026-11-20", trainee=[row.pk]).status_code == 302
    assert "checked" in look(desk, "course", course.pk, "?day=2026-11-20")
    assert "checked" not in look(desk, "course", course.pk, "?day=2026-11-19")
    wrong = press(desk, "certify", row.pk, number="A1", day="2026-12-01")
    assert wrong.status_code == 422
    assert 'value="A1"' in text(wrong)
    assert press(desk, "certify", row.pk, number="A1", day="2026-11-23").status_code == 302
    other = Trainee.objects.get(person=wang)
    assert "已经发给别人了" in text(press(desk, "certify", other.pk, number="A1", day="2026-11-23"))
    assert press(desk, "take_back", row.pk).status_code == 302
    assert press(desk, "leave", other.pk, why="找到活了").status_code == 302
    shown = look(desk, "roster", course.pk)
    assert "张三丰" in shown
    assert "王大春" not in shown, "who has left is not called up"


def one_of(town: Town) -> Person:
    return Person.objects.get(name="张三丰", household=town.zhang)


def test_of_the_towns_course_each_village_reads_its_own_names(town: Town) -> None:
    course = course_of(town, territory=town.town, actor=town.office)
    training.enrol(actor=town.neighbour, course=course, person=one("陈小军"))
    training.enrol(actor=town.secretary, course=course, person=one("张三丰"))
    mine = look(client_of(town.secretary), "course", course.pk)
    assert "张三丰" in mine
    assert "陈小军" not in mine
    assert "陈*" in mine or "陈＊" in mine or "陈某" in mine
    row = Trainee.objects.get(person__name="陈小军")
    assert (
        press(client_of(town.secretary), "certify", row.pk, number="A1", day="2026-11-23").status_code == 404
    )
    assert "陈小军" in look(client_of(town.office), "course", course.pk)
    assert "陈小军" not in look(client_of(town.worker), "roster", course.pk)


def test_a_course_is_changed_and_cancelled_from_its_page(town: Town, desk: Client) -> None:
    course = course_of(town)
    said = {
        "territory": town.jinxing.pk, "plan": "", "title": "电焊提高班", "skill": skill().pk,
        "first": "2026-11-19", "last": "2026-11-25", "place": "村部", "organiser": "人社所", "places": "18",
    }  # fmt: skip
    assert press(desk, "change_course", course.pk, **said).status_code == 302
    assert press(desk, "change_course", course.pk, **said | {"title": ""}).status_code == 422
    assert "写一句为什么取消" in text(press(desk, "cancel_course", course.pk, why=""))
    assert press(desk, "cancel_course", course.pk, why="下雪").status_code == 302
    assert "取消了：下雪" in look(desk, "course", course.pk)
    assert Course.objects.get().title == "电焊提高班"
    worker = client_of(town.worker)
    for door in ("change_course", "cancel_course", "enrol", "roll"):
        assert press(worker, door, course.pk, why="x", name="张三丰", day="2026-11-20").status_code == 403


# --- public-welfare posts ---------------------------------------------------------------------------------------------


def test_a_post_is_set_given_and_ended(town: Town, desk: Client) -> None:
    said = {"territory": town.jinxing.pk, "title": "保洁员", "duty": "扫村道", "number": "1", "wage": "500"}
    assert press(desk, "new_post", **said, months="12").status_code == 302
    post = WelfarePost.objects.get()
    note_labour(actor=town.worker, person=born("张翠山", 1990), status=Labour.IDLE, wish=Labour.SEEKS)
    shown = look(desk, "post", post.pk)
    assert "张翠山" in shown
    assert "低保户，家里没人上班" in shown
    assert "张翠山今天上岗" in shown
    born("殷素素", 2012)
    young = press(desk, "give", post.pk, name="殷素素", since="2026-11-23", until="2027-01-01")
    assert "不满 16 岁" in text(young)
    assert 'value="2027-01-01"' in text(young)
    assert (
        press(desk, "give", post.pk, name="张翠山", since="2026-11-23", until="2026-12-31").status_code == 302
    )
    assert "还有 38 天" in look(desk, "welfare")
    slip = WelfareTerm.objects.get()
    assert "张翠山给错了，撤回" in look(desk, "post", post.pk)
    assert press(desk, "take_back_term", slip.pk).status_code == 302
    assert "张翠山今天上岗" in look(desk, "post", post.pk)
    assert press(desk, "give", post.pk, name="张翠山", since="2026-11-23").status_code == 302
    term = WelfareTerm.objects.get()
    assert "写一句为什么" in text(press(desk, "end_term", term.pk, day="2026-11-23", why=""))
    assert "还有人在岗" in text(press(desk, "close_post", post.pk))
    assert press(desk, "end_term", term.pk, day="2026-11-23", why="搬走").status_code == 302
    assert press(desk, "change_post", post.pk, **said | {"wage": "600"}, months="6").status_code == 302
    assert press(desk, "close_post", post.pk).status_code == 302
    assert "搬走" in look(desk, "post", post.pk)
    worker = client_of(town.worker)
    assert look(worker, "post", post.pk)
    assert press(worker, "give", post.pk, name="张三丰", since="2026-11-23").status_code == 403


def test_who_could_come_next_begins_with_one_tap(town: Town, desk: Client) -> None:
    post = post_of(town)
    person = born("张翠山", 1990)
    note_labour(actor=town.worker, person=person, status=Labour.IDLE, wish=Labour.SEEKS)
    said = {"name": "张翠山", "person": str(person.pk), "since": "2026-11-23"}
    shown = look(desk, "post", post.pk)
    for name, value in said.items():
        assert f'name="{name}" value="{value}"' in shown
    assert press(desk, "give", post.pk, **said).status_code == 302
    assert WelfareTerm.objects.get().person == person


# --- the labour company -----------------------------------------------------------------------------------------------


def test_a_company_takes_an_order_notes_days_and_settles(town: Town, desk: Client) -> None:
    firm = {"territory": town.jinxing.pk, "name": "金星劳务", "contact": "金书记", "since": "2026-09-01"}
    assert press(desk, "new_company", **firm, phone="19900006666").status_code == 302
    company = Company.objects.get()
    assert press(desk, "company", company.pk, **firm | {"contact": "周长"}).status_code == 302
    said = {
        "company": company.pk, "client": "茶场", "title": "采茶", "place": "茶山", "trade": "",
        "first": "2026-11-16", "last": "2026-11-20", "number": "2", "pay": "120",
    }  # fmt: skip
    assert press(desk, "new_order", **said | {"pay": "很多"}).status_code == 422
    assert press(desk, "new_order", **said).status_code == 302
    order = Order.objects.get()
    assert press(desk, "change_order", order.pk, **said | {"pay": "130"}).status_code == 302
    assert press(desk, "put_hand", order.pk, name="张三丰").status_code == 302
    hand = OrderHand.objects.get()
    wrong = press(desk, "days", order.pk, **{f"days-{hand.pk}": "9"})
    assert "一共 5 天" in text(wrong)
    assert 'value="9"' in text(wrong), "what was typed stays"
    assert "还没有记工" in text(press(desk, "settle", order.pk, day="2026-11-23"))
    assert press(desk, "days", order.pk, **{f"days-{hand.pk}": "5"}).status_code == 302
    assert press(desk, "settle", order.pk, day="2026-11-23").status_code == 302
    assert "650" in look(desk, "order", order.pk)
    assert "结清了" in look(desk, "orders")
    other = order_of(town, company=Company.objects.get())
    assert press(desk, "put_hand", other.pk, name="王大春").status_code == 302
    assert press(desk, "remove_hand", OrderHand.objects.get(order=other).pk).status_code == 302
    assert press(desk, "cancel_order", other.pk).status_code == 302
    far = client_of(town.neighbour)
    assert far.get(reverse("centres:order", args=[order.pk])).status_code == 404
    assert press(client_of(town.worker), "days", order.pk).status_code == 403


# --- all of them ------------------------------------------------------------------------------------------------------


def test_many_rows_cost_no_more_queries_than_few(town: Town, desk: Client) -> None:
    course, order = course_of(town), order_of(town, number=20)
    post, centre = post_of(town, number=20), centre_of(town)
    pages = [
        ("centres", None),
        ("centre", centre.pk),
        ("courses", None),
        ("course", course.pk),
        ("plan", None),
    ]
    pages += [
        ("roster", course.pk),
        ("welfare", None),
        ("post", post.pk),
        ("orders", None),
        ("order", order.pk),
    ]
    counts = []
    for number, names in enumerate((("张三丰",), ("王大春", "李秀英", "李㻞"))):
        for name in names:
            training.enrol(actor=town.secretary, course=course, person=born(name, 1990))
            press(desk, "put_hand", order.pk, name=name)
            welfare.give_post(actor=town.secretary, post=post, person=one(name), since=TODAY)
            Opening.objects.create(
                centre=centre, day=TODAY - dt.timedelta(days=centre.openings.count()), visitors=1,
                keeper=Officer.objects.get(name="王格"), noted_at=clock.now(),
            )  # fmt: skip
            line_of(
                town,
                skill=skill("面点" if name == "张三丰" else "叉车证"),
                year=2026,
                quarter=1 + len(counts) + names.index(name),
            )
            course_of(town, title=f"班 {name}")
            order_of(town, title=f"单 {name}")
            post_of(town, title=f"岗 {name}")
        for other in ("张翠山", "殷素素", "赵建国", "赵䶮")[number * 2 : number * 2 + 2]:
            note_labour(
                actor=town.secretary, person=born(other, 1990), status=Labour.IDLE, wish=Labour.SEEKS,
                learns=skill(),
            )  # fmt: skip
        counts.append([asked(desk, *page) for page in pages])
    assert counts[0] == counts[1]


def asked(client: Client, door: str, row: int | None) -> int:
    with CaptureQueriesContext(connection) as queries:
        look(client, door, row)
    return len(queries)


def test_the_board_names_what_waits_and_only_to_who_manages_it(town: Town) -> None:
    tomorrow = TODAY + dt.timedelta(days=1)
    course_of(town, title="空班", first=tomorrow, last=tomorrow)
    course = course_of(town, title="没点名的班", first=dt.date(2026, 11, 22))
    row = training.enrol(actor=town.secretary, course=course, person=one("张三丰"))
    welfare.give_post(
        actor=town.secretary,
        post=post_of(town),
        person=one("王大春"),
        since=TODAY,
        until=dt.date(2026, 12, 20),
    )
    told = [item.text for item in all_waiting(town.secretary)]
    for words in ("“空班”，11月24日开班", "“没点名的班”昨天的课", "保洁员 王大春，到12月20日"):
        assert any(words in line for line in told), words
    for other in (town.worker, town.neighbour):
        assert not any("班" in item.text or "保洁员" in item.text for item in all_waiting(other))
    training.call_roll(actor=town.secretary, course=course, day=dt.date(2026, 11, 22), came=[row])
    assert not any("没点名的班" in item.text for item in all_waiting(town.secretary))


# --- shut by somebody else meanwhile ----------------------------------------------------------------------------------


def test_who_presses_on_what_somebody_has_shut_meanwhile_is_told_so_and_finds_what_was_typed(
    town: Town, desk: Client
) -> None:
    """The forms have gone with it, and the sentence had its place at them."""
    post, course, order = post_of(town), course_of(town), order_of(town)
    welfare.close_post(actor=town.office, post=post)
    training.cancel_course(actor=town.office, course=course, why="老师病了")
    company.cancel(actor=town.office, order=order)
    named, facts = {"name": "张三丰"}, {"title": "护林员", "duty": "巡山"}
    for door, row, said, sentence in (
        ("give", post.pk, named | {"since": "2026-11-23"}, "张三丰"),
        (
            "change_post",
            post.pk,
            facts | {"territory": town.jinxing.pk, "number": 1, "wage": 500, "months": 12},
            "护林员",
        ),
        ("enrol", course.pk, named, "张三丰"),
        ("cancel_course", course.pk, {"why": "人不够"}, "人不够"),
        ("put_hand", order.pk, named, "张三丰"),
    ):
        told = press(desk, door, row, **said)
        assert told.status_code == 422, door
        alert = text(told).partition("note-no")[2].partition("</section>")[0][:600]
        assert "了" in alert, door
        assert sentence in alert, door
