"""The cast: a town of two villages and the people who work in it. All made up (3499xx, 1990000xxxx)."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from accounts.models import User
from core import clock, idnumber
from grids import services
from grids.models import CategoryKind, Household, Officer, Person, Territory, VillagerGroup
from tests import pouring
from visits import services as visits
from visits.models import Cadence

PASSWORD = "山高水长2026"
START = dt.date(2026, 9, 1)
POSTED = dt.date(2022, 5, 10)


def id_number(born: str, order: int, area: str = "349901") -> str:
    """A well-formed identity number of nobody: `born` as 19500102, `order` odd for a man."""
    first17 = f"{area}{born}{order:03d}"
    return first17 + idnumber.check_digit(first17)


USERNAMES = {
    "office": "bangongshi",
    "secretary": "jinxing",
    "neighbour": "qiaoji",
    "worker": "wanggeyuan",
    "leader": "zhouzhang",
    "assistant": "xuxie",
    "supervisor": "jiandu",
    "sysadmin": "guanli",
    "nobody": "nobody",
}
HOUSE_NUMBERS = {"zhang": "060001", "wang": "060002", "li": "060003", "zhao": "060004", "chen": "080001"}


class Town:
    """洪集镇 with 金星村 (two grids, groups 一组 二组 / 三组) and 桥集村 (one grid, 一组), and everyone in it.

    Territories: `town`, `jinxing`, `qiaoji`, `grid1`, `grid2`, `far_grid`.
    Groups: `group1` and `group2` in grid1, `group3` in grid2, `far_group`.
    Users: `office`, `secretary`, `neighbour` (secretary of 桥集村), `worker`, `leader`, `assistant` (all of grid1),
    `supervisor` of 金星村, `sysadmin`, `nobody`.
    Households: `zhang` (group1, 3 people, 低保), `wang` (group1, ordinary, 2), `li` (group2, 1, 鳏寡孤独),
    `zhao` (group3, grid2, 2, 信访), `chen` (far_group, 2, 大病).
    """

    town: Territory
    jinxing: Territory
    qiaoji: Territory
    grid1: Territory
    grid2: Territory
    far_grid: Territory
    group1: VillagerGroup
    group2: VillagerGroup
    group3: VillagerGroup
    far_group: VillagerGroup
    office: User
    secretary: User
    neighbour: User
    worker: User
    leader: User
    assistant: User
    supervisor: User
    sysadmin: User
    nobody: User
    zhang: Household
    wang: Household
    li: Household
    zhao: Household
    chen: Household

    def __init__(self) -> None:
        self._officers = 0
        self._people = 0

    @property
    def everyone(self) -> dict[str, User]:
        """Every user by the part he plays, for tables of role × page."""
        parts = "office secretary neighbour worker leader assistant supervisor sysadmin nobody".split()
        return {part: getattr(self, part) for part in parts}

    def user(self, username: str, name: str) -> User:
        return User.objects.create_user(username=username, password=PASSWORD, name=name)

    def officer(self, name: str, *, user: User | None = None, **fields: Any) -> Officer:
        self._officers += 1
        fields = {"phone": f"1990000{self._officers:04d}", "birth_month": dt.date(1985, 3, 1)} | fields
        officer = services.new_officer(actor=services.SERVER, name=name, **fields)
        if user is not None:
            officer.user = user
            officer.save(update_fields=["user"])
        return officer

    def post(self, username: str, name: str, duty: str, territory: Territory, **more: Any) -> User:
        """A user who holds one post since 2022."""
        user = self.user(username, name)
        services.appoint(
            actor=services.SERVER,
            officer=self.officer(name, user=user),
            territory=territory,
            duty=duty,
            since=POSTED,
            source="村社干部" if duty == "leader" else "",
            **more,
        )
        return user

    def household(
        self,
        group: VillagerGroup,
        head: str,
        *members: tuple[str, str],
        categories: tuple[str, ...] = (),
        since: dt.date = START,
        **fields: Any,
    ) -> Household:
        """A household with a head and (name, relation) members; the categories are the head's."""
        household = services.new_household(group=group, since=since, head_name=head, **fields)
        for name, relation in ((head, "户主"), *members):
            self.person(household, name, relation, since=since)
        services.refresh([household.pk])
        household.refresh_from_db()
        person = Person.objects.get(household=household, relation="户主")
        for code in categories:
            services.begin_category(person=person, kind=CategoryKind.objects.get(code=code), since=since)
        return household

    def person(self, household: Household, name: str, relation: str, since: dt.date = START) -> Person:
        self._people += 1
        return services.new_person(
            household=household,
            name=name,
            relation=relation,
            since=since,
            id_number=id_number(f"19{50 + self._people % 40}0102", self._people),
            phone=f"1990001{self._people:04d}",
            ethnicity="汉族",
            politics="群众",
        )

    def head(self, household: Household) -> Person:
        return Person.objects.get(household=household, relation="户主", left_on__isnull=True)


def make_town_of_two() -> Town:
    """Everything in `Town`, through the verbs of grids.services."""
    return kept("town of two", _make)


