"""好事摘录: deeds for people who decide, in the order of houses; no sum, no place, nothing that was refused."""

import datetime as dt
import re
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet

from core import clock
from core.ledger import Column, Heading
from core.ledger.writing import write_workbook
from core.scope import must
from grids.models import Household, Person, Territory
from points.models import Award, Extract
from points.models.awards import SEES

TAKES_OUT = "ledgers.export"
NOTE = "这是好事的摘录，评不评、评谁，由人商量着定。按村民组、户编号排，不分先后；没列出来的，不等于没做过。"
MOST, MOST_NAMED = 20_000, 200
_COLUMNS = (
    ("group", "村民组", "text", 8),
    ("number", "户编号", "code", 9),
    ("head", "户主", "text", 8),
    ("person", "谁做的", "text", 8),
    ("day", "哪天做的", "date", 11),
    ("item", "积分项目", "text", 14),
    ("words", "事由", "text", 24),
    ("decided", "谁核定的", "text", 16),
    ("posted", "入账日期", "date", 11),
    ("points", "分", "integer", 6),
)


@transaction.atomic
def take_out(
    *, actor: Any, purpose: str, village: Territory, first: dt.date, last: dt.date, named: str = ""
) -> Extract:
    """Write down who takes out what, for what; what it holds is asked for afterwards (`deeds_of`). `named`: house
    numbers or names, parted by 、 or lines; empty: the whole village. Needs ledgers.export and points.see there.
    ValidationError by field."""
    must(actor, TAKES_OUT, village)
    must(actor, SEES, village)
    if last > clock.today():
        raise ValidationError({"last": "这一天还没到，改成今天或以前。"})
    found = Extract(
        purpose=purpose,
        territory=village,
        first=first,
        last=last,
        asked_at=clock.now(),
        asked_by=actor,
    )
    found.full_clean(exclude=["asked_by"])
    homes, people = _named(village, named)
    found.save()
    found.households.set(homes)
    found.persons.set(people)
    found.rows = deeds_of(found).count()
    if found.rows > MOST:
        raise ValidationError(
            {"first": f"有 {found.rows} 件，一份最多 {MOST} 件。日子改短一点，或者写哪些户。"}
        )
    found.save(update_fields=["rows"])
    return found


def _named(village: Territory, named: str) -> tuple[list[Household], list[Person]]:
    """A house number is a household; a name is one person of the village, or else not clear."""
    said = list(dict.fromkeys(each for each in re.split(r"[\s、，,；;]+", named) if each))
    if len(said) > MOST_NAMED:
        raise ValidationError({"named": f"一次最多写 {MOST_NAMED} 个，分几次摘。"})
    homes = list(Household.objects.filter(village=village, number__in=said))
    numbers = {home.number for home in homes}
    names = [each for each in said if each not in numbers]
    by_name: dict[str, list[Person]] = {}
    for person in Person.objects.filter(household__village=village, name__in=names).present():
        by_name.setdefault(person.name, []).append(person)
    faults = []
    for each in names:
        many = len(by_name.get(each, ()))
        if many > 1:
            faults.append(f"{village}有 {many} 个人叫{each}，分不清，写户编号。")
        elif not many:
            faults.append(f"{village}没有“{each}”，写户编号，或者在册的人的姓名。")
    if faults:
        raise ValidationError({"named": faults})
    return homes, [by_name[each][0] for each in names]


def deeds_of(extract: Extract) -> QuerySet[Award]:
    """What stands in the books today of these days and people: posted and not taken back, house by house."""
    rows = Award.objects.in_state(Award.POSTED).at(extract.territory)
    rows = rows.filter(day__gte=extract.first, day__lte=extract.last)
    homes, people = extract.households.values("pk"), extract.persons.values("pk")
    if homes.exists() or people.exists():
        rows = rows.filter(Q(household__in=homes) | Q(person__in=people))
    return rows.select_related("item", "household", "person", "group", "decided_by", "posting").order_by(
        "group__position", "group_id", "household__number", "day", "pk"
    )


def write_extract(extract: Extract, path: Path) -> int:
    """The workbook. The note stands above the headings, over their whole width, so that no page is without it."""
    village = extract.territory
    heading = Heading(
        title=f"{village.full_name} 好事摘录（{extract.get_purpose_display()}用）",
        unit=village.full_name,
        made_on=clock.local_date(extract.asked_at),
        period_title=f"{clock.cn_date(extract.first)}至{clock.cn_date(extract.last)}",
        footnotes=(
            NOTE,
            f"{extract.asked_by} {clock.cn_date(clock.local_date(extract.asked_at))}摘的，记在系统里。",
        ),
        signatures=("摘录人", "看过的人"),
    )
    columns = [
        Column(name, title, kind, width=width, group=NOTE, left=name in ("item", "words"))  # type: ignore[arg-type]
        for name, title, kind, width in _COLUMNS
    ]
    rows = (_cells(award) for award in deeds_of(extract).iterator(chunk_size=500))
    return write_workbook(path, heading=heading, columns=columns, rows=rows)


def _cells(award: Award) -> tuple[Any, ...]:
    return (
        award.group.name,
        award.household.number,
        award.household.head_name,
        award.person.name if award.person else "",
        award.day,
        award.item.title,
        award.words,
        decided_said(award),
        award.posting.day if award.posting else None,
        award.worth,
    )


def decided_said(award: Award) -> str:
    """By whom and when; of what came with a village's old register nobody here decided."""
    if award.decided_at is None:
        return "以前的登记簿"
    return f"{award.decided_by or '服务器'} {clock.local_date(award.decided_at)}"
