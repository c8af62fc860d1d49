"""Who may do what: the table of domain.md ("Who may do what") as code, from which the tests compute what to expect.

A post gives its holder these verbs at its territory and below. A town may withhold a verb from a duty
(grids.models.WithheldVerb), never add one.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from core import clock
from core.scope import Reach, is_reading_only, kept

EVERY_VERB = {
    "households.see": "看户的姓名和住址",
    "categories.see": "看对象类别",
    "phones.dial": "看电话、打电话",
    "persons.see": "看家里人",
    "figures.see": "看数字",
    "visits.see": "看走访记录",
    "visits.record": "记走访",
    "visits.manage": "看谁没走到",
    "register.propose": "报户籍变动",
    "register.move_in_grid": "定网格内的变动",
    "register.accept": "定户籍变动",
    "findings.settle": "处理走访发现的情况",
    "matters.open": "登记诉求",
    "matters.work": "办交给自己的诉求",
    "matters.handle": "受理本级的诉求",
    "matters.see": "看全部诉求",
    "matters.dispatch": "交办诉求",
    "petitions.register": "转信访登记",
    "petitions.work": "走信访程序",
    "meetings.hold": "开板凳会、议事会",
    "calls.take": "接热线",
    "devices.manage": "管呼叫器和联系卡",
    "disputes.report": "报矛盾纠纷",
    "disputes.keep": "稳控交给自己的纠纷",
    "disputes.see": "看矛盾纠纷",
    "disputes.work": "调处矛盾纠纷",
    "disputes.minutes": "看议事记录",
    "points.claim": "申报积分",
    "points.check": "初审积分",
    "points.decide": "复核、公示积分",
    "points.see": "看积分",
    "points.rules": "定积分办法",
    "shops.manage": "管爱心超市和积分卡",
    "shops.serve": "积分兑换",
    "labour.see": "看劳动力登记",
    "labour.note": "登记劳动力情况",
    "jobs.see": "看用工单位、岗位和对接",
    "jobs.manage": "管用工单位、岗位、对接和培训",
    "centres.keep": "自己是协管员的就业服务中心，写开放记录",
    "imports.run": "导入花名册",
    "ledgers.see": "看台账目录",
    "ledgers.export": "导出台账",
    "months.submit": "报整月台账",
    "months.seal": "封存整月台账",
    "posts.manage": "定岗位和人员",
    "accounts.issue": "开账号",
    "grids.redraw": "调整网格",
    "persons.unmask": "看完整号码",
    "settings.manage": "改规则",
    "accounts.admin": "管账号和备份",
    "reports.read": "看反映干部问题的内容",
    "reports.work": "办反映干部问题的件",
    "reports.exist": "看反映干部问题的件数",
}


@dataclass(frozen=True)
class Duty:
    """One row of the table: `level` is the kind of territory the post is held at."""

    code: str
    title: str
    level: str
    verbs: frozenset[str]


# Whoever has a post in a village may be made an assistant of its employment centre; the verb opens no page until a
# centre names him (jobs.services.centres.kept_by).
_ANY_IN_VILLAGE = {"centres.keep"}
_ASSISTANT = _ANY_IN_VILLAGE | {
    "households.see",
    "visits.record",
    "matters.open",
    "disputes.report",
    "points.claim",
}
_WORKER = _ASSISTANT | {
    "visits.see",
    "categories.see",
    "phones.dial",
    "persons.see",
    "register.propose",
    "findings.settle",
    "matters.work",
    "matters.handle",
    "calls.take",
    "disputes.keep",
    "points.check",
    "points.see",
    "labour.see",
    "labour.note",
    "jobs.see",
}
_LEADER = _WORKER | {"register.move_in_grid", "visits.manage", "meetings.hold"}
_SECRETARY = _LEADER | {
    "figures.see",
    "register.accept",
    "imports.run",
    "ledgers.see",
    "ledgers.export",
    "posts.manage",
    "accounts.issue",
    "matters.see",
    "matters.dispatch",
    "devices.manage",
    "disputes.see",
    "disputes.work",
    "disputes.minutes",
    "points.decide",
    "points.rules",
    "shops.manage",
    "jobs.manage",
}
_GUIDE = _ANY_IN_VILLAGE | {"figures.see", "visits.manage", "households.see", "matters.see", "matters.work"}
# What people say of each other in a meeting is for those who settle it; the office reads it where it takes part.
# Deeds are checked and decided where people know each other: the office sees, and helps with rules and shops.
_TOWN = (
    _SECRETARY
    - _ANY_IN_VILLAGE
    - {"visits.record", "disputes.minutes", "points.claim", "points.check", "points.decide"}
) | {
    "grids.redraw",
    "months.seal",
    "persons.unmask",
    "settings.manage",
    "petitions.register",
    "petitions.work",
}
_DEPARTMENT = {"figures.see", "households.see", "ledgers.see", "matters.work"}


def _duty(code: str, title: str, level: str, verbs: set[str]) -> Duty:
    assert verbs <= EVERY_VERB.keys(), verbs - EVERY_VERB.keys()
    return Duty(code, title, level, frozenset(verbs))


DUTIES = {
    duty.code: duty
    for duty in (
        _duty("leader", "网格长", "grid", _LEADER),
        _duty("worker", "专职网格员", "grid", _WORKER),
        _duty("assistant", "网格协管员", "grid", _ASSISTANT),
        _duty("supervisor", "网格监督员", "village", _ANY_IN_VILLAGE | {"figures.see"}),
        _duty("secretary", "村党组织书记", "village", _SECRETARY | {"months.submit", "petitions.register"}),
        _duty("cadre", "村干部", "village", _SECRETARY),
        _duty("shopkeeper", "爱心超市店员", "village", _ANY_IN_VILLAGE | {"shops.serve"}),
        _duty("guide", "点长、驻村干部", "village", _GUIDE),
        _duty("office", "镇办公室", "town", _TOWN),
        _duty("civil_affairs", "民政办", "town", _DEPARTMENT | {"categories.see", "ledgers.export"}),
        _duty(
            "justice",
            "司法所",
            "town",
            _DEPARTMENT
            | {"disputes.report", "disputes.see", "disputes.work", "disputes.minutes", "ledgers.export"},
        ),
        _duty(
            "petitions",
            "信访办",
            "town",
            _DEPARTMENT | {"matters.see", "matters.open", "petitions.register", "petitions.work"},
        ),
        _duty(
            "employment",
            "人社所",
            "town",
            _DEPARTMENT | {"labour.see", "labour.note", "jobs.see", "jobs.manage", "ledgers.export"},
        ),
        _duty("party", "党建办", "town", _DEPARTMENT),
        _duty("discipline", "纪委", "town", {"figures.see", "reports.read", "reports.work"}),
        _duty("sysadmin", "系统管理员", "town", {"accounts.admin", "reports.exist"}),
    )
}

# What may be done only after the second factor (domain.md, "Second factor"); remembered 30 days per device.
SECOND_FACTOR_VERBS = frozenset(
    {
        "ledgers.export",
        "months.seal",
        "persons.unmask",
        "settings.manage",
        "accounts.admin",
        "accounts.issue",
        "posts.manage",
        "grids.redraw",
        "reports.read",
        "reports.work",
        "points.decide",
    }
)

# What is said about cadres is neither given nor taken away by those it may be said about.
NEVER_WITHHELD = frozenset({"reports.read", "reports.work", "reports.exist"})

# Who leads whom at one and the same place. (Whoever holds any post at a place leads all posts below it in the tree.)
# No post says who is the head of an office: where several hold one duty, each may lead the other. The office leads the
# departments it appoints; 纪委 and the system administrator it does not appoint (grids.services.may_appoint), and
# nobody of the table leads them.
ONE_EACH = ("leader", "worker", "secretary")
_DEPARTMENTS = {"civil_affairs", "justice", "petitions", "employment", "party"}
LEADS: dict[str, set[str]] = {duty: set() if duty in ONE_EACH else {duty} for duty in DUTIES}
LEADS["office"] |= _DEPARTMENTS
LEADS["secretary"] |= {"cadre", "guide", "supervisor", "shopkeeper"}
LEADS["cadre"] |= {"guide", "supervisor", "shopkeeper"}
LEADS["leader"] |= {"worker", "assistant"}
LEADS["worker"] |= {"assistant"}

# One register of fields: the verb that shows it, and whether it may lie in the phone's pack (levels 1 to 3).
FIELD_VERBS = {
    "household.name": ("households.see", True),
    "household.address": ("households.see", True),
    "household.categories": ("categories.see", True),
    "household.phone": ("phones.dial", True),
    "person.name": ("persons.see", True),
    "person.id_number": ("persons.unmask", False),
    "person.labour": ("labour.see", True),
}


def duties_with(verb: str) -> list[str]:
    """The codes of the duties that carry a verb, by the table alone."""
    return [duty.code for duty in DUTIES.values() if verb in duty.verbs]


def reach_of(actor: Any, verb: str, days: tuple[dt.date, dt.date] | None = None) -> Reach:
    """The territories at which `actor` holds, today, a post that carries `verb` and was not narrowed.

    With `days`, a first and a last: at which she held one on any of them, under the account she had then.
    """
    from grids.models import Post, WithheldVerb

    if verb not in EVERY_VERB:
        raise LookupError(f"no such verb: {verb}")
    # A program's token narrows its user to the verbs it names (accounts.tokens).
    narrowed = getattr(actor, "token_verbs", None)
    if narrowed is not None and verb not in narrowed:
        return Reach()
    if days is None and is_reading_only():
        return _reach_of_reader(actor, verb)
    withheld = WithheldVerb.objects.filter(verb=verb).values("duty")
    if days is None:
        posts = Post.objects.on(clock.today()).filter(officer__user=actor)
        posts = posts.filter(territory__closed_on__isnull=True)
    else:
        posts = Post.objects.held_by(actor, *days)
    posts = posts.filter(duty__in=duties_with(verb)).exclude(duty__in=withheld)
    return Reach(frozenset(posts.values_list("territory__tree_id", "territory__lft", "territory__rght")))


def _reach_of_reader(actor: Any, verb: str) -> Reach:
    """The same for today, out of two queries that answer every verb of a request that only reads."""
    from grids.models import Post, WithheldVerb

    today = clock.today()

    def posts_held() -> list[tuple[str, int, int, int]]:
        posts = Post.objects.on(today).filter(officer__user=actor, territory__closed_on__isnull=True)
        return list(posts.values_list("duty", "territory__tree_id", "territory__lft", "territory__rght"))

    held = kept(("posts", actor.pk, today), posts_held)
    withheld = kept("withheld", lambda: set(WithheldVerb.objects.values_list("duty", "verb")))
    carrying = {duty for duty in duties_with(verb) if (duty, verb) not in withheld}
    return Reach(frozenset((tree, left, right) for duty, tree, left, right in held if duty in carrying))
