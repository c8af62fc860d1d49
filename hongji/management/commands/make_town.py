"""`manage.py make_town`: an empty database filled with made-up towns of any size, for measuring."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hongji.town.filling import PASSWORD, NotEmpty, make_town


class Command(BaseCommand):
    help = "Fill an empty database with made-up people: the plan's eleven villages, then numbered towns."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--households", type=int, default=300)
        parser.add_argument("--months", type=int, default=2, help="months of visits up to today")
        parser.add_argument("--seed", type=int, default=2022)

    def handle(self, *args: Any, households: int, months: int, seed: int, **options: Any) -> None:
        if households < 1 or months < 1:
            raise CommandError("户数和月数至少是 1。")
        began = time.monotonic()
        try:
            make_town(households=households, months=months, seed=seed, say=self.stdout.write)
        except NotEmpty:
            raise CommandError("库里已有镇了，不往里面倒编造的人。换一个空的 DATA_DIR 或数据库。") from None
        self.stdout.write(
            f"用了 {time.monotonic() - began:.0f} 秒。账号 office、secretary、leader、worker，密码 {PASSWORD}"
        )
