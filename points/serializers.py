"""The shapes of the API of points: what a phone sends of a good deed, and what it is told of it."""

import datetime as dt
from typing import Any

from rest_framework import serializers

from core import clock
from points.models import Award, Item

_KEY = {"min_value": 1, "max_value": 2**63 - 1}


class AwardIn(serializers.Serializer):
    """A good deed of a household. `day`: when it was done; without it the day on which the phone noted it."""

    household = serializers.IntegerField(label="哪一户（户的 id）", **_KEY)
    item = serializers.IntegerField(label="哪个积分项目（项目的 id）", **_KEY)
    number = serializers.IntegerField(
        label="几个（次、小时、人）", min_value=1, max_value=1000, required=False, default=1
    )
    words = serializers.CharField(label="做了什么，一句话", max_length=300, allow_blank=True)
    person = serializers.IntegerField(
        label="谁做的（户里的人的 id）", required=False, allow_null=True, **_KEY
    )
    proof = serializers.CharField(
        label="佐证：什么证、几号，谁能证明", max_length=100, required=False, allow_blank=True, default=""
    )
    photo = serializers.BooleanField(label="佐证的照片随后送来", required=False, default=False)
    day = serializers.DateField(label="哪天做的，不是记的那天才写", required=False, allow_null=True)
    happened_at = serializers.DateTimeField(label="手机上记的时间", required=False)
    sent_at = serializers.DateTimeField(label="送出的时候手机上的时间", required=False)

    def noted_at(self) -> dt.datetime:
        """When it was noted, by our clock."""
        told = self.validated_data
        if not told.get("happened_at"):
            return clock.now()
        return clock.corrected_time(told["happened_at"], told.get("sent_at"), clock.now())


class AwardOut(serializers.Serializer):
    """One claim, and how far it has come."""

    uuid = serializers.UUIDField(label="编号（UUID）")
    number = serializers.CharField(label="申报编号")
    household = serializers.IntegerField(label="哪一户（户的 id）")
    head_name = serializers.CharField(label="户主")
    item = serializers.CharField(label="积分项目")
    words = serializers.CharField(label="事由")
    day = serializers.DateField(label="哪天做的")
    points = serializers.IntegerField(label="几分：定了的是核定分，没定的是申报分")
    state = serializers.ChoiceField(Award.STATES, label="到哪一步了")
    state_title = serializers.CharField(label="状态")
    why_not = serializers.CharField(label="为什么没通过")
    has_photo = serializers.BooleanField(label="有佐证的照片")


class AwardsOut(serializers.Serializer):
    results = AwardOut(many=True, label="申报，新的在前")
    next = serializers.CharField(label="下一页从哪里开始", allow_null=True)


class ItemOut(serializers.Serializer):
    """One kind of deed that the village's rules of today thank for."""

    id = serializers.IntegerField(label="项目的 id")
    title = serializers.CharField(label="积分项目")
    group = serializers.CharField(label="类别")
    points = serializers.IntegerField(label="每一个几分")
    unit = serializers.CharField(label="按什么算：次、小时、人")
    most = serializers.IntegerField(label="一次最多报几个")
    once = serializers.BooleanField(label="一户只算一次")
    proof = serializers.BooleanField(label="要有佐证")


class ItemsOut(serializers.Serializer):
    items = ItemOut(many=True, label="今天能申报的积分项目")


def award_json(award: Award) -> dict[str, Any]:
    """Reads item and household."""
    return {
        "uuid": award.uuid,
        "number": award.number_said,
        "household": award.household_id,
        "head_name": award.household.head_name,
        "item": str(award.item),
        "words": award.words,
        "day": award.day,
        "points": award.worth,
        "state": award.state,
        "state_title": award.get_state_display(),
        "why_not": award.why_not,
        "has_photo": bool(award.photo),
    }


def item_json(item: Item) -> dict[str, Any]:
    names = ("id", "title", "group", "points", "unit", "most", "once", "proof")
    return {name: getattr(item, name) for name in names}


def short_item(item: Item) -> list[Any]:
    """The same for a phone's card, which carries it for days: key, title, points, unit, most, and 1 where proof is
    demanded."""
    return [item.pk, item.title, item.points, item.unit, item.most, *([1] if item.proof else [])]
