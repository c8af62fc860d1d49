"""The app visits as Django knows it."""

from django.apps import AppConfig


class VisitsConfig(AppConfig):
    name = "visits"
    verbose_name = "走访"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Answer what lower rooms ask: who is owed after a change of the register, and what a card shows."""
        from core.after import register_after_change, register_after_undo
        from core.card import register_card_part
        from core.menu import register_menu
        from grids.services import register_coverage, register_rates, register_rests_on
        from visits import arrivals, board, card, months, notices, services

        register_after_undo(services.take_back)
        register_after_change(services.owed_for)
        register_after_change(services.follow_decisions)
        register_coverage(services.coverage_of_grids)
        register_rates(services.monthly_rates)
        register_rests_on(services.rests_on_grids)
        for name, part in card.PARTS.items():
            register_card_part(name, part)
        register_menu("走访", "应访清单", "visits:owed", "visits.manage", 20)
        register_menu("走访", "走访覆盖", "visits:coverage", "figures.see", 21)
        register_menu("走访", "走访单", "visits:rounds", "visits.record|visits.manage", 22)
        register_menu("走访", "走访计划", "visits:plans", "visits.record|visits.manage", 23)
        register_menu("走访", "暂存的走访", "visits:held", "register.accept", 24)
        board.register()
        arrivals.register()
        notices.register_kinds()
        months.register()
