"""The town, villages, grids and villager groups that a roster of grids describes, made or brought up to date."""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from core import clock
from core.faults import by_field
from core.ledger import BadWorkbook, Entry, ImportContext
from core.scope import OPERATOR, may
from grids import services
from grids.models import Territory, VillagerGroup
from grids.words import group_key, group_names

NOT_YOURS = "不归您管"


def town_name(title: str) -> str:
    """The town that a title begins with: 洪集镇网格化服务管理人员花名册（1+1+N）."""
    found = re.match(r"(?:.{0,12}?[省市县区])?([一-龥]{1,8}?(?:镇|乡|街道))", title)
    return found[1] if found else ""


class Tree:
    """What the rows say about territories. `grid_of` by row number, for rows whose grid stands."""

    def __init__(self, entries: Sequence[Entry], context: ImportContext, fault: Callable[..., None]) -> None:
        self.entries, self.context, self.actor, self.fault = entries, context, context.actor, fault
        self.grid_of: dict[int, Territory] = {}
        self.changed_rows: set[int] = set()
        self.town: Territory | None = None
        self.gone: list[str] = []
        self.counts: dict[str, int] = defaultdict(int)
        self.villages: dict[str, Territory] = {}

    @property
    def lines(self) -> list[tuple[int, str]]:
        return [(count, what) for what, count in self.counts.items()]

    def build(self) -> None:
        by_code: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            if entry.values["code"] and entry.values["village"] and entry.values["grid"]:
                by_code[entry.values["code"]].append(entry)
        self._settle_town(list(by_code))
        ambiguous = self._refuse_two_names(by_code)
        self.claimed: dict[tuple[int, str], str] = {}
        for code, entries in by_code.items():
            if code in ambiguous:
                continue
            try:
                with transaction.atomic():
                    grid = self._grid(code, entries)
                    self._groups(grid, entries)
            except (ValidationError, PermissionDenied) as refused:
                self._refused(entries, refused)
            else:
                self.grid_of |= {entry.number: grid for entry in entries}
        self._report(by_code)

    def _refused(self, entries: list[Entry], refused: Exception) -> None:
        faults = {"village": [str(refused)]}
        if isinstance(refused, ValidationError):
            faults = by_field(refused, "grid")
        for field, sentences in faults.items():
            for sentence in sentences:
                column = {"name": "grid", "since": "groups", "__all__": "grid"}.get(field, field)
                what, _, how = sentence.rstrip("。").replace("。", "，").rpartition("，")
                self.fault(entries[0], column, what or how, how if what else "")
        for entry in entries[1:]:
            self.fault(entry, "grid", f"第 {entries[0].number} 行的网格有错", "先改那一行")

    # --- town --------------------------------------------------------------------------------------------

    def _settle_town(self, codes: list[str]) -> None:
        """The root all codes belong to, made if the operator brings the first roster."""
        if not codes:
            return
        prefixes = [code[:9] for code in codes]
        prefix = max(set(prefixes), key=prefixes.count)
        self.town = Territory.objects.towns().filter(code=prefix).first()
        name = town_name(self.context.meta.get("title", ""))
        if self.town is None:
            same_name = Territory.objects.towns().filter(name=name).first()
            if same_name or self.actor is not OPERATOR:
                known = same_name or Territory.objects.towns().order_by("pk").first()
                said = f"，{known}的是 {known.code}" if known else ""
                raise BadWorkbook(
                    "other_town", f"网格编码前 9 位是 {prefix}{said}。核对编码，或者请镇办公室建镇。"
                )
            if not name:
                raise BadWorkbook(
                    "no_town", "标题里没有镇名，看不出是哪个镇。标题写成“洪集镇网格花名册”这样。"
                )
            self.town = services.add_town(name=name, code=prefix)
            self.counts["个镇新建"] += 1

    def _refuse_two_names(self, by_code: dict[str, list[Entry]]) -> set[str]:
        """One code, one village and one name; one village, one code. The codes of which that is not sure."""
        found = set()
        village_codes: dict[str, str] = {}
        village_names: dict[str, str] = {}
        for code, entries in by_code.items():
            first = entries[0]
            for entry in entries[1:]:
                for column in ("village", "grid"):
                    if entry.values[column] != first.values[column]:
                        what = f"编码 {code} 第 {first.number} 行写的是{first.values[column]}"
                        self.fault(entry, column, what, "一个编码只有一个网格")
                        found.add(code)
            name = first.values["village"]
            if village_codes.setdefault(name, code[:12]) != code[:12]:
                self.fault(first, "code", f"{name}的编码应以 {village_codes[name]} 开头", "核对编码")
                found.add(code)
            if village_names.setdefault(code[:12], name) != name:
                self.fault(first, "village", f"编码前 12 位是{village_names[code[:12]]}的", "核对村名或编码")
                found.add(code)
        return found

    # --- villages and grids ------------------------------------------------------------------------------

    def _grid(self, code: str, entries: list[Entry]) -> Territory:
        village = self._village(code, entries)
        name = entries[0].values["grid"]
        party_group = next((e.values["party_group"] for e in entries if e.values.get("party_group")), "")
        grid = Territory.objects.filter(code=code).select_related("parent").first()
        self._refuse_same_name(village, name, code, "grid")
        if grid is None:
            grid = services.add_territory(
                actor=self.actor,
                parent=village,
                name=name,
                code=code,
                kind=Territory.GRID,
                party_group=party_group,
            )
            self._count("个网格新建", entries)
        elif grid.closed_on:
            raise ValidationError({"code": f"这个网格 {grid.closed_on:%Y-%m-%d} 已经撤了，换一个编码"})
        else:
            changes = {"name": name} if name != grid.name else {}
            changes |= {"party_group": party_group} if party_group and party_group != grid.party_group else {}
            if changes:
                grid = services.describe_territory(actor=self.actor, territory=grid, **changes)
                self._count("个网格改了名称或党小组", entries)
        grid.parent = village
        return grid

    def _village(self, code: str, entries: list[Entry]) -> Territory:
        name, prefix = entries[0].values["village"], code[:12]
        assert self.town
        if code[:9] != self.town.code:
            raise ValidationError({"code": f"编码前 9 位不是{self.town}的 {self.town.code}，核对编码"})
        village = self.villages.get(prefix) or Territory.objects.filter(code=prefix).first()
        self._refuse_same_name(self.town, name, prefix, "village")
        if village is None:
            if not may(self.actor, "grids.redraw", self.town):
                raise PermissionDenied(f"{name}{NOT_YOURS}")
            village = services.add_territory(
                actor=self.actor, parent=self.town, name=name, code=prefix, kind=Territory.VILLAGE
            )
            self._count("个村新建", entries)
        elif not may(self.actor, "posts.manage", village):
            raise PermissionDenied(f"{name}{NOT_YOURS}")
        elif village.name != name:
            village = services.describe_territory(actor=self.actor, territory=village, name=name)
            self._count("个村改了名称", entries)
        self._refuse_outside(village)
        self.villages[prefix] = village
        return village

    @staticmethod
    def _refuse_same_name(parent: Territory, name: str, code: str, column: str) -> None:
        known = Territory.objects.filter(parent=parent, name=name).exclude(code=code).first()
        if known:
            raise ValidationError({column: f"{name}登记的编码是 {known.code}，核对编码或名称"})

    def _refuse_outside(self, village: Territory) -> None:
        chosen: Any = self.context.territory
        if chosen is not None and chosen.village is not None and chosen.village.pk != village.pk:
            raise ValidationError({"village": f"选的是{chosen.village}，这一行是{village}的，删去或改选"})

    def _count(self, what: str, entries: list[Entry]) -> None:
        self.counts[what] += 1
        self.changed_rows.add(entries[0].number)

    # --- villager groups ---------------------------------------------------------------------------------

    def _groups(self, grid: Territory, entries: list[Entry]) -> None:
        named = dict.fromkeys(name for e in entries for name in group_names(e.values.get("groups") or ""))
        stored = {group_key(g.name): g for g in VillagerGroup.objects.filter(village=grid.parent_id)}
        for name in named:
            key = group_key(name)
            other = self.claimed.setdefault((grid.parent_id, key), grid.name)
            if other != grid.name:
                raise ValidationError({"groups": f"{name}已经写在{other}里，一个组只在一个网格"})
            group = stored.get(key)
            if group is None:
                services.add_group(actor=self.actor, grid=grid, name=name, since=self._since(entries))
                self._count("个村民组新建", entries)
            elif group.closed_on:
                raise ValidationError({"groups": f"{name} {group.closed_on:%Y-%m-%d} 已经撤了，从表里删去"})
            elif group.grid_id != grid.pk:
                day = self.context.as_of or self.context.meta.get("made_on") or clock.today()
                services.redraw(actor=self.actor, group=group, grid=grid, since=day)
                self._count("个村民组划到别的网格", entries)

    def _since(self, entries: list[Entry]) -> Any:
        """A new group lies in its grid since the grid has had people, or since the day that was told."""
        begun = [e.values["since"] for e in entries if e.values.get("since")]
        return self.context.as_of or min(begun, default=clock.today())

    def _report(self, by_code: dict[str, list[Entry]]) -> None:
        """Grids and groups that are on record in these villages and not in the file."""
        villages = [village.pk for village in self.villages.values()]
        for grid in (
            Territory.objects.grids().in_use().filter(parent__in=villages).select_related("parent").in_order()
        ):
            if grid.code not in by_code:
                self.gone.append(f"{grid.full_name}：登记着，表里没有")
        for group in VillagerGroup.objects.in_use().filter(village__in=villages).select_related("village"):
            if (group.village_id, group_key(group.name)) not in self.claimed:
                self.gone.append(f"{group.village} {group}：登记着，表里没有")
