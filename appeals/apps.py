"""The app appeals as Django knows it."""

from django.apps import AppConfig


class AppealsConfig(AppConfig):
    name = "appeals"
    verbose_name = "诉求"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Stand in the desk's menu and on its first page, and tell of sealed months."""
        from appeals import board
        from appeals.late import late
        from core.ledger.sealing import register_late
        from core.menu import register_menu

        register_menu("诉求", "群众诉求", "appeals:matters", "matters.open|matters.work|matters.see", 30)
        register_menu("诉求", "板凳会", "appeals:meetings", "matters.see|meetings.hold", 32)
        register_menu("诉求", "信访", "appeals:petitions", "matters.see", 31)
        register_late("appeals", late)
        board.register()
