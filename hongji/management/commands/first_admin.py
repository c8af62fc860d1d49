"""`manage.py first_admin`: the town, its office account and its system administrator, for a database that has none."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import transaction

from core import clock
from core.commands import ServerCommand
from grids import services
from grids.models import Officer, Post, Territory

PARTS = (("sysadmin", "系统管理员"), ("office", "镇办公室"))


class Command(ServerCommand):
    usage = "first_admin [--town 镇名] [--code 9位编码] [--username 账号] [--office 账号]"
    help = "新装的库里建镇、系统管理员和镇办公室账号，打印两张登录条。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--town", default="洪集镇", help="镇的名称（还没有镇时用）")
        parser.add_argument("--code", default="341504999", help="镇的 9 位编码（还没有镇时用）")
        parser.add_argument("--username", default="admin", help="系统管理员的账号名")
        parser.add_argument("--office", default="office", help="镇办公室的账号名")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        services.lock_tree()
        if Post.objects.in_force().filter(duty="sysadmin", officer__user__is_active=True).exists():
            raise CommandError("已经有系统管理员了，由他来开别的账号。")
        town = Territory.objects.towns().in_use().in_order().first()
        try:
            town = town or services.add_town(name=options["town"], code=options["code"])
            slips = [
                self._open(town, username, duty, title)
                for username, (duty, title) in zip(
                    (options["username"], options["office"]), PARTS, strict=True
                )
            ]
        except ValidationError as fault:
            raise CommandError("".join(fault.messages)) from None
        for line in slips:
            self.stdout.write(line)
        self.stdout.write("一次密码七天内有效，第一次登录就换成自己的。")

    def _open(self, town: Territory, username: str, duty: str, title: str) -> str:
        held = (
            Post.objects.in_force().filter(duty=duty, territory=town, officer__user__is_active=True).first()
        )
        if held is not None:
            return f"{title}：账号 {held.officer.user} 已经有了。"
        officer: Officer = services.new_officer(actor=services.SERVER, name=title)
        services.appoint(
            actor=services.SERVER, officer=officer, territory=town, duty=duty, since=clock.today()
        )
        user, password = services.issue_account(actor=services.SERVER, officer=officer, username=username)
        return f"{title}：账号 {user.username}，一次密码 {password}"
