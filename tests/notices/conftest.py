"""The cast, a kind of reminder of our own, and a channel through which nothing leaves the machine."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from accounts.models import Channel, NoticeRule
from accounts.notices import Call, Kind, channels, kinds, sending
from tests.people import Town, make_town_of_two

SINCE = "2022-05-01"


@pytest.fixture
def town(db: None) -> Town:
    return make_town_of_two()


@pytest.fixture
def month_end(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Kind]:
    """`month_end(worker=[user], …)`: the only kind with rules, told at month's end to these users, five things each."""

    def make(ask: Callable[..., Any] | None = None, **users: list[Any]) -> Kind:
        def five(month: Any, whom: str) -> Iterator[Call]:
            for user in users.get(whom, ()):
                yield Call(user.pk, 5, "您是金星第一网格的专职网格员", "/v/")

        posts = {"worker": "专职网格员", "leader": "网格长", "secretary": "村党组织书记"}
        kind = Kind("tests.end", "月底的事", "{month}还有 {number} 件没办。", posts, ask or five)
        monkeypatch.setitem(kinds._kinds, kind.code, kind)
        NoticeRule.objects.all().delete()
        for whom, counted, number in (
            ("worker", "date", 31),
            ("leader", "workday", 22),
            ("secretary", "after", 1),
        ):
            NoticeRule.objects.create(kind=kind.code, whom=whom, counted=counted, number=number, since=SINCE)
        return kind

    return make


class Outside:
    """The other side of a channel: what it took, and whether it is up. `address` is what the channel is set up with."""

    def __init__(self) -> None:
        self.up, self.taken, self.asked = True, [], 0

    def take(self, address: str, title: str, words: str) -> bool:
        self.asked += 1
        if self.up:
            self.taken.append((address, title, words))
        return self.up


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Outside:
    """A scheme of our own inside apprise: addresses are read by it as any others, and nothing is sent."""
    from apprise.decorators import notify
    from apprise.manager_plugins import NotificationManager

    found = Outside()

    @notify(on="hongjitest", name="Test")
    def took(body: str, title: str, notify_type: Any, meta: dict, *args: Any, **kwargs: Any) -> bool:
        return found.take(meta["url"], title, body)

    monkeypatch.setitem(channels.WAYS, "hongjitest", "试验")
    yield found
    NotificationManager().remove("hongjitest")


@pytest.fixture
def channel(db: None, outside: Outside) -> Callable[..., Channel]:
    """`channel("hongjitest://group")`: set up as the office does it."""

    def make(address: str = "hongjitest://{phone}", name: str = "短信") -> Channel:
        made = Channel(name=name)
        sending.set_channel(channel=made, address_plain=address)
        return made

    return make
