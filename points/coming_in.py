"""What to make of the rows of a register of points that comes in: ours stay as they are, others come into the books."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from core import clock
from core.faults import by_field
from core.ledger import Entry, Fault, ImportContext, Plan
from core.ledger.cleaning import tidy
from core.ledger.keys import row_key
from core.scope import NOT_YOURS
from grids.models import Household, Territory
from points.models import Award, Challenge, Item, Posting, Scheme
from points.services import Brought, bring_in
from points.services.standing import Stood, stood_at

SLUG = "points-awards"
RECORDED = ("登记过了，不能在表里改", "在系统里走下一步；没有改的，把这一行删掉")
# Under which column a refusal of the verb is shown.
_SHOWN_AT = {"day": "claimed_on", "household": "head"}
Same = tuple[int, dt.date, str, int, str]


# --- an award as the cells of its line ------------------------------------------------------------------------------


def cells_of(award: Award, then: Stood, challenges: Sequence[str] = ()) -> dict[str, Any]:
    """What the line says; reads item, household, territory, group and the posting with its entries."""
    end, posted = then.last, then.of("post")
    brought = is_brought(award)
    return {
        "number": award.number_said,
        "household_number": award.household.number,
        "head": award.household.head_name,
        "grid": award.territory.name,
        "group": award.group.name,
        "claimed_on": award.day if brought else clock.local_date(award.claimed_at),
        "item": str(award.item),
        "words": award.words,
        "claimed": award.claimed,
        "proof": "，".join(filter(None, (award.proof, "照片" if award.photo else ""))),
        "checked": _by(then.of("check")),
        "decided": _by(then.of("decide")),
        "points": end.points if posted or then.of("check") else None,
        "shown": f"{then.notice.first:%Y-%m-%d} 至 {then.notice.last:%m-%d}" if then.notice else "",
        "objections": "；".join(challenges),
        "posted_on": award.posting.day if posted and award.posting else None,
        "left": _left(award) if posted else None,
        "state": _state(award, end),
        "note": posted.words if posted and brought else "",
    }


def is_brought(award: Award) -> bool:
    return award.posting is not None and award.posting.kind == Posting.BRING


def _by(move: Any) -> str:
    return f"{move.actor or '服务器'} {clock.cn_day(clock.local_date(move.at))}" if move else ""


def _state(award: Award, end: Any) -> str:
    title = str(dict(Award.STATES)[end.state])
    return f"{title}：{end.words}" if end.kind in ("refuse", "reverse") and end.words else title


def objections_of(award: Award, until: dt.datetime) -> list[str]:
    """What was said against it before that moment, and what came of it by then; never who said it."""
    return [_objection(each, until) for each in award.challenges.all() if each.noted_at < until]


def _objection(challenge: Challenge, until: dt.datetime) -> str:
    told = f"{clock.cn_day(clock.local_date(challenge.noted_at))} {challenge.words}"
    if challenge.decided_at is None or challenge.decided_at >= until:
        return f"{told}（还没处理）"
    return f"{told}（{'成立' if challenge.upheld else '不成立'}：{challenge.outcome}）"


def _left(award: Award) -> int | None:
    """What the books wrote down then; never counted again."""
    entry = next(iter(award.posting.entries.all()), None) if award.posting else None
    return entry.payee_has if entry else None


# --- rows -----------------------------------------------------------------------------------------------------------


@dataclass
class Record:
    """The village as it is: its households, what its rules call a deed, and what is registered already."""

    village: Territory
    by_number: dict[str, Household] = field(default_factory=dict)
    by_head: dict[str, list[Household]] = field(default_factory=lambda: defaultdict(list))
    schemes: list[Scheme] = field(default_factory=list)
    items: dict[int, dict[str, Item]] = field(default_factory=lambda: defaultdict(dict))
    stored: set[Same] = field(default_factory=set)
    ours: dict[str, Award] = field(default_factory=dict)

    @classmethod
    def of(cls, village: Territory, entries: Sequence[Entry]) -> "Record":
        made = cls(village)
        for home in Household.objects.filter(village=village).select_related(
            "village", "territory__parent", "group"
        ):
            made.by_number[home.number] = home
            if home.ended_on is None:
                made.by_head["".join(home.head_name.split())].append(home)
        made.schemes = list(Scheme.objects.filter(territory=village).order_by("since"))
        for item in Item.objects.filter(scheme__in=made.schemes).select_related("scheme"):
            made.items[item.scheme_id][tidy(item.title)] = item
        made._look_up(entries)
        return made

    def _look_up(self, entries: Sequence[Entry]) -> None:
        awards = Award.objects.filter(household__village=self.village)
        days = [entry.values["claimed_on"] for entry in entries if entry.values.get("claimed_on")]
        told = awards.filter(day__gte=min(days, default=clock.today()))
        for home, day, title, points, claimed, words in told.values_list(
            "household", "day", "item__title", "points", "claimed", "words"
        ):
            self.stored.add((home, day, tidy(title), claimed if points is None else points, tidy(words)))
        wanted = {entry.key for entry in entries if entry.key}
        keys = awards.values_list("pk", flat=True).iterator() if wanted else ()
        known = {key: pk for pk in keys if (key := row_key(SLUG, self.village.code, pk)) in wanted}
        found = awards.whole().prefetch_related("posting__entries").in_bulk(list(known.values()))
        self.ours = {key: found[pk] for key, pk in known.items()}

    def household(self, entry: Entry) -> Household | Fault:
        said = entry.values
        if number := said.get("household_number"):
            found = self.by_number.get(number)
            return found or entry.fault("household_number", f"{self.village}没有这个户编号", "照花名册改过来")
        homes = self.by_head.get(said["head"], [])
        for name, at in (("grid", "territory"), ("group", "group")):
            if told := said.get(name):
                homes = [home for home in homes if getattr(home, at).name == told]
        if len(homes) == 1:
            return homes[0]
        if not homes:
            return entry.fault("head", f"{self.village}没有这个户主", "照花名册改，或者填户编号")
        return entry.fault("head", f"{self.village}有 {len(homes)} 户叫这个名字", "填户编号，说明是哪一户")

    def item(self, entry: Entry) -> Item | Fault:
        """By the rules of that day; a deed from before there were any by the first ones."""
        day = entry.values["claimed_on"]
        held = next((each for each in reversed(self.schemes) if each.since <= day), None)
        scheme = held or next(iter(self.schemes), None)
        if scheme is None:
            return entry.fault("item", f"{self.village}还没有积分办法", "先定办法，再导入")
        found = self.items[scheme.pk].get(tidy(entry.values["item"]))
        how = "改成办法里的名称，或者先在办法里加上这个项目"
        return found or entry.fault("item", "积分办法里没有这个项目", how)


@dataclass
class Home:
    """The new lines of one household, with the rows they stand in; `left`: what the last of them says was left."""

    household: Household
    lines: list[Brought] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    left: int | None = None


def read_awards(entries: Sequence[Entry], context: ImportContext) -> Plan:
    """Our own rows by their key; those that are stored, or stand in the file twice, once; every household tried out."""
    record, plan = Record.of(context.territory.village, entries), Plan()
    homes: dict[int, Home] = {}
    first: dict[Same, int] = {}
    standing = _standings(record.ours)
    for place, entry in enumerate(entries):
        context.looked_at(place, len(entries))
        if entry.bad:
            continue
        if entry.key:
            _ours(entry, record, standing, plan)
        elif (found := _line(entry, record, plan)) is not None:
            _sort(entry, *found, record, first, homes, plan)
    for home in homes.values():
        _try(home, plan, context.actor)
    if any(home.left is None for home in homes.values()):
        plan.lines.append("没有写累计结余的户，核定分全部算进余额；以前兑换过的，把最后一行的累计结余填上。")
    plan.work = list(homes.values())
    return plan


def save_all(plan: Plan, context: ImportContext) -> None:
    for home in plan.work or ():
        bring_in(actor=context.actor, household=home.household, lines=home.lines, left=home.left)


def _standings(ours: Mapping[str, Award]) -> dict[int, Stood]:
    """Of all of them at once, as they stand now."""
    return stood_at(clock.now() + dt.timedelta(seconds=1), list(ours.values()))


def _ours(entry: Entry, record: Record, standing: Mapping[int, Stood], plan: Plan) -> None:
    award = record.ours.get(entry.key)
    if award is None:
        plan.faults.append(
            entry.fault("", "这一行的标识不是这个村的", "新加的行，从空行写起，不要复制别的行")
        )
    elif _says(entry, award, standing[award.pk]):
        plan.outcomes[entry.number] = "unchanged"
    else:
        plan.faults.append(entry.fault("number", *RECORDED))


def _says(entry: Entry, award: Award, now: Stood) -> bool:
    """Whether the row says what is stored, as it stands now or stood after any of its steps."""
    counts = range(1, len(now.moves) + 1)
    return any(_agrees(entry, cells_of(award, Stood(now.moves[:count]))) for count in counts)


# What names the household as it is today, and what is only told of a stored row, are no claims of the row.
_FIXED = ("claimed_on", "item", "words", "claimed", "points", "posted_on", "left")


def _agrees(entry: Entry, stored: dict[str, Any]) -> bool:
    def plain(value: Any) -> Any:
        return (tidy(value) or None) if isinstance(value, str) else value

    said = entry.values
    return all(plain(said[name]) == plain(stored[name]) for name in _FIXED if name in said)


def _line(entry: Entry, record: Record, plan: Plan) -> tuple[Household, Brought] | None:
    """The row as a line; None if it names what is not there, and the plan knows."""
    home, item = record.household(entry), record.item(entry)
    if isinstance(home, Fault) or isinstance(item, Fault):
        plan.faults += [each for each in (home, item) if isinstance(each, Fault)]
        return None
    said = entry.values
    return home, Brought(
        item=item,
        day=said["claimed_on"],
        words=said.get("words") or item.title,
        points=said["points"],
        claimed=said.get("claimed"),
        said=_besides(said),
    )


def _besides(said: Mapping[str, Any]) -> str:
    """What has no place of its own: who did what to it on paper, and when it was written into the old books."""
    titles = (
        ("number", "原编号"),
        ("checked", "初审"),
        ("decided", "复核"),
        ("shown", "公示"),
        ("objections", "异议"),
        ("posted_on", "入账"),
        ("note", ""),
    )
    told = ((title, said.get(name)) for name, title in titles)
    return "，".join(f"{title} {value}".strip() for title, value in told if value)


def _sort(
    entry: Entry,
    household: Household,
    line: Brought,
    record: Record,
    first: dict[Same, int],
    homes: dict[int, Home],
    plan: Plan,
) -> None:
    """Known, in the file already, or new."""
    same = (household.pk, line.day, tidy(line.item.title), line.points, tidy(line.words))
    if same in record.stored:
        plan.outcomes[entry.number] = "unchanged"
    elif (before := first.setdefault(same, entry.number)) != entry.number:
        how = "只存一次；确实做了两次的，事由写得不一样"
        plan.warnings.append(entry.fault("words", f"和第 {before} 行一样", how))
        plan.outcomes[entry.number] = "unchanged"
    else:
        home = homes.setdefault(household.pk, Home(household))
        home.lines.append(line)
        home.entries.append(entry)
        if entry.values.get("left") is not None:
            home.left = entry.values["left"]
        plan.outcomes[entry.number] = "created"


def _try(home: Home, plan: Plan, actor: Any) -> None:
    """The faults the verb itself finds: of all lines together, and if there is one, which of them it is."""
    fault = _tried(home.household, home.lines, home.left, home.entries[-1], actor)
    if fault is None:
        return
    rows = zip(home.lines, home.entries, strict=True)
    alone = [_tried(home.household, [line], None, entry, actor) for line, entry in rows]
    plan.faults += [each for each in alone if each is not None] or [fault]
    for entry in home.entries:
        del plan.outcomes[entry.number]


def _tried(
    household: Household, lines: Sequence[Brought], left: int | None, entry: Entry, actor: Any
) -> Fault | None:
    """It is called, and taken back at once."""
    try:
        with transaction.atomic():
            bring_in(actor=actor, household=household, lines=lines, left=left)
            transaction.set_rollback(True)
    except ValidationError as refused:
        name, sentences = next(iter(by_field(refused).items()))
        what, _, how = "".join(sentences).rstrip("。").partition("，")
        return entry.fault(_SHOWN_AT.get(name, name), what, how)
    except PermissionDenied as refused:
        return entry.fault("head", str(refused) or NOT_YOURS)
    return None


__all__ = ["SLUG", "cells_of", "objections_of", "read_awards", "save_all"]
