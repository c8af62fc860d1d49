"""What is offered under each of the five knows and under a need: short words to tap, so that nobody has to type.

实施方案五（三）: 五必知 are 弱势群体, 婚育, 人才, 矛盾和不稳定因素, 突出环境问题; needs follow the plan's seven 有所.
The word tapped is stored in Finding.detail; a word that is not listed is as good, for the list may grow.
"""

from visits.models import Finding

OTHER = "其他"
DETAILS: dict[str, list[str]] = {
    Finding.WEAK: ["独居老人", "留守儿童", "残疾", "大病", "生活困难", OTHER],
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
