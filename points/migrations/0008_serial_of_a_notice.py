"""A notice counts on from its village's last one; those that hang already keep the number that was printed on them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("points", "0007_who_settled_before")]

    operations = [
        migrations.AddField(
            model_name="publicnotice",
            name="serial",
            field=models.PositiveIntegerField(editable=False, null=True, verbose_name="第几号"),
        ),
    ]
