"""Who must not learn of a report: the one it is about, and everybody who stands below him."""

import datetime as dt
import re

import pytest
from django.conf import settings

from core import clock
from core.admin import site
from core.ledger import registry
from core.scope import OPERATOR
from discipline import services
from discipline.models import READS, Report, Step
from grids import services as grids
from grids.models import Officer, Post
from tests.discipline.conftest import post_of
from tests.people import POSTED

ALL = {"chief", "helper", "other"}


def test_nobody_but_the_discipline_office_reads_one(town, tell):
    tell()
    town.officer("无账号", phone="")
    for part, user in town.everyone.items():
        assert not Report.objects.readable_by(user).exists(), part
    assert not Report.objects.readable_by(OPERATOR).exists(), "nor who types commands on the server"
    assert Report.objects.readable_by(town.chief).count() == 1


def test_a_report_on_the_village_secretary_is_gone_for_who_works_under_him(tell, reads):
    assert reads(tell()) == {"chief", "other"}


def test_a_report_on_the_neighbours_secretary_is_gone_for_who_works_there(town, tell, reads):
    assert reads(tell(place=town.qiaoji)) == {"chief", "helper"}


@pytest.mark.parametrize("name", ["金书记", " 金 书记", "金·书记"])
def test_his_name_is_enough_wherever_the_villager_says_he_is(town, tell, reads, name):
    assert reads(tell(place=town.town, office="unsure", name=name)) == {"chief", "other"}


def test_a_name_that_only_stands_in_the_story_counts_too(town, tell, reads):
    assert reads(tell("他和纪佐一起吃饭", place=town.qiaoji, office="cadre")) == set()


@pytest.mark.parametrize(("written", "who"), [("周涨", "same sound"), ("周·长", "a dot")])
def test_a_name_that_was_heard_and_misspelt_is_his(town, tell, reads, written, who):
    told = tell(place=town.qiaoji, office="unsure", name=written)
    assert "helper" not in reads(told), f"周长 leads the grid in which she helps: {who}"


@pytest.mark.parametrize("what", ["就是那个乔舒记干的", "桥 书 记打人", "乔叔·季收了钱"])
def test_a_name_in_the_story_is_his_as_it_sounds(tell, reads, what):
    report = tell(what, office="guide")
    assert reads(report) == {"chief", "helper"}


def test_a_name_of_two_characters_is_not_heard_in_every_story(tell, reads):
    assert reads(tell("把那一桶油寄明天走的人", office="guide")) == ALL, "寄明 is no 纪明"


def test_a_surname_is_heard_in_both_its_readings(town, tell, reads):
    officer = Officer.objects.get(user=town.helper)
    officer.name = "曾国强"
    officer.save()
    for what in ("增国墙收的", "层国墙收的"):
        assert reads(tell(what, office="guide")) == set(), "and of his colleagues each may lead him"


def test_the_words_of_every_step_are_looked_at(town, tell, reads):
    for code, kind in (("take", {}), ("note", {}), ("pass_on", {})):
        report = tell(place=town.qiaoji, office="guide")
        getattr(services, code)(actor=town.other, report=report, words="问过 乔书 记了", **kind)
        assert reads(report) == {"chief", "helper"}, code
    report = tell(place=town.qiaoji, office="guide")
    services.take(actor=town.chief, report=report)
    services.finish(actor=town.chief, report=report, words="是纪明自己办错的")
    assert reads(report) == set(), "the writer too, and who may lead him"


@pytest.mark.parametrize("also", ["乔舒记", "别人\n乔舒记", "张三、乔舒记"])
def test_a_further_name_is_his_as_it_sounds(town, tell, reads, also):
    report = tell(office="guide")
    services.note(actor=town.chief, report=report, words="还有人", also=also)
    assert reads(report) == {"chief", "helper"}


def test_a_step_that_does_not_open_closes_its_report(town, tell, settings):
    first, second = tell(), tell("另一件")
    sealed = settings.REPORT_KEYS
    settings.REPORT_KEYS = {"r9": b"9" * 32, **sealed}
    services.note(actor=town.chief, report=first, words="记一笔")
    settings.REPORT_KEYS = sealed
    assert list(Report.objects.readable_by(town.chief)) == [second]


def test_the_office_that_was_named_is_enough_without_a_name(town, tell, reads):
    assert reads(tell(office="cadre")) == {"chief", "other"}
    assert reads(tell(office="guide")) == ALL, "nobody of the office is one, or stands below one"
    assert reads(tell(office="grid")) == set(), "it may be about the helper, and each may lead his colleague"


def test_members_of_the_discipline_office_do_not_read_what_is_about_one_of_them(tell, reads):
    assert reads(tell("纪明吃拿卡要")) == set()


def test_without_name_and_office_it_is_anybody_of_that_village_with_a_whole_name_it_is_that_one(tell, reads):
    assert reads(tell(office="unsure")) == set(), "the helper is of that village too"
    for name in ("郑督", "郑 督"):
        assert reads(tell(office="unsure", name=name)) == {"chief", "other"}, "the supervisor there"


@pytest.mark.parametrize("name", ["王主任", "老王", "不知道", "郑", "郑督和另一个", "过路的王五"])
def test_what_is_no_officers_whole_name_may_be_anybody_of_that_village(tell, reads, name):
    assert reads(tell(office="unsure", name=name)) == set()


def test_a_whole_name_of_another_village_does_not_say_who_it_is_in_this_one(town, tell, reads):
    assert reads(tell(office="unsure", name="郑督", place=town.qiaoji)) == set()


def test_whoever_left_that_village_long_ago_is_no_officer_of_it(town, tell, reads):
    Post.objects.filter(officer__name="郑督").update(until=clock.today() - dt.timedelta(days=400))
    assert reads(tell(office="unsure", name="郑督")) == set()


