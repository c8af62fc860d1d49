"""`manage.py discipline_office`: the account of 纪委. Given on the server and on no page: whoever could give it there
could read what is said about himself."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import transaction

from core import clock
from core.commands import ServerCommand
from grids import services
from grids.models import Officer, Post, Territory

DUTY = "discipline"


class Command(ServerCommand):
    usage = "discipline_office --name 姓名 [--username 账号] [--town 镇的编码]"
    help = "给镇纪委的人开账号，打印登录条。反映干部问题的内容只有他们能看，所以只在服务器上开。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True, help="姓名：写本人的，反映到他的他看不到")
        parser.add_argument("--username", default="", help="账号名，不写就用姓名的拼音")
        parser.add_argument("--town", default="", help="镇的编码（只有一个镇时不用写）")

    @transaction.atomic
    def handle(self, *args: Any, name: str, username: str, town: str, **options: Any) -> None:
        towns = Territory.objects.towns().in_use().in_order()
        place = (towns.filter(code=town) if town else towns).first()
        if place is None:
            raise CommandError("没有这个镇。先运行 manage.py first_admin 建镇。")
        held = Post.objects.in_force().filter(duty=DUTY, territory=place, officer__name=name)
        if post := held.select_related("officer").first():
            officer: Officer = post.officer
        else:
            officer = services.new_officer(actor=services.SERVER, name=name)
            services.appoint(
                actor=services.SERVER, officer=officer, territory=place, duty=DUTY, since=clock.today()
            )
        try:
            user, password = services.issue_account(actor=services.SERVER, officer=officer, username=username)
        except ValidationError as fault:
            raise CommandError("".join(fault.messages)) from None
        self.stdout.write(f"{place}纪委 {name}：账号 {user.username}，一次密码 {password}")
        self.stdout.write("一次密码七天内有效，第一次登录就换成自己的。")
