"""The plan's five categories (五必访, 实施方案五（三）) and those a town usually adds, with the words rosters use for them."""

import datetime as dt

from django.db import migrations

# Before anything a village may start with: the five have always been visited.
LONG_AGO = dt.date(2000, 1, 1)
# code, name, short, synonyms, visited every month
KINDS = (
    ("petition", "信访户", "信访", "信访、上访户、信访对象、信访人员", True),
    ("illness", "大病重病户", "大病", "大病户、重病户、大病、重病、大重病户、重大疾病、患病户", True),
    ("lonely", "鳏寡孤独老人", "孤老", "鳏寡孤独、孤寡老人、孤寡、孤老、独居老人、空巢老人", True),
    ("lowincome", "低保困难户", "低保", "低保户、低保、困难户、低保对象、低保家庭、五保户、特困户", True),
    ("veteran", "优抚对象", "优抚", "优抚户、优抚、退役军人优抚、烈属、军属", True),
    ("disabled", "残疾人", "残疾", "残疾、残疾户、残疾人员", False),
    ("leftbehind", "留守儿童", "留守", "留守、留守孩子", False),
    ("special", "特殊居民", "特殊", "特殊人群、特殊对象、社区矫正、刑满释放、精神障碍", False),
)


def plant(apps, schema_editor):
    kinds = apps.get_model("grids", "CategoryKind")
    for position, (code, name, short, synonyms, visited) in enumerate(KINDS, start=1):
        kinds.objects.get_or_create(
            code=code,
            defaults={
                "name": name,
                "short": short,
                "synonyms": synonyms,
                "visited_since": LONG_AGO if visited else None,
                "position": position * 10,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("grids", "0001_initial")]

    operations = [migrations.RunPython(plant, migrations.RunPython.noop)]
