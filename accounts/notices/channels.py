"""The one place that knows apprise: what a channel's address may be, and how one text is handed over.

apprise is loaded only when there is something to send. It would log addresses, and a phone may stand in one.
"""

import logging
import re
from typing import Any
from urllib.parse import quote

from django.core.exceptions import ValidationError

# What a town uses, under the name the office knows it by; no others: apprise also writes files and runs programs.
WAYS = {
    "wecombot": "企业微信群机器人",
    "dingtalk": "钉钉群机器人",
    "feishu": "飞书群机器人",
    "mailto": "邮件",
    "mailtos": "邮件",
    "json": "短信网关或别的接口",
    "jsons": "短信网关或别的接口",
    "form": "短信网关或别的接口",
    "forms": "短信网关或别的接口",
    "xml": "短信网关或别的接口",
    "xmls": "短信网关或别的接口",
}
HOLES = {"phone": "手机号", "email": "邮箱"}
SECONDS = 15

_HOLE = re.compile(r"\{([^}]*)\}")


class NotSent(Exception):
    """The other side did not take it; the sentence names no address."""


class NoAddress(Exception):
    """This person cannot be reached this way."""


def way_of(address: str) -> str:
    """What kind of channel an address is; ValidationError if it is none that we send through."""
    way = WAYS.get(address.partition("://")[0].lower())
    if way is None:
        raise ValidationError({"address_plain": f"地址的开头要是这几种：{'、'.join(WAYS)}，后面跟 ://。"})
    holes = set(_HOLE.findall(address))
    if unknown := holes - HOLES.keys():
        raise ValidationError(
            {"address_plain": f"大括号里只能写 phone 或 email，不能写 {'、'.join(unknown)}。"}
        )
    try:
        opened = _open(_HOLE.sub("19900000000", address))
    except NotSent as fault:
        raise ValidationError({"address_plain": f"{fault}，先请管服务器的人装上。"}) from None
    if opened is None:
        raise ValidationError({"address_plain": "这个地址不完整，照对方给的样子再填一次。"})
    return way


def for_each(address: str) -> bool:
    """Whether it reaches one person at a time."""
    return bool(_HOLE.search(address))


def address_of(address: str, user: Any) -> str:
    """The address with the user's phone or mail in it; NoAddress if he has none."""
    known = {"phone": user.phone.open() if user.phone else "", "email": user.email}

    def put(hole: re.Match[str]) -> str:
        if not (value := known[hole[1]]):
            raise NoAddress(f"账号上没有{HOLES[hole[1]]}。")
        return quote(value, safe="@")

    return _HOLE.sub(put, address)


def send(address: str, title: str, words: str) -> None:
    """Hand one text over; NotSent if it was not taken."""
    opened = _open(address)
    if opened is None:
        raise NotSent("地址不对")
    try:
        taken = opened.notify(body=words, title=title, body_format="text", timeout=SECONDS)
    except Exception as fault:  # a plugin's own faults, of any kind: nothing of it may stop the others
        raise NotSent(f"发送时出错（{type(fault).__name__}）") from None
    if not taken:
        raise NotSent("对方没有收下，或者连不上")


def _open(address: str) -> Any:
    """An apprise object for the address; None if it does not understand it. NotSent if apprise is not installed."""
    try:
        import apprise
    except ImportError:
        raise NotSent("没有装 apprise") from None
    for name in ("apprise", "urllib3", "requests"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    found = apprise.Apprise()
    return found if found.add(address) else None
