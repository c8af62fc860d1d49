"""The doors of a phone that was away: what others left sealed on it, receipts it asks about, what is on hold."""

import base64
import binascii
import datetime as dt
import io
import json
import logging
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError as Refused
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from appeals.letters import deliver_step
from core import clock, epoch, photos
from core.crypto import Unreadable
from core.doors import MB, Bounded
from core.paging import KeysetPagination
from core.sealing import open_sealed
from disputes.letters import deliver_settled
from points.letters import deliver_award
from visits import services
from visits.letters import held_json, read_sealed
from visits.models import Held

MOST_SEALED = 50
MOST_AHEAD = 50 * 365 * 24 * 3600 * 1000  # milliseconds: a clock set further off than this is no clock
UNREADABLE, MISSING, CONFLICT, LATER, UNDONE = "unreadable", "missing", "conflict", "later", "undone"
OUTCOMES = (
    "accepted 记上了，held 暂存等村里定，refused 村里没有记，conflict 编号用过了、内容对不上，"
    "unreadable 打不开，missing 没有这一户，later 没收成、等一会儿再送，"
    "undone 按记的人说的撤销了"
)
_INSIDE = {"visit", "step", "settled", "award"}  # what a record can be of
_OBJECT = {200: OpenApiTypes.OBJECT}
logger = logging.getLogger(__name__)


class SealedOneIn(serializers.Serializer):
    """One record that only the server can read: version 1 of core.sealing's layout."""

    uuid = serializers.UUIDField(label="编号（UUID）")
    kid = serializers.CharField(label="封的时候用的哪把钥匙", max_length=40)
    data = serializers.CharField(label="封好的内容（base64）", max_length=12 * MB, trim_whitespace=False)  # type: ignore[assignment]


class SealedIn(serializers.Serializer):
    """Records left on a shared phone; `sent_at` is the phone's present clock."""

    sealed = serializers.ListField(
        label="封着的记录，每条写 uuid、kid、data", child=serializers.DictField(), max_length=MOST_SEALED
    )
    sent_at = serializers.DateTimeField(label="送出时手机上的时间", required=False)


class SealedAnswer(serializers.Serializer):
    """What became of one of them: never a name, never content."""

    uuid = serializers.CharField()
    outcome = serializers.CharField(label="怎么样了", help_text=OUTCOMES)
    number = serializers.CharField()


class SealedAnswers(serializers.Serializer):
    answers = SealedAnswer(many=True, label="每条的答复")


class Sealed(Bounded):
    """Whoever is signed in sends what somebody else left; it is credited to the one its ticket names."""

    most_bytes = 24 * MB
    too_large = ("sealed", "一次送得太多，分几次送。")

    @extend_schema(request=SealedIn, responses={200: SealedAnswers})
    def post(self, request: Request) -> Response:
        """送别人留在这部手机上的记录。谁的、写了什么，只有服务器读得出来。"""
        sent = SealedIn(data=request.data)
        sent.is_valid(raise_exception=True)
        told = sent.validated_data
        answers = [_take_in(each, told.get("sent_at"), request.user) for each in told["sealed"]]
        return Response({"answers": answers})


def _take_in(given: dict[str, Any], sent_at: Any, sender: Any) -> dict[str, str]:
    """One of the sealed ones; whatever is wrong with it, the rest goes on."""
    number = ""
    one = SealedOneIn(data=given)
    if not one.is_valid():
        return {"uuid": str(given.get("uuid", ""))[:36], "outcome": UNREADABLE, "number": ""}
    uuid = one.validated_data["uuid"]
    try:
        outcome, number = _open_and_deliver(one.validated_data, uuid, sent_at, sender)
    except Unreadable:
        outcome = UNREADABLE
    except services.Missing:
        outcome = MISSING
    except services.Conflict:
        outcome = CONFLICT
    except Exception:
        # Not final: the phone keeps it and tries again, and the others do not wait for it.
        logger.exception("sealed record not taken in")
        outcome = LATER
    return {"uuid": str(uuid), "outcome": outcome, "number": number}


def _open_and_deliver(sealed: dict[str, Any], uuid: UUID, sent_at: Any, sender: Any) -> tuple[str, str]:
    """What became of it, and its number."""
    plain = _plain(sealed, uuid)
    ticket = services.read_ticket(plain.get("ticket"))
    if ticket is None:
        raise Unreadable("no ticket of ours")
    clock_then = _clock_then(plain.get("ahead")) or sent_at
    deliver = next((take for word, take in _DELIVER.items() if word in plain), _deliver_visit)
    outcome, number = deliver(ticket, uuid, plain, clock_then)
    logger.info("sealed record of user %s sent by user %s: %s", ticket.user.pk, sender.pk, outcome)
    return outcome, number


