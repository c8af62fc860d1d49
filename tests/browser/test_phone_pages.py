"""Every phone page: what it shows to whom, that nobody is shut out by it, and what it weighs."""

import gzip
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import expect

from core import clock
from grids.models import Category, Household, Person, RegisterChange
from tests.browser.hand import Hand
from tests.people import Town
from visits.models import Finding, Visit
from visits.services import ensure_owed, record_visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LATIN_ON_PURPOSE = {"Esc", "wxa", "ZF"}  # a key, a search by initials, the receipt's prefix


def visited(household: Household, actor: Any, **content: Any) -> Visit:
    """A visit of today."""
    from uuid import uuid4

    made = record_visit(actor=actor, uuid=uuid4(), household=household, happened_at=clock.now(), **content)
    return made.visit


def lively(town: Town) -> None:
    """Something of everything: a visit with a promise, an open finding, a change that waits."""
    visited(
        town.zhang,
        town.worker,
        promise_kind="ask",
        promise_text="问清慢性病证怎么办",
        findings=[{"kind": "talent", "detail": "土专家", "urgency": "now", "words": "会修水泵"}],
    )
    visited(town.li, town.worker, met=False)


PAGES = (
    "#/",
    "#/h/{zhang}",
    "#/h/{zhang}/settled",
    "#/h/{zhang}/deed",
    "#/settled",
    "#/h/{zhang}/change",
    "#/h/{zhang}/change/birth",
    "#/h/{zhang}/change/category_begin",
    "#/h/{zhang}/change/category_end",
    "#/find",
    "#/all",
    "#/log",
    "#/todo",
    "#/outbox",
    "#/me",
)


def places(town: Town) -> list[str]:
    return [page.format(zhang=town.zhang.pk) for page in PAGES]


def opened(hand: Hand, place: str) -> None:
    """The page of this address, with its answers from the server in it and every fold open."""
    hand.page.evaluate("place => { location.hash = place }", place)
    expect(hand.page.get_by_text("正在打开")).to_have_count(0)
    if re.fullmatch(r"#/h/\d+", place):
        expect(hand.page.get_by_text("对象类别、家里人、走访记录")).to_be_visible()
    hand.page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    for pill in hand.page.locator("input[name=finding]").all():
        pill.check()


def test_axe_finds_no_fault_on_any_page(
    town: Town, phone_of: Callable[..., Hand], axe: Callable[[Any], list[str]]
) -> None:
    lively(town)
    hand = phone_of(town.worker)
    for place in places(town):
        opened(hand, place)
        assert axe(hand.page) == [], place


def test_axe_finds_no_fault_in_what_is_said_after_saving_or_failing(
    town: Town,
    phone_of: Callable[..., Hand],
    axe: Callable[[Any], list[str]],
    expected_complaints: list[str],
) -> None:
    expected_complaints.append("422")
    hand = phone_of(town.worker)
    hand.tap(hand.row("张三丰"))
    hand.tap(hand.page.get_by_text("补记别的日子"))
    hand.page.locator("[name=day]").fill("2099-01-01")
    hand.tap(hand.save())
    hand.tap(hand.page.get_by_role("link", name="去看"))
    assert axe(hand.page) == []
    hand.tap(hand.page.get_by_role("link", name="改好再送"))
    expect(hand.page.locator(".field-error")).to_be_visible()
    assert axe(hand.page) == []
    hand.page.locator("[name=day]").fill("")
    hand.tap(hand.save())
    expect(hand.page.locator("#toast .toast")).to_be_visible()
    assert axe(hand.page) == []


def test_no_word_on_any_page_is_english(town: Town, phone_of: Callable[..., Hand]) -> None:
    lively(town)
    hand = phone_of(town.worker)
    for place in places(town):
        opened(hand, place)
        shown = hand.page.evaluate(
            """() => [document.title, document.body.innerText,
                ...[...document.querySelectorAll('[aria-label],[placeholder],[title],[alt]')].flatMap(
                    node => ['aria-label', 'placeholder', 'title', 'alt'].map(name => node.getAttribute(name) || ''))
            ].join(' ')"""
        )
        assert set(re.findall(r"[A-Za-z]{2,}", shown)) <= LATIN_ON_PURPOSE, place


def test_everything_that_is_tapped_is_at_least_44_pixels_high_and_nothing_scrolls_sideways(
    town: Town, phone_of: Callable[..., Hand]
) -> None:
    lively(town)
    hand = phone_of(town.worker)
    for place in places(town):
        opened(hand, place)
        small = hand.page.evaluate(
            """() => [...document.querySelectorAll('a, button, summary, label.pick, input.input, select')]
                .filter(node => node.offsetParent && node.getBoundingClientRect().height < 43.5)
                .filter(node => !node.closest('.row-line, p'))
                .map(node => node.outerHTML.slice(0, 80))"""
        )
        assert small == [], place
        assert hand.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), place


