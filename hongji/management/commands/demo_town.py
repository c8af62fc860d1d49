"""`manage.py demo_town`: pour the demo into an empty town, and tell how to sign in. Run again, it only tells."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import transaction

from accounts.demo import demo_accounts
from core.commands import ServerCommand
from grids.models import Territory
from hongji.town.demo import fill_demo


class Command(ServerCommand):
    usage = "demo_town"
    help = "往空库里放演示镇（人都是编的），打印演示账号。"

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("正式环境里不放演示数据。")
        if not Territory.objects.exists():
            self.stdout.write("建演示镇（人都是编的）…")
            with transaction.atomic():
                fill_demo(self.stdout.write)
        settings.DEMO = settings.DEMO_MARK.exists()
        for account in demo_accounts():
            self.stdout.write(f"  {account['username']:<8} {account['password']}   {account['title']}")
