"""Who stands behind a verb: a user with posts, or somebody who types commands on the server itself."""

from core.scope import OPERATOR as SERVER
from core.scope import may, must

__all__ = ["SERVER", "may", "must"]
