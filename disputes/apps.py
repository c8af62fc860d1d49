"""The app disputes as Django knows it."""

from django.apps import AppConfig


class DisputesConfig(AppConfig):
    name = "disputes"
    verbose_name = "矛盾纠纷"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Stand in the desk's menu and on its first page, and tell of sealed months."""
        from core.ledger.sealing import register_late
        from core.menu import register_menu
        from disputes import board, notices
        from disputes.late import late

        register_menu("矛盾纠纷", "矛盾纠纷", "disputes:disputes", "disputes.see|disputes.keep", 38)
        register_menu("矛盾纠纷", "每月排查", "disputes:screening", "disputes.see|disputes.keep", 39)
        register_late("disputes", late)
        notices.register_kinds()
        board.register()
