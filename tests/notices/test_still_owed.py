"""What visits reminds of: worker, leader and secretary in their turn, with the number of their own list."""

import re

import pytest
from django.urls import reverse

from accounts.models import Notice, NoticeRule
from accounts.notices import sending
from accounts.notices.writing import ensure_notices
from core import clock
from grids.models import CategoryKind, Household, Person, WithheldVerb
from tests.factor import client_of
from tests.people import Town
from visits import services

DAYS = {"worker": "2026-11-20", "leader": "2026-11-25", "secretary": "2026-11-28"}


@pytest.fixture
def town(town: Town) -> Town:
    NoticeRule.objects.exclude(
        kind="visits.owed"
    ).delete()  # what other rooms remind of is told in their own tests
    with clock.stopped_at("2026-11-19"):
        services.ensure_owed()
    return town


def told_on(day: str) -> dict[str, str]:
    with clock.stopped_at(f"{day}T00:20"):
        services.ensure_owed()
        ensure_notices()
    return dict(Notice.objects.values_list("user__username", "words"))


def test_first_the_worker_then_the_leader_then_the_secretary(town):
    assert told_on("2026-11-19") == {}
    assert set(told_on("2026-11-20")) == {"wanggeyuan"}
    assert set(told_on("2026-11-25")) == {"wanggeyuan", "zhouzhang"}
    assert set(told_on("2026-11-28")) == {"wanggeyuan", "zhouzhang", "jinxing", "qiaoji"}
    assert set(told_on("2026-11-30")) == {"wanggeyuan", "zhouzhang", "jinxing", "qiaoji"}


def test_the_number_is_that_of_the_households_behind_the_link(town):
    told_on("2026-11-28")
    for user, households in (
        # 王大春's quarter runs until December, but his September one is over and was missed
        (town.worker, {town.zhang, town.wang, town.li}),
        (town.secretary, {town.zhang, town.wang, town.li, town.zhao}),
    ):
        words = Notice.objects.get(user=user).words
        assert words == f"2026年11月还有 {len(households)} 户没走访到。"
    link = Notice.objects.get(user=town.secretary).link
    with clock.stopped_at("2026-11-28"):
        page = client_of(town.secretary).get(link).content.decode()
    assert set(re.findall(r"张三丰|李㻞|赵建国|陈小军", page)) == {"张三丰", "李㻞", "赵建国"}


def test_who_has_nothing_left_is_left_alone(town):
    from visits.models import Obligation

    Obligation.objects.filter(household__territory=town.grid1).update(rested_on="2026-11-19")
    assert "wanggeyuan" not in told_on("2026-11-20")


def test_why_names_the_post_and_the_rule(town):
    told_on("2026-11-20")
    why = Notice.objects.get().why
    assert why == "您是金星村 金星第一网格的专职网格员。规则：还有户没走访，当月20日提醒专职网格员。"


def test_the_town_says_who_is_told_when(town):
    NoticeRule.objects.filter(whom="worker").update(until="2026-11-10")
    NoticeRule.objects.create(
        kind="visits.owed", whom="worker", counted="workday", number=10, since="2026-11-11"
    )
    assert told_on("2026-11-12") == {}
    assert set(told_on("2026-11-13")) == {"wanggeyuan"}  # the tenth day of work


def test_whose_verb_the_town_withheld_is_not_sent_to_a_closed_page(town):
    WithheldVerb.objects.create(duty="leader", verb="visits.manage")
    assert set(told_on("2026-11-25")) == {"wanggeyuan"}


def test_twice_as_many_households_and_posts_ask_no_more_questions(town, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from core.periods import Month
    from visits.notices import still_owed

    month = Month.parse("2026-11")
    with CaptureQueriesContext(connection) as before:
        assert len(list(still_owed(month, "assistant"))) == 1
    for number in range(5):
        town.household(town.group1, f"新户{number}", number=f"0700{number:02d}")
        town.post(f"xie{number}", f"协{number}", "assistant", town.grid1)
    services.ensure_owed()
    with django_assert_num_queries(len(before)):
        assert len(list(still_owed(month, "assistant"))) == 6


def test_nothing_that_goes_out_names_a_household_a_category_or_a_number(town, channel, outside, caplog):
    """Canaries in every field that a household and a person have."""
    caplog.set_level("DEBUG")
    for number, user in enumerate((town.worker, town.leader, town.secretary, town.neighbour)):
        user.set_phone(f"1990000777{number}")
        user.save()
    with clock.stopped_at("2026-11-01"):
        channel("hongjitest://each/{phone}", name="一人一条")
        channel("hongjitest://group", name="群")
    for day in ("2026-11-20", "2026-11-25", "2026-11-28", "2026-12-02"):
        told_on(day)
        with clock.stopped_at(f"{day}T09:00"):
            sending.send_waiting()
    assert len(outside.taken) == 4 + 3
    texts = " ".join(f"{title}{words}" for _, title, words in outside.taken)
    canaries = set(Household.objects.values_list("head_name", flat=True))
    canaries |= set(Household.objects.values_list("number", flat=True))
    canaries |= {word for row in Household.objects.values_list("address") for word in row if word}
    canaries |= {phone for home in Household.objects.all() if home.phone for phone in [home.phone.open()]}
    for person in Person.objects.all():
        canaries |= {person.name, person.id_number.open(), person.phone.open() if person.phone else ""}
    for kind in CategoryKind.objects.all():
        canaries |= {kind.name, kind.short}
    canaries |= {user.name for user in town.everyone.values()} | {"金星", "桥集", "网格第"}
    found = {canary for canary in canaries - {""} if canary in texts}
    assert len(canaries) > 30
    assert not found
    assert not re.search(r"\d{7}", texts)
    assert not [canary for canary in canaries - {""} if len(canary) > 5 and canary in caplog.text]


def test_the_phones_inbox_leads_to_the_phones_list(town):
    told_on("2026-11-20")
    notice = Notice.objects.get()
    assert notice.link == reverse("visits:phone")
