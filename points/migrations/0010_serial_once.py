"""From now on every notice has its number, once in its village."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("points", "0009_serials_as_printed")]

    operations = [
        migrations.AlterField(
            model_name="publicnotice",
            name="serial",
            field=models.PositiveIntegerField(editable=False, verbose_name="第几号"),
        ),
        migrations.AddConstraint(
            model_name="publicnotice",
            constraint=models.UniqueConstraint(fields=("territory", "serial"), name="points_notice_serial"),
        ),
    ]
