"""What a village has set up for employment: a centre, a course, a post, a company with an order."""

import datetime as dt
from typing import Any

from django.test import Client
from django.urls import reverse

from grids.models import Person
from jobs.models import Centre, Company, Course, Order, PlannedCourse, Skill, WelfarePost
from jobs.services import centres, company, training, welfare
from tests.people import Town


def one(name: str) -> Person:
    return Person.objects.get(name=name)


def skill(name: str = "焊工证") -> Skill:
    return Skill.objects.get(name=name)


def born(name: str, year: int) -> Person:
    """Who is of that age: the cast's dates of birth say nothing of work."""
    Person.objects.filter(name=name).update(birth_date=dt.date(year, 5, 1))
    return one(name)


def centre_of(town: Town, **said: Any) -> Centre:
    said = {
        "territory": town.jinxing,
        "address": "村部一楼",
        "hours": "周一到周五 上午",
        "since": dt.date(2026, 9, 1),
    } | said
    actor = said.pop("actor", town.secretary)
    return centres.save_centre(actor=actor, centre=Centre(**said), phone="19900007777")


def line_of(town: Town, **said: Any) -> PlannedCourse:
    said = {
        "territory": town.jinxing,
        "year": 2026,
        "quarter": 4,
        "skill": skill(),
        "people": 20,
        "organiser": "人社所",
    } | said
    actor = said.pop("actor", town.secretary)
    return training.save_plan(actor=actor, line=PlannedCourse(**said))


def course_of(town: Town, **said: Any) -> Course:
    said = {
        "territory": town.jinxing,
        "title": "电焊班",
        "skill": skill(),
        "first": dt.date(2026, 11, 19),
        "last": dt.date(2026, 11, 25),
        "place": "村部",
        "organiser": "人社所",
        "places": 18,
    } | said
    actor = said.pop("actor", town.secretary)
    return training.plan_course(actor=actor, course=Course(**said))


def post_of(town: Town, **said: Any) -> WelfarePost:
    said = {"territory": town.jinxing, "title": "保洁员", "duty": "扫村道", "number": 1, "wage": 500} | said
    actor = said.pop("actor", town.secretary)
    return welfare.set_post(actor=actor, post=WelfarePost(**said))


def company_of(town: Town, **said: Any) -> Company:
    said = {
        "territory": town.jinxing,
        "name": "金星劳务公司",
        "contact": "金书记",
        "since": dt.date(2026, 9, 1),
    } | said
    actor = said.pop("actor", town.secretary)
    return company.save_company(actor=actor, company=Company(**said), phone="19900006666")


def order_of(town: Town, **said: Any) -> Order:
    said = {
        "client": "新风茶场",
        "title": "采茶",
        "place": "茶山",
        "first": dt.date(2026, 11, 16),
        "last": dt.date(2026, 11, 20),
        "number": 2,
        "pay": 120,
    } | said
    actor = said.pop("actor", town.secretary)
    said.setdefault("company", Company.objects.filter(territory=town.jinxing).first() or company_of(town))
    return company.take_order(actor=actor, order=Order(**said))


# --- on the desk ------------------------------------------------------------------------------------------------------


def press(client: Client, door: str, row: int | None = None, /, **said: Any) -> Any:
    return client.post(reverse(f"centres:{door}", args=[row] if row else []), said)


def look(client: Client, door: str, row: int | None = None, query: str = "") -> str:
    answer = client.get(reverse(f"centres:{door}", args=[row] if row else []) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def text(answer: Any) -> str:
    return answer.content.decode()