def _deliver_visit(
    ticket: services.Ticket, uuid: UUID, plain: dict[str, Any], clock_then: Any
) -> tuple[str, str]:
    letter = read_sealed(ticket.user, uuid, plain["visit"], clock_then)
    if letter is None:
        raise Unreadable("no household")
    if plain.get("undo") is True:
        taken = services.take_back_sealed(letter)
        return (taken.outcome, taken.number) if taken else (UNDONE, "")
    doubt = "" if ticket.vouches_for(letter.made_at()) else Held.TICKET
    delivered = services.deliver_sealed(letter, doubt=doubt, drawn=_photo(plain.get("photo")))
    return delivered.outcome, delivered.number


def _deliver_step(
    ticket: services.Ticket, uuid: UUID, plain: dict[str, Any], clock_then: Any
) -> tuple[str, str]:
    """A step of a matter, from the same phone."""
    told, drawn = {"clock_then": clock_then, "vouches": ticket.vouches_for}, _photo(plain.get("photo"))
    return deliver_step(ticket.user, uuid, plain["step"], drawn=drawn, **told)


def _deliver_settled(
    ticket: services.Ticket, uuid: UUID, plain: dict[str, Any], clock_then: Any
) -> tuple[str, str]:
    """A dispute that was settled on the spot."""
    told = {"clock_then": clock_then, "vouches": ticket.vouches_for}
    return deliver_settled(ticket.user, uuid, plain["settled"], **told)


def _deliver_award(
    ticket: services.Ticket, uuid: UUID, plain: dict[str, Any], clock_then: Any
) -> tuple[str, str]:
    """A good deed that was claimed."""
    told = {"clock_then": clock_then, "vouches": ticket.vouches_for, "drawn": _photo(plain.get("photo"))}
    return deliver_award(ticket.user, uuid, plain["award"], **told)


_DELIVER = {"step": _deliver_step, "settled": _deliver_settled, "award": _deliver_award}


def _clock_then(ahead: Any) -> Any:
    """What the phone's clock would show now, were it as wrong as when the record was saved (milliseconds ahead)."""
    if not isinstance(ahead, int) or isinstance(ahead, bool) or abs(ahead) > MOST_AHEAD:
        return None
    return clock.now() + dt.timedelta(milliseconds=ahead)


def _plain(sealed: dict[str, Any], uuid: UUID) -> dict[str, Any]:
    """What is inside, if it is a record and carries the number it was sealed under. Unreadable otherwise."""
    try:
        plain = json.loads(open_sealed(sealed["kid"], sealed["data"], uuid=str(uuid)))
    except (ValueError, RecursionError) as broken:
        raise Unreadable("no record inside") from broken
    if not isinstance(plain, dict) or plain.get("uuid") != str(uuid) or not _INSIDE & plain.keys():
        raise Unreadable("another record inside")
    return plain


def _photo(text: Any) -> bytes | None:
    """The picture drawn anew; None if there is none, or none that opens: no visit is lost for it."""
    if not isinstance(text, str):
        return None
    try:
        return photos.redraw_photo(
            io.BytesIO(base64.b64decode(text.partition(",")[2] or text, validate=True))
        )
    except (Refused, binascii.Error, ValueError):
        return None


class ReceiptIn(serializers.Serializer):
    """The highest number the phone was ever given, and for which record."""

    number = serializers.CharField(label="回执号", max_length=40)
    uuid = serializers.UUIDField(label="编号（UUID）")


class ReceiptOut(serializers.Serializer):
    known = serializers.BooleanField(label="是不是这台服务器发的")
    epoch = serializers.UUIDField(label="库号")


class Receipts(Bounded):
    @extend_schema(request=ReceiptIn, responses={200: ReceiptOut})
    def post(self, request: Request) -> Response:
        """这张回执是不是这台服务器发的：不是，就是服务器退回到了以前，手机把近六十天的再送一遍。"""
        asked = ReceiptIn(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response({"known": services.issued(**asked.validated_data), "epoch": epoch.current()})


class HeldList(Bounded):
    """The author's own, newest first, with what became of them."""

    page_order = ("-pk",)
    page_size = 50

    @extend_schema(parameters=[OpenApiParameter("after", str)], responses=_OBJECT)
    def get(self, request: Request) -> Response:
        """自己记的、暂存在村里的走访，和村里怎么定的。"""
        pages = KeysetPagination()
        own = Held.objects.filter(author=request.user.pk).select_related("household__territory", "visit")
        rows = pages.paginate_queryset(own, request, self)
        return pages.get_paginated_response(held_json(request.user, rows))
