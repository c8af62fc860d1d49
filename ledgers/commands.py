"""What the ledger commands share: who asks, which ledger, which place; a refusal is one sentence, never a traceback."""

import datetime as dt
import errno
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError

from core import clock
from core.ledger import Ledger, all_ledgers, get
from core.scope import OPERATOR
from grids.models import Territory
from grids.places import NoSuchPlace, find_territory

WHY = {
    errno.ENOENT: "没有这个文件夹",
    errno.ENOTDIR: "没有这个文件夹",
    errno.EISDIR: "这是一个文件夹，后面要写上文件名",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EROFS: "这里只能读，不能写",
    errno.ENOSPC: "磁盘满了",
    errno.EDQUOT: "磁盘满了",
    errno.ENAMETOOLONG: "文件名太长",
}


def why_broken(broken: OSError) -> str:
    """What the system said of a file, in words for people."""
    return WHY.get(broken.errno or 0, f"系统没有让（{broken.strerror or broken}）")


def actor_named(username: str | None) -> Any:
    """The user whose reach counts; without a name, the operator of the server, who acts as the office."""
    if not username:
        return OPERATOR
    user = get_user_model().objects.filter(username=username, is_active=True).first()
    if user is None:
        raise CommandError(f"没有叫“{username}”的账号，或者已经停用。")
    return user


def ledger_named(slug: str, *, importable: bool = False) -> Ledger:
    try:
        ledger = get(slug)
    except KeyError:
        known = "、".join(each.slug for each in all_ledgers() if each.importable or not importable)
        raise CommandError(f"没有“{slug}”这种台账。这里有：{known}。") from None
    if importable and not ledger.importable:
        raise CommandError(f"《{ledger.title}》只能生成，不能导入。")
    return ledger


def place_named(text: str | None, *, actor: Any, verb: str) -> Territory | None:
    if not text:
        return None
    try:
        return find_territory(text, actor=actor, verb=verb)
    except NoSuchPlace as unknown:
        raise CommandError(str(unknown)) from None


def day_named(text: str | None) -> dt.date | None:
    if not text:
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"“{text}”不是一个日期，写成 2026-10-01 这样。") from None
    if day > clock.today():
        raise CommandError(f"{day} 还没到，写今天或以前的日期。")
    return day
