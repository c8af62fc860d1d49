"""`manage.py check_tree`: whether the nested sets that decide who sees what are whole."""

from typing import Any

from django.core.management.base import CommandError

from core.commands import ServerCommand
from grids.models import Territory
from grids.services import check_tree


class Command(ServerCommand):
    usage = "check_tree"
    help = "检查镇、村、网格的树：左右值有没有乱。乱了就列出来，退出码 1。"

    def handle(self, *args: Any, **options: Any) -> None:
        problems = check_tree()
        if problems:
            raise CommandError("区划的树乱了，谁看得到什么会出错：\n" + "\n".join(problems))
        self.stdout.write(f"区划的树没有问题，共 {Territory.objects.count()} 个。")
