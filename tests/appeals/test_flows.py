"""docs/flows.md is what the models declare."""

from django.conf import settings

from hongji.management.commands.draw_flows import page


def test_the_drawn_page_is_what_is_declared():
    drawn = (settings.BASE_DIR / "docs" / "flows.md").read_text(encoding="utf-8")
    assert drawn == page(), "make it anew: manage.py draw_flows"
