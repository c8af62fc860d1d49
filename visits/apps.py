"""The app visits as Django knows it."""

from django.apps import AppConfig


class VisitsConfig(AppConfig):
    name = "visits"
    verbose_name = "走访"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Answer what lower rooms ask: who is owed after a change of the register, and what a card shows."""
        from core.after import register_after_change
        from core.card import register_card_part
        from core.menu import register_menu
        from visits import board, card, services

        register_after_change(services.owed_for)
        register_after_change(services.follow_decisions)
        for name, part in card.PARTS.items():
            register_card_part(name, part)
        register_menu("走访", "应访清单", "visits:owed", "visits.manage", 20)
        register_menu("走访", "走访覆盖", "visits:coverage", "figures.see", 21)
        board.register()
