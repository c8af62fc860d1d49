"""Posts 1+1+N: the plan's rules, who may give them, accounts by a slip, one phone for two people."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import User
from core import clock
from grids import services
from grids.models import Officer, Post
from tests.people import Town

DAY = dt.date(2026, 11, 20)


@pytest.fixture(autouse=True)
def november() -> Any:
    with clock.stopped_at("2026-11-23T09:00"):
        yield


def give(town: Town, officer: Officer, duty: str, **more: Any) -> Post:
    told = {"actor": town.secretary, "territory": town.grid2, "since": DAY} | more
    return services.appoint(officer=officer, duty=duty, **told)


def test_a_leader_is_a_village_cadre(town: Town) -> None:
    new = town.officer("钱新")
    with pytest.raises(ValidationError, match="由村社干部担任"):
        give(town, new, "leader", source="村民代表")
    assert give(town, new, "leader", source="村社干部").in_force()
    cadre = town.officer("何干部")
    give(town, cadre, "cadre", territory=town.jinxing, actor=town.office)
    assert give(town, cadre, "leader", territory=town.grid1, replace=True).in_force()


@pytest.mark.parametrize(("born", "taken"), [("1966-12-01", True), ("1966-11-01", False), (None, False)])
def test_a_worker_is_under_sixty_on_the_day_he_begins(town: Town, born: str | None, taken: bool) -> None:
    officer = town.officer("孙六", birth_month=born and dt.date.fromisoformat(born))
    if taken:
        assert give(town, officer, "worker").in_force()
    else:
        with pytest.raises(ValidationError, match="60 周岁"):
            give(town, officer, "worker")


def test_a_worker_can_use_a_smartphone(town: Town) -> None:
    with pytest.raises(ValidationError, match="智能手机"):
        give(town, town.officer("吴七", smartphone=False), "worker")


def test_who_turns_sixty_within_ninety_days_is_on_the_list(town: Town) -> None:
    soon = town.officer("将满", birth_month=dt.date(1967, 2, 1))
    post = give(town, soon, "worker")
    notices = services.age_notices(town.secretary)
    assert [(n.post, n.sixty_on, n.is_past) for n in notices] == [(post, dt.date(2027, 2, 1), False)]
    assert services.age_notices(town.neighbour) == []
    with clock.stopped_at("2026-10-01T09:00"):
        assert services.age_notices(town.secretary) == []


def test_a_held_post_is_given_on_only_when_asked(town: Town) -> None:
    new = town.officer("接班人")
    with pytest.raises(ValidationError, match="已有专职网格员王格"):
        give(town, new, "worker", territory=town.grid1)
    give(town, new, "worker", territory=town.grid1, replace=True)
    before = Post.objects.get(officer=town.worker.officer)
    assert before.until == dt.date(2026, 11, 19)
    assert not Post.objects.of(town.worker).exists()


def test_grids_that_lack_somebody_are_listed(town: Town) -> None:
    assert services.grids_lacking(town.secretary, "leader") == [town.grid2]
    assert services.grids_lacking(town.office, "worker") == [town.grid2, town.far_grid]
    services.describe_territory(actor=town.secretary, territory=town.grid2, party_group="")
    assert services.grids_without_party_group(town.secretary) == [town.grid2]


@pytest.mark.parametrize("duty", ["secretary", "guide"])
def test_a_secretary_gives_no_post_beside_or_above_her_own(town: Town, duty: str) -> None:
    with pytest.raises(PermissionDenied):
        give(town, town.officer("某人"), duty, territory=town.jinxing)
    with pytest.raises(PermissionDenied):
        give(town, town.officer("某人"), "office", territory=town.town)
    with pytest.raises(PermissionDenied):
        give(town, town.officer("某人"), "assistant", territory=town.far_grid)
    with pytest.raises(PermissionDenied):
        give(town, town.officer("某人"), "sysadmin", territory=town.town, actor=town.office)


def test_a_post_that_ends_ends_the_view(town: Town) -> None:
    from grids.models import Household

    post = Post.objects.get(officer=town.worker.officer)
    services.end_post(actor=town.secretary, post=post, until=dt.date(2026, 11, 22))
    assert not Household.objects.visible_to(town.worker, "households.see").exists()


def test_an_account_is_issued_on_a_slip_by_the_secretary(town: Town) -> None:
    officer = town.officer("丁新人")
    with pytest.raises(ValidationError, match="先定岗位"):
        services.issue_account(actor=town.secretary, officer=officer)
    give(town, officer, "assistant")
    user, password = services.issue_account(actor=town.secretary, officer=officer)
    assert user.username == "dingxinren"
    assert user.check_password(password)
    assert user.phone_hash == officer.phone_hash
    officer.refresh_from_db()
    assert officer.user == user
    again, other = services.issue_account(actor=town.secretary, officer=officer)
    assert again == user
    assert other != password


def test_nobody_takes_over_the_account_of_somebody_above(town: Town) -> None:
    """The office's clerk is also an assistant in the village: the secretary may not print a slip for him."""
    clerk = town.office.officer
    give(town, clerk, "assistant")
    for actor in (town.secretary, town.neighbour, town.worker):
        with pytest.raises(PermissionDenied):
            services.issue_account(actor=actor, officer=clerk)
        with pytest.raises(PermissionDenied):
            services.change_officer(actor=actor, officer=clerk, phone="19900007777")


