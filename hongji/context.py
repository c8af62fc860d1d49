"""What every template may ask about the site itself."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, bool]:
    """`demo`: the pages say 演示数据."""
    return {"demo": settings.DEMO}
