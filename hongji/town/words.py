"""What cadres of the demo town find and promise on their visits."""

FINDINGS = (
    {"kind": "need", "detail": "病有所医", "urgency": "days", "words": "慢性病证到期，想问怎么续办"},
    {"kind": "need", "detail": "住有所居", "urgency": "calm", "words": "厨房漏雨，想申请修缮"},
    {"kind": "need", "detail": "老有所养", "urgency": "days", "words": "高龄津贴上个月没到账"},
    {"kind": "need", "detail": "劳有所得", "urgency": "calm", "words": "儿子想在附近找活干"},
    {"kind": "conflict", "detail": "邻里", "urgency": "days", "words": "和隔壁为排水沟争过几句"},
    {"kind": "conflict", "detail": "土地", "urgency": "calm", "words": "田埂边界说法不一"},
    {"kind": "environment", "detail": "垃圾", "urgency": "calm", "words": "组口垃圾桶满了没人收"},
    {"kind": "environment", "detail": "污水", "urgency": "days", "words": "屋后水沟堵了，有味"},
    {"kind": "weak", "detail": "重病", "urgency": "days", "words": "老伴刚出院，身边没人照顾"},
    {"kind": "family", "detail": "结婚", "urgency": "calm", "words": "女儿年底结婚"},
    {"kind": "talent", "detail": "手艺", "urgency": "calm", "words": "会做木工，带过徒弟"},
)
PROMISES = (
    ("ask", "问清慢性病证怎么办"),
    ("deliver", "送种粮补贴单"),
    ("apply", "帮着报名护工培训"),
    ("return", "下次带血压计"),
    ("contact", "催排水沟复工"),
    ("deliver", "送优抚金变动通知"),
    ("return", "月底再来看看"),
)
