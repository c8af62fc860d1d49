"""`manage.py import_ledger SLUG FILE`: bring a roster in, all of it or nothing; the last line of output is JSON."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import CommandError, CommandParser

from core.commands import ServerCommand
from core.ledger import BadWorkbook, Examined, Fault, HasFaults, ImportContext
from grids.rosters.stored import PERSONS
from ledgers.commands import actor_named, day_named, ledger_named, place_named, why_broken
from ledgers.report import rows_left_out

NOTHING = {"rows": 0, "created": 0, "updated": 0, "unchanged": 0, "refused": 0}
ALSO = {PERSONS: {"households": 0, "persons": 0}}  # what the plan of a ledger counts besides
MOST_GONE = 50


class Refused(Exception):
    """Not saved as asked; `counts` for the last line."""

    def __init__(self, sentence: str, counts: dict[str, int]) -> None:
        super().__init__(sentence)
        self.counts = counts


class Command(ServerCommand):
    help = "导入台账（花名册）。有一处错就一行不存；--skip-bad 只存没有错的户。"
    usage = (
        "import_ledger 台账代号 文件.xlsx [--territory 名称或编码] [--dry-run] [--as-of 2026-10-01] [--skip-bad]"
        " [--errors 标好错.xlsx] [--as 账号]"
    )
    last_line = json.dumps(NOTHING)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="台账代号，如 grids、persons（list_ledgers 列出全部）")
        parser.add_argument("file", help="要导入的 .xlsx")
        parser.add_argument("--territory", help="哪里的：名称或编码")
        parser.add_argument("--dry-run", action="store_true", help="只核对，不存")
        parser.add_argument("--as-of", help="从哪天起算，如 2026-10-01；不写就用表上填报日期那个月的 1 日")
        parser.add_argument("--skip-bad", action="store_true", help="只存没有错的户，有错的整户留下")
        parser.add_argument("--errors", help="把标好错的表写到这里")
        parser.add_argument("--as", dest="username", help="以谁的权限；不写就以服务器管理员的")

    def execute(self, *args: Any, **options: Any) -> Any:
        self.last_line = json.dumps(NOTHING | ALSO.get(options["slug"], {}))
        return super().execute(*args, **options)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            counts = self._import(options)
        except (CommandError, BadWorkbook, PermissionDenied, ValidationError, OSError, Refused) as refused:
            self._say_to_stderr(_sentences(refused))
            self.stderr.flush()
            nothing = NOTHING | ALSO.get(options["slug"], {})
            self.stdout.write(json.dumps(getattr(refused, "counts", nothing)))
            self.stdout.flush()
            sys.exit(1)
        self.stdout.write(json.dumps(counts))

    def _import(self, options: dict[str, Any]) -> dict[str, int]:
        actor = actor_named(options["username"])
        ledger = ledger_named(options["slug"], importable=True)
        as_of = day_named(options["as_of"])
        path = Path(options["file"])
        if path.is_dir():
            raise CommandError(f"“{path.name}”是一个文件夹，写到里面的 .xlsx 文件。")
        if not path.is_file():
            raise CommandError(f"没有“{path.name}”这个文件，看看路径对不对。")
        place = place_named(options["territory"], actor=actor, verb="imports.run")
        examined = ledger.open(path, ImportContext(actor, place, as_of))
        self._tell(examined, skip_bad=options["skip_bad"])
        if examined.faults and options["errors"]:
            examined.write_returned(Path(options["errors"]))
            self.stdout.write(f"标好错的表写在 {options['errors']}，照“错误”一列改好再导入。")
        if options["dry_run"]:
            return self._only_look(examined, skip_bad=options["skip_bad"])
        try:
            counts = examined.commit(skip_bad=options["skip_bad"])
        except HasFaults as refused:
            raise Refused(_refusal(examined, skip_bad=options["skip_bad"]), refused.counts) from None
        self.stdout.write(_outcome(counts))
        self._tell_left_out(examined)
        return counts

    def _only_look(self, examined: Examined, *, skip_bad: bool) -> dict[str, int]:
        if examined.faults and not (skip_bad and examined.good[0]):
            raise Refused(_refusal(examined, skip_bad=skip_bad), examined.nothing)
        self.stdout.write("只核对，一行都没存。")
        self._tell_left_out(examined)
        return examined.counts

    def _tell_left_out(self, examined: Examined) -> None:
        if examined.held:
            self.stdout.write(f"没有存的：{rows_left_out(examined.held)}。")

    # --- what is told --------------------------------------------------------------------------------------

    def _tell(self, examined: Examined, *, skip_bad: bool) -> None:
        """Warnings, every fault with its row, what would change and what would disappear."""
        self._say_to_stderr(f"提醒 {_line(warning)}" for warning in examined.warnings)
        self._say_to_stderr(f"有错 {_line(fault)}" for fault in examined.faults)
        for line in examined.good[1].lines if skip_bad or not examined.faults else ():
            self.stdout.write(line)
        gone = examined.plan.gone
        for line in gone[:MOST_GONE]:
            self.stdout.write(f"没有动 {line}")
        if len(gone) > MOST_GONE:
            self.stdout.write(f"没有动 另有 {len(gone) - MOST_GONE} 项登记着、表里没有")
        for reason, rows in examined.skipped.items():
            self.stdout.write(f"不是内容、没有读的：{reason} {len(rows)} 行，{rows_left_out(rows)}")
        if examined.ignored_headings:
            self.stdout.write(f"没有用到的列：{'、'.join(examined.ignored_headings)}")

    def _say_to_stderr(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.stderr.write(line)


def _line(fault: Fault) -> str:
    """`第 138 行 联系电话“199000****”：手机号少 1 位，应是 11 位。`"""
    where = f"{fault.title}“{fault.written}”" if fault.title else "整行"
    return f"第 {fault.row} 行 {where}：{fault.what}{'，' + fault.how if fault.how else ''}。"


def _refusal(examined: Examined, *, skip_bad: bool) -> str:
    rows = len({fault.row for fault in examined.faults})
    if skip_bad:
        return f"{rows} 行有错，没有一户没错的，一行都没存。"
    good, _ = examined.good
    held = len(examined.entries) - len(good)
    rest = f"要先存没错的 {len(good)} 行，加 --skip-bad。" if good else ""
    return f"{rows} 行有错，连同一户的共 {held} 行，现在一行都没存。改好再导入。{rest}"


def _outcome(counts: dict[str, int]) -> str:
    """What was done, in words that never claim more."""
    refused = f"有错的 {counts['refused']} 行没有存。" if counts["refused"] else ""
    if not counts["created"] and not counts["updated"]:
        return f"没有要改的，什么都没动。{refused}"
    said = [(counts["created"], "行新登记"), (counts["updated"], "行改了"), (counts["unchanged"], "行没有变")]
    return "存好了：" + "，".join(f"{count} {what}" for count, what in said if count) + f"。{refused}"


def _sentences(refused: Exception) -> list[str]:
    if isinstance(refused, ValidationError):
        return refused.messages
    if isinstance(refused, OSError):
        return [f"文件读不了或写不了：{why_broken(refused)}。"]
    return [str(refused)]