def test_assistants_of_one_grid_do_not_read_of_each_other(town, tell, reads):
    assistant = Officer.objects.get(user=town.assistant)
    assert reads(tell(name=assistant.name, place=town.qiaoji, office="guide")) == {"chief", "other"}, (
        "of two assistants of one grid each may lead the other: no post says who does"
    )


def test_who_left_the_grid_a_year_ago_reads_again_and_who_left_last_month_does_not(town, tell, reads):
    report, post = tell(), post_of(town.helper, "assistant")
    post.until = clock.today() - dt.timedelta(days=30)
    post.save()
    assert reads(report) == {"chief", "other"}
    post.until = clock.today() - dt.timedelta(days=400)
    post.save()
    assert reads(report) == ALL


def test_a_successor_is_not_the_one_it_was_about(town, tell, reads):
    report = tell()
    with clock.stopped_at("2027-12-01T09:00"):
        post = Post.objects.get(duty="secretary", territory=town.jinxing)
        grids.appoint(
            actor=grids.SERVER,
            officer=Officer.objects.get(user=town.other),
            territory=town.jinxing,
            duty="secretary",
            since=dt.date(2027, 11, 1),
            replace=True,
        )
        assert post.officer.user != town.other
        assert "other" in reads(report)


def test_who_is_given_a_post_or_another_name_afterwards_is_known_at_once(town, tell, reads):
    report = tell("新来的王大锤打人", office="guide")
    assert reads(report) == ALL
    officer = Officer.objects.get(user=town.other)
    officer.name = "王大锤"
    officer.save()
    assert reads(report) == set(), "he himself, and his colleagues, of whom each may lead the other"
    officer.name = "纪佐"
    officer.save()
    assert reads(report) == set(), "his history knows what he was called"


def another_row(town, name, duty, place):
    officer = town.officer(name)
    grids.appoint(actor=grids.SERVER, officer=officer, territory=place, duty=duty, since=POSTED)
    return officer


@pytest.mark.parametrize("written", ["纪明", "纪 明"])
def test_one_person_in_two_rows_of_the_roster_is_one_person(town, tell, reads, written):
    another_row(town, written, "guide", town.qiaoji)
    assert "chief" not in reads(tell(place=town.qiaoji, office="guide")), "he is the guide there"
    assert "chief" not in reads(tell(place=town.qiaoji)), "and the secretary there leads him"
    assert "chief" in reads(tell()), "with the other village he has nothing to do"


def test_a_row_that_was_once_called_so_is_his_too(town, tell, reads):
    officer = another_row(town, "纪明", "guide", town.qiaoji)
    officer.name = "纪大明"
    officer.save()
    assert reads(tell(place=town.qiaoji, office="guide")) == set(), "and his colleagues, whom he may lead"


def test_the_second_row_of_whoever_leads_him_is_of_his_circle(town, tell, reads):
    report = tell(place=town.qiaoji, office="guide")
    another_row(town, "驻村的", "guide", town.qiaoji)
    assert reads(report) == {"chief", "helper"}
    another_row(town, "金书记", "guide", town.qiaoji)
    assert reads(report) == {"chief"}, "金书记 leads the helper, from 金星村"


def test_an_account_that_is_no_officer_and_one_without_post_read_nothing(town, tell):
    tell()
    Post.objects.filter(officer__user=town.chief).update(until=clock.today() - dt.timedelta(days=1))
    assert not Report.objects.readable_by(town.chief).exists()
    assert not Report.objects.open_to(town.nobody, READS).exists()


def test_what_does_not_open_is_closed_to_everybody_and_holds_up_nothing(town, tell, settings):
    lost = tell()
    settings.REPORT_KEYS = {"r2": b"2" * 32}
    report = tell("另一件")
    assert list(Report.objects.readable_by(town.chief)) == [report]
    assert lost.pk != report.pk


@pytest.mark.parametrize("many", [1, 12])
def test_a_list_asks_the_same_number_of_questions_for_one_and_for_many(
    town, tell, many, django_assert_num_queries
):
    for number in range(many):
        tell(f"第 {number} 件")
    with django_assert_num_queries(11):
        list(Report.objects.readable_by(town.helper))


def test_another_towns_discipline_office_reads_only_its_own(town, tell):
    far = grids.add_town(name="邻镇", code="341504998")
    village = grids.add_territory(
        actor=grids.SERVER, parent=far, name="远村", code="341504998201", kind="village"
    )
    reader = town.post("linzhen", "邻纪", "discipline", far)
    tell()
    theirs = tell(place=village)
    assert list(Report.objects.readable_by(reader)) == [theirs]
    assert theirs not in Report.objects.readable_by(town.chief)


def test_every_query_asks_who_asks_but_for_the_numbers_that_only_their_holders_know():
    """By the number of a form that is sent again, and by the code a villager was given."""
    bare = {}
    for path in sorted((settings.BASE_DIR / "discipline").rglob("*.py")):
        lines = [
            line
            for line in path.read_text(encoding="utf-8").splitlines()
            if re.search(r"Report\.(objects|_base_manager|_default_manager)\b", line)
            and not re.search(r"Report\.objects\.(open_to|readable_by)\(", line)
        ]
        if lines:
            bare[path.name] = [re.search(r"filter\((\w+)=", line)[1] for line in lines]
    assert bare == {"public_views.py": ["uuid"], "telling.py": ["uuid", "code"]}


def test_nothing_else_keeps_or_shows_them():
    for model in (Report, Step):
        assert model not in site._registry
        assert not hasattr(model, "history")
    assert not [ledger.slug for ledger in registry.all() if "discipline" in type(ledger).__module__]
