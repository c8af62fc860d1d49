"""What the people said of a settlement is dated like everything else: each step keeps it as it was after it."""

from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def carry_over(apps, schema_editor):
    Dispute, Move = apps.get_model("disputes", "Dispute"), apps.get_model("disputes", "Move")
    said = Dispute.objects.filter(pk=OuterRef("dispute")).values("feedback")[:1]
    settled = Move.objects.filter(state__in=("agreed", "settled")).exclude(dispute__feedback="")
    settled.update(feedback=Subquery(said))


class Migration(migrations.Migration):
    # visits 0007 writes rows of Move as they were before.
    dependencies = [("disputes", "0003_notice_rules"), ("visits", "0007_conflicts_become_disputes")]

    operations = [
        migrations.AddField(
            model_name="move",
            name="feedback",
            field=models.CharField(blank=True, default="", max_length=300, verbose_name="之后的群众反馈"),
            preserve_default=False,
        ),
        migrations.RunPython(carry_over, migrations.RunPython.noop),
    ]
