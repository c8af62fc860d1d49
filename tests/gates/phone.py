"""A phone without a browser: the protocol of static/js/phone/outbox.js and archive.js, on a net that misbehaves."""

import datetime as dt
import http.client
import json
import random
import socket
import threading
import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from core import clock
from tests.gates.ground import HOST, Server
from tests.visits.sealed import seal_record

KINDS = {200: "ok", 201: "ok", 202: "ok", 401: "signin", 403: "denied", 404: "missing", 409: "conflict"}
KINDS |= dict.fromkeys((400, 413, 422), "invalid")
FINAL = {"invalid": "refused", "missing": "refused", "conflict": "conflict"}
MOST_SEALED = 50
PATIENCE = 60.0
MOST_ROUNDS = 60
# What the net does to a sending. cut: half of the body; deaf: all of it, and nobody reads the answer; both: two at
# once; again: once more after the answer has come.
MISHAPS = ("", "", "", "cut", "deaf", "both", "again")


@dataclass
class Entry:
    """One record: `visit` is the body without the clock at sending, `happened` when it really was; `began` and `ended`
    are the first attempt and the final answer."""

    uuid: str
    visit: dict[str, Any]
    happened: dt.datetime
    sealed: dict[str, str]
    state: str = "waiting"
    number: str = ""
    outcome: str = ""
    told: dict[str, Any] = field(default_factory=dict)
    began: dt.datetime | None = None
    ended: dt.datetime | None = None

    @property
    def underway(self) -> dt.timedelta:
        """How long it was on its way: the server reckons what it cannot know of that as the clock's fault."""
        return self.ended - self.began if self.began and self.ended else dt.timedelta()


