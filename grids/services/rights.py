"""Who stands behind a verb: a user with posts, or somebody who types commands on the server itself."""

from typing import Any

from core import scope


class Server:
    """Whoever may type commands on the server: the import of the first roster, the demo town, the first account."""

    is_authenticated = False
    is_active = False

    def __str__(self) -> str:
        return "服务器"


SERVER = Server()


def may(actor: Any, verb: str, territory: Any = None) -> bool:
    """Like core.scope.may, and the server may do everything."""
    return actor is SERVER or scope.may(actor, verb, territory)


def must(actor: Any, verb: str, territory: Any = None) -> None:
    """PermissionDenied (403) unless the actor may."""
    if actor is not SERVER:
        scope.must(actor, verb, territory)