def find_town_of_two() -> Town:
    """The same cast in a database that has it already, as the gates' ground does."""
    cast = Town()
    places = {place.name: place for place in Territory.objects.all()}
    cast.town, cast.jinxing, cast.qiaoji = places["洪集镇"], places["金星村"], places["桥集村"]
    cast.grid1, cast.grid2 = places["金星第一网格"], places["金星第二网格"]
    cast.far_grid = places["桥集第一网格"]
    groups = {(group.grid_id, group.name): group for group in VillagerGroup.objects.all()}
    cast.group1, cast.group2 = groups[cast.grid1.pk, "一组"], groups[cast.grid1.pk, "二组"]
    cast.group3, cast.far_group = groups[cast.grid2.pk, "三组"], groups[cast.far_grid.pk, "一组"]
    for part, username in USERNAMES.items():
        setattr(cast, part, User.objects.get(username=username))
    for attribute, number in HOUSE_NUMBERS.items():
        setattr(cast, attribute, Household.objects.select_related("territory", "village").get(number=number))
    cast._officers, cast._people = Officer.objects.count(), Person.objects.count()
    return cast


def make_town_that_owes() -> Town:
    """The same with every visit that is owed from September to today."""
    return kept("town that owes", _make_what_is_owed)


def kept(name: str, make: Callable[[], Any]) -> Any:
    """What `make` returns, in an empty database: made once for each day, then poured again."""
    if User.objects.exists() or Territory.objects.exists():
        return make()
    planted = [sorted(model.objects.values_list("pk", flat=True)) for model in (CategoryKind, Cadence)]
    return pouring.made_once(
        f"{name}, {clock.today()}, {planted}", make
    )  # planted anew, they have other keys


def _make_what_is_owed() -> Town:
    cast = make_town_of_two()
    visits.ensure_owed()
    return cast


def _make() -> Town:
    cast = Town()
    server = services.SERVER
    cast.town = services.add_town(name="洪集镇", code="341504999")
    for name, code, attribute in (("金星村", "206", "jinxing"), ("桥集村", "208", "qiaoji")):
        village = services.add_territory(
            actor=server, parent=cast.town, name=name, code=f"341504999{code}", kind="village"
        )
        services.start_village(actor=server, village=village, month=START)
        setattr(cast, attribute, village)
    grids = (
        ("jinxing", "金星第一网格", "001", "grid1"),
        ("jinxing", "金星第二网格", "002", "grid2"),
        ("qiaoji", "桥集第一网格", "001", "far_grid"),
    )
    for village, name, code, attribute in grids:
        parent = getattr(cast, village)
        grid = services.add_territory(
            actor=server,
            parent=parent,
            name=name,
            code=parent.code + code,
            kind="grid",
            party_group=f"{name}党小组",
        )
        setattr(cast, attribute, grid)
    for attribute in ("town", "jinxing", "qiaoji", "grid1", "grid2", "far_grid"):
        getattr(cast, attribute).refresh_from_db()
    groups = (("grid1", "一组", "group1"), ("grid1", "二组", "group2"), ("grid2", "三组", "group3"))
    for grid, name, attribute in (*groups, ("far_grid", "一组", "far_group")):
        group = services.add_group(actor=server, grid=getattr(cast, grid), name=name, since=POSTED)
        setattr(cast, attribute, group)
    _people_who_work(cast)
    _people_who_live_there(cast)
    return cast


def _people_who_work(cast: Town) -> None:
    cast.office = cast.post("bangongshi", "陈办", "office", cast.town)
    cast.secretary = cast.post("jinxing", "金书记", "secretary", cast.jinxing)
    cast.neighbour = cast.post("qiaoji", "乔书记", "secretary", cast.qiaoji)
    cast.worker = cast.post("wanggeyuan", "王格", "worker", cast.grid1)
    cast.leader = cast.post("zhouzhang", "周长", "leader", cast.grid1)
    cast.assistant = cast.post("xuxie", "许协", "assistant", cast.grid1)
    cast.supervisor = cast.post("jiandu", "郑督", "supervisor", cast.jinxing)
    cast.sysadmin = cast.post("guanli", "管理员", "sysadmin", cast.town)
    cast.nobody = cast.user("nobody", "路人")


def _people_who_live_there(cast: Town) -> None:
    cast.zhang = cast.household(
        cast.group1,
        "张三丰",
        ("张翠山", "长子"),
        ("殷素素", "儿媳"),
        number="060001",
        address="一组1号",
        phone="19900000901",
        categories=("lowincome",),
    )
    cast.wang = cast.household(
        cast.group1, "王大春", ("李秀英", "配偶"), number="060002", address="一组2号", phone="19900000902"
    )
    cast.li = cast.household(
        cast.group2, "李㻞", number="060003", address="二组1号", phone="19900000903", categories=("lonely",)
    )
    cast.zhao = cast.household(
        cast.group3,
        "赵建国",
        ("赵䶮", "长子"),
        number="060004",
        address="三组1号",
        phone="19900000904",
        categories=("petition",),
    )
    cast.chen = cast.household(
        cast.far_group,
        "陈小军",
        ("唐金凤", "配偶"),
        number="080001",
        address="一组6号",
        phone="19900000905",
        categories=("illness",),
    )
