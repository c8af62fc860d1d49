"""What earlier visits found of quarrels (矛盾) and nobody has settled becomes a dispute, with a day to settle it by."""

import datetime as dt
import uuid

from django.db import migrations

from core import clock

KINDS = {"邻里": "neighbours", "土地": "land", "宅基地": "housing", "婚姻家庭": "marriage"}
BATCH = 500


def hand_on(apps, schema_editor):
    Finding, Dispute, Party, Move, Person = (
        apps.get_model("visits", "Finding"),
        apps.get_model("disputes", "Dispute"),
        apps.get_model("disputes", "Party"),
        apps.get_model("disputes", "Move"),
        apps.get_model("grids", "Person"),
    )
    now, today = clock.now(), clock.today()
    rules = apps.get_model("disputes", "DisputeRule").objects.filter(since__lte=today).exclude(until__lt=today)
    rule = rules.order_by("-since").first()
    # Counted from the day on which it becomes a dispute: nobody had promised anything before.
    due_on = today + dt.timedelta(days=rule.settle_days if rule else 30)
    found = Finding.objects.filter(kind="conflict", state="open", dispute=None, visit__void_at=None)
    while batch := list(found.select_related("visit", "household", "territory").order_by("pk")[:BATCH]):
        homes = {finding.household_id for finding in batch}
        heads = Person.objects.filter(household__in=homes, relation="户主", left_on=None).order_by("-pk")
        heads = {person.household_id: person for person in heads}
        for finding in batch:
            visit, home = finding.visit, finding.household
            said = "，".join(word for word in (finding.detail, finding.words) if word) or "矛盾"
            finding.dispute = Dispute.objects.create(
                uuid=uuid.uuid4(),
                source="visit",
                kind=KINDS.get(finding.detail, "other"),
                words=said,
                territory=finding.territory,
                level="grid" if finding.territory.kind == "grid" else "village",
                found_on=visit.day,
                registered_at=visit.received_at,
                registered_by=visit.visitor,
                due_on=due_on,
                content_hash="",
            )
            person = finding.person or heads.get(home.pk)
            Party.objects.create(
                dispute=finding.dispute,
                side="first",
                person=person,
                household=home,
                name=person.name if person else home.head_name,
                sex=person.sex if person else "",
                birth_date=person.birth_date if person else None,
                address=home.address,
            )
            Move.objects.create(
                dispute=finding.dispute,
                kind="open",
                at=now,
                day=visit.day,
                due_on=due_on,
                actor=visit.visitor,
                level=finding.dispute.level,
                state="noted",
                words=said,
            )
            finding.state = "passed_on"
            finding.save(update_fields=["dispute", "state"])


class Migration(migrations.Migration):
    # It writes rows of disputes: a later migration that adds a column there depends on this one.
    dependencies = [("visits", "0006_finding_dispute"), ("disputes", "0001_initial")]

    operations = [migrations.RunPython(hand_on, migrations.RunPython.noop)]
