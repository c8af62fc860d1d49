"""Who is signed in, for the phone: her posts in force and the verbs they carry."""

from typing import Any

from accounts.models import Notice
from core import clock
from grids.duties import DUTIES
from grids.models import Post, WithheldVerb


def posts_and_verbs(actor: Any) -> tuple[list[dict[str, Any]], list[str]]:
    """The posts in force, and every verb they carry somewhere, as the town narrowed them (and the token, if one)."""
    posts = (
        Post.objects.of(actor).filter(territory__closed_on__isnull=True).select_related("territory__parent")
    )
    withheld = set(WithheldVerb.objects.values_list("duty", "verb"))
    duties, verbs = [], set()
    for post in posts.order_by("pk"):
        duty = DUTIES[post.duty]
        duties.append(
            {
                "duty": duty.code,
                "title": duty.title,
                "territory": post.territory_id,
                "territory_name": post.territory.full_name,
            }
        )
        verbs |= {verb for verb in duty.verbs if (duty.code, verb) not in withheld}
    named = getattr(actor, "token_verbs", None)
    return duties, sorted(verbs if named is None else verbs & named)


def me_json(actor: Any) -> dict[str, Any]:
    """All of /api/me/ that comes from the register; the door adds what it knows of the request."""
    duties, verbs = posts_and_verbs(actor)
    return {
        "id": actor.pk,
        "name": str(actor),
        "duties": duties,
        "verbs": verbs,
        "now": clock.now(),
        "today": clock.today(),
        # Shown on the first page: who is only ever there would else never learn that she was reminded.
        "unread": Notice.objects.of(actor).unread().count(),
        "territory_title": "、".join(dict.fromkeys(each["territory_name"] for each in duties)),
    }
