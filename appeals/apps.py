"""The app appeals as Django knows it."""

from typing import Any

from django.apps import AppConfig


class AppealsConfig(AppConfig):
    name = "appeals"
    verbose_name = "诉求"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Stand in the desk's menu and on its first page, and tell of sealed months."""
        from appeals import board, notices
        from appeals.late import late
        from appeals.late_calls import late_calls, late_devices
        from core.calling import register_call
        from core.ledger.sealing import register_late
        from core.menu import register_menu

        register_menu("诉求", "群众诉求", "appeals:matters", "matters.open|matters.work|matters.see", 30)
        register_menu("诉求", "书记热线", "appeals:hotline", "calls.take", 31)
        register_menu("诉求", "信访", "appeals:petitions", "matters.see", 32)
        register_menu("诉求", "板凳会", "appeals:meetings", "matters.see|meetings.hold", 33)
        register_menu("诉求", "能人", "appeals:talents", "calls.take", 34)
        register_menu("诉求", "呼叫器和摄像头", "appeals:devices", "devices.manage", 35)
        register_menu("诉求", "便民联系卡", "appeals:cards", "devices.manage", 36)
        register_late("appeals", late)
        register_late("appeals.calls", late_calls)
        register_late("appeals.devices", late_devices)
        notices.register_kinds()
        board.register()
        register_call(_hotline)


def _hotline(place: Any) -> str:
    """书记热线 of a village, else the town's."""
    from appeals.models import PublicNumber

    return PublicNumber.objects.of(PublicNumber.HOTLINE, place)
