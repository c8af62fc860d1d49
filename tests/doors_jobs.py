"""The rows behind the doors of employment: of either village one of each, with somebody of its own in it."""

import datetime as dt
from typing import Any

from core import clock
from grids.models import Officer, Person
from jobs import services
from jobs.models import (
    Centre,
    Company,
    Course,
    JobFair,
    Order,
    PlannedCourse,
    Skill,
    Trade,
    Vacancy,
    WelfarePost,
)
from jobs.services import centres, company, training, welfare
from tests.jobs.market import offer, seek
from tests.people import Town


def job_rows(add: Any, town: Town) -> None:
    """`add` to the scene, room by room: labour first, since the others send those to work."""
    _labour(add, town)
    _hiring_rows(add, town)
    _matches(add, town)
    _centre_rows(add, town)


def _labour(add: Any, town: Town) -> None:
    people = [town.head(home) for home in (town.wang, town.chen)]
    Person.objects.filter(pk__in=[person.pk for person in people]).update(birth_date=dt.date(1990, 3, 1))
    made = []
    for person, by in zip(people, (town.secretary, town.neighbour), strict=True):
        home = person.household
        services.note_labour(actor=by, person=person, status="near")
        made.append(
            services.propose_labour(
                actor=by,
                person=person,
                household=home,
                territory=home.territory,
                day=clock.today(),
                source=f"visit:x:found:{person.pk}",
                said={"wish": "changes"},
            )
        )
    add("labourer", *(person.pk for person in people))
    add("labour_proposal", *(each.pk for each in made))


def _hiring_rows(add: Any, town: Town) -> None:
    """An employer with its link, and a place."""
    sides = ((town.secretary, town.jinxing), (town.neighbour, town.qiaoji))
    employers = [
        services.make_link(
            actor=by,
            employer=services.sign_up_employer(
                actor=by,
                territory=village,
                name="明发制衣",
                industry="工厂",
                contact="吴厂长",
                phone="19900005678",
            ),
        )
        for by, village in sides
    ]
    places = [
        services.offer_vacancy(
            actor=by,
            employer=employer,
            title="车工",
            trade=Trade.objects.get(name="缝纫"),
            number=3,
            wage_low=3500,
            place="村口",
            until=clock.today() + dt.timedelta(days=5),
        )
        for (by, _), employer in zip(sides, employers, strict=True)
    ]
    add("employer", *(each.pk for each in employers))
    add("employer_code", *(each.code for each in employers), "A" * 22)
    add("vacancy", *(each.pk for each in places))


def _matches(add: Any, town: Town) -> None:
    """An open place is everybody's; one that waits is for its own people, and lies in a grid to be its worker's too."""
    sent, places, fairs = [], [], []
    until = clock.today() + dt.timedelta(days=30)
    for by, home in ((town.secretary, town.li), (town.neighbour, town.chen)):
        person = Person.objects.filter(household=home).latest("pk")
        seek(person, "缝纫")
        place = offer(home.village, employer=f"{home.village}制衣厂", until=until)
        sent.append(services.recommend(actor=by, person=person, vacancy=place))
        places.append(
            offer(home.territory, "包装工", "普工", employer=f"{home.territory}包装厂", until=until)
        )
        fair = JobFair(territory=home.village, title="招聘会", day=clock.today(), place="村部")
        fairs.append(services.save_fair(actor=by, fair=fair, vacancies=[place]))
    Vacancy.objects.filter(pk__in=[each.pk for each in places]).update(state=Vacancy.PENDING)
    add("match", *(each.pk for each in sent))
    add("match_vacancy", *(each.pk for each in places))
    add("fair", *(each.pk for each in fairs))


def _centre_rows(add: Any, town: Town) -> None:
    """A centre with an assistant, a plan and a course with a trainee, a post with a term, an order with a hand."""
    today, skill = clock.today(), Skill.objects.get(name="焊工证")
    found: dict[str, list[int]] = {}
    for by, home in ((town.secretary, town.zhang), (town.neighbour, town.chen)):
        village, person, officer = home.village, town.head(home), Officer.objects.get(user=by)
        centre = centres.save_centre(
            actor=by, centre=Centre(territory=village, address="村部", hours="天天", since=today)
        )
        helper = centres.add_assistant(actor=by, centre=centre, officer=officer)
        for other in centres.possible_assistants(centre).filter(user__isnull=False):
            centres.add_assistant(actor=by, centre=centre, officer=other)
        said = {"territory": village, "skill": skill, "organiser": "人社所"}
        line = training.save_plan(actor=by, line=PlannedCourse(year=today.year, quarter=4, people=20, **said))
        row = Course(title="电焊班", first=today, last=today, place="村部", places=18, **said)
        course = training.plan_course(actor=by, course=row)
        trainee = training.enrol(actor=by, course=course, person=person)
        post = welfare.set_post(
            actor=by, post=WelfarePost(territory=village, title="保洁员", duty="扫路", number=2, wage=500)
        )
        term = welfare.give_post(actor=by, post=post, person=person, since=today)
        firm = company.save_company(
            actor=by, company=Company(territory=village, name="劳务公司", contact="书记", since=today)
        )
        order = company.take_order(
            actor=by,
            order=Order(
                company=firm,
                client="茶场",
                title="采茶",
                place="茶山",
                first=today,
                last=today + dt.timedelta(days=3),
                number=2,
                pay=120,
            ),
        )
        company.put_hands(actor=by, order=order, people=[person])
        rows = {
            "centre": centre.pk,
            "centre_assistant": helper.pk,
            "course_plan": line.pk,
            "course": course.pk,
            "trainee": trainee.pk,
            "welfare_post": post.pk,
            "welfare_term": term.pk,
            "labour_company": firm.pk,
            "labour_order": order.pk,
            "order_hand": order.hands.get().pk,
        }
        for kind, key in rows.items():
            found.setdefault(kind, []).append(key)
    for kind, pair in found.items():
        add(kind, *pair)
