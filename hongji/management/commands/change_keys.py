"""`manage.py change_keys`: everything sealed under the newest key of its ring, so that an old one may be taken out."""

import time
from collections import Counter
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import models

from core import rekeying
from core.commands import ServerCommand
from core.crypto import FIELD, newest
from core.fields import SealedField
from core.upkeep import Busy, changing_keys
from disputes import services as disputes
from ledgers import services as ledgers

FILES, SCANS = "台账文件", "卷宗扫描件"


class Command(ServerCommand):
    usage = "change_keys [--check]"
    help = (
        "把封着的都换成用 FIELD_KEYS、REPORT_KEYS 里第一把钥匙封。网站照常用；中途停了，再运行一次就接着换。"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="只数，不换：还有用旧钥匙封的，退出码是 1")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        now = "，".join(_called(ring, newest(ring)) for ring in rekeying.rings())
        self.stdout.write(f"现在用 {now} 封。")
        if not check:
            try:
                with changing_keys():
                    self._change()
            except Busy:
                raise CommandError("另一个 change_keys 正在换，等它做完。") from None
        self._count(check)

    def _change(self) -> None:
        began = time.monotonic()
        unreadable = Counter[str]()
        for model, fields in rekeying.sealed_columns().items():
            unreadable[_ring(fields)] += self._table(model, fields)
        files_began = time.monotonic()
        files = ledgers.reseal_files()
        self._say(FILES, files.changed, files_began)
        scans_began = time.monotonic()
        scans = disputes.reseal_scans()
        self._say(SCANS, scans.changed, scans_began)
        unreadable[FIELD] += files.unreadable + scans.unreadable
        for ring, count in unreadable.items():
            if count:
                told = f"有 {count} 处" if ring == FIELD else "有"
                self.stderr.write(f"{told}打不开：钥匙不在 {ring} 里，或者内容坏了。没有动它们。")
        self.stdout.write(f"一共用了 {time.monotonic() - began:.0f} 秒。")

    def _table(self, model: type[models.Model], fields: list[SealedField]) -> int:
        """Walk over the table until a walk finds nothing more to do; how many values do not open."""
        began, changed = time.monotonic(), 0
        while (walked := rekeying.reseal_table(model, fields)).changed:
            changed += walked.changed
        if _ring(fields) == FIELD:
            self._say(_title(model), changed, began)
        return walked.unreadable

    def _say(self, title: str, changed: int, began: float) -> None:
        if changed:
            self.stdout.write(f"{title}：换了 {changed} 处，{time.monotonic() - began:.1f} 秒")
            self.stdout.flush()

    def _count(self, check: bool) -> None:
        """What the older keys still seal; CommandError, and so 1, if it is anything.

        Of a ring of its own only whether there is any: how many reports there are is not for whoever types this.
        """
        held = [
            (f"{_title(model)} {field.verbose_name}", field.ring, rekeying.values_by_key(model, field))
            for model, fields in rekeying.sealed_columns().items()
            for field in fields
        ]
        held.append((FILES, FIELD, ledgers.files_by_key()))
        held.append((SCANS, FIELD, disputes.scans_by_key()))
        left: Counter[str] = Counter()
        for title, ring, by_key in held:
            for kid, count in sorted(by_key.items()):
                known = "" if kid in getattr(settings, ring) else f"（{ring} 里没有这把）"
                if ring == FIELD:
                    self.stdout.write(f"{title}：{_called(ring, kid)} {count} 处{known}")
                if kid != newest(ring):
                    left[_called(ring, kid)] += count if ring == FIELD else 0
        if left:
            told = "，".join(
                f"{called} {count} 处" if count else called for called, count in sorted(left.items())
            )
            then = "先运行一次 manage.py change_keys" if check else "有人正改着这些，过一会再运行一次"
            raise CommandError(f"还有旧钥匙封着的：{told}。旧钥匙不能取走，{then}。")
        self.stdout.write("库里和文件里都是现在这把钥匙封的。")
        if any(len(getattr(settings, ring)) > 1 for ring in rekeying.rings()):
            self.stdout.write(
                "旧钥匙过九十天再从设置里取走：手机上没送到的走访还要它开。取走了也别扔：以前的备份要它。"
            )


def _ring(fields: list[SealedField]) -> str:
    """The ring of a table: one with columns of a ring of their own is as quiet as those."""
    return next((field.ring for field in fields if field.ring != FIELD), FIELD)


def _called(ring: str, kid: str) -> str:
    """k1; of another ring than the one of numbers, REPORT_KEYS 的 r1."""
    return (kid or "打不开的") if ring == FIELD else f"{ring} 的 {kid or '打不开的'}"


def _title(model: type[models.Model]) -> str:
    """居民, or for a history 居民的修改记录."""
    told = getattr(model, "instance_type", None)
    return f"{told._meta.verbose_name}的修改记录" if told else str(model._meta.verbose_name)
