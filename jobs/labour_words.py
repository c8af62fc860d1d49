"""The words under which workbooks of the labour register say what our lists say: whatever villages write."""

from collections.abc import Iterable

from jobs.models import Labour, Skill, Trade

_STATUS = {
    Labour.NEAR: "本地就业 就近就业 就近务工 本地打工 镇内务工 区内务工 县内务工 在本地务工",
    Labour.AWAY: "外出 外出就业 外出打工 在外务工 在外打工 省外务工 市外务工 省内务工 县外务工",
    Labour.OWN: "创业 自主经营 个体 个体户 个体经营 自主就业 做生意",
    Labour.FARM: "务农 种地 农业 在家种地 从事农业",
    Labour.IDLE: "待业 失业 无业 未就业 在家 赋闲 待业在家 失业在家",
    Labour.SCHOOL: "在读 在校 学生 上学 读书 在校学生",
    Labour.UNABLE: "无劳动能力 丧失劳动能力 无劳力 不能劳动",
    Labour.RETIRED: "退休 养老 已退休",
}
_WISH = {
    Labour.SEEKS: "有 是 求职 找工作 想就业 有求职意愿 愿意就业 想找工作",
    Labour.CHANGES: "换工作 想换工作 想换岗",
    Labour.RESTS: "无 否 没有 不找工作 不求职 无求职意愿 无意愿 不愿意",
}
_HEALTH = {
    "good": "良好 好 正常 健康良好 身体健康",
    "weak": "一般 较差 差 体弱多病",
    "chronic": "慢性病 长期慢性病 患慢性病 患病 有病 大病 重病",
    "disabled": "残疾人 有残疾 持证残疾",
}
# What people write where there is nothing to say.
_NOTHING = dict.fromkeys(("无", "否", "没有", "不限", "无意愿", "不愿意", "不参加", "无技能", "都行"), "")


def _spelled(words: dict[str, str], choices: Iterable[tuple[str, str]]) -> dict[str, str]:
    titles = dict(choices)
    return {spelling: titles[code] for code, text in words.items() for spelling in text.split()}


STATUS_WORDS = _spelled(_STATUS, Labour.STATUSES)
WISH_WORDS = _spelled(_WISH, Labour.WISHES)
HEALTH_WORDS = _spelled(_HEALTH, Labour.HEALTHS)


def trade_names() -> list[str]:
    return Trade.objects.names()


def trade_words() -> dict[str, str]:
    """As the town keeps them with each trade."""
    return _NOTHING | Trade.objects.spellings()


def skill_names() -> list[str]:
    return Skill.objects.names()


def skill_words() -> dict[str, str]:
    return _NOTHING | Skill.objects.spellings()
