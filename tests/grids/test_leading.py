"""Who stands above whom: by the tree, and at one place by what the table of duties says."""

import pytest

from grids.duties import DUTIES, LEADS, ONE_EACH
from grids.models import Post


def above(user) -> set[str]:
    """The user names of all who hold a post above one of this user's."""
    posts = list(Post.objects.filter(officer__user=user).select_related("territory"))
    return set(Post.objects.leading(posts).values_list("officer__user__username", flat=True))


@pytest.mark.parametrize(
    ("part", "who"),
    [
        ("assistant", {"wanggeyuan", "zhouzhang", "xuxie", "jinxing", "jiandu", "bangongshi", "guanli"}),
        ("worker", {"zhouzhang", "jinxing", "jiandu", "bangongshi", "guanli"}),
        ("leader", {"jinxing", "jiandu", "bangongshi", "guanli"}),
        ("supervisor", {"jinxing", "jiandu", "bangongshi", "guanli"}),
        ("secretary", {"bangongshi", "guanli"}),
        ("office", {"bangongshi"}),
        ("sysadmin", {"guanli"}),
    ],
)
def test_whoever_holds_a_post_higher_up_or_leads_at_the_same_place_stands_above(town, part, who):
    assert above(getattr(town, part)) == who


def test_where_several_hold_one_duty_each_may_lead_the_other_and_where_one_does_nobody_leads_himself():
    assert all((duty in LEADS[duty]) == (duty not in ONE_EACH) for duty in DUTIES)
    assert LEADS.keys() == DUTIES.keys()
