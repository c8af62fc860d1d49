"""What is offered under each of the five knows and under a need: short words to tap, so that nobody has to type.

实施方案五（三）: 五必知 are 弱势群体, 婚育, 人才, 矛盾和不稳定因素, 突出环境问题; needs follow the plan's seven 有所.
The word tapped is stored in Finding.detail; a word that is not listed is as good, for the list may grow. What a word
means for the register stands beside it: 弱势群体 proposes a category, 婚育 leads to the form of a change.
"""

from visits.models import Finding

OTHER = "其他"
DETAILS: dict[str, list[str]] = {
    Finding.WEAK: ["重病", "孤寡老人", "低保困难", "残疾", "留守儿童", OTHER],
    Finding.FAMILY: ["结婚", "离婚", "怀孕", "生孩子", "收养", OTHER],
    Finding.TALENT: ["田秀才", "土专家", "乡创客", "在外能人", "大学生", OTHER],
    Finding.CONFLICT: ["邻里", "土地", "宅基地", "婚姻家庭", "工程", OTHER],
    Finding.ENVIRONMENT: ["垃圾", "污水", "厕所", "乱搭乱建", "烧秸秆", OTHER],
    Finding.NEED: [
        "幼有所育",
        "学有所教",
        "劳有所得",
        "病有所医",
        "老有所养",
        "住有所居",
        "弱有所扶",
        "安全隐患",
        OTHER,
    ],
}

# Words of 弱势群体 → the code of the category they propose; with those that phones offered before.
CATEGORY_OF = {
    "重病": "illness",
    "大病": "illness",
    "孤寡老人": "lonely",
    "独居老人": "lonely",
    "低保困难": "lowincome",
    "生活困难": "lowincome",
    "残疾": "disabled",
    "留守儿童": "leftbehind",
}
# These are never said of the head unless somebody names him: without a name nothing is proposed.
OF_SOMEBODY_NAMED = frozenset({"留守儿童"})

# Words of 婚育 → the kind of change they end in; 怀孕 changes nothing yet, any other word may be any kind.
CHANGE_OF = {"结婚": "move_in", "离婚": "move_out", "怀孕": None, "生孩子": "birth", "收养": "move_in"}


def change_of(finding: Finding) -> str | None:
    """The kind of change to report for an open item: "" if one of several, None if there is none to report."""
    if finding.kind != Finding.FAMILY or finding.state != Finding.OPEN:
        return None
    return CHANGE_OF.get(finding.detail, "")
