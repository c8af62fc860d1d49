"""From how many points on the PIN is asked is the town's to say, not each village's: every time, until it does."""

import datetime

import django.core.validators
from django.db import migrations, models
from django.db.models.functions import Coalesce


class Migration(migrations.Migration):
    dependencies = [("points", "0010_serial_once")]

    operations = [
        migrations.RemoveField(model_name="historicalscheme", name="pin_from"),
        migrations.RemoveField(model_name="scheme", name="pin_from"),
        migrations.CreateModel(
            name="PointsRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("since", models.DateField(verbose_name="从哪天起")),
                (
                    "until",
                    models.DateField(blank=True, help_text="还在的不填", null=True, verbose_name="到哪天止"),
                ),
                (
                    "pin_from",
                    models.PositiveIntegerField(
                        default=1,
                        help_text="1 是每次都要；一天里几次加起来算",
                        validators=[
                            django.core.validators.MinValueValidator(1, "填 1 到 100000。"),
                            django.core.validators.MaxValueValidator(100000, "填 1 到 100000。"),
                        ],
                        verbose_name="一户一天兑换满多少分要密码",
                    ),
                ),
            ],
            options={
                "verbose_name": "积分规则",
                "verbose_name_plural": "积分规则",
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(until__isnull=True) | models.Q(until__gte=models.F("since")),
                        name="points_pointsrule_dates",
                        violation_error_message="截止日期比开始日期早，改过来。",
                    ),
                    models.UniqueConstraint(
                        Coalesce("until", models.Value(datetime.date(9999, 12, 31))),
                        condition=models.Q(until__isnull=True),
                        name="points_pointsrule_one_end",
                        violation_error_message="已有一条在用的规则，先给它填上截止日期。",
                    ),
                ],
            },
        ),
    ]
