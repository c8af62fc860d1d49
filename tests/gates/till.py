"""A shopkeeper at his page, without a browser: the protocol of static/js/shop.js on ground that gives way."""

import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlencode

from points.models import Goods
from tests.gates.ground import HOST, Server
from tests.points.market import PIN

PATIENCE = 180.0  # seconds until something has to be answered
WAIT = 0.2
# How a button is pressed again: two at once; after an answer that nobody read; after the answer; after the next ones.
BOTH, DEAF, AGAIN, LATE = "both", "deaf", "again", "late"
MISHAPS = (BOTH, DEAF, AGAIN, LATE)
REFUSED = "refused"


@dataclass
class Sale:
    """What a household takes. `number` is its key once the card was scanned; `answers`: all that was said of it."""

    home: int
    code: str
    wanted: list[tuple[Goods, int]]
    mishaps: list[str] = field(default_factory=list)
    number: str = ""
    form: dict[str, str] = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)

    @property
    def points(self) -> int:
        return sum(goods.points * number for goods, number in self.wanted)

    @property
    def place(self) -> str:
        return f"/shop/{self.number}/"

    @property
    def handed_out(self) -> bool:
        return any(answer != REFUSED for answer in self.answers)


@dataclass
class Page:
    status: int
    text: str
    goes: str


class Stuck(Exception):
    """Asked again and again, and never answered."""


class Astray(Exception):
    """An answer, and another page than the one that had to come."""


class Till:
    """One shopkeeper, signed in, on a line that he keeps open. `unanswered` counts what had to be asked again."""

    def __init__(self, server: Server, cookie: str) -> None:
        self.server, self.cookie = server, cookie
        self.csrf = self.scans_with = ""
        self.unanswered = 0
        self._line: http.client.HTTPConnection | None = None

    def open(self) -> "Till":
        self.scans_with = _token(self._until_answered(lambda: self._ask("GET", "/shop/")).text)
        return self

    def sell(self, sale: Sale) -> None:
        """All of it but what comes late."""
        self._scan(sale)
        for mishap in sale.mishaps:
            if mishap == DEAF:
                self._deaf(sale)
        both = sale.mishaps.count(BOTH)
        others = [self._beside(sale) for _ in range(both)]
        for each in others:
            each.start()
        self.press(sale)
        for each in others:
            each.join()
        for mishap in sale.mishaps:
            if mishap == AGAIN:
                self.press(sale)

    def press(self, sale: Sale) -> None:
        """兑换, until there is an answer; and the page that it leads to."""
        page = self._until_answered(lambda: self._ask("POST", sale.place, sale.form))
        if page.goes == f"{sale.place}done/":
            sale.answers.append(self._done(page.goes))
        elif page.status == 422 or page.goes == "/shop/":
            sale.answers.append(REFUSED)
        else:
            sale.answers.append(f"{page.status} {page.goes} {_words(page.text)}")

    def forget(self) -> int:
        """How much was not answered since last asked."""
        found, self.unanswered = self.unanswered, 0
        return found

    def close(self) -> None:
        if self._line:
            self._line.close()
            self._line = None

    def _scan(self, sale: Sale) -> None:
        said = {"code": sale.code, "csrfmiddlewaretoken": self.scans_with}
        page = self._until_answered(lambda: self._ask("POST", "/shop/", said))
        found = re.fullmatch(r"/shop/([0-9a-f-]{36})/", page.goes)
        if not found:
            raise Astray(f"卡没有收下：{page.status} {page.goes} {_words(page.text)}")
        sale.number = found[1]
        shelf = self._until_answered(lambda: self._ask("GET", sale.place)).text
        prices = re.findall(r'name="(p-\d+)" value="(\d+)"', shelf)
        if not prices:
            raise Astray(f"{sale.number} 的页上没有东西可选：{_words(shelf)}")
        numbers = {f"n-{goods.pk}": str(number) for goods, number in sale.wanted}
        sale.form = {**dict(prices), **numbers, "pin": PIN, "csrfmiddlewaretoken": _token(shelf)}

    def _done(self, place: str) -> str:
        page = self._until_answered(lambda: self._ask("GET", place))
        number = re.search(r"DH-\d{4}-\d{4,}", page.text)
        facts = re.search(r'<dl class="facts">(.*?)</dl>', page.text, re.DOTALL)
        if not number or not facts:
            return f"{page.status} instead of what was done"
        return " ".join([number[0], *re.sub(r"<[^>]+>", " ", facts[1]).split()])

    def _beside(self, sale: Sale) -> threading.Thread:
        """The same button in the same instant on another line."""

        def press() -> None:
            other = Till(self.server, self.cookie)
            other.csrf = self.csrf
            try:
                other.press(sale)
            except Stuck:
                sale.answers.append("no answer")
            finally:
                other.close()
                self.unanswered += other.unanswered

        return threading.Thread(target=press)

    def _deaf(self, sale: Sale) -> None:
        """All of it is sent, and nobody waits for the answer."""
        data = urlencode(sale.form).encode()
        head = {"Host": HOST, "Content-Length": str(len(data)), **self._headers(True)}
        lines = [f"POST {sale.place} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
        with suppress(OSError), socket.create_connection((HOST, self.server.port), 10) as line:
            line.sendall("\r\n".join([*lines, "", ""]).encode() + data)

    # --- asking ------------------------------------------------------------------------------------------------------

    def _until_answered(self, ask: Callable[[], Page | None]) -> Page:
        """No line, no answer, or one that says it went wrong: the same once more, as the page and its reader do.

        400 is one of them: so Django says that it could not save the session (SessionInterrupted), the database away.
        """
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            page = ask()
            if page is not None and page.status < 500 and page.status != 400:
                return page
            self.unanswered += 1
            threading.Event().wait(WAIT)
        raise Stuck

    def _headers(self, writes: bool) -> dict[str, str]:
        found = {"Accept": "application/json", "Cookie": f"sessionid={self.cookie}; csrftoken={self.csrf}"}
        return found | ({"Content-Type": "application/x-www-form-urlencoded"} if writes else {})

    def _ask(self, method: str, path: str, form: dict[str, str] | None = None) -> Page | None:
        """None where no answer came."""
        if self._line is None:
            self._line = http.client.HTTPConnection(HOST, self.server.port, timeout=60)
        try:
            body = urlencode(form).encode() if form else None
            self._line.request(method, path, body, self._headers(form is not None))
            answer = self._line.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException):
            self.close()
            return None
        for name, value in answer.headers.items():
            if name.lower() == "set-cookie" and value.startswith("csrftoken="):
                self.csrf = value.partition("=")[2].partition(";")[0]
        goes = answer.headers.get("Location") or ""
        if (answer.headers.get("Content-Type") or "").startswith("application/json"):
            goes = json.loads(text)["go"]
        return Page(answer.status, text, goes)


def _token(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    if not found:
        raise Astray(f"页上没有表：{_words(page)}")
    return found[1]


def _words(page: str) -> str:
    """The first words of what stands on it, for who has to find out what went wrong."""
    body = page.partition("<main")[2] or page
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())[:200]