def test_text_twice_as_large_is_cut_nowhere(town: Town, phone_of: Callable[..., Hand]) -> None:
    lively(town)
    hand = phone_of(town.worker)
    for place in places(town):
        opened(hand, place)
        cut = hand.page.evaluate(
            """() => {
                const nodes = [...document.body.querySelectorAll('*')].filter(node => node instanceof HTMLElement);
                const sizes = nodes.map(node => parseFloat(getComputedStyle(node).fontSize) * 2);
                nodes.forEach((node, at) => { node.style.fontSize = `${sizes[at]}px`; });
                const cut = [...document.querySelectorAll('button, a, h1, h2, h3, p, .pick span, .state, .tag, label')]
                    .filter(node => node.offsetParent && !node.closest('.row-clip, .segs'))
                    .filter(node => getComputedStyle(node).display !== 'inline')
                    .filter(node => node.scrollWidth > node.clientWidth + 1)
                    .map(node => node.outerHTML.slice(0, 90));
                if (document.documentElement.scrollWidth > innerWidth) cut.push('the page scrolls sideways');
                nodes.forEach(node => { node.style.fontSize = ''; });
                return cut;
            }"""
        )
        assert cut == [], place


def test_the_list_has_the_missed_ones_first_then_group_by_group_in_the_order_of_the_numbers(
    town: Town, phone_of: Callable[..., Hand]
) -> None:
    hand = phone_of(town.worker)
    expect(hand.row("张三丰")).to_be_visible()
    names = hand.page.locator(".row-name").all_inner_texts()
    assert names == ["张三丰", "王大春", "李㻞"]
    assert hand.page.locator(".sub-head").all_inner_texts()[:2] == ["一组", "二组"]
    expect(hand.page.locator(".group-head").first).to_contain_text("没访到")
    expect(hand.page.locator(".board")).to_contain_text("本月五必访 2 户")


def test_an_assistant_sees_no_category_and_no_telephone(town: Town, phone_of: Callable[..., Hand]) -> None:
    hand = phone_of(town.assistant)
    expect(hand.row("张三丰")).to_be_visible()
    assert hand.page.locator(".tag, .segs").count() == 0
    hand.tap(hand.row("张三丰"))
    expect(hand.page.get_by_text("3 口人")).to_be_visible()
    assert hand.page.locator("a[href^='tel:']").count() == 0
    assert "低保" not in hand.page.locator("main").inner_text()


def test_the_card_shows_no_category_before_its_fold_is_opened(
    town: Town, phone_of: Callable[..., Hand]
) -> None:
    hand = phone_of(town.worker)
    hand.tap(hand.row("张三丰"))
    expect(hand.page.get_by_label("打电话给张三丰")).to_have_attribute("href", "tel:19900000901")
    assert "低保" not in hand.page.locator("main").inner_text()
    hand.tap(hand.page.get_by_text("对象类别、家里人"))
    expect(hand.page.get_by_text("低保困难户")).to_be_visible()
    expect(hand.page.get_by_text("殷素素")).to_be_visible()


def test_the_door_of_the_lonely_lists_only_them(town: Town, phone_of: Callable[..., Hand]) -> None:
    hand = phone_of(town.worker)
    hand.tap(hand.page.get_by_role("link", name="孤寡"))
    expect(hand.page.locator(".row-name")).to_have_text(["李㻞"])


def test_when_everybody_was_visited_the_day_is_quiet(town: Town, phone_of: Callable[..., Hand]) -> None:
    for household in (town.zhang, town.wang, town.li):
        visited(household, town.worker)
    hand = phone_of(town.worker)
    expect(hand.page.locator("main")).to_contain_text("今天无事")
    expect(hand.page.locator("main")).to_contain_text("本月该走的 2 户都走过了")


def test_who_has_no_post_is_told_whom_to_ask(town: Town, phone_of: Callable[..., Hand]) -> None:
    hand = phone_of(town.nobody)
    expect(hand.page.locator("main")).to_contain_text("您还没有岗位")
    expect(hand.page.locator("main")).to_contain_text("找村党组织书记或镇办公室给您定岗")


