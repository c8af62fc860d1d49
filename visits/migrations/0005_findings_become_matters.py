"""What earlier visits heard and nobody has settled (诉求, 环境, 隐患) becomes a matter, with an owner and a clock."""

import datetime as dt
import uuid

import chinese_calendar
from django.db import migrations

from core import clock

FIELDS = {
    "幼有所育": "young",
    "学有所教": "learning",
    "劳有所得": "work",
    "病有所医": "illness",
    "老有所养": "old",
    "住有所居": "housing",
    "弱有所扶": "weak",
    "安全隐患": "danger",
}
BATCH = 500


def works(day):
    try:
        return chinese_calendar.is_workday(day)
    except NotImplementedError:  # a year the library does not know yet
        return day.weekday() < 5


def promised(today, days):
    """Counted from the day on which it becomes a matter: nobody had promised anything before."""
    while days:
        today += dt.timedelta(days=1)
        days -= works(today)
    return today


def hand_on(apps, schema_editor):
    Finding, Matter, Move = (
        apps.get_model("visits", "Finding"),
        apps.get_model("appeals", "Matter"),
        apps.get_model("appeals", "Move"),
    )
    now, today = clock.now(), clock.today()
    rules = apps.get_model("appeals", "ResponseTime").objects.filter(since__lte=today).exclude(until__lt=today)
    rule = rules.order_by("-since").first()
    simple, ordinary = (rule.simple_days, rule.ordinary_days) if rule else (0, 3)
    due = {"now": promised(today, simple)}
    found = Finding.objects.filter(
        kind__in=("need", "environment"), state="open", matter=None, visit__void_at=None
    )
    while batch := list(found.select_related("visit", "household", "territory").order_by("pk")[:BATCH]):
        for finding in batch:
            visit, home = finding.visit, finding.household
            field = "environment" if finding.kind == "environment" else FIELDS.get(finding.detail, "other")
            words = "，".join(word for word in (finding.detail, finding.words) if word)
            finding.matter = Matter.objects.create(
                uuid=uuid.uuid4(),
                source="visit",
                field=field,
                words=words or ("环境" if finding.kind == "environment" else "诉求"),
                urgency=finding.urgency,
                household=home,
                person=finding.person,
                caller=home.head_name[:40],
                phone_mask=home.phone_mask,
                territory=finding.territory,
                level="grid" if finding.territory.kind == "grid" else "village",
                opened_at=visit.received_at,
                opened_on=visit.day,
                opened_by=visit.visitor,
                due_on=due.get(finding.urgency) or promised(today, ordinary),
                content_hash="",
            )
            Move.objects.create(
                matter=finding.matter,
                kind="open",
                at=now,
                day=visit.day,
                due_on=finding.matter.due_on,
                actor=visit.visitor,
                level=finding.matter.level,
                state="collected",
            )
            finding.state = "passed_on"
            finding.save(update_fields=["matter", "state"])


class Migration(migrations.Migration):
    # It writes rows of appeals: a later migration that adds a column there depends on this one.
    dependencies = [("visits", "0004_finding_matter"), ("appeals", "0004_hotline")]

    operations = [migrations.RunPython(hand_on, migrations.RunPython.noop)]
