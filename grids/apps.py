"""The app grids as Django knows it."""

from django.apps import AppConfig


class GridsConfig(AppConfig):
    name = "grids"
    verbose_name = "网格和居民"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from grids import board

        board.register()
