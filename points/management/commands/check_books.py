"""`manage.py check_books`: whether every line of the points' books agrees with every other."""

from typing import Any

from django.core.management.base import CommandError

from core.commands import ServerCommand
from points.models import Entry
from points.services import faults


class Command(ServerCommand):
    usage = "check_books"
    help = "查积分账：余额、流水、各村合计对不对得上。对不上的一行一行列出来，退出码 1。"

    def handle(self, *args: Any, **options: Any) -> None:
        found = 0
        for fault in faults():
            found += 1
            self.stderr.write(fault)
        if found:
            raise CommandError(f"积分账有 {found} 处对不上。")
        self.stdout.write(f"积分账对得上，共 {Entry.objects.count()} 条流水。")