def test_a_supervisor_is_sent_to_the_desk_and_sees_no_household(
    town: Town, phone_of: Callable[..., Hand]
) -> None:
    hand = phone_of(town.supervisor)
    expect(hand.page.locator("main")).to_contain_text("网格监督员不用走访")
    expect(hand.page.locator("main")).to_contain_text("您能看的是数字")
    assert hand.page.locator("a.row").count() == 0
    expect(hand.page.locator(".tabs-bottom a")).to_have_text(["走访", "我的"])
    expect(hand.page.get_by_role("link", name="去电脑页")).to_have_attribute("href", "/desk/")
    hand.page.goto("/v/#/todo")
    expect(hand.page.locator("main")).to_contain_text("您能看的是数字")
    hand.tap(hand.page.get_by_role("link", name="看走访覆盖"))
    expect(hand.page.locator("h1")).to_contain_text("覆盖")


def test_the_office_reads_a_card_and_is_offered_no_form(town: Town, phone_of: Callable[..., Hand]) -> None:
    hand = phone_of(town.office)
    hand.tap(hand.row("张三丰"))
    expect(hand.page.get_by_text("殷素素")).to_be_visible()
    assert hand.page.locator("form").count() == 0


def test_a_stranger_is_sent_to_sign_in(town: Town, page_phone: Any, expected_complaints: list[str]) -> None:
    expected_complaints.append("401")
    page_phone.goto("/v/")
    page_phone.wait_for_url("**/login/?next=*")


def test_the_neighbours_household_is_not_found(
    town: Town, phone_of: Callable[..., Hand], expected_complaints: list[str]
) -> None:
    expected_complaints.append("404")
    hand = phone_of(town.worker, f"#/h/{town.chen.pk}")
    expect(hand.page.locator("main")).to_contain_text("没有找到")
    assert "陈小军" not in hand.page.content()


def test_a_person_is_found_by_initials_and_no_address_ever_holds_what_was_looked_for(
    town: Town, phone_of: Callable[..., Hand]
) -> None:
    asked: list[str] = []
    hand = phone_of(town.worker, "#/find")
    hand.page.on("request", lambda request: asked.append(request.url))
    texts = ("yss", "殷素素", "060001", "19900000901")
    for text in texts:
        hand.page.locator("#find-text").fill(text)
        hand.page.get_by_role("button", name="找", exact=True).tap()
        expect(hand.page.locator("#results .row")).to_contain_text("张三丰")
        hand.page.locator("#find-text").fill("")
    assert len([url for url in asked if url.endswith("/api/households/find/")]) == len(texts)
    assert not [url for url in asked for text in texts if text in unquote(url)]


def test_what_a_visit_found_is_settled_from_the_phone(town: Town, phone_of: Callable[..., Hand]) -> None:
    lively(town)
    hand = phone_of(town.worker, "#/todo")
    expect(hand.page.locator(".segs")).to_contain_text("该我办 1")
    hand.tap(hand.page.get_by_role("button", name="办好了，写结果"))
    hand.type(hand.page.get_by_label("办理结果"), "请他来讲了一课")
    hand.tap(hand.page.get_by_role("button", name="办结", exact=True))
    expect(hand.page.locator("main")).to_contain_text("没有要办的事")
    assert Finding.objects.get().state == "settled"


def test_a_birth_is_reported_at_the_door_and_accepted_by_the_secretary_with_one_tap(
    town: Town, phone_of: Callable[..., Hand], open_page: Callable[..., Any], sign_in: Callable[..., None]
) -> None:
    hand = phone_of(town.worker, f"#/h/{town.zhang.pk}/change/birth")
    hand.type(hand.page.get_by_label("姓名"), "张小宝")
    hand.page.locator("select").select_option("孙子")
    hand.tap(hand.pill("男"))
    hand.tap(hand.save())
    expect(hand.page.locator("#toast .toast")).to_contain_text("等村里定")
    assert RegisterChange.objects.get().state == "proposed"

    desk = open_page(viewport={"width": 1366, "height": 768})
    sign_in(desk, town.secretary)
    desk.goto("/v/#/todo")
    expect(desk.locator("main")).to_contain_text("张小宝，孙子，男")
    desk.get_by_role("button", name="同意", exact=True).click()
    expect(desk.locator("#toast .toast")).to_contain_text("记进户口册了")
    assert Person.objects.filter(household=town.zhang, name="张小宝").exists()


def test_a_category_that_does_not_hold_is_refused_at_its_place_and_what_was_chosen_stays(
    town: Town, phone_of: Callable[..., Hand], expected_complaints: list[str]
) -> None:
    expected_complaints.append("422")
    hand = phone_of(town.secretary, f"#/h/{town.zhang.pk}/change/category_begin")
    hand.tap(hand.pill("张三丰"))
    hand.tap(hand.pill("低保困难户"))
    hand.tap(hand.save())
    expect(hand.page.locator(".note")).to_contain_text("已经是")
    expect(hand.pill("低保困难户").locator("input")).to_be_checked()
    hand.tap(hand.pill("大病重病户"))
    hand.tap(hand.save())
    expect(hand.page.locator("#toast .toast")).to_contain_text("记进户口册了")
    assert Category.objects.filter(household=town.zhang, kind__code="illness").exists()


