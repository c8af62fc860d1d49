"""The answer of this room that is neither yes nor a fault of the form."""

from core import names


class Conflict(names.Conflict):
    """The client's number is taken by other words or by another person (409); what is stored is never told."""

    says = "这张表已经交过一次，内容不一样。要反映的是另一件，再点一次。"