def test_two_of_one_name_get_two_user_names(town: Town) -> None:
    names = []
    for _ in range(2):
        officer = town.officer("丁一")
        give(town, officer, "assistant")
        names.append(services.issue_account(actor=town.secretary, officer=officer)[0].username)
    assert names == ["dingyi", "dingyi2"]


def test_one_phone_for_two_officers_is_told_and_opens_no_door_until_mended(town: Town) -> None:
    first, second = town.officer("甲人", phone="19900008888"), town.officer("乙人", phone="199 0000 8888")
    give(town, first, "assistant")
    user, _ = services.issue_account(actor=town.secretary, officer=first)
    assert user.phone_hash
    give(town, second, "assistant")
    user.refresh_from_db()
    assert user.phone_hash == ""
    (clash,) = services.phone_clashes(town.secretary)
    assert "甲人、乙人填了同一个电话 199****8888" in str(clash)
    assert services.phone_clashes(town.neighbour) == []
    services.change_officer(actor=town.secretary, officer=second, phone="19900008889")
    user.refresh_from_db()
    assert user.phone_hash == first.phone_hash
    assert services.phone_clashes() == []


def test_a_neighbours_number_written_down_here_shuts_no_door_there_and_tells_no_name(town: Town) -> None:
    theirs = town.officer("远人", phone="19900008888")
    give(town, theirs, "assistant", territory=town.far_grid, actor=town.neighbour)
    user, _ = services.issue_account(actor=town.neighbour, officer=theirs)
    ours = town.officer("近人", phone="19900008888")
    give(town, ours, "assistant")
    fresh, _ = services.issue_account(actor=town.secretary, officer=ours)
    services.issue_account(actor=town.neighbour, officer=theirs)
    user.refresh_from_db()
    assert user.phone_hash == theirs.phone_hash
    assert fresh.phone_hash == ""
    told = {
        who: str(*services.phone_clashes(getattr(town, who))) for who in ("secretary", "neighbour", "office")
    }
    assert "近人和另一个人填了" in told["secretary"]
    assert "远人" not in told["secretary"]
    assert "远人和另一个人填了" in told["neighbour"]
    assert "远人、近人填了" in told["office"]
    services.change_officer(actor=town.neighbour, officer=theirs, phone="19900008889")
    fresh.refresh_from_db()
    assert fresh.phone_hash == ours.phone_hash


def test_a_secretary_cannot_shut_the_offices_door_by_its_number(town: Town) -> None:
    clerk, user = town.office.officer, town.office
    services.change_officer(actor=services.SERVER, officer=clerk, phone="19900008887")
    give(town, town.officer("某人", phone="19900008887"), "assistant")
    user.refresh_from_db()
    assert user.phone_hash == clerk.phone_hash


def test_an_officer_is_matched_to_a_person_only_within_reach(town: Town) -> None:
    officer = town.worker.officer
    with pytest.raises(ValidationError, match="没有找到这个人"):
        services.match_officer(actor=town.secretary, officer=officer, person=town.head(town.chen))
    services.match_officer(actor=town.secretary, officer=officer, person=town.head(town.wang))
    assert Officer.objects.get(pk=officer.pk).person == town.head(town.wang)
    assert User.objects.filter(officer=officer).exists()
