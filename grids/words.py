"""The words a roster may use for relations, peoples and parties, with the other spellings villages write."""

import re

from grids.models.register import HEAD

FORMER_HEAD = "原户主"

# GB/T 4761 in the wording of villages' own rosters; 长子 … 六女 are made below.
_RELATIONS = {
    "配偶": "妻 妻子 丈夫 夫 爱人 老婆 之妻 之夫",
    "儿子": "子 独子 之子 儿",
    "女儿": "女 独女 独生女 之女",
    "继子": "",
    "继女": "",
    "养子": "",
    "养女": "",
    "儿媳": "媳 媳妇 儿媳妇 长媳 次媳 之媳",
    "女婿": "婿",
    "孙子": "孙 长孙 次孙 之孙",
    "孙女": "长孙女 次孙女",
    "孙媳": "孙媳妇 孙儿媳",
    "孙女婿": "",
    "外孙": "外孙子 外甥孙",
    "外孙女": "",
    "曾孙": "重孙 曾孙子 重孙子",
    "曾孙女": "重孙女",
    "父亲": "父 爸爸",
    "母亲": "母 妈妈",
    "继父": "",
    "继母": "",
    "养父": "",
    "养母": "",
    "公公": "",
    "婆婆": "",
    "岳父": "",
    "岳母": "",
    "祖父": "爷爷",
    "祖母": "奶奶",
    "外祖父": "外公 姥爷",
    "外祖母": "外婆 姥姥",
    "哥哥": "兄 长兄",
    "弟弟": "弟",
    "姐姐": "姐",
    "妹妹": "妹",
    "嫂子": "嫂",
    "弟媳": "弟媳妇 弟妹",
    "姐夫": "",
    "妹夫": "",
    "伯父": "",
    "伯母": "",
    "叔父": "叔叔",
    "婶母": "婶婶",
    "姑母": "姑姑",
    "舅父": "舅舅",
    "姨母": "姨",
    "侄子": "侄 侄儿",
    "侄女": "",
    "外甥": "",
    "外甥女": "",
    "堂兄弟姐妹": "",
    "表兄弟姐妹": "",
    "其他亲属": "亲属 其他",
    "非亲属": "无亲属关系 寄居 其他非亲属",
}
_NTH = {"长": "大 一", "次": "二", "三": "", "四": "", "五": "", "六": ""}

RELATIONS: tuple[str, ...]
RELATION_SYNONYMS: dict[str, str]


def _relations() -> tuple[tuple[str, ...], dict[str, str]]:
    words, synonyms = [HEAD], {"本人": HEAD, "户主本人": HEAD, "本人（户主）": HEAD, "户主（本人）": HEAD}
    children = {}
    for nth, others in _NTH.items():
        for child, endings in (("子", ("子", "儿子")), ("女", ("女", "女儿"))):
            children[nth + child] = [n + e for n in (nth, *others.split()) for e in endings]
    for word, others in _RELATIONS.items():
        words.append(word)
        synonyms |= dict.fromkeys(others.split(), word)
        if word == "配偶":
            words += children
    for word, spelled in children.items():
        synonyms |= {other: word for other in spelled if other != word}
    words.append(FORMER_HEAD)
    return tuple(words), synonyms


RELATIONS, RELATION_SYNONYMS = _relations()

_PEOPLES = (
    "汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳 佤 畲 高山 拉祜 水 东乡 纳西 "
    "景颇 柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 普米 塔吉克 怒 乌孜别克 俄罗斯 鄂温克 德昂 保安 "
    "裕固 京 塔塔尔 独龙 鄂伦春 赫哲 门巴 珞巴 基诺"
)
ETHNICITIES = (*(f"{name}族" for name in _PEOPLES.split()), "穿青人", "未识别民族", "外国血统")
ETHNICITY_SYNONYMS = {name.removesuffix("族"): name for name in ETHNICITIES if name.endswith("族")} | {
    "其他": "未识别民族",
    "穿青": "穿青人",
}

# GB/T 4762.
POLITICS = (
    "中共党员",
    "中共预备党员",
    "共青团员",
    "民革党员",
    "民盟盟员",
    "民建会员",
    "民进会员",
    "农工党党员",
    "致公党党员",
    "九三学社社员",
    "台盟盟员",
    "无党派人士",
    "入党积极分子",
    "少先队员",
    "群众",
)
POLITICS_SYNONYMS = {
    "党员": "中共党员",
    "正式党员": "中共党员",
    "中共正式党员": "中共党员",
    "中国共产党党员": "中共党员",
    "预备党员": "中共预备党员",
    "团员": "共青团员",
    "无党派": "无党派人士",
    "积极分子": "入党积极分子",
    "普通群众": "群众",
    "无": "群众",
}

SEX_WORDS = {"男": "M", "女": "F"}
SEX_SYNONYMS = {"男性": "男", "女性": "女", "M": "男", "F": "女"}

_DIGITS = "〇一二三四五六七八九"


def group_key(name: str) -> str:
    """By what two spellings of a villager group meet: 一组, 1组, 第一村民组, 一 组 → "1"; other names as they are."""
    bare = "".join(name.split()).removeprefix("第")
    for ending in ("村民小组", "村民组", "居民小组", "居民组", "小组", "组", "队"):
        if bare.endswith(ending) and bare != ending:
            bare = bare.removesuffix(ending)
            break
    return number_text(bare) or bare


def number_text(text: str) -> str:
    """`12` for 12 or 十二, empty for anything that is no number under a hundred."""
    if text.isdecimal():
        return str(int(text))
    tens, ten, ones = text.rpartition("十")
    if not text or len(tens) > 1 or len(ones) > 1 or any(c not in _DIGITS for c in tens + ones):
        return ""
    return str((_DIGITS.index(tens) if tens else 1) * 10 * bool(ten) + (_DIGITS.index(ones) if ones else 0))


_RANGE = re.compile(r"第?(.+?)(?:组)?[至到~～—–-]+第?(.+?)(?:村民)?组")


def group_names(text: str) -> list[str]:
    """The groups a cell names: 一组、二组；三组 — or a range of them: 一组至四组, 1-4组."""
    found = []
    for part in re.split(r"[、，,；;/\s]+", text):
        ends = _RANGE.fullmatch(part)
        first, last = (number_text(end) for end in ends.groups()) if ends else ("", "")
        if first and last and int(first) <= int(last):
            found += [f"{chinese_number(n)}组" for n in range(int(first), int(last) + 1)]
        elif part:
            found.append(part)
    return list(dict.fromkeys(found))


def chinese_number(number: int) -> str:
    """十二 for 12; up to 99."""
    tens, ones = divmod(number, 10)
    return ("" if tens < 2 else _DIGITS[tens]) + ("十" if tens else "") + (_DIGITS[ones] if ones else "")
