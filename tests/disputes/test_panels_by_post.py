"""Whoever the posts know as a cadre sits among the cadres, and nobody else whom they know: by post, person or name."""

import pytest

from disputes import services
from disputes.models import DisputeRule, Panel
from tests.disputes.seats import add, codes, draft, fill, matched, officer_of


@pytest.fixture
def panel(town, dispute):
    """张三丰 against 王大春, the secretary leads; nobody else sits yet."""
    return draft(town, dispute())


def head(home):
    return home.people.get(relation="户主")


def member(home):
    return home.people.exclude(relation="户主").first()


def swap(town, panel, letter, **more):
    """Somebody else takes the place of the last one of a third."""
    gone = panel.seats.filter(side__startswith=letter).last()
    services.unseat(actor=town.secretary, panel=panel, seat=gone)
    add(town, panel, letter, **more)


CASES = {
    "a cadre sits between under his bare name": (
        lambda town, panel: swap(town, panel, "b", name="周长"), ["post"]),
    "a cadre sits between with his post": (
        lambda town, panel: swap(town, panel, "b", officer=officer_of(town.leader)), ["post"]),
    "a cadre sits between as the person he is": (
        lambda town, panel: [matched(town.leader, head(town.li)), swap(town, panel, "b", person=head(town.li))],
        ["post"]),
    "a person of the register has the name of a cadre who was never matched": (
        lambda town, panel: swap(town, panel, "b", person=town.person(town.li, "周长", "其他")), ["post"]),
    "a namesake of a cadre who was matched to another": (
        lambda town, panel: [
            matched(town.leader, head(town.li)),
            swap(town, panel, "b", person=town.person(town.zhao, "周长", "其他"))],
        []),
    "somebody of the town's office sits between": (
        lambda town, panel: swap(town, panel, "b", officer=officer_of(town.office)), ["post"]),
    "the cadre of another village has the same name": (
        lambda town, panel: swap(town, panel, "b", name="乔书记"), []),
    "a cadre sits with the friends": (lambda town, panel: swap(town, panel, "f", name="周长"), ["post"]),
    "a cadre who is a relative sits with the friends": (
        lambda town, panel: [
            matched(town.leader, member(town.wang)), swap(town, panel, "f", officer=officer_of(town.leader))],
        []),
    "a cadre sits with the cadres under his bare name": (
        lambda town, panel: swap(town, panel, "c", name="周长"), []),
    "an assistant sits with the cadres": (
        lambda town, panel: swap(town, panel, "c", officer=officer_of(town.assistant)), ["post"]),
    "an assistant sits with the cadres under his bare name": (
        lambda town, panel: swap(town, panel, "c", name="许协"), ["post"]),
    "an assistant sits between": (
        lambda town, panel: swap(town, panel, "b", officer=officer_of(town.assistant)), []),
    "an assistant who is one of 村社干部 sits between": (
        lambda town, panel: [
            officer_of(town.assistant).posts.update(source="村社干部"),
            swap(town, panel, "b", officer=officer_of(town.assistant))],
        ["post"]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_panel_is_settled_only_if_each_sits_where_his_post_belongs(town, panel, case):
    spoil, against = CASES[case]
    fill(town, panel)
    spoil(town, panel)
    assert codes(panel) == against
    if against:
        with pytest.raises(services.NotYet):
            services.settle_panel(actor=town.secretary, panel=panel)
    else:
        services.settle_panel(actor=town.secretary, panel=panel)


NUMBERS = {
    "six that look like thirds with the leader between": ((2, 1, 2), "b", "周长", False, ["post"]),
    "six of whom each sits where he belongs": ((2, 2, 1), "c", "周长", False, []),
    "seven, a remainder not allowed": ((2, 1, 2), "fb", "", False, ["thirds"]),
    "seven, a remainder allowed": ((2, 1, 2), "fb", "", True, []),
    "seven, the remainder is a cadre among the friends": ((2, 2, 2), "f", "周长", True, ["post"]),
    "seven, the cadres most": ((2, 2, 2), "c", "周长", True, ["thirds"]),
    "eight, a remainder allowed": ((3, 2, 2), "b", "", True, []),
    "eight, the third go-between is a cadre": ((3, 2, 2), "b", "周长", True, ["post"]),
    "eight, the cadres among the most": ((3, 2, 2), "c", "周长", True, ["thirds"]),
    "ten, a remainder not allowed": ((3, 3, 3), "f", "", False, ["thirds"]),
    "ten, a remainder allowed": ((3, 3, 3), "f", "", True, []),
    "ten, the fourth friend is a cadre": ((3, 3, 3), "f", "周长", True, ["post"]),
    "ten, the fourth go-between is a cadre": ((3, 3, 3), "b", "周长", True, ["post"]),
    "ten, the fourth cadre": ((3, 3, 3), "c", "周长", True, ["thirds"]),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_a_number_of_members_is_thirds_only_if_each_sits_where_he_belongs(town, panel, case):
    (friends, between, cadres), letters, name, allowed, against = NUMBERS[case]
    DisputeRule.objects.create(since="2026-01-01", uneven=allowed)
    fill(town, panel, friends=friends, between=between, cadres=cadres)
    for number, letter in enumerate(letters):
        add(town, panel, letter, name=name or f"另一个{number}")
    assert codes(panel) == against


def test_a_cadre_between_is_told_by_his_post_and_how_to_mend_it(town, panel):
    fill(town, panel)
    swap(town, panel, "b", name="周长")
    (told,) = services.refusals(panel)
    assert told.what == "中间人里的周长，和金星第一网格网格长周长同名，看不出是不是他。"
    assert "去掉，从有岗位的人里选，坐到镇村干部" in told.mend
    swap(town, panel, "b", officer=officer_of(town.leader))
    (told,) = services.refusals(panel)
    assert told.what == "周长是金星第一网格网格长，是干部，不能坐在中间人里。"
    assert told.seats == {panel.seats.get(officer=officer_of(town.leader)).pk}


def test_a_host_who_is_no_cadre_takes_no_seat_among_them(town, panel):
    fill(town, panel)
    said = {"topic": panel.topic, "at": panel.at, "place": panel.place}
    assistant = officer_of(town.assistant)
    services.change_panel(actor=town.secretary, panel=panel, host=assistant, **said)
    assert not panel.seats.filter(officer=assistant).exists()
    (told,) = services.refusals(Panel.objects.whole().get(pk=panel.pk))
    assert (told.code, told.mend) == ("host", "许协不是镇村干部，另选一个干部主持。")
