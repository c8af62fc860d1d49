"""The API's addresses, gathered from the rooms: each app's api.py names its ROUTES and its urlpatterns."""

from importlib import import_module

from django.apps import apps
from django.urls import URLPattern, URLResolver, path
from django.utils.module_loading import module_has_submodule
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter

from hongji.api_page import ApiPage
from hongji.waiting_api import WaitingBoard

ROOMS = ("accounts", "grids", "visits", "appeals", "disputes", "points", "ledgers")


def gather() -> list[URLPattern | URLResolver]:
    """One router over every app's ROUTES, a list of (prefix, viewset), and the patterns that stand beside them."""
    router = SimpleRouter()
    beside: list[URLPattern | URLResolver] = []
    for label in ROOMS:
        if not module_has_submodule(apps.get_app_config(label).module, "api"):
            continue
        api = import_module(f"{label}.api")
        for prefix, viewset in getattr(api, "ROUTES", []):
            router.register(prefix, viewset, basename=prefix)
        beside += getattr(api, "urlpatterns", [])
    return beside + router.urls


urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", ApiPage.as_view(), name="api-docs"),
    path("waiting/", WaitingBoard.as_view(), name="api-waiting"),
    *gather(),
]
