"""`manage.py drf_create_token USER`: a token for another program, with named verbs and an end date."""

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from accounts import services
from accounts.models import ApiToken, User
from accounts.tokens import verbs_to_give
from core import clock
from core.commands import ServerCommand


class Command(ServerCommand):
    usage = "drf_create_token 账号 [--verbs 事 …] [--until 2027-01-31] [--name 用在哪里] [--reset]"
    help = (
        "给一个账号开令牌。不写 --verbs，就许他岗位上令牌能办的全部的事（看完整号码、管账号、改规则除外）。"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", help="账号名")
        parser.add_argument(
            "--verbs", nargs="+", metavar="VERB", help="许办的事，如 visits.record ledgers.see"
        )
        parser.add_argument(
            "--until", type=dt.date.fromisoformat, metavar="YYYY-MM-DD", help="用到哪天，默认 90 天"
        )
        parser.add_argument("--name", default="命令行", help="用在哪里")
        parser.add_argument("-r", "--reset", action="store_true", help="先停掉这个账号原来的令牌")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.active().filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"没有叫 {options['username']} 的账号，或者停用了。")
        held = verbs_to_give(user)
        verbs = options["verbs"] or list(held)
        if beyond := [verb for verb in verbs if verb not in held and verb not in services.NEVER_BY_TOKEN]:
            raise CommandError(f"{user}的岗位不能办：{'、'.join(beyond)}。")
        if not verbs:
            raise CommandError(f"{user}还没有岗位，令牌没有可办的事。")
        if options["reset"]:
            for token in ApiToken.objects.in_force().filter(user=user):
                services.stop_token(token=token, actor=user)
        until = options["until"] or clock.today() + dt.timedelta(days=90)
        try:
            token, key = services.make_token(user=user, name=options["name"], verbs=verbs, until=until)
        except ValidationError as fault:
            raise CommandError("".join(fault.messages)) from None
        # The key stands third, where programs that know the command's usual answer look for it.
        self.stdout.write(
            f"令牌 做好了： {key} （{user.username}，许 {len(token.verbs)} 件事，用到 {token.until}）"
        )
