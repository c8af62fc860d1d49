"""`manage.py list_ledgers`: every ledger there is, with what can be done with it."""

from typing import Any

from core.commands import ServerCommand
from core.ledger import all_ledgers

PERIODS = {"month": "按月", None: "现状"}


class Command(ServerCommand):
    usage = "list_ledgers"
    help = "列出全部台账：代号、名称、按月还是现状、能生成还是也能导入。"

    def handle(self, *args: Any, **options: Any) -> None:
        for ledger in all_ledgers():
            ways = "生成、导入" if ledger.importable else "生成"
            self.stdout.write(f"{ledger.slug}\t{ledger.title}\t{PERIODS[ledger.period_kind]}\t{ways}")
