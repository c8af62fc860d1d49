"""The app grids as Django knows it."""

from django.apps import AppConfig


class GridsConfig(AppConfig):
    name = "grids"
    verbose_name = "网格和居民"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core.ledger.sealing import register_late
        from grids import board, late, late_files

        board.register()
        register_late("register", late.changes_since)
        register_late("redrawings", late.redrawings_since)
        register_late("imports", late_files.imports_since)
        register_late("renames", late_files.renames_since)
