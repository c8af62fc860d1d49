"""`manage.py make_town`: an empty database filled with made-up towns of any size, for measuring."""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from accounts.demo import write_demo_accounts
from core.commands import ServerCommand
from hongji.town.filling import PASSWORD, NotEmpty, make_town


class Command(ServerCommand):
    usage = "make_town [--households 户数] [--months 月数] [--seed 数字]"
    help = "往空库里放编造的镇：先是方案里的十一个村，再是编号的镇，量快慢用。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--households", type=int, default=300)
        parser.add_argument("--months", type=int, default=2, help="到今天为止几个月的走访")
        parser.add_argument("--seed", type=int, default=2022)

    def handle(self, *args: Any, households: int, months: int, seed: int, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("正式环境里不放编造的人。")
        if households < 1 or months < 1:
            raise CommandError("户数和月数至少是 1。")
        began = time.monotonic()
        try:
            make_town(households=households, months=months, seed=seed, say=self.stdout.write)
        except NotEmpty:
            raise CommandError("库里已有镇了，不往里面倒编造的人。换一个空的 DATA_DIR 或数据库。") from None
        write_demo_accounts([{"username": "office", "password": PASSWORD, "title": "镇办公室（编造的镇）"}])
        self.stdout.write(
            f"用了 {time.monotonic() - began:.0f} 秒。账号 office、secretary、leader、worker，密码 {PASSWORD}"
        )
