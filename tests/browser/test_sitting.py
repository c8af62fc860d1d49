"""A sitting on a laptop whose network comes and goes: nothing that was written down is lost, nothing is there twice."""

import datetime as dt
import re
import uuid
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from core import clock
from disputes import services
from disputes.models import Sitting, Word
from tests.browser.offline import EVERYTHING
from tests.disputes.conftest import over_a_wall
from tests.disputes.seats import gone_through, sat

WORDS = "**/words/*/"


@pytest.fixture
def sitting(town: Any) -> Sitting:
    return begun(town)


def begun(town: Any) -> Sitting:
    return sat(town, over_a_wall(town))


@pytest.fixture
def laptop(page_desk: Any, sign_in: Any, town: Any, sitting: Sitting, expected_complaints: list[str]) -> Any:
    """The secretary's, with the sitting before her."""
    # Chromium writes down what does not arrive, and each refusal.
    expected_complaints += ["ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "422"]
    sign_in(page_desk, town.secretary)
    return opened(page_desk, sitting)


def opened(page: Any, sitting: Sitting) -> Any:
    page.goto(reverse("disputes:sitting", args=[sitting.pk]))
    page.locator("#sitting[data-ready]").wait_for()
    return page


def opens(everything: str) -> list[str]:
    """The keys among all that a browser keeps; scripts, which it keeps too, speak of keys only."""
    return re.findall(r"\bkey\b", everything.partition("\nhttp://")[0])


def lid_opened(laptop: Any) -> Any:
    """The page is closed, and another one opened where there is a network. It is there before the other goes: a service
    worker is told of Playwright's network only while it has a page."""
    page = laptop.context.new_page()
    laptop.close()
    page.context.set_offline(False)
    return page


def say(page: Any, step: str, who: str, words: str) -> None:
    form = page.locator("#say")
    form.locator("label.pick", has_text=step).click()
    form.locator("label.pick", has_text=who).click()
    page.fill("#words", words)
    page.get_by_role("button", name="记下", exact=True).click()
    expect(page.locator("#words")).to_have_value("")


def said() -> list[str]:
    return list(Word.objects.order_by("pk").values_list("words", flat=True))


def test_an_hour_without_a_network_loses_no_sentence_and_doubles_none(laptop, sitting):
    say(laptop, "当事人陈述", "张三丰", "墙砌过来半尺")
    expect(laptop.locator(".word", has_text="墙砌过来半尺")).to_contain_text("已存")
    laptop.context.set_offline(True)
    say(laptop, "当事人陈述", "王大春", "墙是老墙")
    say(laptop, "亲友团补充", "亲友1", "老墙在里头")
    laptop.locator("#say label.pick", has_text="议定意见").click()
    laptop.locator("#say label.pick", has_text="中人1").click()
    laptop.fill("#words", "退半尺")
    laptop.get_by_role("button", name="记下", exact=True).click()
    expect(laptop.locator("#bad")).to_contain_text("还没到“议定意见”，先“干部讲政策”")
    say(laptop, "干部讲政策", "干部1", "以确权证为准")
    expect(laptop.locator("#kept")).to_contain_text("3 句等着送，没有网络，照常记")
    everything = laptop.evaluate(EVERYTHING)
    assert "老墙在里头" not in everything, "what waits is kept under a key"
    assert "KEY THAT CAN BE TAKEN OUT" not in everything
    laptop.get_by_role("button", name="没调成", exact=True).click()
    expect(laptop.locator("#conclude")).to_contain_text("还有 3 句没有存好")
    laptop.fill("#words", "写了一半")
    laptop.wait_for_timeout(600)  # the half-written one is kept a moment after the last key
    # The laptop's lid is closed; the page is opened again where there is a network.
    again = opened(lid_opened(laptop), sitting)
    expect(again.locator("#kept")).to_contain_text("都存好了")
    expect(again.locator("#words")).to_have_value("写了一半")
    assert said() == ["墙砌过来半尺", "墙是老墙", "老墙在里头", "以确权证为准"]
    expect(again.locator("#words-list li")).to_have_count(4)
    assert again.evaluate("indexedDB.databases().then(all => all.length)") == 1


def test_an_answer_that_is_lost_on_its_way_back_makes_no_second_sentence(laptop):
    lost = []

    def lose(route: Any) -> None:
        if lost:
            return route.continue_()
        lost.append(route.fetch().status)
        return route.abort()

    laptop.route(WORDS, lose)
    say(laptop, "当事人陈述", "张三丰", "墙砌过来半尺")
    expect(laptop.locator("#kept")).to_contain_text("1 句等着送")
    laptop.evaluate("dispatchEvent(new Event('online'))")
    expect(laptop.locator("#kept")).to_contain_text("都存好了")
    assert lost[0] == 201
    assert said() == ["墙砌过来半尺"]


def test_a_sentence_that_arrived_while_the_page_was_closing_stands_there_once(laptop, sitting):
    def lose(route: Any) -> None:
        route.fetch()
        route.abort()

    laptop.route(WORDS, lose)
    say(laptop, "当事人陈述", "张三丰", "墙砌过来半尺")
    expect(laptop.locator("#kept")).to_contain_text("1 句等着送")
    page = laptop.context.new_page()
    laptop.close()
    opened(page, sitting)
    expect(page.locator("#kept")).to_contain_text("都存好了")
    expect(page.locator("#words-list li")).to_have_count(1)
    say(page, "当事人陈述", "王大春", "墙是老墙")
    expect(page.locator(".word", has_text="墙是老墙")).to_contain_text("已存")
    assert said() == ["墙砌过来半尺", "墙是老墙"]


def test_what_the_server_refuses_stays_with_its_reason_and_can_be_taken_back(laptop, town, sitting):
    say(laptop, "当事人陈述", "张三丰", "墙砌过来半尺")
    expect(laptop.locator("#kept")).to_contain_text("都存好了")
    services.fail(actor=town.office, dispute=sitting.panel.dispute, words="没调成")
    say(laptop, "当事人陈述", "王大春", "墙是老墙")
    row = laptop.locator(".word", has_text="墙是老墙")
    expect(row).to_contain_text(re.compile("议事已经结束"))
    row.get_by_role("button", name="当补记再送").click()
    expect(row).to_contain_text("已存")
    assert Word.objects.get(words="墙是老墙").late


def test_a_sentence_is_corrected_by_a_new_one(laptop):
    say(laptop, "当事人陈述", "张三丰", "墙长三米")
    row = laptop.locator(".word", has_text="墙长三米")
    row.get_by_role("button", name="更正", exact=True).click()
    laptop.fill("#words", "墙长四米")
    laptop.locator("#say .btn-main", has_text="更正").click()
    expect(laptop.locator(".word", has_text="墙长四米")).to_contain_text("已存")
    assert Word.objects.get(words="墙长四米").corrects.words == "墙长三米"
    expect(row).to_have_class(re.compile("word-gone"))


def test_who_is_second_to_correct_a_sentence_sees_both_and_may_still_have_his(laptop, town, sitting):
    say(laptop, "当事人陈述", "张三丰", "墙长三米")
    row = laptop.locator(".word", has_text="墙长三米")
    expect(row).to_contain_text("已存")
    old = Word.objects.get()
    now = {"step": "x", "speaker": "", "said_at": clock.now(), "sent_at": clock.now(), "corrects": old.uuid}
    services.say(actor=town.secretary, sitting=sitting, uuid=uuid.uuid4(), words="墙长三米三", **now)
    row.get_by_role("button", name="更正", exact=True).click()
    laptop.fill("#words", "墙长四米")
    laptop.locator("#say .btn-main", has_text="更正").click()
    mine = laptop.locator(".word", has=laptop.locator(".word-said", has_text="墙长四米"))
    expect(mine).to_contain_text("已经更正过这一句，现在是：“墙长三米三”")
    theirs = laptop.locator(".word", has=laptop.locator(".word-said", has_text="墙长三米三"))
    expect(theirs).to_contain_text("已存")
    expect(laptop.locator(".word-gone .word-said")).to_have_text("墙长三米")
    mine.get_by_role("button", name="还照我写的更正").click()
    expect(mine).to_contain_text("已存")
    expect(theirs).to_have_class(re.compile("word-gone"))
    assert Word.objects.get(words="墙长四米").corrects.words == "墙长三米三"


def test_a_half_written_sentence_waits_while_another_is_corrected(laptop):
    say(laptop, "当事人陈述", "张三丰", "墙长三米")
    row = laptop.locator(".word", has_text="墙长三米")
    laptop.fill("#words", "他还说")
    row.get_by_role("button", name="更正", exact=True).click()
    expect(laptop.locator("#words")).to_have_value("墙长三米")
    laptop.get_by_role("button", name="不更正了").click()
    expect(laptop.locator("#words")).to_have_value("他还说")
    row.get_by_role("button", name="更正", exact=True).click()
    laptop.fill("#words", "墙长四米")
    laptop.locator("#say .btn-main", has_text="更正").click()
    expect(laptop.locator("#words")).to_have_value("他还说")
    expect(laptop.locator(".word", has_text="墙长四米")).to_contain_text("已存")


def test_what_was_typed_for_the_end_stays_while_it_is_said_who_came(laptop, sitting, town):
    gone_through(town.secretary, sitting)
    end = laptop.locator("#conclude")
    end.locator("textarea").fill("墙退半尺")
    end.locator("fieldset", has_text="张三丰").locator("label", has_text="不同意").click()
    laptop.locator(".came label", has_text="中人1").click()
    laptop.locator(".came").get_by_role("button", name="存", exact=True).click()
    expect(laptop.get_by_text("谁来了，记下了。")).to_be_visible()
    laptop.locator("#sitting[data-ready]").wait_for()
    agrees = laptop.locator("#conclude fieldset", has_text="张三丰")
    expect(laptop.locator("#conclusion")).to_have_value("墙退半尺")
    expect(agrees.get_by_label("不同意")).to_be_checked()
    laptop.context.set_offline(True)
    laptop.fill("#conclusion", "墙退半尺，水沟一起修")
    laptop.wait_for_timeout(600)  # as above
    assert "水沟一起修" not in laptop.evaluate(EVERYTHING), "under a key, like all that waits"
    again = opened(lid_opened(laptop), sitting)
    expect(again.locator("#conclusion")).to_have_value("墙退半尺，水沟一起修")


def test_what_was_typed_for_an_end_that_another_was_quicker_with_comes_back_to_be_added(
    laptop, town, sitting
):
    laptop.fill("#conclusion", "墙退半尺，水沟一起修")
    laptop.wait_for_timeout(600)  # as above
    services.conclude(actor=town.secretary, sitting=sitting, agreed=False, conclusion="谈不拢", stances={})
    opened(laptop, sitting)
    expect(laptop.locator("[data-conclusion]")).to_have_text("谈不拢")
    expect(laptop.locator("#words")).to_have_value("墙退半尺，水沟一起修")
    laptop.fill("#words", "")
    laptop.wait_for_timeout(600)
    opened(laptop, sitting)
    expect(laptop.locator("#words")).to_have_value("")


def test_a_correction_that_is_half_written_opens_again_as_one(laptop, sitting):
    say(laptop, "当事人陈述", "张三丰", "墙长三米")
    row = laptop.locator(".word", has_text="墙长三米")
    expect(row).to_contain_text("已存")
    laptop.fill("#words", "他还说")
    row.get_by_role("button", name="更正", exact=True).click()
    laptop.fill("#words", "墙长四")
    laptop.wait_for_timeout(600)  # as above
    opened(laptop, sitting)
    expect(laptop.locator("#words")).to_have_value("墙长四")
    laptop.get_by_role("button", name="不更正了").click()
    expect(laptop.locator("#words")).to_have_value("他还说")


def test_where_the_browser_has_no_room_it_says_so_until_the_sentence_has_arrived(laptop):
    laptop.evaluate("""() => {
        IDBObjectStore.prototype.put = () => { throw new DOMException("no room", "QuotaExceededError"); };
    }""")
    laptop.context.set_offline(True)
    say(laptop, "当事人陈述", "张三丰", "墙砌过来半尺")
    expect(laptop.locator("#kept")).to_contain_text("1 句没存进这台电脑，送到以前不要关这一页，没有网络")
    laptop.context.set_offline(False)
    expect(laptop.locator("#kept")).to_have_text("都存好了", timeout=20_000)
    assert said() == ["墙砌过来半尺"]


def test_once_it_is_over_its_steps_take_no_more_time(page_desk: Any, sign_in: Any, town: Any) -> None:
    with clock.stopped_at(clock.now() - dt.timedelta(hours=3)):
        sitting = begun(town)
        gone_through(town.secretary, sitting)
        services.conclude(
            actor=town.secretary, sitting=sitting, agreed=False, conclusion="谈不拢", stances={}
        )
    sign_in(page_desk, town.secretary)
    opened(page_desk, sitting)
    took = page_desk.locator("[data-timeline] [data-took]").all_inner_texts()
    assert took == ["1 分钟", "1 分钟", "1 分钟", "1 分钟", "没有记"]


def signed_in_as(page: Any, user: Any, sign_in: Any) -> Any:
    """Another person at the same computer, on a page of her own."""
    page.context.clear_cookies()
    sign_in(page, user)
    return page


def test_what_waits_is_read_by_its_writer_alone_and_signing_out_loses_nothing(laptop, town, sitting, sign_in):
    laptop.context.set_offline(True)
    say(laptop, "当事人陈述", "张三丰", "墙砌过来半尺")
    expect(laptop.locator("#kept")).to_contain_text("1 句等着送")
    page = signed_in_as(lid_opened(laptop), town.office, sign_in)
    page.goto(reverse("desk"))
    expect(page.locator("[data-unsent]")).to_contain_text("这台电脑上还有别人记的 1 句没有送")
    everything = page.evaluate(EVERYTHING)
    assert "墙砌过来半尺" not in everything
    assert not opens(everything), "and no key is left here to open it with"
    page = signed_in_as(page, town.secretary, sign_in)
    for address in (reverse("desk"), reverse("waiting")):
        page.goto(address)
        expect(page.locator("[data-unsent]")).to_contain_text("这台电脑上还有 1 句议事的话没有送")
    page.goto(reverse("disputes:minutes", args=[sitting.pk]))
    expect(page.locator("[data-unsent]")).to_contain_text("这次议事还有 1 句在这台电脑上没有送")
    page.goto(reverse("desk"))
    page.get_by_role("link", name="去送").click()
    expect(page.locator("#kept")).to_contain_text("都存好了", timeout=20_000)
    assert said() == ["墙砌过来半尺"]
    page.goto(reverse("desk"))
    expect(page.locator("[data-unsent]")).to_be_hidden()


def test_a_page_left_open_makes_room_when_somebody_else_signs_in(
    laptop, town, sitting, sign_in, expected_complaints
):
    expected_complaints += ["403", "404"]  # she has nothing to look for there
    laptop.context.set_offline(True)
    say(laptop, "当事人陈述", "张三丰", "墙砌过来半尺")
    expect(laptop.locator("#kept")).to_contain_text("1 句等着送")
    signed_in_as(laptop, town.office, sign_in)
    laptop.context.set_offline(False)
    expect(laptop.get_by_text("墙砌过来半尺")).to_have_count(0, timeout=20_000)
    signed_in_as(laptop, town.secretary, sign_in)
    again = opened(laptop, sitting)
    expect(again.locator("#kept")).to_contain_text("都存好了")
    assert said() == ["墙砌过来半尺"]


KEPT = """async () => {
    await navigator.serviceWorker.ready;
    const count = () => new Promise((done) => {
        const asked = indexedDB.open("hongji-sitting");
        asked.onsuccess = () => {
            const db = asked.result;
            const rows = db.transaction("opener").objectStore("opener").count();
            rows.onsuccess = () => done(rows.result, db.close());
        };
    });
    for (let tries = 0; tries < 400; tries += 1) {
        if (await count()) return;
        await new Promise((next) => setTimeout(next, 25));
    }
    throw new Error("nothing was kept");
}"""


def kept_here(page: Any) -> Any:
    """The page with what it keeps to open without the server; wait_for_function takes a promise for an answer."""
    page.evaluate(KEPT)
    return page


def test_the_page_opened_again_without_a_network_goes_on_writing(laptop, sitting, expected_complaints):
    expected_complaints += ["ERR_INTERNET_DISCONNECTED", "Failed to fetch"]
    laptop.on("dialog", lambda dialog: dialog.accept())
    say(laptop, "当事人陈述", "张三丰", "墙砌过来半尺")
    expect(laptop.locator("#kept")).to_contain_text("都存好了")
    kept_here(laptop)
    everything = laptop.evaluate(EVERYTHING)
    assert "墙砌过来半尺" not in everything, "the page is kept under a key"
    assert "张三丰" not in everything
    assert "KEY THAT CAN BE TAKEN OUT" not in everything
    laptop.context.set_offline(True)
    say(laptop, "当事人陈述", "王大春", "墙是老墙")
    laptop.reload()
    laptop.locator("#sitting[data-ready]").wait_for()
    expect(laptop.locator("#as-kept")).to_be_visible()
    expect(laptop.locator("#words-list li")).to_have_count(2)
    expect(laptop.locator("#kept")).to_contain_text("1 句等着送")
    assert laptop.locator("#words").evaluate("box => getComputedStyle(box).borderTopStyle") == "solid"
    say(laptop, "亲友团补充", "亲友1", "老墙在里头")
    laptop.context.set_offline(False)
    expect(laptop.locator("#kept")).to_contain_text("都存好了", timeout=20_000)
    assert said() == ["墙砌过来半尺", "墙是老墙", "老墙在里头"]
    laptop.reload()
    laptop.locator("#sitting[data-ready]").wait_for()
    expect(laptop.locator("#as-kept")).to_be_hidden()
    expect(laptop.locator("#words-list li")).to_have_count(3)


def test_who_has_signed_out_leaves_no_page_of_a_sitting_behind(laptop, sitting, expected_complaints):
    expected_complaints += ["ERR_INTERNET_DISCONNECTED", "Failed to fetch"]
    kept_here(laptop)
    laptop.locator("header.d-top > .d-me").get_by_role("button", name="退出", exact=True).click()
    laptop.wait_for_url("**/login/**")
    everything = laptop.evaluate(EVERYTHING)
    assert not opens(everything), "nothing is left that would open it"
    laptop.context.set_offline(True)
    laptop.goto(reverse("disputes:sitting", args=[sitting.pk]))
    expect(laptop.get_by_text("没有信号").first).to_be_visible()
    expect(laptop.get_by_text("张三丰")).to_have_count(0)


def test_a_page_of_a_sitting_does_not_open_for_who_signs_in_next(
    laptop, town, sitting, sign_in, expected_complaints
):
    expected_complaints += ["ERR_INTERNET_DISCONNECTED", "Failed to fetch"]
    page = signed_in_as(kept_here(laptop), town.office, sign_in)
    page.goto(reverse("desk"))
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    page.goto(reverse("disputes:sitting", args=[sitting.pk]))
    expect(page.get_by_text("没有信号").first).to_be_visible()


def test_who_signs_in_again_on_another_page_may_lose_the_network_after_it(
    laptop, town, sitting, expected_complaints
):
    expected_complaints += ["403", "Failed to fetch"]
    kept_here(laptop)
    town.secretary.set_password("wushi-2022")
    town.secretary.save()
    laptop.context.clear_cookies()
    other = laptop.context.new_page()
    other.goto("/login/")
    other.fill("[name=username]", town.secretary.username)
    other.fill("[name=password]", "wushi-2022")
    other.keyboard.press("Enter")
    other.wait_for_url("**/desk/")
    say(laptop, "当事人陈述", "张三丰", "墙砌过来半尺")
    expect(laptop.locator("#kept")).to_contain_text("都存好了", timeout=20_000)
    kept_here(laptop)
    laptop.context.set_offline(True)
    laptop.reload()
    laptop.locator("#sitting[data-ready]").wait_for()
    expect(laptop.locator("#as-kept")).to_be_visible()
    expect(laptop.locator("#words-list li")).to_have_count(1)
