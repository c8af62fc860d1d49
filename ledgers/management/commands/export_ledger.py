"""`manage.py export_ledger SLUG`: one ledger of one place and month as an official workbook."""

import errno
import os
import sys
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from core import clock
from core.commands import ServerCommand
from core.ledger import Ledger, LedgerScope
from core.periods import Month
from core.scope import OPERATOR, must
from grids.models import Territory
from ledgers.asking import log_unmasking
from ledgers.commands import actor_named, ledger_named, place_named, why_broken
from ledgers.keeping import write_ledger


class Command(ServerCommand):
    help = "生成一份台账。"
    usage = (
        "export_ledger 台账代号 --out 文件.xlsx [--territory 名称或编码] [--period 2026-10] [--as 账号]"
        " [--unmasked --reason 为什么]"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="台账代号（list_ledgers 列出全部）")
        parser.add_argument("--territory", help="哪里的：名称或编码；不写就是全镇")
        parser.add_argument("--period", default="", help="哪个月，如 2026-10；不写就是这个月")
        parser.add_argument("--out", required=True, help="写到哪个 .xlsx")
        parser.add_argument("--as", dest="username", help="以谁的权限；不写就以服务器管理员的")
        parser.add_argument("--unmasked", action="store_true", help="完整的身份证号和电话")
        parser.add_argument(
            "--reason", default="", help="为什么要完整号码（--unmasked 和 --as 一起用时要写）"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            actor = actor_named(options["username"])
            ledger = ledger_named(options["slug"])
            if actor is not OPERATOR:
                must(actor, "ledgers.export")  # whoever may nowhere is told so, whatever place was named
            place = place_named(options["territory"], actor=actor, verb="ledgers.export") or _whole_town(
                actor
            )
            scope = LedgerScope(
                actor, place, month_of(ledger, options["period"]), bool(options["unmasked"]), clock.today()
            )
            path = Path(options["out"])
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
            rows = export(ledger, scope, path, reason=options["reason"])
        except (CommandError, PermissionDenied) as refused:
            self._refuse(str(refused))
        except ValidationError as refused:
            self._refuse(*refused.messages)
        except OSError as broken:
            self._refuse(f"写不到 {options['out']}：{why_broken(broken)}。")
        else:
            what = f"{place}{scope.period.title if scope.period else ''}{ledger.title}"
            self.stdout.write(f"{what} {rows} 行，写在 {options['out']}。")

    def _refuse(self, *sentences: str) -> None:
        for sentence in sentences:
            self.stderr.write(sentence)
        sys.exit(1)


def export(ledger: Ledger, scope: LedgerScope, path: Path, *, reason: str) -> int:
    """Write it; full numbers for a user leave their row in the log of unmaskings, in the same transaction."""
    must(scope.actor, "ledgers.export", scope.territory)
    with transaction.atomic():
        if scope.unmasked and ledger.masked:
            by_command = "在服务器上打命令导出" if scope.actor is OPERATOR else ""
            log_unmasking(scope.actor, scope.territory, ledger, reason or by_command)
        return write_ledger(ledger, scope, path)


def month_of(ledger: Ledger, text: str) -> Month | None:
    """The month asked for, this month if none was; None for a ledger of how things stand."""
    try:
        month = Month.parse(text) if text else Month.of(clock.today())
    except ValueError:
        raise CommandError(f"“{text}”不是一个月份，写成 2026-10 这样。") from None
    if month > Month.of(clock.today()):
        raise CommandError(f"{month.title}还没到。")
    return month if ledger.period_kind else None


def _whole_town(actor: Any) -> Territory:
    towns = list(Territory.objects.visible_to(actor, "ledgers.export").towns())
    if len(towns) != 1:
        raise CommandError(
            "先说是哪里的台账：加 --territory 和村名或编码。"
            if towns or actor is not OPERATOR
            else "还没有镇和村，先导入网格花名册。"
        )
    return towns[0]
