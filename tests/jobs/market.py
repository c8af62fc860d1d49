"""Seekers and places of the town of two: who looks for what, and who offers it."""

import datetime as dt
from typing import Any

from core import clock
from core.scope import OPERATOR
from grids.models import Person, Territory
from jobs import services
from jobs.models import Employer, Labour, Match, Skill, Trade, Vacancy
from tests.people import Town


def seek(person: Person, *trades: str, skills: tuple[str, ...] = (), **facts: Any) -> Labour:
    """He is at home and looks for work of these trades."""
    said = {"status": Labour.IDLE, "wish": Labour.SEEKS} | facts
    return services.note_labour(
        actor=OPERATOR,
        person=person,
        trades=[Trade.objects.get(name=name) for name in trades],
        skills=[Skill.objects.get(name=name) for name in skills],
        **said,
    )


def offer(where: Territory, /, title: str = "缝纫工", trade: str = "缝纫", **said: Any) -> Vacancy:
    """A place that is open until the end of the year, of an employer in use."""
    name = said.pop("employer", "洪集制衣厂")
    skills = said.pop("skills", ())
    employer, _ = Employer.objects.get_or_create(
        name=name,
        territory=where,
        defaults={
            "industry": "工厂",
            "contact": "丁厂长",
            "phone_hash": "x",
            "state": Employer.APPROVED,
            "made_at": clock.now(),
        },
    )
    said = {
        "number": 2,
        "wage_low": 3000,
        "wage_high": 4000,
        "place": "镇上",
        "until": dt.date(2026, 12, 31),
    } | said
    vacancy = Vacancy.objects.create(
        employer=employer,
        territory=where,
        title=title,
        trade=Trade.objects.get(name=trade),
        state=Vacancy.OPEN,
        made_at=clock.now(),
        **said,
    )
    vacancy.skills.set([Skill.objects.get(name=each) for each in skills])
    return vacancy


def man_of(town: Town) -> Person:
    """The head of 王家, a household that is on no list."""
    return town.head(town.wang)


def rival(town: Town, sent: Match) -> Match:
    """A second one who was sent to the same place, which takes one."""
    sent.vacancy.number = 1
    sent.vacancy.save()
    other = town.head(town.li)
    seek(other, "缝纫")
    return services.recommend(actor=town.secretary, person=other, vacancy=sent.vacancy)
