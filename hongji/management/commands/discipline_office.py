"""`manage.py discipline_office`: the post and the account of 纪委, on the server and on no page: whoever could give or
renew them there could read what is said about himself."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import transaction

from accounts.models import User
from core import clock
from core.commands import ServerCommand
from discipline.recusal import officers_called
from grids import services
from grids.models import Officer, Post, Territory

DUTY = "discipline"


class Command(ServerCommand):
    usage = "discipline_office --name 姓名 [--officer 编号 | --another] [--end] [--username 账号] [--town 镇的编码]"
    help = (
        "给镇纪委的人开账号，打印登录条；再运行一次，重新发登录条，第二道验证也重新办。"
        "反映干部问题的内容只有他们能看，所以只在服务器上办。"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True, help="姓名：写本人的，反映到他的他看不到")
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--officer", type=int, help="名册里已经有他的，写他的编号，不另登记一个")
        which.add_argument("--another", action="store_true", help="名册里同名的是另一个人")
        parser.add_argument("--end", action="store_true", help="他不当了：到今天为止")
        parser.add_argument("--username", default="", help="账号名，不写就用姓名的拼音")
        parser.add_argument("--town", default="", help="镇的编码（只有一个镇时不用写）")

    @transaction.atomic
    def handle(self, *args: Any, name: str, town: str, **options: Any) -> None:
        towns = Territory.objects.towns().in_use().in_order()
        place = (towns.filter(code=town) if town else towns).first()
        if place is None:
            raise CommandError("没有这个镇。先运行 manage.py first_admin 建镇。")
        officer = None if options["another"] else self._known(place, name, options["officer"])
        try:
            if options["end"]:
                self._leave(place, name, officer)
            else:
                officer = officer or services.new_officer(actor=services.SERVER, name=name)
                self._open(place, officer, options["username"])
        except ValidationError as fault:
            raise CommandError("".join(fault.messages)) from None

    def _known(self, place: Territory, name: str, number: int | None) -> Officer | None:
        """Whom of the roster the name means. One person as two rows would be two people for who looks it up."""
        known = {officer.pk: officer for officer in officers_called(name)}
        if number is not None:
            if number in known:
                return known[number]
            raise CommandError(f"在岗人员里编号 {number} 的不叫{name}，看看名字和编号。")
        holding = _held(place).filter(officer__in=known).values_list("officer", flat=True)
        if len(holding) == 1:
            return known[holding[0]]
        if known:
            told = "；".join(f"编号 {pk}，{_where(officer)}" for pk, officer in known.items())
            raise CommandError(
                f"在岗人员里已经有叫{name}的：{told}。是他本人，加 --officer 编号；是另一个人，加 --another。"
            )
        return None

    def _open(self, place: Territory, officer: Officer, username: str) -> None:
        server = services.SERVER
        if not _held(place).filter(officer=officer).exists():
            services.appoint(actor=server, officer=officer, territory=place, duty=DUTY, since=clock.today())
        if officer.user:
            # Whoever managed the account before may have kept a key to it.
            services.reset_second_factor(actor=server, officer=officer)
        user: User
        if officer.user and not officer.user.is_active:
            user, password = services.reopen_account(actor=server, officer=officer)
        else:
            user, password = services.issue_account(actor=server, officer=officer, username=username)
        self.stdout.write(f"{place}纪委 {officer}：账号 {user.username}，一次密码 {password}")
        self.stdout.write("一次密码七天内有效，第一次登录就换成自己的；第二道验证也由他自己办。")

    def _leave(self, place: Territory, name: str, officer: Officer | None) -> None:
        post = _held(place).filter(officer=officer).first() if officer else None
        if officer is None or post is None:
            raise CommandError(f"{place}纪委没有叫{name}的。")
        services.end_post(actor=services.SERVER, post=post, until=clock.today())
        others = Post.objects.in_force().filter(officer=officer).exclude(pk=post.pk)
        closes = officer.user is not None and officer.user.is_active and not others.exists()
        if closes:
            services.close_account(actor=services.SERVER, officer=officer)
        self.stdout.write(f"{place}纪委 {officer}：到今天为止{'，账号停用了' if closes else ''}。")


def _held(place: Territory) -> Any:
    return Post.objects.from_day(clock.today()).filter(duty=DUTY, territory=place)


def _where(officer: Officer) -> str:
    """What he does, so that whoever types knows which one it is."""
    posts = Post.objects.in_force().filter(officer=officer).select_related("territory__parent")
    told = "、".join(f"{post.territory.full_name} {post.get_duty_display()}" for post in posts)
    return told or "现在没有岗位"
