"""The app discipline as Django knows it."""

from django.apps import AppConfig


class DisciplineConfig(AppConfig):
    name = "discipline"
    verbose_name = "纪检"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Stand in the menu of who may read, and tell them that something came in."""
        from core.menu import register_menu
        from discipline import board, notices

        register_menu("纪检", "反映干部问题", "discipline:reports", "reports.read", 60)
        register_menu("纪检", "反映的件数", "discipline:figures", "reports.exist", 61)
        board.register()
        notices.register_kinds()
