"""A territory by what people call it: its code, its name, or village and grid together."""

from typing import Any

from core.scope import Reach, reach_of
from grids.models import Territory


class NoSuchPlace(LookupError):
    """No territory of the actor's reach is called so, or more than one is; the text is for people."""


def find_territory(text: str, *, actor: Any, verb: str) -> Territory:
    """`会馆村`, `341504999204`, `金星第二网格` or `金星村 金星第二网格`; NoSuchPlace outside the actor's reach too."""
    wanted = "".join(text.split())
    places = list(within(reach_of(actor, verb)))
    found = [place for place in places if wanted in (place.code, place.name)]
    found = found or [place for place in places if "".join(place.full_name.split()) == wanted]
    if len(found) > 1:
        codes = "、".join(place.code for place in found)
        raise NoSuchPlace(f"叫“{text}”的不止一处，改用编码：{codes}。")
    if not found:
        known = "、".join(place.name for place in places if place.kind == Territory.VILLAGE)
        instead = f"这里有：{known}。" if known else "先导入网格花名册；导入过的，换一个管这里的账号。"
        raise NoSuchPlace(f"没有“{text}”这个地方。{instead}")
    return found[0]


def within(reach: Reach) -> Any:
    """Territories in use inside a reach, in the town's order."""
    return Territory.objects.filter(reach.q()).in_use().select_related("parent").in_order()
