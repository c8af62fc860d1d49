"""A phone that keeps things: what the tests of the outbox do and ask of it again and again."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from playwright.sync_api import TimeoutError, expect

from tests.browser.hand import Hand
from visits.models import Visit

VISITS = "**/api/visits/*/"

# Everything this phone has, as one text: every store, every cache, every item; bytes as letters.
EVERYTHING = """async () => {
    const text = (value) => {
        if (value instanceof CryptoKey) return value.extractable ? 'KEY THAT CAN BE TAKEN OUT' : 'key';
        if (value instanceof ArrayBuffer) value = new Uint8Array(value);
        if (ArrayBuffer.isView(value)) return new TextDecoder('utf-8').decode(value);
        if (value && typeof value === 'object')
            return Object.entries(value).map(([name, each]) => `${name}:${text(each)}`).join(' ');
        return String(value);
    };
    const parts = [JSON.stringify({...localStorage}), JSON.stringify({...sessionStorage}), document.cookie];
    for (const {name} of await indexedDB.databases()) {
        const db = await new Promise((done, no) => {
            const asked = indexedDB.open(name);
            asked.onsuccess = () => done(asked.result);
            asked.onerror = no;
        });
        for (const store of db.objectStoreNames) {
            const all = db.transaction(store).objectStore(store);
            const ask = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); });
            parts.push(`store ${store}`, text(await ask(all.getAllKeys())));
            parts.push(text(await ask(db.transaction(store).objectStore(store).getAll())));
        }
        db.close();
    }
    for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys())
            parts.push(request.url, await (await cache.match(request)).text());
    }
    return parts.join('\\n');
}"""

# The one record that waits, as many times as wanted, under other numbers.
COPY = """async (many) => {
    const db = await new Promise((done) => {
        const asked = indexedDB.open('hongji');
        asked.onsuccess = () => done(asked.result);
    });
    const work = db.transaction('outbox', 'readwrite');
    const store = work.objectStore('outbox');
    const one = await new Promise((done) => { store.getAll().onsuccess = (found) => done(found.target.result[0]); });
    for (let n = 1; n < many; n += 1) {
        const uuid = `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
        store.put({...one, uuid, order: one.order + n});
    }
    await new Promise((done) => { work.oncomplete = done; });
    db.close();
}"""


class Phone(Hand):
    """A hand with a phone that loses its signal, keeps records and sends them."""

    def ready(self) -> "Phone":
        """The list is drawn, the shell is kept and the pack is here."""
        self.page.locator("a.row").first.wait_for()
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        self.page.wait_for_function("() => navigator.serviceWorker.controller !== null")
        self.until("""async () => {
            const db = await new Promise((done) => {
                const asked = indexedDB.open('hongji');
                asked.onsuccess = () => done(asked.result);
            });
            const count = await new Promise((done) => {
                const asked = db.transaction('kept').objectStore('kept').getAllKeys();
                asked.onsuccess = () => done(asked.result);
            });
            db.close();
            return count.includes('pack') && count.includes('me');
        }""")
        return self

    def signal(self, there: bool) -> None:
        self.page.context.set_offline(not there)

    def toast(self) -> Any:
        return self.page.locator("#toast .toast")

    def band(self) -> Any:
        return self.page.locator("#band")

    def record(self, name: str, *pills: str) -> None:
        """A visit from the list to 记下了."""
        self.tap(self.row(name))
        try:
            self.save().wait_for(timeout=3000)
        except (
            TimeoutError
        ):  # a band came above the list just then, and the finger met what had been higher up
            self.tap(self.row(name))
        for pill in pills:
            self.tap(self.pill(pill))
        self.tap(self.save())
        expect(self.toast()).to_contain_text(f"{name}家")

    def to_outbox(self) -> None:
        self.page.evaluate("location.hash = '#/outbox'")
        expect(self.page.locator("h1")).to_contain_text("发件箱")

    def send_now(self) -> None:
        """现在送, unless the phone tries by itself just then and the button is gone before the finger is there."""
        with suppress(TimeoutError):
            self.page.locator("main").get_by_role("button", name="现在送").tap(timeout=3000)

    def waiting(self) -> Any:
        """The badge beside 发件箱."""
        return self.page.locator('.count[data-tab="/outbox"]')

    def item(self, words: str) -> Any:
        return self.page.locator(".item", has_text=words)

    def arrived(self, count: int) -> None:
        """Wait until the server has that many visits."""
        for _ in range(100):
            if Visit.objects.count() == count:
                break
            self.page.wait_for_timeout(100)
        assert Visit.objects.count() == count

    def multiply(self, many: int) -> None:
        """The one record that waits becomes so many, numbered from 1 behind the first."""
        self.page.evaluate(COPY, many)

    def everything(self) -> str:
        return self.page.evaluate(EVERYTHING)


Hold = Callable[..., Phone]
