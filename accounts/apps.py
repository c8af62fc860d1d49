"""The app accounts as Django knows it."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "账号"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts.notices import writing
        from core.board import register_waiting
        from core.menu import register_menu

        register_menu("", "提醒", "accounts:notices", "", 5)
        register_waiting("accounts.notices", writing.waiting, order=5)
        register_menu("设置", "规则和账号", "admin:index", "settings.manage", 900)
        register_menu("设置", "账号", "admin:grids_officer_changelist", "accounts.admin", 910)
