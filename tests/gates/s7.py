"""S7: two people and one phone, in a real Chromium: the second reads nothing of the first, and sends what she left."""

import base64
import os
import re
import shutil
import threading
import time
from collections.abc import Iterator
from typing import Any

from django.db.models import F

from accounts.models import User
from core import clock
from grids.models import Household, Person
from tests.browser.offline import Phone
from tests.conftest import CHROMIUM_FLAGS, CHROMIUM_NAMES, PHONE_AGENT
from tests.gates.ground import Server, served
from tests.gates.line import Line, Size
from tests.people import PASSWORD
from visits.models import Finding, Visit

FIRST, SECOND = "wanggeyuan", "qiaoji"  # the second is of another village and may read nothing of the first's
WORDS, DRAFT = "雀语腿脚不便要人扶", "雀语写了一半没存"
PAGES = ("#/", "#/todo", "#/find", "#/outbox", "#/me", "#/h/{zhang}", "#/h/{zhang}/visit", "#/h/{zhang}/more")
ARRIVES = 60.0

# Everything that a script of this origin can get at, each value as base64 of its bytes; what is encrypted also opened,
# with every key that lies about.
DUMP = """async () => {
    const out = [], keys = [], closed = [];
    const bytes = (data) => {
        const view = ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
            : new Uint8Array(data);
        let text = '';
        for (let at = 0; at < view.length; at += 8192)
            text += String.fromCharCode(...view.subarray(at, at + 8192));
        return btoa(text);
    };
    const say = (where, text) => out.push([where, bytes(new TextEncoder().encode(text))]);
    const walk = async (where, value) => {
        if (value instanceof CryptoKey) {
            keys.push(value);
            say(where, value.extractable ? 'EXTRACTABLE KEY' : 'key');
        } else if (value instanceof Blob) out.push([where, bytes(await value.arrayBuffer())]);
        else if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) out.push([where, bytes(value)]);
        else if (value && typeof value === 'object') {
            if (value.iv && value.data) closed.push([where, value]);
            for (const [name, each] of Object.entries(value)) await walk(`${where}.${name}`, each);
        } else say(where, String(value));
    };
    say('localStorage', JSON.stringify({...localStorage}));
    say('sessionStorage', JSON.stringify({...sessionStorage}));
    say('cookie', document.cookie);
    const answer = (request) => new Promise((done, no) => {
        request.onsuccess = () => done(request.result);
        request.onerror = () => no(request.error);
    });
    for (const {name} of await indexedDB.databases()) {
        const db = await answer(indexedDB.open(name));
        for (const store of db.objectStoreNames) {
            const at = () => db.transaction(store).objectStore(store);
            await walk(`${name}/${store} keys`, await answer(at().getAllKeys()));
            await walk(`${name}/${store}`, await answer(at().getAll()));
        }
        db.close();
    }
    for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) {
            const kept = await cache.match(request);
            say(`cache ${name}`, request.url + ' ' + JSON.stringify([...kept.headers]));
            out.push([`cache ${name} ${request.url}`, bytes(await kept.clone().arrayBuffer())]);
        }
    }
    for (const key of keys) for (const [where, {iv, data}] of closed) try {
        out.push([`opened ${where}`, bytes(await crypto.subtle.decrypt({name: 'AES-GCM', iv}, key, data))]);
    } catch { /* another key's */ }
    return out;
}"""


def run(size: Size) -> Iterator[Line]:
    path = next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)
    if path is None:
        yield Line(
            "两人一机", "", ["没有 Chromium，这道门没有演（Debian：apt install chromium fonts-noto-cjk）"]
        )
        return
    from playwright.sync_api import sync_playwright

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright keeps an event loop in this thread
    canaries = _canaries()
    with served() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        for way in (_leaves_by_hand, _is_followed_unasked):
            yield from _played(browser, server, way, canaries)
        browser.close()


def _canaries() -> list[str]:
    """Words that stand nowhere but in the first one's village: her own name, people, addresses, telephones, notes."""
    homes = Household.objects.filter(village__name="金星村")
    for home in homes:
        home.address = f"金丝雀巷{home.pk}弄"
        home.save(update_fields=["address"])
    found = {*homes.values_list("head_name", flat=True), *homes.values_list("address", flat=True)}
    found |= set(Person.objects.filter(household__in=homes).values_list("name", flat=True))
    found |= {home.phone.open() for home in homes if home.phone}
    return sorted({each for each in found if len(each) > 1} | {WORDS, DRAFT, "雀语"})


