"""The frame as Django knows it: refuses an unsafe start, keeps SQLite's threads apart."""

from django.apps import AppConfig


class HongjiConfig(AppConfig):
    name = "hongji"
    verbose_name = "洪集镇网格治理"

    def ready(self) -> None:
        from hongji import guard, locked  # noqa: F401  (guard registers the system check)

        locked.watch()
