"""Trades and skills a town usually begins with, and the words that workbooks use for them; the town changes them."""

from django.db import migrations

TRADES = (
    ("普工", "操作工、流水线、工厂普工、装配工"),
    ("缝纫", "缝纫工、车工（服装）、制衣"),
    ("建筑", "瓦工、泥瓦匠、泥水匠、小工、建筑工、钢筋工、木工、油漆工"),
    ("水电安装", "水电工、电工、安装工、空调安装"),
    ("焊工", "电焊工、电焊、氩弧焊"),
    ("驾驶", "司机、驾驶员、货车司机"),
    ("叉车、机械", "叉车工、挖机手、机械操作"),
    ("搬运、装卸", "搬运工、装卸工、快递分拣"),
    ("餐饮", "厨师、帮厨、服务员、面点"),
    ("家政", "家政服务、钟点工、保姆、月嫂"),
    ("养老护理", "护理员、护工、养老护理员"),
    ("保洁", "保洁员、环卫、清洁工"),
    ("保安、门卫", "保安、门卫、值班"),
    ("种植", "农业种植、采摘、茶园、大棚、田间管理"),
    ("养殖", "养殖、水产、喂养"),
    ("农机", "农机手、收割机手、拖拉机手"),
    ("销售、收银", "营业员、收银员、导购、店员"),
    ("文员、会计", "文员、会计、出纳、办公室"),
    ("电商", "电商、直播、网店客服、打包"),
    ("手工", "手工活、来料加工、编织"),
)
# name, other spellings, trade
SKILLS = (
    ("缝纫", "缝纫机操作", "缝纫"),
    ("瓦工", "砌筑工、泥瓦工", "建筑"),
    ("钢筋、模板", "钢筋工、木工", "建筑"),
    ("电工证", "电工、低压电工证", "水电安装"),
    ("焊工证", "电焊、焊工", "焊工"),
    ("驾驶证", "C1、B2、驾照", "驾驶"),
    ("叉车证", "叉车", "叉车、机械"),
    ("挖掘机", "挖机、挖机操作证", "叉车、机械"),
    ("中式烹调", "厨师证、烹饪", "餐饮"),
    ("面点", "糕点、早点", "餐饮"),
    ("家政服务", "家政证", "家政"),
    ("育婴", "育婴师、月嫂证", "家政"),
    ("养老护理", "护理员证、养老护理员证", "养老护理"),
    ("保安员证", "保安证", "保安、门卫"),
    ("果树、茶叶", "茶艺、修剪、嫁接", "种植"),
    ("大棚蔬菜", "蔬菜种植", "种植"),
    ("水产养殖", "养鱼、龙虾养殖", "养殖"),
    ("农机驾驶", "农机证、拖拉机证", "农机"),
    ("会计证", "会计、初级会计", "文员、会计"),
    ("电脑", "办公软件、打字", "文员、会计"),
    ("电商直播", "直播、网店运营", "电商"),
    ("编织", "手工编织、刺绣", "手工"),
)


def plant(apps, schema_editor):
    trades, skills = apps.get_model("jobs", "Trade"), apps.get_model("jobs", "Skill")
    found = {}
    for place, (name, synonyms) in enumerate(TRADES, start=1):
        facts = {"synonyms": synonyms, "position": place * 10}
        found[name], _ = trades.objects.get_or_create(name=name, defaults=facts)
    for place, (name, synonyms, trade) in enumerate(SKILLS, start=1):
        facts = {"synonyms": synonyms, "position": place * 10, "trade": found[trade]}
        skills.objects.get_or_create(name=name, defaults=facts)


class Migration(migrations.Migration):
    dependencies = [("jobs", "0001_initial")]

    operations = [migrations.RunPython(plant, migrations.RunPython.noop)]