# --- the first one ---------------------------------------------------------------------------------------------------


def _played(browser: Any, server: Server, way: Any, canaries: list[str]) -> Iterator[Line]:
    context = browser.new_context(
        base_url=server.url,
        viewport={"width": 360, "height": 740},
        is_mobile=True,
        has_touch=True,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        user_agent=PHONE_AGENT,
    )
    context.set_default_timeout(30_000)
    phone = Phone(context.new_page())
    try:
        had = set(Visit.objects.values_list("pk", flat=True))
        sees = _first(phone, server)
        line = Line(_SAYS[way], "")
        line.must(sees, "the first one saw no canary: the gate shows nothing")
        # Who takes the phone to pieces while she is signed in finds the key that opens it, and no plain word.
        line.wrong += _found(phone, canaries, "signed in", opened=False)
        yield from way(phone, server, line, canaries, had)
    finally:
        context.close()


def _first(phone: Phone, server: Server) -> bool:
    """Signs in, opens a card, sends a visit, loses the signal, records two, begins a third. Whether she saw names."""
    _sign_in(phone, FIRST)
    phone.ready()
    seen = "张三丰" in phone.page.content()
    phone.record("王大春")  # with a signal: it lies in the archive
    phone.page.locator("#toast").get_by_text("送达").wait_for()
    phone.signal(False)
    phone.tap(phone.row("张三丰"))
    phone.tap(phone.pill("弱势群体"))
    phone.page.locator("[name=words-weak]").fill(WORDS)
    phone.tap(phone.save())
    phone.page.locator("#toast").get_by_text("记下了").wait_for()
    phone.tap(phone.row("李"))
    phone.tap(phone.pill("人才"))
    phone.page.locator("[name=words-talent]").fill(DRAFT)
    phone.page.wait_for_function(_COUNT, arg="drafts")
    phone.tap(phone.page.get_by_role("link", name="返回"))
    return seen


_COUNT = """async (store) => {
    const answer = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); });
    const db = await answer(indexedDB.open('hongji'));
    const count = await answer(db.transaction(store).objectStore(store).count());
    db.close();
    return count > 0;
}"""


def _sign_in(phone: Phone, username: str) -> None:
    if "/login/" not in phone.page.url:
        phone.page.goto("/login/?next=/v/")
    phone.page.locator("[name=username]").fill(username)
    phone.page.locator("[name=password]").fill(PASSWORD)
    phone.page.get_by_role("button", name="登录").tap()
    phone.page.wait_for_url("**/v/**")
    phone.page.locator("main").wait_for()


# --- and the second --------------------------------------------------------------------------------------------------


def _leaves_by_hand(
    phone: Phone, server: Server, line: Line, canaries: list[str], had: set[int]
) -> Iterator[Line]:
    """She signs out without a signal; then the other one signs in."""
    page = phone.page
    page.evaluate("location.hash = '#/me'")
    phone.tap(page.get_by_role("button", name="退出", exact=True))
    phone.tap(page.get_by_role("button", name="不要了，退出"))
    page.get_by_text("退出了").first.wait_for()
    line.wrong += _found(phone, canaries, "signed out, no signal")
    for place in ("/v/", "/v/#/outbox", f"/v/#/h/{_zhang()}", "/desk/"):
        page.goto(place)
        page.locator("main").wait_for()
        line.wrong += _shown(phone, canaries, f"{place}, no signal")
    phone.signal(True)
    page.wait_for_url("**/login/**")
    yield from _second(phone, line, canaries, had)


def _is_followed_unasked(
    phone: Phone, server: Server, line: Line, canaries: list[str], had: set[int]
) -> Iterator[Line]:
    """She forgets to sign out; her session has lapsed when the other one takes the phone."""
    phone.page.context.clear_cookies()
    phone.signal(True)
    yield from _second(phone, line, canaries, had)


