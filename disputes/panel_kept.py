"""What was typed on the page of a panel that does not take it (any more): it stands in its place on the next one."""

from typing import Any

from django.http import QueryDict

# What a person writes there, as the page calls it.
WRITTEN = {
    "look": "姓名",
    "role": "什么人",
    "reason": "为什么不要他",
    "answer": "主持人怎么说",
    "words": "为什么不要小组",
    "topic": "议什么",
    "day": "哪天",
    "time": "几点",
    "place": "在哪里开",
}
# What is ticked or chosen goes along; upon which writing it was typed does not, for that one may have gone.
CHOSEN = ("where", "of_side", "near", "kind", "pick", "host", "party")
ANOTHER = "现在这一页是后来另组的小组。您刚才写的没有存，放在这里了，看一遍，要的再点一次。"
PUT_BACK = "您刚才写的放回原来的地方了，还没有存。看一遍，再点一次。"


def kept(sent: QueryDict, code: str) -> dict[str, Any]:
    """For disputes/_kept.html: `lines`, what was written, under its name; `fields`, all of it as it travels on with the
    step that it was for. Empty where nothing was written."""
    lines = [(title, sent[name]) for name, title in WRITTEN.items() if sent.get(name, "").strip()]
    if not lines:
        return {}
    names = [name for name in (*WRITTEN, *CHOSEN) if name in sent]
    fields = [(name, value) for name in names for value in sent.getlist(name)[:200]]
    return {"lines": lines, "fields": [("kept", code), *fields]}
