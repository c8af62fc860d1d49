"""The door of the buttons: no account, no session, no cookie; the key of one device, and every press once."""

import datetime as dt

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from appeals import services
from appeals.models import Device, Press
from core import clock
from core.limits import client_ip, knock

SCHEME = "Device "
# So many wrong keys an address may try in an hour.
MOST_WRONG, IN_AN_HOUR = 20, dt.timedelta(hours=1)
EARLIEST, LATEST = (dt.datetime(year, 1, 1, tzinfo=clock.SHANGHAI) for year in (1970, 2100))
UNKNOWN = "钥匙不对，或者这个呼叫器拆了。到“呼叫器和摄像头”里换一把。"
ENOUGH = "钥匙错了太多次，过一小时再试。"
SAME_NUMBER = "这个编号送过了，内容对不上。换一个编号再送。"


class PressIn(serializers.Serializer):
    """One press. `uuid` is the device's own number for it: sent again it gets the same answer."""

    uuid = serializers.UUIDField()
    pressed_at = serializers.DateTimeField(label="什么时候按的，呼叫器自己的钟")
    kind = serializers.ChoiceField(Press.KINDS, default=Press.PRESS)

    def validate_pressed_at(self, value: dt.datetime) -> dt.datetime:
        """A clock that was never set may say any year: what no table can hold is kept as near as it can."""
        return min(max(value, EARLIEST), LATEST)


class PressOut(serializers.Serializer):
    uuid = serializers.UUIDField()
    outcome = serializers.ChoiceField(Press.OUTCOMES, label="怎么样了")
    number = serializers.CharField(label="诉求编号，没记成的是空")
    mark = serializers.CharField(label="时间不对的写明：late 晚到的，ahead 钟走快了")


class DeviceCall(APIView):
    """Strangers with a good key. Neither the session nor a token of the API counts here."""

    authentication_classes = ()
    permission_classes = ()
    parser_classes = (JSONParser,)

    @extend_schema(request=PressIn, responses=PressOut, auth=[])
    def post(self, request: Request) -> Response:
        """有人按了呼叫器，或者试通不通。请求头带钥匙（写法见手册）；同一个编号再送，答复一样，内容不同是 409。"""
        address = client_ip(request._request)
        device = _device(request)
        if device is None:
            known = knock("device-key", address, most=MOST_WRONG, within=IN_AN_HOUR)
            told = {"detail": UNKNOWN if known else ENOUGH}
            code = status.HTTP_401_UNAUTHORIZED if known else status.HTTP_429_TOO_MANY_REQUESTS
            return Response(told, status=code, headers={"WWW-Authenticate": SCHEME.strip()})
        sent = PressIn(data=request.data)
        sent.is_valid(raise_exception=True)
        try:
            press = services.press(device=device, address=address, **sent.validated_data)
        except services.Conflict:
            return Response({"detail": SAME_NUMBER}, status=status.HTTP_409_CONFLICT)
        return Response(_answer(press))


def _device(request: Request) -> Device | None:
    sent = request.headers.get("Authorization", "")
    key = sent.removeprefix(SCHEME).strip() if sent.startswith(SCHEME) else ""
    return Device.objects.with_key(key).first() if key else None


def _answer(press: Press) -> dict[str, object]:
    """The same whenever it is asked: of a call that was on hold, as of a call on hold."""
    matter = press.call.matter if press.call and press.outcome != Press.KEPT else None
    return {
        "uuid": press.uuid,
        "outcome": press.outcome,
        "number": matter.number if matter else "",
        "mark": press.mark,
    }


urlpatterns = [path("devices/call/", DeviceCall.as_view(), name="api-device-call")]