def _second(phone: Phone, line: Line, canaries: list[str], had: set[int]) -> Iterator[Line]:
    _sign_in(phone, SECOND)
    phone.page.get_by_text("陈小军").first.wait_for()
    own = [each for each in canaries if each != User.objects.get(username=SECOND).name]
    for place in (*PAGES, "/desk/", "/me/", f"/desk/households/{_zhang()}/"):
        phone.page.goto(
            place.format(zhang=_zhang()) if place.startswith("/") else f"/v/{place}".format(zhang=_zhang())
        )
        phone.page.locator("body").wait_for()
        phone.page.wait_for_load_state("networkidle")
        line.wrong += _shown(phone, own, place)
    phone.page.goto("/v/")
    phone.page.get_by_text("陈小军").first.wait_for()
    new = _wait_for(2, had)
    line.wrong += _found(phone, own, "the second one signed in")
    line.done = f"{len(canaries)} 个记号，{len(PAGES) + 3} 页；IndexedDB、缓存、存储逐字节"
    yield line
    yield _credited(new)


_SAYS = {_leaves_by_hand: "甲没有信号时退出，乙登录", _is_followed_unasked: "甲没退出就过期，乙登录"}


def _zhang() -> int:
    return Household.objects.get(number="060001").pk


def _wait_for(count: int, had: set[int]) -> list[Visit]:
    """The visits that have come since, once there are so many or it has taken too long."""
    end = time.monotonic() + ARRIVES
    while True:
        new = list(Visit.objects.exclude(pk__in=had).select_related("visitor", "household").order_by("pk"))
        if len(new) >= count or time.monotonic() > end:
            return new
        threading.Event().wait(0.2)


def _credited(new: list[Visit]) -> Line:
    """Nothing of the first one's is lost, and it is hers."""
    line = Line("甲没送的，由乙的登录送到", f"{len(new)} 条到了，都记在甲名下")
    heads = sorted(visit.household.head_name for visit in new)
    line.must(heads == sorted(["王大春", "张三丰"]), f"arrived: {heads}")
    line.must({visit.visitor.username for visit in new} == {FIRST}, "credited to somebody else")
    line.must({visit.day for visit in new} <= {clock.today()}, "credited to another day")
    found = Finding.objects.filter(visit__in=new, household_id=F("visit__household_id"))
    line.must([each.words for each in found] == [WORDS], "what she found is not as she wrote it")
    _take_back(new)
    return line


def _take_back(new: list[Visit]) -> None:
    """The households are owed again for the next round."""
    from visits.models import Obligation

    Obligation.objects.filter(visit__in=new).update(visit=None, discharged_on=None)
    Finding.objects.filter(visit__in=new).delete()
    Visit.objects.filter(pk__in=[visit.pk for visit in new]).delete()


# --- looking for canaries --------------------------------------------------------------------------------------------


def _shown(phone: Phone, canaries: list[str], where: str) -> list[str]:
    text = phone.page.content()
    return [f"{where} shows {each}" for each in canaries if each in text]


def _found(phone: Phone, canaries: list[str], where: str, *, opened: bool = True) -> list[str]:
    """Canaries in anything kept: as UTF-8, UTF-16, in JSON's escapes, and inside base64 of any of these; with `opened`
    also in what the keys that lie about open."""
    wrong = []
    for place, encoded in phone.page.evaluate(DUMP):
        if place.startswith("opened ") and not opened:
            continue
        data = base64.b64decode(encoded)
        for layer in (data, *_inside(data)):
            wrong += [f"{where}: {each} in {place}" for each in canaries if _holds(layer, each)]
            if b"EXTRACTABLE KEY" in layer:
                wrong.append(f"{where}: a key that can be taken out in {place}")
    return wrong[:5]


def _holds(data: bytes, canary: str) -> bool:
    escaped = canary.encode("unicode_escape").decode()
    forms = {canary.encode(), canary.encode("utf-16-le"), canary.encode("utf-16-be"), escaped.encode()}
    return any(form in data for form in forms)


def _inside(data: bytes) -> Iterator[bytes]:
    for run_of in re.findall(rb"[A-Za-z0-9+/_-]{16,}={0,2}", data):
        plain = run_of.translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
        yield base64.b64decode(plain + b"=" * (-len(plain) % 4)) if len(plain) % 4 != 1 else b""
