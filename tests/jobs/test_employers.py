"""用工单位: signed up by the centre or by themselves, with a phone, approved before anybody sees them, closed."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from core import clock
from core.scope import OPERATOR
from grids.models import Territory
from jobs import services
from jobs.models import Employer, Vacancy
from tests.jobs.conftest import PHONE, UNTIL, asked, employer_of, offered

pytestmark = pytest.mark.django_db


def itself(town, **facts):
    said = {"name": "老张饭店", "industry": "餐饮", "contact": "张老板", "phone": PHONE} | facts
    return services.sign_up_itself(territory=town.jinxing, **said)


def test_the_centre_signs_one_up_and_it_is_in_use_at_once(town):
    made = employer_of(town)
    assert (made.state, made.by_itself, made.made_by) == (Employer.APPROVED, False, town.secretary)
    assert made.phone_mask == "199****5678"


@pytest.mark.parametrize(
    ("facts", "field", "sentence"),
    [
        ({"phone": ""}, "phone", "填联系电话"),
        ({"phone": "1990000"}, "phone", ""),
        ({"name": " "}, "name", ""),
        ({"credit_code": "123"}, "credit_code", "18 位"),
        ({"name": "老吴 13900005678"}, "name", "不写电话"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_saved(town, facts, field, sentence):
    with pytest.raises(ValidationError) as refused:
        employer_of(town, **facts)
    assert field in refused.value.message_dict
    assert sentence in "".join(refused.value.message_dict[field])
    assert not Employer.objects.exists()


def test_one_name_stands_once_in_a_village(town):
    employer_of(town)
    with pytest.raises(ValidationError, match="已有这个单位"):
        employer_of(town)
    employer_of(town, actor=town.neighbour, territory=town.qiaoji)


def test_who_signs_up_itself_waits_until_somebody_of_the_village_approves_it(town):
    made = itself(town)
    place = services.offer_first(employer=made, **asked(title="服务员"))
    assert (made.state, place.state) == (Employer.PENDING, Vacancy.PENDING)
    assert itself(town) == made  # the same form sent once more
    with pytest.raises(ValidationError, match="登记过了"):
        itself(town, contact="别人")
    with pytest.raises(ValidationError, match="先通过这个单位"):
        services.approve_vacancy(actor=town.secretary, vacancy=place)
    for stranger in (town.neighbour, town.worker):
        with pytest.raises(PermissionDenied):
            services.approve_employer(actor=stranger, employer=made)
    services.approve_employer(actor=town.secretary, employer=made)
    assert not Vacancy.objects.open().exists()
    services.approve_vacancy(actor=town.secretary, vacancy=place)
    assert Vacancy.objects.open().get() == place


def test_the_second_press_is_told_who_was_quicker(town):
    made = itself(town)
    services.approve_employer(actor=town.secretary, employer=made)
    with pytest.raises(ValidationError) as refused:
        services.refuse_employer(actor=town.office, employer=made, why="没有这家店")
    told = "".join(refused.value.messages)
    assert str(town.secretary) in told
    assert "在用" in told
    made.refresh_from_db()
    assert (made.state, made.why_not) == (Employer.APPROVED, "")


def test_refused_or_closed_its_places_go_with_it(town):
    waiting = itself(town)
    first = services.offer_first(employer=waiting, **asked())
    with pytest.raises(ValidationError, match="写一句为什么"):
        services.refuse_employer(actor=town.secretary, employer=waiting, why=" ")
    services.refuse_employer(actor=town.secretary, employer=waiting, why="没有这家店")
    place = offered(town)
    services.close_employer(actor=town.secretary, employer=place.employer, why="搬走了")
    for row, state in ((first, Vacancy.REFUSED), (place, Vacancy.CLOSED)):
        row.refresh_from_db()
        assert row.state == state
    itself(town)  # its name is free again


def test_a_link_is_random_revocable_and_found_by_the_code_alone(town):
    made = employer_of(town)
    assert services.employer_behind("") is None
    first = services.make_link(actor=town.secretary, employer=made).code
    second = services.make_link(actor=town.secretary, employer=made).code
    assert first != second
    assert len(second) == 22
    assert services.employer_behind(first) is None
    assert services.employer_behind(second) == made
    place = services.offer_itself(employer=made, code=second, **asked())
    assert (place.state, place.by_itself) == (Vacancy.PENDING, True)
    services.take_link_away(actor=town.secretary, employer=made)
    assert services.employer_behind(second) is None
    with pytest.raises(ValidationError, match="收回"):
        services.offer_itself(employer=made, code=second, **asked())
    with pytest.raises(PermissionDenied):
        services.make_link(actor=town.neighbour, employer=made)


def test_by_its_link_an_employer_closes_its_own_places_and_no_other(town):
    made, other = offered(town), offered(town, employer_of(town, name="别家"))
    code = services.make_link(actor=town.secretary, employer=made.employer).code
    with pytest.raises(ValidationError, match="不是您的"):
        services.close_itself(employer=made.employer, code=code, vacancy=other)
    closed = services.close_itself(employer=made.employer, code=code, vacancy=made)
    assert closed.state == Vacancy.CLOSED


def test_the_phone_stays_where_nothing_is_said_of_it(town):
    made = employer_of(town)
    changed = services.change_employer(actor=town.secretary, employer=made, contact="李厂长")
    assert (changed.contact, changed.phone_mask) == ("李厂长", made.phone_mask)
    with pytest.raises(ValidationError, match="填联系电话"):
        services.change_employer(actor=town.secretary, employer=made, phone="")


def test_a_closed_employer_is_opened_again_without_its_link_and_with_its_places_over(town):
    place = offered(town)
    made = place.employer
    code = services.make_link(actor=town.secretary, employer=made).code
    services.close_employer(actor=town.secretary, employer=made, why="点错了")
    for stranger in (town.neighbour, town.worker):
        with pytest.raises(PermissionDenied):
            services.reopen_employer(actor=stranger, employer=made)
    again = services.reopen_employer(actor=town.secretary, employer=made)
    assert (again.state, again.why_not, again.code) == (Employer.APPROVED, "", None)
    assert services.employer_behind(code) is None
    place.refresh_from_db()
    assert place.state == Vacancy.CLOSED
    assert services.reopen_vacancy(actor=town.secretary, vacancy=place, until=UNTIL).state == Vacancy.OPEN
    assert services.make_link(actor=town.secretary, employer=made).code not in (None, code)
    with pytest.raises(ValidationError, match="现在是“在用”"):
        services.reopen_employer(actor=town.office, employer=made)


@pytest.mark.parametrize(
    ("name", "code", "sentence"),
    [("明发制衣", "", "已有这个单位"), ("别家", "91341500MA2N00000X", "已有单位用这个统一社会信用代码")],
)
def test_who_has_come_in_its_place_meanwhile_keeps_it(town, name, code, sentence):
    made = employer_of(town, credit_code="91341500MA2N00000X")
    services.close_employer(actor=town.secretary, employer=made, why="搬走了")
    employer_of(town, name=name, credit_code=code)
    with pytest.raises(ValidationError, match=sentence):
        services.reopen_employer(actor=town.secretary, employer=made)
    made.refresh_from_db()
    assert (made.state, made.why_not) == (Employer.CLOSED, "搬走了")


def test_an_employer_of_a_place_that_is_no_more_is_not_opened_again(town):
    made = employer_of(town)
    services.close_employer(actor=town.secretary, employer=made, why="搬走了")
    Territory.objects.filter(pk=made.territory_id).update(closed_on=clock.today())
    with pytest.raises(ValidationError, match="已经撤了"):
        services.reopen_employer(actor=OPERATOR, employer=made)


def test_who_was_refused_is_not_opened_again(town):
    made = itself(town)
    services.refuse_employer(actor=town.secretary, employer=made, why="没有这家店")
    with pytest.raises(ValidationError, match="没通过"):
        services.reopen_employer(actor=town.secretary, employer=made)
