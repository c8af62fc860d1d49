"""无事板 over the API: how many things wait for this person, and those that a client does not list otherwise."""

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import board

# Kinds whose rows a client gets from doors of their own: /api/matters/, /api/changes/, /api/findings/.
LISTED = frozenset({"appeals.matters", "grids.changes", "visits.found"})

_SAID = {"kind": "哪一种", "text": "什么事", "url": "在哪一页办", "why": "为什么等着", "step": "下一步"}
_LINE = inline_serializer(
    "WaitingLine",
    {name: serializers.CharField(label=title) for name, title in _SAID.items()}
    | {"at": serializers.DateTimeField(label="哪天来的")},
    many=True,
)
_BOARD = inline_serializer(
    "WaitingBoard", {"count": serializers.IntegerField(label="一共几件"), "results": _LINE}
)


class WaitingBoard(APIView):
    """One definition with the desk's page: core.board."""

    @extend_schema(responses=_BOARD)
    def get(self, request: Request) -> Response:
        """等着自己走下一步的一共几件；其中不在诉求、变动、走访发现里的，一件一件列出来，最早的在前。"""
        lines = [
            {name: getattr(line, name) for name in (*_SAID, "at")}
            for line in board.all_waiting(request.user, but=LISTED)
        ]
        return Response({"count": board.count_waiting(request.user), "results": lines})
