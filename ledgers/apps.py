"""The app ledgers as Django knows it, its lines in the desk's menu, its panel on the first page."""

from django.apps import AppConfig


class LedgersConfig(AppConfig):
    name = "ledgers"
    verbose_name = "台账"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core.board import register_arrival, register_panel
        from core.ledger.sealing import register_kept, register_sealed
        from core.menu import register_menu
        from ledgers import notices
        from ledgers.months import figures_kept, months_sealed
        from ledgers.pages import MONTHS_IN, jobs_panel

        register_menu("台账", "台账", "ledgers:desk", "ledgers.see", 410)
        register_menu("台账", "封存", "ledgers:months", "ledgers.see", 415)
        register_menu("台账", "导入", "ledgers:imports", "imports.run", 420)
        register_panel("ledgers.running", jobs_panel, 900)
        register_arrival(MONTHS_IN, 900)
        register_kept(figures_kept)
        register_sealed(months_sealed)
        notices.register_kinds()
