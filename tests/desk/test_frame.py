"""The desk's frame: the menu shows what one may use, the board what one may see, and no secret stands in an address."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.template import Context, Template
from django.test import Client
from django.urls import reverse

from core import board, menu
from core.idnumber import looks_secret
from core.scope import may
from core.templatetags import look
from tests.people import Town, id_number, make_town_of_two


@pytest.fixture
def town(db: None) -> Town:
    return make_town_of_two()


@pytest.fixture
def empty_menu(monkeypatch: Any) -> None:
    monkeypatch.setattr(menu, "_entries", {})


@pytest.fixture
def empty_board(monkeypatch: Any) -> None:
    for name in ("_figures", "_waiting", "_panels"):
        monkeypatch.setattr(board, name, board.Board())
    monkeypatch.setattr(board, "_arrivals", {})


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_menu_shows_only_what_the_actor_may_use(town: Town, empty_menu: None) -> None:
    menu.register_menu("台账", "导入", "ledgers:imports", "imports.run", 20)
    menu.register_menu("", "首页", "desk", "", 0)
    menu.register_menu("台账", "台账", "ledgers:desk", "ledgers.see", 10)
    menu.register_menu("台账", "还没有的", "nowhere:to-be-found", "", 30)
    shown = menu.menu_for(town.secretary, "/desk/imports/5/")
    assert [(group, [line.title for line in lines]) for group, lines in shown] == [
        ("", ["首页"]),
        ("台账", ["台账", "导入"]),
    ]
    assert [line.title for _, lines in shown for line in lines if line.current] == ["导入"]
    assert [group for group, _ in menu.menu_for(town.worker, "/desk/")] == [""]


def test_from_one_thing_a_link_leads_back_to_its_list_and_from_the_list_none(town: Town) -> None:
    """On a phone the menu is folded."""
    client, back = client_of(town.secretary), 'class="d-back" href="{}"'
    register = reverse("labour:register")
    assert back.format(register) in client.get(f"{register}{town.zhang.people.first().pk}/").content.decode()
    assert "d-back" not in client.get(register).content.decode()
    assert "d-back" not in client.get(reverse("desk")).content.decode()


def test_one_address_cannot_be_in_the_menu_twice(empty_menu: None) -> None:
    menu.register_menu("", "首页", "desk", "", 0)
    menu.register_menu("", "首页", "desk", "", 0)
    with pytest.raises(ValueError, match="twice"):
        menu.register_menu("", "另一个首页", "desk", "", 1)


def test_the_board_asks_every_room_in_order_and_leaves_out_who_has_nothing_to_say(empty_board: None) -> None:
    def figure(title: str) -> board.Figure:
        return board.Figure(title, 1, "户", (), "/")

    board.register_figure("b", lambda actor: figure("后"), 20)
    board.register_figure("a", lambda actor: figure("先"), 10)
    board.register_figure("c", lambda actor: None, 5)
    assert [each.title for each in board.figures_for(None)] == ["先", "后"]
    with pytest.raises(ValueError, match="twice"):
        board.register_figure("a", lambda actor: None)


def test_the_first_page_stands_with_an_empty_board(town: Town, empty_board: None) -> None:
    assert "菜单里" in client_of(town.secretary).get(reverse("desk")).content.decode()
    shown = client_of(town.nobody).get(reverse("desk"), follow=True).content.decode()
    assert "岗位" in shown


def test_who_has_a_post_and_nothing_waiting_is_sent_to_the_visits_and_not_to_ask_for_a_post(
    town: Town, empty_board: None
) -> None:
    shown = client_of(town.assistant).get(reverse("desk")).content.decode()
    assert "还没有岗位" not in shown
    assert f'href="{reverse("visits:phone")}"' in shown
    for user in (town.supervisor, town.sysadmin):
        shown = client_of(user).get(reverse("desk")).content.decode()
        assert "还没有岗位" not in shown
        assert f'href="{reverse("visits:phone")}">走访页' not in shown
    assert "还没有岗位" in client_of(town.nobody).get(reverse("desk")).content.decode()


def test_only_who_may_see_households_is_offered_to_look_for_one(town: Town) -> None:
    for part, user in town.everyone.items():
        shown = client_of(user).get(reverse("desk")).content.decode()
        assert ('id="find"' in shown) is may(user, "households.see"), part
    assert 'id="find"' not in client_of(town.supervisor).get(reverse("desk")).content.decode()


def test_every_desk_page_has_its_frame(town: Town) -> None:
    shown = client_of(town.secretary).get(reverse("desk")).content.decode()
    for words in ("跳到正文", "找人找户", "意见建议", "金书记", "退出", "首页", 'id="main"'):
        assert words in shown
    assert "style=" not in shown
    assert not re.search(r"\son[a-z]+=", shown)


@pytest.mark.parametrize(
    "typed",
    [
        id_number("19500102", 1),
        "３４９９０１１９５００１０２００１３",
        "349901 19500102 001X",
        "19900000001",
        "199-0000-0001",
        "电话19900000001",
    ],
)
def test_a_secret_in_an_address_is_refused_with_a_sentence(town: Town, typed: str) -> None:
    assert looks_secret(typed)
    answer = client_of(town.secretary).get(reverse("desk"), {"q": typed})
    assert answer.status_code == 422
    assert "不写在地址里" in answer.content.decode()
    assert typed not in answer.content.decode()


@pytest.mark.parametrize("typed", ["060001", "张三", "341504999206", "2026-10", "341504999206001"[:14], ""])
def test_ordinary_words_and_codes_pass(typed: str) -> None:
    assert not looks_secret(typed)


def test_dates_are_told_as_people_say_them() -> None:
    from core import clock

    with clock.stopped_at("2026-11-23T09:50"):
        now = clock.now()
        assert look.when(now) == "今天 9:50"
        assert look.when(now.replace(day=22, hour=17, minute=6)) == "昨天 17:06"
        assert look.when(now.replace(day=3, hour=0)) == "11月3日 0:50"
        assert look.when(now.replace(year=2025)) == "2025-11-23"
        assert look.cn_date(now.date()) == "2026年11月23日"
        assert look.weekday(now.date()) == "星期一"


def test_a_bar_always_carries_its_number() -> None:
    assert "93%" in look.bar(91, 98)
    assert 'width="93"' in look.bar(91, 98)
    assert "–" in look.bar(0, 0)


def drawn(source: str, **context: Any) -> str:
    return Template("{% load look %}{% cards %}" + source + "{% endcards %}").render(Context(context))


def test_a_table_says_its_headings_in_each_cell_and_stays_a_table_to_a_screen_reader() -> None:
    shown = drawn(
        '<table class="tbl tbl-tight"><thead><tr><th scope="col">户主</th><th scope="col" class="num">还差</th>'
        '<th scope="col"><span class="sr">记走访</span></th></tr></thead><tbody>'
        '<tr><td><a href="/">{{ name }}</a></td><td class="num">3</td><td><button>记</button></td></tr>'
        "<tr><td>李</td><td> \n</td><td></td></tr></tbody></table>",
        name="<td>",
    )
    assert shown.count('data-label="还差"') == 2
    assert '<td class="num" role="cell" data-label="还差">3</td>' in shown
    assert '<td role="cell"><button>' in shown, "a hidden heading labels nothing"
    assert '<td role="cell" data-label="还差"></td>' in shown, (
        "an empty cell is empty, so that it is not drawn"
    )
    for role, count in (("table", 1), ("rowgroup", 2), ("row", 3), ("columnheader", 3), ("cell", 6)):
        assert shown.count(f'role="{role}"') == count, role
    assert 'class="tbl tbl-cards tbl-tight"' in shown
    assert "&lt;td&gt;" in shown


def test_every_table_of_the_desk_becomes_cards_on_a_phone() -> None:
    bare = [
        path.name
        for path in (settings.BASE_DIR / "templates").rglob("*.html")
        if 'class="tbl' in path.read_text("utf-8").replace('{% cards %}<table class="tbl', "")
    ]
    assert bare == []