class Phone:
    """`cookie` is whoever is signed in on it; `skew` how wrong its clock is."""

    def __init__(
        self, server: Server, cookie: str, *, skew: dt.timedelta = dt.timedelta(0), seed: int = 0
    ) -> None:
        self.server, self.cookie, self.skew = server, cookie, skew
        self.draw = random.Random(seed)
        self.me: dict[str, Any] = {}
        self.outbox: dict[str, Entry] = {}
        self.archive: dict[str, Entry] = {}
        self.flags: dict[str, Any] = {}
        self.epoch = self.csrf = ""
        self.left: set[str] = set()
        self.mishaps = 0
        self._line: http.client.HTTPConnection | None = None

    def now(self) -> dt.datetime:
        """What its clock says."""
        return clock.now() + self.skew

    def open(self) -> "Phone":
        """The page is opened: who am I, and is this the server that gave my receipts?"""
        status, self.me = self.ask("GET", "/api/me/")
        assert status == 200, f"/api/me/ answered {status}: {self.me}"
        return self

    def hand_to(self, cookie: str) -> None:
        """Its owner leaves: what she wrote stays sealed, and somebody else signs in."""
        self.left |= set(self.outbox)
        self.cookie, self.csrf, self._line = cookie, "", None
        self.open()

    def keep(self, visit: dict[str, Any], happened: dt.datetime) -> Entry:
        """保存: stamped with a number and sealed before anything is sent."""
        number = str(uuid.UUID(int=self.draw.getrandbits(128), version=4))
        body = visit | {"happened_at": (happened + self.skew).isoformat()}
        sealed = seal_record(self.me["sealing"], uuid=number, visit=body)
        self.outbox[number] = Entry(number, body, happened, sealed)
        return self.outbox[number]

    # --- asking ------------------------------------------------------------------------------------------------------

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and JSON; 0 where no answer came. A line that was kept open may have died: then once more."""
        kept = self._line is not None
        if self._line is None:
            self._line = http.client.HTTPConnection(HOST, self.server.port, timeout=PATIENCE)
        try:
            self._line.request(method, path, body and json.dumps(body).encode(), self._headers(bool(body)))
            answer = self._line.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self._line.close()
            self._line = None
            return self.ask(method, path, body) if kept else (0, None)
        self.epoch = answer.headers.get("X-Server-Epoch") or self.epoch
        for name, value in answer.headers.items():
            if name.lower() == "set-cookie" and value.startswith("csrftoken="):
                self.csrf = value.partition("=")[2].partition(";")[0]
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, None

    def _headers(self, writes: bool) -> dict[str, str]:
        cookies = f"sessionid={self.cookie}; csrftoken={self.csrf}"
        found = {"Accept": "application/json", "Cookie": cookies}
        if writes:
            found |= {"Content-Type": "application/json", "X-CSRFToken": self.me["csrf"]}
        return found

    def _raw(self, method: str, path: str, body: Any, *, cut: bool) -> None:
        """Send it, whole or half, and close without reading an answer."""
        data = json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", f"Content-Length: {len(data)}"]
        lines += [f"{name}: {value}" for name, value in self._headers(True).items()]
        whole = "\r\n".join([*lines, "", ""]).encode() + (data[: len(data) // 2] if cut else data)
        with suppress(OSError), socket.create_connection((HOST, self.server.port), PATIENCE) as line:
            line.sendall(whole)

    def _send(self, method: str, path: str, body: Any, mishap: str) -> tuple[int, Any]:
        self.mishaps += bool(mishap)
        if mishap in ("cut", "deaf"):
            self._raw(method, path, body, cut=mishap == "cut")
            return 0, None
        if mishap == "both":
            other = threading.Thread(target=self._raw, args=(method, path, body), kwargs={"cut": False})
            other.start()
            answer = self.ask(method, path, body)
            other.join()
            return answer
        answer = self.ask(method, path, body)
        return self.ask(method, path, body) if mishap == "again" else answer

    # --- the outbox --------------------------------------------------------------------------------------------------

    def send_all(self, *, mishaps: Iterable[str] = ("",), seconds: float = 300.0) -> None:
        """Try until everything has a final answer, or for too long."""
        kinds, end = list(mishaps), time.monotonic() + seconds
        for turn in range(MOST_ROUNDS):
            waiting = [entry for entry in self.outbox.values() if entry.state == "waiting"]
            if not waiting or time.monotonic() > end:
                return
            self.draw.shuffle(waiting)
            calm = turn > MOST_ROUNDS // 2
            for entry in waiting:
                if entry.uuid not in self.left and time.monotonic() < end:
                    self._send_own(entry, "" if calm else self.draw.choice(kinds))
            self._send_left([each for each in waiting if each.uuid in self.left], self.draw.choice(kinds))
            threading.Event().wait(0.05 * min(turn, 10))  # as a phone would: not at once again

    def _send_own(self, entry: Entry, mishap: str) -> None:
        entry.began = entry.began or clock.now()
        body = entry.visit | {"sent_at": self.now().isoformat()}
        status, told = self._send("PUT", f"/api/visits/{entry.uuid}/", body, mishap)
        kind = KINDS.get(status, "broken")
        if kind == "ok" and told and told.get("number"):
            entry.told = told
            self._file(entry, told["number"], told["outcome"])
        elif kind in FINAL:
            entry.state, entry.told = FINAL[kind], told or {}

    def _send_left(self, entries: list[Entry], mishap: str) -> None:
        def settle(entry: Entry, answer: dict[str, str]) -> None:
            if answer["outcome"] in ("accepted", "held"):
                self._file(entry, answer["number"], answer["outcome"])
            elif answer["outcome"] != "later":
                entry.state = "conflict" if answer["outcome"] == "conflict" else "stuck"

        self._offer(entries, settle, mishap)

    def _offer(self, entries: list[Entry], settle: Any, mishap: str = "") -> bool:
        for first in range(0, len(entries), MOST_SEALED):
            batch = entries[first : first + MOST_SEALED]
            for entry in batch:
                entry.began = entry.began or clock.now()
            body = {"sealed": [each.sealed for each in batch], "sent_at": self.now().isoformat()}
            status, told = self._send("POST", "/api/sealed/", body, mishap)
            if KINDS.get(status) != "ok" or not told or "answers" not in told:
                return False
            known = {each["uuid"]: each for each in told["answers"]}
            for entry in batch:
                if entry.uuid in known:
                    settle(entry, known[entry.uuid])
        return True

    def _file(self, entry: Entry, number: str, outcome: str) -> None:
        entry.state, entry.number, entry.outcome = "delivered", number, outcome
        entry.ended = clock.now()
        self.archive[entry.uuid] = entry
        self.outbox.pop(entry.uuid, None)
        self.flags["receipt"] = {"number": number, "uuid": entry.uuid}

    # --- a server set back in time -----------------------------------------------------------------------------------

    def check(self) -> str:
        """archive.js's check: "" if this is the server that gave the receipts, else by what it was noticed."""
        known, why = self.flags.get("epoch"), ""
        if known and known != self.epoch:
            why = "epoch"
        elif not self._remembered():
            why = "receipt"
        # In the order in which they were sent: the last one is the receipt that is asked after next time.
        if why and not self._offer(list(self.archive.values()), self._offered):
            return "not all"
        self.flags["epoch"] = self.epoch
        return why

    def _remembered(self) -> bool:
        if not self.flags.get("receipt"):
            return True
        status, told = self.ask("POST", "/api/receipts/", self.flags["receipt"])
        return status != 200 or told["known"] is not False

    def _offered(self, entry: Entry, answer: dict[str, str]) -> None:
        entry.outcome = answer["outcome"]
        if answer["number"]:
            entry.number = answer["number"]
            self.flags["receipt"] = {"number": entry.number, "uuid": entry.uuid}