def test_the_rows_are_walked_with_arrow_keys_and_a_stroke_opens_the_search(
    town: Town, page_desk: Any, sign_in: Callable[..., None]
) -> None:
    sign_in(page_desk, town.worker)
    page_desk.goto("/v/")
    expect(page_desk.locator("a.row").first).to_be_visible()
    page_desk.keyboard.press("ArrowDown")
    page_desk.keyboard.press("ArrowDown")
    expect(page_desk.locator("a.row").nth(1)).to_be_focused()
    page_desk.keyboard.press("/")
    expect(page_desk.locator("#find-text")).to_be_focused()


def test_leaving_ends_the_session(town: Town, phone_of: Callable[..., Hand]) -> None:
    hand = phone_of(town.worker, "#/me")
    hand.tap(hand.page.get_by_role("button", name="退出", exact=True))
    hand.page.wait_for_url("**/login/**")


def test_the_first_load_weighs_less_than_100_kilobytes_and_asks_no_stranger(
    town: Town, page_phone: Any, sign_in: Callable[..., None], live_server: Any
) -> None:
    weights: dict[str, int] = {}

    def weigh(response: Any) -> None:
        weights[response.url] = len(gzip.compress(response.body()))

    page_phone.on("requestfinished", lambda request: weigh(request.response()))
    sign_in(page_phone, town.worker)
    page_phone.goto("/v/")
    expect(page_phone.locator("a.row").first).to_be_visible()
    page_phone.wait_for_load_state("networkidle")
    assert all(url.startswith((live_server.url, "data:")) for url in weights), weights
    assert len(weights) == len(set(weights))
    # As whitenoise and nginx send it, pack and all; brotli takes a little more off.
    assert sum(weights.values()) < 100 * 1024, weights


def test_more_households_than_one_page_holds_are_all_reached(
    town: Town, phone_of: Callable[..., Hand], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("visits.api.DUE_PAGE", 2)
    town.household(town.group2, "孙长友", number="060009", categories=("lonely",))
    ensure_owed()
    hand = phone_of(town.worker)
    expect(hand.row("张三丰")).to_be_visible()
    hand.tap(hand.page.get_by_role("button", name="再看后面的户"))
    expect(hand.row("孙长友")).to_be_visible()
    expect(hand.page.get_by_role("button", name="再看后面的户")).to_have_count(0)
    names = hand.page.locator(".row-name").all_inner_texts()
    assert names == ["张三丰", "王大春", "李㻞", "孙长友"]


def test_before_the_door_row_and_card_say_who_was_there_a_few_days_ago(
    town: Town, phone_of: Callable[..., Hand]
) -> None:
    visited(town.zhang, town.worker)
    hand = phone_of(town.secretary)
    expect(hand.row("张三丰")).to_contain_text("今天 王格走访过了")
    hand.tap(hand.row("张三丰"))
    expect(hand.page.locator(".who")).to_contain_text("今天 王格走访过这一户")
    hand.page.reload()
    expect(hand.page.locator(".who")).to_contain_text("今天 王格走访过这一户")
    hand.page.goto(f"/v/#/h/{town.li.pk}")
    expect(hand.page.locator(".who")).to_contain_text("李㻞")
    expect(hand.page.locator(".who")).not_to_contain_text("走访过")


def test_who_just_goes_there_reads_that_somebody_was_there_and_not_who(
    town: Town, phone_of: Callable[..., Hand]
) -> None:
    visited(town.zhang, town.worker)
    hand = phone_of(town.assistant, f"#/h/{town.zhang.pk}")
    expect(hand.page.locator(".who")).to_contain_text("今天 有人走访过这一户")
    expect(hand.page.locator("body")).not_to_contain_text("王格走访")


def test_a_list_that_has_not_changed_is_not_drawn_anew_under_a_finger(
    town: Town, phone_of: Callable[..., Hand]
) -> None:
    hand = phone_of(town.worker)
    row = hand.row("张三丰")
    expect(row).to_be_visible()
    hand.page.evaluate("location.hash = '#/log'")
    expect(hand.page.locator("h1")).to_contain_text("走访记录")
    with hand.page.expect_response("**/api/due/**") as answered:
        hand.page.evaluate("location.hash = '#/'")
        row.evaluate("row => { row.under = 'a finger' }")
    answered.value.finished()
    hand.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert row.evaluate("row => row.under") == "a finger"
