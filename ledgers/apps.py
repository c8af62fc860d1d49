"""The app ledgers as Django knows it, its two lines in the desk's menu, its panel on the first page."""

from django.apps import AppConfig


class LedgersConfig(AppConfig):
    name = "ledgers"
    verbose_name = "台账"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core.board import register_panel
        from core.menu import register_menu
        from ledgers.pages import jobs_panel

        register_menu("台账", "台账", "ledgers:desk", "ledgers.see", 410)
        register_menu("台账", "导入", "ledgers:imports", "imports.run", 420)
        register_panel("ledgers.running", jobs_panel, 900)
