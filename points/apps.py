"""The app points as Django knows it."""

from django.apps import AppConfig


class PointsConfig(AppConfig):
    name = "points"
    verbose_name = "积分"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let points follow the households whose register changes."""
        from core.after import register_after_change
        from points.services import follow_register

        register_after_change(follow_register)
        _tell_of_sealed_months()
        _show_on_cards()


def _tell_of_sealed_months() -> None:
    from core.ledger.sealing import register_late
    from points.late import late

    register_late("points", late)


def _show_on_cards() -> None:
    from core.card import register_card_part
    from points.letters import deeds

    register_card_part("deeds", deeds)
