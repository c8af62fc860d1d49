"""The phone's pages where nothing gets through: they open, show the pack, and take a new release only when
asked."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from hongji import phone as pages
from tests.browser.offline import Hold, Phone
from tests.conftest import PHONE_AGENT
from tests.people import Town
from visits.models import Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

GONE = "ERR_INTERNET_DISCONNECTED"
# The key's life made ten days longer.
LASTING = """async () => {
    const answer = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); });
    const db = await answer(indexedDB.open('hongji'));
    const store = db.transaction('keys', 'readwrite').objectStore('keys');
    const key = await answer(store.get('key'));
    await answer(store.put({...key, until: key.until + 10 * 86400000}, 'key'));
    db.close();
}"""
# The names of what is kept encrypted.
NAMES = """async () => {
    const answer = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); });
    const db = await answer(indexedDB.open('hongji'));
    const names = await answer(db.transaction('kept').objectStore('kept').getAllKeys());
    db.close();
    return JSON.stringify(names);
}"""


@pytest.fixture
def phone(town: Town, keeping: Hold) -> Phone:
    return keeping(town.worker).ready()


def test_without_a_signal_the_board_counts_what_was_walked(
    phone: Phone, expected_complaints: list[str]
) -> None:
    expected_complaints.append(GONE)
    board = phone.page.locator(".board")
    phone.signal(False)
    phone.record("张三丰")
    expect(board).to_contain_text("1无事0有事1待访")
    phone.record("李㻞", "矛盾")
    expect(board).to_contain_text("1无事1有事0待访")
    phone.page.reload()
    expect(phone.page.get_by_text("手机里存的名单")).to_be_visible()
    expect(board).to_contain_text("1无事1有事0待访")


def test_without_a_signal_the_list_the_card_and_a_form_never_opened_before_are_there(
    phone: Phone, expected_complaints: list[str]
) -> None:
    expected_complaints.append(GONE)
    phone.signal(False)
    phone.page.goto("/v/")
    expect(phone.row("张三丰")).to_be_visible()
    expect(phone.page.get_by_text("手机里存的名单")).to_be_visible()
    expect(phone.page.locator("h1")).to_contain_text("金星第一网格")
    phone.tap(phone.row("王大春"))
    phone.tap(phone.page.locator("summary", has_text="家里人"))
    expect(phone.page.get_by_text("李秀英").first).to_be_visible()
    phone.tap(phone.save())
    expect(phone.toast()).to_contain_text("王大春家“无事”记下了")
    phone.page.reload()
    expect(phone.row("张三丰")).to_be_visible()
    expect(phone.row("王大春")).to_have_count(0)
    phone.signal(True)
    phone.page.reload()
    phone.arrived(1)
    phone.to_outbox()
    expect(phone.item("王大春家")).to_contain_text(Visit.objects.get().receipt)


def test_the_pack_is_gone_after_seven_days(
    town: Town, keeping: Hold, page_phone: Any, expected_complaints: list[str]
) -> None:
    expected_complaints.append(GONE)
    phone = keeping(town.worker).ready()
    phone.signal(False)
    # The key that opens it would end long before: here it lives on, so that it is the pack that ends.
    page_phone.evaluate(LASTING)
    page_phone.add_init_script("const real = Date.now; Date.now = () => real() + 6 * 86400000;")
    page_phone.goto("/v/")
    expect(phone.row("张三丰")).to_be_visible()
    page_phone.add_init_script("const nearly = Date.now; Date.now = () => nearly() + 2 * 86400000;")
    page_phone.reload()
    expect(page_phone.get_by_text("没有信号").first).to_be_visible()
    expect(phone.row("张三丰")).to_have_count(0)
    assert '"pack"' not in phone.page.evaluate(NAMES)


def test_another_page_says_in_words_that_it_needs_a_signal(
    phone: Phone, expected_complaints: list[str]
) -> None:
    expected_complaints += [GONE, "ERR_FAILED"]
    phone.signal(False)
    phone.page.goto("/words/")
    expect(phone.page.locator("h1")).to_have_text("没有信号")
    phone.tap(phone.page.get_by_role("link", name="去走访"))
    expect(phone.row("张三丰")).to_be_visible()


def test_no_answer_of_the_api_and_no_name_is_in_a_cache(phone: Phone) -> None:
    kept = phone.page.evaluate(
        """async () => {
            const found = [];
            for (const name of await caches.keys())
                for (const request of await (await caches.open(name)).keys()) found.push(new URL(request.url).pathname);
            return found;
        }"""
    )
    assert "/v/" in kept
    assert not [path for path in kept if path.startswith("/api/")]
    assert "张三丰" not in phone.everything()
    assert "KEY THAT CAN BE TAKEN OUT" not in phone.everything()


def test_a_new_release_waits_until_it_is_asked_for_and_drafts_stay(
    phone: Phone, monkeypatch: pytest.MonkeyPatch, expected_complaints: list[str]
) -> None:
    phone.tap(phone.row("张三丰"))
    phone.tap(phone.pill("人才"))
    phone.page.locator("[name=words-talent]").press_sequentially("会修农机")
    old = pages.release()
    monkeypatch.setattr(pages, "release", lambda: old | {"version": "another"})
    phone.page.evaluate("navigator.serviceWorker.ready.then(found => found.update())")
    phone.until("navigator.serviceWorker.getRegistration().then(found => Boolean(found.waiting))")
    expect(phone.page.get_by_text("有新版本")).to_have_count(0)
    expect(phone.page.locator("[name=words-talent]")).to_have_value("会修农机")
    phone.tap(phone.page.get_by_role("link", name="返回"))
    phone.tap(phone.band().get_by_role("button", name="点这里换上"))
    phone.until("caches.keys().then(names => names.includes('shell-another'))")
    expect(phone.row("张三丰")).to_contain_text("记了一半，还没保存")
    phone.tap(phone.row("张三丰"))
    expect(phone.page.locator("[name=words-talent]")).to_have_value("会修农机")
    assert (
        phone.page.evaluate(
            "caches.keys().then(names => names.filter(name => name.startsWith('shell-')).length)"
        )
        == 1
    )


def test_the_manifest_opens_the_visits_from_the_home_screen(phone: Phone) -> None:
    told = phone.page.evaluate(
        "fetch(document.querySelector('link[rel=manifest]').href).then(answer => answer.json())"
    )
    assert told["start_url"] == "/v/"
    for icon in told["icons"]:
        answer = phone.page.request.get(icon["src"])
        assert answer.ok
        assert answer.headers["content-type"] == "image/png"
    phone.page.evaluate("location.hash = '#/me'")
    expect(phone.page.get_by_text("放到手机桌面")).to_be_visible()


@pytest.fixture
def far_phone(live_server: Any, settings: Any, chromium: Any) -> Iterator[Any]:
    """A phone that knows the server by a name that is neither HTTPS nor localhost."""
    settings.ALLOWED_HOSTS = ["*"]
    port = live_server.url.rpartition(":")[2]
    browser = chromium.browser_type.launch(
        executable_path=_path(chromium),
        args=["--no-sandbox", "--host-resolver-rules=MAP hongji.test 127.0.0.1"],
    )
    context = browser.new_context(
        base_url=f"http://hongji.test:{port}",
        viewport={"width": 360, "height": 740},
        is_mobile=True,
        has_touch=True,
        user_agent=PHONE_AGENT,
        locale="zh-CN",
    )
    yield context.new_page()
    browser.close()


def _path(chromium: Any) -> str:
    import shutil

    from tests.conftest import CHROMIUM_NAMES

    return next(found for name in CHROMIUM_NAMES if (found := shutil.which(name)))


def test_without_https_nothing_is_kept_the_form_waits_for_the_answer_and_the_page_says_why(
    town: Town, far_phone: Any, client: Any
) -> None:
    from django.conf import settings as configured

    client.force_login(town.worker)
    name = configured.SESSION_COOKIE_NAME
    page = far_phone
    page.goto("/login/")
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": page.url}])
    page.goto("/v/")
    phone = Phone(page)
    expect(phone.row("张三丰")).to_be_visible()
    assert page.evaluate("isSecureContext") is False
    expect(page.get_by_text("这个网址不是 https，手机上什么也不存")).to_be_visible()
    expect(page.get_by_role("link", name="发件箱")).to_have_count(0)
    page.context.set_offline(True)
    phone.tap(phone.row("张三丰"))
    phone.tap(phone.save())
    expect(page.locator(".note")).to_contain_text("没有信号，记的还在这一页")
    page.context.set_offline(False)
    phone.tap(phone.save())
    expect(phone.toast()).to_contain_text("送达")
    assert Visit.objects.count() == 1
    assert page.evaluate("indexedDB.databases().then(found => found.length)") == 0
    page.evaluate("location.hash = '#/me'")
    expect(page.get_by_text("手机上什么也不存")).to_be_visible()


def full_outbox(phone: Phone) -> None:
    """Something in each part: refused, waiting, arrived."""
    phone.record("李㻞")
    expect(phone.toast()).to_contain_text("送达")
    phone.page.route(
        "**/api/visits/*/",
        lambda route: route.fulfill(status=422, json={"errors": {"day": ["这一天还没到，改成今天或以前。"]}}),
    )
    phone.record("张三丰")
    expect(phone.band()).to_contain_text("1 条没收")
    phone.page.unroute("**/api/visits/*/")
    phone.signal(False)
    phone.record("王大春", "矛盾")
    phone.to_outbox()
    expect(phone.item("王大春家")).to_be_visible()
    phone.page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")


def test_the_outbox_has_no_fault_and_everything_tapped_on_it_is_large_enough(
    phone: Phone, axe: Callable[[Any], list[str]], expected_complaints: list[str]
) -> None:
    expected_complaints += [GONE, "422"]
    full_outbox(phone)
    assert axe(phone.page) == []
    small = phone.page.evaluate(
        """() => [...document.querySelectorAll('a, button, summary, label.pick')]
            .filter(node => node.offsetParent && node.getBoundingClientRect().height < 43.5)
            .map(node => node.outerHTML.slice(0, 90))"""
    )
    assert small == []
    assert phone.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.page.evaluate("location.hash = '#/'")
    expect(phone.page.get_by_text("手机里存的名单")).to_be_visible()
    assert axe(phone.page) == []
