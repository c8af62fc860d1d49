import django_fsm
from django.db import migrations, models


class Migration(migrations.Migration):
    # visits 0007 writes rows of disputes as they were before.
    dependencies = [("disputes", "0002_notice_rules"), ("visits", "0007_conflicts_become_disputes")]

    operations = [
        migrations.AddField(
            model_name="party",
            name="rights_told_on",
            field=models.DateField(blank=True, editable=False, null=True, verbose_name="哪天告知权利义务的"),
        ),
        migrations.AddField(
            model_name="panel",
            name="off_because",
            field=models.CharField(blank=True, editable=False, max_length=100, verbose_name="为什么不开了"),
        ),
        migrations.AlterField(
            model_name="panel",
            name="state",
            field=django_fsm.FSMField(
                choices=[
                    ("drafted", "还在凑人"),
                    ("settled", "定下了"),
                    ("held", "开过了"),
                    ("off", "不开了"),
                ],
                default="drafted",
                max_length=8,
                protected=True,
                verbose_name="状态",
            ),
        ),
    ]
