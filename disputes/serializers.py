"""The shapes of the API of disputes: what a phone sends of one that was settled on the spot, and what it is told."""

import datetime as dt
from typing import Any

from rest_framework import serializers

from core import clock
from core.ledger.sealing import LateEntries
from disputes.models import Dispute


class SettledIn(serializers.Serializer):
    """谁和谁, what about, how it was settled. `household`, `other_household`: the household of a side; without it
    `one`, `other` names him."""

    household = serializers.IntegerField(
        label="是哪一家（户）", min_value=1, max_value=2**63 - 1, required=False, allow_null=True
    )
    one = serializers.CharField(
        label="一方是谁（没写户的写）", max_length=40, required=False, allow_blank=True
    )
    other_household = serializers.IntegerField(
        label="另一方是哪一家（户）", min_value=1, max_value=2**63 - 1, required=False, allow_null=True
    )
    other = serializers.CharField(
        label="另一方是谁（没写户的写）", max_length=40, required=False, allow_blank=True
    )
    kind = serializers.ChoiceField(Dispute.KINDS, label="什么纠纷", allow_blank=True)
    about = serializers.CharField(label="为什么闹的", max_length=300, required=False, allow_blank=True)
    words = serializers.CharField(label="怎么化解的", max_length=500, allow_blank=True)
    happened_at = serializers.DateTimeField(label="手机上记的时间", required=False)
    sent_at = serializers.DateTimeField(label="送出的时候手机上的时间", required=False)

    def settled_at(self) -> dt.datetime:
        """When it was, by our clock."""
        told = self.validated_data
        if not told.get("happened_at"):
            return clock.now()
        return clock.corrected_time(told["happened_at"], told.get("sent_at"), clock.now())

    def said(self) -> dict[str, Any]:
        """What settle_on_spot takes, but for the rows of the households."""
        told = dict(self.validated_data)
        for name in ("household", "other_household", "happened_at", "sent_at"):
            told.pop(name, None)
        return told | {"day": clock.local_date(self.settled_at())}


class SettledOut(serializers.Serializer):
    """What is so once the server has it."""

    uuid = serializers.UUIDField(label="编号（UUID）")
    number = serializers.CharField(label="纠纷编号")
    state_title = serializers.CharField(label="状态")
    late = serializers.CharField(label="补录的说明")


def settled_json(dispute: Dispute) -> dict[str, Any]:
    """`late`: what is told where its month is sealed already."""
    village = dispute.village.pk
    entries = LateEntries.at([village])
    return {
        "uuid": dispute.uuid,
        "number": dispute.number,
        "state_title": dispute.state_said,
        "late": entries.note(village, dispute.found_on, dispute.registered_at),
    }
