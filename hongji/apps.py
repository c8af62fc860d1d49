"""The frame as Django knows it: registers the checks that refuse an unsafe start."""

from django.apps import AppConfig


class HongjiConfig(AppConfig):
    name = "hongji"
    verbose_name = "洪集镇网格治理"

    def ready(self) -> None:
        from hongji import guard  # noqa: F401  (registers the system check)
